//! Whether this machine's clock is right, as far as others can tell: leases end by the database's, and how old
//! keys and signatures are is known by ours (docs/decisions/0028).

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, bail};
use enlist_registration::limits::Limits;
use jiff::SignedDuration;

use super::database::OpenDatabase;

/// How far apart clocks may be before somebody should know. Signatures of events are believed for five minutes.
const WORTH_KNOWING: Duration = Duration::from_mins(1);

/// How far this machine's clock is ahead of another's; negative where it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ahead(pub(crate) SignedDuration);

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// They agree.
    Good,
    /// Nothing goes wrong yet.
    Poor,
    /// Registrations that others began would not be taken forward, and their keys are not known by age.
    None,
}

impl Ahead {
    /// What it means.
    pub(crate) fn agreement(self) -> Agreement {
        match self.0.unsigned_abs() {
            apart if apart > Limits::CLOCKS_MAY_DIFFER_BY => Agreement::None,
            apart if apart > WORTH_KNOWING => Agreement::Poor,
            _ => Agreement::Good,
        }
    }
}

/// As in "is 3h 12m behind".
impl fmt::Display for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let apart = Duration::from_secs(self.0.unsigned_abs().as_secs());
        let way = if self.0.is_negative() {
            "behind"
        } else {
            "ahead of"
        };
        write!(f, "{} {way}", humantime::format_duration(apart))
    }
}

/// Refuses to go on with a clock that is not the database's: a registration that is begun under it may not be told
/// from one of another day by whoever takes it over.
pub(super) async fn refuse_a_wrong_clock(database: &OpenDatabase) -> anyhow::Result<()> {
    let ahead = database.clock_ahead().await;
    let Some(ahead) = ahead.context("the clocks cannot be compared")?.map(Ahead) else {
        return Ok(());
    };
    match ahead.agreement() {
        Agreement::Good => {}
        Agreement::Poor => tracing::warn!("this machine's clock is {ahead} the database's"),
        Agreement::None => bail!(
            "this machine's clock is {ahead} the database's, and registrations are taken from one process to \
             another by the time that both know; set it (NTP)"
        ),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(seconds: i64) -> Ahead {
        Ahead(SignedDuration::from_secs(seconds))
    }

    #[test]
    fn a_minute_is_nothing_and_an_hour_is_too_much() {
        for way in [1, -1] {
            assert_eq!(ahead(60 * way).agreement(), Agreement::Good);
            assert_eq!(ahead(61 * way).agreement(), Agreement::Poor);
            assert_eq!(ahead(3_600 * way).agreement(), Agreement::Poor);
            assert_eq!(ahead(3_601 * way).agreement(), Agreement::None);
        }
    }

    #[test]
    fn it_is_said_which_clock_is_ahead() {
        assert_eq!(ahead(86_400).to_string(), "1day ahead of");
        assert_eq!(ahead(-61).to_string(), "1m 1s behind");
    }
}
