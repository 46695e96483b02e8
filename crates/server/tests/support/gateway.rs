//! The payment gateway of a place: the sandbox inside of the service, or a fake Stripe beside it.

use enlist_gateways::sandbox::Ledger;
use uuid::Uuid;

use super::client::{Answer, Client, NoAnswer};
use super::journeys::Bank;
use super::person::Word;
use super::stripe::Stripe;
use super::weather::Weather;

/// `gateway.timeout`, in words and as a number.
pub const TIMEOUT: &str = "300ms";
pub const TIMEOUT_MS: u64 = 300;

/// Where the money is.
pub enum Gateway {
    /// In the service. It ends with it, and its books do not.
    Sandbox,
    /// A process of its own, which outlives the service.
    Stripe(Stripe),
}

impl Gateway {
    /// Stripe, where it is used.
    pub fn beside(&self) -> Option<&Stripe> {
        match self {
            Self::Sandbox => None,
            Self::Stripe(stripe) => Some(stripe),
        }
    }

    /// Before the service is started: how the gateway behaves from here on. The sandbox is told by the
    /// service's settings.
    pub fn bring(&self, weather: Option<&Weather>) {
        if let Self::Stripe(stripe) = self {
            stripe.bring(&weather.cloned().unwrap_or_default());
        }
    }

    /// Switches the gateway's faults off. Where replicas share its books, a fault that one of them was
    /// started with stays on when that one is gone.
    pub fn clear_faults(&self, service: &Client) -> Result<Answer, NoAnswer> {
        match self {
            Self::Sandbox => service.delete("/sandbox/faults"),
            Self::Stripe(stripe) => stripe.client().delete("/_fake/faults"),
        }
    }

    /// Nothing fails from here on, and everything is told.
    pub fn calm(&self, service: &Client) {
        self.bring(None);
        let cleared = self.clear_faults(service).expect("the gateway runs");
        assert_eq!(cleared.status, 204, "{}", cleared.body);
    }

    /// What it holds.
    pub fn ledger(&self, service: &Client) -> Ledger {
        let answer = match self {
            Self::Sandbox => service.get("/sandbox/ledger"),
            Self::Stripe(stripe) => stripe.client().get("/_fake/ledger"),
        };
        let answer = answer.expect("the gateway runs");
        serde_json::from_value(answer.body).expect("the ledger is as documented")
    }

    /// Registrations with an invoice that could still be paid, and how its payment stands. The sandbox has
    /// no invoices.
    pub fn open_invoices(&self) -> Vec<(Uuid, String)> {
        match self {
            Self::Sandbox => Vec::new(),
            Self::Stripe(stripe) => stripe.open_invoices(),
        }
    }

    /// A person answers their bank. With the sandbox, its page tells the service.
    pub fn answer(&self, service: &Client, word: &Word) -> Result<Answer, NoAnswer> {
        match self {
            Self::Sandbox => {
                let form = [("content-type", "application/x-www-form-urlencoded")];
                let path = format!("/sandbox/authenticate/{}", word.client_secret);
                let answer = match word.answer {
                    Bank::Refuse => "refuse",
                    Bank::Confirm | Bank::Ignore => "confirm",
                };
                service.post(&path, &form, &format!("answer={answer}"))
            }
            Self::Stripe(stripe) => stripe.answer(service, word),
        }
    }

    /// How that is answered: by the sandbox, on to the registration's page, or it has no such question any
    /// more.
    pub fn may_answer(&self, word: &Word) -> &'static [u16] {
        match self {
            Self::Sandbox => &[303, 404],
            Self::Stripe(stripe) => stripe.may_answer(word),
        }
    }

    /// What must be in no file beside cards and passwords.
    pub fn secrets(&self) -> &'static [&'static str] {
        match self {
            Self::Sandbox => &[],
            Self::Stripe(_) => super::stripe::SECRETS,
        }
    }
}
