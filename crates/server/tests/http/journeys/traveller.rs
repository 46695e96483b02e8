//! Somebody on the journey, and what they send.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::answer::{Answer, Begun, Mail};
use crate::person::{GOOD_CARD, PASSWORD, expiry_year};
use crate::service::{Service, json_request};
use crate::tables::Tables;

pub(super) const ADDRESS: &str = "ada@example.com";

/// Somebody on the journey, with what they may go on with.
pub(super) struct Traveller<'s> {
    pub(super) service: &'s Service,
    pub(super) begun: Begun,
}

impl<'s> Traveller<'s> {
    pub(super) async fn sets_out(service: &'s Service, address: &str) -> Self {
        let answer = begin(service, address).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let begun = answer.begun();
        Self { service, begun }
    }

    /// Has typed the code of the newest of `mails` mails.
    pub(super) async fn proved(service: &'s Service, address: &str, mails: usize) -> Self {
        let traveller = Self::sets_out(service, address).await;
        let mail = service.mail_to(address, mails).await;
        let answer = service.type_code(&traveller.begun, &mail.code).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        traveller
    }

    /// Has said everything but the last step.
    pub(super) async fn ready(service: &'s Service, address: &str, mails: usize) -> Self {
        let traveller = Self::proved(service, address, mails).await;
        for answer in [
            traveller.gives_profile("Ada").await,
            traveller.gives_card(GOOD_CARD).await,
        ] {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        traveller
    }

    pub(super) async fn sends(&self, method: &str, part: &str, body: &Value) -> Answer {
        let path = format!("/api/registrations/{}{part}", self.begun.id);
        let bearer = format!("Bearer {}", self.begun.token);
        let mut request = json_request(&path, body, &[("authorization", bearer.as_str())]);
        *request.method_mut() = method.parse().unwrap();
        self.service.send(request).await
    }

    pub(super) async fn gives_profile(&self, first_name: &str) -> Answer {
        self.sends("PUT", "/profile", &profile(first_name)).await
    }

    pub(super) async fn gives_card(&self, number: &str) -> Answer {
        self.sends("PUT", "/payment-method", &card(number)).await
    }

    pub(super) async fn completes(&self, plan: &str) -> Answer {
        let body = json!({ "password": PASSWORD, "plan": plan });
        self.sends("POST", "/completion", &body).await
    }

    pub(super) async fn completes_under(&self, key: &str, plan: &str) -> Answer {
        let path = format!("/api/registrations/{}/completion", self.begun.id);
        let bearer = format!("Bearer {}", self.begun.token);
        let body = json!({ "password": PASSWORD, "plan": plan });
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
        self.service
            .send(json_request(&path, &body, &headers))
            .await
    }

    pub(super) async fn looks(&self) -> Value {
        let looked = self
            .service
            .follow_with(&self.begun.id, Some(&self.begun.token));
        let answer = looked.await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

pub(super) async fn begin(service: &Service, address: &str) -> Answer {
    let body = json!({ "email": address });
    service.post("/api/registrations", &body, &[]).await
}

pub(super) fn profile(first_name: &str) -> Value {
    json!({
        "first_name": first_name,
        "last_name": "Lovelace",
        "address": "12 St James's Square",
        "city": "Springfield",
        "state": "IL",
        "zip": "62701",
    })
}

pub(super) fn card(number: &str) -> Value {
    json!({
        "card_number": number,
        "expiry_month": 12,
        "expiry_year": expiry_year(),
        "cvv": "123",
    })
}

/// A program uses the mailed link, in a browser's place: with the cookie, or with none.
pub(super) async fn use_link(service: &Service, mail: &Mail, cookie: Option<&str>) -> Answer {
    let mut request = Request::post(&mail.link).header(header::ACCEPT, "application/json");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    service.send(request.body(Body::empty()).unwrap()).await
}

/// The link used elsewhere, and everything said there; with what they go on with.
pub(super) async fn read_elsewhere(service: &Service) -> (Begun, Mail) {
    let ada = Traveller::sets_out(service, ADDRESS).await;
    let mail = service.mail_to(ADDRESS, 1).await;
    let used = use_link(service, &mail, None).await.json();
    let token = used["access_token"].as_str().unwrap().to_owned();
    let id = ada.begun.id;
    (Begun { id, token }, mail)
}

/// Passes the time of every journey, and has what is too old forgotten.
pub(super) async fn expire(service: &Service) {
    let expired = "UPDATE pending_registrations SET expires_at = begun_at";
    Tables::tamper(service.data_dir(), expired);
    let never = jiff::Timestamp::UNIX_EPOCH;
    let store = &service.app.store;
    assert_eq!(store.forget(never, never, 100).await.unwrap(), 1);
}
