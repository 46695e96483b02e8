//! A mail before it is written: what kinds of mails have in common.

use enlist_domain::Language;
use enlist_registration::jobs::Job;

use super::kinds::{Content, Kind};
use super::message_id::message_id;
use super::{Mail, TemplateFault, host_of};
use crate::app::App;

/// What is to be written to whom.
pub(super) struct Draft {
    pub(super) kind: &'static Kind,
    pub(super) language: Language,
    pub(super) to: String,
    pub(super) content: Content,
}

impl Draft {
    /// Writes the mail of a job.
    ///
    /// # Errors
    ///
    /// A template that cannot cope with this content.
    pub(super) fn write(self, app: &App, job: &Job) -> Result<Mail, TemplateFault> {
        let settings = &app.settings.mail;
        let Self { kind, language, .. } = self;
        let written = settings.templates.write(kind, language, &self.content)?;
        Ok(Mail {
            message_id: message_id(job.id, job.registration, &host_of(&app.public_url)),
            from: settings.from.to_string(),
            to: self.to,
            subject: written.subject,
            text: written.text,
            html: written.html,
            sent_at: app.clock.now(),
        })
    }
}
