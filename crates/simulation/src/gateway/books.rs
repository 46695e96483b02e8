//! A model of a payment gateway: customers, subscriptions, charges, and keys that remember their answer.
//! It does what the contract of the port asks of every gateway, at once and in memory; whatever goes
//! wrong on the way to it is not its own doing.

mod card;
mod made;
mod request;

use std::collections::BTreeMap;
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

pub use card::Card;
pub use made::Made;
pub use request::{Answer, Carry, Request};

/// How long a key is remembered: what Stripe promises, and not a moment longer.
pub const KEY_KEPT_FOR: Duration = Duration::from_hours(24);

/// How long a subscription waits for its first payment to be confirmed.
pub const CONFIRM_WITHIN: Duration = Duration::from_hours(23);

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
