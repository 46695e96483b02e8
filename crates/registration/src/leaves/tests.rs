//! What is read of a list.

use jiff::Timestamp;

use super::*;
use crate::ids::SubscriptionId;
use crate::ports::{HeldSubscription, Subscription};

/// What comes of a list of subscriptions that stand so.
fn among(states: &[HeldSubscriptionState]) -> &'static str {
    let held = states.iter().map(|state| HeldSubscription {
        subscription: Subscription {
            id: SubscriptionId("sub_1".to_owned()),
            current_period_end: Timestamp::UNIX_EPOCH,
        },
        state: *state,
    });
    let holdings = Holdings {
        subscriptions: held.collect(),
        ..Holdings::default()
    };
    match subscription_among(holdings) {
        Resolution::Happened(Gain::Subscription(_)) => "happened",
        Resolution::NeedsPerson(_) => "needs a person",
        Resolution::Unpaid => "unpaid",
        Resolution::Absent => "absent",
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_a_subscription_that_is_paid_is_taken_for_what_was_to_be_made() {
    use HeldSubscriptionState::{Active, Ended, Incomplete, Unpaid};
    assert_eq!(among(&[]), "absent");
    assert_eq!(among(&[Ended]), "absent");
    assert_eq!(among(&[Unpaid]), "unpaid");
    assert_eq!(among(&[Incomplete, Ended]), "needs a person");
    assert_eq!(among(&[Unpaid, Active, Ended]), "happened");
}
