//! The mail that asks a person to confirm their address.

use askama::Template;
use enlist_registration::jobs::Job;
use enlist_registration::state::Registration;
use secrecy::ExposeSecret;

use super::message_id::message_id;
use super::{Mail, host_of};
use crate::app::App;
use crate::words;

/// What both parts of the mail say.
struct Content {
    first_name: String,
    link: String,
    code: String,
    verify_by: String,
    /// What was charged, for a paid plan.
    charged: Option<String>,
}

#[derive(Template)]
#[template(path = "mail/verification.txt")]
struct Text<'a> {
    content: &'a Content,
}

#[derive(Template)]
#[template(path = "mail/verification.html")]
struct Html<'a> {
    content: &'a Content,
}

/// Writes the mail of a job. The same job makes the same mail, whenever it is written.
pub fn verification(app: &App, registration: &Registration, job: &Job) -> Mail {
    let tokens = app.engine.tokens();
    let token = tokens.link_token(registration.id);
    let intent = &registration.intent;
    let content = Content {
        first_name: intent.profile.first_name.as_str().to_owned(),
        link: format!("{}/verify/{}", app.public_url, token.expose_secret()),
        code: tokens
            .code(registration.id, job.serial)
            .expose_secret()
            .to_owned(),
        verify_by: registration.act_by.map(words::moment).unwrap_or_default(),
        charged: intent.paid_plan().map(|plan| plan.price.to_string()),
    };
    let content = &content;
    // These templates only write text that is already there: rendering them cannot fail, short of
    // running out of memory.
    let text = Text { content }.render().unwrap_or_default();
    let html = Html { content }.render().unwrap_or_default();
    Mail {
        message_id: message_id(job.id, registration.id, host_of(&app.public_url)),
        from: app.settings.mail.from.to_string(),
        to: registration.intent.email.deliverable(),
        subject: "Confirm your e-mail address".to_owned(),
        text,
        html,
        sent_at: app.clock.now(),
    }
}
