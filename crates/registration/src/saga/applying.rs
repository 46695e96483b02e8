//! What came of a decision: an outcome of the gateway, of a list, of an undo, is written into the
//! registration. Pure, as the decision is.

use std::time::Duration;

use jiff::Timestamp;

use super::{Draft, Gain, Moment, Resolution, Reversal, is_satisfied};
use crate::limits::{Limits, later};
use crate::ports::{Outcome, Trouble};
use crate::state::{Failure, Registration, Status, StepState};
use crate::steps::{Kind, StepName};
use crate::timeline::EventKind;

impl Registration {
    /// A remote step was called and this came of it. No event: the person was looked after, and has
    /// not answered yet.
    pub fn apply(
        &mut self,
        step: StepName,
        outcome: Outcome<Gain>,
        moment: Moment<'_>,
    ) -> Option<Draft> {
        let draft = match outcome {
            Outcome::Done(gain) => self.apply_gain(step, gain),
            // A decline is a stored answer: under the same key it also answers for earlier sends. Unless
            // one of them may have used the token up; and unless a payment waited to be confirmed: what
            // waited is still there to be ended.
            Outcome::Declined(decline) => {
                let may_have_happened = self.is_in_doubt(step) && decline.is_of_the_token();
                if !may_have_happened && self.progress.incomplete_subscription.is_none() {
                    self.did_not_happen(step);
                }
                let detail = decline.code.clone();
                self.failure = Some(Failure::Declined(decline));
                Draft::step(step, EventKind::Failed, detail)
            }
            Outcome::RequiresAction(action) => {
                return self.apply_wait(step, action.subscription, moment);
            }
            // A look that failed says nothing of the person, and is not the last.
            Outcome::Retryable(trouble)
            | Outcome::InDoubt(trouble)
            | Outcome::Rejected(trouble)
                if self.may_look_again(step, moment.now) =>
            {
                self.look_again(step, trouble, moment)
            }
            Outcome::Retryable(trouble) => self.apply_trouble(step, &trouble, moment),
            // Looking at what waits for the person leaves nothing in doubt.
            Outcome::InDoubt(trouble) if self.progress.incomplete_subscription.is_some() => {
                self.apply_trouble(step, &trouble, moment)
            }
            Outcome::InDoubt(trouble) => {
                let key_burnt = trouble.replayed;
                self.progress.set(
                    step,
                    StepState::InDoubt {
                        last_sent_at: moment.now,
                        key_burnt,
                    },
                );
                self.apply_trouble(step, &trouble, moment)
            }
            // A refusal says nothing about an earlier send whose answer was lost.
            Outcome::Rejected(trouble) => {
                self.settle_unsent(step);
                self.failure = Some(Failure::GatewayRejected);
                Draft::step(step, EventKind::Failed, trouble.summary)
            }
        };
        Some(draft)
    }

    /// The gateway was asked by list whether a step happened. No event: as for [`Self::apply`].
    pub fn resolve(
        &mut self,
        step: StepName,
        said: Resolution,
        moment: Moment<'_>,
    ) -> Option<Draft> {
        let draft = match said {
            Resolution::Happened(gain) => self.apply_gain(step, gain),
            Resolution::NeedsPerson(subscription) => {
                return self.apply_wait(step, subscription, moment);
            }
            Resolution::Unknown(trouble) => self.apply_trouble(step, &trouble, moment),
            // The step stays in doubt, and so is undone.
            Resolution::Unpaid => {
                self.failure = Some(Failure::GatewayUnavailable);
                let detail = "the gateway holds a subscription that runs and is not paid";
                Draft::step(step, EventKind::Failed, detail.to_owned())
            }
            Resolution::Absent => {
                let settled_at = self.doubt_settles_at(step, moment.limits);
                if moment.now < settled_at {
                    self.not_before = Some(settled_at);
                    let detail = "not at the gateway yet; a late arrival is still possible";
                    return Some(Draft::step(step, EventKind::Retrying, detail.to_owned()));
                }
                self.did_not_happen(step);
                self.failure = Some(Failure::GatewayUnavailable);
                let detail = "the gateway keeps answering an old failure; it holds nothing";
                Draft::step(step, EventKind::Failed, detail.to_owned())
            }
        };
        Some(draft)
    }

    /// An undo was tried and this came of it.
    pub fn apply_reversal(
        &mut self,
        step: StepName,
        reversal: Reversal,
        moment: Moment<'_>,
    ) -> Draft {
        match reversal {
            Reversal::Complete(detail) => {
                self.progress.set(step, StepState::Undone);
                self.calm();
                Draft::step(step, EventKind::Undone, detail)
            }
            Reversal::NotYet(trouble) => {
                self.back_off(&trouble, moment.limits.longest_undo_pause, moment);
                Draft::step(step, EventKind::UndoRetrying, self.describe(&trouble))
            }
        }
    }

    /// A local step was committed.
    pub fn apply_local(&mut self, step: StepName) {
        self.progress.set(step, StepState::Done);
        self.calm();
    }

    /// The account is open. Where nothing but the last step is left, that is done with it; otherwise
    /// the person is waited for.
    pub fn open(&mut self, moment: Moment<'_>) {
        self.apply_local(StepName::OpenAccount);
        self.opened_at = Some(moment.now);
        let next = self.steps().find(|step| !is_satisfied(self, step));
        match next.map(|step| step.name) {
            None | Some(StepName::Finish) => self.finish(moment.now),
            Some(_) => self.await_verification(moment),
        }
    }

    /// The person has from now until the deadline to verify the address.
    pub fn await_verification(&mut self, moment: Moment<'_>) {
        self.status = Status::AwaitingVerification;
        self.act_by = Some(later(moment.now, moment.limits.verify_within));
    }

    /// The address was verified, and this was noted.
    pub fn note_verified(&mut self) -> Draft {
        self.apply_local(StepName::VerifyEmail);
        Draft::step(StepName::VerifyEmail, EventKind::Done, None)
    }

    /// Everything is done.
    pub fn finish(&mut self, now: Timestamp) {
        self.apply_local(StepName::Finish);
        self.status = Status::Registered;
        self.rested_at = Some(now);
    }

    /// It was decided to undo. What was never sent needs no undo; this driver knows what it sent,
    /// because a takeover marks everything that a predecessor may have sent.
    pub fn turn_back(&mut self, failure: Failure, now: Timestamp) {
        let failed = self
            .steps()
            .find(|step| !is_satisfied(self, step))
            .map(|step| step.name);
        self.progress.failed_at = failed;
        let names: Vec<StepName> = self.steps().map(|step| step.name).collect();
        for name in names {
            if self.progress.of(name) == StepState::Open {
                self.progress.set(name, StepState::NotHappened);
            }
        }
        self.status = Status::Undoing;
        self.failure = Some(failure);
        self.undoing_since = Some(now);
        self.calm();
    }

    /// Another driver fell silent while this went forward. Records of what it did last may be lost
    /// (D4), so every remote step that is not known to be done may have been sent. Going back, the
    /// pauses go on growing: a gateway is not better for being asked by somebody else.
    pub fn take_over(&mut self, now: Timestamp) {
        if self.status == Status::Undoing {
            return;
        }
        self.calm();
        if self.status != Status::Running {
            return;
        }
        // Nothing behind a wait was sent before the person acted.
        let reached = self
            .steps()
            .take_while(|step| step.kind != Kind::Wait || self.verified_at.is_some());
        let remote: Vec<StepName> = reached
            .filter(|step| step.kind == Kind::Remote)
            .map(|step| step.name)
            .collect();
        for name in remote {
            // One that was in doubt may have been sent again meanwhile. Under a burnt key nothing happens.
            let may_have_been_sent = matches!(
                self.progress.of(name),
                StepState::Open
                    | StepState::InDoubt {
                        key_burnt: false,
                        ..
                    }
            );
            if may_have_been_sent {
                let doubt = StepState::InDoubt {
                    last_sent_at: now,
                    key_burnt: false,
                };
                self.progress.set(name, doubt);
            }
        }
    }

    /// Going forward is a matter of the right time: the gateway forgets keys after a day, and what is asked for
    /// once more after that happens twice. So it ends where the database's clock says that the budget is used
    /// up, and where clocks are further apart than the hour that is left for them
    /// (`Limits::keys_kept_for`): ours and the database's, or ours and that of whoever began. Going back is
    /// right at any time.
    pub fn distrust_clocks(&mut self, now: Timestamp, database_now: Timestamp) {
        // As for the budget: what is local costs nothing, and who was asked by their bank was charged, or not.
        let next = self.steps().find(|step| !is_satisfied(self, step));
        let is_to_be_sent = next.is_some_and(|step| {
            let state = self.progress.of(step.name);
            let is_undecided = matches!(state, StepState::Open | StepState::InDoubt { .. });
            step.kind == Kind::Remote && is_undecided
        });
        if self.status != Status::Running || !is_to_be_sent {
            return;
        }
        let apart = now.duration_since(database_now).unsigned_abs();
        let latest_beginning = later(now.max(database_now), Limits::CLOCKS_MAY_DIFFER_BY);
        let is_wrong = apart > Limits::CLOCKS_MAY_DIFFER_BY
            || self.begun_at > latest_beginning
            || database_now >= self.deadline_at;
        if is_wrong {
            self.failure.get_or_insert(Failure::OutOfTime);
        }
    }

    /// For how long nothing can have been made for it at the gateway any more: since the last call that
    /// was sent before it was decided to undo it has ended, one way or the other.
    pub fn quiet_for(&self, now: Timestamp, limits: &Limits) -> Duration {
        let quiet_since = self
            .undoing_since
            .map(|since| later(since, limits.call_timeout * 2));
        let quiet_for = quiet_since.map(|since| now.duration_since(since));
        quiet_for
            .and_then(|quiet_for| quiet_for.try_into().ok())
            .unwrap_or_default()
    }

    /// From when on "the gateway holds nothing of it" means that it never will.
    pub fn doubt_settles_at(&self, step: StepName, limits: &Limits) -> Timestamp {
        match self.progress.of(step) {
            StepState::InDoubt { last_sent_at, .. } => later(last_sent_at, limits.call_timeout * 2),
            _ => self.begun_at,
        }
    }

    fn apply_gain(&mut self, step: StepName, gain: Gain) -> Draft {
        let detail = match gain {
            Gain::Customer(customer) => {
                let id = customer.id.to_string();
                self.progress.customer = Some(customer);
                id
            }
            Gain::Subscription(subscription) => {
                let id = subscription.id.to_string();
                self.progress.subscription = Some(subscription);
                self.progress.incomplete_subscription = None;
                id
            }
        };
        self.progress.set(step, StepState::Done);
        self.status = Status::Running;
        self.act_by = None;
        self.calm();
        Draft::step(step, EventKind::Done, detail)
    }

    pub(super) fn apply_trouble(
        &mut self,
        step: StepName,
        trouble: &Trouble,
        moment: Moment<'_>,
    ) -> Draft {
        self.back_off(trouble, moment.limits.longest_pause, moment);
        let detail = self.describe(trouble);
        // Listing is cheap and harmless: a doubt is looked into until the budget is used up.
        let burnt = matches!(
            self.progress.of(step),
            StepState::InDoubt {
                key_burnt: true,
                ..
            }
        );
        if self.attempts < moment.limits.attempts || burnt {
            return Draft::step(step, EventKind::Retrying, detail);
        }
        self.settle_unsent(step);
        self.failure = Some(Failure::GatewayUnavailable);
        Draft::step(step, EventKind::Failed, detail)
    }

    /// It is certain that a remote step never happened. None after it did either, whatever a takeover has
    /// to suppose: a step is sent only once the one before it is done.
    fn did_not_happen(&mut self, step: StepName) {
        let remote = self.steps().filter(|step| step.kind == Kind::Remote);
        let names: Vec<StepName> = remote.map(|step| step.name).collect();
        for name in names.into_iter().skip_while(|name| *name != step) {
            self.progress.set(name, StepState::NotHappened);
        }
    }

    /// Whether an earlier send of a step may have done what nobody has heard of.
    pub(crate) fn is_in_doubt(&self, step: StepName) -> bool {
        matches!(self.progress.of(step), StepState::InDoubt { .. })
    }

    /// A step that was never in doubt, and whose last call certainly did nothing, did not happen.
    fn settle_unsent(&mut self, step: StepName) {
        if self.progress.of(step) == StepState::Open {
            self.did_not_happen(step);
        }
    }

    fn back_off(&mut self, trouble: &Trouble, longest: Duration, moment: Moment<'_>) {
        self.attempts = self.attempts.saturating_add(1);
        let (limits, jitter) = (moment.limits, moment.jitter);
        let pause = limits.pause_after(trouble, self.attempts, longest, jitter);
        self.not_before = Some(later(moment.now, pause));
    }

    pub(super) fn calm(&mut self) {
        self.attempts = 0;
        self.not_before = None;
    }

    fn describe(&self, trouble: &Trouble) -> String {
        format!("{} (attempt {})", trouble.summary, self.attempts)
    }
}
