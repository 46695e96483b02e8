//! PaymentIntents are made with invoices, and only looked at here.

use super::{Answer, Ask};
use crate::books::Desk;
use crate::objects::PaymentIntent;

/// `GET /v1/payment_intents/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<PaymentIntent>(desk, ask)
}
