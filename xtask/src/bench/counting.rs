//! What is counted, not timed: commits that wait for the disk, and calls to the gateway.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::load::{Kind, agent, sign_up};
use super::service::Service;
use crate::run::find_program;

/// Registrations that are counted, one after another.
const REGISTRATIONS: u32 = 20;
/// How long it is waited for a mail that was asked for, in steps.
const MAIL_LOOKS: u32 = 200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Counts per registration.
pub struct Counts {
    /// `fsync` and `fdatasync` of the database; none without strace.
    pub disk_waits: Option<f64>,
    /// Calls to the gateway: raw card and paid plan, token and paid plan, token and free plan.
    pub gateway_calls: [f64; 3],
}

/// Counts everything, on a service of its own.
pub fn counts() -> anyhow::Result<Counts> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(folder.path())?;
    println!("gateway calls and commits");
    let kinds = [Kind::PaidByCard, Kind::PaidByToken, Kind::FreeByToken];
    let mut gateway_calls = [0.0; 3];
    for (kind, calls) in kinds.into_iter().zip(&mut gateway_calls) {
        let before = calls_so_far(&service)?;
        for _ in 0..REGISTRATIONS {
            sign_up(&agent(), service.port, kind)?;
        }
        *calls = (calls_so_far(&service)? - before) / f64::from(REGISTRATIONS);
    }
    Ok(Counts {
        disk_waits: disk_waits(&service)?,
        gateway_calls,
    })
}

/// Each call to the gateway is one event of its step, whatever came of it.
fn calls_so_far(service: &Service) -> anyhow::Result<f64> {
    service.metric(
        "enlist_registration_events_total{",
        &[
            "step=\"tokenize_card\"",
            "step=\"create_customer\"",
            "step=\"start_subscription\"",
        ],
    )
}

/// One registration after another, each with its mail, under strace.
fn disk_waits(service: &Service) -> anyhow::Result<Option<f64>> {
    let Some(strace) = find_program("strace") else {
        println!("strace is not installed: commits that wait for the disk are not counted.");
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let mut tracer = Command::new(strace)
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&trace)
        .args(["-p", &service.process().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("strace cannot be started")?;
    wait_until_attached(&mut tracer)?;
    for _ in 0..REGISTRATIONS {
        let mails = mails_so_far(service)?;
        sign_up(&agent(), service.port, Kind::PaidByCard)?;
        wait_for_mail(service, mails)?;
    }
    // Told to end, it lets go of the service; killed, it would not have written everything.
    let told = Command::new("sh")
        .args(["-c", &format!("kill -s INT {}", tracer.id())])
        .status()?;
    if !told.success() {
        bail!("strace could not be told to end");
    }
    tracer.wait()?;
    let trace = std::fs::read_to_string(trace)?;
    let is_wait = |line: &&str| line.contains("sync(") && line.contains("/enlist.db");
    let waits = trace.lines().filter(is_wait).count();
    Ok(Some(waits as f64 / f64::from(REGISTRATIONS)))
}

fn wait_until_attached(tracer: &mut Child) -> anyhow::Result<()> {
    let said = tracer.stderr.take().context("strace says nothing")?;
    let mut said = BufReader::new(said);
    let mut line = String::new();
    said.read_line(&mut line)?;
    if !line.contains("attached") {
        bail!("strace cannot attach: {}", line.trim());
    }
    // It goes on to say that threads come and go; nobody reads that, but it must not block on it.
    thread::spawn(move || said.read_to_end(&mut Vec::new()));
    Ok(())
}

fn mails_so_far(service: &Service) -> anyhow::Result<f64> {
    service.metric("enlist_jobs_total{", &["kind=\"verification_mail\""])
}

fn wait_for_mail(service: &Service, before: f64) -> anyhow::Result<()> {
    for _ in 0..MAIL_LOOKS {
        if mails_so_far(service)? > before {
            return Ok(());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
    bail!("a mail did not come")
}
