//! One client: signs up, opens the mail, talks to the bank, and comes back where there was no answer.

mod walking;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use super::chance::Chance;
use super::client::{Answer, Client, NoAnswer};
use super::gateway::Gateway;
use super::journeys::{Bank, Journey, Proof};
use super::load::Shared;
use super::site::Site;
use super::tables::{Tables, text};
use super::telling::{Told, registration_of};
use super::walks::Walk;

/// One in so many signs up in three steps.
const WALKS_ONE_IN: u64 = 3;
/// Before the next request of a client that had no answer. Another replica may give one.
const AFTER_SILENCE: Duration = Duration::from_millis(50);
/// How long a person looks for the mail before doing something else.
const MAIL_LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// How often a request is repeated while the answer is "still running".
const REPEATS: u32 = 400;
const BETWEEN_REPEATS: Duration = Duration::from_millis(50);

/// Where a person signs up.
#[derive(Clone)]
pub struct Place {
    pub gateway: Arc<Gateway>,
    pub tables: Arc<dyn Tables>,
}

impl Place {
    pub fn of(site: &Site) -> Self {
        Self {
            gateway: Arc::clone(&site.gateway),
            tables: Arc::clone(&site.tables),
        }
    }
}

/// One client in one round.
pub struct Person<'a> {
    client: Client,
    chance: Chance,
    place: Place,
    over: &'a AtomicBool,
    told: Told,
    cut_off: Vec<Journey>,
    unheard: Vec<Word>,
    walks: Vec<Walk>,
}

impl Person<'_> {
    pub fn new(chance: Chance, client: Client, place: Place, over: &AtomicBool) -> Person<'_> {
        Person {
            client,
            chance,
            place,
            over,
            told: Told::default(),
            cut_off: Vec::new(),
            unheard: Vec::new(),
            walks: Vec::new(),
        }
    }

    /// One sign-up: its own, or one that broke off earlier.
    pub fn sign_up_or_come_back(&mut self, shared: &Mutex<Shared>, round: u32) {
        let unheard = shared.lock().unwrap().unheard.pop();
        if let Some(word) = unheard
            && self.say(word).is_err()
        {
            return self.hear_nothing();
        }
        let walk = shared.lock().unwrap().walks.pop();
        let is_new = walk.is_none() && self.chance.one_in(WALKS_ONE_IN);
        let walk = walk.or_else(|| is_new.then(|| Walk::new(&mut self.chance, round)));
        if let Some(walk) = walk {
            return self.walk_or_come_back(walk);
        }
        let come_back = shared.lock().unwrap().cut_off.pop();
        let journey = come_back.unwrap_or_else(|| Journey::new(&mut self.chance, round));
        if self.sign_up(&journey).is_err() {
            // Without a key the person cannot know, and mostly tries again all the same.
            if journey.key.is_some() || !self.chance.one_in(4) {
                self.cut_off.push(journey);
            }
            self.hear_nothing();
        }
    }

    fn hear_nothing(&mut self) {
        self.told.hear_nothing();
        thread::sleep(AFTER_SILENCE);
    }

    /// Hands over what it was told since the last time.
    pub fn report(&mut self, shared: &mut Shared) {
        shared.told.absorb(std::mem::take(&mut self.told));
        shared.cut_off.append(&mut self.cut_off);
        shared.unheard.append(&mut self.unheard);
        shared.walks.append(&mut self.walks);
    }

    fn sign_up(&mut self, journey: &Journey) -> Result<(), NoAnswer> {
        let answer = send(&self.client, journey)?;
        self.told.hear(journey, &answer);
        match answer.status {
            201 => self.prove(journey, &answer),
            202 => self.wait(journey, &answer),
            402 if self.chance.one_in(2) => {
                let second = journey.with_a_good_card(&mut self.chance);
                let answer = send(&self.client, &second)?;
                self.told.hear(&second, &answer);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// It runs, or the bank asks.
    fn wait(&mut self, journey: &Journey, answer: &Answer) -> Result<(), NoAnswer> {
        let Some(word) = self.word_to_the_bank(journey.bank, answer) else {
            return Ok(());
        };
        self.say(word)?;
        if journey.key.is_some() {
            let answer = send_until_it_ends(&self.client, journey, self.over)?;
            self.told.hear(journey, &answer);
        }
        Ok(())
    }

    /// What the person says if the bank asks; none if it does not, or they ignore it.
    fn word_to_the_bank(&mut self, bank: Bank, answer: &Answer) -> Option<Word> {
        let secret = answer.body["registration"]["client_secret"].as_str()?;
        let access = answer.body["access_token"].as_str().unwrap_or_default();
        if bank == Bank::Ignore {
            return None;
        }
        let back = match *self.place.gateway {
            Gateway::Stripe(_) if self.chance.one_in(2) => Back::Comes,
            _ => Back::Leaves,
        };
        Some(Word {
            client_secret: secret.to_owned(),
            answer: bank,
            registration: registration_of(answer).unwrap_or_default(),
            access_token: access.to_owned(),
            back,
        })
    }

    fn say(&mut self, word: Word) -> Result<(), NoAnswer> {
        match self.place.gateway.answer(&self.client, &word) {
            Ok(answer) if answer.status != 503 => {
                let gateway = &self.place.gateway;
                self.told.hear_of_the_bank(gateway, &word, &answer);
                Ok(())
            }
            _ => {
                self.unheard.push(word);
                Err(NoAnswer)
            }
        }
    }

    /// The person opens the mail, if it comes.
    fn prove(&mut self, journey: &Journey, answer: &Answer) -> Result<(), NoAnswer> {
        let Some(registration) = registration_of(answer).filter(|_| journey.proof != Proof::Never)
        else {
            return Ok(());
        };
        let Some(text) = self.mail_to(&journey.email, registration) else {
            return Ok(());
        };
        let proven = if journey.proof == Proof::Link {
            let token = link(&text).unwrap_or_default();
            self.client.post(&format!("/verify/{token}"), &[], "")?
        } else {
            let path = format!("/api/registrations/{registration}/verification");
            let access = answer.body["access_token"].as_str().unwrap_or_default();
            let access = format!("Bearer {access}");
            let headers = [
                ("content-type", "application/json"),
                ("authorization", &access),
            ];
            self.client
                .post(&path, &headers, &format!(r#"{{"code":"{}"}}"#, code(&text)))?
        };
        match proven.status {
            200 => self.told.verified.push(registration),
            // Undone meanwhile: the person had two seconds. Or the database was away.
            410 | 503 => {}
            status => self
                .told
                .unexpected
                .push(format!("{status} to {:?} of {registration}", journey.proof)),
        }
        Ok(())
    }

    /// Looks for a mail of the registration, for a while.
    fn mail_to(&self, email: &str, registration: Uuid) -> Option<String> {
        let registration = registration.simple();
        let to_me = format!("recipient = '{email}' AND text LIKE '%{registration}%'");
        for _ in 0..MAIL_LOOKS {
            let found = self.place.tables.mails(&to_me)?;
            match found.first() {
                Some(mail) => return Some(text(mail, 2)),
                None if self.over.load(Ordering::Relaxed) => return None,
                None => thread::sleep(BETWEEN_LOOKS),
            }
        }
        None
    }
}

/// A person's word to the bank. It is sent until it is answered, as a webhook is.
pub struct Word {
    pub client_secret: String,
    pub answer: Bank,
    pub registration: Uuid,
    pub access_token: String,
    pub back: Back,
}

/// What a person does who has answered, where the bank's page does not lead back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    Comes,
    Leaves,
}

/// Sends a sign-up once.
pub fn send(client: &Client, journey: &Journey) -> Result<Answer, NoAnswer> {
    let mut headers = vec![("content-type", "application/json")];
    if let Some(key) = &journey.key {
        headers.push(("idempotency-key", key));
    }
    if journey.is_async {
        headers.push(("prefer", "respond-async"));
    }
    client.post("/api/users", &headers, &journey.body())
}

/// Sends a sign-up again until the answer says how it ended, or that it waits for the person.
pub fn send_until_it_ends(
    client: &Client,
    journey: &Journey,
    over: &AtomicBool,
) -> Result<Answer, NoAnswer> {
    let mut answer = send(client, journey)?;
    for _ in 0..REPEATS {
        let status = answer.body["registration"]["status"]
            .as_str()
            .unwrap_or_default();
        let is_moving = matches!(answer.status, 202 | 409) && status == "running";
        if !is_moving || over.load(Ordering::Relaxed) || journey.key.is_none() {
            break;
        }
        thread::sleep(BETWEEN_REPEATS);
        answer = send(client, journey)?;
    }
    Ok(answer)
}

/// What follows `/verify/` in a mail.
pub fn link(text: &str) -> Option<&str> {
    text.split_once("/verify/")?.1.split_whitespace().next()
}

/// The six digits of a mail.
fn code(text: &str) -> &str {
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.split_whitespace().find(is_code).unwrap_or_default()
}
