//! The list of faults: what may be in it, whom it strikes, how it is written.

use enlist_gateways::faults::{FaultTarget, InvalidFault, MAX_FAULTS};
use enlist_gateways::sandbox::{ActiveFault, Fault, FaultFault, FaultKind, Operation};
use enlist_registration::ports::Outcome;

use crate::support::Rig;

#[tokio::test]
async fn a_star_strikes_every_operation_until_cleared() {
    let rig = Rig::fresh().await;
    let faults = rig.sandbox.faults();
    faults
        .switch_on(Fault::at_rate(FaultTarget::every(), FaultKind::Refuse, 1.0))
        .await
        .unwrap();
    let registration = rig.registration();
    assert!(matches!(
        rig.tokenize(registration, "4242424242424242").await,
        Outcome::Retryable(_)
    ));
    assert!(matches!(
        rig.search(registration, None).await,
        Outcome::Retryable(_)
    ));
    assert_eq!(
        faults.list().await.unwrap(),
        [ActiveFault {
            step: FaultTarget::every(),
            kind: FaultKind::Refuse,
            remaining: None,
            rate: Some(1.0),
            hits: 2
        }]
    );
    faults.clear().await.unwrap();
    rig.subscriber(registration).await;
}

#[tokio::test]
async fn a_rate_strikes_about_its_share() {
    let rig = Rig::fresh().await;
    let faults = rig.sandbox.faults();
    faults
        .switch_on(Fault::at_rate(
            Operation::ListHoldings,
            FaultKind::Refuse,
            0.25,
        ))
        .await
        .unwrap();
    faults
        .switch_on(Fault::at_rate(
            Operation::ListHoldings,
            FaultKind::FailBefore,
            0.0,
        ))
        .await
        .unwrap();
    for _ in 0..400 {
        let _: Outcome<_> = rig.search(rig.registration(), None).await;
    }
    let hits: Vec<u64> = faults
        .list()
        .await
        .unwrap()
        .iter()
        .map(|fault| fault.hits)
        .collect();
    assert!((60..140).contains(&hits[0]), "{hits:?}");
    assert_eq!(hits[1], 0);
}

#[tokio::test]
async fn a_fault_that_is_used_up_stays_in_the_list_and_the_next_one_strikes() {
    let rig = Rig::fresh().await;
    let registration = rig.registration();
    rig.fail(Operation::CreateCustomer, FaultKind::FailBefore, 1)
        .await;
    rig.fail(Operation::CreateCustomer, FaultKind::Refuse, 3)
        .await;
    let first = rig.create_customer(registration, Some("tok_visa")).await;
    assert!(matches!(first, Outcome::InDoubt(_)), "{first:?}");
    let second = rig.create_customer(registration, Some("tok_visa")).await;
    assert!(matches!(second, Outcome::Retryable(_)), "{second:?}");
    let list = rig.sandbox.faults().list().await.unwrap();
    assert_eq!((list[0].remaining, list[0].hits), (Some(0), 1));
    assert_eq!((list[1].remaining, list[1].hits), (Some(2), 1));
}

#[test]
fn a_fault_is_written_as_the_product_page_says() {
    let text = r#"{"step": "create_customer", "kind": "lose_reply", "count": 3}"#;
    let fault: Fault = serde_json::from_str(text).unwrap();
    assert_eq!(
        fault,
        Fault::times(Operation::CreateCustomer, FaultKind::LoseReply, 3)
    );
    for kind in [
        "fail_before",
        "fail_after",
        "lose_reply",
        "hang",
        "refuse",
        "rate_limit",
    ] {
        let text = format!(r#"{{"step": "*", "kind": "{kind}", "rate": 0.5}}"#);
        serde_json::from_str::<Fault>(&text).unwrap();
    }
    serde_json::from_str::<Fault>(r#"{"step": "*", "kind": "hang", "cuont": 3}"#).unwrap_err();
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let rig = Rig::fresh().await;
    let faults = rig.sandbox.faults();
    let refused = async |step: &str, count, rate| {
        let step = FaultTarget(step.to_owned());
        let kind = FaultKind::Hang;
        let fault = Fault {
            step,
            kind,
            count,
            rate,
        };
        faults.switch_on(fault).await.unwrap_err()
    };
    let unknown = refused("hold_email", None, None).await;
    assert!(
        matches!(&unknown, FaultFault::Invalid(InvalidFault::UnknownStep { step, .. }) if step == "hold_email"),
        "{unknown:?}"
    );
    assert!(
        unknown
            .to_string()
            .contains("`delete_customer`, `retrieve_standing` and `*`"),
        "{unknown}"
    );
    assert!(matches!(
        refused("*", Some(1), Some(0.5)).await,
        FaultFault::Invalid(InvalidFault::CountAndRate)
    ));
    assert!(matches!(
        refused("*", Some(0), None).await,
        FaultFault::Invalid(InvalidFault::CountIsZero)
    ));
    for rate in [1.5, f64::NAN] {
        assert!(matches!(
            refused("*", None, Some(rate)).await,
            FaultFault::Invalid(InvalidFault::RateOutOfRange { .. })
        ));
    }
    assert!(faults.list().await.unwrap().is_empty());
    faults
        .switch_on(Fault {
            step: FaultTarget::every(),
            kind: FaultKind::Hang,
            count: None,
            rate: None,
        })
        .await
        .unwrap();
    assert_eq!(
        faults.list().await.unwrap()[0].remaining,
        Some(1),
        "neither count nor rate is once"
    );
}

#[tokio::test]
async fn used_up_faults_make_room_and_live_ones_do_not() {
    let rig = Rig::fresh().await;
    let faults = rig.sandbox.faults();
    let fault = || Fault::times(Operation::ListHoldings, FaultKind::Refuse, 1);
    for _ in 0..MAX_FAULTS {
        faults.switch_on(fault()).await.unwrap();
    }
    let one_more = faults.switch_on(fault()).await;
    assert!(
        matches!(one_more, Err(FaultFault::Invalid(InvalidFault::TooMany))),
        "{one_more:?}"
    );
    let _: Outcome<_> = rig.search(rig.registration(), None).await;
    faults.switch_on(fault()).await.unwrap();
}
