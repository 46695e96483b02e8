//! `enlist doctor`: reaches database, gateway and mail, and says what it found.

use std::io::{IsTerminal as _, Write};

use anyhow::anyhow;
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};

use super::{Failure, runtime};
use crate::config::Settings;
use crate::doctor::{Finding, Verdict, examine};

/// Where nobody says how wide their terminal is, in characters.
const WIDTH: u16 = 100;

/// Looks, and fails where something is bad.
pub(super) fn run(out: &mut impl Write, settings: &Settings, json: bool) -> Result<(), Failure> {
    let findings = runtime()?.block_on(examine(settings));
    let bad = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Bad)
        .count();
    if json {
        let findings: Vec<_> = findings.iter().map(as_json).collect();
        let said = serde_json::json!({ "ok": bad == 0, "findings": findings });
        writeln!(out, "{said}")?;
    } else {
        writeln!(out, "{}", as_table(&findings))?;
    }
    match bad {
        0 => Ok(()),
        1 => Err(Failure::Failed(anyhow!("1 thing is not in order"))),
        many => Err(Failure::Failed(anyhow!("{many} things are not in order"))),
    }
}

fn as_json(finding: &Finding) -> serde_json::Value {
    serde_json::json!({
        "subject": finding.subject.to_string(),
        "verdict": finding.verdict.as_str(),
        "text": finding.text,
    })
}

fn as_table(findings: &[Finding]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    let is_terminal = std::io::stdout().is_terminal();
    if !is_terminal {
        table.set_width(WIDTH);
    }
    for Finding {
        subject,
        verdict,
        text,
    } in findings
    {
        let color = match verdict {
            Verdict::Good => Color::Green,
            Verdict::Warning => Color::Yellow,
            Verdict::Bad => Color::Red,
        };
        let verdict = Cell::new(verdict.as_str());
        let verdict = if is_terminal {
            verdict.fg(color)
        } else {
            verdict
        };
        table.add_row([Cell::new(subject), verdict, Cell::new(text)]);
    }
    table
}
