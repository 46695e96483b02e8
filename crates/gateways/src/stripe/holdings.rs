//! Everything that Stripe holds for one registration. Stripe lists nothing by metadata, so customers
//! are listed by address and time, what hangs on them by their ids, and each is looked at for the
//! registration's id.

use std::collections::BTreeMap;
use std::time::Duration;

use enlist_registration::ids::{CustomerId, SubscriptionId};
use enlist_registration::ports::{
    Customer, HeldCharge, HeldSubscription, HeldSubscriptionState, Holdings, Search, Sought,
    Subscription,
};
use futures_util::future::{try_join, try_join_all};

use super::customers::DEFAULT_CARD;
use super::errors::Failure;
use super::form::Form;
use super::lists::{self, since};
use super::objects::{CustomerObject, InvoiceObject, Page, SubscriptionObject, SubscriptionState};
use super::{REGISTRATION, Stripe};

/// From when on Stripe's search sees what was made: "up to an hour behind during outages"
/// (docs.stripe.com/search#data-freshness), and a quarter more.
const SEARCH_SEES_AFTER: Duration = Duration::from_mins(75);

const SEARCH: &str = "subscriptions/search";

impl Stripe {
    /// Customers first, then what hangs on each. Where there is no customer to go by, because it was
    /// deleted, and nobody knows its id, subscriptions are looked for: they keep their metadata.
    pub(super) async fn search(&self, search: &Search<'_>) -> Result<Holdings, Failure> {
        let customers = self.customers_of(search).await?;
        if search.sought == Sought::Customers {
            return Ok(Holdings {
                customers,
                ..Holdings::default()
            });
        }
        let mut subscriptions = BTreeMap::new();
        let mut payers: Vec<CustomerId> = customers
            .iter()
            .map(|customer| customer.id.clone())
            .chain(search.customer.cloned())
            .collect();
        if payers.is_empty() {
            payers = self.payers_by_subscription(search).await?;
        }
        payers.sort();
        payers.dedup();
        let mut charges: Vec<HeldCharge> = Vec::new();
        for hanging in try_join_all(payers.iter().map(|payer| self.hanging_on(payer))).await? {
            subscriptions.extend(hanging.0);
            charges.extend(hanging.1);
        }
        Ok(Holdings {
            customers,
            subscriptions: subscriptions.into_values().collect(),
            charges,
        })
    }

    /// Who pays for a subscription that names the registration, deleted or not. Everybody's subscriptions
    /// since it began are gone through, unless nothing was made for so long that a search sees it all:
    /// the list grows with what others buy.
    async fn payers_by_subscription(
        &self,
        search: &Search<'_>,
    ) -> Result<Vec<CustomerId>, Failure> {
        let registration = search.registration;
        let found = if search.quiet_for >= SEARCH_SEES_AFTER {
            let query = Form::new()
                .with(
                    "query",
                    &format!("metadata['{REGISTRATION}']:'{registration}'"),
                )
                .with("limit", "100");
            let found = self.client.get::<Page<SubscriptionObject>>(SEARCH, &query);
            found.await?.data
        } else {
            let made_since = || {
                Form::new()
                    .with("status", "all")
                    .with("created[gte]", &since(search.begun_at))
            };
            self.subscriptions(made_since).await?
        };
        let ours = found
            .iter()
            .filter(|found| found.metadata.registration() == Some(registration));
        Ok(ours.map(SubscriptionObject::customer_id).collect())
    }

    /// Customers that name the registration: by address and time, and the one that is known.
    async fn customers_of(&self, search: &Search<'_>) -> Result<Vec<Customer>, Failure> {
        let by_address = || {
            Form::new()
                .with("email", search.email.as_typed())
                .with("created[gte]", &since(search.begun_at))
                .with("expand[0]", &format!("data.{DEFAULT_CARD}"))
        };
        let listed: Vec<CustomerObject> = lists::all(&self.client, "customers", by_address).await?;
        let mut found: Vec<CustomerObject> = listed
            .into_iter()
            .filter(|customer| customer.metadata.registration() == Some(search.registration))
            .collect();
        // An operator may have corrected its address meanwhile.
        if let Some(known) = search.customer
            && found.iter().all(|customer| customer.id != known.as_str())
        {
            let query = Form::new().with("expand[0]", DEFAULT_CARD);
            let known = self.find_customer(known, &query).await?;
            found.extend(
                known.filter(|customer| {
                    customer.metadata.registration() == Some(search.registration)
                }),
            );
        }
        found.iter().map(CustomerObject::customer).collect()
    }

    /// Subscriptions and charges of a customer, deleted or not.
    async fn hanging_on(
        &self,
        customer: &CustomerId,
    ) -> Result<(BTreeMap<SubscriptionId, HeldSubscription>, Vec<HeldCharge>), Failure> {
        let of_customer = || {
            Form::new()
                .with("customer", customer.as_str())
                .with("status", "all")
        };
        let subscriptions = async {
            let found = self.subscriptions(of_customer).await?;
            found.iter().map(held).collect()
        };
        try_join(subscriptions, self.charges_of(customer)).await
    }

    async fn subscriptions(
        &self,
        filter: impl Fn() -> Form,
    ) -> Result<Vec<SubscriptionObject>, Failure> {
        let with_invoice = || filter().with("expand[0]", "data.latest_invoice");
        lists::all(&self.client, "subscriptions", with_invoice).await
    }
}

fn held(found: &SubscriptionObject) -> Result<(SubscriptionId, HeldSubscription), Failure> {
    let id = SubscriptionId(found.id.clone());
    let can_be_paid = found.invoice().is_some_and(InvoiceObject::is_open);
    let state = match found.status {
        SubscriptionState::Incomplete => HeldSubscriptionState::Incomplete,
        // Who ended it has not come to its invoice, so it is to be ended once more.
        SubscriptionState::Canceled | SubscriptionState::IncompleteExpired if can_be_paid => {
            HeldSubscriptionState::Incomplete
        }
        SubscriptionState::Canceled | SubscriptionState::IncompleteExpired => {
            HeldSubscriptionState::Ended
        }
        SubscriptionState::Active | SubscriptionState::Trialing => HeldSubscriptionState::Active,
        // Somebody, or a later charge, has brought it there: a first charge that is not taken leaves
        // nothing, or something incomplete.
        SubscriptionState::PastDue | SubscriptionState::Paused | SubscriptionState::Unpaid => {
            HeldSubscriptionState::Unpaid
        }
    };
    let subscription = Subscription {
        id: id.clone(),
        current_period_end: found.current_period_end()?,
    };
    Ok((
        id,
        HeldSubscription {
            subscription,
            state,
        },
    ))
}

#[cfg(test)]
mod tests {
    use enlist_registration::limits::Limits;

    use super::SEARCH_SEES_AFTER;

    #[test]
    fn the_first_second_look_can_go_by_a_search() {
        let limits = Limits::default();
        let quiet_for = limits.recheck_after[0] - limits.call_timeout * 2;
        assert!(quiet_for >= SEARCH_SEES_AFTER, "{quiet_for:?}");
    }
}
