//! One registration as the journal holds it: what was asked for, how far it has come, where it stands.

mod lease;

use std::collections::BTreeMap;

use enlist_domain::{EmailAddress, Language, PasswordHash, Plan, Profile};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{PaymentMethodId, RegistrationId, SubscriptionId, UserId};
use crate::ports::{Customer, Decline, PaymentMethod, Subscription};
use crate::steps::{Order, Step, StepName};

pub use lease::Lease;

/// One registration. The driver that holds its lease has the newest copy; the journal has what was
/// recorded of it.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// What was asked for. Never changes.
    pub intent: Intent,
    /// Where it stands.
    pub status: Status,
    /// How far each step has come.
    pub progress: Progress,
    /// Why it is being, or was, undone.
    pub failure: Option<Failure>,
    /// When the request began, a moment before the journal row was written.
    pub begun_at: Timestamp,
    /// When going forward stops (`registration.deadline`). Set anew after a wait for a person.
    pub deadline_at: Timestamp,
    /// Until when the person has time to act: to verify the address, or to confirm with their bank.
    pub act_by: Option<Timestamp>,
    /// When the address was verified.
    pub verified_at: Option<Timestamp>,
    /// When the account was opened, even if it was undone since: the request was answered `201`.
    pub opened_at: Option<Timestamp>,
    /// When it came to rest.
    pub rested_at: Option<Timestamp>,
    /// Since when it is being undone.
    pub undoing_since: Option<Timestamp>,
    /// How often the current step was tried in vain, going forward or back.
    pub attempts: u32,
    /// Before when nothing is tried again.
    pub not_before: Option<Timestamp>,
    /// The hands it is in.
    pub lease: Lease,
    /// The number of the next event.
    pub next_seq: u32,
    /// Which verification mail is the newest; its code is the one that counts.
    pub mail_serial: u32,
    /// When the newest mail was asked for; none before there was one.
    pub last_mail_at: Option<Timestamp>,
    /// Codes tried since the newest mail.
    pub code_attempts: u32,
}

/// What was asked for: everything that any later step needs, and every id that any later call will
/// carry (D1). Holds the password only as its hash and the card only as the gateway's token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Intent {
    /// In which order its steps are taken.
    #[serde(default)]
    pub order: Order,
    /// The id that the user will have.
    pub user: UserId,
    /// The key that the row in `subscriptions` will have.
    pub subscription_row: Uuid,
    /// As typed; its normalised form is the claim.
    pub email: EmailAddress,
    /// Argon2id, PHC string.
    pub password_hash: PasswordHash,
    /// Names and billing address.
    pub profile: Profile,
    /// The card's token, where a card was given.
    pub payment_method: Option<PaymentMethodId>,
    /// The card as the gateway described it when it was tokenised here; none for a token that was
    /// made in the browser.
    pub tokenized: Option<PaymentMethod>,
    /// The server saw the raw card (`tokenize_card` was a step of this registration).
    pub card_was_raw: bool,
    /// The plan as it was offered, so that a change of the configuration changes nothing under way.
    pub plan: Option<Plan>,
    /// Which gateway; a registration is never continued at another.
    pub gateway: String,
    /// In which language mails are written; none: in the service's.
    #[serde(default)]
    pub language: Option<Language>,
}

impl Intent {
    /// The plan, if it costs something and so makes a subscription part of the unit.
    pub fn paid_plan(&self) -> Option<&Plan> {
        self.plan.as_ref().filter(|plan| plan.is_paid())
    }
}

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Going forward, in somebody's hands.
    Running,
    /// Waits for the person to confirm the payment with their bank.
    AwaitingAction,
    /// Everything exists; waits for the person to verify the address.
    AwaitingVerification,
    /// Going back. Never turns forward again (D2).
    Undoing,
    /// At rest: everything exists and the address is verified.
    Registered,
    /// At rest: nothing was left behind.
    Undone,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::AwaitingAction,
        Self::AwaitingVerification,
        Self::Undoing,
        Self::Registered,
        Self::Undone,
    ];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::AwaitingAction => "awaiting_action",
            Self::AwaitingVerification => "awaiting_verification",
            Self::Undoing => "undoing",
            Self::Registered => "registered",
            Self::Undone => "undone",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Nothing will happen any more.
    pub fn rests(self) -> bool {
        matches!(self, Self::Registered | Self::Undone)
    }

    /// Nothing will happen until a person acts or a deadline passes.
    pub fn waits_for_a_person(self) -> bool {
        matches!(self, Self::AwaitingAction | Self::AwaitingVerification)
    }
}

/// Why a registration is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Failure {
    /// The card was declined.
    Declined(Decline),
    /// The gateway could not be reached, or gave no usable answer, as often as we were ready to try.
    GatewayUnavailable,
    /// The gateway refused a request of ours: a matter for the operator.
    GatewayRejected,
    /// The budget of `registration.deadline` was used up, or a crash lasted longer.
    OutOfTime,
    /// The person did not confirm the payment with their bank in time.
    ActionAbandoned,
    /// The person did not verify the address in time.
    NotVerified,
    /// The mail was refused for good: no such address.
    MailRefused,
    /// An account with this address appeared meanwhile, by other means than a registration.
    EmailTaken,
    /// An operator undid it.
    ByOperator,
}

impl Failure {
    /// As it is shown to an operator.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Declined(_) => "declined",
            Self::GatewayUnavailable => "gateway_unavailable",
            Self::GatewayRejected => "gateway_rejected",
            Self::OutOfTime => "out_of_time",
            Self::ActionAbandoned => "action_abandoned",
            Self::NotVerified => "not_verified",
            Self::MailRefused => "mail_refused",
            Self::EmailTaken => "email_taken",
            Self::ByOperator => "by_operator",
        }
    }
}

/// How far each step has come, and what the gateway gave on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    states: BTreeMap<StepName, StepState>,
    /// The customer, once known.
    pub customer: Option<Customer>,
    /// The subscription, once paid.
    pub subscription: Option<Subscription>,
    /// The subscription whose first payment the person must confirm.
    pub incomplete_subscription: Option<SubscriptionId>,
    /// Where going forward ended, once it was decided to undo.
    pub failed_at: Option<StepName>,
    /// An outcome was unknown at some time: after an undo the gateway is looked at again
    /// (`Limits::recheck_after`).
    pub doubted: bool,
}

/// How far one step has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun, as far as the journal knows.
    #[default]
    Open,
    /// Done.
    Done,
    /// The person must act before it can go on.
    NeedsPerson,
    /// Sent, outcome unknown.
    InDoubt {
        /// When it was last sent, or may have been.
        last_sent_at: Timestamp,
        /// The gateway burnt the key: only a list tells the outcome.
        key_burnt: bool,
    },
    /// It did not happen, and nobody is trying any more.
    NotHappened,
    /// It was taken back.
    Undone,
}

impl Progress {
    /// How far `step` has come.
    pub fn of(&self, step: StepName) -> StepState {
        self.states.get(&step).copied().unwrap_or_default()
    }

    /// Notes how far `step` has come.
    pub fn set(&mut self, step: StepName, state: StepState) {
        if matches!(state, StepState::InDoubt { .. }) {
            self.doubted = true;
        }
        self.states.insert(step, state);
    }
}

impl Registration {
    /// The steps of this registration, in order.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &'static Step> + use<'_> {
        let steps = self.intent.order.steps().iter();
        steps.filter(|step| (step.applies)(&self.intent))
    }

    /// Whether the row of its subscription is written with this step: with the account, or when it
    /// finishes if the subscription began after that. Never for one that is not going to an account.
    pub fn has_subscription_at(&self, step: StepName) -> bool {
        let place = |name| self.steps().position(|step| step.name == name);
        let (opened, started) = (
            place(StepName::OpenAccount),
            place(StepName::StartSubscription),
        );
        let with = match started > opened {
            true => StepName::Finish,
            false => StepName::OpenAccount,
        };
        started.is_some() && step == with && self.status != Status::Undone
    }

    /// The card as the gateway describes it.
    pub fn payment_method(&self) -> Option<&PaymentMethod> {
        let of_customer = self
            .progress
            .customer
            .as_ref()
            .and_then(|c| c.payment_method.as_ref());
        of_customer.or(self.intent.tokenized.as_ref())
    }

    /// An operator should look: it has been undoing for longer than `after`, and is still trying.
    pub fn is_stuck(&self, now: Timestamp, after: jiff::SignedDuration) -> bool {
        self.status == Status::Undoing
            && self
                .undoing_since
                .is_some_and(|since| now.duration_since(since) > after)
    }
}

#[cfg(test)]
mod tests {
    use enlist_domain::card::Expiry;
    use enlist_domain::{CardBrand, CardSummary};
    use jiff::SignedDuration;

    use super::*;
    use crate::ids::CustomerId;
    use crate::ports::CvcCheck;
    use crate::saga::tests::samples::{NOW, Plan as Kind, registration};
    use crate::steps::StepName::{Finish, OpenAccount, StartSubscription};

    fn card(id: &str) -> PaymentMethod {
        PaymentMethod {
            id: PaymentMethodId(id.to_owned()),
            card: CardSummary {
                brand: CardBrand::Visa,
                last4: "4242".to_owned(),
                expiry: Expiry::new(4, 2030).unwrap(),
            },
            cvc_check: CvcCheck::Pass,
        }
    }

    #[test]
    fn a_status_is_stored_under_its_name_and_read_back() {
        let names = Status::ALL.map(Status::as_str);
        let expected = [
            "running",
            "awaiting_action",
            "awaiting_verification",
            "undoing",
            "registered",
            "undone",
        ];
        assert_eq!(names, expected);
        assert_eq!(names.map(Status::from_name), Status::ALL.map(Some));
        assert_eq!(Status::from_name("lost"), None);
    }

    #[test]
    fn a_status_rests_or_waits_or_is_in_somebodys_hands() {
        let rests = Status::ALL.map(Status::rests);
        assert_eq!(rests, [false, false, false, false, true, true]);
        let waits = Status::ALL.map(Status::waits_for_a_person);
        assert_eq!(waits, [false, true, true, false, false, false]);
    }

    #[test]
    fn an_operator_is_told_the_reason_by_its_name() {
        let decline = Decline {
            code: "expired_card".to_owned(),
        };
        for (failure, name) in [
            (Failure::Declined(decline), "declined"),
            (Failure::GatewayUnavailable, "gateway_unavailable"),
            (Failure::GatewayRejected, "gateway_rejected"),
            (Failure::OutOfTime, "out_of_time"),
            (Failure::ActionAbandoned, "action_abandoned"),
            (Failure::NotVerified, "not_verified"),
            (Failure::MailRefused, "mail_refused"),
            (Failure::EmailTaken, "email_taken"),
            (Failure::ByOperator, "by_operator"),
        ] {
            assert_eq!(failure.as_str(), name);
        }
    }

    #[test]
    fn the_row_of_a_subscription_is_written_once_with_the_step_that_follows_it() {
        for (order, with) in [
            (Order::VerifyAfter, OpenAccount),
            (Order::VerifyFirst, OpenAccount),
            (Order::ChargeAtVerification, Finish),
        ] {
            let mut paid = registration(Kind::Paid);
            paid.intent.order = order;
            let mut free = registration(Kind::Free);
            free.intent.order = order;
            for step in StepName::ALL {
                assert_eq!(
                    paid.has_subscription_at(step),
                    step == with,
                    "{order:?} {step:?}"
                );
                assert!(!free.has_subscription_at(step), "{order:?} {step:?}");
            }
            paid.status = Status::Undone;
            assert!(
                !StepName::ALL
                    .iter()
                    .any(|step| paid.has_subscription_at(*step))
            );
        }
    }

    #[test]
    fn a_card_is_as_its_customer_has_it_and_before_that_as_it_was_tokenized() {
        let mut registration = registration(Kind::Paid);
        assert_eq!(registration.payment_method(), None);
        registration.intent.tokenized = Some(card("pm_tokenized"));
        assert_eq!(registration.payment_method(), Some(&card("pm_tokenized")));
        registration.progress.customer = Some(Customer {
            id: CustomerId("cus_1".to_owned()),
            payment_method: Some(card("pm_attached")),
        });
        assert_eq!(registration.payment_method(), Some(&card("pm_attached")));
    }

    #[test]
    fn only_a_doubt_is_remembered_as_one() {
        let mut progress = Progress::default();
        for state in [StepState::Open, StepState::Done, StepState::NotHappened] {
            progress.set(StartSubscription, state);
            assert!(!progress.doubted, "{state:?}");
        }
        let doubt = StepState::InDoubt {
            last_sent_at: NOW,
            key_burnt: false,
        };
        progress.set(StartSubscription, doubt);
        progress.set(StartSubscription, StepState::Done);
        assert!(progress.doubted);
    }

    #[test]
    fn what_is_undone_for_longer_than_it_may_take_is_stuck() {
        let hour = SignedDuration::from_hours(1);
        let mut registration = registration(Kind::Paid);
        registration.status = Status::Undoing;
        assert!(!registration.is_stuck(NOW + hour * 2, hour), "since when?");
        registration.undoing_since = Some(NOW);
        assert!(!registration.is_stuck(NOW + hour, hour));
        assert!(registration.is_stuck(NOW + hour + SignedDuration::from_secs(1), hour));
        registration.status = Status::Undone;
        assert!(!registration.is_stuck(NOW + hour * 2, hour));
    }
}
