//! What the service answers, and what a test takes from it.

use axum::http::HeaderMap;
use serde_json::Value;

/// Where mailed links and problem types start.
pub(crate) const PUBLIC_URL: &str = "http://enlist.test";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A registration that the test began: what its creating answer gave.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// A mail that arrived.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) text: String,
    pub(crate) code: String,
    /// The link's path, without the public URL.
    pub(crate) link: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The registration that a `201` or `202` tells of.
    pub(crate) fn begun(&self) -> Begun {
        assert!(matches!(self.status, 201 | 202), "{}", self.text());
        let body = self.json();
        Begun {
            id: body["registration"]["id"].as_str().unwrap().to_owned(),
            token: body["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// How many seconds to wait before trying again.
    pub(crate) fn retry_after(&self) -> u64 {
        self.header("retry-after").parse().unwrap()
    }
}

impl Mail {
    pub(crate) fn read(mail: &Value) -> Self {
        let text = mail["text"].as_str().unwrap().to_owned();
        let link = text.lines().find(|line| line.contains("/verify/")).unwrap();
        let link = link.trim().strip_prefix(PUBLIC_URL).unwrap().to_owned();
        let code = text.lines().find(|line| line.contains("code")).unwrap();
        let code = code.rsplit(' ').next().unwrap().to_owned();
        assert!(code.len() == 6 && code.parse::<u32>().is_ok(), "{code}");
        Self { text, code, link }
    }
}
