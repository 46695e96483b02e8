//! Stripe's test cards, as numbers and as tokens.

use enlist_domain::card::Expiry;
use enlist_gateways::contract::{declined, done, rejected};
use enlist_gateways::sandbox::{INVALID_PAYMENT_METHOD, NOT_A_TEST_CARD};
use enlist_registration::ports::{CallKey, CvcCheck, PaymentGateway};
use enlist_registration::steps::StepName;

use crate::support::{Rig, raw_card};

#[tokio::test]
async fn the_cards_of_every_brand_succeed() {
    let rig = Rig::fresh().await;
    for (number, brand) in [
        ("4242424242424242", "visa"),
        ("4000056655665556", "visa"),
        ("5555555555554444", "mastercard"),
        ("378282246310005", "amex"),
        ("6011111111111117", "discover"),
        ("3056930009020004", "diners"),
        ("3566002020360505", "jcb"),
        ("6200000000000005", "unionpay"),
    ] {
        let registration = rig.registration();
        let token = done(rig.tokenize(registration, number).await);
        assert_eq!(token.card.brand.as_str(), brand);
        assert_eq!(
            token.cvc_check,
            CvcCheck::Unchecked,
            "checked when it is attached"
        );
        let customer = rig
            .create_customer(registration, Some(token.id.as_str()))
            .await;
        let attached = done(customer).payment_method.unwrap();
        assert_eq!(attached.cvc_check, CvcCheck::Pass);
        assert_eq!((attached.id, attached.card), (token.id, token.card));
        done(
            rig.start_subscription(registration, &rig.only_customer(registration).await)
                .await,
        );
    }
}

#[tokio::test]
async fn the_cards_that_decline_do_so_when_attached_and_leave_no_customer() {
    let rig = Rig::fresh().await;
    for (number, name, code) in [
        ("4000000000000002", "chargeDeclined", "generic_decline"),
        (
            "4000000000009995",
            "chargeDeclinedInsufficientFunds",
            "insufficient_funds",
        ),
        ("4000000000009987", "chargeDeclinedLostCard", "lost_card"),
        (
            "4000000000009979",
            "chargeDeclinedStolenCard",
            "stolen_card",
        ),
        (
            "4000000000000069",
            "chargeDeclinedExpiredCard",
            "expired_card",
        ),
        (
            "4000000000000127",
            "chargeDeclinedIncorrectCvc",
            "incorrect_cvc",
        ),
        (
            "4000000000000119",
            "chargeDeclinedProcessingError",
            "processing_error",
        ),
    ] {
        let registration = rig.registration();
        let token = done(rig.tokenize(registration, number).await);
        let customer = rig
            .create_customer(registration, Some(token.id.as_str()))
            .await;
        assert_eq!(declined(customer), code);
        for prefix in ["tok_", "pm_card_"] {
            let token = format!("{prefix}{name}");
            let customer = rig.create_customer(rig.registration(), Some(&token)).await;
            assert_eq!(declined(customer), code, "{token}");
        }
    }
    let ledger = rig.sandbox.ledger().await.unwrap();
    assert!(ledger.customers.is_empty(), "{ledger:?}");
    assert!(
        ledger.payment_methods.iter().all(|method| !method.live),
        "{ledger:?}"
    );
}

#[tokio::test]
async fn one_card_attaches_and_then_fails_to_charge() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let token = done(rig.tokenize(registration, "4000 0000 0000 0341").await);
    let customer = done(
        rig.create_customer(registration, Some(token.id.as_str()))
            .await,
    );
    let code = declined(rig.start_subscription(registration, &customer.id).await);
    assert_eq!(code, "card_declined");
    let ledger = rig.sandbox.ledger().await.unwrap();
    assert!(ledger.subscriptions.is_empty());
    assert_eq!(ledger.charges.len(), 1, "a gateway keeps the attempt");
    assert!(!ledger.charges[0].live);
    assert_eq!(ledger.charges[0].status, "failed");
}

#[tokio::test]
async fn a_wrong_security_code_can_be_no_reason_to_decline() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let token = done(rig.tokenize(registration, "4000000000000101").await);
    let customer = rig
        .create_customer(registration, Some(token.id.as_str()))
        .await;
    assert_eq!(
        done(customer).payment_method.unwrap().cvc_check,
        CvcCheck::Fail
    );
}

#[tokio::test]
async fn a_number_that_may_be_a_real_card_is_refused_and_not_kept() {
    let rig = Rig::fresh().await;
    let outcome = rig.tokenize(rig.registration(), "4111111111111111").await;
    assert_eq!(declined(outcome), NOT_A_TEST_CARD);
    assert!(
        rig.sandbox
            .ledger()
            .await
            .unwrap()
            .payment_methods
            .is_empty()
    );
}

#[tokio::test]
async fn a_card_expires_with_the_last_day_of_its_month() {
    let rig = Rig::fresh().await;
    let mut card = raw_card("4242424242424242");
    card.expiry = Expiry::new(10, 2026).unwrap();
    let key = CallKey::of_step(rig.registration(), StepName::TokenizeCard);
    let outcome = rig.sandbox.tokenize_card(&key, &card).await;
    assert_eq!(declined(outcome), "expired_card");
    card.expiry = Expiry::new(11, 2026).unwrap();
    let key = CallKey::of_step(rig.registration(), StepName::TokenizeCard);
    done(rig.sandbox.tokenize_card(&key, &card).await);
}

#[tokio::test]
async fn a_token_of_a_deleted_customer_can_never_be_attached_again() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    let token = done(rig.tokenize(registration, "4242424242424242").await).id;
    let customer = done(
        rig.create_customer(registration, Some(token.as_str()))
            .await,
    );
    done(
        rig.sandbox
            .delete_customer(&customer.id, registration)
            .await,
    );
    let again = rig
        .create_customer(rig.registration(), Some(token.as_str()))
        .await;
    assert_eq!(declined(again), INVALID_PAYMENT_METHOD);
}

#[tokio::test]
async fn a_free_plan_charges_nobody_and_a_paid_one_needs_a_card() {
    let mut rig = Rig::fresh().await;
    let registration = rig.registration();
    let customer = done(rig.create_customer(registration, None).await);
    rejected(rig.start_subscription(registration, &customer.id).await);

    rig.sell("free");
    done(rig.start_subscription(registration, &customer.id).await);
    let asks = rig.registration();
    let token = rig.tokens.asks_before_the_charge;
    let customer = done(rig.create_customer(asks, token).await);
    done(rig.start_subscription(asks, &customer.id).await);
    assert!(rig.sandbox.ledger().await.unwrap().charges.is_empty());
}

#[tokio::test]
async fn a_deleted_customer_cannot_have_a_free_plan_either() {
    let mut rig = Rig::fresh().await;
    rig.sell("free");
    let registration = rig.registration();
    let customer = rig.customer(registration).await;
    done(
        rig.sandbox
            .delete_customer(&customer.id, registration)
            .await,
    );
    rejected(rig.start_subscription(registration, &customer.id).await);
    assert!(rig.sandbox.ledger().await.unwrap().subscriptions.is_empty());
}
