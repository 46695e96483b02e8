//! Stripe, as it is and as the configuration believes: key and mode, the price of each plan, the webhook.

use enlist_domain::Plan;
use enlist_gateways::stripe::webhooks::EVENTS;
use enlist_gateways::stripe::{AccountFacts, EndpointFacts, Mode, PriceFacts, Stripe};
use enlist_registration::ports::{Clock as _, Outcome};
use jiff::Timestamp;

use super::{Finding, Subject, Verdict, clock};
use crate::app::clocks::Ahead;
use crate::app::gateway::stripe_client;
use crate::config::{Settings, StripeSettings};
use crate::http::STRIPE_WEBHOOKS;
use crate::system::SystemClock;

/// Looks at everything that can be asked for. Where the key does not work, nothing else is.
pub(super) async fn examine(settings: &Settings, configured: &StripeSettings) -> Vec<Finding> {
    let stripe = match stripe_client(configured, settings) {
        Ok(stripe) => stripe,
        Err(fault) => return vec![Finding::bad(Subject::Gateway, fault.to_string())],
    };
    let (key, answered_at) = key(&stripe, configured.mode).await;
    let is_usable = key.verdict != Verdict::Bad;
    let mut findings = vec![key];
    let ahead = answered_at.map(|answered_at| SystemClock.now().duration_since(answered_at));
    findings.extend(ahead.map(|ahead| clock("Stripe", Ahead(ahead))));
    if !is_usable {
        return findings;
    }
    for plan in settings.plans.iter().filter(|plan| plan.is_paid()) {
        findings.push(price(&stripe, plan, configured.mode).await);
    }
    if configured.webhooks.is_some() {
        findings.push(webhook(&stripe, settings).await);
    }
    findings
}

/// How the key is, and when Stripe said so by its own clock.
async fn key(stripe: &Stripe, mode: Mode) -> (Finding, Option<Timestamp>) {
    let account = stripe.account().await;
    let answered_at = match &account {
        Outcome::Done(account) => account.answered_at,
        _ => None,
    };
    (mode_of(account, mode), answered_at)
}

fn mode_of(account: Outcome<AccountFacts>, mode: Mode) -> Finding {
    let subject = Subject::Gateway;
    let found = match account {
        Outcome::Done(account) if account.is_live => Mode::Live,
        Outcome::Done(_) => Mode::Test,
        Outcome::Rejected(trouble) => {
            let what = format!("the secret key does not work: {}", trouble.summary);
            return Finding::bad(subject, what);
        }
        other => {
            let what = asked(other).err().unwrap_or_default();
            return Finding::bad(subject, format!("nothing can be asked: {what}"));
        }
    };
    if found != mode {
        let (named, found) = (mode.as_str(), found.as_str());
        let what = format!("the secret key is named for {named} mode and works in {found} mode");
        return Finding::bad(subject, what);
    }
    Finding::good(
        subject,
        match mode {
            Mode::Test => "Stripe takes the secret key: test mode, no money is moved",
            Mode::Live => "Stripe takes the secret key: live mode",
        },
    )
}

async fn price(stripe: &Stripe, plan: &Plan, mode: Mode) -> Finding {
    let subject = Subject::Price {
        plan: plan.name.clone(),
    };
    let id = plan.gateway_price.as_deref().unwrap_or_default();
    match asked(stripe.price(id).await) {
        Err(what) => Finding::bad(subject, format!("{id} cannot be asked for: {what}")),
        Ok(None) => {
            let mode = mode.as_str();
            let what =
                format!("there is no price {id} in {mode} mode; look at the plan's gateway_price");
            Finding::bad(subject, what)
        }
        Ok(Some(found)) => {
            let differences = differences(plan, &found, mode);
            if differences.is_empty() {
                return Finding::good(subject, format!("{id} is {plan}, as the plan says"));
            }
            let what = format!("{id} is not what the plan says: {}", differences.join("; "));
            Finding::bad(subject, what)
        }
    }
}

/// In what a price differs from what people are shown.
fn differences(plan: &Plan, price: &PriceFacts, mode: Mode) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |what: &str, here: String, there: String| {
        if here != there {
            differences.push(format!("its {what} is {there}, the plan's {here}"));
        }
    };
    let amount = price.unit_amount.map(|amount| amount.to_string());
    differ(
        "amount in minor units",
        plan.price.amount_minor().to_string(),
        amount.unwrap_or_else(|| "not one sum".to_owned()),
    );
    differ(
        "currency",
        plan.price.currency().code().to_owned(),
        price.currency.to_uppercase(),
    );
    let interval = price.recurring.as_ref().map(|recurring| {
        if recurring.interval_count == 1 {
            recurring.interval.clone()
        } else {
            format!("{} {}s", recurring.interval_count, recurring.interval)
        }
    });
    differ(
        "interval",
        plan.interval.as_str().to_owned(),
        interval.unwrap_or_else(|| "none: it is paid once".to_owned()),
    );
    let found = if price.is_live {
        Mode::Live
    } else {
        Mode::Test
    };
    differ("mode", mode.as_str().to_owned(), found.as_str().to_owned());
    if !price.active {
        differences.push("it is archived, so nobody can subscribe to it".to_owned());
    }
    differences
}

async fn webhook(stripe: &Stripe, settings: &Settings) -> Finding {
    let subject = Subject::Webhook;
    let Some(public_url) = &settings.server.public_url else {
        let what =
            "server.public_url is not set, so which endpoint at Stripe is ours cannot be told";
        return Finding::warning(subject, what);
    };
    let url = format!("{public_url}{STRIPE_WEBHOOKS}");
    match asked(stripe.webhook_endpoints().await) {
        Err(what) => {
            // A restricted key may not be allowed to.
            Finding::warning(subject, format!("endpoints cannot be asked for: {what}"))
        }
        Ok(endpoints) => {
            let ours = endpoints.iter().find(|endpoint| endpoint.url == url);
            judge(subject, &url, ours)
        }
    }
}

fn judge(subject: Subject, url: &str, endpoint: Option<&EndpointFacts>) -> Finding {
    let Some(endpoint) = endpoint else {
        return Finding::bad(
            subject,
            format!("Stripe has no endpoint {url}: add it there"),
        );
    };
    if endpoint.status != "enabled" {
        let status = &endpoint.status;
        return Finding::bad(
            subject,
            format!("Stripe's endpoint {url} is {status}: enable it"),
        );
    }
    let has = |event: &str| {
        let mut enabled = endpoint.enabled_events.iter();
        enabled.any(|enabled| enabled == "*" || enabled == event)
    };
    let missing: Vec<&str> = EVENTS.iter().copied().filter(|event| !has(event)).collect();
    if missing.is_empty() {
        return Finding::good(
            subject,
            format!("Stripe tells {url} of everything that is reflected"),
        );
    }
    let what = format!(
        "{url} is not told of {}: choose them at Stripe",
        missing.join(", ")
    );
    Finding::warning(subject, what)
}

/// An answer, or why there is none.
fn asked<T>(outcome: Outcome<T>) -> Result<T, String> {
    match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Retryable(trouble) | Outcome::InDoubt(trouble) | Outcome::Rejected(trouble) => {
            Err(trouble.summary)
        }
        Outcome::Declined(decline) => Err(decline.code),
        Outcome::RequiresAction(_) => Err("it asks for a person".to_owned()),
    }
}

#[cfg(test)]
mod tests;
