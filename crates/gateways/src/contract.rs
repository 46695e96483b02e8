//! What a registration relies on in every payment gateway, as checks that panic when it does not
//! hold. [`gateway_contract!`](crate::gateway_contract) runs them all against one gateway, so that a
//! new check covers every gateway without anyone opting in.

pub mod authentication;
pub mod customers;
pub mod holdings;
pub mod refunds;
pub mod repeats;
pub mod standing;
pub mod subscriptions;

use std::sync::Arc;
use std::time::Duration;

use enlist_domain::profile::{AddressLine, City, PersonName, State};
use enlist_domain::{Country, EmailAddress, Money, Plan, PostalAddress, Profile, RawCard};
use enlist_registration::ids::{CustomerId, PaymentMethodId, RegistrationId};
use enlist_registration::ports::{
    CallKey, Clock, Customer, HeldCharge, Holdings, NewCustomer, NewSubscription, Outcome,
    PaymentGateway, Random, RefundAttempt, Search, Sought, Subscription,
};
use enlist_registration::steps::StepName;
use jiff::Timestamp;

/// A gateway on the bench, and what is needed to put it through its paces. A gateway that holds other
/// things already is fine: every check makes registrations of its own.
#[derive(Clone)]
pub struct Bench {
    /// What is checked. No faults may be switched on.
    pub gateway: Arc<dyn PaymentGateway>,
    /// Time, for ids and pauses.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids.
    pub random: Arc<dyn Random>,
    /// Tokens as a browser would bring them.
    pub tokens: Tokens,
    /// A card that succeeds, if the gateway takes raw ones.
    pub raw_card: Option<fn() -> RawCard>,
    /// A plan with a price that the gateway knows.
    pub plan: Plan,
    /// A moment before the first registration.
    pub begun_at: Timestamp,
}

/// The address of every customer: one person may sign up often.
const EMAIL: &str = "jane@example.com";

/// The gateway's own names for cards that behave in a certain way.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// Attaches and pays.
    pub succeeds: &'static str,
    /// Another that attaches and pays.
    pub succeeds_too: &'static str,
    /// Declined when it is attached.
    pub declined_when_attached: &'static str,
    /// Attaches, and is declined at the first charge.
    pub declined_when_charged: &'static str,
    /// Asks for 3-D Secure at the first charge; none where the gateway cannot be made to ask.
    pub asks_before_the_charge: Option<&'static str>,
}

/// Runs every check of the contract as a test of its own. The argument is an async
/// function without parameters that answers a fresh [`Bench`], or what stands for one.
#[macro_export]
macro_rules! gateway_contract {
    ($bench:path) => {
        $crate::gateway_contract! { @checks $bench;
            customers: a_customer_is_made_with_its_card;
            customers: a_customer_can_be_made_without_a_card;
            customers: a_customer_may_have_an_address_without_city_state_and_postal_code;
            customers: a_declined_card_leaves_no_customer;
            customers: an_unknown_token_is_declined_and_leaves_no_customer;
            customers: a_raw_card_becomes_a_token_that_works_once;
            customers: deleting_is_final_and_may_be_repeated;
            customers: only_its_own_registration_deletes_a_customer;
            subscriptions: a_subscription_takes_the_first_charge;
            subscriptions: a_declined_first_charge_leaves_nothing_live;
            subscriptions: cancelling_is_at_once_and_may_be_repeated;
            subscriptions: a_deleted_customer_can_never_be_charged_again;
            subscriptions: deleting_the_customer_ends_its_subscriptions_and_refunds_nothing;
            refunds: a_charge_is_given_back_once;
            refunds: parts_add_up_to_what_was_taken_and_no_more;
            refunds: a_charge_of_a_deleted_customer_can_still_be_given_back;
            refunds: no_refund_without_an_amount_or_a_charge;
            repeats: a_repeated_call_has_one_effect_and_one_answer;
            repeats: a_decline_is_repeated_too;
            repeats: other_parameters_under_the_same_key_are_rejected;
            repeats: calls_at_the_same_moment_have_one_effect;
            repeats: a_key_outlives_what_it_made;
            holdings: what_was_just_made_is_listed;
            holdings: a_registration_without_anything_holds_nothing;
            holdings: registrations_do_not_see_each_other;
            standing: an_account_stands_as_it_was_opened;
            standing: what_was_cancelled_and_given_back_is_told;
            standing: what_is_gone_is_told;
            authentication: a_question_from_the_bank_leaves_the_subscription_incomplete;
            authentication: a_question_can_be_withdrawn;
        }
    };
    (@checks $bench:path; $($subject:ident: $check:ident;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $check() {
                let bench = $bench().await;
                $crate::contract::$subject::$check(&bench).await;
            }
        )*
    };
}

impl Bench {
    /// The id of a new registration.
    pub fn registration(&self) -> RegistrationId {
        RegistrationId::new(self.clock.now(), &*self.random)
    }

    /// Calls for a customer as the step does.
    pub async fn create_customer(
        &self,
        registration: RegistrationId,
        token: Option<&str>,
    ) -> Outcome<Customer> {
        let token = token.map(|token| PaymentMethodId(token.to_owned()));
        let (email, profile) = (email(EMAIL), profile());
        let payment_method = token.as_ref();
        let customer = NewCustomer {
            registration,
            email: &email,
            profile: &profile,
            payment_method,
        };
        let key = CallKey::of_step(registration, StepName::CreateCustomer);
        self.gateway.create_customer(&key, &customer).await
    }

    /// Calls for a subscription as the step does.
    pub async fn start_subscription(
        &self,
        registration: RegistrationId,
        customer: &CustomerId,
    ) -> Outcome<Subscription> {
        let subscription = NewSubscription {
            registration,
            customer,
            plan: &self.plan,
        };
        let key = CallKey::of_step(registration, StepName::StartSubscription);
        self.gateway.start_subscription(&key, &subscription).await
    }

    /// A customer with a card that succeeds.
    pub async fn customer(&self, registration: RegistrationId) -> Customer {
        done(
            self.create_customer(registration, Some(self.tokens.succeeds))
                .await,
        )
    }

    /// A customer with a card that succeeds, and its subscription, paid.
    pub async fn subscriber(&self, registration: RegistrationId) -> (Customer, Subscription) {
        let customer = self.customer(registration).await;
        let subscription = done(self.start_subscription(registration, &customer.id).await);
        (customer, subscription)
    }

    /// Gives a part of a charge, or the whole, back as an undo does in its so-manieth attempt.
    pub async fn refund(
        &self,
        registration: RegistrationId,
        charge: &HeldCharge,
        amount_minor: i64,
        attempt: u32,
    ) -> Outcome<()> {
        let key = CallKey::of_refund(registration, &charge.id, RefundAttempt::OfUndo(attempt));
        let amount = Money::new(amount_minor, charge.amount.currency());
        self.gateway.refund_charge(&key, &charge.id, amount).await
    }

    /// What is held for a registration.
    pub async fn holdings(&self, registration: RegistrationId) -> Holdings {
        self.holdings_with(registration, None).await
    }

    /// What is held for a registration, and by its customer.
    pub async fn holdings_with(
        &self,
        registration: RegistrationId,
        customer: Option<&CustomerId>,
    ) -> Holdings {
        done(self.search(registration, customer).await)
    }

    /// Searches as an undo does.
    pub async fn search(
        &self,
        registration: RegistrationId,
        customer: Option<&CustomerId>,
    ) -> Outcome<Holdings> {
        let search = Search {
            registration,
            email: &email(EMAIL),
            begun_at: self.begun_at,
            quiet_for: Duration::ZERO,
            customer,
            sought: Sought::Everything,
        };
        self.gateway.holdings(&search).await
    }

    /// The customers alone.
    pub async fn customers(&self, registration: RegistrationId) -> Vec<Customer> {
        let search = Search {
            registration,
            email: &email(EMAIL),
            begun_at: self.begun_at,
            quiet_for: Duration::ZERO,
            customer: None,
            sought: Sought::Customers,
        };
        done(self.gateway.holdings(&search).await).customers
    }

    /// The one charge of a registration.
    pub async fn only_charge(&self, registration: RegistrationId) -> HeldCharge {
        let holdings = self.holdings(registration).await;
        let [charge] = holdings.charges.as_slice() else {
            panic!("not one charge: {:?}", holdings.charges);
        };
        charge.clone()
    }
}

/// The value of a call that went well.
#[track_caller]
pub fn done<T: std::fmt::Debug>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(value) => value,
        other => panic!("not done: {other:?}"),
    }
}

/// The code of a call that was declined.
#[track_caller]
pub fn declined<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    match outcome {
        Outcome::Declined(decline) => decline.code,
        other => panic!("not declined: {other:?}"),
    }
}

/// Panics unless the call was refused as our own fault.
#[track_caller]
pub fn rejected<T: std::fmt::Debug>(outcome: Outcome<T>) {
    assert!(
        matches!(outcome, Outcome::Rejected(_)),
        "not rejected: {outcome:?}"
    );
}

/// An address.
#[track_caller]
pub fn email(text: &str) -> EmailAddress {
    match EmailAddress::parse(text) {
        Ok(email) => email,
        Err(fault) => panic!("{text}: {fault}"),
    }
}

/// Somebody who lives somewhere.
pub fn profile() -> Profile {
    let springfield = || -> Result<PostalAddress, Box<dyn std::error::Error>> {
        let address = AddressLine::parse("1 Main Street")?;
        let (city, state) = (City::parse("Springfield")?, State::parse("IL")?);
        let country = Country::UNITED_STATES;
        Ok(PostalAddress::new(
            address,
            None,
            Some(city),
            Some(state),
            Some("62701"),
            country,
        )?)
    };
    resident(springfield())
}

/// Somebody whose address has nothing but a line and a country.
pub fn profile_of_macao() -> Profile {
    let macao = || -> Result<PostalAddress, Box<dyn std::error::Error>> {
        let address = AddressLine::parse("163 Avenida da Praia Grande")?;
        let country = Country::parse("MO")?;
        Ok(PostalAddress::new(
            address, None, None, None, None, country,
        )?)
    };
    resident(macao())
}

fn resident(address: Result<PostalAddress, Box<dyn std::error::Error>>) -> Profile {
    let name = |text| PersonName::parse(text);
    match (name("Jane"), name("Doe"), address) {
        (Ok(first_name), Ok(last_name), Ok(address)) => Profile {
            first_name,
            last_name,
            address,
        },
        other => panic!("the profile: {other:?}"),
    }
}
