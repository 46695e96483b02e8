//! What pages may load (Content-Security-Policy): their own files; and, on the two pages on which a
//! person pays, what Stripe's script needs (docs.stripe.com/security/guide#content-security-policy).

use axum::http::HeaderValue;

use crate::config::StripeSettings;

/// Their own files, and nothing of anybody else's.
pub(super) const OWN: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Where Stripe's own script is. It loads further parts from below, and asks the bank in a frame.
const STRIPES_SCRIPTS: &str = "js.stripe.com";
const STRIPES_FURTHER_SCRIPTS: &str = "https://*.js.stripe.com";
const STRIPES_BANK: &str = "https://hooks.stripe.com";
const STRIPES_API: &str = "https://api.stripe.com";

/// The same, and Stripe's script with what it loads, frames and calls. Another script, for tests, is
/// allowed its own origin and that of the API beside it, and nothing of Stripe's.
pub fn with_stripe(stripe: &StripeSettings) -> HeaderValue {
    let script = stripe.script_url.origin();
    let api = stripe.api_base.origin();
    let (scripts, frames, connections) = if stripe.script_url.host() == STRIPES_SCRIPTS {
        (
            format!("{script} {STRIPES_FURTHER_SCRIPTS}"),
            format!("{script} {STRIPES_FURTHER_SCRIPTS} {STRIPES_BANK}"),
            STRIPES_API.to_owned(),
        )
    } else {
        let both = format!("{script} {api}");
        let connections = if script == api { script } else { &both };
        (script.to_owned(), script.to_owned(), connections.to_owned())
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' {scripts}; style-src 'self'; \
         img-src 'self' data:; connect-src 'self' {connections}; frame-src {frames}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    // An origin has no character that a header may not have.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(OWN))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Settings;

    fn policy(others: &[(&str, &str)]) -> String {
        let keys = [
            ("ENLIST_GATEWAY__KIND", "stripe"),
            ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "sk_test_1"),
            ("ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY", "pk_test_1"),
        ];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("enlist.toml");
        let plan =
            "[[plans]]\nname = \"a\"\namount_minor = 0\ncurrency = \"USD\"\ninterval = \"month\"\n";
        std::fs::write(&file, plan).unwrap();
        let all = keys.iter().chain(others);
        let environment: BTreeMap<_, _> = all
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = Settings::from_sources(Some(&file), environment).unwrap();
        let policy = with_stripe(settings.gateway.stripe().unwrap());
        policy.to_str().unwrap().to_owned()
    }

    /// The directives that differ from the pages' own, with what they say.
    fn added(policy: &str) -> Vec<&str> {
        let own: Vec<&str> = OWN.split("; ").collect();
        policy.split("; ").filter(|it| !own.contains(it)).collect()
    }

    #[test]
    fn stripe_is_allowed_what_it_documents_and_nothing_more() {
        let expected = [
            "script-src 'self' https://js.stripe.com https://*.js.stripe.com",
            "connect-src 'self' https://api.stripe.com",
            "frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
        ];
        assert_eq!(added(&policy(&[])), expected);
    }

    #[test]
    fn a_script_of_a_test_is_allowed_itself_and_nothing_of_stripes() {
        let policy = policy(&[
            (
                "ENLIST_GATEWAY__STRIPE__SCRIPT_URL",
                "http://127.0.0.1:4000/v3/stripe.js",
            ),
            ("ENLIST_GATEWAY__STRIPE__API_BASE", "http://127.0.0.1:4001"),
        ]);
        let expected = [
            "script-src 'self' http://127.0.0.1:4000",
            "connect-src 'self' http://127.0.0.1:4000 http://127.0.0.1:4001",
            "frame-src http://127.0.0.1:4000",
        ];
        assert_eq!(added(&policy), expected);
    }
}
