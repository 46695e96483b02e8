//! Refunds: at most once, never more than was taken.

use enlist_registration::ids::ChargeId;
use enlist_registration::ports::HeldCharge;

use super::{Bench, done, rejected};

/// However often it is asked for, and under whichever key.
pub async fn a_charge_is_given_back_once(bench: &Bench) {
    let registration = bench.registration();
    bench.subscriber(registration).await;
    let charge = bench.only_charge(registration).await;
    let all = charge.amount.amount_minor();
    for attempt in [1, 1, 1, 2, 3] {
        done(bench.refund(registration, &charge, all, attempt).await);
    }
    let refunded = bench.only_charge(registration).await;
    assert_eq!(refunded.refunded_minor, all);
    assert!(refunded.outstanding().is_zero());
}

/// Too much is refused, not cut short and not paid; once all is given back, there is nothing to do.
pub async fn parts_add_up_to_what_was_taken_and_no_more(bench: &Bench) {
    let registration = bench.registration();
    bench.subscriber(registration).await;
    let charge = bench.only_charge(registration).await;
    let all = charge.amount.amount_minor();
    done(bench.refund(registration, &charge, 100, 1).await);
    rejected(bench.refund(registration, &charge, all, 2).await);
    assert_eq!(bench.only_charge(registration).await.refunded_minor, 100);
    done(bench.refund(registration, &charge, all - 100, 3).await);
    done(bench.refund(registration, &charge, 1, 4).await);
    assert_eq!(bench.only_charge(registration).await.refunded_minor, all);
}

/// The customer is deleted first, because that closes the door; the money is found afterwards.
pub async fn a_charge_of_a_deleted_customer_can_still_be_given_back(bench: &Bench) {
    let registration = bench.registration();
    let (customer, _) = bench.subscriber(registration).await;
    done(
        bench
            .gateway
            .delete_customer(&customer.id, registration)
            .await,
    );
    let charge = bench.only_charge(registration).await;
    done(
        bench
            .refund(registration, &charge, charge.amount.amount_minor(), 1)
            .await,
    );
    assert!(
        bench
            .only_charge(registration)
            .await
            .outstanding()
            .is_zero()
    );
}

/// Nothing cannot be given back, and nothing can be given back of what was never taken.
pub async fn no_refund_without_an_amount_or_a_charge(bench: &Bench) {
    let registration = bench.registration();
    bench.subscriber(registration).await;
    let charge = bench.only_charge(registration).await;
    for (attempt, amount_minor) in [(1, 0), (2, -1)] {
        rejected(
            bench
                .refund(registration, &charge, amount_minor, attempt)
                .await,
        );
    }
    let id = ChargeId("ch_of_nobody".to_owned());
    let never = HeldCharge {
        id,
        amount: charge.amount,
        refunded_minor: 0,
    };
    rejected(bench.refund(registration, &never, 1, 1).await);
    assert_eq!(bench.only_charge(registration).await.refunded_minor, 0);
}
