//! Everything that Stripe holds for one registration. Stripe lists nothing by metadata, so customers
//! are listed by address, what hangs on them by their ids, and each is looked at for the registration's
//! id.

use std::collections::BTreeMap;
use std::time::Duration;

use enlist_registration::ids::{CustomerId, RegistrationId, SubscriptionId};
use enlist_registration::limits::Limits;
use enlist_registration::ports::{
    Customer, HeldCharge, HeldSubscription, HeldSubscriptionState, Holdings, Search, Sought,
    Subscription,
};
use futures_util::future::{try_join, try_join_all};
use jiff::Timestamp;

use super::customers::DEFAULT_CARD;
use super::errors::Failure;
use super::form::Form;
use super::lists;
use super::objects::{
    CustomerObject, InvoiceObject, Page, PaidObject, SubscriptionObject, SubscriptionState,
};
use super::{REGISTRATION, Stripe};

/// From when on Stripe's search sees what was made: "up to an hour behind during outages"
/// (docs.stripe.com/search#data-freshness), and a quarter more.
const SEARCH_SEES_AFTER: Duration = Duration::from_mins(75);

const SEARCH: &str = "subscriptions/search";

/// How long before it is said to have begun something may have been made for a registration: as far as
/// clocks may be apart, and ten minutes, as far as the database's may be from Stripe's. No further, since
/// the list holds what everybody bought meanwhile, and what is missed is found by a later search.
const MADE_EARLIER_BY: Duration =
    Limits::CLOCKS_MAY_DIFFER_BY.saturating_add(Duration::from_mins(10));

/// The same where there is no search: a day more, since clocks were seen that were wrong by a day, and
/// nothing else finds what this misses.
const MADE_EARLIER_BY_AT_MOST: Duration = MADE_EARLIER_BY.saturating_add(Duration::from_hours(24));

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
    /// the list grows with what others buy. Not every account has a search (in India there is none).
    async fn payers_by_subscription(
        &self,
        search: &Search<'_>,
    ) -> Result<Vec<CustomerId>, Failure> {
        let found = if search.quiet_for < SEARCH_SEES_AFTER {
            self.made_since(search.begun_at, MADE_EARLIER_BY).await?
        } else {
            match self.found_by_search(search.registration).await {
                Err(failure) if failure.is_refusal() => {
                    self.made_since(search.begun_at, MADE_EARLIER_BY_AT_MOST)
                        .await?
                }
                found => found?,
            }
        };
        let payers = found.iter().map(|found| found.payer(search.registration));
        Ok(payers.flatten().collect())
    }

    async fn found_by_search(
        &self,
        registration: RegistrationId,
    ) -> Result<Vec<PaidObject>, Failure> {
        let query = Form::new()
            .with(
                "query",
                &format!("metadata['{REGISTRATION}']:'{registration}'"),
            )
            .with("limit", "100");
        let found: Page<PaidObject> = self.client.get(SEARCH, &query).await?;
        Ok(found.data)
    }

    /// Everybody's subscriptions since then, and `earlier_by` before.
    async fn made_since(
        &self,
        begun_at: Timestamp,
        earlier_by: Duration,
    ) -> Result<Vec<PaidObject>, Failure> {
        let since = begun_at.as_second() - earlier_by.as_secs() as i64;
        let made_since = || {
            Form::new()
                .with("status", "all")
                .with("created[gte]", &since.to_string())
        };
        lists::all(&self.client, "subscriptions", made_since).await
    }

    /// Customers that name the registration: by address, and the one that is known. Not by time: an address
    /// has few customers, and the clock that says when it was begun may have been wrong by a day.
    async fn customers_of(&self, search: &Search<'_>) -> Result<Vec<Customer>, Failure> {
        let by_address = || {
            Form::new()
                .with("email", search.email.as_typed())
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
                .with("expand[0]", "data.latest_invoice")
        };
        let subscriptions = async {
            let found: Vec<SubscriptionObject> =
                lists::all(&self.client, "subscriptions", of_customer).await?;
            found.iter().map(held).collect()
        };
        try_join(subscriptions, self.charges_of(customer)).await
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
