//! Customers: made with their card or not at all, deleted for good with everything they have.

use enlist_registration::ids::{CustomerId, PaymentMethodId, RegistrationId};
use enlist_registration::ports::Customer;

use super::books::{Books, registration};
use super::cards::{Behaviour, INVALID_PAYMENT_METHOD};
use super::error::SandboxError;
use super::idempotency::{Answer, Effect};
use super::payment_methods::{self, Attachable, declined};
use super::sql::params;
use super::subscriptions;

/// What a customer is made from.
pub(super) struct CustomerRequest {
    pub(super) registration: RegistrationId,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) payment_method: Option<PaymentMethodId>,
}

/// Makes a customer. A declined or unknown card leaves none.
pub(super) fn create(
    books: &Books<'_>,
    request: &CustomerRequest,
) -> Result<Effect<Customer>, SandboxError> {
    let card = match &request.payment_method {
        None => None,
        Some(token) => match payment_methods::attachable(books, token)? {
            None => return Ok(declined(INVALID_PAYMENT_METHOD)),
            Some(card) => Some(card),
        },
    };
    if let Some(Behaviour::DeclinesWhenAttached { code }) = card.as_ref().map(Attachable::behaviour)
    {
        return Ok(declined(code));
    }
    let id = CustomerId(books.new_id("cus"));
    books.execute_one(
        "INSERT INTO customers (id, registration_id, email, name, created_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            id.as_str(),
            request.registration.to_string(),
            &request.email,
            &request.name,
            books.now_ms()
        ],
    )?;
    let payment_method = card
        .map(|card| payment_methods::attach(books, card, &id, request.registration))
        .transpose()?;
    Ok(Effect::Answer(Answer::Done(Customer {
        id,
        payment_method,
    })))
}

/// Deletes a customer, ends its subscriptions at once and detaches its card. What was charged stays
/// charged until it is refunded, and stays listed.
pub(super) fn delete(
    books: &Books<'_>,
    id: &CustomerId,
    for_registration: RegistrationId,
) -> Result<Effect<()>, SandboxError> {
    let owner = books.find(
        "SELECT registration_id FROM customers WHERE id = ?1",
        params![id.as_str()],
        registration,
    )?;
    let Some(owner) = owner else {
        return Ok(Effect::Answer(Answer::Done(())));
    };
    if owner != for_registration {
        return Ok(Effect::Refused(format!(
            "the customer {id} belongs to another registration than {for_registration}"
        )));
    }
    if is_live(books, id)? {
        books.execute_one(
            "UPDATE customers SET deleted_at_ms = ?2, email = NULL, name = NULL
             WHERE id = ?1 AND deleted_at_ms IS NULL",
            params![id.as_str(), books.now_ms()],
        )?;
        subscriptions::end_all(books, id)?;
        payment_methods::detach_all(books, id)?;
    }
    Ok(Effect::Answer(Answer::Done(())))
}

/// Whether the customer exists and was not deleted.
pub(super) fn is_live(books: &Books<'_>, id: &CustomerId) -> Result<bool, SandboxError> {
    let found = books.find(
        "SELECT 1 FROM customers WHERE id = ?1 AND deleted_at_ms IS NULL",
        params![id.as_str()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}
