//! `[gateway.stripe]`: keys of one account and one mode, addresses, and who may tell of events. No
//! message repeats a key.

use std::time::Duration;

use enlist_domain::PlanCatalogue;
use enlist_gateways::stripe::Mode;
use enlist_gateways::stripe::webhooks::WebhookSecrets;
use secrecy::SecretString;

use super::super::reader::Reader;
use super::super::web_address::WebAddress;

const SECRET_KEY: &str = "gateway.stripe.secret_key";
const PUBLISHABLE_KEY: &str = "gateway.stripe.publishable_key";
const WEBHOOK_SECRET: &str = "gateway.stripe.webhook_secret";
const WEBHOOK_TOLERANCE: &str = "gateway.stripe.webhook_tolerance";
const API_BASE: &str = "gateway.stripe.api_base";
const SCRIPT_URL: &str = "gateway.stripe.script_url";

/// Stripe as a gateway.
#[derive(Debug)]
pub struct StripeSettings {
    /// `sk_…` or `rk_…`.
    pub secret_key: SecretString,
    /// `pk_…`: no secret.
    pub publishable_key: String,
    /// Of both keys.
    pub mode: Mode,
    /// Who may tell of events; none: nobody.
    pub webhooks: Option<WebhookSettings>,
    /// Where the API is.
    pub api_base: WebAddress,
    /// Where Stripe.js is.
    pub script_url: WebAddress,
}

/// How events are recognised.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// By one of these.
    pub secrets: WebhookSecrets,
    /// At most so old.
    pub tolerance: Duration,
}

/// Reads the section, and notes whatever is wrong with it.
pub(super) fn read(reader: &Reader, plans: Option<&PlanCatalogue>) -> Option<StripeSettings> {
    let secret = key(reader, SECRET_KEY, &["sk_", "rk_"], "the secret key `sk_…`");
    let publishable = key(
        reader,
        PUBLISHABLE_KEY,
        &["pk_"],
        "the publishable key `pk_…`",
    );
    let webhooks = webhooks(reader);
    let api_base = address(reader, API_BASE);
    let script_url = address(reader, SCRIPT_URL);
    require_prices(reader, plans?);
    let ((secret_key, mode), (publishable_key, other)) = (secret?, publishable?);
    if mode != other {
        reader.fault(
            PUBLISHABLE_KEY,
            format!(
                "is of {} mode, and gateway.stripe.secret_key of {} mode; take both from the same",
                other.as_str(),
                mode.as_str()
            ),
        );
    }
    Some(StripeSettings {
        secret_key: SecretString::from(secret_key),
        publishable_key,
        mode,
        webhooks: webhooks?,
        api_base: api_base?,
        script_url: script_url?,
    })
}

/// Reads the section where another gateway is used: nothing of it is judged.
pub(super) fn pass_over(reader: &Reader) {
    for name in [
        SECRET_KEY,
        PUBLISHABLE_KEY,
        WEBHOOK_SECRET,
        WEBHOOK_TOLERANCE,
        API_BASE,
        SCRIPT_URL,
    ] {
        reader.text(name);
    }
}

/// Whether money is moved, as far as the secret key tells.
pub(super) fn mode(reader: &Reader) -> Option<Mode> {
    Mode::of_key(&reader.text(SECRET_KEY))
}

/// A key with the mode that it names.
fn key(reader: &Reader, name: &'static str, kinds: &[&str], what: &str) -> Option<(String, Mode)> {
    let key = reader.text(name);
    if key.is_empty() {
        reader.fault(name, format!("is needed with Stripe; write {what}"));
        return None;
    }
    let is_of_kind = kinds.iter().any(|kind| key.starts_with(kind));
    match Mode::of_key(&key).filter(|_| is_of_kind && key.bytes().all(|b| b.is_ascii_graphic())) {
        Some(mode) => Some((key, mode)),
        None => {
            reader.fault(name, format!("is no such key; write {what}"));
            None
        }
    }
}

/// The outer `None` after a fault, the inner where nobody may tell of events.
fn webhooks(reader: &Reader) -> Option<Option<WebhookSettings>> {
    let hour = Duration::from_hours(1);
    let tolerance = reader.duration(WEBHOOK_TOLERANCE, Duration::from_secs(1)..=hour);
    let secrets = reader.text(WEBHOOK_SECRET);
    if secrets.is_empty() {
        return Some(None);
    }
    match WebhookSecrets::parse(&secrets) {
        Ok(secrets) => Some(Some(WebhookSettings { secrets, tolerance })),
        Err(fault) => {
            reader.fault(WEBHOOK_SECRET, fault.to_string());
            None
        }
    }
}

fn address(reader: &Reader, name: &'static str) -> Option<WebAddress> {
    let text = reader.text(name);
    let address = WebAddress::parse(&text);
    if address.is_none() {
        let remedy = "write a URL that starts with https:// (http:// on this machine only), \
                      without user, query or fragment";
        reader.fault(name, format!("is not valid; {remedy}"));
    }
    address
}

/// A subscription is to a price that Stripe knows.
fn require_prices(reader: &Reader, plans: &PlanCatalogue) {
    let is_without_price = |plan: &&enlist_domain::Plan| {
        let price = plan.gateway_price.as_deref();
        plan.is_paid() && price.is_none_or(|price| price.trim().is_empty())
    };
    for plan in plans.iter().filter(is_without_price) {
        let name = &plan.name;
        let remedy = "write the id of its price at Stripe, `price_…`, in its [[plans]] table";
        reader.fault(
            "plans",
            format!("`{name}` costs something and has no gateway_price; {remedy}"),
        );
    }
}
