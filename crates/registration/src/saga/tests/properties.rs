//! Any sequence of outcomes, takeovers, signals and pauses, against a gateway that knows what is true.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::steps::Order;

/// Something that may come next. What cannot come where the registration stands is passed over.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// The call is made, takes effect, and is answered.
    Answered,
    /// The gateway says no, unless it has done it before.
    Declined,
    /// The person must act, unless it was done before.
    NeedsPerson,
    /// No effect, and the gateway says so.
    Refused,
    /// It takes effect, or not, and nobody knows.
    Doubtful { effect: bool, key_burnt: bool },
    /// The request is refused as wrong, whatever happened before.
    Rejected,
    /// The driver falls silent; what it recorded last may be lost.
    TakenOver { loses_record: bool },
    /// The person verifies, or confirms with their bank.
    PersonActs,
    /// An operator undoes it.
    Doomed,
    /// Time passes.
    Passes { seconds: u64 },
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => Just(Turn::Answered),
        1 => Just(Turn::Declined),
        2 => Just(Turn::NeedsPerson),
        3 => Just(Turn::Refused),
        4 => (any::<bool>(), any::<bool>())
            .prop_map(|(effect, key_burnt)| Turn::Doubtful { effect, key_burnt }),
        1 => Just(Turn::Rejected),
        2 => any::<bool>().prop_map(|loses_record| Turn::TakenOver { loses_record }),
        2 => Just(Turn::PersonActs),
        1 => Just(Turn::Doomed),
        4 => (0_u64..100_000).prop_map(|seconds| Turn::Passes { seconds }),
    ]
}

/// A registration, and what is true.
struct Model {
    registration: Registration,
    /// As it was before the last record.
    recorded: Registration,
    now: Timestamp,
    limits: Limits,
    /// What the gateway, or the database, has of each step.
    exists: BTreeSet<StepName>,
    /// The bank was asked, and what it heard.
    is_confirmed: bool,
    /// What this driver sent, or must take its predecessors to have sent.
    sent: BTreeSet<StepName>,
    /// Calls going forward, per step, of this driver and since a person was asked or acted.
    calls: BTreeMap<StepName, u32>,
}

impl Model {
    fn new(plan: Plan, order: Order) -> Self {
        let mut registration = registration(plan);
        registration.intent.order = order;
        if matches!(decide(&registration, NOW), Decision::AwaitPerson(_)) {
            registration.await_verification(at(NOW, &Limits::default()));
        }
        Self {
            recorded: registration.clone(),
            registration,
            now: NOW,
            limits: Limits::default(),
            exists: BTreeSet::new(),
            is_confirmed: false,
            sent: BTreeSet::new(),
            calls: BTreeMap::new(),
        }
    }

    fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Passes { seconds } => self.now = later(self.now, Duration::from_secs(seconds)),
            Turn::TakenOver { loses_record } => self.is_taken_over(loses_record),
            Turn::PersonActs => self.person_acts(),
            Turn::Doomed if self.registration.status.waits_for_a_person() => {
                self.registration.failure.get_or_insert(Failure::ByOperator);
                self.commit();
            }
            _ => self.act(turn),
        }
    }

    fn is_taken_over(&mut self, loses_record: bool) {
        if loses_record {
            self.registration = self.recorded.clone();
        }
        self.registration.take_over(self.now);
        self.commit();
        self.calls.clear();
        if self.registration.status == Status::Running {
            let remote = self
                .registration
                .steps()
                .take_while(|step| {
                    step.kind != Kind::Wait || self.registration.verified_at.is_some()
                })
                .filter(|step| step.kind == Kind::Remote);
            self.sent.extend(remote.map(|step| step.name));
        }
    }

    fn person_acts(&mut self) {
        let registration = &mut self.registration;
        match registration.status {
            Status::AwaitingVerification if registration.act_by > Some(self.now) => {
                registration.verified_at = Some(self.now);
            }
            Status::AwaitingAction => self.is_confirmed = true,
            _ => return,
        }
        if registration.failure.is_none() {
            registration.status = Status::Running;
            registration.deadline_at = later(self.now, self.limits.deadline);
            self.calls.clear();
            self.commit();
        }
    }

    /// What waits for the disk, and so is there whatever happens.
    fn commit(&mut self) {
        self.recorded = self.registration.clone();
    }

    /// Does what is decided; `turn` says what comes of it.
    fn act(&mut self, turn: Turn) {
        let decision = decide(&self.registration, self.now);
        self.check(&decision);
        match decision {
            Decision::Do(OpenAccount) if matches!(turn, Turn::Answered) => {
                let moment = at(self.now, &self.limits);
                self.registration.open(moment);
                self.exists.insert(OpenAccount);
                self.commit();
            }
            Decision::Do(Finish) if matches!(turn, Turn::Answered) => {
                self.registration.finish(self.now);
                self.commit();
            }
            Decision::Do(VerifyEmail) => {
                self.registration.note_verified();
            }
            // The database failed, and it is tried again.
            Decision::Do(OpenAccount | Finish) => {}
            Decision::Do(step) => self.call(step, turn),
            Decision::Resolve(step) => self.look(step, turn),
            Decision::Undo(step) => self.undo(step, turn),
            Decision::GiveUp(failure) => {
                self.registration.turn_back(failure, self.now);
                self.commit();
            }
            Decision::Clear => {
                self.registration.status = Status::Undone;
                self.commit();
            }
            Decision::AwaitPerson(moment) => {
                assert!(moment > self.now);
                assert!(Some(moment) <= self.registration.act_by);
                self.commit();
                self.calls.clear();
                if matches!(turn, Turn::Answered) {
                    self.now = moment;
                    self.is_taken_over(false);
                }
            }
            Decision::PauseUntil(moment) => {
                assert!(moment > self.now);
                self.commit();
                if matches!(turn, Turn::Answered) {
                    self.now = moment;
                }
            }
            Decision::Rest => {}
        }
    }

    fn call(&mut self, step: StepName, turn: Turn) {
        *self.calls.entry(step).or_default() += 1;
        self.sent.insert(step);
        let exists = self.exists.contains(&step);
        let asked = self.registration.progress.incomplete_subscription.is_some();
        let outcome = match turn {
            Turn::Answered if asked && !self.is_confirmed => requires_action(),
            Turn::Declined if asked && !self.is_confirmed => declined(),
            Turn::Declined if !exists => declined(),
            Turn::NeedsPerson if step == StartSubscription && (asked || !exists) => {
                self.exists.insert(step);
                match self.is_confirmed {
                    true => Outcome::Done(gain(step)),
                    false => requires_action(),
                }
            }
            Turn::Refused => retryable(None),
            Turn::Rejected => rejected(),
            Turn::Doubtful { effect, key_burnt } => {
                if effect {
                    self.exists.insert(step);
                }
                in_doubt(key_burnt && !asked)
            }
            _ => {
                self.exists.insert(step);
                Outcome::Done(gain(step))
            }
        };
        if matches!(outcome, Outcome::RequiresAction(_)) {
            self.calls.clear();
        }
        let moment = at(self.now, &self.limits);
        let may_look_again = self.registration.may_look_again(step, self.now);
        self.registration.apply(step, outcome, moment);
        // A look that failed was left to the next one, and so are the tries.
        if may_look_again && self.registration.status == Status::AwaitingAction {
            self.calls.clear();
        }
    }

    fn look(&mut self, step: StepName, turn: Turn) {
        let said = match turn {
            Turn::Refused | Turn::Doubtful { .. } => Resolution::Unknown(Trouble::new("500")),
            _ if self.exists.contains(&step) => Resolution::Happened(gain(step)),
            _ => Resolution::Absent,
        };
        let moment = at(self.now, &self.limits);
        self.registration.resolve(step, said, moment);
    }

    fn undo(&mut self, step: StepName, turn: Turn) {
        let reversal = match turn {
            Turn::Refused | Turn::Rejected => Reversal::NotYet(Trouble::new("refused")),
            Turn::Doubtful { effect, .. } => {
                if effect {
                    self.exists.remove(&step);
                }
                Reversal::NotYet(Trouble::new("500"))
            }
            _ => {
                self.exists.remove(&step);
                Reversal::Complete("gone".to_owned())
            }
        };
        let moment = at(self.now, &self.limits);
        self.registration.apply_reversal(step, reversal, moment);
    }

    /// What must hold of every decision.
    fn check(&self, decision: &Decision) {
        let registration = &self.registration;
        let state = |step| registration.progress.of(step);
        let step_of = |name| registration.steps().find(|step| step.name == name);
        if registration.status == Status::Undoing {
            assert!(
                matches!(
                    decision,
                    Decision::Undo(_) | Decision::PauseUntil(_) | Decision::Clear
                ),
                "forward after the decision to undo: {decision:?}"
            );
        }
        match decision {
            Decision::Do(name) => {
                let step = step_of(*name).expect("a step of this registration");
                let is_proved = registration.verified_at.is_some();
                assert!(step.kind != Kind::Preparation, "{name:?}");
                assert!(step.kind != Kind::Wait || is_proved, "{name:?}");
                let tries = self.calls.get(name).copied().unwrap_or(0);
                assert!(tries < self.limits.attempts, "{name:?} is called too often");
                if matches!(name, OpenAccount | Finish) {
                    let before = registration.steps().take_while(|step| step.name != *name);
                    let remote = before.filter(|step| step.kind == Kind::Remote);
                    let missing = remote
                        .map(|step| step.name)
                        .find(|it| !self.exists.contains(it));
                    assert_eq!(missing, None, "an account without it");
                }
            }
            Decision::Resolve(name) => {
                assert!(matches!(
                    state(*name),
                    StepState::InDoubt {
                        key_burnt: true,
                        ..
                    }
                ));
            }
            Decision::Undo(OpenAccount) => assert_eq!(state(OpenAccount), StepState::Done),
            Decision::Undo(name) => {
                assert!(self.sent.contains(name), "{name:?} was never sent");
            }
            Decision::Clear => assert_eq!(self.exists, BTreeSet::new(), "cleared, and left"),
            Decision::Rest => assert!(registration.status.rests()),
            Decision::GiveUp(_) | Decision::PauseUntil(_) | Decision::AwaitPerson(_) => {}
        }
    }
}

fn gain(step: StepName) -> Gain {
    match step {
        CreateCustomer => customer(),
        _ => subscription(),
    }
}

fn declined() -> Outcome<Gain> {
    Outcome::Declined(Decline {
        code: "generic_decline".to_owned(),
    })
}

/// Whoever looked, was paused until the person's time was up, and looks for the last time tries as often as
/// any other; whether they looked by themselves or were told.
#[test]
fn the_last_look_is_tried_as_often_as_any_whatever_became_of_the_one_before() {
    let tries = [Turn::Refused, Turn::Answered].repeat(Limits::default().attempts as usize);
    let untold = [Turn::Answered, Turn::Refused].as_slice();
    let told = [[Turn::PersonActs].as_slice(), &tries].concat();
    for first_look in [untold, &told] {
        let mut model = Model::new(Plan::Paid, Order::VerifyAfter);
        model.take(Turn::Answered);
        model.take(Turn::NeedsPerson);
        first_look.iter().for_each(|turn| model.take(*turn));
        model.take(Turn::Passes { seconds: 3_600 });
        tries.iter().for_each(|turn| model.take(*turn));
        let failure = model.registration.failure.as_ref();
        assert_eq!(failure, Some(&Failure::GatewayUnavailable));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_sequence_of_outcomes_leads_astray(
        pays in any::<bool>(),
        order in prop::sample::select(&Order::ALL[..]),
        turns in prop::collection::vec(turn(), 1..120),
    ) {
        let mut model = Model::new(if pays { Plan::Paid } else { Plan::Free }, order);
        for turn in turns {
            model.take(turn);
        }
        // Whatever happened: once nothing fails any more, it comes to rest.
        for _ in 0..64 {
            model.take(Turn::Answered);
        }
        prop_assert!(model.registration.status.rests(), "{:?}", model.registration);
    }
}
