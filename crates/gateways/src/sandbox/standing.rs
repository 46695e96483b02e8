//! How an account stands, long after its registration.

use enlist_registration::ids::{CustomerId, SubscriptionId};
use enlist_registration::ports::{
    CustomerStanding, Standing, SubscriptionStanding, SubscriptionStatus,
};

use super::books::Books;
use super::charges::read_charge;
use super::customers;
use super::error::SandboxError;
use super::idempotency::{Answer, Effect};
use super::payment_methods;
use super::sql::params;
use super::subscriptions::{self, Status};

/// Reads the customer, and the subscription that is asked for. The sandbox never renews, so there is
/// nothing that could be past due.
pub(super) fn fetch(
    books: &Books<'_>,
    customer: &CustomerId,
    subscription: Option<&SubscriptionId>,
) -> Result<Effect<Standing>, SandboxError> {
    let subscription = match subscription {
        None => None,
        Some(id) => Some(subscription_standing(books, customer, id)?),
    };
    let customer = if customers::is_live(books, customer)? {
        let card = payment_methods::of_customer(books, customer)?;
        CustomerStanding::Live(card.map(|card| card.method))
    } else {
        CustomerStanding::Gone
    };
    Ok(Effect::Answer(Answer::Done(Standing {
        customer,
        subscription,
    })))
}

fn subscription_standing(
    books: &Books<'_>,
    customer: &CustomerId,
    id: &SubscriptionId,
) -> Result<SubscriptionStanding, SandboxError> {
    let found = subscriptions::find(books, id.as_str())?;
    let status = match found.as_ref().map(|entry| &entry.status) {
        Some(Status::Active) => SubscriptionStatus::Active,
        Some(Status::Incomplete { .. }) => SubscriptionStatus::Unpaid,
        Some(Status::Ended { .. }) | None => SubscriptionStatus::Ended,
    };
    let charges = books.all(
        "SELECT * FROM charges WHERE customer_id = ?1 AND failure_code IS NULL ORDER BY rowid",
        params![customer.as_str()],
        read_charge,
    )?;
    Ok(SubscriptionStanding {
        status,
        current_period_end: found.map(|entry| entry.subscription.current_period_end),
        cancel_at: None,
        refunded_minor: charges.iter().map(|charge| charge.refunded_minor).sum(),
    })
}
