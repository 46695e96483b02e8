//! Checks of what the service told its clients, and of what it must not tell anybody.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use serde_json::Value;
use uuid::Uuid;

use super::checks::Offender;
use super::client::Answer;
use super::journeys::{NUMBERS, PASSWORD};
use super::telling::{Told, registration_of};
use super::world::World;

/// The order of a journey's steps, and its mail's job.
const VERIFY_FIRST: &str = "verify_first";
const JOURNEY_MAIL: &str = "journey_mail";

/// Why an account that was opened may be undone.
const MAY_UNDO: &[&str] = &["not_verified"];

pub fn unexpected(_: &World, told: &Told) -> Vec<Offender> {
    told.unexpected
        .iter()
        .map(|what| Offender {
            registration: None,
            what: what.clone(),
        })
        .collect()
}

pub fn opened_and_gone(world: &World, told: &Told) -> Vec<Offender> {
    let gone = told.opened.iter().filter(|(registration, user)| {
        let Some(journal) = world.registrations.get(registration) else {
            return true;
        };
        let has_right = journal
            .failure
            .as_deref()
            .is_some_and(|it| MAY_UNDO.contains(&it));
        let is_undone = journal.status == "undone" && has_right && journal.has_opened;
        journal.user != *user || !(is_undone || world.users.contains_key(user))
    });
    gone.map(|(registration, user)| of(*registration, format!("201 for user {user}")))
        .collect()
}

pub fn failed_and_there(world: &World, told: &Told) -> Vec<Offender> {
    let there = told.failed.iter().filter(|(registration, _)| {
        let journal = world.registrations.get(registration);
        journal.is_none_or(|journal| journal.status != "undone") || world.has_user(*registration)
    });
    there
        .map(|(registration, status)| of(*registration, format!("was told {status}")))
        .collect()
}

pub fn verified_and_forgotten(world: &World, told: &Told) -> Vec<Offender> {
    let forgotten = told.verified.iter().filter(|registration| {
        let journal = world.registrations.get(registration);
        journal.is_none_or(|journal| journal.status != "registered")
    });
    forgotten
        .map(|registration| of(*registration, "was verified".to_owned()))
        .collect()
}

pub fn contradictions(_: &World, told: &Told) -> Vec<Offender> {
    let keys = told.by_key.iter();
    let differing = keys.filter_map(|(key, (_, answers))| {
        let first = answers.first()?;
        let other = answers
            .iter()
            .find(|other| essence(other) != essence(first))?;
        Some((key, first, other))
    });
    differing
        .map(|(key, first, other)| Offender {
            registration: registration_of(first),
            what: format!(
                "key {key}: {} {}\n    then {} {}",
                first.status, first.body, other.status, other.body
            ),
        })
        .collect()
}

pub fn secrets(world: &World, _: &Told) -> Vec<Offender> {
    let secrets: Vec<&str> = NUMBERS
        .iter()
        .chain(world.secrets)
        .copied()
        .chain([PASSWORD])
        .collect();
    let search = AhoCorasick::new(&secrets).unwrap();
    let found = world.files.iter().flat_map(|(path, bytes)| {
        let mut found: Vec<&str> = search
            .find_iter(bytes)
            .map(|hit| secrets[hit.pattern()])
            .collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(move |secret| (path, secret))
    });
    found
        .map(|(path, secret)| Offender {
            registration: None,
            what: format!("{secret} in {}", path.display()),
        })
        .collect()
}

/// Every account that was opened has its mail, unless nobody needed it any more when it was due.
pub fn unmailed(world: &World, told: &Told) -> Vec<Offender> {
    let mut mailed: BTreeMap<Uuid, u32> = BTreeMap::new();
    for registration in told.mails.values() {
        *mailed.entry(*registration).or_default() += 1;
    }
    let mut jobs: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    for job in world
        .jobs
        .values()
        .filter(|job| job.kind == "verification_mail")
    {
        jobs.entry(job.registration).or_default().push(&job.status);
    }
    // Who proved the address before anything else was mailed before, too.
    let mut verified_first = world.registrations.values();
    let is_asked_twice =
        verified_first.find(|it| it.order == VERIFY_FIRST && jobs.contains_key(&it.id));
    let asked_twice = is_asked_twice.map(|it| of(it.id, "a second mail".to_owned()));
    let unmailed = told.walks.iter().filter_map(|(journey, said)| {
        let mut jobs = world.jobs.values();
        let job = jobs.find(|job| job.kind == JOURNEY_MAIL && job.registration == *journey);
        let status = job.map(|job| &*job.status);
        let is_right = status == Some("done") || status == Some("given_up") && said.may_be_over();
        (!is_right).then(|| of(*journey, format!("the job of its first mail: {status:?}")))
    });
    let opened = world
        .registrations
        .values()
        .filter(|registration| registration.has_opened && registration.order != VERIFY_FIRST);
    opened
        .filter_map(|registration| {
            let jobs = jobs.get(&registration.id).map(Vec::as_slice);
            let mails = mailed.get(&registration.id).copied().unwrap_or(0);
            let is_needed = registration.status == "awaiting_verification";
            let is_right = jobs == Some(&["done"]) && (mails == 1 || mails == 0 && !is_needed);
            (!is_right).then(|| of(registration.id, format!("jobs {jobs:?}, {mails} mails")))
        })
        .chain(asked_twice)
        .chain(unmailed)
        .collect()
}

pub fn mailed_too_early(world: &World, told: &Told) -> Vec<Offender> {
    let is_right = |message_id: &str, registration: &Uuid| {
        let job = message_id
            .trim_start_matches('<')
            .split(['.', '@'])
            .next()?;
        let job = world.jobs.get(&job.parse().ok()?)?;
        if job.kind == JOURNEY_MAIL {
            // The owner of an account gets no link.
            return Some(registration.is_nil() || job.registration == *registration);
        }
        let journal = world.registrations.get(registration)?;
        Some(job.registration == *registration && journal.has_opened)
    };
    let mails = told.mails.iter();
    mails
        .filter(|(message_id, registration)| is_right(message_id, registration) != Some(true))
        .map(|(message_id, registration)| of(*registration, format!("mail {message_id}")))
        .collect()
}

/// What must be the same in every answer to one key. A 201 is repeated to the letter; of a failure
/// the progress of the undoing may differ.
fn essence(answer: &Answer) -> Value {
    match answer.status {
        201 => answer.body.clone(),
        status => serde_json::json!([
            status,
            answer.body["title"],
            answer.body["decline_code"],
            answer.body["registration"]["id"]
        ]),
    }
}

fn of(registration: Uuid, what: String) -> Offender {
    Offender {
        registration: Some(registration),
        what,
    }
}
