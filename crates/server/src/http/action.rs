//! What a person needs in order to confirm a payment with their bank: asked of the gateway anew each
//! time, because the journal must not hold it.

use enlist_registration::ports::Outcome;
use enlist_registration::state::{Registration, Status};
use secrecy::{ExposeSecret, SecretString};

use crate::app::{App, Gateway};

/// How the person confirms.
pub(super) struct Action {
    /// The page on which they do; none where the gateway's script asks them.
    pub(super) url: Option<String>,
    /// What the gateway's script confirms the payment with.
    pub(super) client_secret: SecretString,
    /// What the gateway's script is opened with; none where there is none.
    pub(super) publishable_key: Option<String>,
}

/// None: it does not wait for the person, or the gateway cannot be asked right now.
pub(super) async fn awaited(app: &App, registration: &Registration) -> Option<Action> {
    let gateway = app.engine.ports().gateway.as_ref();
    let is_asked = registration.status == Status::AwaitingAction
        && registration.intent.gateway == gateway.name();
    let waiting = registration.progress.incomplete_subscription.as_ref();
    let subscription = waiting.filter(|_| is_asked)?;
    let client_secret = match gateway.retrieve_subscription(subscription).await {
        Outcome::RequiresAction(action) => action.client_secret,
        _ => return None,
    };
    Some(match &app.gateway {
        Gateway::Sandbox(_) => {
            let secret = client_secret.expose_secret();
            Action {
                url: Some(format!("{}/sandbox/authenticate/{secret}", app.public_url)),
                client_secret,
                publishable_key: None,
            }
        }
        Gateway::Stripe(_) => Action {
            url: None,
            client_secret,
            publishable_key: app
                .settings
                .gateway
                .stripe()
                .map(|stripe| stripe.publishable_key.clone()),
        },
    })
}
