//! What the books have of one registration.

use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::HeldSubscriptionState;

use super::{Books, ChargeEntry, CustomerEntry, SubscriptionEntry};

/// What was made for one registration.
pub struct Made<'b> {
    pub(super) books: &'b Books,
    pub(super) registration: RegistrationId,
}

impl Made<'_> {
    /// Customers that live.
    pub fn live_customers(&self) -> impl Iterator<Item = &CustomerEntry> {
        let customers = self.books.customers.iter();
        customers.filter(|it| it.is_live && it.registration == self.registration)
    }

    /// Subscriptions that have not ended.
    pub fn live_subscriptions(&self) -> impl Iterator<Item = &SubscriptionEntry> {
        let subscriptions = self.books.subscriptions.iter();
        subscriptions.filter(|it| {
            it.registration == self.registration && it.state != HeldSubscriptionState::Ended
        })
    }

    /// Charges, given back or not.
    pub fn charges(&self) -> impl Iterator<Item = &ChargeEntry> {
        let charges = self.books.charges.iter();
        charges.filter(|it| it.registration == self.registration)
    }

    /// Charges of which something was kept.
    pub fn kept_charges(&self) -> usize {
        let kept = self
            .charges()
            .filter(|it| !it.charge.outstanding().is_zero());
        kept.count()
    }

    /// In words.
    pub fn describe(&self) -> String {
        let customers: Vec<&str> = self.live_customers().map(|it| it.id.as_str()).collect();
        let subscriptions = self.live_subscriptions();
        let subscriptions: Vec<String> = subscriptions
            .map(|it| format!("{} {:?}", it.subscription.id, it.state))
            .collect();
        let charges = self.charges().map(|it| {
            let charge = &it.charge;
            format!(
                "{} {} of which {} given back",
                charge.id,
                charge.amount.amount_minor(),
                charge.refunded_minor
            )
        });
        let charges: Vec<String> = charges.collect();
        format!("customers {customers:?}, subscriptions {subscriptions:?}, charges {charges:?}")
    }
}
