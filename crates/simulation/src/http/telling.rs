//! What the gateway and the mail server tell the service: signed, as they send it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use enlist_registration::ids::{JobId, RegistrationId};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{MAIL_EVENTS_SECRET, WEBHOOK_SECRET};
use crate::gateway::Told;
use crate::mail::Heard;
use crate::world::World;

impl World {
    /// Tells of an event at the gateway.
    pub async fn post_news(self: &Arc<Self>, told: &Told) -> Heard {
        let event = json!({
            "id": format!("evt_{}", told.event),
            "type": told.kind,
            "data": { "object": {
                "object": "subscription",
                "id": format!("sub_of_{}", told.event),
                "customer": told.customer.to_string(),
                "metadata": { "registration_id": told.registration.to_string() },
            } },
        });
        let path = enlist::http::STRIPE_WEBHOOKS;
        self.post_signed(path, "stripe-signature", WEBHOOK_SECRET, &event)
            .await
    }

    /// Tells that the mail of a job came back.
    pub async fn post_a_bounce(
        self: &Arc<Self>,
        registration: RegistrationId,
        job: JobId,
    ) -> Heard {
        let email = self.memory.look(|tables| {
            let row = tables.rows.get(&registration);
            let of_row = row.map(|row| &row.registration.intent.email);
            let journey = tables.journeys.get(&registration);
            let email = of_row.or(journey.map(|row| &row.journey.email))?;
            Some(email.deliverable().to_owned())
        });
        let Some(email) = email else {
            // Forgotten meanwhile: nobody can be told of it.
            return Heard::Taken;
        };
        let events = json!([{
            "message_id": format!("<{job}.{registration}@join.example.com>"),
            "email": email,
            "event": "bounced",
            "permanent": true,
        }]);
        self.post_signed(
            "/api/mail-events",
            "enlist-signature",
            MAIL_EVENTS_SECRET,
            &events,
        )
        .await
    }

    async fn post_signed(
        self: &Arc<Self>,
        path: &str,
        header: &'static str,
        secret: &str,
        body: &Value,
    ) -> Heard {
        let signature = self.sign(secret, &body.to_string());
        let mut request: Request<Body> = self.json("POST", path, None, body);
        request.headers_mut().insert(header, signature);
        match self.request(request).await {
            Some(answer) if answer.status == 200 => Heard::Taken,
            // Also where a process's clock is wrong: to it the signature is of another day.
            Some(_) | None => Heard::NotTaken,
        }
    }

    fn sign(&self, secret: &str, body: &str) -> HeaderValue {
        let now = self.executor.now().as_second();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .unwrap_or_else(|fault| unreachable!("any length will do: {fault}"));
        mac.update(format!("{now}.{body}").as_bytes());
        let digest = mac.finalize().into_bytes();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        HeaderValue::from_str(&format!("t={now},v1={hex}"))
            .unwrap_or_else(|fault| unreachable!("digits and letters: {fault}"))
    }
}
