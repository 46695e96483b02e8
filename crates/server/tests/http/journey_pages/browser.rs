//! A browser without JavaScript, and what somebody types into it.

use std::cell::RefCell;

use axum::body::Body;
use axum::http::{Request, header};

use crate::answer::Answer;
use crate::person::{PASSWORD, expiry_year};
use crate::service::Service;

pub(super) const ADDRESS: &str = "ada@example.com";

/// It attaches, and cannot be charged.
pub(super) const FAILS_LATER: &str = "4000000000000341";

pub(super) const NAMES_AND_ADDRESS: [(&str, &str); 8] = [
    ("first_name", "Ada"),
    ("last_name", "Lovelace"),
    ("country", "US"),
    ("address", "12 St James's Square"),
    ("address_line2", "Flat 3"),
    ("city", "Springfield"),
    ("state", "IL"),
    ("zip", "62701"),
];

/// A browser: it keeps cookies, and follows a redirect when told to.
pub(super) struct Browser<'s> {
    pub(super) service: &'s Service,
    pub(super) cookie: RefCell<Option<String>>,
}

impl<'s> Browser<'s> {
    pub(super) fn new(service: &'s Service) -> Self {
        Self {
            service,
            cookie: RefCell::default(),
        }
    }

    pub(super) async fn opens(&self, path: &str) -> Answer {
        let mut request = Request::get(path).header(header::ACCEPT, "text/html,*/*");
        if let Some(cookie) = &*self.cookie.borrow() {
            request = request.header(header::COOKIE, cookie);
        }
        let request = request.body(Body::empty()).unwrap();
        self.keeps(self.service.send(request).await)
    }

    pub(super) async fn sends<V: AsRef<str>>(&self, path: &str, form: &[(V, V)]) -> Answer {
        let cookie = self.cookie.borrow().clone().unwrap_or_default();
        let headers = [("cookie", cookie.as_str())];
        self.keeps(self.service.submit(path, form, &headers).await)
    }

    pub(super) fn keeps(&self, answer: Answer) -> Answer {
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = set.to_str().unwrap().split(';').next().unwrap();
            // Each request asks for its language itself.
            if !cookie.starts_with("enlist_language=") {
                *self.cookie.borrow_mut() = Some(cookie.to_owned());
            }
        }
        answer
    }

    /// Follows redirects to the page at their end; where that is, and the page.
    pub(super) async fn arrives(&self, answer: Answer) -> (String, Answer) {
        let mut path = answer.header("location").to_owned();
        assert_eq!(answer.status, 303, "{}", answer.text());
        loop {
            let page = self.opens(&path).await;
            if page.status != 303 {
                return (path, page);
            }
            page.header("location").clone_into(&mut path);
        }
    }

    /// Enters the address; the path of the pending registration.
    pub(super) async fn joins(&self, address: &str) -> String {
        let answer = self.sends("/join", &[("email", address)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").to_owned()
    }

    /// Has entered the address and typed the code.
    pub(super) async fn proved(&self, address: &str, mails: usize) -> String {
        let path = self.joins(address).await;
        let mail = self.service.mail_to(address, mails).await;
        let answer = self.types(&path, &mail.code).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        path
    }

    /// Has said everything but the last step.
    pub(super) async fn ready(&self, address: &str, mails: usize) -> String {
        let path = self.proved(address, mails).await;
        let profile = format!("{path}/profile");
        let (at, _) = self
            .arrives(self.sends(&profile, &NAMES_AND_ADDRESS).await)
            .await;
        assert_eq!(at, format!("{path}/payment"));
        path
    }

    pub(super) async fn types(&self, path: &str, code: &str) -> Answer {
        self.sends(&format!("{path}/verification"), &[("code", code)])
            .await
    }

    pub(super) async fn pays(&self, path: &str, form: &[(String, String)]) -> Answer {
        self.sends(&format!("{path}/payment"), form).await
    }
}

pub(super) fn payment(card: &str, plan: &str) -> Vec<(String, String)> {
    let expiry = format!("12 / {}", expiry_year());
    with(
        &password(plan),
        &[("card_number", card), ("expiry", &expiry), ("cvv", "123")],
    )
}

/// The last step without a card: with the one that was given before, or none.
pub(super) fn password(plan: &str) -> Vec<(String, String)> {
    with(&[], &[("plan", plan), ("password", PASSWORD)])
}

/// The same form with other values.
pub(super) fn with(form: &[(String, String)], values: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_replaced = |name: &str| values.iter().any(|(other, _)| *other == name);
    let kept = form.iter().filter(|(name, _)| !is_replaced(name)).cloned();
    let values = values.iter();
    kept.chain(values.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        .collect()
}

/// Which page it is.
pub(super) fn step(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text
        .split_once("id=\"journey\" data-step=\"")
        .unwrap_or_else(|| panic!("no step: {text}"));
    rest.split('"').next().unwrap().to_owned()
}

pub(super) fn assert_shows(page: &Answer, status: u16, sentences: &[&str]) {
    assert_eq!(page.status, status, "{}", page.text());
    for sentence in sentences {
        assert!(
            page.text().contains(sentence),
            "{sentence}: {}",
            page.text()
        );
    }
}

pub(super) fn error_beside(page: &Answer, field: &str) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(&format!("id=\"{field}-error\"")).unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split('<').next().unwrap().to_owned()
}
