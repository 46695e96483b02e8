//! What the machine tells of processes (Linux).

use std::time::Instant;

use anyhow::{Context as _, anyhow};

/// Linux counts processor time in hundredths of a second, whatever the kernel ticks at (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Cores that we may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A stopwatch.
#[expect(clippy::disallowed_methods, reason = "measuring is about real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Seconds of processor time that a process has used in all its threads.
pub fn cpu_seconds(process: u32) -> anyhow::Result<f64> {
    let [user, system, ..] = times(process)?;
    Ok((user + system) / TICKS_PER_SECOND)
}

/// The same of a server with a process for each connection: of those that live and of those that have
/// ended.
pub fn cpu_seconds_of_server(process: u32) -> anyhow::Result<f64> {
    let mut seconds = times(process)?.iter().sum::<f64>() / TICKS_PER_SECOND;
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
    for child in children.split_whitespace() {
        // One that has ended meanwhile will be among those of its parent.
        seconds += cpu_seconds(child.parse()?).unwrap_or(0.0);
    }
    Ok(seconds)
}

/// User and system time of a process, then of its children that have ended, in ticks.
fn times(process: u32) -> anyhow::Result<[f64; 4]> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))
        .context("processor time is read from /proc, which needs Linux")?;
    // The second field is the name in brackets, and may hold anything; the times are the twelfth to
    // the fifteenth after it (proc_pid_stat(5)).
    let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let fields = after_name.split_whitespace().skip(11).take(4);
    let ticks: Result<Vec<f64>, _> = fields.map(str::parse).collect();
    ticks?
        .try_into()
        .map_err(|_| anyhow!("no times of process {process}"))
}

/// Memory of a process that is in RAM, in MiB.
pub fn resident_mib(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.context("no VmRSS")? / 1024.0)
}
