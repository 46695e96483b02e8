//! The mail that asks a person to confirm their address.

use askama::Template;
use enlist_registration::jobs::Job;
use enlist_registration::state::Registration;
use secrecy::ExposeSecret;

use super::Mail;
use crate::app::App;
use crate::words;

#[derive(Template)]
#[template(path = "mail/verification.txt")]
struct Text<'a> {
    first_name: &'a str,
    link: &'a str,
    code: &'a str,
    verify_by: &'a str,
    charged: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/verification.html")]
struct Html<'a> {
    first_name: &'a str,
    link: &'a str,
    code: &'a str,
    verify_by: &'a str,
    charged: Option<&'a str>,
}

/// Writes the mail of a job. The same job makes the same mail, whenever it is written.
pub fn verification(app: &App, registration: &Registration, job: &Job) -> Mail {
    let tokens = app.engine.tokens();
    let token = tokens.link_token(registration.id);
    let link = format!("{}/verify/{}", app.public_url, token.expose_secret());
    let code = tokens.code(registration.id, job.serial);
    let code = code.expose_secret();
    let first_name = registration.intent.profile.first_name.as_str();
    let verify_by = registration.act_by.map(words::moment).unwrap_or_default();
    let charged = registration
        .intent
        .paid_plan()
        .map(|plan| plan.price.to_string());
    let (link, verify_by, charged) = (link.as_str(), verify_by.as_str(), charged.as_deref());
    // These templates only write text that is already there: rendering them cannot fail, short of
    // running out of memory.
    let text = Text {
        first_name,
        link,
        code,
        verify_by,
        charged,
    }
    .render()
    .unwrap_or_default();
    let html = Html {
        first_name,
        link,
        code,
        verify_by,
        charged,
    }
    .render()
    .unwrap_or_default();
    Mail {
        message_id: format!("<{}@{}>", job.id, host_of(&app.public_url)),
        from: app.settings.mail_from.clone(),
        to: registration.intent.email.deliverable(),
        subject: "Confirm your e-mail address".to_owned(),
        text,
        html,
        sent_at: app.clock.now(),
    }
}

fn host_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme
        .split([':', '/'])
        .next()
        .unwrap_or(after_scheme)
}
