//! What a person needs in order to confirm a payment with their bank: asked of the gateway, because the
//! journal must not hold it, and kept in memory for a moment, because pages that wait ask again and
//! again, and gateways answer so many requests a second and no more.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use enlist_registration::ids::SubscriptionId;
use enlist_registration::limits::later;
use enlist_registration::ports::Outcome;
use enlist_registration::state::{Registration, Status};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::app::{App, Gateway};

/// How long a client secret is kept. It stays the same as long as the payment waits.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// How many are kept at most, some hundred bytes each: more persons than wait at the same moment.
const MOST_KEPT: usize = 10_000;

/// Client secrets that the gateway was asked for a moment ago. Wiped when they are forgotten, which is
/// when the next one is looked for.
#[derive(Default)]
pub struct ClientSecrets(Mutex<HashMap<SubscriptionId, Kept>>);

struct Kept {
    secret: SecretString,
    until: Timestamp,
}

impl ClientSecrets {
    fn of(&self, subscription: &SubscriptionId, now: Timestamp) -> Option<SecretString> {
        let kept = self.fresh(now);
        Some(kept.get(subscription)?.secret.clone())
    }

    fn keep(&self, subscription: &SubscriptionId, secret: &SecretString, now: Timestamp) {
        let mut kept = self.fresh(now);
        if kept.len() < MOST_KEPT {
            let (secret, until) = (secret.clone(), later(now, KEPT_FOR));
            kept.insert(subscription.clone(), Kept { secret, until });
        }
    }

    /// Those that are not too old; the others are forgotten.
    fn fresh(&self, now: Timestamp) -> MutexGuard<'_, HashMap<SubscriptionId, Kept>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| now < kept.until);
        kept
    }
}

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
    let now = app.clock.now();
    let client_secret = match app.client_secrets.of(subscription, now) {
        Some(known) => known,
        None => match gateway.retrieve_subscription(subscription).await {
            Outcome::RequiresAction(action) => {
                let secret = &action.client_secret;
                app.client_secrets.keep(subscription, secret, now);
                action.client_secret
            }
            _ => return None,
        },
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_client_secret_is_known_for_a_minute() {
        let secrets = ClientSecrets::default();
        let waiting = SubscriptionId("sub_1".to_owned());
        secrets.keep(&waiting, &SecretString::from("pi_1_secret"), at(0));
        let known = secrets.of(&waiting, at(59));
        assert_eq!(known.unwrap().expose_secret(), "pi_1_secret");
        assert!(secrets.of(&waiting, at(60)).is_none());
        assert!(
            secrets
                .of(&SubscriptionId("sub_2".to_owned()), at(0))
                .is_none()
        );
    }

    #[test]
    fn an_old_client_secret_is_forgotten_once_another_is_asked_for() {
        let secrets = ClientSecrets::default();
        let name = |id: &str| SubscriptionId(id.to_owned());
        secrets.keep(&name("sub_1"), &SecretString::from("pi_1_secret"), at(0));
        assert!(secrets.of(&name("sub_2"), at(60)).is_none());
        assert_eq!(secrets.0.lock().unwrap().len(), 0);
        secrets.keep(&name("sub_1"), &SecretString::from("pi_1_secret"), at(60));
        secrets.keep(&name("sub_2"), &SecretString::from("pi_2_secret"), at(120));
        assert_eq!(secrets.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for_and_the_old_make_room() {
        let secrets = ClientSecrets::default();
        let name = |number: usize| SubscriptionId(format!("sub_{number}"));
        for number in 0..=MOST_KEPT {
            secrets.keep(&name(number), &SecretString::from("s"), at(0));
        }
        assert!(secrets.of(&name(MOST_KEPT), at(0)).is_none());
        secrets.keep(&name(MOST_KEPT), &SecretString::from("s"), at(60));
        assert!(secrets.of(&name(MOST_KEPT), at(60)).is_some());
        assert_eq!(secrets.0.lock().unwrap().len(), 1);
    }
}
