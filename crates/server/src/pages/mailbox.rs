//! `/mailbox`: the mails "sent", so that a newcomer can click the link.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::views::{MailPage, MailSummary, MailboxPage, split_links};
use super::{page, site};
use crate::app::App;
use crate::http::{MailboxInUse, Problem, internal, not_found};
use crate::language::Language;
use crate::mail::{Mailbox, MailboxFault, StoredMail};

/// A mail may bring its own styles, and nothing else.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Every mail, the newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    language: Language,
    MailboxInUse(mailbox): MailboxInUse,
) -> Result<Response, Problem> {
    let mails = mailbox.mails().await.map_err(unreadable)?;
    let mails = mails.iter().map(|mail| summary(language, mail)).collect();
    Ok(page(
        StatusCode::OK,
        &MailboxPage {
            site: site(&app, language),
            mails,
        },
    ))
}

/// One mail.
pub(super) async fn mail(
    State(app): State<Arc<App>>,
    language: Language,
    MailboxInUse(mailbox): MailboxInUse,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mail = find(&mailbox, &id).await?;
    let template = MailPage {
        site: site(&app, language),
        mail: summary(language, &mail),
        from: mail.from,
        body: split_links(&mail.text),
        html_href: Some(format!("/mailbox/{}/html", mail.id)),
    };
    Ok(page(StatusCode::OK, &template))
}

/// Its HTML part, as it was sent.
pub(super) async fn html(
    MailboxInUse(mailbox): MailboxInUse,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mail = find(&mailbox, &id).await?;
    Ok((
        [(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)],
        Html(mail.html),
    )
        .into_response())
}

async fn find(mailbox: &Mailbox, id: &str) -> Result<StoredMail, Problem> {
    let Ok(id) = id.parse() else {
        return Err(not_found().await);
    };
    match mailbox.mail(id).await.map_err(unreadable)? {
        Some(mail) => Ok(mail),
        None => Err(not_found().await),
    }
}

fn summary(language: Language, mail: &StoredMail) -> MailSummary {
    let sent_at = mail.sent_at.parse();
    MailSummary {
        href: format!("/mailbox/{}", mail.id),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        sent_at: sent_at
            .map(|when| language.moment(when))
            .unwrap_or_default(),
        sent_at_rfc3339: mail.sent_at.clone(),
    }
}

fn unreadable(fault: MailboxFault) -> Problem {
    tracing::error!(
        error = &fault as &dyn std::error::Error,
        "the mailbox cannot be read"
    );
    internal()
}
