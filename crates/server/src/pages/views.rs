//! What each page shows, as plain data: handlers fill these from the engine, the templates in
//! `crates/server/templates/` turn them into HTML. Nothing here reads a clock, a request or a store.
//!
//! Strings are escaped by the templates; money and dates arrive already written for a person.

mod ledger;
mod mailbox;
mod message;
mod registration;
mod sandbox;
mod sign_up;
mod verification;

pub(crate) use ledger::Ledger;
pub(crate) use mailbox::{MailPage, MailSummary, MailboxPage, split_links};
pub(crate) use message::{MessagePage, ProblemPage};
pub(crate) use registration::{
    AwaitingVerification, Confirmation, RegistrationPage, RegistrationState,
};
pub(crate) use sandbox::{
    ActiveFault, AuthenticationPage, Choice, FaultForm, Holding, HoldingTable, SandboxPage,
};
pub(crate) use sign_up::{
    CardEntry, CountryView, PlanView, SignUpForm, SignUpPage, StripeElement, TestCard,
};
pub(crate) use verification::{VerifyPage, VerifyResult, VerifyResultPage};

use askama::Template;

/// What every page's frame needs: header and footer.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The service's name, shown as the brand and at the end of each `<title>`.
    pub(crate) site_name: String,
    /// Links `/mailbox`: only with the embedded mailbox.
    pub(crate) mailbox: bool,
    /// Links `/sandbox`: only with the sandbox gateway.
    pub(crate) sandbox: bool,
}

/// A link with its words.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Where it leads, a path of this service or an absolute address.
    pub(crate) href: String,
    /// What it says.
    pub(crate) label: String,
}

/// A message above the content: what happened and what to do next.
#[derive(Debug, Clone, Template)]
#[template(path = "_notice.html")]
pub(crate) struct Notice {
    /// Which colour and which word for a screen reader.
    pub(crate) kind: NoticeKind,
    /// One short sentence.
    pub(crate) title: String,
    /// Cause and remedy.
    pub(crate) text: String,
}

/// How a [`Notice`] is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// It did not work; the text says what to do.
    Error,
    /// Something is waited for, or must be done by the person.
    Waiting,
    /// It worked.
    Done,
}

impl NoticeKind {
    /// The value of `data-kind`, which the style sheet reads.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Waiting => "waiting",
            Self::Done => "done",
        }
    }
}
