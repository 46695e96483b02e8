//! Subscriptions: shown, listed, ended. How one begins is in [`start`].

mod start;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::listing::list;
use super::{Answer, Ask, invoices};
use crate::books::{Desk, Entry as _};
use crate::error::StripeError;
use crate::objects::{Subscription, SubscriptionStatus};

pub(crate) use start::{create, new_invoice};

/// How long a subscription waits for its first payment (Stripe: 23 hours).
const INCOMPLETE_FOR: SignedDuration = SignedDuration::from_hours(23);

/// How long a search does not see what was just made (Stripe: usually under a minute).
const SEARCH_LAGS_BY: SignedDuration = SignedDuration::from_secs(60);

/// Why a subscription ended, in the ledger's words, which are the sandbox's.
const CANCELED: &str = "subscription_canceled";
const NOT_CONFIRMED: &str = "authentication_required";

/// `GET /v1/subscriptions/{id}`
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    super::retrieve::<Subscription>(desk, ask)
}

/// `GET /v1/subscriptions`. Those of deleted customers are among them.
pub(crate) fn list_all(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let wanted = Wanted::parse(ask.form.text("status"))?;
    let customer = ask.form.text("customer");
    let price = ask.form.text("price");
    list::<Subscription>(desk.books, ask.form, "/v1/subscriptions", |subscription| {
        wanted.has(subscription.status)
            && customer.is_none_or(|customer| subscription.customer == customer)
            && price.is_none_or(|price| subscription.price == price)
    })
}

/// `GET /v1/subscriptions/search`. Takes `metadata['…']:'…'` and nothing else, and does not see what was
/// just made.
pub(crate) fn search(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    if desk.options.refuses_search {
        let message = "The search feature is not available for this account.";
        return Err(StripeError::invalid(message));
    }
    let query = ask.form.required("query")?;
    let (key, value) = metadata_in(query).ok_or_else(|| {
        StripeError::invalid_parameter("query", format!("We were unable to parse `{query}`."))
    })?;
    let found = desk
        .books
        .subscriptions
        .iter()
        .rev()
        .filter(|subscription| {
            desk.is_older_than(subscription.created, SEARCH_LAGS_BY)
                && subscription.metadata.get(key).and_then(Value::as_str) == Some(value)
        });
    let data: Vec<Value> = found.map(|found| found.to_json(desk.books)).collect();
    Ok(json!({
        "object": "search_result",
        "data": data,
        "has_more": false,
        "next_page": null,
        "url": "/v1/subscriptions/search",
    }))
}

/// Key and value of `metadata['key']:'value'`.
fn metadata_in(query: &str) -> Option<(&str, &str)> {
    fn unquoted(text: &str) -> Option<&str> {
        let of = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
        of('\'').or_else(|| of('"'))
    }
    let (field, value) = query.split_once(':')?;
    let key = field.strip_prefix("metadata[")?.strip_suffix(']')?;
    Some((unquoted(key)?, unquoted(value)?))
}

/// `DELETE /v1/subscriptions/{id}`. Nothing is refunded.
pub(crate) fn cancel(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let subscription = desk.books.subscriptions.get(ask.id);
    if subscription.is_none_or(|subscription| subscription.status.is_ended()) {
        return Err(StripeError::not_found(Subscription::NOUN, ask.id));
    }
    end(desk, ask.id);
    Ok(desk.show::<Subscription>(ask.id))
}

/// Ends all that a customer has.
pub(crate) fn end_all(desk: &mut Desk<'_>, customer: &str) {
    let all = desk.books.subscriptions.iter();
    let live: Vec<String> = all
        .filter(|subscription| subscription.customer == customer && !subscription.status.is_ended())
        .map(|subscription| subscription.id.clone())
        .collect();
    for id in live {
        end(desk, &id);
    }
}

/// Does what time has done: subscriptions that nobody paid for expire, and their invoices are void.
pub(crate) fn expire(desk: &mut Desk<'_>) {
    let waiting = std::mem::take(&mut desk.books.waiting);
    for id in waiting {
        let Some(subscription) = desk.books.subscriptions.get(&id) else {
            continue;
        };
        if subscription.status != SubscriptionStatus::Incomplete {
            continue;
        }
        if !desk.is_older_than(subscription.created, INCOMPLETE_FOR) {
            desk.books.waiting.push(id);
            continue;
        }
        let invoice = subscription.latest_invoice.clone();
        close(
            desk,
            &id,
            SubscriptionStatus::IncompleteExpired,
            NOT_CONFIRMED,
        );
        desk.tell::<Subscription>("customer.subscription.updated", &id);
        if let Some(invoice) = invoice {
            invoices::make_void(desk, &invoice);
        }
    }
}

fn end(desk: &mut Desk<'_>, id: &str) {
    let Some(subscription) = desk.books.subscriptions.get(id) else {
        return;
    };
    let was_incomplete = subscription.status == SubscriptionStatus::Incomplete;
    let invoice = subscription.latest_invoice.clone();
    let status = if was_incomplete {
        SubscriptionStatus::IncompleteExpired
    } else {
        SubscriptionStatus::Canceled
    };
    close(desk, id, status, CANCELED);
    desk.tell::<Subscription>("customer.subscription.deleted", id);
    if let Some(invoice) = invoice
        && was_incomplete
        && desk.options.voids_invoice_on_cancel
    {
        invoices::make_void(desk, &invoice);
    }
}

fn close(desk: &mut Desk<'_>, id: &str, status: SubscriptionStatus, code: &'static str) {
    let now = desk.now;
    if let Some(subscription) = desk.books.subscriptions.get_mut(id) {
        subscription.status = status;
        subscription.ended_at = Some(now);
        subscription.end_code = Some(code);
    }
}

/// Which subscriptions a list shows.
enum Wanted {
    All,
    /// Stripe: all that have not been cancelled.
    NotCanceled,
    Ended,
    Only(SubscriptionStatus),
}

impl Wanted {
    fn parse(status: Option<&str>) -> Result<Self, StripeError> {
        match status {
            None => Ok(Self::NotCanceled),
            Some("all") => Ok(Self::All),
            Some("ended") => Ok(Self::Ended),
            Some(name) => SubscriptionStatus::from_name(name)
                .map(Self::Only)
                .ok_or_else(|| {
                    StripeError::invalid_parameter("status", format!("Invalid status: {name}"))
                }),
        }
    }

    fn has(&self, status: SubscriptionStatus) -> bool {
        match self {
            Self::All => true,
            Self::NotCanceled => status != SubscriptionStatus::Canceled,
            Self::Ended => status.is_ended(),
            Self::Only(only) => status == *only,
        }
    }
}
