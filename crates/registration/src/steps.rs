//! What a registration does, and how each part of it is undone. These tables are the only place that
//! says so; read them first. They have the same steps, in different orders.

use serde::{Deserialize, Serialize};

use crate::state::Intent;

/// The account is opened, then the address is verified (`verification.mode = "after"`).
pub const VERIFY_AFTER: &[Step] = &[
    TOKENIZE_CARD,
    HOLD_EMAIL,
    CREATE_CUSTOMER,
    START_SUBSCRIPTION,
    OPEN_ACCOUNT,
    VERIFY_EMAIL,
    FINISH,
];

/// The address is verified before anything is asked of the gateway: the journey in three steps, and
/// `verification.mode = "first"`. The last two steps are one transaction.
pub const VERIFY_FIRST: &[Step] = &[
    TOKENIZE_CARD,
    HOLD_EMAIL,
    VERIFY_EMAIL,
    CREATE_CUSTOMER,
    START_SUBSCRIPTION,
    OPEN_ACCOUNT,
    FINISH,
];

/// The account is opened, and nobody is charged before the address is verified
/// (`billing.first_charge = "at_verification"`).
pub const CHARGE_AT_VERIFICATION: &[Step] = &[
    TOKENIZE_CARD,
    HOLD_EMAIL,
    CREATE_CUSTOMER,
    OPEN_ACCOUNT,
    VERIFY_EMAIL,
    START_SUBSCRIPTION,
    FINISH,
];

const TOKENIZE_CARD: Step = Step {
    name: StepName::TokenizeCard,
    kind: Kind::Preparation,
    undo: Undo::Nothing("an unattached token expires at the gateway"),
    applies: has_raw_card,
};
const HOLD_EMAIL: Step = Step {
    name: StepName::HoldEmail,
    kind: Kind::Local,
    undo: Undo::ReleaseEmail,
    applies: always,
};
const CREATE_CUSTOMER: Step = Step {
    name: StepName::CreateCustomer,
    kind: Kind::Remote,
    undo: Undo::DeleteCustomer,
    applies: always,
};
const START_SUBSCRIPTION: Step = Step {
    name: StepName::StartSubscription,
    kind: Kind::Remote,
    undo: Undo::CancelAndRefund,
    applies: has_paid_plan,
};
const OPEN_ACCOUNT: Step = Step {
    name: StepName::OpenAccount,
    kind: Kind::Local,
    undo: Undo::CloseAccount,
    applies: always,
};
const VERIFY_EMAIL: Step = Step {
    name: StepName::VerifyEmail,
    kind: Kind::Wait,
    undo: Undo::Nothing("a mail that was read leaves nothing"),
    applies: always,
};
const FINISH: Step = Step {
    name: StepName::Finish,
    kind: Kind::Local,
    undo: Undo::Nothing("nothing follows it: from here on it is an account"),
    applies: always,
};

/// Which of the lists a registration follows. Chosen when it begins, and kept: a change of the
/// configuration changes nothing under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// [`VERIFY_AFTER`]. Also of journals that were written before there were others.
    #[default]
    VerifyAfter,
    /// [`VERIFY_FIRST`].
    VerifyFirst,
    /// [`CHARGE_AT_VERIFICATION`].
    ChargeAtVerification,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 3] = [
        Self::VerifyAfter,
        Self::VerifyFirst,
        Self::ChargeAtVerification,
    ];

    /// The steps, in order.
    pub fn steps(self) -> &'static [Step] {
        match self {
            Self::VerifyAfter => VERIFY_AFTER,
            Self::VerifyFirst => VERIFY_FIRST,
            Self::ChargeAtVerification => CHARGE_AT_VERIFICATION,
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Which step.
    pub name: StepName,
    /// Where its effect is, and so how it can fail.
    pub kind: Kind,
    /// What takes its effect back.
    pub undo: Undo,
    /// Whether this registration has it at all.
    pub applies: fn(&Intent) -> bool,
}

/// Where a step has its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call that leaves nothing behind; made before the journal row is written, beside the hashing
    /// of the password.
    Preparation,
    /// One transaction of our own database: it happened or it did not, and we know which.
    Local,
    /// A call to the gateway: it may have happened without our knowing.
    Remote,
    /// A wait for a person, with a deadline. Nobody drives the registration meanwhile.
    Wait,
}

/// What takes a step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// No undo is needed here, because ….
    Nothing(&'static str),
    /// The claim on the e-mail ends with the journal's closing state.
    ReleaseEmail,
    /// Settle whether a customer exists, reverse what hangs on it, delete it.
    DeleteCustomer,
    /// End the subscription at once and give back what was taken.
    CancelAndRefund,
    /// Delete the rows of the account, in one transaction.
    CloseAccount,
}

/// The names of the steps, as the journal, the timeline, the API and the sandbox's faults spell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Raw card to token.
    TokenizeCard,
    /// The journal row, which claims the e-mail.
    HoldEmail,
    /// A customer with its payment method at the gateway.
    CreateCustomer,
    /// The subscription and its first charge.
    StartSubscription,
    /// User, profile, billing details, the subscription if it runs by then, what follows and the journal,
    /// in one transaction.
    OpenAccount,
    /// The person confirms the address.
    VerifyEmail,
    /// The journal is closed.
    Finish,
}

impl StepName {
    /// Every step, in the order of [`VERIFY_AFTER`].
    pub const ALL: [Self; 7] = [
        Self::TokenizeCard,
        Self::HoldEmail,
        Self::CreateCustomer,
        Self::StartSubscription,
        Self::OpenAccount,
        Self::VerifyEmail,
        Self::Finish,
    ];

    /// As it is spelled everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenizeCard => "tokenize_card",
            Self::HoldEmail => "hold_email",
            Self::CreateCustomer => "create_customer",
            Self::StartSubscription => "start_subscription",
            Self::OpenAccount => "open_account",
            Self::VerifyEmail => "verify_email",
            Self::Finish => "finish",
        }
    }

    /// The step of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }
}

fn always(_: &Intent) -> bool {
    true
}

fn has_raw_card(intent: &Intent) -> bool {
    intent.card_was_raw
}

fn has_paid_plan(intent: &Intent) -> bool {
    intent.paid_plan().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::tests::samples::{Plan, registration};

    #[test]
    fn a_step_is_spelled_in_one_way_and_read_back() {
        let names = StepName::ALL.map(StepName::as_str);
        let expected = [
            "tokenize_card",
            "hold_email",
            "create_customer",
            "start_subscription",
            "open_account",
            "verify_email",
            "finish",
        ];
        assert_eq!(names, expected);
        assert_eq!(names.map(StepName::from_name), StepName::ALL.map(Some));
        assert_eq!(StepName::from_name("send_flowers"), None);
    }

    #[test]
    fn a_card_is_turned_into_a_token_where_we_saw_it_and_charged_where_the_plan_costs_something() {
        for plan in [Plan::Paid, Plan::Free] {
            for was_raw in [true, false] {
                let mut registration = registration(plan);
                registration.intent.card_was_raw = was_raw;
                let has = |name| registration.steps().any(|step| step.name == name);
                assert_eq!(has(StepName::TokenizeCard), was_raw);
                assert_eq!(has(StepName::StartSubscription), matches!(plan, Plan::Paid));
            }
        }
    }
}
