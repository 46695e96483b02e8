//! What is measured by the clock.

use std::time::Duration;

use super::hashing::{Hashes, bare};
use super::load;
use super::machine::{cpu_seconds, now, resident_mib};
use super::median;
use super::service::Service;

/// Clients at once; enough to keep every core busy.
const CLIENTS: usize = 8;

/// Registrations beside bare hashes.
pub struct Throughput {
    pub registrations_per_second: f64,
    pub hashes_per_second: f64,
    /// The median of the ratios of neighbours.
    pub rate_ratio: f64,
    pub registration_cpu_ms: f64,
    pub hash_cpu_ms: f64,
    pub cpu_ratio: f64,
    /// Processor time of the load generator, per registration.
    pub client_cpu_ms: f64,
    pub memory_mib: f64,
}

/// Starts of the service on data that is there.
pub struct Start {
    pub first_answer_ms: f64,
    pub idle_memory_mib: f64,
}

/// Measures bare hashes and registrations in turn.
pub fn throughput(repeats: u32, length: Duration) -> anyhow::Result<Throughput> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(folder.path())?;
    let (own, process) = (std::process::id(), service.process());
    // Files grow, caches fill, connections open: not part of the figures.
    load::sign_ups_per_second(service.port, CLIENTS, length)?;
    let mut rounds = Vec::new();
    for repeat in 1..=repeats {
        println!("registrations and hashes, {repeat} of {repeats}");
        let hashes = bare(length)?;
        let before = (cpu_seconds(process)?, cpu_seconds(own)?, now());
        let per_second = load::sign_ups_per_second(service.port, CLIENTS, length)?;
        let registrations = per_second * before.2.elapsed().as_secs_f64();
        let each_ms = |cpu: f64, before: f64| (cpu - before) * 1000.0 / registrations;
        rounds.push(Round {
            hashes,
            per_second,
            service_cpu_ms: each_ms(cpu_seconds(process)?, before.0),
            client_cpu_ms: each_ms(cpu_seconds(own)?, before.1),
        });
    }
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    Ok(Throughput {
        registrations_per_second: of(|round| round.per_second),
        hashes_per_second: of(|round| round.hashes.per_second),
        rate_ratio: of(|round| round.per_second / round.hashes.per_second),
        registration_cpu_ms: of(|round| round.service_cpu_ms),
        hash_cpu_ms: of(|round| round.hashes.cpu_ms_each),
        cpu_ratio: of(|round| round.service_cpu_ms / round.hashes.cpu_ms_each),
        client_cpu_ms: of(|round| round.client_cpu_ms),
        memory_mib: resident_mib(process)?,
    })
}

struct Round {
    hashes: Hashes,
    per_second: f64,
    service_cpu_ms: f64,
    client_cpu_ms: f64,
}

/// Measures from the start of the process to the first answer.
pub fn start(repeats: u32) -> anyhow::Result<Start> {
    let folder = tempfile::tempdir()?;
    // The first start makes the files.
    drop(Service::start(folder.path())?);
    let (mut answered, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        let from = now();
        let service = Service::start(folder.path())?;
        let url = format!("http://127.0.0.1:{}/readyz", service.port);
        load::agent().get(url).call()?;
        answered.push(from.elapsed().as_secs_f64() * 1000.0);
        memory.push(resident_mib(service.process())?);
    }
    Ok(Start {
        first_answer_ms: median(answered),
        idle_memory_mib: median(memory),
    })
}
