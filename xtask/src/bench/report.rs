//! The table, on the terminal and in docs/performance.md.

use anyhow::Context as _;

use super::counting::Counts;
use super::machine::cores;
use super::timing::{Start, Throughput};

/// Everything that was measured.
pub struct Figures {
    pub options_line: String,
    pub throughput: Throughput,
    pub start: Start,
    pub counts: Counts,
}

/// A line: what, as measured, beside what, target.
type Line = [String; 4];

pub fn write(figures: &Figures) -> anyhow::Result<()> {
    let table = table(&lines(figures));
    println!("\n{table}");
    let text = format!("{HEAD}{}{table}{NOTES}", machine(figures));
    let path = crate::root().join("docs/performance.md");
    std::fs::write(&path, text).context("docs/performance.md cannot be written")?;
    println!("written to docs/performance.md");
    Ok(())
}

const HEAD: &str = "\
# Performance

Written by `cargo xtask bench`, which measures on the machine at hand. Machines differ and drift, so a
figure means something only beside its reference, which is measured in the same run, in turn with it;
medians are shown. Nothing in the tests fails on a time.

";

const NOTES: &str = "
A *registration* is one `POST /api/users` with a raw card and a paid plan, answered `201`: user, profile,
billing details, customer, subscription, first charge and the job for the mail are on disk. Passwords are
hashed as shipped (Argon2id, 19 MiB, 2 passes); a *bare hash* is one such hash and nothing else, on every
core. SQLite, sandbox gateway in the same process, log at `warn`; the load generator is another process
on the same cores, so its share is missing from the rate.

*Waits for the disk* are `fsync` calls on the database, counted by strace with one registration at a time.
A registration waits for two: the journal row before the first call, and the account. The rest is its
mail, claimed and ticked off by a worker; no answer waits for those. Under load one call serves many
registrations.
";

fn machine(figures: &Figures) -> String {
    let cores = cores();
    format!(
        "{cores} cores, Linux, release build, 8 clients at once, {}.\n\n",
        figures.options_line
    )
}

fn lines(figures: &Figures) -> Vec<Line> {
    let Figures {
        throughput: rate,
        start,
        counts,
        ..
    } = figures;
    let [raw_and_paid, token_and_paid, token_and_free] = counts.gateway_calls;
    let waits = counts.disk_waits;
    vec![
        [
            "Registrations per second".into(),
            format!("{:.1}", rate.registrations_per_second),
            format!(
                "{:.1} bare hashes per second: ratio {:.2}",
                rate.hashes_per_second, rate.rate_ratio
            ),
            String::new(),
        ],
        [
            "CPU of the service per registration".into(),
            format!("{:.1} ms", rate.registration_cpu_ms),
            format!(
                "{:.1} ms for a bare hash: ratio {:.2}",
                rate.hash_cpu_ms, rate.cpu_ratio
            ),
            "ratio ≤ 1.10".into(),
        ],
        [
            "CPU of the load generator per registration".into(),
            format!("{:.1} ms", rate.client_cpu_ms),
            "not counted as the service's".into(),
            String::new(),
        ],
        [
            "Waits for the disk per registration and its mail".into(),
            waits.map_or_else(
                || "not counted: no strace".into(),
                |waits| format!("{waits:.1}"),
            ),
            "2 before the answer, the rest the mail's".into(),
            "2 before the answer".into(),
        ],
        [
            "Gateway calls: raw card and paid, token and paid, token and free".into(),
            format!("{raw_and_paid:.1}, {token_and_paid:.1}, {token_and_free:.1}"),
            "as the service counts them".into(),
            "3, 2, 1".into(),
        ],
        [
            "Start to first answer".into(),
            format!("{:.0} ms", start.first_answer_ms),
            "on data that is there".into(),
            "≤ 150 ms".into(),
        ],
        [
            "Memory, idle".into(),
            format!("{:.0} MiB", start.idle_memory_mib),
            String::new(),
            "≤ 38 MiB (40 MB)".into(),
        ],
        [
            "Memory after the load".into(),
            format!("{:.0} MiB", rate.memory_mib),
            "19 MiB for each core's hash, and 57 MiB (60 MB)".into(),
            format!("≤ {} MiB", 19 * cores() + 57),
        ],
    ]
}

fn table(lines: &[Line]) -> String {
    let mut table =
        String::from("| figure | measured | beside | target |\n| --- | --- | --- | --- |\n");
    for [figure, measured, beside, target] in lines {
        table += &format!("| {figure} | {measured} | {beside} | {target} |\n");
    }
    table
}
