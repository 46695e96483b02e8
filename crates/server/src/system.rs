//! The real world behind the ports: the machine's clock and its source of chance. The only place
//! where either is asked.

use std::time::Duration;

use async_trait::async_trait;
use enlist_registration::ports::{Clock, Random};
use jiff::Timestamp;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else is given"
)]
impl Clock for SystemClock {
    /// To the microsecond, as databases keep it: an answer that is given from memory must say what
    /// the same answer will say when it is given from the journal.
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The operating system's source of unpredictable bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the chance that everything else is given"
    )]
    #[expect(
        clippy::panic,
        reason = "without chance there are no tokens: nothing may go on"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}
