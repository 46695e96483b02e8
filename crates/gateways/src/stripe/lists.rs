//! Lists, page by page. They read what was just written; Stripe's *search* does not.

use serde::de::DeserializeOwned;

use super::client::Client;
use super::errors::Failure;
use super::form::Form;
use super::objects::{Identified, Page};

/// Objects per page: as many as Stripe gives.
const PAGE: &str = "100";

/// Pages that are read of one list at most. A hundred thousand objects are not what one registration
/// made, and a caller has given up long before.
const MOST_PAGES: usize = 1000;

/// Everything in a list that `filter` gives, the newest first.
pub(super) async fn all<T: DeserializeOwned + Identified>(
    client: &Client,
    path: &str,
    filter: impl Fn() -> Form,
) -> Result<Vec<T>, Failure> {
    let mut found: Vec<T> = Vec::new();
    for _ in 0..MOST_PAGES {
        let query = filter()
            .with("limit", PAGE)
            .with_some("starting_after", found.last().map(Identified::id));
        let page: Page<T> = client.get(path, &query).await?;
        let is_last = !page.has_more || page.data.is_empty();
        found.extend(page.data);
        if is_last {
            return Ok(found);
        }
    }
    let what = format!("Stripe's list of {path} does not end");
    Err(Failure::Unanswered(what))
}
