//! What one person wants, and what became of it so far.

use serde_json::{Value, json};
use uuid::Uuid;

use super::chance::Chance;

/// In every request, and nowhere afterwards.
pub const PASSWORD: &str = "canary horse battery staple";

/// How a person pays, and what the sandbox makes of it.
#[derive(Clone, Copy, Debug)]
pub enum Card {
    /// A number.
    Raw(&'static str),
    /// A token that a browser brought.
    Token(&'static str),
}

impl Card {
    /// One that works.
    pub const GOOD: Self = CARDS[0];

    /// Somebody's.
    pub fn any(chance: &mut Chance) -> Self {
        chance.pick(CARDS)
    }

    /// Adds its fields to a request's body.
    pub fn write_to(self, body: &mut Value) {
        match self {
            Self::Token(token) => body["payment_method"] = json!(token),
            Self::Raw(number) => {
                let code = if number.starts_with('3') {
                    "1234"
                } else {
                    "123"
                };
                body["card_number"] = json!(number);
                body["expiry_month"] = json!(12);
                body["expiry_year"] = json!(2040);
                body["cvv"] = json!(code);
            }
        }
    }
}

/// Good cards are listed more often, so that most registrations succeed.
const CARDS: &[Card] = &[
    Card::Raw("4242424242424242"),
    Card::Raw("5555555555554444"),
    Card::Raw("378282246310005"),
    Card::Raw("4242 4242 4242 4242"),
    Card::Token("pm_card_visa"),
    Card::Token("pm_card_mastercard"),
    Card::Token("tok_amex"),
    Card::Raw("4000000000000002"),
    Card::Raw("4000000000009995"),
    Card::Raw("4000000000000341"),
    Card::Raw("4000002500003155"),
    Card::Raw("4000002500003155"),
    Card::Raw("4000008260003178"),
];

/// Every number above, as it would stand in a file that it must not be in.
pub const NUMBERS: &[&str] = &[
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "4242 4242 4242 4242",
    "4000000000000002",
    "4000000000009995",
    "4000000000000341",
    "4000002500003155",
    "4000008260003178",
];

/// What the person does once the account is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Code,
    Link,
    Never,
}

/// What the person says to the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    Confirm,
    Refuse,
    Ignore,
}

/// One person's sign-up.
#[derive(Clone, Debug)]
pub struct Journey {
    pub email: String,
    pub card: Card,
    pub plan: &'static str,
    pub key: Option<String>,
    /// `Prefer: respond-async`.
    pub is_async: bool,
    pub proof: Proof,
    pub bank: Bank,
}

/// One in eight shares an address with others of the same round.
pub fn address_of_somebody(chance: &mut Chance, round: u32) -> String {
    if chance.one_in(8) {
        let number = u64::from(round) * 4 + chance.next() % 4;
        format!("Contested+{number}@example.com")
    } else {
        format!("person-{:016x}@example.com", chance.next())
    }
}

impl Journey {
    /// Somebody.
    pub fn new(chance: &mut Chance, round: u32) -> Self {
        let email = address_of_somebody(chance, round);
        let key = Uuid::from_u64_pair(chance.next(), chance.next()).to_string();
        Self {
            email,
            card: Card::any(chance),
            plan: chance.pick(&["free", "starter", "pro", "pro"]),
            key: (!chance.one_in(3)).then_some(key),
            is_async: chance.one_in(6),
            proof: chance.pick(&[Proof::Code, Proof::Link, Proof::Link, Proof::Never]),
            bank: chance.pick(&[Bank::Confirm, Bank::Confirm, Bank::Refuse, Bank::Ignore]),
        }
    }

    /// The same person after a decline, with a card that works.
    pub fn with_a_good_card(&self, chance: &mut Chance) -> Self {
        let key = Uuid::from_u64_pair(chance.next(), chance.next()).to_string();
        Self {
            card: Card::GOOD,
            key: self.key.as_ref().map(|_| key),
            ..self.clone()
        }
    }

    /// The request's body.
    pub fn body(&self) -> String {
        let mut body = json!({
            "email": self.email,
            "password": PASSWORD,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "address": "12 Main Street",
            "city": "Springfield",
            "state": "IL",
            "zip": "62701",
            "plan": self.plan,
        });
        self.card.write_to(&mut body);
        body.to_string()
    }
}
