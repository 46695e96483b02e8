//! Who holds a registration, and what its lease tells of the database's clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::ids::Generation;
use crate::limits::{Limits, earlier, later};

/// Who may write, and until when. Expiry is by the database's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Grows at every takeover; every write names it.
    pub generation: Generation,
    /// When others may take over.
    pub expires_at: Timestamp,
}

impl Lease {
    /// When it was given, or renewed, by the database's clock; a lease lasts `lasts`. Of a registration that
    /// was begun just now, by the clock of whoever began it.
    pub fn given_at(&self, lasts: Duration) -> Timestamp {
        earlier(self.expires_at, lasts)
    }

    /// When it is later by `delay`, by our clock, which says `now`, and by the database's: ours may be behind.
    pub fn later_by(&self, delay: Duration, now: Timestamp, lasts: Duration) -> Timestamp {
        later(now.max(self.given_at(lasts)), delay)
    }

    /// When a registration is due again that is put off until `moment` by our clock, which says `now`. By a clock
    /// that is behind, `moment` may be over by the database's, and whoever claimed it would put it off again, each
    /// second for as long as the clock is behind: so it is later by what is left until `moment`. Of a long wait by an
    /// hour: whoever claims it then may have the right time.
    pub fn due_at(&self, moment: Timestamp, now: Timestamp, lasts: Duration) -> Timestamp {
        let left = Duration::try_from(moment.duration_since(now)).unwrap_or_default();
        let soonest = self.later_by(left.min(Limits::CLOCKS_MAY_DIFFER_BY), now, lasts);
        moment.max(soonest)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::saga::tests::samples::NOW;

    const LASTS: Duration = Duration::from_secs(10);
    const DAY: i64 = 24 * 3_600;

    fn lease() -> Lease {
        Lease {
            generation: Generation::FIRST,
            expires_at: NOW + SignedDuration::try_from(LASTS).unwrap(),
        }
    }

    #[test]
    fn a_lease_was_given_as_long_before_its_end_as_it_lasts() {
        assert_eq!(lease().given_at(LASTS), NOW);
    }

    #[test]
    fn later_is_later_by_both_clocks() {
        let seconds = SignedDuration::from_secs;
        let by = |ahead| {
            let later = lease().later_by(Duration::from_secs(60), NOW + seconds(ahead), LASTS);
            later.duration_since(NOW).as_secs()
        };
        assert_eq!([-DAY, 0, 2, DAY].map(by), [60, 60, 62, DAY + 60]);
    }

    /// When something is due that is put off for so many seconds by a clock that is `ahead` by so many, two seconds
    /// after the lease was given.
    fn due_in(pause: i64, ahead: i64) -> i64 {
        let seconds = SignedDuration::from_secs;
        let now = NOW + seconds(2 + ahead);
        let due_at = lease().due_at(now + seconds(pause), now, LASTS);
        due_at.duration_since(NOW).as_secs()
    }

    #[test]
    fn a_clock_that_is_right_says_when_something_is_due() {
        assert_eq!([0, 60, 7_200].map(|pause| due_in(pause, 0)), [2, 62, 7_202]);
        // So does one that is ahead.
        assert_eq!(due_in(60, 30), 92);
    }

    #[test]
    fn by_a_clock_that_is_behind_nothing_is_due_sooner_than_it_is_put_off_for() {
        assert_eq!(due_in(60, -30), 60);
        assert_eq!(due_in(60, -DAY), 60);
        // Of a long wait, an hour: whoever looks then may have the right time.
        assert_eq!(due_in(DAY, -DAY), 3_600);
        assert_eq!(due_in(2 * DAY, -DAY), DAY + 2);
        assert_eq!(due_in(-5, -DAY), 0);
    }
}
