//! What happened in a run: as one number, by which two runs are compared, and, for a run that is told, as
//! a story in words.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use crate::executor::locked;

/// Everything that happened, in order.
pub struct Trace {
    hash: AtomicU64,
    story: Option<Mutex<Vec<String>>>,
}

impl Trace {
    /// With a story or without.
    pub fn new(is_told: bool) -> Self {
        Self {
            hash: AtomicU64::new(0xCBF2_9CE4_8422_2325),
            story: is_told.then(Mutex::default),
        }
    }

    /// Something happened, which `words` tell if anybody listens.
    pub fn note(&self, at: Timestamp, what: u64, words: impl FnOnce() -> String) {
        self.mix(at.as_microsecond().cast_unsigned());
        self.mix(what);
        if let Some(story) = &self.story {
            let line = format!("{} {}", at.strftime("%d %H:%M:%S%.3f"), words());
            locked(story).push(line);
        }
    }

    /// A number for everything so far.
    pub fn hash(&self) -> u64 {
        self.hash.load(Ordering::Relaxed)
    }

    /// The story so far.
    pub fn story(&self) -> Vec<String> {
        let story = self.story.as_ref();
        story.map(|story| locked(story).clone()).unwrap_or_default()
    }

    /// FNV-1a, a word at a time.
    fn mix(&self, word: u64) {
        let mixed = (self.hash() ^ word).wrapping_mul(0x0100_0000_01B3);
        self.hash.store(mixed ^ (mixed >> 29), Ordering::Relaxed);
    }
}
