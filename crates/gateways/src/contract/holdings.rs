//! The list that settles a doubt: complete, at once, and of one registration only.

use enlist_registration::ports::HeldSubscriptionState;

use super::Bench;

/// A list that lags would make an undo believe that nothing happened.
pub async fn what_was_just_made_is_listed(bench: &Bench) {
    for _ in 0..5 {
        let registration = bench.registration();
        let customer = bench.customer(registration).await;
        let held = bench.holdings(registration).await;
        assert_eq!(held.customers.len(), 1);
        assert_eq!(held.customers[0], customer);
        assert_eq!(bench.customers(registration).await, held.customers);

        let (_, subscription) = bench.subscriber(registration).await;
        let held = bench.holdings(registration).await;
        assert_eq!(held.subscriptions.len(), 1);
        assert_eq!(held.subscriptions[0].subscription, subscription);
        assert_eq!(held.subscriptions[0].state, HeldSubscriptionState::Active);
        assert_eq!(held.charges.len(), 1);
    }
}

/// "Never happened" is an empty list, not a fault.
pub async fn a_registration_without_anything_holds_nothing(bench: &Bench) {
    let holdings = bench.holdings(bench.registration()).await;
    assert_eq!(holdings, enlist_registration::ports::Holdings::default());
}

/// The same person with the same card, twice: what one undo finds is not the other's.
pub async fn registrations_do_not_see_each_other(bench: &Bench) {
    let (registration, another) = (bench.registration(), bench.registration());
    bench.subscriber(registration).await;
    bench.subscriber(another).await;
    let (held, held_too) = (
        bench.holdings(registration).await,
        bench.holdings(another).await,
    );
    assert_eq!((held.customers.len(), held_too.customers.len()), (1, 1));
    assert_ne!(held.customers[0].id, held_too.customers[0].id);
    assert_eq!((held.charges.len(), held_too.charges.len()), (1, 1));
    assert_ne!(held.charges[0].id, held_too.charges[0].id);
}
