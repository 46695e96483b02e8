//! The mail that asks a person to confirm their address.

use enlist_registration::jobs::Job;
use enlist_registration::state::Registration;
use secrecy::ExposeSecret;

use super::draft::Draft;
use super::kinds::{Kind, Placeholder, Presence};
use super::{Mail, TemplateFault};
use crate::app::App;
use crate::language::Language;

/// What its templates are called, and what may stand in them.
pub(super) static KIND: Kind = Kind {
    name: "verification",
    placeholders: &[
        Placeholder {
            name: "first_name",
            example: "Ada",
            presence: Presence::Optional,
        },
        // Without a link and a code nobody can confirm their address.
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
            name: "verify_by",
            example: "1 January 2030, 12:00 UTC",
            presence: Presence::Optional,
        },
        // Nothing for a free plan.
        Placeholder {
            name: "charged",
            example: "$29.00",
            presence: Presence::Sometimes,
        },
        // Only where the first charge waits for the address to be verified.
        Placeholder {
            name: "to_be_charged",
            example: "$29.00",
            presence: Presence::Sometimes,
        },
    ],
};

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
    let language = Language::of_person(app, registration.intent.language);
    let tokens = app.engine.tokens();
    let token = tokens.link_token(registration.id);
    let link = format!("{}/verify/{}", app.public_url, token.expose_secret());
    let code = tokens.code(registration.id, job.serial);
    let intent = &registration.intent;
    let first_name = not_a_link(intent.profile.first_name.as_str());
    let verify_by = registration.act_by;
    let verify_by = verify_by.map(|moment| language.moment(moment));
    let price = intent.paid_plan();
    let price = price.map(|plan| language.money(plan.price));
    let was_charged = registration.progress.subscription.is_some();
    let draft = Draft {
        kind: &KIND,
        language: language.tag(),
        to: intent.email.deliverable(),
        content: vec![
            ("first_name", Some(first_name)),
            ("link", Some(link)),
            ("code", Some(code.expose_secret().to_owned())),
            ("verify_by", Some(verify_by.unwrap_or_default())),
            ("charged", price.clone().filter(|_| was_charged)),
            ("to_be_charged", price.filter(|_| !was_charged)),
        ],
    };
    draft.write(app, job)
}

/// A name of which no mail program makes a link. Whoever signs up with somebody else's address chooses what is written
/// to them, in the operator's name.
fn not_a_link(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ':' | '@' => plain.push(' '),
            '.' if characters.peek().is_some_and(|next| next.is_alphanumeric()) => {
                plain.push_str(". ");
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_as_it_is_and_no_link_is_made_of_it() {
        for name in ["Ada", "Jean-Luc", "J. R.", "O'Neill", "Ángel", "Jr."] {
            assert_eq!(not_a_link(name), name);
        }
        let tried =
            "Your refund is at https://evil.example/ada?x or www.evil.example or a@evil.example";
        let plain = "Your refund is at https //evil. example/ada?x or www. evil. example or a evil. example";
        assert_eq!(not_a_link(tried), plain);
        assert_eq!(not_a_link("J.R."), "J. R.");
    }
}
