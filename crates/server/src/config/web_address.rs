//! Addresses of a gateway on the web: over TLS, or on this machine, where tests have their own.

use std::fmt;

use axum::http::Uri;
use axum::http::uri::Authority;

/// An absolute address, and its origin as a Content-Security-Policy names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAddress {
    text: String,
    origin: String,
    host: String,
}

impl WebAddress {
    /// `https://…`; `http://…` where the host is this machine. Without user, query or fragment. None:
    /// it is nothing of that.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        let is_allowed = match scheme {
            "https" => true,
            "http" => is_this_machine(authority.host()),
            _ => false,
        };
        // What is written into a header must not be able to say more there than a host.
        let is_plain = authority.as_str().bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
        });
        if !is_allowed || !is_plain || is_missing_host(authority) || text.contains(['?', '#']) {
            return None;
        }
        Some(Self {
            text: text.trim_end_matches('/').to_owned(),
            origin: format!("{scheme}://{authority}"),
            host: authority.host().to_owned(),
        })
    }

    /// As it was written, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `https://js.stripe.com`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `js.stripe.com`.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

fn is_missing_host(authority: &Authority) -> bool {
    authority.host().is_empty()
}

/// Whether a host, as a URL has it, is this machine without asking anybody.
pub(super) fn is_this_machine(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_over_tls_or_on_this_machine() {
        for (text, origin) in [
            ("https://api.stripe.com", "https://api.stripe.com"),
            (
                "https://js.stripe.com/endive/stripe.js",
                "https://js.stripe.com",
            ),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:4000"),
            ("http://localhost:4000/v3", "http://localhost:4000"),
            ("http://[::1]:4000", "http://[::1]:4000"),
        ] {
            let address = WebAddress::parse(text);
            let origin_of = address.as_ref().map(WebAddress::origin);
            assert_eq!(origin_of, Some(origin), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_an_address() {
        for text in [
            "",
            "api.stripe.com",
            "http://api.stripe.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "https://key@api.stripe.com",
            "https://api.stripe.com; script-src *",
            "https://a,b",
            "https://a;b",
            "https://*",
            "https://api.stripe.com?key=1",
            "https://api.stripe.com#key",
            "ftp://api.stripe.com",
            "/v1",
        ] {
            assert_eq!(WebAddress::parse(text), None, "{text}");
        }
    }
}
