//! Charges: shown and listed, those of deleted customers too.

use super::listing::list;
use super::{Answer, Ask};
use crate::books::{Desk, Entry as _};
use crate::error::StripeError;
use crate::objects::Charge;

/// `GET /v1/charges/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<Charge>(desk, ask)
}

/// `GET /v1/charges`
pub(crate) fn list_all(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let [customer, payment_intent] = ["customer", "payment_intent"].map(|name| ask.form.text(name));
    list::<Charge>(desk.books, ask.form, "/v1/charges", |charge| {
        customer.is_none_or(|customer| charge.customer == customer)
            && payment_intent.is_none_or(|id| charge.payment_intent.as_deref() == Some(id))
    })
}

/// The person disputes what was taken, and their bank takes it back until it has decided.
pub(crate) fn dispute(desk: &mut Desk<'_>, id: &str) -> Answer {
    let charge = desk.books.charges.get_mut(id);
    let charge = charge.ok_or_else(|| StripeError::not_found(Charge::NOUN, id))?;
    if !charge.is_kept() {
        let message = format!("Of charge {id} there is nothing to dispute.");
        return Err(StripeError::invalid(message));
    }
    charge.is_disputed = true;
    Ok(desk.show::<Charge>(id))
}
