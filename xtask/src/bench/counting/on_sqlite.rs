//! Waits for the disk on SQLite: a service under strace.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context as _, bail};

use super::{REGISTRATIONS, sign_up_with_mails};
use crate::bench::report::Line;
use crate::bench::service::Service;
use crate::run::find_program;

pub fn line(service: &Service) -> anyhow::Result<Line> {
    let counted = match find_program("strace") {
        Some(strace) => format!("{:.1}", disk_waits(service, &strace)?),
        None => "not counted: no strace".into(),
    };
    Ok([
        "SQLite: waits for the disk per registration and its mail".into(),
        counted,
        "2 before the answer, the rest the mail's".into(),
        "2 before the answer".into(),
    ])
}

fn disk_waits(service: &Service, strace: &Path) -> anyhow::Result<f64> {
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
    sign_up_with_mails(service)?;
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
    Ok(waits as f64 / f64::from(REGISTRATIONS))
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
