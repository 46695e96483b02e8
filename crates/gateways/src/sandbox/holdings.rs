//! Everything that is held for one registration, read from the same books that every call writes.

use enlist_registration::ids::{CustomerId, RegistrationId};
use enlist_registration::ports::{Customer, HeldSubscription, HeldSubscriptionState, Holdings};

use super::books::Books;
use super::charges::read_charge;
use super::error::SandboxError;
use super::idempotency::{Answer, Effect};
use super::payment_methods;
use super::sql::params;
use super::subscriptions::{Entry, Status, read_entry};

/// Lists what names the registration, and what hangs on the customer asked for. Charges that were
/// declined took nothing and are left out.
pub(super) fn list(
    books: &Books<'_>,
    registration: RegistrationId,
    customer: Option<&CustomerId>,
) -> Result<Effect<Holdings>, SandboxError> {
    let registration = registration.to_string();
    let customer = customer.map(CustomerId::as_str);
    let subscriptions = books.all(
        "SELECT * FROM subscriptions WHERE registration_id = ?1 OR customer_id = ?2
             OR customer_id IN (SELECT id FROM customers WHERE registration_id = ?1)
         ORDER BY rowid",
        params![registration.as_str(), customer],
        |row| read_entry(row).map(held),
    )?;
    let charges = books.all(
        "SELECT * FROM charges WHERE failure_code IS NULL AND (registration_id = ?1
             OR customer_id = ?2
             OR customer_id IN (SELECT id FROM customers WHERE registration_id = ?1))
         ORDER BY rowid",
        params![registration.as_str(), customer],
        read_charge,
    )?;
    let customers = customers(books, &registration)?;
    Ok(Effect::Answer(Answer::Done(Holdings {
        customers,
        subscriptions,
        charges,
    })))
}

fn customers(books: &Books<'_>, registration: &str) -> Result<Vec<Customer>, SandboxError> {
    let found = books.all(
        "SELECT id FROM customers WHERE registration_id = ?1 AND deleted_at_ms IS NULL
         ORDER BY rowid",
        params![registration],
        |row| Ok(CustomerId(row.get("id")?)),
    )?;
    let customers = found.into_iter().map(|id| {
        let card = payment_methods::of_customer(books, &id)?;
        let payment_method = card.map(|card| card.method);
        Ok(Customer { id, payment_method })
    });
    customers.collect()
}

fn held(entry: Entry) -> HeldSubscription {
    let state = match entry.status {
        Status::Active => HeldSubscriptionState::Active,
        Status::Incomplete { .. } => HeldSubscriptionState::Incomplete,
        Status::Ended { .. } => HeldSubscriptionState::Ended,
    };
    HeldSubscription {
        subscription: entry.subscription,
        state,
    }
}
