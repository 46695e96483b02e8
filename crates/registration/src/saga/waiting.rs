//! Waiting for a person at their bank. A notice that they have answered may never come, so the gateway
//! is looked at now and then: soon at first, and each time once the wait has become twice as long.

use std::time::Duration;

use jiff::Timestamp;

use super::{Draft, Moment};
use crate::ids::SubscriptionId;
use crate::limits::later;
use crate::ports::Trouble;
use crate::state::{Failure, Registration, Status, StepState};
use crate::steps::StepName;
use crate::timeline::EventKind;

impl Registration {
    /// The gateway says that the person must act. No event: it said so before.
    pub(super) fn apply_wait(
        &mut self,
        step: StepName,
        id: SubscriptionId,
        moment: Moment<'_>,
    ) -> Option<Draft> {
        let was_asked = self.progress.of(step) == StepState::NeedsPerson;
        self.progress.set(step, StepState::NeedsPerson);
        self.progress.incomplete_subscription = Some(id);
        self.calm();
        // What was waited for before is another wait, with an end of its own.
        let act_by = match self.act_by {
            Some(act_by) if was_asked => act_by,
            _ => later(moment.now, moment.limits.act_within),
        };
        self.act_by = Some(act_by);
        if moment.now >= act_by {
            self.failure = Some(Failure::ActionAbandoned);
            let detail = "not confirmed in time".to_owned();
            return Some(Draft::step(step, EventKind::Failed, detail));
        }
        self.status = Status::AwaitingAction;
        self.not_before = Some(self.next_look(moment));
        let detail = "the bank asks for confirmation".to_owned();
        (!was_asked).then(|| Draft::step(step, EventKind::Waiting, detail))
    }

    /// The person was asked and has time left: what a look does not find, the next one may.
    pub(super) fn may_look_again(&self, step: StepName, now: Timestamp) -> bool {
        self.progress.of(step) == StepState::NeedsPerson
            && self.act_by.is_some_and(|act_by| now < act_by)
    }

    /// A look failed, and ends nothing. After a notice somebody waits for what it finds, so it is tried
    /// as often as any call; then, as without a notice, it is left to the next look.
    pub(super) fn look_again(
        &mut self,
        step: StepName,
        trouble: Trouble,
        moment: Moment<'_>,
    ) -> Draft {
        let was_told = self.status == Status::Running;
        if was_told && self.attempts + 1 < moment.limits.attempts {
            return self.apply_trouble(step, &trouble, moment);
        }
        self.calm();
        self.status = Status::AwaitingAction;
        self.not_before = Some(self.next_look(moment));
        Draft::step(step, EventKind::Retrying, trouble.summary)
    }

    /// When the gateway is asked again about a question that was put to the person: once the wait is
    /// twice as long as now, and when it ends. The wait began as long before its end as it may take.
    pub(super) fn next_look(&self, moment: Moment<'_>) -> Timestamp {
        let act_by = self.act_by.unwrap_or(self.deadline_at);
        let left = Duration::try_from(act_by.duration_since(moment.now)).unwrap_or_default();
        let waited = moment.limits.act_within.saturating_sub(left);
        later(moment.now, waited.max(moment.limits.look_again_after)).min(act_by)
    }
}
