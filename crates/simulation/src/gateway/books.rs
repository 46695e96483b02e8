//! A model of a payment gateway: customers, subscriptions, charges, and keys that remember their answer.
//! It does what the contract of the port asks of every gateway, at once and in memory; whatever goes
//! wrong on the way to it is not its own doing.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use enlist_domain::{CardBrand, CardSummary, Expiry, Interval, Money, Plan};
use enlist_registration::ids::{
    ChargeId, CustomerId, PaymentMethodId, RegistrationId, SubscriptionId,
};
use enlist_registration::limits::later;
use enlist_registration::ports::{
    Customer, CustomerStanding, CvcCheck, HeldCharge, HeldSubscription, HeldSubscriptionState,
    Holdings, PaymentMethod, Standing, Subscription, SubscriptionStanding, SubscriptionStatus,
};
use jiff::Timestamp;

/// How long a key is remembered: what Stripe promises, and not a moment longer.
pub const KEY_KEPT_FOR: Duration = Duration::from_hours(24);

/// How long a subscription waits for its first payment to be confirmed.
pub const CONFIRM_WITHIN: Duration = Duration::from_hours(23);

/// What a card does, by the token that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// It pays.
    Good,
    /// It cannot be attached to a customer.
    DeclinedWhenAttached,
    /// It can be attached, and not charged.
    DeclinedWhenCharged,
    /// The bank asks before the first charge.
    Asks,
}

impl Card {
    /// Every card.
    pub const ALL: [Self; 4] = [
        Self::Good,
        Self::DeclinedWhenAttached,
        Self::DeclinedWhenCharged,
        Self::Asks,
    ];

    /// The token under which everybody has it.
    pub fn token(self) -> &'static str {
        match self {
            Self::Good => "pm_good",
            Self::DeclinedWhenAttached => "pm_declined_when_attached",
            Self::DeclinedWhenCharged => "pm_declined_when_charged",
            Self::Asks => "pm_asks",
        }
    }

    /// The number that is typed where no token is.
    pub fn number(self) -> &'static str {
        match self {
            Self::Good => "4242424242424242",
            Self::DeclinedWhenAttached => "4000000000000002",
            Self::DeclinedWhenCharged => "4000000000000341",
            Self::Asks => "4000002760003184",
        }
    }

    fn of_number(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.number() == number)
    }

    /// The token begins with the name of its card.
    fn of_token(token: &PaymentMethodId) -> Option<Self> {
        let mut cards = Self::ALL.into_iter();
        cards.find(|card| token.as_str().starts_with(card.token()))
    }
}

/// One request, with everything that makes it what it is.
#[derive(Clone, Debug)]
pub enum Request {
    /// Card to token. The number is one of [`Card::number`].
    TokenizeCard { number: &'static str },
    /// A customer, with the card attached.
    CreateCustomer {
        registration: RegistrationId,
        email: String,
        name: String,
        method: Option<PaymentMethodId>,
    },
    /// A subscription and its first charge.
    StartSubscription {
        registration: RegistrationId,
        customer: CustomerId,
        plan: Plan,
    },
    /// How a subscription stands.
    RetrieveSubscription(SubscriptionId),
    /// What is held for a registration.
    ListHoldings {
        registration: RegistrationId,
        customer: Option<CustomerId>,
    },
    /// Ends a subscription.
    CancelSubscription(SubscriptionId),
    /// Gives money back.
    RefundCharge { charge: ChargeId, amount: Money },
    /// Deletes a customer.
    DeleteCustomer {
        id: CustomerId,
        registration: RegistrationId,
    },
    /// How an account stands.
    RetrieveStanding {
        customer: CustomerId,
        subscription: Option<SubscriptionId>,
    },
}

impl Request {
    /// In a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TokenizeCard { .. } => "tokenize_card",
            Self::CreateCustomer { .. } => "create_customer",
            Self::StartSubscription { .. } => "start_subscription",
            Self::RetrieveSubscription(_) => "retrieve_subscription",
            Self::ListHoldings { .. } => "list_holdings",
            Self::CancelSubscription(_) => "cancel_subscription",
            Self::RefundCharge { .. } => "refund_charge",
            Self::DeleteCustomer { .. } => "delete_customer",
            Self::RetrieveStanding { .. } => "retrieve_standing",
        }
    }

    /// For whom something is made, if something is.
    pub fn registration(&self) -> Option<RegistrationId> {
        match self {
            Self::CreateCustomer { registration, .. }
            | Self::StartSubscription { registration, .. } => Some(*registration),
            _ => None,
        }
    }

    /// Everything that a repeat must have in common with it.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::CreateCustomer {
                registration,
                email,
                name,
                method,
            } => (registration, email, name, method.as_ref().map(|it| &it.0)).hash(&mut hasher),
            Self::StartSubscription {
                registration,
                customer,
                plan,
            } => (registration, &customer.0, &plan.name, plan.price).hash(&mut hasher),
            Self::RefundCharge { charge, amount } => (&charge.0, amount).hash(&mut hasher),
            other => other.name().hash(&mut hasher),
        }
        hasher.finish()
    }
}

/// What the gateway says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A token.
    Token(PaymentMethod),
    /// A customer.
    Customer(Customer),
    /// A subscription that runs.
    Subscription(Subscription),
    /// The bank asks.
    Asks(SubscriptionId),
    /// What is held.
    Holdings(Holdings),
    /// How an account stands.
    Standing(Standing),
    /// It is done.
    Done,
    /// The card is no good.
    Declined(&'static str),
    /// The request is wrong; nothing is stored under its key.
    Wrong(String),
    /// Its key was used with other parameters.
    KeyMisused,
    /// The same 500, for ever.
    StoredFailure,
}

/// What the gateway is made to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// As it should be.
    Out,
    /// A 500 is stored, and nothing happens.
    FailBefore,
    /// It happens, and a 500 is stored.
    FailAfter,
}

/// A customer in the books.
#[derive(Clone, Debug)]
pub struct CustomerEntry {
    /// Its id.
    pub id: CustomerId,
    /// In its metadata.
    pub registration: RegistrationId,
    /// Not deleted.
    pub is_live: bool,
    method: Option<PaymentMethod>,
}

/// A subscription in the books.
#[derive(Clone, Debug)]
pub struct SubscriptionEntry {
    /// As it is told.
    pub subscription: Subscription,
    /// In its metadata.
    pub registration: RegistrationId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Where it stands.
    pub state: HeldSubscriptionState,
    price: Money,
    begun_at: Timestamp,
    end_code: &'static str,
}

/// A charge in the books.
#[derive(Clone, Debug)]
pub struct ChargeEntry {
    /// As it is listed.
    pub charge: HeldCharge,
    /// In its metadata.
    pub registration: RegistrationId,
    customer: CustomerId,
}

struct Stored {
    fingerprint: u64,
    answer: Answer,
    stored_at: Timestamp,
}

/// Something changed, of which the gateway tells by itself.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its number.
    pub event: u64,
    /// What happened.
    pub kind: &'static str,
    /// In the metadata.
    pub registration: RegistrationId,
    /// Whom it is about.
    pub customer: CustomerId,
}

/// Everything that the gateway holds.
#[derive(Default)]
pub struct Books {
    customers: Vec<CustomerEntry>,
    subscriptions: Vec<SubscriptionEntry>,
    charges: Vec<ChargeEntry>,
    keys: BTreeMap<String, Stored>,
    next_id: u64,
    /// What is still to be told.
    pub outbox: Vec<Told>,
}

impl Books {
    /// Carries a request out, unless its key has an answer already. True: it was answered before.
    pub fn receive(
        &mut self,
        now: Timestamp,
        key: Option<&str>,
        request: &Request,
        carry: Carry,
    ) -> (Answer, bool) {
        self.expire(now);
        let Some(key) = key else {
            return (self.carry_out(now, request), false);
        };
        if let Some(stored) = self.keys.get(key) {
            if stored.fingerprint != request.fingerprint() {
                return (Answer::KeyMisused, false);
            }
            return (stored.answer.clone(), true);
        }
        let answer = match carry {
            Carry::Out => self.carry_out(now, request),
            Carry::FailBefore => Answer::StoredFailure,
            Carry::FailAfter => match self.carry_out(now, request) {
                wrong @ Answer::Wrong(_) => wrong,
                _ => Answer::StoredFailure,
            },
        };
        if !matches!(answer, Answer::Wrong(_)) {
            let stored = Stored {
                fingerprint: request.fingerprint(),
                answer: answer.clone(),
                stored_at: now,
            };
            self.keys.insert(key.to_owned(), stored);
        }
        (answer, false)
    }

    /// Forgets the keys that are a day old; how many.
    pub fn forget_keys(&mut self, now: Timestamp) -> usize {
        let before = self.keys.len();
        self.keys
            .retain(|_, stored| later(stored.stored_at, KEY_KEPT_FOR) > now);
        before - self.keys.len()
    }

    /// The person answers their bank. False: it had an answer, or asks no more.
    pub fn authenticate(&mut self, now: Timestamp, id: &SubscriptionId, confirms: bool) -> bool {
        self.expire(now);
        let asked = self
            .subscriptions
            .iter_mut()
            .find(|it| it.subscription.id == *id && it.state == HeldSubscriptionState::Incomplete);
        let Some(entry) = asked else {
            return false;
        };
        if confirms {
            entry.state = HeldSubscriptionState::Active;
            let entry = entry.clone();
            self.charge(entry.registration, &entry.customer, entry.price);
            self.tell("customer.subscription.updated", &entry);
        } else {
            entry.state = HeldSubscriptionState::Ended;
            entry.end_code = "authentication_required";
            let entry = entry.clone();
            self.tell("invoice.payment_failed", &entry);
        }
        true
    }

    /// Everything that was made for a registration.
    pub fn of(&self, registration: RegistrationId) -> Made<'_> {
        Made {
            books: self,
            registration,
        }
    }

    /// Whoever something was made for.
    pub fn registrations(&self) -> impl Iterator<Item = RegistrationId> + '_ {
        let customers = self.customers.iter().map(|it| it.registration);
        let subscriptions = self.subscriptions.iter().map(|it| it.registration);
        customers.chain(subscriptions)
    }

    fn carry_out(&mut self, now: Timestamp, request: &Request) -> Answer {
        match request {
            Request::TokenizeCard { number } => self.tokenize(number),
            Request::CreateCustomer {
                registration,
                method,
                ..
            } => self.create_customer(*registration, method.as_ref()),
            Request::StartSubscription {
                registration,
                customer,
                plan,
            } => self.start_subscription(now, *registration, customer, plan),
            Request::RetrieveSubscription(id) => self.retrieve(id),
            Request::ListHoldings {
                registration,
                customer,
            } => Answer::Holdings(self.holdings(*registration, customer.as_ref())),
            Request::CancelSubscription(id) => self.cancel(id),
            Request::RefundCharge { charge, amount } => self.refund(charge, *amount),
            Request::DeleteCustomer { id, registration } => self.delete(id, *registration),
            Request::RetrieveStanding {
                customer,
                subscription,
            } => Answer::Standing(self.standing(customer, subscription.as_ref())),
        }
    }

    fn tokenize(&mut self, number: &str) -> Answer {
        let Some(card) = Card::of_number(number) else {
            return Answer::Declined("incorrect_number");
        };
        let id = PaymentMethodId(format!("{}_{}", card.token(), self.new_number()));
        Answer::Token(method(id))
    }

    fn create_customer(
        &mut self,
        registration: RegistrationId,
        token: Option<&PaymentMethodId>,
    ) -> Answer {
        match token.map(Card::of_token) {
            Some(None) => return Answer::Declined("invalid_payment_method"),
            Some(Some(Card::DeclinedWhenAttached)) => return Answer::Declined("generic_decline"),
            Some(Some(_)) | None => {}
        }
        let id = CustomerId(format!("cus_{}", self.new_number()));
        let method = token.map(|token| method(token.clone()));
        self.customers.push(CustomerEntry {
            id: id.clone(),
            registration,
            is_live: true,
            method: method.clone(),
        });
        Answer::Customer(Customer {
            id,
            payment_method: method,
        })
    }

    fn start_subscription(
        &mut self,
        now: Timestamp,
        registration: RegistrationId,
        customer: &CustomerId,
        plan: &Plan,
    ) -> Answer {
        let live = self.customers.iter();
        let mut live = live.filter(|it| it.is_live && it.id == *customer);
        let Some(paying) = live.next() else {
            return Answer::Wrong(format!("no such customer: {customer}"));
        };
        let Some(card) = paying.method.as_ref().and_then(|it| Card::of_token(&it.id)) else {
            return Answer::Wrong(format!("the customer {customer} has no card"));
        };
        let state = match card {
            Card::Good => HeldSubscriptionState::Active,
            Card::Asks => HeldSubscriptionState::Incomplete,
            Card::DeclinedWhenAttached | Card::DeclinedWhenCharged => {
                return Answer::Declined("insufficient_funds");
            }
        };
        let entry = SubscriptionEntry {
            subscription: Subscription {
                id: SubscriptionId(format!("sub_{}", self.new_number())),
                current_period_end: period_end(now, plan.interval),
            },
            registration,
            customer: customer.clone(),
            state,
            price: plan.price,
            begun_at: now,
            end_code: "subscription_canceled",
        };
        self.subscriptions.push(entry.clone());
        if state == HeldSubscriptionState::Incomplete {
            return Answer::Asks(entry.subscription.id);
        }
        self.charge(registration, customer, plan.price);
        self.tell("customer.subscription.created", &entry);
        Answer::Subscription(entry.subscription)
    }

    fn retrieve(&self, id: &SubscriptionId) -> Answer {
        let mut found = self.subscriptions.iter();
        match found.find(|it| it.subscription.id == *id) {
            None => Answer::Wrong(format!("no such subscription: {id}")),
            Some(entry) => match entry.state {
                HeldSubscriptionState::Active => Answer::Subscription(entry.subscription.clone()),
                HeldSubscriptionState::Incomplete => Answer::Asks(id.clone()),
                HeldSubscriptionState::Unpaid | HeldSubscriptionState::Ended => {
                    Answer::Declined(entry.end_code)
                }
            },
        }
    }

    fn cancel(&mut self, id: &SubscriptionId) -> Answer {
        let mut of_it = self.subscriptions.iter_mut();
        let runs =
            of_it.find(|it| it.subscription.id == *id && it.state != HeldSubscriptionState::Ended);
        if let Some(entry) = runs {
            entry.state = HeldSubscriptionState::Ended;
            let entry = entry.clone();
            self.tell("customer.subscription.deleted", &entry);
        }
        Answer::Done
    }

    fn refund(&mut self, id: &ChargeId, amount: Money) -> Answer {
        let mut charges = self.charges.iter_mut();
        let Some(entry) = charges.find(|it| it.charge.id == *id) else {
            return Answer::Wrong(format!("no such charge: {id}"));
        };
        let outstanding = entry.charge.outstanding();
        if outstanding.is_zero() {
            return Answer::Done;
        }
        if amount.amount_minor() > outstanding.amount_minor() || amount.amount_minor() <= 0 {
            return Answer::Wrong(format!("{amount:?} cannot be given back of {id}"));
        }
        entry.charge.refunded_minor += amount.amount_minor();
        Answer::Done
    }

    fn delete(&mut self, id: &CustomerId, registration: RegistrationId) -> Answer {
        let Some(entry) = self.customers.iter_mut().find(|it| it.id == *id) else {
            return Answer::Done;
        };
        if entry.registration != registration {
            return Answer::Wrong(format!("the customer {id} is of another registration"));
        }
        entry.is_live = false;
        entry.method = None;
        let of_it = self.subscriptions.iter_mut();
        for entry in of_it.filter(|it| it.customer == *id) {
            entry.state = HeldSubscriptionState::Ended;
        }
        Answer::Done
    }

    fn holdings(&self, registration: RegistrationId, customer: Option<&CustomerId>) -> Holdings {
        let is_of =
            |of: RegistrationId, id: &CustomerId| of == registration || Some(id) == customer;
        let customers = self.customers.iter();
        let customers = customers.filter(|it| it.is_live && it.registration == registration);
        let subscriptions = self.subscriptions.iter();
        let subscriptions = subscriptions.filter(|it| is_of(it.registration, &it.customer));
        let charges = self.charges.iter();
        let charges = charges.filter(|it| is_of(it.registration, &it.customer));
        Holdings {
            customers: customers
                .map(|it| Customer {
                    id: it.id.clone(),
                    payment_method: it.method.clone(),
                })
                .collect(),
            subscriptions: subscriptions
                .map(|it| HeldSubscription {
                    subscription: it.subscription.clone(),
                    state: it.state,
                })
                .collect(),
            charges: charges.map(|it| it.charge.clone()).collect(),
        }
    }

    fn standing(&self, customer: &CustomerId, subscription: Option<&SubscriptionId>) -> Standing {
        let mut live = self.customers.iter().filter(|it| it.is_live);
        let refunded = self.charges.iter().filter(|it| it.customer == *customer);
        let refunded_minor = refunded.map(|it| it.charge.refunded_minor).sum();
        let stands = |id: &SubscriptionId| {
            let found = self
                .subscriptions
                .iter()
                .find(|it| it.subscription.id == *id);
            let status = match found.map(|it| it.state) {
                Some(HeldSubscriptionState::Active) => SubscriptionStatus::Active,
                Some(HeldSubscriptionState::Incomplete | HeldSubscriptionState::Unpaid) => {
                    SubscriptionStatus::Unpaid
                }
                Some(HeldSubscriptionState::Ended) | None => SubscriptionStatus::Ended,
            };
            SubscriptionStanding {
                status,
                current_period_end: found.map(|it| it.subscription.current_period_end),
                cancel_at: None,
                refunded_minor,
            }
        };
        Standing {
            customer: match live.find(|it| it.id == *customer) {
                Some(entry) => CustomerStanding::Live(entry.method.clone()),
                None => CustomerStanding::Gone,
            },
            subscription: subscription.map(stands),
        }
    }

    fn charge(&mut self, registration: RegistrationId, customer: &CustomerId, amount: Money) {
        let id = ChargeId(format!("ch_{}", self.new_number()));
        self.charges.push(ChargeEntry {
            charge: HeldCharge {
                id,
                amount,
                refunded_minor: 0,
            },
            registration,
            customer: customer.clone(),
        });
    }

    /// What nobody confirmed in time ends.
    fn expire(&mut self, now: Timestamp) {
        for entry in &mut self.subscriptions {
            if entry.state == HeldSubscriptionState::Incomplete
                && later(entry.begun_at, CONFIRM_WITHIN) <= now
            {
                entry.state = HeldSubscriptionState::Ended;
                entry.end_code = "authentication_required";
            }
        }
    }

    fn tell(&mut self, kind: &'static str, entry: &SubscriptionEntry) {
        let event = self.new_number();
        self.outbox.push(Told {
            event,
            kind,
            registration: entry.registration,
            customer: entry.customer.clone(),
        });
    }

    fn new_number(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

/// What was made for one registration.
pub struct Made<'b> {
    books: &'b Books,
    registration: RegistrationId,
}

impl Made<'_> {
    /// Customers that live.
    pub fn live_customers(&self) -> impl Iterator<Item = &CustomerEntry> {
        let customers = self.books.customers.iter();
        customers.filter(|it| it.is_live && it.registration == self.registration)
    }

    /// Subscriptions that have not ended.
    pub fn live_subscriptions(&self) -> impl Iterator<Item = &SubscriptionEntry> {
        let subscriptions = self.books.subscriptions.iter();
        subscriptions.filter(|it| {
            it.registration == self.registration && it.state != HeldSubscriptionState::Ended
        })
    }

    /// Charges, given back or not.
    pub fn charges(&self) -> impl Iterator<Item = &ChargeEntry> {
        let charges = self.books.charges.iter();
        charges.filter(|it| it.registration == self.registration)
    }

    /// Charges of which something was kept.
    pub fn kept_charges(&self) -> usize {
        let kept = self
            .charges()
            .filter(|it| !it.charge.outstanding().is_zero());
        kept.count()
    }

    /// In words.
    pub fn describe(&self) -> String {
        let customers: Vec<&str> = self.live_customers().map(|it| it.id.as_str()).collect();
        let subscriptions = self.live_subscriptions();
        let subscriptions: Vec<String> = subscriptions
            .map(|it| format!("{} {:?}", it.subscription.id, it.state))
            .collect();
        let charges = self.charges().map(|it| {
            let charge = &it.charge;
            format!(
                "{} {} of which {} given back",
                charge.id,
                charge.amount.amount_minor(),
                charge.refunded_minor
            )
        });
        let charges: Vec<String> = charges.collect();
        format!("customers {customers:?}, subscriptions {subscriptions:?}, charges {charges:?}")
    }
}

/// The card behind a token, as it is shown.
fn method(id: PaymentMethodId) -> PaymentMethod {
    let expiry = Expiry::new(4, 2030).unwrap_or_else(|_| unreachable!("April 2030 is a month"));
    PaymentMethod {
        id,
        card: CardSummary {
            brand: CardBrand::Visa,
            last4: "4242".to_owned(),
            expiry,
        },
        cvc_check: CvcCheck::Pass,
    }
}

/// A month has thirty days here: nothing depends on it.
fn period_end(now: Timestamp, interval: Interval) -> Timestamp {
    let days = match interval {
        Interval::Month => 30,
        Interval::Year => 365,
    };
    later(now, Duration::from_hours(24 * days))
}
