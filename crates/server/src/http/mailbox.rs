//! `/mailbox/messages`: the mails "sent", as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::problems::{Problem, internal, not_found};
use crate::app::App;
use crate::mail::{Mailbox, StoredMail};

/// The embedded mailbox, where it takes the mails: what routes of its own are given.
pub struct MailboxInUse(pub Mailbox);

impl FromRequestParts<Arc<App>> for MailboxInUse {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match &app.mailbox {
            Some(mailbox) => Ok(Self(mailbox.clone())),
            None => Err(not_found().await),
        }
    }
}

/// The mails in the embedded mailbox (only with it), the newest first.
#[utoipa::path(
    get,
    path = "/mailbox/messages",
    tag = "mailbox",
    responses((status = 200, body = [StoredMail])),
)]
pub async fn messages(
    MailboxInUse(mailbox): MailboxInUse,
) -> Result<Json<Vec<StoredMail>>, Problem> {
    let mails = mailbox.mails().await.map_err(|fault| {
        tracing::error!(
            error = &fault as &dyn std::error::Error,
            "the mailbox cannot be read"
        );
        internal()
    })?;
    Ok(Json(mails))
}
