//! What the machine tells of processes (Linux).

use std::time::Instant;

use anyhow::Context as _;

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
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))
        .context("processor time is read from /proc, which needs Linux")?;
    // The second field is the name in brackets, and may hold anything; user and system time are the
    // twelfth and thirteenth after it (proc_pid_stat(5)).
    let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    let (user, system) = (
        ticks().context("no user time")?,
        ticks().context("no system time")?,
    );
    Ok((user + system) / TICKS_PER_SECOND)
}

/// Memory of a process that is in RAM, in MiB.
pub fn resident_mib(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.context("no VmRSS")? / 1024.0)
}
