//! `cargo xtask simulate`: runs seeds, says what struck and how fast, and tells the story of what failed.

#![expect(
    clippy::print_stdout,
    reason = "what this program is for is to be read on a terminal"
)]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use enlist_simulation::{
    Bug, Campaign, Fault, Opportunity, Report, Settings, Stock, Summary, Tier, WITHIN_SEEDS,
    campaign, catch, run, shrink,
};
use indicatif::{ProgressBar, ProgressStyle};

/// A quarter of a run is to ask for memory and to give it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the engine in a world of faults, from seeds.
#[derive(Parser)]
#[command(name = "cargo xtask simulate", bin_name = "cargo xtask simulate")]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// What the tables are in.
    #[arg(long, value_enum, default_value_t = TierName::Pure)]
    tier: TierName,
    /// How many runs at once; as many as there are cores.
    #[arg(long)]
    threads: Option<usize>,
    /// Tells the story of the first seed, whether or not it fails.
    #[arg(long)]
    story: bool,
    /// How many people come; else the seed says.
    #[arg(long)]
    people: Option<usize>,
    /// Strikes of faults to leave out, by their numbers.
    #[arg(long, value_delimiter = ',')]
    spare: Vec<u64>,
    /// Plants this bug.
    #[arg(long)]
    bug: Option<String>,
    /// Plants each bug, one after the other, and says in which seed it was noticed.
    #[arg(long)]
    bugs: bool,
    /// Only says how many were run, in one line that programs can read.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum TierName {
    /// In memory: the fastest.
    Pure,
    /// In SQLite in memory, with the service's own code.
    Sqlite,
    /// The same behind the service's own router, with its own workers.
    Http,
}

fn main() -> ExitCode {
    match simulate(&Arguments::parse()) {
        Ok(is_sound) if is_sound => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(fault) => {
            println!("simulate: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was as it must be.
fn simulate(arguments: &Arguments) -> anyhow::Result<bool> {
    if arguments.bugs {
        return plant_all();
    }
    let settings = arguments.settings()?;
    if arguments.story {
        let settings = Settings {
            is_told: true,
            ..settings
        };
        let report = run(arguments.from, &settings, &Arc::new(Stock::new()?))?;
        tell(&report);
        return Ok(report.violations.is_empty());
    }
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = arguments.threads.unwrap_or_else(cores);
    let which = Campaign {
        from: arguments.from,
        seeds: arguments.seeds,
        threads,
    };
    let (summary, took) = follow(which, &settings, !arguments.json)?;
    if arguments.json {
        print_json(&which, &summary, took);
    } else {
        print_summary(&summary, took);
    }
    for failed in summary.failed.iter().take(1) {
        explain(failed, &settings, arguments)?;
    }
    Ok(summary.failed.is_empty())
}

impl Arguments {
    fn settings(&self) -> anyhow::Result<Settings> {
        let bug = self.bug.as_deref().map(|name| {
            Bug::from_name(name).with_context(|| format!("there is no bug named {name}"))
        });
        if self.people == Some(0) {
            bail!("somebody must come");
        }
        Ok(Settings {
            tier: match self.tier {
                TierName::Pure => Tier::Pure,
                TierName::Sqlite => Tier::Sqlite,
                TierName::Http => Tier::Http,
            },
            bug: bug.transpose()?,
            is_told: false,
            people: self.people,
            spared: self.spare.clone(),
        })
    }
}

/// Runs a campaign with a bar that says how far it is.
fn follow(
    which: Campaign,
    settings: &Settings,
    is_shown: bool,
) -> anyhow::Result<(Summary, Duration)> {
    let bar = match is_shown {
        true => ProgressBar::new(which.seeds),
        false => ProgressBar::hidden(),
    };
    let style = "{elapsed_precise} {wide_bar} {pos} of {len} seeds, {msg}";
    bar.set_style(ProgressStyle::with_template(style)?);
    let registrations = AtomicU64::new(0);
    let heard = |report: &Report| {
        let before = registrations.fetch_add(report.registrations, Ordering::Relaxed);
        bar.inc(1);
        if report.seed.is_multiple_of(256) {
            let per_s = before as f64 / bar.elapsed().as_secs_f64().max(0.001);
            bar.set_message(format!("{before} registrations, {per_s:.0} a second"));
        }
    };
    let summary = campaign(which, settings, &heard)?;
    let took = bar.elapsed();
    bar.finish_and_clear();
    Ok((summary, took))
}

fn print_summary(summary: &Summary, took: Duration) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["what goes wrong", "struck", "of so many chances"]);
    for fault in Fault::ALL {
        let index = *fault as usize;
        // Without HTTP there are no connections.
        if fault.opportunity() == Opportunity::Connection && summary.tally.chances[index] == 0 {
            continue;
        }
        table.add_row([
            fault.text().to_owned(),
            summary.tally.hits[index].to_string(),
            summary.tally.chances[index].to_string(),
        ]);
    }
    println!("{table}");
    let per_s = summary.registrations as f64 / took.as_secs_f64().max(0.001);
    println!(
        "{} runs, {} people, {} registrations ({} registered, {} undone), {} checks, trace {:016x}",
        summary.runs,
        summary.people,
        summary.registrations,
        summary.registered,
        summary.undone,
        summary.looks,
        summary.hash
    );
    println!(
        "{:.1} s for {} simulated days; {per_s:.0} registrations a second",
        took.as_secs_f64(),
        summary.simulated.as_secs() / 86_400
    );
    println!("{} violations", summary.failed.len());
}

fn print_json(which: &Campaign, summary: &Summary, took: Duration) {
    let hits: Vec<String> = summary.tally.hits.iter().map(u64::to_string).collect();
    println!(
        "{{\"from\":{},\"runs\":{},\"people\":{},\"registrations\":{},\"registered\":{},\"undone\":{},\
         \"checks\":{},\"seconds\":{:.1},\"trace\":\"{:016x}\",\"failed\":{},\"hits\":[{}]}}",
        which.from,
        summary.runs,
        summary.people,
        summary.registrations,
        summary.registered,
        summary.undone,
        summary.looks,
        took.as_secs_f64(),
        summary.hash,
        summary.failed.len(),
        hits.join(",")
    );
}

/// The story of a failed run, as short as it could be made, and how to see it again.
fn explain(failed: &Report, settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    println!(
        "\nseed {} failed; looking for a shorter story …",
        failed.seed
    );
    let shrunk = shrink(failed, settings, &Arc::new(Stock::new()?))?;
    tell(&shrunk.report);
    let tier = match arguments.tier {
        TierName::Pure => "pure",
        TierName::Sqlite => "sqlite",
        TierName::Http => "http",
    };
    let mut command = format!(
        "cargo xtask simulate --story --from {} --tier {tier}",
        failed.seed
    );
    if let Some(people) = shrunk.settings.people {
        command += &format!(" --people {people}");
    }
    if !shrunk.settings.spared.is_empty() {
        let spared: Vec<String> = shrunk.settings.spared.iter().map(u64::to_string).collect();
        command += &format!(" --spare {}", spared.join(","));
    }
    if let Some(bug) = settings.bug {
        command += &format!(" --bug {}", bug.name());
    }
    println!("\nAgain: {command}");
    Ok(())
}

fn tell(report: &Report) {
    for line in report.story.iter().filter(|line| !line.ends_with(' ')) {
        println!("{line}");
    }
    for violation in &report.violations {
        println!("\n{}: {}", violation.check, violation.what);
    }
}

/// Each bug, and where it was noticed.
fn plant_all() -> anyhow::Result<bool> {
    let stock = Arc::new(Stock::new()?);
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(["bug", "seed", "registrations", "noticed by"]);
    let mut missed = 0;
    for bug in Bug::ALL {
        match catch(*bug, WITHIN_SEEDS, &stock)? {
            Some(caught) => table.add_row([
                bug.text().to_owned(),
                caught.seed.to_string(),
                caught.registrations.to_string(),
                caught.check.to_owned(),
            ]),
            None => {
                missed += 1;
                table.add_row([bug.text(), "-", "-", "NOT NOTICED"])
            }
        };
    }
    println!("{table}");
    println!(
        "{} bugs, {missed} not noticed within {WITHIN_SEEDS} seeds",
        Bug::ALL.len()
    );
    Ok(missed == 0)
}
