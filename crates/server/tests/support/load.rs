//! The clients: a bounded number at once, each with a bounded number of sign-ups per round. A client
//! whose connection broke comes back in the next round, with the same key if it had one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope};
use std::time::Duration;

use uuid::Uuid;

use super::chance::Chance;
use super::client::{Answer, Client, NoAnswer};
use super::journeys::{Bank, Journey, Proof};
use super::site::Site;
use super::tables::{Tables, number, text};
use super::telling::{Told, registration_of};

/// Clients at once.
const CLIENTS: usize = 8;
/// Sign-ups of one client in one short round.
pub const SIGN_UPS: usize = 12;
/// Before the next request of a client that had no answer. Another replica may give one.
const AFTER_SILENCE: Duration = Duration::from_millis(50);
/// How long a person looks for the mail before doing something else.
const MAIL_LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// Mails that are written at the same moment, at most.
const MAILS_UNDER_WAY: i64 = 100;
/// How often a request is repeated while the answer is "still running".
const REPEATS: u32 = 400;
const BETWEEN_REPEATS: Duration = Duration::from_millis(50);
/// Keys repeated at the end, at most; enough to meet every kind of answer.
const MOST_REPEATED_KEYS: usize = 500;

/// All clients, over all rounds.
pub struct Load {
    chance: Chance,
    tables: Arc<dyn Tables>,
    shared: Arc<Mutex<Shared>>,
    last_mail: i64,
}

#[derive(Default)]
struct Shared {
    told: Told,
    /// Journeys whose connection broke.
    cut_off: Vec<Journey>,
    /// Words to the bank of which nobody knows whether they arrived.
    unheard: Vec<Word>,
}

/// A person's word to the bank. It is sent until it is answered, as a webhook is.
struct Word {
    client_secret: String,
    answer: &'static str,
}

/// One client in one round.
struct Person<'a> {
    client: Client,
    chance: Chance,
    tables: Arc<dyn Tables>,
    over: &'a AtomicBool,
    told: Told,
    cut_off: Vec<Journey>,
    unheard: Vec<Word>,
}

impl Load {
    pub fn new(chance: Chance, site: &Site) -> Self {
        Self {
            chance,
            tables: Arc::clone(&site.tables),
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
            let (shared, tables) = (Arc::clone(&self.shared), Arc::clone(&self.tables));
            scope.spawn(move || {
                let mut person = Person {
                    client: Client::new(port),
                    chance,
                    tables,
                    over,
                    told: Told::default(),
                    cut_off: Vec::new(),
                    unheard: Vec::new(),
                };
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
        let mails = self.tables.mails(&newer).unwrap_or_default();
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
            match word.send(client) {
                Ok(answer) => shared.told.hear_of_the_bank(&answer),
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

impl Person<'_> {
    fn sign_up_or_come_back(&mut self, shared: &Mutex<Shared>, round: u32) {
        let unheard = shared.lock().unwrap().unheard.pop();
        if let Some(word) = unheard
            && self.say(word).is_err()
        {
            return self.hear_nothing();
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
    fn report(&mut self, shared: &mut Shared) {
        shared.told.absorb(std::mem::take(&mut self.told));
        shared.cut_off.append(&mut self.cut_off);
        shared.unheard.append(&mut self.unheard);
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
        let secret = answer.body["registration"]["client_secret"].as_str();
        let Some(client_secret) = secret.map(str::to_owned) else {
            return Ok(());
        };
        let answer = match journey.bank {
            Bank::Confirm => "confirm",
            Bank::Refuse => "refuse",
            Bank::Ignore => return Ok(()),
        };
        self.say(Word {
            client_secret,
            answer,
        })?;
        if journey.key.is_some() {
            let answer = send_until_it_ends(&self.client, journey, self.over)?;
            self.told.hear(journey, &answer);
        }
        Ok(())
    }

    fn say(&mut self, word: Word) -> Result<(), NoAnswer> {
        match word.send(&self.client) {
            Ok(answer) if answer.status != 503 => {
                self.told.hear_of_the_bank(&answer);
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
            let found = self.tables.mails(&to_me)?;
            match found.first() {
                Some(mail) => return Some(text(mail, 2)),
                None if self.over.load(Ordering::Relaxed) => return None,
                None => thread::sleep(BETWEEN_LOOKS),
            }
        }
        None
    }
}

impl Word {
    fn send(&self, client: &Client) -> Result<Answer, NoAnswer> {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let path = format!("/sandbox/authenticate/{}", self.client_secret);
        client.post(&path, &form, &format!("answer={}", self.answer))
    }
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
fn send_until_it_ends(
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
fn link(text: &str) -> Option<&str> {
    text.split_once("/verify/")?.1.split_whitespace().next()
}

/// The six digits of a mail.
fn code(text: &str) -> &str {
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.split_whitespace().find(is_code).unwrap_or_default()
}
