//! Three steps: one request after the other, and after a broken connection on from where it stopped, with the
//! same token.

use std::sync::atomic::Ordering;
use std::thread;

use serde_json::Value;

use super::super::client::{Answer, NoAnswer};
use super::super::journeys::{Bank, Card, Proof};
use super::super::telling::registration_of;
use super::super::walks::{Begun, Said, Stage, Walk};
use super::{BETWEEN_REPEATS, Person, REPEATS, code, link};

/// How often a stage is tried in vain before the person gives up.
const MOST_TRIES: u32 = 6;

/// What came of one request.
enum Went {
    /// What is next.
    On(Stage),
    /// The same once more, a moment later.
    Again,
    /// Not now.
    Later,
    /// There is nothing more to be said.
    Over,
}

/// What became of a walk for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    Over,
    Later,
}

impl Person<'_> {
    /// Goes on with a walk; where it breaks off, somebody comes back to it later.
    pub fn walk_or_come_back(&mut self, mut walk: Walk) {
        let walked = self.walk(&mut walk);
        self.note(&walk);
        match walked {
            Ok(Walked::Over) => {}
            Ok(Walked::Later) => self.walks.push(walk),
            Err(NoAnswer) => {
                *self.told.cut_at.entry(walk.stage).or_default() += 1;
                self.walks.push(walk);
                self.hear_nothing();
            }
        }
    }

    /// The same where nothing fails any more, until there is nothing more to be said.
    pub fn walk_to_its_end(&mut self, mut walk: Walk) {
        loop {
            let walked = self.walk(&mut walk);
            self.note(&walk);
            match walked {
                Ok(Walked::Over) => return,
                Ok(Walked::Later) => thread::sleep(BETWEEN_REPEATS),
                Err(NoAnswer) => {
                    let Walk { email, stage, .. } = walk;
                    let what = format!("no answer to {email} at {stage:?} while nothing failed");
                    return self.told.unexpected.push(what);
                }
            }
        }
    }

    fn note(&mut self, walk: &Walk) {
        if let Some(Begun { id, said, .. }) = &walk.begun {
            let mut said = said.clone();
            said.is_in_doubt = walk.is_in_doubt;
            self.told.walks.insert(*id, said);
        }
    }

    fn walk(&mut self, walk: &mut Walk) -> Result<Walked, NoAnswer> {
        if let Some(gone) = self.look_back(walk)? {
            return Ok(gone);
        }
        let mut agains = 0;
        while walk.leaves_before != Some(walk.stage) {
            let went = self.take_a_step(walk);
            // Nor is it known of what was put off because the database was away.
            walk.is_in_doubt = matches!(went, Err(NoAnswer) | Ok(Went::Later));
            match went? {
                Went::On(stage) => {
                    walk.stage = stage;
                    walk.tries = 0;
                    continue;
                }
                Went::Over => break,
                Went::Later if walk.tries == MOST_TRIES => break,
                Went::Later => {
                    walk.tries += 1;
                    return Ok(Walked::Later);
                }
                Went::Again if self.over.load(Ordering::Relaxed) => return Ok(Walked::Later),
                Went::Again => {
                    agains += 1;
                    assert!(agains < REPEATS, "the same again for ever: {walk:?}");
                    thread::sleep(BETWEEN_REPEATS);
                }
            }
        }
        Ok(Walked::Over)
    }

    fn take_a_step(&mut self, walk: &mut Walk) -> Result<Went, NoAnswer> {
        match walk.stage {
            Stage::Address => self.give_address(walk),
            Stage::Verification => self.prove_address(walk),
            Stage::Profile => self.give_profile(walk),
            Stage::Card => self.give_card(walk),
            Stage::Completion => self.complete(walk),
        }
    }

    /// Looks how the journey stands, and whether all is there that was answered.
    fn look_back(&mut self, walk: &mut Walk) -> Result<Option<Walked>, NoAnswer> {
        let Some(begun) = &walk.begun else {
            return Ok(None);
        };
        let answer = self.say_on_journey(begun, "GET", "", &Value::Null, &[])?;
        match answer.status {
            200 => self.compare(walk, &answer),
            503 => {}
            _ => {
                self.hear_it_is_gone(begun, &answer);
                return Ok(Some(Walked::Over));
            }
        }
        Ok(None)
    }

    fn compare(&mut self, walk: &Walk, answer: &Answer) {
        let Some(Begun { id, said, .. }) = &walk.begun else {
            return;
        };
        let (registration, journey) = (&answer.body["registration"], &answer.body["journey"]);
        let mut lost = |what: &str| {
            self.told
                .lost
                .push((*id, format!("{what}: {}", answer.body)))
        };
        if registration["status"] != "pending" {
            if !said.is_meant {
                lost("a registration began before the last step");
            }
            return;
        }
        if said.is_verified && registration["next"] == "verification" {
            lost("the proof of the address is lost");
        }
        // What had no answer may have been kept.
        let name = journey["profile"]["first_name"].as_str();
        let may_be_newer = walk.is_in_doubt && name == walk.names.first().copied();
        if said.first_name.is_some() && name != said.first_name.as_deref() && !may_be_newer {
            lost("the profile is lost");
        }
        let last4 = journey["billing"]["last4"].as_str();
        let has_card = journey["has_payment_method"] == true;
        let is_doubtful = walk.is_in_doubt && walk.stage == Stage::Card;
        let is_same = |card: &Option<String>| is_doubtful || last4 == card.as_deref();
        if said
            .card
            .as_ref()
            .is_some_and(|it| !has_card || !is_same(it))
        {
            lost("the card is lost");
        }
    }

    /// Only what has expired may be gone; what is left of it is the registration that it led to.
    fn hear_it_is_gone(&mut self, begun: &Begun, answer: &Answer) {
        let Answer { status, body } = answer;
        let Said {
            is_meant,
            expires_at: until,
            ..
        } = begun.said;
        let is_gone = matches!(status, 404 | 410) || *status == 409 && is_meant;
        if !is_gone || !begun.said.may_be_over() {
            let what = format!("{status} before {until}: {body}");
            self.told.lost.push((begun.id, what));
        }
    }

    fn give_address(&mut self, walk: &mut Walk) -> Result<Went, NoAnswer> {
        let json = [("content-type", "application/json")];
        let body = walk.address().to_string();
        let answer = self.client.post("/api/registrations", &json, &body)?;
        self.told.count(&answer);
        walk.begun = Begun::of(&walk.email, &answer).filter(|_| answer.status == 202);
        Ok(match (&walk.begun, answer.status) {
            (Some(_), _) => Went::On(Stage::Verification),
            (None, 503) => Went::Later,
            (None, _) => self.wonder_at(walk, &answer),
        })
    }

    /// The person opens the mail, if it comes.
    fn prove_address(&mut self, walk: &mut Walk) -> Result<Went, NoAnswer> {
        let Some(begun) = walk.begun.clone() else {
            return Ok(Went::Over);
        };
        // The owner of an account is sent another one.
        let Some(text) = self.mail_to(&walk.email, begun.id) else {
            return Ok(Went::Later);
        };
        let answer = if walk.proof == Proof::Link {
            let path = format!("/verify/{}", link(&text).unwrap_or_default());
            let headers = [("accept", "application/json")];
            self.client.post(&path, &headers, "")?
        } else {
            let body = serde_json::json!({ "code": code(&text) });
            self.say_on_journey(&begun, "POST", "/verification", &body, &[])?
        };
        self.told.count(&answer);
        let is_used = is(&answer, "link-used");
        Ok(match (answer.status, &mut walk.begun) {
            (200, Some(begun)) => {
                if let Some(token) = answer.body["access_token"].as_str() {
                    token.clone_into(&mut begun.access_token);
                }
                begun.said.is_verified = true;
                begun.said.note_expiry(&answer);
                Went::On(Stage::Profile)
            }
            // The first time, of which there was no answer.
            (410, _) if is_used && walk.is_in_doubt => {
                walk.proof = Proof::Code;
                Went::Again
            }
            (503, _) => Went::Later,
            _ => self.hear_refusal(walk, &answer),
        })
    }

    fn give_profile(&mut self, walk: &mut Walk) -> Result<Went, NoAnswer> {
        let Some(begun) = walk.begun.clone() else {
            return Ok(Went::Over);
        };
        let answer = self.say_on_journey(&begun, "PUT", "/profile", &walk.profile(), &[])?;
        self.told.count(&answer);
        Ok(match (answer.status, &mut walk.begun) {
            (200, Some(begun)) => {
                begun.said.first_name = Some(walk.names.remove(0).to_owned());
                begun.said.note_expiry(&answer);
                Went::On(match walk.names.is_empty() {
                    true => Stage::Card,
                    false => Stage::Profile,
                })
            }
            (503, _) => Went::Later,
            _ => self.hear_refusal(walk, &answer),
        })
    }

    fn give_card(&mut self, walk: &mut Walk) -> Result<Went, NoAnswer> {
        let Some(begun) = walk.begun.clone() else {
            return Ok(Went::Over);
        };
        let body = walk.payment_method();
        let answer = self.say_on_journey(&begun, "PUT", "/payment-method", &body, &[])?;
        self.told.count(&answer);
        Ok(match (answer.status, &mut walk.begun) {
            (200, Some(begun)) => {
                let last4 = answer.body["journey"]["billing"]["last4"].as_str();
                begun.said.card = Some(last4.map(str::to_owned));
                begun.said.plan = Some(walk.plan.to_owned());
                begun.said.note_expiry(&answer);
                Went::On(Stage::Completion)
            }
            (402, _) => {
                walk.card = Card::GOOD;
                Went::Again
            }
            // What was declined is still being undone.
            (409, Some(Begun { said, .. })) if said.is_meant && !said.may_be_over() => Went::Again,
            (503, _) => Went::Later,
            _ => self.hear_refusal(walk, &answer),
        })
    }

    /// The last step, until it is known how it ended, or that it waits for the person.
    fn complete(&mut self, walk: &mut Walk) -> Result<Went, NoAnswer> {
        // An attempt before, of which perhaps nothing was heard, may have used the card up.
        let was_tried = walk.begun.as_ref().is_some_and(|it| it.said.is_meant);
        if let Some(begun) = &mut walk.begun {
            begun.said.is_meant = true;
        }
        let answer = self.send_completion(walk)?;
        if was_tried && wants_a_card(&answer) {
            self.told.count(&answer);
            walk.card = Card::GOOD;
            return Ok(Went::On(Stage::Card));
        }
        if !(matches!(answer.status, 202 | 409) && is_running(&answer)) {
            return self.hear_completion(walk, &answer);
        }
        self.told.count(&answer);
        // Sent again after an undo, it would be another registration.
        let Some(followed) = self.follow_until_it_ends(walk)? else {
            return Ok(Went::Later);
        };
        let registration = &followed.body["registration"];
        match (registration["status"].as_str(), registration_of(&followed)) {
            (Some("undoing" | "undone"), Some(id)) => {
                let is_declined = registration["failure"]["reason"] == "declined";
                let status = if is_declined { 402 } else { 503 };
                self.told.failed.push((id, status));
                Ok(self.try_another_card(walk, status))
            }
            _ => {
                let answer = self.send_completion(walk)?;
                self.hear_completion(walk, &answer)
            }
        }
    }

    /// How it stands once it does not run any more; none if that takes too long.
    fn follow_until_it_ends(&self, walk: &Walk) -> Result<Option<Answer>, NoAnswer> {
        let begun = walk.begun.as_ref().ok_or(NoAnswer)?;
        for _ in 0..REPEATS {
            thread::sleep(BETWEEN_REPEATS);
            let answer = self.say_on_journey(begun, "GET", "", &Value::Null, &[])?;
            if answer.status != 503 && !is_running(&answer) {
                return Ok(Some(answer));
            }
            if self.over.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(None)
    }

    fn send_completion(&mut self, walk: &Walk) -> Result<Answer, NoAnswer> {
        let begun = walk.begun.as_ref().ok_or(NoAnswer)?;
        let prefer = [("prefer", "respond-async")];
        let prefer = if walk.is_async { &prefer[..] } else { &[] };
        let body = walk.completion();
        self.say_on_journey(begun, "POST", "/completion", &body, prefer)
    }

    fn hear_completion(&mut self, walk: &mut Walk, answer: &Answer) -> Result<Went, NoAnswer> {
        self.told.count(answer);
        match (answer.status, registration_of(answer)) {
            (201, Some(_)) => {
                self.told.hear_opened(walk, answer);
                Ok(Went::Over)
            }
            (202, Some(_)) => self.hear_the_bank_asks(walk, answer),
            (402 | 410 | 503, Some(registration)) => {
                self.told.failed.push((registration, answer.status));
                Ok(self.try_another_card(walk, answer.status))
            }
            (503, None) => Ok(Went::Later),
            (409, Some(_)) if is_running(answer) => Ok(Went::Later),
            (409, _) if is(answer, "email-taken") => Ok(self.hear_it_is_taken(walk, answer)),
            _ => Ok(self.hear_refusal(walk, answer)),
        }
    }

    /// It runs, or the bank asks.
    fn hear_the_bank_asks(&mut self, walk: &mut Walk, answer: &Answer) -> Result<Went, NoAnswer> {
        let asks = answer.body["registration"]["client_secret"].is_string();
        if asks && walk.bank == Bank::Ignore {
            return Ok(Went::Over);
        }
        if let Some(word) = self.word_to_the_bank(walk.bank, answer) {
            self.say(word)?;
        }
        Ok(Went::Later)
    }

    /// Half of them go on with the same journey.
    fn try_another_card(&mut self, walk: &mut Walk, status: u16) -> Went {
        match status {
            402 if self.chance.one_in(2) => {
                walk.card = Card::GOOD;
                Went::On(Stage::Card)
            }
            503 if self.chance.one_in(2) => Went::Later,
            _ => Went::Over,
        }
    }

    /// Somebody else may be faster, where several want the same address; nobody else may hold it.
    fn hear_it_is_taken(&mut self, walk: &Walk, answer: &Answer) -> Went {
        let is_contested = walk.begun.as_ref().is_some_and(|it| it.said.is_contested());
        match is_contested {
            true => Went::Over,
            false => self.wonder_at(walk, answer),
        }
    }

    /// It has expired; or what was said is not there any more.
    fn hear_refusal(&mut self, walk: &Walk, answer: &Answer) -> Went {
        if let Some(begun) = &walk.begun {
            match answer.status {
                404 | 409 | 410 => self.hear_it_is_gone(begun, answer),
                _ => return self.wonder_at(walk, answer),
            }
        }
        Went::Over
    }

    fn wonder_at(&mut self, walk: &Walk, answer: &Answer) -> Went {
        let (Walk { email, stage, .. }, Answer { status, body }) = (walk, answer);
        let what = format!("{status} to {email} at {stage:?}: {body}");
        self.told.unexpected.push(what);
        Went::Over
    }

    fn say_on_journey(
        &self,
        begun: &Begun,
        method: &str,
        part: &str,
        body: &Value,
        more: &[(&str, &str)],
    ) -> Result<Answer, NoAnswer> {
        let path = format!("/api/registrations/{}{part}", begun.id);
        let access = format!("Bearer {}", begun.access_token);
        let mut headers = vec![("authorization", &*access)];
        headers.extend(more);
        if method == "GET" {
            return self.client.get_with(&path, &headers);
        }
        headers.push(("content-type", "application/json"));
        let body = body.to_string();
        match method {
            "PUT" => self.client.put(&path, &headers, &body),
            _ => self.client.post(&path, &headers, &body),
        }
    }
}

/// Whether the registration that an answer speaks of is still being carried out.
fn is_running(answer: &Answer) -> bool {
    answer.body["registration"]["status"] == "running"
}

/// Whether the last step needs a card first.
fn wants_a_card(answer: &Answer) -> bool {
    is(answer, "registration-incomplete") && answer.body["next"] == "payment_method"
}

/// Whether an answer is a problem of this type.
fn is(answer: &Answer, kind: &str) -> bool {
    let named = answer.body["type"].as_str().unwrap_or_default();
    named.rsplit('/').next() == Some(kind)
}
