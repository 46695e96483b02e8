//! Bare Argon2id hashes with the parameters that the service ships with (OWASP, Password Storage Cheat
//! Sheet: 19 MiB, 2 passes, 1 lane), and nothing else: the work that no sign-up can save.

use std::thread;
use std::time::Duration;

use anyhow::{anyhow, bail};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::machine::{cores, cpu_seconds, now};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;

/// What was measured.
pub struct Hashes {
    pub per_second: f64,
    pub cpu_ms_each: f64,
}

/// Hashes on every core for `length`.
pub fn bare(length: Duration) -> anyhow::Result<Hashes> {
    let own = std::process::id();
    let (from, cpu_before) = (now(), cpu_seconds(own)?);
    let done: anyhow::Result<Vec<u64>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores())
            .map(|_| scope.spawn(move || hash_until(from, length)))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|done| done.unwrap_or_else(|_| bail!("a thread panicked")))
            .collect()
    });
    let hashes = done?.iter().sum::<u64>() as f64;
    let cpu = cpu_seconds(own)? - cpu_before;
    Ok(Hashes {
        per_second: hashes / from.elapsed().as_secs_f64(),
        cpu_ms_each: cpu * 1000.0 / hashes,
    })
}

fn hash_until(from: std::time::Instant, length: Duration) -> anyhow::Result<u64> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES));
    let parameters = parameters.map_err(|fault| anyhow!("Argon2id: {fault}"))?;
    let mut memory = vec![Block::default(); parameters.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    let mut done: u64 = 0;
    while from.elapsed() < length {
        let mut hash = [0; HASH_BYTES];
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&done.to_le_bytes());
        argon2
            .hash_password_into_with_memory(
                b"a sentence only I know",
                &salt,
                &mut hash,
                &mut memory,
            )
            .map_err(|fault| anyhow!("Argon2id: {fault}"))?;
        done += 1;
    }
    Ok(done)
}
