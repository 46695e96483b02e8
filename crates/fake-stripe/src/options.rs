//! What Stripe does in one way or another, and a test wants to see both.

use serde::{Deserialize, Serialize};

use crate::objects::RefundStatus;

/// Switched through `POST /_fake/options` or [`Control::set_options`](crate::Control::set_options).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Cancelling an incomplete subscription voids its open invoice and cancels its PaymentIntent. Where it
    /// does not, which is the default because it is the worse of the two, a browser that still holds the
    /// client secret can pay for a subscription that has ended.
    pub voids_invoice_on_cancel: bool,
    /// A card that asks for 3-D Secure asks at the first charge even though the person authenticated when a
    /// SetupIntent for off-session use was confirmed. Banks may.
    pub asks_again_after_setup: bool,
    /// How refunds stand when they are made. Later the bank may still send the money back
    /// ([`Control::fail_refund`](crate::Control::fail_refund)).
    pub refunds: RefundStatus,
    /// Searches are refused, as in accounts that have none (in India; docs.stripe.com/search).
    pub refuses_search: bool,
}
