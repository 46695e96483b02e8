//! Pending registrations: what a person says, one after the other, until the last step.

use enlist_domain::{EmailAddress, Language};
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::jobs::{JobKind, NewJob};
use enlist_registration::journey::{AddressIs, Journey, Starter};
use enlist_registration::limits::{earlier, later};
use enlist_registration::ports::{
    AddressRation, Entry, JourneyChange, JourneyFilter, LinkUsedBy, MailAsked, MailRation, Proof,
};
use jiff::Timestamp;
use rusqlite::{Connection, Params, Row, named_params};

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::jobs;
use super::reads::one;
use super::rows::{Key, Moment};
use crate::values::{
    HAS_CONTENT, IS_OPEN, JOURNEY, LEADS_ON, email_of, from_json, is_among, to_json,
};

/// How many mails the journeys of an address have caused since a moment.
const MAILS_TO_ADDRESS: &str = "(SELECT coalesce(sum(mail_serial), 0) FROM pending_registrations
    WHERE email_normalised = :email_normalised AND begun_at > :since)";

/// See [`JourneyStore::begin_journey`](enlist_registration::ports::JourneyStore::begin_journey).
pub(super) fn begin(
    tx: &Tx<'_>,
    journey: &Journey,
    mail: JobId,
    ration: AddressRation,
) -> Result<Verdict<()>, Fault> {
    let sql = format!(
        "INSERT INTO pending_registrations (
             id, email, email_normalised, language, starter_proved, begun_at, expires_at, mail_serial,
             last_mail_at, code_attempts, links_used_to)
         VALUES (:id, :email, :email_normalised, :language, 0, :now, :expires_at,
             {MAILS_TO_ADDRESS} < :mails, :now, 0, 0)
         RETURNING mail_serial"
    );
    let parameters = named_params! {
        ":id": Key::from(journey.id),
        ":email": journey.email.as_typed(),
        ":email_normalised": journey.email.normalised(),
        ":language": journey.language.map(Language::tag),
        ":now": Moment(tx.now),
        ":expires_at": Moment(journey.expires_at),
        ":since": Moment(earlier(tx.now, ration.within)),
        ":mails": ration.mails,
    };
    let serial = one(tx.connection, &sql, parameters, |row| Ok(row.get(0)?))?;
    if let Some(serial @ 1..) = serial {
        queue_mail(tx, journey.id, mail, serial)?;
    }
    Ok(Verdict::Keep(()))
}

/// See [`JourneyStore::journey`](enlist_registration::ports::JourneyStore::journey).
pub(super) fn journey(
    connection: &Connection,
    id: RegistrationId,
) -> Result<Option<Journey>, Fault> {
    let sql = format!("SELECT {JOURNEY} FROM pending_registrations WHERE id = ?1");
    one(connection, &sql, [Key::from(id)], read)
}

/// See [`JourneyStore::count_journey_code`](enlist_registration::ports::JourneyStore::count_journey_code).
/// Of a journey that does not exist: one.
pub(super) fn count_code(tx: &Tx<'_>, id: RegistrationId) -> Result<Verdict<u32>, Fault> {
    let sql = "UPDATE pending_registrations SET code_attempts = min(code_attempts + 1, 4294967295)
               WHERE id = ?1 RETURNING code_attempts";
    let tried = one(tx.connection, sql, [Key::from(id)], |row| Ok(row.get(0)?))?;
    Ok(Verdict::Keep(tried.unwrap_or(1)))
}

/// See [`JourneyStore::verify_journey`](enlist_registration::ports::JourneyStore::verify_journey).
pub(super) fn verify(
    tx: &Tx<'_>,
    id: RegistrationId,
    proof: Proof,
    expires_at: Timestamp,
) -> Result<Verdict<JourneyChange>, Fault> {
    let (serial, proves_starter) = match proof {
        Proof::Code => (None, true),
        Proof::Link { serial, by } => (Some(serial), by == LinkUsedBy::Starter),
    };
    let sql = format!(
        "UPDATE pending_registrations
         SET verified_at = coalesce(verified_at, :now),
             starter_proved = starter_proved OR :proves_starter,
             links_used_to = coalesce(:serial, links_used_to),
             expires_at = max(expires_at, :expires_at)
         WHERE id = :id AND expires_at > :now AND mail_refused_at IS NULL
             AND (:serial IS NULL OR (links_used_to < :serial AND :serial <= mail_serial))
         RETURNING {JOURNEY}"
    );
    let parameters = named_params! {
        ":now": Moment(tx.now),
        ":proves_starter": proves_starter,
        ":serial": serial,
        ":expires_at": Moment(expires_at),
        ":id": Key::from(id),
    };
    changed(tx, id, &sql, parameters)
}

/// See [`JourneyStore::refuse_journey_mail`](enlist_registration::ports::JourneyStore::refuse_journey_mail).
pub(super) fn refuse_mail(
    tx: &Tx<'_>,
    id: RegistrationId,
) -> Result<Verdict<JourneyChange>, Fault> {
    let sql = format!(
        "UPDATE pending_registrations SET mail_refused_at = ?2
         WHERE id = ?1 AND expires_at > ?2 AND verified_at IS NULL AND mail_refused_at IS NULL
         RETURNING {JOURNEY}"
    );
    changed(tx, id, &sql, (Key::from(id), Moment(tx.now)))
}

/// See [`JourneyStore::enter`](enlist_registration::ports::JourneyStore::enter).
pub(super) fn enter(
    tx: &Tx<'_>,
    id: RegistrationId,
    entry: &Entry,
) -> Result<Verdict<JourneyChange>, Fault> {
    // Whether a card is used up shows in the last attempt: only another card makes that of no interest.
    let (change, value) = match entry {
        Entry::Profile(profile) => ("profile = :value", to_json("a profile", profile.as_ref())?),
        Entry::Card(card) => (
            "card = :value, registration_id = NULL",
            to_json("a card", card)?,
        ),
        Entry::Plan(plan) => ("plan = :value", plan.clone()),
    };
    let sql = format!(
        "UPDATE pending_registrations SET {change}
         WHERE id = :id AND expires_at > :now AND verified_at IS NOT NULL AND {IS_OPEN}
         RETURNING {JOURNEY}"
    );
    let parameters = named_params! {
        ":value": value,
        ":id": Key::from(id),
        ":now": Moment(tx.now),
    };
    changed(tx, id, &sql, parameters)
}

/// Makes a journey point to the registration that its last step begins; whether it was open.
pub(super) fn close(
    tx: &Tx<'_>,
    id: RegistrationId,
    registration: RegistrationId,
) -> Result<bool, Fault> {
    let sql = format!(
        "UPDATE pending_registrations SET registration_id = :registration
         WHERE id = :id AND expires_at > :now AND verified_at IS NOT NULL AND {IS_OPEN}"
    );
    let parameters = named_params! {
        ":registration": Key::from(registration),
        ":id": Key::from(id),
        ":now": Moment(tx.now),
    };
    Ok(tx.execute(&sql, parameters)? == 1)
}

/// See [`JourneyStore::ask_for_journey_mail`](enlist_registration::ports::JourneyStore::ask_for_journey_mail).
pub(super) fn ask_for_mail(
    tx: &Tx<'_>,
    id: RegistrationId,
    job: JobId,
    ration: MailRation,
    of_address: AddressRation,
) -> Result<Verdict<MailAsked>, Fault> {
    let found = journey(tx.connection, id)?;
    let waits = |journey: &Journey| {
        journey.expires_at > tx.now && journey.address_is() != AddressIs::Refused
    };
    let Some(journey) = found.filter(waits) else {
        return Ok(Verdict::Discard(MailAsked::NotWaiting));
    };
    let sql = format!("SELECT {MAILS_TO_ADDRESS}");
    let parameters = named_params! {
        ":email_normalised": journey.email.normalised(),
        ":since": Moment(earlier(tx.now, of_address.within)),
    };
    let sent: u32 = one(tx.connection, &sql, parameters, |row| Ok(row.get(0)?))?.unwrap_or(0);
    if journey.mail_serial >= ration.mails || sent >= of_address.mails {
        return Ok(Verdict::Discard(MailAsked::Exhausted));
    }
    let not_before = later(journey.last_mail_at, ration.apart);
    if not_before > tx.now {
        return Ok(Verdict::Discard(MailAsked::TooSoon(not_before)));
    }
    let serial = journey.mail_serial.saturating_add(1);
    tx.execute_on_one(
        "UPDATE pending_registrations
         SET mail_serial = ?1, last_mail_at = ?2, code_attempts = 0
         WHERE id = ?3",
        (serial, Moment(tx.now), Key::from(id)),
    )?;
    queue_mail(tx, id, job, serial)?;
    Ok(Verdict::Keep(MailAsked::Queued))
}

/// See [`JourneyStore::journeys`](enlist_registration::ports::JourneyStore::journeys).
pub(super) fn journeys(
    connection: &Connection,
    filter: &JourneyFilter,
) -> Result<Vec<Journey>, Fault> {
    let is_among = is_among(filter.which);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {JOURNEY} FROM pending_registrations
         WHERE (:email IS NULL OR email_normalised = :email) AND expires_at > :alive_at
             AND {is_among} AND {IS_OPEN}
         ORDER BY begun_at DESC, id DESC LIMIT :limit"
    ))?;
    let mut rows = statement.query(named_params! {
        ":email": filter.email.as_ref().map(EmailAddress::normalised),
        ":alive_at": Moment(filter.alive_at),
        ":limit": filter.limit,
    })?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// See [`JourneyStore::has_account`](enlist_registration::ports::JourneyStore::has_account).
pub(super) fn has_account(connection: &Connection, email: &EmailAddress) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM users WHERE email_normalised = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .exists([email.normalised()])?)
}

/// Deletes journeys that have expired, and empties those that lead on; how many.
pub(super) fn forget(tx: &Tx<'_>, limit: u32) -> Result<usize, Fault> {
    let delete = format!(
        "DELETE FROM pending_registrations
         WHERE id IN (SELECT id FROM pending_registrations
                      WHERE expires_at <= ?1 AND {HAS_CONTENT} AND NOT {LEADS_ON}
                      ORDER BY expires_at LIMIT ?2)"
    );
    let empty = format!(
        "UPDATE pending_registrations SET profile = NULL, card = NULL, plan = NULL
         WHERE id IN (SELECT id FROM pending_registrations
                      WHERE expires_at <= ?1 AND {HAS_CONTENT} AND {LEADS_ON}
                      ORDER BY expires_at LIMIT ?2)"
    );
    let deleted = tx.execute(&delete, (Moment(tx.now), limit))?;
    Ok(deleted + tx.execute(&empty, (Moment(tx.now), limit))?)
}

/// Deletes what was left of the journeys that led to a registration.
pub(super) fn forget_with(tx: &Tx<'_>, registration: &Key) -> Result<usize, Fault> {
    let delete = format!(
        "DELETE FROM pending_registrations WHERE registration_id = ?1 AND NOT {HAS_CONTENT}"
    );
    tx.execute(&delete, [registration])
}

fn changed(
    tx: &Tx<'_>,
    id: RegistrationId,
    sql: &str,
    parameters: impl Params,
) -> Result<Verdict<JourneyChange>, Fault> {
    if let Some(journey) = one(tx.connection, sql, parameters, read)? {
        return Ok(Verdict::Keep(JourneyChange::Made(Box::new(journey))));
    }
    let found = journey(tx.connection, id)?;
    Ok(Verdict::Discard(
        match found.filter(|journey| journey.expires_at > tx.now) {
            Some(journey) => JourneyChange::Refused(Box::new(journey)),
            None => JourneyChange::Gone,
        },
    ))
}

fn queue_mail(tx: &Tx<'_>, id: RegistrationId, job: JobId, serial: u32) -> Result<(), Fault> {
    let job = NewJob {
        id: job,
        kind: JobKind::JourneyMail,
        registration: id,
        serial,
        due_at: tx.now,
    };
    jobs::queue(tx, &job)
}

fn read(row: &Row<'_>) -> Result<Journey, Fault> {
    let profile: Option<String> = row.get("profile")?;
    let card: Option<String> = row.get("card")?;
    let verified_at: Option<Moment> = row.get("verified_at")?;
    let mail_refused_at: Option<Moment> = row.get("mail_refused_at")?;
    let registration: Option<Key> = row.get("registration_id")?;
    Ok(Journey {
        id: RegistrationId(row.get::<_, Key>("id")?.0),
        email: email_of(
            "a journey's e-mail address",
            &row.get::<_, String>("email")?,
        )?,
        language: row
            .get::<_, Option<String>>("language")?
            .and_then(|tag| Language::from_tag(&tag)),
        profile: profile
            .map(|json| from_json("a journey's profile", &json))
            .transpose()?,
        card: card
            .map(|json| from_json("a journey's card", &json))
            .transpose()?,
        plan: row.get("plan")?,
        verified_at: verified_at.map(|moment| moment.0),
        mail_refused_at: mail_refused_at.map(|moment| moment.0),
        starter: match row.get("starter_proved")? {
            true => Starter::Proved,
            false => Starter::Unproved,
        },
        registration: registration.map(|key| RegistrationId(key.0)),
        begun_at: row.get::<_, Moment>("begun_at")?.0,
        expires_at: row.get::<_, Moment>("expires_at")?.0,
        mail_serial: row.get("mail_serial")?,
        last_mail_at: row.get::<_, Moment>("last_mail_at")?.0,
        code_attempts: row.get("code_attempts")?,
    })
}
