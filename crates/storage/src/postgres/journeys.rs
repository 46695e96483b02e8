//! Pending registrations: what a person says, one after the other, until the last step. Each change is
//! one statement, which names what it expects.

use std::sync::LazyLock;

use enlist_domain::{EmailAddress, Language};
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::jobs::JobKind;
use enlist_registration::journey::{Journey, Starter};
use enlist_registration::limits::later;
use enlist_registration::ports::{
    AddressRation, Entry, JourneyChange, JourneyFilter, LinkUsedBy, MailAsked, MailRation, Proof,
};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use super::Database;
use super::fault::Fault;
use super::parameters::{JsonText, Moment, Parameter, parameters};
use super::rows::{count, json};
use super::session::Written;
use crate::values::{HAS_CONTENT, IS_OPEN, JOURNEY, LEADS_ON, email_of, is_among, to_json};

/// Of an address's mails those that still count.
macro_rules! recent {
    ($micros:literal) => {
        concat!(
            "ARRAY(SELECT asked_at FROM unnest(known.asked_at) AS mail (asked_at)
                   WHERE mail.asked_at > now() - ",
            $micros,
            " * interval '1 microsecond')"
        )
    };
}

/// Counts a mail to each address that `$addresses` selects, unless it has had its ration. The row is the
/// newest one there is, whatever the statement's snapshot: of two at once, the second counts the first.
macro_rules! count_mail {
    (to $addresses:literal, at_most $mails:literal, within $micros:literal) => {
        concat!(
            "INSERT INTO mails_to_addresses AS known (email_normalised, asked_at, counts_until)
             SELECT email_normalised, ARRAY[now()], now() + ",
            $micros,
            " * interval '1 microsecond'
             FROM ",
            $addresses,
            " WHERE ",
            $mails,
            " > 0
             ON CONFLICT (email_normalised) DO UPDATE
             SET asked_at = ",
            recent!($micros),
            " || now(), counts_until = excluded.counts_until
             WHERE cardinality(",
            recent!($micros),
            ") < ",
            $mails,
            "
             RETURNING email_normalised"
        )
    };
}

/// A journey that is there already was written by an earlier try, whose mail is counted.
const BEGIN: &str = concat!(
    "WITH address AS (
        SELECT $3::text AS email_normalised
        WHERE NOT EXISTS (SELECT 1 FROM pending_registrations WHERE id = $1)
    ), counted AS (",
    count_mail!(to "address", at_most "$6", within "$7"),
    "), journey AS (
        INSERT INTO pending_registrations (
            id, email, email_normalised, language, starter_proved, begun_at, expires_at, mail_serial,
            last_mail_at, code_attempts, links_used_to)
        SELECT $1, $2, $3, $4, false, now(), $5, (SELECT count(*) FROM counted), now(), 0, 0
        ON CONFLICT (id) DO NOTHING
        RETURNING id, mail_serial
    )
    INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                      queued_at)
    SELECT $8, $9, id, mail_serial, now(), 0, 'queued', 0, now() FROM journey WHERE mail_serial > 0
    RETURNING id"
);

/// See [`JourneyStore::begin_journey`](enlist_registration::ports::JourneyStore::begin_journey).
pub(super) async fn begin(
    store: &Database,
    journey: &Journey,
    mail: JobId,
    ration: AddressRation,
) -> Result<(), Fault> {
    store
        .write(
            BEGIN,
            &parameters![
                journey.id.0,
                journey.email.as_typed(),
                journey.email.normalised(),
                journey.language.map(Language::tag),
                Moment(journey.expires_at),
                i64::from(ration.mails),
                micros(ration.within),
                mail.0,
                JobKind::JourneyMail.as_str(),
            ],
        )
        .await?;
    Ok(())
}

/// See [`JourneyStore::journey`](enlist_registration::ports::JourneyStore::journey).
pub(super) async fn journey(
    store: &Database,
    id: RegistrationId,
) -> Result<Option<Journey>, Fault> {
    let sql = format!("SELECT {JOURNEY} FROM pending_registrations WHERE id = $1");
    let found = store.read(&sql, &parameters![id.0]).await?;
    found.first().map(read).transpose()
}

/// See [`JourneyStore::count_journey_code`](enlist_registration::ports::JourneyStore::count_journey_code).
/// Of a journey that does not exist: one.
pub(super) async fn count_code(store: &Database, id: RegistrationId) -> Result<u32, Fault> {
    const COUNT: &str = "
        UPDATE pending_registrations SET code_attempts = least(code_attempts + 1, 4294967295)
        WHERE id = $1 RETURNING code_attempts";
    let written = store.write(COUNT, &parameters![id.0]).await?;
    let tried = written.rows.first().map(|row| count(row, "code_attempts"));
    Ok(tried.transpose()?.unwrap_or(1))
}

static VERIFY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE pending_registrations
         SET verified_at = coalesce(verified_at, now()), starter_proved = starter_proved OR $2,
             links_used_to = coalesce($3, links_used_to), expires_at = greatest(expires_at, $4)
         WHERE id = $1 AND expires_at > now() AND mail_refused_at IS NULL
             AND ($3 IS NULL OR (links_used_to < $3 AND $3 <= mail_serial))
         RETURNING {JOURNEY}"
    )
});

/// See [`JourneyStore::verify_journey`](enlist_registration::ports::JourneyStore::verify_journey). Where
/// the answer to the use of a link is lost, the second try finds it used, and it is refused: another
/// mail has another.
pub(super) async fn verify(
    store: &Database,
    id: RegistrationId,
    proof: Proof,
    expires_at: Timestamp,
) -> Result<JourneyChange, Fault> {
    let (serial, proves_starter) = match proof {
        Proof::Code => (None, true),
        Proof::Link { serial, by } => (Some(i64::from(serial)), by == LinkUsedBy::Starter),
    };
    let expires_at = Moment(expires_at);
    let parameters = parameters![id.0, proves_starter, serial, expires_at];
    change(store, id, &VERIFY, &parameters).await
}

static REFUSE_MAIL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE pending_registrations SET mail_refused_at = now()
         WHERE id = $1 AND expires_at > now() AND verified_at IS NULL AND mail_refused_at IS NULL
         RETURNING {JOURNEY}"
    )
});

/// See [`JourneyStore::refuse_journey_mail`](enlist_registration::ports::JourneyStore::refuse_journey_mail).
pub(super) async fn refuse_mail(
    store: &Database,
    id: RegistrationId,
) -> Result<JourneyChange, Fault> {
    change(store, id, &REFUSE_MAIL, &parameters![id.0]).await
}

/// See [`JourneyStore::enter`](enlist_registration::ports::JourneyStore::enter).
pub(super) async fn enter(
    store: &Database,
    id: RegistrationId,
    entry: &Entry,
) -> Result<JourneyChange, Fault> {
    // Whether a card is used up shows in the last attempt: only another card makes that of no interest.
    let statement = |change: &str| {
        format!(
            "UPDATE pending_registrations SET {change}
             WHERE id = $1 AND expires_at > now() AND verified_at IS NOT NULL AND {IS_OPEN}
             RETURNING {JOURNEY}"
        )
    };
    match entry {
        Entry::Profile(profile) => {
            let profile = JsonText(to_json("a profile", profile.as_ref())?);
            change(
                store,
                id,
                &statement("profile = $2"),
                &parameters![id.0, profile],
            )
            .await
        }
        Entry::Card(card) => {
            let card = JsonText(to_json("a card", card)?);
            let statement = statement("card = $2, registration_id = NULL");
            change(store, id, &statement, &parameters![id.0, card]).await
        }
        Entry::Plan(plan) => {
            change(
                store,
                id,
                &statement("plan = $2"),
                &parameters![id.0, plan.as_str()],
            )
            .await
        }
    }
}

/// Whether a journey's last step can begin a registration.
pub(super) async fn is_open(store: &Database, id: RegistrationId) -> Result<bool, Fault> {
    let sql = format!(
        "SELECT 1 FROM pending_registrations
         WHERE id = $1 AND expires_at > now() AND verified_at IS NOT NULL AND {IS_OPEN}"
    );
    Ok(!store.read(&sql, &parameters![id.0]).await?.is_empty())
}

/// Only within both rations.
const QUEUE: &str = concat!(
    "WITH journey AS (
        SELECT id, email_normalised FROM pending_registrations
        WHERE id = $1 AND expires_at > now() AND mail_refused_at IS NULL AND mail_serial < $2
            AND last_mail_at + $3 * interval '1 microsecond' <= now()
        FOR UPDATE
    ), counted AS (",
    count_mail!(to "journey", at_most "$4", within "$5"),
    "), asked AS (
        UPDATE pending_registrations
        SET mail_serial = mail_serial + 1, last_mail_at = now(), code_attempts = 0
        FROM counted WHERE id = $1
        RETURNING id, mail_serial
    )
    INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                      queued_at)
    SELECT $6, $7, id, mail_serial, now(), 0, 'queued', 0, now() FROM asked
    RETURNING id"
);

/// Why not, by the same clock. The rations go first: whoever has used one up would wait in vain.
const REFUSED: &str = concat!(
    "SELECT mail_serial, last_mail_at,
        expires_at > now() AND mail_refused_at IS NULL AS is_waiting,
        coalesce((SELECT cardinality(",
    recent!("$3"),
    ") FROM mails_to_addresses AS known
            WHERE known.email_normalised = pending_registrations.email_normalised), 0)::bigint
            AS mails_to_address,
        EXISTS (SELECT 1 FROM jobs WHERE jobs.id = $2) AS is_queued
    FROM pending_registrations WHERE id = $1"
);

/// See [`JourneyStore::ask_for_journey_mail`](enlist_registration::ports::JourneyStore::ask_for_journey_mail).
pub(super) async fn ask_for_mail(
    store: &Database,
    id: RegistrationId,
    job: JobId,
    ration: MailRation,
    of_address: AddressRation,
) -> Result<MailAsked, Fault> {
    let within = micros(of_address.within);
    let queued = store
        .write(
            QUEUE,
            &parameters![
                id.0,
                i64::from(ration.mails),
                micros(ration.apart),
                i64::from(of_address.mails),
                within,
                job.0,
                JobKind::JourneyMail.as_str(),
            ],
        )
        .await;
    match queued {
        Ok(queued) if queued.rows.is_empty() => {}
        // By an earlier try whose answer was lost, where the ration allows for two at once.
        Err(fault) if fault.violated() == Some("jobs_pkey") => return Ok(MailAsked::Queued),
        other => return other.map(|_| MailAsked::Queued),
    }
    let found = store
        .read(REFUSED, &parameters![id.0, job.0, within])
        .await?;
    let Some(row) = found.first() else {
        return Ok(MailAsked::NotWaiting);
    };
    let is_waiting: bool = row.try_get("is_waiting")?;
    // By an earlier try whose answer was lost.
    if row.try_get("is_queued")? {
        Ok(MailAsked::Queued)
    } else if !is_waiting {
        Ok(MailAsked::NotWaiting)
    } else if count(row, "mail_serial")? >= ration.mails
        || count(row, "mails_to_address")? >= of_address.mails
    {
        Ok(MailAsked::Exhausted)
    } else {
        let last: Moment = row.try_get("last_mail_at")?;
        Ok(MailAsked::TooSoon(later(last.0, ration.apart)))
    }
}

/// See [`JourneyStore::journeys`](enlist_registration::ports::JourneyStore::journeys).
pub(super) async fn journeys(
    store: &Database,
    filter: &JourneyFilter,
) -> Result<Vec<Journey>, Fault> {
    let is_among = is_among(filter.which);
    let sql = format!(
        "SELECT {JOURNEY} FROM pending_registrations
         WHERE ($1::text IS NULL OR email_normalised = $1) AND expires_at > $2 AND {is_among}
             AND {IS_OPEN}
         ORDER BY begun_at DESC, id DESC LIMIT $3"
    );
    let email = filter.email.as_ref().map(EmailAddress::normalised);
    let (alive_at, limit) = (Moment(filter.alive_at), i64::from(filter.limit));
    let found = store
        .read(&sql, &parameters![email, alive_at, limit])
        .await?;
    found.iter().map(read).collect()
}

/// See [`JourneyStore::has_account`](enlist_registration::ports::JourneyStore::has_account).
pub(super) async fn has_account(store: &Database, email: &EmailAddress) -> Result<bool, Fault> {
    const USER: &str = "SELECT 1 FROM users WHERE email_normalised = $1";
    let found = store.read(USER, &parameters![email.normalised()]).await?;
    Ok(!found.is_empty())
}

static DELETE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "DELETE FROM pending_registrations
         WHERE id IN (SELECT id FROM pending_registrations
                      WHERE expires_at <= now() AND {HAS_CONTENT} AND NOT {LEADS_ON}
                      ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING id"
    )
});

static EMPTY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE pending_registrations SET profile = NULL, card = NULL, plan = NULL
         WHERE id IN (SELECT id FROM pending_registrations
                      WHERE expires_at <= now() AND {HAS_CONTENT} AND {LEADS_ON}
                      ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING id"
    )
});

const MAILS: &str = "
    DELETE FROM mails_to_addresses
    WHERE email_normalised IN (SELECT email_normalised FROM mails_to_addresses
                               WHERE counts_until <= now()
                               ORDER BY counts_until LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING email_normalised";

/// Deletes journeys that have expired, empties those that lead on, and deletes which mails were counted
/// that count no more; how many rows these were. After a wave there are more than fit in one go, and
/// whoever asks goes on as long as there are.
pub(super) async fn forget(store: &Database, limit: i64) -> Result<usize, Fault> {
    let deleted = store.write(&DELETE, &parameters![limit]).await?;
    let emptied = store.write(&EMPTY, &parameters![limit]).await?;
    let mails = store.write(MAILS, &parameters![limit]).await?;
    Ok(deleted.rows.len() + emptied.rows.len() + mails.rows.len())
}

/// Makes a change, or says why not: by the database's clock again, since by ours, if that is behind, what has
/// expired would still be there.
async fn change(
    store: &Database,
    id: RegistrationId,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<JourneyChange, Fault> {
    let Written { rows, .. } = store.write(statement, parameters).await?;
    if let Some(row) = rows.first() {
        return Ok(JourneyChange::Made(Box::new(read(row)?)));
    }
    let alive =
        format!("SELECT {JOURNEY} FROM pending_registrations WHERE id = $1 AND expires_at > now()");
    let found = store.read(&alive, &parameters![id.0]).await?;
    Ok(match found.first() {
        Some(row) => JourneyChange::Refused(Box::new(read(row)?)),
        None => JourneyChange::Gone,
    })
}

fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn read(row: &Row) -> Result<Journey, Fault> {
    let profile: Option<Json<_>> = json(row, "profile", "a journey's profile")?;
    let card: Option<Json<_>> = json(row, "card", "a journey's card")?;
    let verified_at: Option<Moment> = row.try_get("verified_at")?;
    let mail_refused_at: Option<Moment> = row.try_get("mail_refused_at")?;
    let registration: Option<uuid::Uuid> = row.try_get("registration_id")?;
    Ok(Journey {
        id: RegistrationId(row.try_get("id")?),
        email: email_of("a journey's e-mail address", row.try_get("email")?)?,
        language: row
            .try_get::<_, Option<&str>>("language")?
            .and_then(Language::from_tag),
        profile: profile.map(|profile| profile.0),
        card: card.map(|card| card.0),
        plan: row.try_get("plan")?,
        verified_at: verified_at.map(|moment| moment.0),
        mail_refused_at: mail_refused_at.map(|moment| moment.0),
        starter: match row.try_get("starter_proved")? {
            true => Starter::Proved,
            false => Starter::Unproved,
        },
        registration: registration.map(RegistrationId),
        begun_at: row.try_get::<_, Moment>("begun_at")?.0,
        expires_at: row.try_get::<_, Moment>("expires_at")?.0,
        mail_serial: count(row, "mail_serial")?,
        last_mail_at: row.try_get::<_, Moment>("last_mail_at")?.0,
        code_attempts: count(row, "code_attempts")?,
    })
}
