//! Customers: all or nothing, deleted for good, and only by the registration that made them.

use enlist_registration::ids::CustomerId;
use enlist_registration::ports::{CallKey, NewCustomer};
use enlist_registration::steps::StepName;

use super::{Bench, EMAIL, declined, done, email, profile_of_macao, rejected};

/// One call makes the customer, attaches the card and says which it was.
pub async fn a_customer_is_made_with_its_card(bench: &Bench) {
    let registration = bench.registration();
    let customer = bench.customer(registration).await;
    let Some(method) = &customer.payment_method else {
        panic!("no card: {customer:?}")
    };
    assert_eq!(method.card.last4.len(), 4);
    let holdings = bench.holdings(registration).await;
    assert_eq!(holdings.customers.len(), 1);
    assert_eq!(holdings.customers[0], customer);
}

/// A free sign-up may have no card.
pub async fn a_customer_can_be_made_without_a_card(bench: &Bench) {
    let registration = bench.registration();
    let customer = done(bench.create_customer(registration, None).await);
    assert_eq!(customer.payment_method, None);
    assert_eq!(bench.holdings(registration).await.customers.len(), 1);
}

/// Not every country has states, postal codes, or a city beside its name.
pub async fn a_customer_may_have_an_address_without_city_state_and_postal_code(bench: &Bench) {
    let registration = bench.registration();
    let profile = profile_of_macao();
    let key = CallKey::of_step(registration, StepName::CreateCustomer);
    let new = NewCustomer {
        registration,
        email: &email(EMAIL),
        profile: &profile,
        payment_method: None,
    };
    done(bench.gateway.create_customer(&key, &new).await);
    assert_eq!(bench.holdings(registration).await.customers.len(), 1);
}

/// The customer is not there first and taken back: it never is.
pub async fn a_declined_card_leaves_no_customer(bench: &Bench) {
    let registration = bench.registration();
    let token = Some(bench.tokens.declined_when_attached);
    let code = declined(bench.create_customer(registration, token).await);
    assert!(!code.is_empty());
    let holdings = bench.holdings(registration).await;
    assert!(holdings.customers.is_empty(), "{holdings:?}");
    assert!(holdings.charges.is_empty(), "{holdings:?}");
}

/// A token comes from the visitor's browser, so a wrong one is the visitor's to correct.
pub async fn an_unknown_token_is_declined_and_leaves_no_customer(bench: &Bench) {
    let registration = bench.registration();
    declined(
        bench
            .create_customer(registration, Some("pm_of_nobody"))
            .await,
    );
    let holdings = bench.holdings(registration).await;
    assert!(holdings.customers.is_empty(), "{holdings:?}");
}

/// A token is for one customer. Nothing is checked where the gateway takes no raw cards.
pub async fn a_raw_card_becomes_a_token_that_works_once(bench: &Bench) {
    let Some(raw_card) = bench.raw_card else {
        return;
    };
    let (registration, another) = (bench.registration(), bench.registration());
    let key = CallKey::of_step(registration, StepName::TokenizeCard);
    let method = done(bench.gateway.tokenize_card(&key, &raw_card()).await);
    assert_eq!(method.card, raw_card().summary());
    let again = done(bench.gateway.tokenize_card(&key, &raw_card()).await);
    assert_eq!(again, method, "the same key is the same token");

    let token = Some(method.id.as_str());
    let customer = done(bench.create_customer(registration, token).await);
    assert_eq!(
        customer.payment_method.map(|method| method.card),
        Some(method.card.clone())
    );
    declined(bench.create_customer(another, token).await);
    assert!(bench.holdings(another).await.customers.is_empty());
}

/// "Already deleted" and "never was" are what an undo wants to hear.
pub async fn deleting_is_final_and_may_be_repeated(bench: &Bench) {
    let registration = bench.registration();
    let customer = bench.customer(registration).await;
    for _ in 0..3 {
        done(
            bench
                .gateway
                .delete_customer(&customer.id, registration)
                .await,
        );
        let holdings = bench.holdings(registration).await;
        assert!(holdings.customers.is_empty(), "{holdings:?}");
    }
    let nobody = CustomerId("cus_of_nobody".to_owned());
    done(bench.gateway.delete_customer(&nobody, registration).await);
}

/// An undo deletes what its own registration made, and nothing else, whatever id it was given.
pub async fn only_its_own_registration_deletes_a_customer(bench: &Bench) {
    let (registration, another) = (bench.registration(), bench.registration());
    let customer = bench.customer(registration).await;
    rejected(bench.gateway.delete_customer(&customer.id, another).await);
    assert_eq!(bench.holdings(registration).await.customers.len(), 1);
}
