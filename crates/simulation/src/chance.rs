//! Chance from a seed. Each purpose has a stream of its own, so that one more draw for one changes
//! nothing for the others.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use enlist_registration::ports::Random;

/// One stream of chance.
pub struct Chance(Mutex<fastrand::Rng>);

impl Chance {
    /// The stream of this number, of a run's seed.
    pub fn of(seed: u64, stream: u64) -> Self {
        // Neighbouring seeds must not have neighbouring streams (SplitMix64's finaliser).
        let mut mixed = seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self(Mutex::new(fastrand::Rng::with_seed(mixed ^ (mixed >> 31))))
    }

    /// True once in so many times, `rate` being between 0 and 1.
    pub fn strikes(&self, rate: f64) -> bool {
        rate > 0.0 && self.rng().f64() < rate
    }

    /// A number below `end`, which is not zero.
    pub fn below(&self, end: usize) -> usize {
        self.rng().usize(..end.max(1))
    }

    /// One of several.
    pub fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A time between two, told apart by microseconds, as databases do.
    pub fn between(&self, shortest: Duration, longest: Duration) -> Duration {
        let (from, to) = (micros(shortest), micros(longest));
        Duration::from_micros(self.rng().u64(from..=to.max(from)))
    }

    fn rng(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.rng().fill(bytes);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
