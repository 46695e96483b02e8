//! Who holds a registration, and what its lease tells of the database's clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::ids::Generation;
use crate::limits::{Limits, earlier, later};

/// Who may write, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Grows at every takeover; every write names it.
    pub generation: Generation,
    /// When others may take over, by the clock of whoever holds it (decision 0018).
    pub expires_at: Timestamp,
    /// When it was given, or renewed, by the database's clock (decision 0028). Of a registration that was begun
    /// just now, by the clock of whoever began it; of one that was read and not claimed, the epoch.
    pub given_at: Timestamp,
}

impl Lease {
    /// One that the database has just given, for as long as it `lasts`: until `end` by its clock.
    pub fn given(generation: Generation, end: Timestamp, lasts: Duration) -> Self {
        Self {
            generation,
            expires_at: end,
            given_at: earlier(end, lasts),
        }
    }

    /// When it is later by `delay`, by our clock, which says `now`, and by the database's: ours may be behind.
    pub fn later_by(&self, delay: Duration, now: Timestamp) -> Timestamp {
        later(now.max(self.given_at), delay)
    }

    /// When a registration is due again that is put off until `moment` by our clock, which says `now`. By a clock
    /// that is behind, `moment` may be over by the database's, and whoever claimed it would put it off again, each
    /// second for as long as the clock is behind: so it is later by what is left until `moment`. Of a long wait by an
    /// hour: whoever claims it then may have the right time.
    pub fn due_at(&self, moment: Timestamp, now: Timestamp) -> Timestamp {
        let left = Duration::try_from(moment.duration_since(now)).unwrap_or_default();
        let soonest = self.later_by(left.min(Limits::CLOCKS_MAY_DIFFER_BY), now);
        moment.max(soonest)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::saga::tests::samples::NOW;

    const DAY: i64 = 24 * 3_600;

    fn lease() -> Lease {
        Lease {
            generation: Generation::FIRST,
            // By a clock that is wrong; nothing is reckoned from it.
            expires_at: NOW - SignedDuration::from_hours(7),
            given_at: NOW,
        }
    }

    #[test]
    fn a_lease_was_given_as_long_before_its_end_as_it_lasts() {
        let lasts = Duration::from_secs(10);
        let given = Lease::given(Generation::FIRST, later(NOW, lasts), lasts);
        assert_eq!(given.given_at, NOW);
        assert_eq!(given.expires_at, later(NOW, lasts));
    }

    #[test]
    fn later_is_later_by_both_clocks() {
        let seconds = SignedDuration::from_secs;
        let by = |ahead| {
            let later = lease().later_by(Duration::from_secs(60), NOW + seconds(ahead));
            later.duration_since(NOW).as_secs()
        };
        assert_eq!([-DAY, 0, 2, DAY].map(by), [60, 60, 62, DAY + 60]);
    }

    /// When something is due that is put off for so many seconds by a clock that is `ahead` by so many, two seconds
    /// after the lease was given.
    fn due_in(pause: i64, ahead: i64) -> i64 {
        let seconds = SignedDuration::from_secs;
        let now = NOW + seconds(2 + ahead);
        let due_at = lease().due_at(now + seconds(pause), now);
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
