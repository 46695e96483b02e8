//! The clients: a bounded number at once, each with a bounded number of sign-ups per round. A client
//! whose connection broke comes back in the next round, with the same key if it had one.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use uuid::Uuid;

use crate::chance::Chance;
use crate::client::{Answer, Client, NoAnswer};
use crate::journeys::{Bank, Journey, Proof};
use crate::telling::{Told, registration_of};

/// Clients at once.
const CLIENTS: usize = 8;
/// Sign-ups of one client in one round.
const SIGN_UPS: usize = 12;
/// How long a person looks for the mail before doing something else.
const MAIL_LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// How often a request is repeated while the answer is "still running".
const REPEATS: u32 = 400;
const BETWEEN_REPEATS: Duration = Duration::from_millis(50);
/// Keys repeated at the end, at most; enough to meet every kind of answer.
const MOST_REPEATED_KEYS: usize = 500;

/// All clients, over all rounds.
pub struct Load {
    chance: Chance,
    data: PathBuf,
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
    data: &'a Path,
    over: &'a AtomicBool,
    told: Told,
    cut_off: Vec<Journey>,
    unheard: Vec<Word>,
}

impl Load {
    pub fn new(chance: Chance, folder: &Path) -> Self {
        Self {
            chance,
            data: folder.join("data"),
            shared: Arc::default(),
            last_mail: 0,
        }
    }

    /// Starts the clients of one round. They end when the service does, or when they are done.
    pub fn run<'s>(
        &'s mut self,
        scope: &'s Scope<'s, '_>,
        port: u16,
        round: u32,
        over: &'s AtomicBool,
    ) {
        let data = &self.data;
        for _ in 0..CLIENTS {
            let chance = self.chance.split();
            let shared = Arc::clone(&self.shared);
            scope.spawn(move || {
                let mut person = Person {
                    client: Client::new(port),
                    chance,
                    data,
                    over,
                    told: Told::default(),
                    cut_off: Vec::new(),
                    unheard: Vec::new(),
                };
                person.sign_up_again_and_again(&shared, round);
                let mut shared = shared.lock().unwrap();
                shared.told.absorb(person.told);
                shared.cut_off.extend(person.cut_off);
                shared.unheard.extend(person.unheard);
            });
        }
    }

    /// Takes note of the mails that came since: the mailbox keeps the newest only.
    pub fn harvest(&mut self) {
        let Some(mailbox) = open(&self.data.join("mailbox.db")) else {
            return;
        };
        let sql = "SELECT id, message_id, text FROM mails WHERE id > ?1 ORDER BY id";
        // A mailbox that was killed before it had its table has no mail.
        let Ok(mut mails) = mailbox.prepare(sql) else {
            return;
        };
        let read = mails.query_map([self.last_mail], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        });
        let mut shared = self.shared.lock().unwrap();
        for mail in read.unwrap() {
            let (id, message_id, text) = mail.unwrap();
            self.last_mail = id;
            // The link begins with the registration's id.
            let registration = link(&text).and_then(|link| link.get(..32)?.parse().ok());
            shared
                .told
                .mails
                .insert(message_id, registration.unwrap_or_default());
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

    /// Takes note of an answer to somebody else's request.
    pub fn tell(&mut self, journey: &Journey, answer: &Answer) {
        self.shared.lock().unwrap().told.hear(journey, answer);
    }

    /// Everything that was told.
    pub fn into_told(self) -> Told {
        std::mem::take(&mut self.shared.lock().unwrap().told)
    }
}

impl Person<'_> {
    fn sign_up_again_and_again(&mut self, shared: &Mutex<Shared>, round: u32) {
        for _ in 0..SIGN_UPS {
            let unheard = shared.lock().unwrap().unheard.pop();
            if let Some(word) = unheard
                && self.say(word).is_err()
            {
                return self.told.hear_nothing();
            }
            let come_back = shared.lock().unwrap().cut_off.pop();
            let journey = come_back.unwrap_or_else(|| Journey::new(&mut self.chance, round));
            if self.sign_up(&journey).is_err() {
                self.told.hear_nothing();
                // Without a key the person cannot know, and mostly tries again all the same.
                if journey.key.is_some() || !self.chance.one_in(4) {
                    self.cut_off.push(journey);
                }
                return;
            }
            if self.over.load(Ordering::Relaxed) {
                return;
            }
        }
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
            Ok(answer) => {
                self.told.hear_of_the_bank(&answer);
                Ok(())
            }
            Err(NoAnswer) => {
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
            // Undone meanwhile: the person had two seconds.
            410 => {}
            status => self
                .told
                .unexpected
                .push(format!("{status} to {:?} of {registration}", journey.proof)),
        }
        Ok(())
    }

    /// Looks for a mail of the registration, for a while.
    fn mail_to(&self, email: &str, registration: Uuid) -> Option<String> {
        let mailbox = open(&self.data.join("mailbox.db"))?;
        let sql = "SELECT text FROM mails WHERE recipient = ?1 AND instr(text, ?2) > 0";
        let registration = registration.simple().to_string();
        for _ in 0..MAIL_LOOKS {
            let found = mailbox.query_row(sql, [email, &registration], |row| row.get(0));
            match found.optional() {
                Ok(None) if !self.over.load(Ordering::Relaxed) => thread::sleep(BETWEEN_LOOKS),
                found => return found.ok().flatten(),
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

fn open(path: &Path) -> Option<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    connection.busy_timeout(Duration::from_secs(5)).ok()?;
    Some(connection)
}
