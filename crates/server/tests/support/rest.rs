//! Coming to rest: at the end of a run everything must, by itself.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use super::site::Site;
use super::tables::{id, text};
use super::world::EVENTS;

/// How often it is looked whether everything rests.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Whoever runs the tests would like to know who kept them waiting.
const WORTH_A_WORD: Duration = Duration::from_secs(10);

/// How many stories are told, and how much of each: what happened last.
const STORIES: usize = 3;
const CHAPTERS: usize = 15;

/// Waits until no registration moves or is about to, and no mail is queued; returns how long it took.
pub fn wait_until_settled(site: &Site, limit: Duration) -> Duration {
    // A registration whose person has less than a minute left is about to be undone.
    let is_near = site.tables.is_near("act_by");
    let moving = format!(
        "SELECT id || ' ' || status FROM registrations
         WHERE status IN ('running', 'undoing') OR (status LIKE 'awaiting_%' AND {is_near})
         UNION ALL
         SELECT registration_id || ' ' || kind FROM jobs
         WHERE kind IN ('verification_mail', 'journey_mail', 'reflect') AND status = 'queued'"
    );
    wait_until_none(site, limit, || {
        let moving = site.tables.rows(&moving).into_iter().flatten().flatten();
        moving.collect()
    })
}

/// Waits until no pending registration is about to expire: what `is_over` is true of, or will be within a minute.
pub fn wait_until_expired(site: &Site, limit: Duration) {
    let is_near = site.tables.is_near("expires_at");
    let is_over = site.tables.is_over("expires_at");
    let near = format!(
        "SELECT id || ' is about to expire' FROM pending_registrations
         WHERE {is_near} AND NOT ({is_over})"
    );
    wait_until_none(site, limit, || {
        let near = site.tables.rows(&near).into_iter().flatten().flatten();
        near.collect()
    });
}

/// Waits until each that has is deleted, or emptied where it led to an account.
pub fn wait_until_forgotten(site: &Site, limit: Duration) {
    let is_over = site.tables.is_over("expires_at");
    let over = format!(
        "SELECT id || ' is over' FROM pending_registrations
         WHERE {is_over} AND (registration_id IS NULL OR profile IS NOT NULL)"
    );
    wait_until_none(site, limit, || {
        let over = site.tables.rows(&over).into_iter().flatten().flatten();
        over.collect()
    });
}

/// Waits until the gateway has told all there was to tell, and every answer to a bank was noticed, told or
/// not; returns how long it took.
pub fn wait_until_noticed(site: &Site, limit: Duration) -> Duration {
    let Some(stripe) = site.gateway.beside() else {
        return Duration::ZERO;
    };
    let awaiting = "SELECT id FROM registrations WHERE status = 'awaiting_action'";
    wait_until_none(site, limit, || {
        let waiting = stripe.deliveries().waiting;
        let untold = (waiting > 0).then(|| format!("{waiting} deliveries"));
        // Asked before the tables: what was answered since is for the next look.
        let open = stripe.open_invoices();
        let awaiting = site.tables.rows(awaiting);
        let is_asked = |registration: &Uuid| {
            let mut questions = open.iter().filter(|(id, _)| id == registration);
            questions.any(|(_, payment)| payment == "requires_action")
        };
        let answered = awaiting.iter().map(|line| id(line, 0));
        let answered = answered.filter(|registration| !is_asked(registration));
        let answered = answered.map(|registration| format!("{registration} was answered"));
        untold.into_iter().chain(answered).collect()
    })
}

/// Looks again and again until there is nothing; returns how long it took.
fn wait_until_none(site: &Site, limit: Duration, look: impl Fn() -> Vec<String>) -> Duration {
    let mut waited = Duration::ZERO;
    let mut last = Vec::new();
    loop {
        let moving = look();
        if moving.is_empty() {
            if waited > WORTH_A_WORD {
                let stories = stories(site, &last);
                println!("the last to come to rest, after {waited:?}: {last:?}{stories}");
            }
            return waited;
        }
        last.clone_from(&moving);
        assert!(
            waited < limit,
            "after {} s without faults these still move: {moving:#?}{}",
            limit.as_secs(),
            stories(site, &moving)
        );
        thread::sleep(BETWEEN_LOOKS);
        waited += BETWEEN_LOOKS;
    }
}

/// What happened to the first few of those that begin with the id of a registration.
fn stories(site: &Site, moving: &[String]) -> String {
    let events = site.tables.rows(EVENTS);
    let mut told = String::new();
    for what in moving.iter().take(STORIES) {
        let first = what.split(' ').next().unwrap_or_default();
        let Ok(registration) = first.parse::<Uuid>() else {
            continue;
        };
        let its = events.iter().filter(|line| id(line, 0) == registration);
        let its: Vec<String> = its.map(|line| text(line, 1)).collect();
        let last = &its[its.len().saturating_sub(CHAPTERS)..];
        let _ = write!(told, "\n{what}\n  {}", last.join("\n  "));
    }
    told
}
