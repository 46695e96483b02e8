//! `Prefer` (RFC 7240): whether, and how long, a client wants to wait.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header::HeaderName};
use axum::response::Response;

/// The header by which a client learns that its wish was met.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

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
    /// Reads the preferences; of several, the first that we know. `respond-async, wait=10` is one wish (RFC 7240,
    /// section 4.3): to wait for so long, and to be answered then.
    pub fn of(headers: &HeaderMap) -> Self {
        let known: Vec<Self> = headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|preference| {
                // Parameters after a semicolon belong to preferences that we do not know.
                let preference = preference.split(';').next().unwrap_or_default().trim();
                let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
                match name.trim().to_ascii_lowercase().as_str() {
                    "respond-async" => Some(Self::Async),
                    "wait" => value.trim().trim_matches('"').parse().ok().map(Self::Wait),
                    _ => None,
                }
            })
            .collect();
        let waits = known.iter().find(|wish| matches!(wish, Self::Wait(_)));
        waits.or(known.first()).copied().unwrap_or(Self::None)
    }

    /// How long to wait, where `usual` is what the configuration says and the most there is.
    pub fn wait(self, usual: Duration) -> Duration {
        match self {
            Self::None => usual,
            Self::Async => Duration::ZERO,
            Self::Wait(seconds) => Duration::from_secs(seconds.into()).min(usual),
        }
    }

    /// The answer, with what was applied.
    pub fn noted_in(self, mut response: Response, usual: Duration) -> Response {
        if let Some(applied) = self.applied(usual) {
            response.headers_mut().insert(PREFERENCE_APPLIED, applied);
        }
        response
    }

    /// What to answer in [`PREFERENCE_APPLIED`]: what was done, which may be less than was asked for.
    fn applied(self, usual: Duration) -> Option<HeaderValue> {
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
        // To wait for so long, and then to be answered: in either order.
        assert_eq!(preference("respond-async, wait=5"), Preference::Wait(5));
        assert_eq!(preference("wait=5, respond-async"), Preference::Wait(5));
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
