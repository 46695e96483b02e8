//! Which routes there are: some exist with one of the gateways, or one of the mailers, only.

use crate::app::App;

/// What is offered beside what always is.
#[derive(Clone, Copy, Debug)]
pub struct Offered {
    /// The mails in the embedded mailbox.
    pub mailbox: bool,
    /// Where a mail server tells of bounces.
    pub mail_events: bool,
    /// The sandbox's books, its faults and its bank.
    pub sandbox: bool,
    /// What Stripe's script in the page needs.
    pub stripe: bool,
    /// Where Stripe tells of events.
    pub stripe_webhooks: bool,
}

impl Offered {
    /// What this process offers.
    pub fn by(app: &App) -> Self {
        let stripe = app.settings.gateway.stripe();
        Self {
            mailbox: app.mailbox.is_some(),
            mail_events: app.settings.mail.events.is_some(),
            sandbox: app.gateway.sandbox().is_some(),
            stripe: stripe.is_some(),
            stripe_webhooks: stripe.is_some_and(|stripe| stripe.webhooks.is_some()),
        }
    }

    /// What is offered under one configuration or another.
    pub fn ever() -> Self {
        Self {
            mailbox: true,
            mail_events: true,
            sandbox: true,
            stripe: true,
            stripe_webhooks: true,
        }
    }
}
