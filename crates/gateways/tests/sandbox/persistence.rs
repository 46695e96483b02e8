//! The sandbox's books: they outlive the process, others may share them, and no card is in them.

use enlist_gateways::contract::{declined, done};
use enlist_gateways::sandbox::{Fault, FaultKind, Operation};
use enlist_registration::ports::{Outcome, PaymentGateway};

use crate::home::Home;
use crate::support::Rig;

#[tokio::test]
async fn everything_survives_a_restart() {
    let home = Home::lasting();
    let first = Rig::at(home.clone()).await;
    let registration = first.registration();
    let (customer, subscription) = first.subscriber(registration).await;
    let refused = first.registration();
    declined(
        first
            .create_customer(refused, Some("tok_chargeDeclined"))
            .await,
    );
    let unused = done(first.tokenize(refused, "4242424242424242").await).id;
    let burnt = first.registration();
    let fault = Fault::times(Operation::CreateCustomer, FaultKind::FailAfter, 1);
    first.sandbox.faults().switch_on(fault).await.unwrap();
    let Outcome::InDoubt(_) = first.create_customer(burnt, Some("pm_card_visa")).await else {
        panic!("the fault did not strike");
    };
    let ledger = first.sandbox.ledger().await.unwrap();
    drop(first);

    let second = Rig::at(home).await;
    assert_eq!(second.sandbox.ledger().await.unwrap(), ledger);
    assert_eq!(
        second.subscriber(registration).await,
        (customer.clone(), subscription)
    );
    declined(
        second
            .create_customer(refused, Some("tok_chargeDeclined"))
            .await,
    );
    let Outcome::InDoubt(trouble) = second.create_customer(burnt, Some("pm_card_visa")).await
    else {
        panic!("the stored 500 is gone");
    };
    assert!(trouble.replayed);
    done(
        second
            .create_customer(second.registration(), Some(unused.as_str()))
            .await,
    );
    assert_eq!(second.sandbox.ledger().await.unwrap().customers.len(), 3);
}

#[tokio::test]
async fn no_card_number_and_no_security_code_reaches_the_books() {
    let numbers = [
        "4242424242424242",
        "4000000000000002",
        "4000002500003155",
        "378282246310005",
    ];
    let home = Home::lasting();
    let rig = Rig::at(home.clone()).await;
    // The last is none of the list: it may be real, and least of all that one may stay.
    for number in numbers.into_iter().chain(["4111111111111111"]) {
        let registration = rig.registration();
        if let Outcome::Done(token) = rig.tokenize(registration, number).await {
            let _: Outcome<_> = rig
                .create_customer(registration, Some(token.id.as_str()))
                .await;
        }
    }
    let written = home.written();
    assert!(
        find(&written, b"4242"),
        "the last four digits are there, so the search works"
    );
    for number in numbers.into_iter().chain(["4111111111111111"]) {
        assert!(!find(&written, number.as_bytes()), "{number}");
        assert!(
            !find(&written, &number.as_bytes()[..12]),
            "the beginning of {number}"
        );
    }
    // The codes of the support's cards.
    for code in ["987", "9876"] {
        assert!(!find_word(&written, code.as_bytes()), "{code}");
    }
}

#[tokio::test]
async fn two_processes_can_share_the_books() {
    let home = Home::lasting();
    let (one, two) = (Rig::at(home.clone()).await, Rig::at(home).await);
    let registration = one.registration();
    for _ in 0..10 {
        let (first, second) =
            tokio::join!(one.subscriber(registration), two.subscriber(registration));
        assert_eq!(first, second);
    }
    let held = two.holdings(registration).await;
    assert_eq!((held.customers.len(), held.charges.len()), (1, 1));
    done(
        one.sandbox
            .delete_customer(&held.customers[0].id, registration)
            .await,
    );
    assert!(two.holdings(registration).await.customers.is_empty());
}

fn find(written: &[u8], wanted: &[u8]) -> bool {
    written.windows(wanted.len()).any(|window| window == wanted)
}

/// Not inside an id or a hash, where three digits occur by chance.
fn find_word(written: &[u8], wanted: &[u8]) -> bool {
    written.windows(wanted.len() + 2).any(|window| {
        let (before, after) = (window[0], window[window.len() - 1]);
        // Four digits between dashes are a part of an id, by chance.
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        &window[1..=wanted.len()] == wanted && !is_part(before) && !is_part(after)
    })
}
