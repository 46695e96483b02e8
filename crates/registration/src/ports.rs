//! What a registration needs of the world. Everything that can fail, wait or surprise is behind one
//! of these traits; the engine sees nothing else.

mod gateway;
mod journeys;
mod store;

use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{Password, PasswordHash};
use jiff::Timestamp;

use crate::ids::RegistrationId;
use crate::steps::StepName;
use crate::timeline::Event;

pub use gateway::*;
pub use journeys::*;
pub use store::*;

/// Time as a parameter: a simulation decides what it is and skips the waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Returns once `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// Chance as a parameter: from the operating system in the service, from a seed in a simulation.
pub trait Random: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Hashes passwords away from the threads that serve requests, a bounded number at a time.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes with a fresh salt.
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashingFault>;
}

/// A password could not be hashed: the machine's fault, never the visitor's.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashingFault(pub String);

/// Sees every event of every registration as it happens (for pages that show it live, and metrics).
/// What it sees may not be on disk yet.
pub trait Observer: Send + Sync {
    /// A step is about to be done or undone. Not an event: nothing has happened yet.
    fn working(&self, registration: RegistrationId, step: StepName, direction: Direction);

    /// Called once per event, in order.
    fn event(&self, registration: RegistrationId, event: &Event);
}

/// Which way a registration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards an account.
    Forward,
    /// Towards nothing.
    Backward,
}
