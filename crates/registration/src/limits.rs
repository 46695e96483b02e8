//! Every limit and time-out of a registration: a name, a number, a unit and a reason.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ports::Trouble;

/// The numbers that a registration is driven by. The server fills them from its configuration;
/// what [`Default`] says is what the configuration defaults to.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `registration.deadline`: going forward stops after this long. People wait; 60 s is longer than
    /// any of them does.
    pub deadline: Duration,
    /// `registration.lease`: how long a driver that falls silent keeps others out.
    pub lease: Duration,
    /// How long turning a card into a token may take in all, before anything is begun: as long as a
    /// request waits (`server.wait`), because nothing is lost by giving up.
    pub prepare_within: Duration,
    /// `gateway.timeout`: how long a remote call may take. Shorter than the lease.
    pub call_timeout: Duration,
    /// `gateway.attempts`: how often a remote step is tried going forward before giving up.
    pub attempts: u32,
    /// The first pause between two attempts; each further one is twice as long, less up to half of it
    /// by chance.
    pub first_pause: Duration,
    /// The longest pause going forward.
    pub longest_pause: Duration,
    /// The longest pause going back, where there is no budget and nobody waits.
    pub longest_undo_pause: Duration,
    /// `verification.deadline`: how long the person has to verify the address.
    pub verify_within: Duration,
    /// `registration.action_deadline`: how long the person has to confirm with their bank. Stripe
    /// keeps an incomplete subscription for 23 h.
    pub act_within: Duration,
    /// `registration.look_again_after`: how soon the gateway is asked by ourselves what became of a
    /// question that it put to the person; after that again and again, each time once the wait has
    /// become twice as long. A notice usually comes first; where none does, a minute is soon enough for
    /// somebody who is at their bank's page.
    pub look_again_after: Duration,
    /// How long the gateway certainly remembers an idempotency key: Stripe says "at least 24 h"; an
    /// hour is left for clocks that disagree.
    pub keys_kept_for: Duration,
    /// When the gateway is looked at again after a registration was undone with a doubt.
    pub recheck_after: [Duration; 2],
    /// How long something may be in the undoing before an operator is told.
    pub stuck_after: Duration,
    /// `verification.code_attempts`: wrong codes per mail. Six digits and five tries: 1 in 200,000.
    pub code_attempts: u32,
    /// `verification.mails`: how many mails one registration may cause.
    pub mails: u32,
    /// `verification.resend_after`: the shortest time between two of them.
    pub resend_after: Duration,
    /// `limits.mails_per_address`: how many mails the journeys of one address may cause within
    /// [`Self::ADDRESS_RATION_WITHIN`]. Whoever has it need not be who begins them.
    pub mails_per_address: u32,
}

/// How long after an undoing the first second look is. A gateway's lists are as long as what others buy,
/// and what finds one registration's things at once, such as Stripe's search, may lag by over an hour: by
/// then it has caught up. Five minutes are left for the last call, whose end the quiet is counted from.
const FIRST_RECHECK_AFTER: Duration = Duration::from_mins(80);

/// How long after an undoing the last one is: after a day gateways have forgotten the keys, and whoever
/// still had a call to send has long given up.
const LAST_RECHECK_AFTER: Duration = Duration::from_hours(24);

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            lease: Duration::from_secs(10),
            prepare_within: Duration::from_secs(10),
            call_timeout: Duration::from_secs(8),
            attempts: 6,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(2),
            longest_undo_pause: Duration::from_secs(60),
            verify_within: Duration::from_hours(24),
            act_within: Duration::from_hours(1),
            look_again_after: Duration::from_secs(60),
            keys_kept_for: Duration::from_hours(23),
            recheck_after: [FIRST_RECHECK_AFTER, LAST_RECHECK_AFTER],
            stuck_after: Duration::from_hours(1),
            code_attempts: 5,
            mails: 5,
            resend_after: Duration::from_secs(60),
            mails_per_address: 10,
        }
    }
}

impl Limits {
    /// How far the clocks of processes and of the database may be apart: what [`Self::keys_kept_for`] leaves
    /// of a day.
    pub const CLOCKS_MAY_DIFFER_BY: Duration = Duration::from_hours(1);

    /// Within which time the mails to one address are counted.
    pub const ADDRESS_RATION_WITHIN: Duration = Duration::from_hours(1);

    /// How long to wait after `attempts` failures: doubling from `first_pause` up to `longest`, of
    /// which `jitter` (0 to 1) takes up to half away, so that many that failed together do not come
    /// back together.
    pub fn pause(&self, attempts: u32, longest: Duration, jitter: f64) -> Duration {
        let doublings = attempts.saturating_sub(1).min(20);
        let full = self.first_pause.saturating_mul(1 << doublings).min(longest);
        full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// The same, or as long as the gateway asks for, up to `longest`: our own patience.
    pub fn pause_after(
        &self,
        trouble: &Trouble,
        attempts: u32,
        longest: Duration,
        jitter: f64,
    ) -> Duration {
        let asked = trouble.retry_after.unwrap_or_default().min(longest);
        self.pause(attempts, longest, jitter).max(asked)
    }
}

/// `moment` minus `duration`; the beginning of time where that would be before it.
pub fn earlier(moment: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| moment.checked_sub(duration).ok())
        .unwrap_or(Timestamp::MIN)
}

/// `moment` plus `duration`; the end of time where that would be past it.
pub fn later(moment: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| moment.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(2);

    #[test]
    fn a_pause_doubles_up_to_the_longest() {
        let limits = Limits::default();
        let pauses = [0, 1, 2, 3, 5, 6, 21, u32::MAX].map(|attempts| {
            let pause = limits.pause(attempts, LONGEST, 0.0);
            pause.as_millis()
        });
        assert_eq!(pauses, [100, 100, 200, 400, 1_600, 2_000, 2_000, 2_000]);
    }

    #[test]
    fn chance_takes_up_to_half_of_a_pause_away() {
        let limits = Limits::default();
        let pause = |jitter| limits.pause(2, LONGEST, jitter).as_millis();
        assert_eq!(
            [0.0, 0.5, 1.0, 7.0, -7.0].map(pause),
            [200, 150, 100, 100, 200]
        );
    }

    #[test]
    fn a_gateway_is_left_alone_for_as_long_as_it_asks_up_to_the_longest() {
        let limits = Limits::default();
        let after = |asked| {
            let trouble = Trouble {
                retry_after: asked,
                ..Trouble::new("429")
            };
            limits.pause_after(&trouble, 2, LONGEST, 0.0).as_millis()
        };
        let asked = [Some(0), Some(1_500), Some(60_000)].map(|ms| ms.map(Duration::from_millis));
        assert_eq!(after(None), 200);
        assert_eq!(asked.map(after), [200, 1_500, 2_000]);
    }

    #[test]
    fn time_ends_at_both_ends_instead_of_overflowing() {
        let second = Duration::from_secs(1);
        let moment = Timestamp::UNIX_EPOCH;
        assert_eq!(later(moment, second).as_second(), 1);
        assert_eq!(earlier(moment, second).as_second(), -1);
        for too_long in [Duration::MAX, Duration::from_secs(1 << 40)] {
            assert_eq!(later(moment, too_long), Timestamp::MAX);
            assert_eq!(earlier(moment, too_long), Timestamp::MIN);
        }
    }
}
