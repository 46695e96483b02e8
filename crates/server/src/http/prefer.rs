//! `Prefer` (RFC 7240): whether, and how long, a client wants to wait.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header::HeaderName};

/// The header by which a client learns that its wish was met.
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What the client prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// Nothing in particular.
    None,
    /// Not to wait (`respond-async`).
    Async,
    /// To wait for so many seconds (`wait`).
    Wait(u16),
}

impl Preference {
    /// Reads the preferences; of several, the first that we know.
    pub fn of(headers: &HeaderMap) -> Self {
        headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(|preference| {
                // Parameters after a semicolon belong to preferences that we do not know.
                let preference = preference.split(';').next().unwrap_or_default().trim();
                let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
                match name.trim().to_ascii_lowercase().as_str() {
                    "respond-async" => Some(Self::Async),
                    "wait" => value.trim().trim_matches('"').parse().ok().map(Self::Wait),
                    _ => None,
                }
            })
            .unwrap_or(Self::None)
    }

    /// How long to wait, where `usual` is what the configuration says and the most there is.
    pub fn wait(self, usual: Duration) -> Duration {
        match self {
            Self::None => usual,
            Self::Async => Duration::ZERO,
            Self::Wait(seconds) => Duration::from_secs(seconds.into()).min(usual),
        }
    }

    /// What to answer in [`PREFERENCE_APPLIED`]: what was done, which may be less than was asked for.
    pub fn applied(self, usual: Duration) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Async => Some(HeaderValue::from_static("respond-async")),
            Self::Wait(_) => {
                HeaderValue::from_str(&format!("wait={}", self.wait(usual).as_secs())).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preference(text: &'static str) -> Preference {
        let mut headers = HeaderMap::new();
        headers.insert("prefer", HeaderValue::from_static(text));
        Preference::of(&headers)
    }

    #[test]
    fn a_client_says_how_long_it_waits() {
        assert_eq!(preference("respond-async"), Preference::Async);
        assert_eq!(preference("handling=lenient, Wait=3"), Preference::Wait(3));
        assert_eq!(preference("return=minimal"), Preference::None);
        assert_eq!(preference("wait=soon"), Preference::None);
    }

    #[test]
    fn nobody_waits_longer_than_the_operator_lets_them() {
        let usual = Duration::from_secs(10);
        assert_eq!(Preference::Wait(3600).wait(usual), usual);
        assert_eq!(Preference::Wait(2).wait(usual), Duration::from_secs(2));
        assert_eq!(Preference::Async.wait(usual), Duration::ZERO);
        assert_eq!(Preference::Wait(3600).applied(usual).unwrap(), "wait=10");
    }
}
