//! Refunds: what was taken is given back once, in whole or in parts.

use super::{Answer, Ask};
use crate::books::{Desk, Entry as _};
use crate::error::StripeError;
use crate::objects::{Charge, Refund, RefundStatus};

/// `POST /v1/refunds`
pub(crate) fn create(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let form = ask.form;
    let charge_id = form.required("charge")?;
    let charge = desk
        .books
        .charges
        .get(charge_id)
        .ok_or_else(|| not_there(charge_id))?;
    let amount = form.integer("amount")?;
    check(charge, amount)?;
    let amount = amount.unwrap_or(charge.remaining());
    let status = desk.options.refunds;
    let refund = Refund {
        id: desk.new_id("re"),
        created: desk.now,
        charge: charge.id.clone(),
        payment_intent: charge.payment_intent.clone(),
        amount,
        currency: charge.currency.clone(),
        reason: form.text("reason").map(str::to_owned),
        metadata: form.map("metadata"),
        status,
    };
    let id = refund.id.clone();
    desk.books.refunds.insert(refund);
    if status == RefundStatus::Failed {
        desk.tell::<Refund>("refund.failed", &id);
    } else {
        if let Some(charge) = desk.books.charges.get_mut(charge_id) {
            charge.amount_refunded += amount;
        }
        desk.tell::<Charge>("charge.refunded", charge_id);
    }
    Ok(desk.show::<Refund>(&id))
}

/// `GET /v1/refunds/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<Refund>(desk, ask)
}

/// The bank sends the money back: nothing of it was given back.
pub(crate) fn fail(desk: &mut Desk<'_>, id: &str) -> Answer {
    let refund = desk.books.refunds.get_mut(id);
    let refund = refund.ok_or_else(|| StripeError::not_found(Refund::NOUN, id))?;
    if refund.status == RefundStatus::Failed {
        let message = format!("Refund {id} has failed already.");
        return Err(StripeError::invalid(message));
    }
    refund.status = RefundStatus::Failed;
    let (charge, amount) = (refund.charge.clone(), refund.amount);
    if let Some(charge) = desk.books.charges.get_mut(&charge) {
        charge.amount_refunded -= amount;
    }
    desk.tell::<Refund>("refund.failed", id);
    Ok(desk.show::<Refund>(id))
}

fn check(charge: &Charge, amount: Option<i64>) -> Result<(), StripeError> {
    let id = &charge.id;
    if amount.is_some_and(|amount| amount < 1) {
        let message = "This value must be greater than or equal to 1.";
        return Err(StripeError::invalid_integer("amount", message));
    }
    if !charge.is_taken() {
        let message = format!("Charge {id} cannot be refunded because it did not succeed.");
        return Err(StripeError::invalid(message).about("charge"));
    }
    if charge.remaining() == 0 {
        let message = format!("Charge {id} has already been refunded.");
        return Err(StripeError::invalid(message).coded("charge_already_refunded"));
    }
    if charge.is_disputed {
        let message = format!("Charge {id} has been charged back; cannot issue a refund.");
        return Err(StripeError::invalid(message).coded("charge_disputed"));
    }
    if amount.is_some_and(|amount| amount > charge.remaining()) {
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({}), in minor units.",
            amount.unwrap_or_default(),
            charge.remaining()
        );
        return Err(StripeError::invalid_parameter("amount", message));
    }
    Ok(())
}

/// Stripe answers 404 here although the id is a parameter.
fn not_there(charge: &str) -> StripeError {
    StripeError::not_found(Charge::NOUN, charge).about("charge")
}
