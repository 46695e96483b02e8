//! The mail to whoever has an account already, when somebody begins to sign up with their address: it is
//! the only one who is told.

use enlist_registration::jobs::Job;
use enlist_registration::journey::Journey;

use super::draft::Draft;
use super::kinds::{Kind, Placeholder, Presence};
use super::{Mail, TemplateFault};
use crate::app::App;
use crate::language::Language;

/// What its templates are called, and what may stand in them.
pub(super) static KIND: Kind = Kind {
    name: "account_exists",
    placeholders: &[
        Placeholder {
            name: "email",
            example: "ada@example.com",
            presence: Presence::Optional,
        },
        Placeholder {
            name: "site",
            example: "https://join.example.com",
            presence: Presence::Optional,
        },
    ],
};

/// Writes the mail of a job. The same job makes the same mail, whenever it is written.
///
/// # Errors
///
/// A template that cannot cope with this content.
pub fn account_exists(app: &App, journey: &Journey, job: &Job) -> Result<Mail, TemplateFault> {
    let draft = Draft {
        kind: &KIND,
        language: Language::of_person(app, journey.language).tag(),
        to: journey.email.deliverable(),
        content: vec![
            ("email", Some(journey.email.as_typed().to_owned())),
            ("site", Some(app.public_url.clone())),
        ],
    };
    draft.write(app, job)
}
