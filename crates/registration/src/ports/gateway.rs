//! The payment gateway as a registration sees it: nine calls, one type of answer.
//!
//! Every call that leaves something behind carries a [`CallKey`] that was known before the first
//! call of the registration; everything that it leaves names the registration in its metadata.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use enlist_domain::{CardSummary, EmailAddress, Money, Plan, Profile, RawCard};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::ids::{ChargeId, CustomerId, JobId, PaymentMethodId, RegistrationId, SubscriptionId};
use crate::steps::StepName;

/// What became of a remote call (`Done`, or one of five ways of not knowing or not having).
#[derive(Debug)]
pub enum Outcome<T> {
    /// It happened.
    Done(T),
    /// The gateway, or the bank behind it, says no; nothing was left behind.
    Declined(Decline),
    /// The person must act first (3-D Secure). What was made so far waits at the gateway.
    RequiresAction(RequiredAction),
    /// It did not happen and may be tried again with the same key: 429, lock time-out, refused
    /// connection, unavailable.
    Retryable(Trouble),
    /// It may have happened: time-out, reset, 5xx, an answer that cannot be read.
    InDoubt(Trouble),
    /// Our own fault (bad request, bad credentials): it did not happen and will not.
    Rejected(Trouble),
}

impl<T> Outcome<T> {
    /// The same outcome with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(value) => Outcome::Done(change(value)),
            Self::Declined(decline) => Outcome::Declined(decline),
            Self::RequiresAction(action) => Outcome::RequiresAction(action),
            Self::Retryable(trouble) => Outcome::Retryable(trouble),
            Self::InDoubt(trouble) => Outcome::InDoubt(trouble),
            Self::Rejected(trouble) => Outcome::Rejected(trouble),
        }
    }
}

/// A refusal that the person can do something about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// The gateway's word for it, as Stripe spells them (`insufficient_funds`, `generic_decline`,
    /// `expired_card`, `incorrect_cvc`, `authentication_required`, …).
    pub code: String,
}

impl Decline {
    /// What is said to a token that names nothing, was used before or belongs to another customer. A
    /// gateway answers it as a fault of the request; here it is a decline, because the token came from the
    /// visitor's browser, who can enter the card again, and no operator can do anything about it.
    pub const INVALID_PAYMENT_METHOD: &'static str = "invalid_payment_method";

    /// The token is no good. That is no answer to an earlier send of the same request, which may have
    /// used the token up.
    pub fn is_of_the_token(&self) -> bool {
        self.code == Self::INVALID_PAYMENT_METHOD
    }
}

/// What went wrong with a call, for the operator: never holds card data, passwords or tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// One sentence.
    pub summary: String,
    /// How long the gateway asks to be left alone.
    pub retry_after: Option<Duration>,
    /// The gateway replayed a stored failure: the key is burnt, asking again under it cannot help,
    /// and the outcome must be found out by listing.
    pub replayed: bool,
}

impl Trouble {
    /// Trouble in one sentence, with nothing known about when to ask again.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            retry_after: None,
            replayed: false,
        }
    }
}

/// What the person has to confirm with their bank.
#[derive(Debug)]
pub struct RequiredAction {
    /// The subscription whose first payment waits for it.
    pub subscription: SubscriptionId,
    /// What the page hands to the gateway's script. Not for the journal, not for a log.
    pub client_secret: SecretString,
}

/// The idempotency key of one remote call: the registration's id and what is called, never anything
/// that the client sent. At most 255 characters (Stripe's limit).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallKey(String);

impl CallKey {
    /// The key of a step's call.
    pub fn of_step(registration: RegistrationId, step: StepName) -> Self {
        Self(format!("{registration}:{}", step.as_str()))
    }

    /// The key of one attempt to turn a card into a token. Another one for each: an unattached token
    /// leaves nothing, so a second one does no harm, and a stored failure must not end a sign-up.
    pub fn of_token(registration: RegistrationId, attempt: u32) -> Self {
        Self(format!("{registration}:tokenize_card:{attempt}"))
    }

    /// The key of the refund of one charge. Another one for each attempt: a stored failure must not
    /// block the way back for good, and what keeps a refund from being made twice is not the key but
    /// that only what is outstanding is given back, and the gateway never gives back more than it took.
    pub fn of_refund(
        registration: RegistrationId,
        charge: &ChargeId,
        attempt: RefundAttempt,
    ) -> Self {
        let refund = format!("{registration}:refund:{charge}");
        Self(match attempt {
            RefundAttempt::OfUndo(attempt) => format!("{refund}:{attempt}"),
            RefundAttempt::OfSecondLook { job, attempt } => format!("{refund}:{job}:{attempt}"),
        })
    }

    /// The key of the second request that a gateway needs for the same step, where the first said that the
    /// person must confirm.
    #[must_use]
    pub fn of_confirmation(&self) -> Self {
        Self(format!("{self}:confirmation"))
    }

    /// As it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which attempt at giving money back a refund belongs to. Whoever repeats that attempt has the same
/// key; nobody else has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundAttempt {
    /// The so-manieth of undoing a step.
    OfUndo(u32),
    /// Of a second look at what was undone: there may be several, each a job that is tried again until
    /// it is done.
    OfSecondLook {
        /// The job.
        job: JobId,
        /// How often it was tried before.
        attempt: u32,
    },
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the gateway found when it compared the security code: the reason why nobody needs to keep
/// the code, or a hash of it (PCI DSS 4.0.1, 3.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CvcCheck {
    /// The code was right.
    Pass,
    /// The code was wrong.
    Fail,
    /// The bank could not check it.
    Unavailable,
    /// Not checked (yet).
    Unchecked,
}

impl CvcCheck {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unavailable => "unavailable",
            Self::Unchecked => "unchecked",
        }
    }
}

/// A card as the gateway keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// The token that stands for the card.
    pub id: PaymentMethodId,
    /// What may be shown of it.
    pub card: CardSummary,
    /// What came of the security code.
    pub cvc_check: CvcCheck,
}

/// What a customer is made from. Every field comes from the journal, so that the request is the
/// same, byte for byte, whenever and by whomever it is repeated.
#[derive(Clone, Debug)]
pub struct NewCustomer<'a> {
    /// Goes into the metadata; only a customer that names it may be deleted by it.
    pub registration: RegistrationId,
    /// Where receipts go.
    pub email: &'a EmailAddress,
    /// Name and billing address.
    pub profile: &'a Profile,
    /// Attached and made the default in the same call; none for a free sign-up without a card.
    pub payment_method: Option<&'a PaymentMethodId>,
}

/// A customer as the gateway made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The gateway's id.
    pub id: CustomerId,
    /// The card that was attached, as the gateway describes it.
    pub payment_method: Option<PaymentMethod>,
}

/// What a subscription, with its first charge, is made from.
#[derive(Clone, Debug)]
pub struct NewSubscription<'a> {
    /// Goes into the metadata.
    pub registration: RegistrationId,
    /// Whose it is; the customer's default card is charged.
    pub customer: &'a CustomerId,
    /// What is bought, as it was offered when the registration began.
    pub plan: &'a Plan,
}

/// A subscription that runs and whose first charge was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The gateway's id.
    pub id: SubscriptionId,
    /// When the next charge is due.
    pub current_period_end: Timestamp,
}

/// What is looked for at the gateway: whatever was made for one registration.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Named in the metadata of everything that was made for it.
    pub registration: RegistrationId,
    /// The address that its customer has: what a gateway can list customers by that cannot list by
    /// metadata.
    pub email: &'a EmailAddress,
    /// Nothing was made for it before.
    pub begun_at: Timestamp,
    /// For how long nothing can have been made for it any more; zero while something may be.
    pub quiet_for: Duration,
    /// Its customer, where known: whatever hangs on it is found too.
    pub customer: Option<&'a CustomerId>,
    /// How far the search goes.
    pub sought: Sought,
}

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Customers that were not deleted. Of what hangs on them nothing need be told.
    Customers,
    /// Everything: also what hung on a customer that was deleted and that nobody knows. A gateway may have
    /// to go through what others bought for that.
    Everything,
}

/// Everything the gateway holds for one registration: the ground truth when an answer was lost.
/// Read-your-writes (Stripe's *list*, not its *search*).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Customers whose metadata names the registration, and that were not deleted.
    pub customers: Vec<Customer>,
    /// Subscriptions that were made for the registration, ended or not, whether their customer was
    /// deleted or not; and those of the customer asked for.
    pub subscriptions: Vec<HeldSubscription>,
    /// Charges of the same customers.
    pub charges: Vec<HeldCharge>,
}

/// How an account stands at the gateway, long after its registration: what `billing_info` and
/// `subscriptions` are to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The customer.
    pub customer: CustomerStanding,
    /// The subscription that was asked for, if one was.
    pub subscription: Option<SubscriptionStanding>,
}

/// How a customer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerStanding {
    /// There, with the card that it pays with, if it has one.
    Live(Option<PaymentMethod>),
    /// Deleted, or never there.
    Gone,
}

/// How a subscription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionStanding {
    /// Whether it is paid and runs.
    pub status: SubscriptionStatus,
    /// When the next charge is due, or the last period ended; none where the gateway does not know
    /// the subscription.
    pub current_period_end: Option<Timestamp>,
    /// When it is going to end, where that was decided already.
    pub cancel_at: Option<Timestamp>,
    /// What of its customer's charges was given back, in minor units.
    pub refunded_minor: i64,
}

/// Whether a subscription is paid and runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Paid, and charged again when its period ends.
    Active,
    /// A charge failed; the gateway goes on trying.
    PastDue,
    /// A charge failed, and the gateway has stopped trying.
    Unpaid,
    /// Nothing is charged for the time being.
    Paused,
    /// Cancelled, or never paid.
    Ended,
}

impl SubscriptionStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::PastDue,
        Self::Unpaid,
        Self::Paused,
        Self::Ended,
    ];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// One subscription that the gateway holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSubscription {
    /// The subscription.
    pub subscription: Subscription,
    /// Where it stands.
    pub state: HeldSubscriptionState,
}

/// Where a subscription stands at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldSubscriptionState {
    /// Runs, and its last charge was taken.
    Active,
    /// Runs, and is not paid (any more), so it may be charged yet: to be ended, and nothing that a
    /// sign-up could have.
    Unpaid,
    /// Waits for the person to authenticate the first payment, or somebody could still pay it.
    Incomplete,
    /// Ended, cancelled or never paid, and nobody can pay it any more.
    Ended,
}

/// One charge that the gateway holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCharge {
    /// The charge.
    pub id: ChargeId,
    /// What was taken.
    pub amount: Money,
    /// What was given back, in minor units of the same currency.
    pub refunded_minor: i64,
}

impl HeldCharge {
    /// What is still to be given back.
    pub fn outstanding(&self) -> Money {
        Money::new(
            self.amount.amount_minor() - self.refunded_minor,
            self.amount.currency(),
        )
    }
}

/// A payment gateway. Implementations set time-outs of their own and translate every answer,
/// readable or not, into an [`Outcome`]; they never retry (the saga does), and never log a card.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// As it is stored in `billing_info.payment_gateway`.
    fn name(&self) -> &'static str;

    /// Turns a raw card into a token. Leaves nothing that costs or binds: an unattached token
    /// expires at the gateway.
    async fn tokenize_card(&self, key: &CallKey, card: &RawCard) -> Outcome<PaymentMethod>;

    /// Makes a customer with its card attached and default, all or nothing: a declined card leaves
    /// no customer.
    async fn create_customer(&self, key: &CallKey, customer: &NewCustomer<'_>)
    -> Outcome<Customer>;

    /// Makes a subscription and takes the first charge, all or nothing, except that a payment that
    /// the person must confirm leaves the subscription incomplete (`RequiresAction`).
    async fn start_subscription(
        &self,
        key: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription>;

    /// Looks at a subscription again: `Done` when it runs and is paid, `RequiresAction` while the
    /// person has not confirmed, `Declined` when the confirmation failed or it has ended.
    async fn retrieve_subscription(&self, id: &SubscriptionId) -> Outcome<Subscription>;

    /// Lists all that exists for a registration, by its id in the metadata and, where known, by the
    /// customer's id.
    async fn holdings(&self, search: &Search<'_>) -> Outcome<Holdings>;

    /// Ends a subscription at once. "Already ended" and "no such subscription" are `Done`.
    async fn cancel_subscription(&self, id: &SubscriptionId) -> Outcome<()>;

    /// Gives back `amount` of a charge, or voids it where it has not settled. "Already refunded" is
    /// `Done`, and so is a charge that the person disputes, of which there is nothing left to give back
    /// (decision 0008); never more is given back than was taken.
    async fn refund_charge(&self, key: &CallKey, charge: &ChargeId, amount: Money) -> Outcome<()>;

    /// Deletes a customer for good, if its metadata names `registration`; `Rejected` if it names
    /// another. "Already deleted" and "no such customer" are `Done`.
    async fn delete_customer(&self, id: &CustomerId, registration: RegistrationId) -> Outcome<()>;

    /// Fetches anew how an account stands. What is gone is `Done` too, and says so.
    async fn standing(
        &self,
        customer: &CustomerId,
        subscription: Option<&SubscriptionId>,
    ) -> Outcome<Standing>;
}

#[cfg(test)]
mod tests {
    use enlist_domain::PlanCatalogue;
    use uuid::Uuid;

    use super::*;

    const ID: RegistrationId = RegistrationId(Uuid::from_u128(7));

    /// A key is in the gateway's books for a day, and a version before this one may have sent it.
    #[test]
    fn a_key_says_whose_call_it_is_and_which() {
        let id = "00000000-0000-0000-0000-000000000007";
        let charge = ChargeId("ch_1".to_owned());
        let refund = |attempt| CallKey::of_refund(ID, &charge, attempt);
        let job = JobId(Uuid::from_u128(9));
        let step = CallKey::of_step(ID, StepName::StartSubscription);
        for (key, expected) in [
            (step.clone(), "start_subscription"),
            (step.of_confirmation(), "start_subscription:confirmation"),
            (CallKey::of_token(ID, 3), "tokenize_card:3"),
            (refund(RefundAttempt::OfUndo(2)), "refund:ch_1:2"),
            (
                refund(RefundAttempt::OfSecondLook { job, attempt: 1 }),
                "refund:ch_1:00000000-0000-0000-0000-000000000009:1",
            ),
        ] {
            let expected = format!("{id}:{expected}");
            assert_eq!(key.as_str(), expected);
            assert_eq!(key.to_string(), expected);
        }
    }

    #[test]
    fn what_is_stored_of_a_card_and_of_a_subscription_is_spelled_in_one_way() {
        let checks = [
            CvcCheck::Pass,
            CvcCheck::Fail,
            CvcCheck::Unavailable,
            CvcCheck::Unchecked,
        ];
        let expected = ["pass", "fail", "unavailable", "unchecked"];
        assert_eq!(checks.map(CvcCheck::as_str), expected);
        let statuses = SubscriptionStatus::ALL.map(SubscriptionStatus::as_str);
        assert_eq!(
            statuses,
            ["active", "past_due", "unpaid", "paused", "ended"]
        );
    }

    #[test]
    fn only_a_decline_of_the_token_is_one() {
        let is_of_the_token = |code: &str| {
            let code = code.to_owned();
            Decline { code }.is_of_the_token()
        };
        assert!(is_of_the_token("invalid_payment_method"));
        assert!(!is_of_the_token("expired_card"));
    }

    #[test]
    fn of_a_charge_what_was_not_given_back_is_outstanding() {
        let price = PlanCatalogue::default().get("pro").unwrap().price;
        let charge = HeldCharge {
            id: ChargeId("ch_1".to_owned()),
            amount: price,
            refunded_minor: 900,
        };
        let outstanding = charge.outstanding();
        assert_eq!(outstanding.amount_minor(), price.amount_minor() - 900);
        assert_eq!(outstanding.currency(), price.currency());
    }
}
