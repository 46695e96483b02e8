//! The clients: a bounded number at once, each with a bounded number of sign-ups per round. A client
//! whose connection broke comes back in the next round, with the same key if it had one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::Scope;

use super::chance::Chance;
use super::client::{Client, NoAnswer};
use super::journeys::Journey;
use super::person::{Person, Place, Word, link, send, send_until_it_ends};
use super::site::Site;
use super::tables::{number, text};
use super::telling::Told;
use super::walks::Walk;

/// Clients at once.
const CLIENTS: usize = 8;
/// Sign-ups of one client in one short round.
pub const SIGN_UPS: usize = 12;
/// Mails that are written at the same moment, at most.
const MAILS_UNDER_WAY: i64 = 100;
/// Keys repeated at the end, at most; enough to meet every kind of answer.
const MOST_REPEATED_KEYS: usize = 500;

/// All clients, over all rounds.
pub struct Load {
    chance: Chance,
    place: Place,
    shared: Arc<Mutex<Shared>>,
    last_mail: i64,
}

/// What the clients have in common.
#[derive(Default)]
pub struct Shared {
    pub told: Told,
    /// Journeys whose connection broke.
    pub cut_off: Vec<Journey>,
    /// Words to the bank of which nobody knows whether they arrived.
    pub unheard: Vec<Word>,
    /// Those who are on their way through the three steps.
    pub walks: Vec<Walk>,
}

/// Ends the load when it is dropped, which it is too if a test fails.
pub struct Ending<'a>(pub &'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Load {
    pub fn new(chance: Chance, site: &Site) -> Self {
        Self {
            chance,
            place: Place::of(site),
            shared: Arc::default(),
            last_mail: 0,
        }
    }

    /// Starts the clients of one round. They end when the service does, or when they are done.
    pub fn run<'s>(
        &mut self,
        scope: &'s Scope<'s, '_>,
        port: u16,
        round: u32,
        sign_ups: usize,
        over: &'s AtomicBool,
    ) {
        for _ in 0..CLIENTS {
            let chance = self.chance.split();
            let (shared, place) = (Arc::clone(&self.shared), self.place.clone());
            scope.spawn(move || {
                let mut person = Person::new(chance, Client::new(port), place, over);
                for _ in 0..sign_ups {
                    person.sign_up_or_come_back(&shared, round);
                    person.report(&mut shared.lock().unwrap());
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
    }

    /// Takes note of the mails that came since: the mailbox keeps the newest only.
    pub fn harvest(&mut self) {
        // A mail that was numbered earlier may have been committed later.
        let newer = format!("id > {}", self.last_mail - MAILS_UNDER_WAY);
        // A mailbox that was killed before it had its table has no mail.
        let mails = self.place.tables.mails(&newer).unwrap_or_default();
        let mut shared = self.shared.lock().unwrap();
        for mail in &mails {
            self.last_mail = number(mail, 0).unwrap_or_default().max(self.last_mail);
            let (message_id, text) = (text(mail, 1), text(mail, 2));
            // The link begins with the registration's id.
            let registration = link(&text).and_then(|link| link.get(..32)?.parse().ok());
            let mails = &mut shared.told.mails;
            mails.insert(message_id, registration.unwrap_or_default());
        }
    }

    /// Lets everybody whose connection broke ask once more.
    pub fn ask_again(&mut self, client: &Client) {
        let mut shared = self.shared.lock().unwrap();
        for word in std::mem::take(&mut shared.unheard) {
            let gateway = &self.place.gateway;
            match gateway.answer(client, &word) {
                Ok(answer) => shared.told.hear_of_the_bank(gateway, &word, &answer),
                Err(NoAnswer) => shared
                    .told
                    .unexpected
                    .push("the bank was silent".to_owned()),
            }
        }
        for journey in std::mem::take(&mut shared.cut_off) {
            match send_until_it_ends(client, &journey, &AtomicBool::new(false)) {
                Ok(answer) => shared.told.hear(&journey, &answer),
                Err(NoAnswer) => shared.told.wonder_at_silence(&journey),
            }
        }
        let walks = std::mem::take(&mut shared.walks);
        drop(shared);
        self.walk(client, walks);
    }

    /// Lets walks go on to their end, where nothing fails.
    pub fn walk(&mut self, client: &Client, walks: Vec<Walk>) {
        let over = AtomicBool::new(false);
        let (chance, place) = (self.chance.split(), self.place.clone());
        let mut person = Person::new(chance, client.clone(), place, &over);
        for walk in walks {
            person.walk_to_its_end(walk);
        }
        person.report(&mut self.shared.lock().unwrap());
    }

    /// Repeats requests with their keys, so that every answer can be compared with the first.
    pub fn repeat_keys(&mut self, client: &Client) {
        let mut shared = self.shared.lock().unwrap();
        let keys = &shared.told.by_key;
        let step = keys.len().div_ceil(MOST_REPEATED_KEYS).max(1);
        let journeys: Vec<Journey> = keys
            .values()
            .step_by(step)
            .map(|(it, _)| it.clone())
            .collect();
        for journey in journeys {
            match send(client, &journey) {
                Ok(answer) => shared.told.hear(&journey, &answer),
                Err(NoAnswer) => shared.told.wonder_at_silence(&journey),
            }
        }
        let completed = &shared.told.completed;
        let step = completed.len().div_ceil(MOST_REPEATED_KEYS).max(1);
        let walks = completed.values().step_by(step).cloned().collect();
        drop(shared);
        // Each is at its last step still.
        self.walk(client, walks);
    }

    /// What was told so far; something may be added.
    pub fn with_told<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.shared.lock().unwrap().told)
    }

    /// Everything that was told.
    pub fn into_told(self) -> Told {
        std::mem::take(&mut self.shared.lock().unwrap().told)
    }
}
