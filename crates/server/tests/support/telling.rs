//! What the clients were told. Each answer is a promise that must hold at the end.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::client::Answer;
use super::gateway::Gateway;
use super::journeys::Journey;
use super::person::Word;
use super::walks::{Said, Stage, Walk};

/// Everything that was told, in no particular order.
#[derive(Clone, Default)]
pub struct Told {
    /// 201: registration and user.
    pub opened: Vec<(Uuid, Uuid)>,
    /// 402, 502, 503 and the like, with the registration that failed.
    pub failed: Vec<(Uuid, u16)>,
    /// 200 to a proof of the address.
    pub verified: Vec<Uuid>,
    /// The answers that began or ended a registration, by idempotency key.
    pub by_key: BTreeMap<String, (Journey, Vec<Answer>)>,
    /// What banks were answered, and how the service learns of it, where there are several ways.
    pub banks: BTreeMap<String, u32>,
    /// Requests whose connection broke.
    pub unanswered: u32,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u32>,
    /// Answers that no client should ever see.
    pub unexpected: Vec<String>,
    /// Mails by their message id, and the registration their link names.
    pub mails: BTreeMap<String, Uuid>,
    /// What was answered on journeys in three steps.
    pub walks: BTreeMap<Uuid, Said>,
    /// Journeys that were answered 201, to be sent once more.
    pub completed: BTreeMap<Uuid, Walk>,
    /// What somebody who came back to a journey did not find.
    pub lost: Vec<(Uuid, String)>,
    /// Walks whose connection broke, by what was being said.
    pub cut_at: BTreeMap<Stage, u32>,
}

impl Told {
    /// Takes note of an answer to a sign-up.
    pub fn hear(&mut self, journey: &Journey, answer: &Answer) {
        self.count(answer);
        let registration = registration_of(answer);
        match (answer.status, registration) {
            (201, Some(registration)) => match uuid(&answer.body["user"]["id"]) {
                Some(user) => self.opened.push((registration, user)),
                None => self.wonder(journey, answer),
            },
            (202, Some(_)) | (409, _) => {}
            (402 | 410 | 503, Some(registration)) => {
                self.failed.push((registration, answer.status));
            }
            // Nothing was begun: no token could be had, or the database was away.
            (402 | 503, None) => {}
            _ => self.wonder(journey, answer),
        }
        if let Some(key) = &journey.key
            && registration.is_some()
            && answer.status != 202
            && !is_running(answer)
        {
            let entry = self.by_key.entry(key.clone());
            let (_, answers) = entry.or_insert_with(|| (journey.clone(), Vec::new()));
            answers.push(answer.clone());
        }
    }

    /// Takes note of a 201 to the last step of a journey.
    pub fn hear_opened(&mut self, walk: &mut Walk, answer: &Answer) {
        let opened = registration_of(answer).zip(uuid(&answer.body["user"]["id"]));
        self.opened.extend(opened);
        if let Some(begun) = &mut walk.begun {
            begun.said.opened.push(answer.body.clone());
            self.completed.insert(begun.id, walk.clone());
        }
    }

    /// Takes note of an answer's status.
    pub fn count(&mut self, answer: &Answer) {
        *self.statuses.entry(answer.status).or_default() += 1;
    }

    /// Takes note of a broken connection.
    pub fn hear_nothing(&mut self) {
        self.unanswered += 1;
    }

    /// Adds what another client was told.
    pub fn absorb(&mut self, other: Self) {
        self.opened.extend(other.opened);
        self.failed.extend(other.failed);
        self.verified.extend(other.verified);
        self.unanswered += other.unanswered;
        self.unexpected.extend(other.unexpected);
        self.mails.extend(other.mails);
        // What was answered later includes what was answered before.
        self.walks.extend(other.walks);
        self.completed.extend(other.completed);
        self.lost.extend(other.lost);
        for (stage, count) in other.cut_at {
            *self.cut_at.entry(stage).or_default() += count;
        }
        for (said, count) in other.banks {
            *self.banks.entry(said).or_default() += count;
        }
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (key, (journey, answers)) in other.by_key {
            let entry = self.by_key.entry(key);
            entry
                .or_insert_with(|| (journey, Vec::new()))
                .1
                .extend(answers);
        }
    }

    /// Takes note of what came back from the bank.
    pub fn hear_of_the_bank(&mut self, gateway: &Gateway, word: &Word, answer: &Answer) {
        let way = gateway.beside().map_or("its page", |it| it.way(word));
        let said = format!("{:?}: {way}", word.answer);
        *self.banks.entry(said).or_default() += 1;
        if !gateway.may_answer(word).contains(&answer.status) {
            let Answer { status, body } = answer;
            self.unexpected
                .push(format!("{status} from the bank: {body}"));
        }
    }

    /// No answer came although nothing failed.
    pub fn wonder_at_silence(&mut self, journey: &Journey) {
        let Journey { email, .. } = journey;
        self.unexpected
            .push(format!("no answer to {email} while nothing failed"));
    }

    fn wonder(&mut self, journey: &Journey, answer: &Answer) {
        let Answer { status, body } = answer;
        self.unexpected
            .push(format!("{status} to {}: {body}", journey.email));
    }
}

/// The registration that an answer speaks of.
pub fn registration_of(answer: &Answer) -> Option<Uuid> {
    uuid(&answer.body["registration"]["id"])
}

/// 409, because the first request with the same key is still being carried out.
fn is_running(answer: &Answer) -> bool {
    answer.status == 409 && answer.body["registration"]["status"] == "running"
}

fn uuid(value: &serde_json::Value) -> Option<Uuid> {
    value.as_str()?.parse().ok()
}
