//! Invoices: shown, listed, voided.

use super::listing::list;
use super::{Answer, Ask};
use crate::books::{Desk, Entry as _};
use crate::error::StripeError;
use crate::objects::{Invoice, InvoiceStatus};
use crate::payments;

/// `GET /v1/invoices/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<Invoice>(desk, ask)
}

/// `GET /v1/invoices`
pub(crate) fn list_all(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let [customer, subscription, status] =
        ["customer", "subscription", "status"].map(|name| ask.form.text(name));
    list::<Invoice>(desk.books, ask.form, "/v1/invoices", |invoice| {
        customer.is_none_or(|customer| invoice.customer == customer)
            && subscription.is_none_or(|subscription| invoice.subscription == subscription)
            && status.is_none_or(|status| invoice.status.as_str() == status)
    })
}

/// `POST /v1/invoices/{id}/void`: it is never to be paid.
pub(crate) fn void(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let invoice = desk
        .books
        .invoices
        .get(ask.id)
        .ok_or_else(|| StripeError::not_found(Invoice::NOUN, ask.id))?;
    if invoice.status != InvoiceStatus::Open {
        let message = format!(
            "You can only void an open invoice, and this one is {}.",
            invoice.status.as_str()
        );
        return Err(StripeError::invalid(message).coded("invoice_not_editable"));
    }
    make_void(desk, ask.id);
    Ok(desk.show::<Invoice>(ask.id))
}

/// Makes an open invoice void and cancels its PaymentIntent.
pub(crate) fn make_void(desk: &mut Desk<'_>, id: &str) {
    let Some(invoice) = desk.books.invoices.get_mut(id) else {
        return;
    };
    if invoice.status != InvoiceStatus::Open {
        return;
    }
    invoice.status = InvoiceStatus::Void;
    let payment = invoice.payment_intent.clone();
    desk.tell::<Invoice>("invoice.voided", id);
    if let Some(payment) = payment {
        payments::cancel(desk, &payment);
    }
}
