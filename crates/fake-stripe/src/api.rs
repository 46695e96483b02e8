//! What each call does. A call looks at everything first and changes something only then, so that an error
//! leaves nothing behind but what it says.

pub(crate) mod account;
pub(crate) mod charges;
pub(crate) mod customers;
pub(crate) mod invoices;
pub(crate) mod listing;
pub(crate) mod payment_intents;
pub(crate) mod payment_methods;
pub(crate) mod prices;
pub(crate) mod refunds;
pub(crate) mod setup_intents;
pub(crate) mod subscriptions;

use serde_json::Value;

use crate::books::{Desk, Entry};
use crate::error::StripeError;
use crate::form::Form;

pub(crate) use payment_methods::DETACHED;

/// What a call was asked.
pub(crate) struct Ask<'a> {
    /// The id in the path; empty where the path has none.
    pub(crate) id: &'a str,
    pub(crate) form: &'a Form,
}

/// What it answers.
pub(crate) type Answer = Result<Value, StripeError>;

/// Shows the object that the path names.
fn retrieve<T: Entry>(desk: &Desk<'_>, ask: &Ask<'_>) -> Answer {
    let entry = T::table(desk.books).get(ask.id);
    entry
        .map(|entry| entry.to_json(desk.books))
        .ok_or_else(|| StripeError::not_found(T::NOUN, ask.id))
}
