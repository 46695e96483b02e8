//! `/mailbox/messages`: the mails "sent", as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::problems::{Problem, internal};
use crate::app::App;
use crate::mail::StoredMail;

/// The mails in the embedded mailbox, the newest first.
#[utoipa::path(
    get,
    path = "/mailbox/messages",
    tag = "mailbox",
    responses((status = 200, body = [StoredMail])),
)]
pub async fn messages(State(app): State<Arc<App>>) -> Result<Json<Vec<StoredMail>>, Problem> {
    let mails = app.mailbox.mails().await.map_err(|fault| {
        tracing::error!(
            error = &fault as &dyn std::error::Error,
            "the mailbox cannot be read"
        );
        internal()
    })?;
    Ok(Json(mails))
}
