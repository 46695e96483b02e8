//! Chance from a seed.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to choose cards and moments by.
pub struct Chance(u64);

/// A seed that nobody chose.
pub fn any_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A source of its own, for another thread.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    /// One of `choices`.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = self.next() % choices.len() as u64;
        choices[at as usize]
    }

    /// A time from `shortest` up to, not including, `longest`, to the microsecond.
    pub fn milliseconds(&mut self, shortest: u64, longest: u64) -> Duration {
        let (shortest, longest) = (shortest * 1_000, longest * 1_000);
        Duration::from_micros(shortest + self.next() % (longest - shortest))
    }
}
