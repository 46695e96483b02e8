//! SetupIntents: made for a browser, which confirms them.

use serde_json::{Value, json};

use super::{Answer, Ask};
use crate::books::Desk;
use crate::error::StripeError;
use crate::objects::{SetupIntent, SetupIntentStatus};

/// `POST /v1/setup_intents`
pub(crate) fn create(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let form = ask.form;
    let automatic = form.text("automatic_payment_methods[enabled]") == Some("true");
    let usage = form.text("usage").unwrap_or("off_session");
    if !["off_session", "on_session"].contains(&usage) {
        let message = format!("Invalid usage: {usage}");
        return Err(StripeError::invalid_parameter("usage", message));
    }
    let redirects = form.text("automatic_payment_methods[allow_redirects]");
    let id = desk.new_id("seti");
    let made = SetupIntent {
        client_secret: desk.new_client_secret(&id),
        id: id.clone(),
        created: desk.now,
        status: SetupIntentStatus::RequiresPaymentMethod,
        usage: usage.to_owned(),
        allowed_payment_method_types: form
            .texts("allowed_payment_method_types[]")
            .map(str::to_owned)
            .collect(),
        automatic_payment_methods: if automatic {
            json!({ "allow_redirects": redirects.unwrap_or("always"), "enabled": true })
        } else {
            Value::Null
        },
        metadata: form.map("metadata"),
        payment_method: None,
        last_setup_error: Value::Null,
    };
    desk.books.setup_intents.insert(made);
    Ok(desk.show::<SetupIntent>(&id))
}

/// `GET /v1/setup_intents/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<SetupIntent>(desk, ask)
}
