//! `/sandbox`: what the embedded gateway holds, and the bank's page of its 3-D Secure.

use super::{Notice, Site};
use askama::Template;

/// GET `/sandbox`, and POST `/sandbox/faults` when the form could not be accepted.
#[derive(Debug, Clone, Template)]
#[template(path = "sandbox.html")]
pub(crate) struct SandboxPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// "1 customer, $29.00 taken, nothing refunded."
    pub(crate) summary: String,
    /// Customers, payment methods, subscriptions, charges, refunds, in this order.
    pub(crate) tables: Vec<HoldingTable>,
    /// Faults that are switched on.
    pub(crate) faults: Vec<ActiveFault>,
    /// The form that switches one on.
    pub(crate) fault_form: FaultForm,
    /// "3 faults are switched on.", or why one is not.
    pub(crate) notice: Option<Notice>,
}

/// One kind of thing that the gateway holds.
#[derive(Debug, Clone)]
pub(crate) struct HoldingTable {
    /// The element's id and `/sandbox/ledger`'s name: `payment_methods`.
    pub(crate) name: String,
    /// "Payment methods"
    pub(crate) title: String,
    /// Newest first.
    pub(crate) rows: Vec<Holding>,
    /// What to say without rows: "No customers."
    pub(crate) empty: String,
}

/// One thing that the gateway holds, or held.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    /// Whether it still counts: a deleted customer, a cancelled subscription, a charge refunded in
    /// full do not.
    pub(crate) live: bool,
    /// The same in a word: "live", "deleted", "cancelled", "succeeded", "refunded", "declined".
    pub(crate) state: String,
    /// What it is to a person: "ada@example.com", "Visa •••• 4242", "Pro, monthly".
    pub(crate) what: String,
    /// "$29.00"; empty where there is none.
    pub(crate) amount: String,
    /// The gateway's id.
    pub(crate) id: String,
    /// Which registration caused it.
    pub(crate) registration_id: String,
}

/// A fault that is switched on.
#[derive(Debug, Clone)]
pub(crate) struct ActiveFault {
    /// A step's name or "any step".
    pub(crate) step: String,
    /// What happens, in words: "loses the reply".
    pub(crate) kind: String,
    /// How long: "3 more times" or "30 % of calls".
    pub(crate) remaining: String,
}

/// What the fault form offers, and what was sent.
#[derive(Debug, Clone)]
pub(crate) struct FaultForm {
    /// Steps, `*` among them.
    pub(crate) steps: Vec<Choice>,
    /// Kinds of fault.
    pub(crate) kinds: Vec<Choice>,
    /// How often: what to fill in.
    pub(crate) count: String,
    /// What is wrong with the count.
    pub(crate) count_error: Option<String>,
}

/// One option of a select.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// What is sent.
    pub(crate) value: String,
    /// What is shown.
    pub(crate) label: String,
    /// Whether it is chosen.
    pub(crate) selected: bool,
}

/// GET `/sandbox/authenticate/{client_secret}`: the bank's question.
#[derive(Debug, Clone, Template)]
#[template(path = "authentication.html")]
pub(crate) struct AuthenticationPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// Where the answer is posted to: this page's own path.
    pub(crate) action: String,
    /// Who wants the money.
    pub(crate) merchant: String,
    /// How much: "$29.00", or "$0.00" for keeping a card.
    pub(crate) amount: String,
    /// Which card: "Visa •••• 3155".
    pub(crate) card: String,
}
