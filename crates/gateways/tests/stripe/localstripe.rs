//! The adapter before localstripe, which others wrote: a second opinion on names, nesting and shapes.
//!
//! Where it deviates from Stripe, and what is therefore not asked of it:
//!
//! - it keeps the customer whose card is declined, where Stripe makes none: only the decline is looked at;
//! - it lists no customers by address, so nothing can be searched for;
//! - it knows neither `items[price]` nor `error_if_incomplete`, so no subscription can be started;
//! - it ignores `Idempotency-Key`: nothing is repeated;
//! - it answers 404 without a code to whatever it does not know, a card's token and a deleted customer
//!   included, where Stripe answers 400 and names the parameter, says that the customer was deleted, or
//!   gives the code `resource_missing`: an unknown token is not tried, and a repeated deletion is refused.

use std::time::Duration;

use enlist_gateways::contract::{self, declined, done, rejected};
use enlist_gateways::stripe::{Stripe, StripeSettings};
use enlist_registration::ids::{PaymentMethodId, RegistrationId};
use enlist_registration::ports::{
    CallKey, Customer, CustomerStanding, NewCustomer, Outcome, PaymentGateway,
};
use enlist_registration::steps::StepName;
use enlist_test_servers::Localstripe;
use secrecy::SecretString;

use crate::support::raw_card;

const GOOD: &str = "4242424242424242";
const DECLINED: &str = "4000000000000002";

struct Stand {
    stripe: Stripe,
    _server: Localstripe,
}

impl Stand {
    fn start() -> Self {
        let server = Localstripe::start();
        let settings = StripeSettings {
            secret_key: SecretString::from("sk_test_12345"),
            api_base: server.url(),
            timeout: Duration::from_secs(30),
        };
        Self {
            stripe: Stripe::new(settings).unwrap(),
            _server: server,
        }
    }

    async fn sign_up(&self, registration: RegistrationId, number: &str) -> Outcome<Customer> {
        let key = CallKey::of_step(registration, StepName::TokenizeCard);
        let method = match self.stripe.tokenize_card(&key, &raw_card(number)).await {
            Outcome::Done(method) => method,
            other => return other.map(|_| unreachable!("it is not done")),
        };
        self.customer(registration, &method.id).await
    }

    async fn customer(
        &self,
        registration: RegistrationId,
        card: &PaymentMethodId,
    ) -> Outcome<Customer> {
        let key = CallKey::of_step(registration, StepName::CreateCustomer);
        let customer = NewCustomer {
            registration,
            email: &contract::email("jane@example.com"),
            profile: &contract::profile(),
            payment_method: Some(card),
        };
        self.stripe.create_customer(&key, &customer).await
    }
}

fn registration(number: u128) -> RegistrationId {
    RegistrationId(uuid::Uuid::from_u128(number))
}

#[tokio::test]
async fn a_good_card_makes_a_customer_that_its_registration_deletes() {
    let stand = Stand::start();
    let id = registration(1);
    let customer = done(stand.sign_up(id, GOOD).await);
    let card = customer.payment_method.as_ref().expect("a card");
    assert_eq!(card.card, raw_card(GOOD).summary());
    let standing = done(stand.stripe.standing(&customer.id, None).await);
    assert_eq!(
        standing.customer,
        CustomerStanding::Live(customer.payment_method.clone())
    );
    rejected(
        stand
            .stripe
            .delete_customer(&customer.id, registration(2))
            .await,
    );
    done(stand.stripe.delete_customer(&customer.id, id).await);
    // It is gone; how localstripe says so is not how Stripe does.
    rejected(stand.stripe.delete_customer(&customer.id, id).await);
}

#[tokio::test]
async fn a_declined_card_is_a_decline() {
    let stand = Stand::start();
    let code = declined(stand.sign_up(registration(1), DECLINED).await);
    assert!(!code.is_empty());
}
