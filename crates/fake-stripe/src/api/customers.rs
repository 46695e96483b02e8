//! Customers: made with their card in one call, listed, deleted with all that they have.

use serde_json::Value;

use super::listing::list;
use super::payment_methods::{self, address};
use super::{Answer, Ask, subscriptions};
use crate::books::{Desk, Entry as _};
use crate::error::StripeError;
use crate::objects::Customer;

/// `POST /v1/customers`. A card that is declined leaves no customer.
pub(crate) fn create(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let form = ask.form;
    let token = form.text("payment_method");
    let default = form.text("invoice_settings[default_payment_method]");
    if default.is_some() && default != token {
        return Err(StripeError::missing(
            "PaymentMethod",
            default.unwrap_or_default(),
            "invoice_settings[default_payment_method]",
        ));
    }
    let card = token
        .map(|token| payment_methods::attachable(desk, token))
        .transpose()?
        .map(|card| card.id);
    let owned = |name: &str| form.text(name).map(str::to_owned);
    let customer = Customer {
        id: desk.new_id("cus"),
        created: desk.now,
        email: owned("email"),
        name: owned("name"),
        phone: owned("phone"),
        address: address(|name| form.text(&format!("address[{name}]"))),
        metadata: form.map("metadata"),
        default_payment_method: card.clone().filter(|_| default.is_some()),
        is_deleted: false,
    };
    let id = customer.id.clone();
    desk.books.customers.insert(customer);
    desk.tell::<Customer>("customer.created", &id);
    if let Some(card) = card {
        payment_methods::attach(desk, &card, &id);
    }
    Ok(desk.show::<Customer>(&id))
}

/// `GET /v1/customers/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<Customer>(desk, ask)
}

/// `GET /v1/customers`. It reads its own writes, and does not see deleted ones.
pub(crate) fn list_all(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let email = ask.form.text("email");
    list::<Customer>(desk.books, ask.form, "/v1/customers", |customer| {
        !customer.is_deleted && (email.is_none() || customer.email.as_deref() == email)
    })
}

/// `DELETE /v1/customers/{id}`: its subscriptions end at once, its cards are detached, nothing is refunded and
/// no invoice is touched.
pub(crate) fn delete(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let before =
        live(desk, ask.id).ok_or_else(|| StripeError::not_found(Customer::NOUN, ask.id))?;
    let before = before.to_json(desk.books);
    subscriptions::end_all(desk, ask.id);
    payment_methods::detach_all(desk, ask.id);
    if let Some(customer) = desk.books.customers.get_mut(ask.id) {
        customer.is_deleted = true;
        customer.email = None;
        customer.name = None;
        customer.phone = None;
        customer.address = Value::Null;
        customer.default_payment_method = None;
    }
    desk.tell_as("customer.deleted", before);
    Ok(desk.show::<Customer>(ask.id))
}

/// A customer that was not deleted.
pub(crate) fn live<'a>(desk: &'a Desk<'_>, id: &str) -> Option<&'a Customer> {
    desk.books
        .customers
        .get(id)
        .filter(|customer| !customer.is_deleted)
}
