//! What a service looks at to check its configuration: the account, its balance, its webhooks.

use serde_json::json;

use super::listing::list;
use super::{Answer, Ask};
use crate::books::Desk;
use crate::objects::WebhookEndpoint;

/// `GET /v1/account`
pub(crate) fn retrieve(_: &mut Desk<'_>, _: &Ask<'_>) -> Answer {
    Ok(json!({
        "id": "acct_fake",
        "object": "account",
        "business_profile": { "name": "Fake" },
        "business_type": "company",
        "charges_enabled": true,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": true,
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": true,
        "settings": { "dashboard": { "display_name": "Fake", "timezone": "Etc/UTC" } },
        "type": "standard",
    }))
}

/// `GET /v1/balance`
pub(crate) fn balance(_: &mut Desk<'_>, _: &Ask<'_>) -> Answer {
    Ok(json!({
        "object": "balance",
        "available": [{ "amount": 0, "currency": "usd", "source_types": { "card": 0 } }],
        "livemode": false,
        "pending": [{ "amount": 0, "currency": "usd", "source_types": { "card": 0 } }],
    }))
}

/// `GET /v1/webhook_endpoints`
pub(crate) fn webhook_endpoints(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let url = "/v1/webhook_endpoints";
    list::<WebhookEndpoint>(desk.books, ask.form, url, |_| true)
}
