//! A clock that stands still, and chance from a seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enlist_registration::ports::{Clock, Random};
use jiff::Timestamp;

/// Stands still until it is moved; whoever sleeps on it really does.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn at(moment: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(moment.parse().expect("a time"))))
    }

    pub(crate) fn advance(&self, by: impl TryInto<jiff::SignedDuration, Error: std::fmt::Debug>) {
        let mut now = self.0.lock().expect("the clock");
        *now += by.try_into().expect("a duration");
    }
}

#[async_trait::async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("the clock")
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock, and the pauses are real"
    )]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014); another seed for every rig of a run, so that two processes'
/// ids do not collide on one file either.
pub(crate) struct TestRandom(AtomicU64);

impl TestRandom {
    pub(crate) fn new() -> Self {
        static SEED: AtomicU64 = AtomicU64::new(1);
        let seed = SEED.fetch_add(1, Ordering::Relaxed);
        Self(AtomicU64::new(
            (u64::from(std::process::id()) << 32) ^ (seed << 20),
        ))
    }
}

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
