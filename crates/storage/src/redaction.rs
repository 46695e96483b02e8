//! What is left of a journal once personal data is taken out.
//!
//! A stripped journal stays readable: its intent is redacted, not removed, so that the operator's
//! list and the timeline work as before. A second look at the gateway would not: it searches by the
//! address, so it comes first ([`MAY_BE_STRIPPED`](crate::values::MAY_BE_STRIPPED)).

use enlist_domain::{EmailAddress, PasswordHash, PostalAddress, Profile, profile};
use enlist_registration::state::{Intent, Progress};

use crate::values::{ValueFault, from_json, to_json};

/// In place of every text that told something of a person.
const REMOVED: &str = "removed";

/// No mail can be sent to it (RFC 2606).
const REMOVED_EMAIL: &str = "removed@removed.invalid";

/// Has the form of a hash and is that of no password: salt and hash are zeros.
const REMOVED_HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                            $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A ZIP code that no place has.
const REMOVED_ZIP: &str = "00000";

/// Intent and progress of a journal, each as JSON, without anything that tells of the person. What
/// cannot be read is removed all the same, or it would stay for ever: the row is then unreadable as
/// before.
pub(crate) fn redacted(intent: &str, progress: &str) -> Result<(String, String), ValueFault> {
    let intent = match from_json::<Intent>("an intent", intent) {
        Ok(intent) => to_json("an intent", &without_person(&intent)?)?,
        Err(_) => "{}".to_owned(),
    };
    let progress = match from_json::<Progress>("progress", progress) {
        Ok(progress) => to_json("progress", &without_card(progress))?,
        Err(_) => "{}".to_owned(),
    };
    Ok((intent, progress))
}

/// Order, ids, plan and gateway stay.
fn without_person(intent: &Intent) -> Result<Intent, ValueFault> {
    let unreadable = |source| ValueFault::Unreadable {
        what: "the redaction",
        source,
    };
    Ok(Intent {
        order: intent.order,
        user: intent.user,
        subscription_row: intent.subscription_row,
        email: EmailAddress::parse(REMOVED_EMAIL).map_err(|fault| unreadable(fault.into()))?,
        password_hash: PasswordHash::parse(REMOVED_HASH)
            .map_err(|fault| unreadable(fault.into()))?,
        profile: nobody().map_err(unreadable)?,
        payment_method: None,
        tokenized: None,
        card_was_raw: intent.card_was_raw,
        plan: intent.plan.clone(),
        gateway: intent.gateway.clone(),
        language: None,
    })
}

fn nobody() -> Result<Profile, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Profile {
        first_name: profile::PersonName::parse(REMOVED)?,
        last_name: profile::PersonName::parse(REMOVED)?,
        address: PostalAddress::new(
            profile::AddressLine::parse(REMOVED)?,
            None,
            Some(profile::City::parse(REMOVED)?),
            Some(profile::State::parse(REMOVED)?),
            Some(REMOVED_ZIP),
            profile::Country::UNITED_STATES,
        )?,
    })
}

fn without_card(mut progress: Progress) -> Progress {
    if let Some(customer) = &mut progress.customer {
        customer.payment_method = None;
    }
    progress
}
