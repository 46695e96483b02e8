//! SetupIntents: what a page needs so that a card goes from the browser to Stripe and the server sees a
//! token. One leaves nothing that costs or binds, and is no part of a registration.

use std::fmt;

use enlist_registration::ports::Outcome;
use secrecy::SecretString;
use serde::Deserialize;

use super::Stripe;
use super::errors::outcome;
use super::form::Form;

/// What the page's Payment Element is opened with.
pub struct SetupIntent {
    /// Hand it to the browser that asked, and to nobody else: it is not for a log.
    pub client_secret: SecretString,
}

/// Shows nothing.
impl fmt::Debug for SetupIntent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupIntent(…)")
    }
}

#[derive(Deserialize)]
struct SetupIntentObject {
    client_secret: SecretString,
}

impl Stripe {
    /// Makes a SetupIntent for a card that is to be charged later too, when nobody is there to confirm.
    /// The bank may ask for that now (3-D Secure), before anything exists.
    pub async fn create_setup_intent(&self) -> Outcome<SetupIntent> {
        let form = Form::new()
            .with("usage", "off_session")
            .with("allowed_payment_method_types[0]", "card");
        let made = self
            .client
            .post::<SetupIntentObject>("setup_intents", form, None);
        outcome(made.await.map(|made| SetupIntent {
            client_secret: made.object.client_secret,
        }))
    }
}
