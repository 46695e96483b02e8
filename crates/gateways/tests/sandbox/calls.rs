//! The counts that tests compare with what a registration may cost.

use std::time::Duration;

use enlist_gateways::sandbox::{Calls, FaultKind, Operation};
use enlist_registration::ports::{Outcome, PaymentGateway};

use crate::support::Rig;

#[tokio::test]
async fn calls_are_counted_whatever_became_of_them() {
    let rig = Rig::fresh_but(async |sandbox| sandbox.with_latency(Duration::from_millis(20))).await;
    assert_eq!(rig.sandbox.calls(), Calls::default());
    let registration = rig.registration();
    rig.subscriber(registration).await;
    rig.fail(Operation::DeleteCustomer, FaultKind::Refuse, 1)
        .await;
    let customer = rig.only_customer(registration).await;
    let (first, second) = tokio::join!(
        rig.sandbox.delete_customer(&customer, registration),
        rig.search(registration, None),
    );
    assert!(matches!(
        (first, second),
        (Outcome::Retryable(_), Outcome::Done(_))
    ));
    let calls = rig.sandbox.calls();
    assert_eq!(calls.of(Operation::CreateCustomer), 1);
    assert_eq!(calls.of(Operation::StartSubscription), 1);
    assert_eq!(calls.of(Operation::DeleteCustomer), 1);
    assert_eq!(calls.of(Operation::ListHoldings), 2);
    assert_eq!(calls.total(), 5);
    assert_eq!(
        calls.most_at_once_per_registration, 1,
        "the refused call was over at once"
    );
    let _: (Outcome<_>, Outcome<_>) = tokio::join!(
        rig.search(registration, None),
        rig.search(registration, None),
    );
    assert_eq!(rig.sandbox.calls().most_at_once_per_registration, 2);
}
