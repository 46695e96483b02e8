//! Forgetting: personal data of journals at rest, idempotency keys, finished jobs.
//!
//! A stripped journal stays readable: its intent is redacted, not removed, so that the operator's
//! list, the timeline and a late second look at the gateway work as before.

use enlist_domain::{EmailAddress, PasswordHash, PostalAddress, Profile, profile};
use enlist_registration::state::{Intent, Progress};
use jiff::Timestamp;

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::rows::{Key, Moment, from_json, to_json};

/// In place of every text that told something of a person.
const REMOVED: &str = "removed";

/// No mail can be sent to it (RFC 2606).
const REMOVED_EMAIL: &str = "removed@removed.invalid";

/// Has the form of a hash and is that of no password: salt and hash are zeros.
const REMOVED_HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                            $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A ZIP code that no place has.
const REMOVED_ZIP: &str = "00000";

/// See [`Store::forget`](enlist_registration::ports::Store::forget).
pub(super) fn forget(
    tx: &Tx<'_>,
    rested_before: Timestamp,
    begun_before: Timestamp,
    limit: u32,
) -> Result<Verdict<u64>, Fault> {
    let stripped = strip(tx, rested_before, limit)?;
    let keys = tx.execute(
        "UPDATE registrations SET idempotency_key = NULL, request_fingerprint = NULL
         WHERE id IN (SELECT id FROM registrations
                      WHERE idempotency_key IS NOT NULL AND begun_at < ?1
                      ORDER BY begun_at LIMIT ?2)",
        (Moment(begun_before), limit),
    )?;
    let jobs = tx.execute(
        "DELETE FROM jobs
         WHERE id IN (SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < ?1
                      ORDER BY finished_at LIMIT ?2)",
        (Moment(rested_before), limit),
    )?;
    Ok(Verdict::Keep((stripped + keys + jobs) as u64))
}

fn strip(tx: &Tx<'_>, rested_before: Timestamp, limit: u32) -> Result<usize, Fault> {
    let found = to_strip(tx, rested_before, limit)?;
    for (id, intent, progress) in &found {
        // What cannot be read is removed all the same, or it would stay for ever: the row is then
        // unreadable as before.
        let intent = match from_json::<Intent>("an intent", intent) {
            Ok(intent) => to_json("an intent", &redacted(&intent)?)?,
            Err(_) => "{}".to_owned(),
        };
        let progress = match from_json::<Progress>("progress", progress) {
            Ok(progress) => to_json("progress", &without_card(progress))?,
            Err(_) => "{}".to_owned(),
        };
        tx.execute_on_one(
            "UPDATE registrations
             SET email = NULL, email_normalised = NULL, intent = ?1, progress = ?2, stripped_at = ?3
             WHERE id = ?4 AND rested_at IS NOT NULL",
            (intent, progress, Moment(tx.now), id),
        )?;
        // The one event whose detail tells of the person: the card's last four digits.
        tx.execute(
            "UPDATE registration_events SET detail = NULL
             WHERE registration_id = ?1 AND step = 'tokenize_card'",
            [id],
        )?;
    }
    Ok(found.len())
}

fn to_strip(
    tx: &Tx<'_>,
    rested_before: Timestamp,
    limit: u32,
) -> Result<Vec<(Key, String, String)>, Fault> {
    let mut statement = tx.connection.prepare_cached(
        "SELECT id, intent, progress FROM registrations
         WHERE rested_at IS NOT NULL AND stripped_at IS NULL AND rested_at < ?1
         ORDER BY rested_at LIMIT ?2",
    )?;
    let rows = statement.query_map((Moment(rested_before), limit), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The same without anything that tells of the person. Ids, plan and gateway stay.
fn redacted(intent: &Intent) -> Result<Intent, Fault> {
    let unreadable = |source| Fault::Unreadable {
        what: "the redaction",
        source,
    };
    Ok(Intent {
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
    })
}

fn nobody() -> Result<Profile, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Profile {
        first_name: profile::PersonName::parse(REMOVED)?,
        last_name: profile::PersonName::parse(REMOVED)?,
        address: PostalAddress::new(
            profile::AddressLine::parse(REMOVED)?,
            None,
            profile::City::parse(REMOVED)?,
            profile::State::parse(REMOVED)?,
            REMOVED_ZIP,
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
