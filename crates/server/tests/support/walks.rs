//! One person's way through the three steps, and what they were told on it.

use enlist::system::SystemClock;
use enlist_registration::ports::Clock as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chance::Chance;
use super::client::Answer;
use super::journeys::{Bank, Card, PASSWORD, Proof, address_of_somebody};

/// What is to be said next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Address,
    Verification,
    Profile,
    Card,
    Completion,
}

impl Stage {
    pub const ALL: [Self; 5] = [
        Self::Address,
        Self::Verification,
        Self::Profile,
        Self::Card,
        Self::Completion,
    ];
}

/// What one person wants to say, and how far they have come.
#[derive(Clone, Debug)]
pub struct Walk {
    pub email: String,
    pub proof: Proof,
    /// First names that are still to be given: each corrects the one before.
    pub names: Vec<&'static str>,
    pub card: Card,
    pub plan: &'static str,
    pub bank: Bank,
    /// `Prefer: respond-async` with the last step.
    pub is_async: bool,
    /// Before what nobody hears of them any more.
    pub leaves_before: Option<Stage>,
    pub stage: Stage,
    /// How often this stage was tried.
    pub tries: u32,
    /// Nobody knows whether the last request was carried out: mostly because it had no answer.
    pub is_in_doubt: bool,
    pub begun: Option<Begun>,
}

/// The journey, once the first step was answered.
#[derive(Clone, Debug)]
pub struct Begun {
    pub id: Uuid,
    /// What they go on with.
    pub access_token: String,
    pub said: Said,
}

/// What the service has answered on a journey, and so must still know.
#[derive(Clone, Debug)]
pub struct Said {
    pub email: String,
    /// It is forgotten no sooner than then.
    pub expires_at: Timestamp,
    pub is_verified: bool,
    pub first_name: Option<String>,
    /// Given; and the last four digits, unless it is a token that a browser brought.
    pub card: Option<Option<String>>,
    pub plan: Option<String>,
    /// The last step was sent, whether or not it was answered.
    pub is_meant: bool,
    /// The bodies of all 201.
    pub opened: Vec<Value>,
    /// It ended with a request of which nobody knows whether it was carried out.
    pub is_in_doubt: bool,
}

impl Walk {
    /// Somebody. One in four leaves halfway.
    pub fn new(chance: &mut Chance, round: u32) -> Self {
        let after_the_first = &Stage::ALL[1..];
        let mut names = vec![chance.pick(&["Ada", "Grace", "Hedy", "Mary"])];
        if chance.one_in(3) {
            names.push(chance.pick(&["Augusta", "Joan", "Radia"]));
        }
        Self {
            email: address_of_somebody(chance, round),
            proof: chance.pick(&[Proof::Code, Proof::Link]),
            names,
            card: Card::any(chance),
            plan: chance.pick(&["free", "starter", "pro", "pro"]),
            bank: chance.pick(&[Bank::Confirm, Bank::Confirm, Bank::Refuse, Bank::Ignore]),
            is_async: chance.one_in(6),
            leaves_before: chance.one_in(4).then(|| chance.pick(after_the_first)),
            stage: Stage::Address,
            tries: 0,
            is_in_doubt: false,
            begun: None,
        }
    }

    pub fn address(&self) -> Value {
        json!({ "email": self.email })
    }

    /// With the name that is to be given next.
    pub fn profile(&self) -> Value {
        json!({
            "first_name": self.names.first(),
            "last_name": "Lovelace",
            "address": "12 Main Street",
            "city": "Springfield",
            "state": "IL",
            "zip": "62701",
        })
    }

    pub fn payment_method(&self) -> Value {
        let mut body = json!({ "plan": self.plan });
        self.card.write_to(&mut body);
        body
    }

    pub fn completion(&self) -> Value {
        json!({ "password": PASSWORD, "plan": self.plan })
    }
}

impl Begun {
    /// After a 202 to the first step.
    pub fn of(email: &str, answer: &Answer) -> Option<Self> {
        let registration = &answer.body["registration"];
        let said = Said {
            email: email.to_lowercase(),
            expires_at: moment(&registration["expires_at"])?,
            is_verified: false,
            first_name: None,
            card: None,
            plan: None,
            is_meant: false,
            opened: Vec::new(),
            is_in_doubt: false,
        };
        Some(Self {
            id: registration["id"].as_str()?.parse().ok()?,
            access_token: answer.body["access_token"].as_str()?.to_owned(),
            said,
        })
    }
}

impl Said {
    /// Takes note of how long the journey is kept, which grows when the address is verified.
    pub fn note_expiry(&mut self, answer: &Answer) {
        let expires_at = moment(&answer.body["registration"]["expires_at"]);
        self.expires_at = expires_at.unwrap_or(self.expires_at);
    }

    /// Whether it may have been forgotten by now.
    pub fn may_be_over(&self) -> bool {
        SystemClock.now() >= self.expires_at
    }

    /// Whether others may have signed up with the same address.
    pub fn is_contested(&self) -> bool {
        self.email.starts_with("contested")
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
