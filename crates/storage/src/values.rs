//! How values are spelled in every database: JSON, names, lengths.

use std::error::Error;
use std::time::Duration;

use enlist_domain::EmailAddress;
use enlist_registration::ports::Journeys;
use enlist_registration::state::Status;
use enlist_registration::steps::StepName;
use enlist_registration::timeline::EventKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a registration is read from.
pub(crate) const REGISTRATION: &str = "id, status, intent, progress, failure, begun_at, \
     deadline_at, act_by, verified_at, opened_at, rested_at, undoing_since, attempts, not_before, \
     lease_expires_at, generation, next_seq, mail_serial, last_mail_at, code_attempts";

/// What a journey is read from.
pub(crate) const JOURNEY: &str = "id, email, language, profile, card, plan, verified_at, \
     mail_refused_at, starter_proved, registration_id, begun_at, expires_at, mail_serial, last_mail_at, code_attempts";

/// No registration that a journey led to is under way or done.
pub(crate) const IS_OPEN: &str = "(registration_id IS NULL OR 'undone' = \
     (SELECT status FROM registrations WHERE registrations.id = registration_id))";

/// A journey that is not emptied yet. As the index for it says.
pub(crate) const HAS_CONTENT: &str = "(registration_id IS NULL OR profile IS NOT NULL)";

/// A registration that a journey led to is under way or done, and the journal still knows whose it is.
pub(crate) const LEADS_ON: &str = "EXISTS (SELECT 1 FROM registrations \
     WHERE registrations.id = registration_id AND registrations.status <> 'undone' \
         AND registrations.stripped_at IS NULL)";

/// A journal at rest that nothing needs whole any more; it begins as the index for it says. A second look that
/// is still to come searches by the address: with the placeholder in its place it would find nothing, and report
/// that all is well. A journey that led there is emptied first: were it emptied while the journal is stripped,
/// nobody would delete it. Neither comes again once it is over. All the looks to come are few, and read once.
pub(crate) const MAY_BE_STRIPPED: &str = "rested_at IS NOT NULL AND stripped_at IS NULL \
     AND id NOT IN (SELECT registration_id FROM jobs WHERE kind = 'recheck' AND status = 'queued') \
     AND NOT EXISTS (SELECT 1 FROM pending_registrations \
         WHERE registration_id = registrations.id AND profile IS NOT NULL)";

/// Which journeys a filter leaves, by its kind.
pub(crate) fn is_among(which: Journeys) -> &'static str {
    match which {
        Journeys::All => "true",
        Journeys::Open => "mail_refused_at IS NULL",
        Journeys::Refused => "mail_refused_at IS NOT NULL",
    }
}

/// How far times are told apart.
pub(crate) const TICK: Duration = Duration::from_micros(1);

/// Most characters that are kept of a job's failure: a mail server's answer fits, its manual does not.
const MAX_ERROR_CHARACTERS: usize = 1_000;

/// A value that cannot be what a column holds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValueFault {
    /// A value cannot be read back, or should not be there at all.
    #[error("{what} cannot be read")]
    Unreadable {
        what: &'static str,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A value cannot be written as JSON.
    #[error("{what} cannot be written as JSON")]
    Unwritable {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

impl ValueFault {
    pub(crate) fn unreadable(
        what: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unreadable {
            what,
            source: source.into(),
        }
    }
}

/// `value` as JSON.
pub(crate) fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, ValueFault> {
    serde_json::to_string(value).map_err(|source| ValueFault::Unwritable { what, source })
}

/// The value of a JSON column.
pub(crate) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    json: &str,
) -> Result<T, ValueFault> {
    serde_json::from_str(json).map_err(|error| ValueFault::unreadable(what, place(&error)))
}

/// Where JSON stops being what it should be. The error's own words quote what they found there, which
/// is somebody's name or address.
pub(crate) fn place(error: &serde_json::Error) -> String {
    format!("another form than expected at character {}", error.column())
}

/// A column with an address.
pub(crate) fn email_of(what: &'static str, typed: &str) -> Result<EmailAddress, ValueFault> {
    EmailAddress::parse(typed).map_err(|source| ValueFault::unreadable(what, source))
}

/// The column `status` of a registration.
pub(crate) fn status_of(name: String) -> Result<Status, ValueFault> {
    Status::from_name(&name).ok_or_else(|| ValueFault::unreadable("a registration's status", name))
}

/// The column `step` of an event.
pub(crate) fn step_of(name: String) -> Result<StepName, ValueFault> {
    StepName::from_name(&name).ok_or_else(|| ValueFault::unreadable("an event's step", name))
}

/// The column `kind` of an event: [`EventKind::as_str`] is what serde writes, so serde reads it.
pub(crate) fn kind_of(name: &str) -> Result<EventKind, ValueFault> {
    serde_json::from_value(name.into())
        .map_err(|source| ValueFault::unreadable("an event's kind", source))
}

/// As much of a job's failure as is kept.
pub(crate) fn shortened(error: &str) -> &str {
    error
        .char_indices()
        .nth(MAX_ERROR_CHARACTERS)
        .map_or(error, |(end, _)| &error[..end])
}
