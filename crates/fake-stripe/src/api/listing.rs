//! Lists: newest first, in pages.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Answer;
use crate::books::{Books, Entry};
use crate::error::StripeError;
use crate::form::Form;

/// How many objects a page has where nobody says, and at most (Stripe's numbers).
const USUAL_LIMIT: i64 = 10;
const MOST_LIMIT: i64 = 100;

/// One page of those that were made when the request says, and that `is_wanted`.
pub(crate) fn list<T: Entry>(
    books: &Books,
    form: &Form,
    url: &str,
    is_wanted: impl Fn(&T) -> bool,
) -> Answer {
    let limit = form.integer("limit")?.unwrap_or(USUAL_LIMIT);
    if !(1..=MOST_LIMIT).contains(&limit) {
        let message = format!("This value must be between 1 and {MOST_LIMIT}.");
        return Err(StripeError::invalid_integer("limit", message));
    }
    let table = T::table(books);
    let start = match form.text("starting_after") {
        None => table.len(),
        Some(id) => table
            .place(id)
            .ok_or_else(|| StripeError::missing(T::NOUN, id, "starting_after"))?,
    };
    let created = created_within(form)?;
    let mut wanted = table
        .before(start)
        .filter(|entry| created.contains(entry.created()) && is_wanted(entry));
    let page = wanted.by_ref().take(usize::try_from(limit).unwrap_or(1));
    let data: Vec<Value> = page.map(|entry| entry.to_json(books)).collect();
    let has_more = wanted.next().is_some();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// A span of whole seconds, both ends in it.
struct Span {
    first: i64,
    last: i64,
}

impl Span {
    fn contains(&self, moment: Timestamp) -> bool {
        (self.first..=self.last).contains(&moment.as_second())
    }
}

/// What `created`, `created[gte]` and the like say.
fn created_within(form: &Form) -> Result<Span, StripeError> {
    let mut span = Span {
        first: i64::MIN,
        last: i64::MAX,
    };
    let bound = |name: &str| form.integer(name);
    if let Some(exactly) = bound("created")? {
        (span.first, span.last) = (exactly, exactly);
    }
    if let Some(first) = bound("created[gte]")? {
        span.first = span.first.max(first);
    }
    if let Some(before) = bound("created[gt]")? {
        span.first = span.first.max(before.saturating_add(1));
    }
    if let Some(last) = bound("created[lte]")? {
        span.last = span.last.min(last);
    }
    if let Some(after) = bound("created[lt]")? {
        span.last = span.last.min(after.saturating_sub(1));
    }
    Ok(span)
}
