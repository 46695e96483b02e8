//! Prices are made by whoever runs the fake, and only looked at here.

use super::{Answer, Ask};
use crate::books::Desk;
use crate::objects::Price;

/// `GET /v1/prices/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<Price>(desk, ask)
}
