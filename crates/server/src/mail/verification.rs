//! The mail that asks a person to confirm their address.

use enlist_registration::jobs::Job;
use enlist_registration::state::Registration;
use secrecy::ExposeSecret;

use super::message_id::message_id;
use super::templates::Content;
use super::{Mail, TemplateFault, host_of};
use crate::app::App;
use crate::words;

/// Writes the mail of a job. The same job makes the same mail, whenever it is written.
///
/// # Errors
///
/// A template that cannot cope with this content.
pub fn verification(
    app: &App,
    registration: &Registration,
    job: &Job,
) -> Result<Mail, TemplateFault> {
    let tokens = app.engine.tokens();
    let token = tokens.link_token(registration.id);
    let code = tokens.code(registration.id, job.serial);
    let intent = &registration.intent;
    let content = Content {
        first_name: intent.profile.first_name.as_str().to_owned(),
        link: format!("{}/verify/{}", app.public_url, token.expose_secret()),
        code: code.expose_secret().to_owned(),
        verify_by: registration.act_by.map(words::moment).unwrap_or_default(),
        charged: intent.paid_plan().map(|plan| plan.price.to_string()),
    };
    let mail = &app.settings.mail;
    let written = mail.templates.write(&content)?;
    Ok(Mail {
        message_id: message_id(job.id, registration.id, host_of(&app.public_url)),
        from: mail.from.to_string(),
        to: intent.email.deliverable(),
        subject: written.subject,
        text: written.text,
        html: written.html,
        sent_at: app.clock.now(),
    })
}
