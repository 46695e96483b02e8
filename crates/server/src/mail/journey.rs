//! The mail that lets a person go on with the journey in three steps.

use enlist_registration::jobs::Job;
use enlist_registration::journey::Journey;
use secrecy::ExposeSecret;

use super::draft::Draft;
use super::kinds::{Kind, Placeholder, Presence};
use super::{Mail, TemplateFault};
use crate::app::App;
use crate::language::Language;

/// What its templates are called, and what may stand in them.
pub(super) static KIND: Kind = Kind {
    name: "journey",
    placeholders: &[
        // Without a link and a code nobody can go on.
        Placeholder {
            name: "link",
            example: "https://join.example.com/verify/0123456789abcdef",
            presence: Presence::Needed,
        },
        Placeholder {
            name: "code",
            example: "314159",
            presence: Presence::Needed,
        },
        Placeholder {
            name: "expires_at",
            example: "1 January 2030, 12:00 UTC",
            presence: Presence::Optional,
        },
    ],
};

/// Writes the mail of a job. The same job makes the same mail, whenever it is written.
///
/// # Errors
///
/// A template that cannot cope with this content.
pub fn journey(app: &App, journey: &Journey, job: &Job) -> Result<Mail, TemplateFault> {
    let language = Language::of_person(app, journey.language);
    let tokens = app.engine.tokens();
    let token = tokens.journey_link(journey.id, job.serial);
    let link = format!("{}/verify/{}", app.public_url, token.expose_secret());
    let code = tokens.code(journey.id, job.serial);
    let expires_at = language.moment(journey.expires_at);
    let draft = Draft {
        kind: &KIND,
        language: language.tag(),
        to: journey.email.deliverable(),
        content: vec![
            ("link", Some(link)),
            ("code", Some(code.expose_secret().to_owned())),
            ("expires_at", Some(expires_at)),
        ],
    };
    draft.write(app, job)
}
