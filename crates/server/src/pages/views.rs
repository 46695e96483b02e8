//! What each page shows, as plain data: handlers fill these from the engine, the templates in
//! `crates/server/templates/` turn them into HTML. Nothing here reads a clock, a request or a store.
//!
//! Strings are escaped by the templates; money and dates arrive already written for a person.

mod address;
mod form;
mod journey;
mod ledger;
mod mailbox;
mod message;
mod offer;
mod registration;
mod sandbox;
mod sign_up;
mod verification;

pub(crate) use address::AddressView;
pub(crate) use form::{FieldError, SignUpForm};
pub(crate) use journey::{CheckMailPage, JoinPage, PaymentPage, ProfilePage, StepOfJourney, Steps};
pub(crate) use ledger::Ledger;
pub(crate) use mailbox::{MailPage, MailSummary, MailboxPage, split_links};
pub(crate) use message::{MessagePage, ProblemPage};
pub(crate) use offer::{CardEntry, Offer, PlanView, StripeElement, TestCard};
pub(crate) use registration::{
    AwaitingVerification, Confirmation, RegistrationPage, RegistrationState,
};
pub(crate) use sandbox::{
    ActiveFault, AuthenticationPage, Choice, FaultForm, Holding, HoldingTable, SandboxPage,
};
pub(crate) use sign_up::SignUpPage;
pub(crate) use verification::{VerifyPage, VerifyResult, VerifyResultPage};

use std::sync::Arc;

use askama::Template;
use askama::filters::Safe;

use crate::brand::Brand;
use crate::config::Support;
use crate::language::{Argument, Language, Message};
use crate::msg;

/// What every page has: its language, the brand, and what its header and footer show.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// In which the page is written.
    pub(crate) language: Language,
    /// Name, colour, logo, legal links.
    pub(crate) brand: Arc<Brand>,
    /// Links `/mailbox`: only with the embedded mailbox.
    pub(crate) mailbox: bool,
    /// Links `/sandbox`: only with the sandbox gateway.
    pub(crate) sandbox: bool,
}

/// How templates say something: by the name of a message, and its values where it has some.
impl Site {
    /// `{{ site.say("check-mail") }}`
    pub(crate) fn say(&self, id: &'static str) -> String {
        self.language.say(id)
    }

    /// `{{ site.tell("receipt-plan", [("title", plan.title)]) }}`
    pub(crate) fn tell<V: Clone>(&self, id: &'static str, values: &[(&'static str, V)]) -> String
    where
        Argument: From<V>,
    {
        self.language.tell(message(id, values))
    }

    /// A message with markup in it: `{{ site.markup("mailbox-empty") }}`
    pub(crate) fn markup(&self, id: &'static str) -> Safe<String> {
        self.markup_with::<String>(id, &[])
    }

    /// The same with values, which are escaped.
    pub(crate) fn markup_with<V: Clone>(
        &self,
        id: &'static str,
        values: &[(&'static str, V)],
    ) -> Safe<String>
    where
        Argument: From<V>,
    {
        Safe(self.language.markup(&message(id, values)))
    }

    /// What the page can be read in.
    pub(crate) fn languages(&self) -> impl Iterator<Item = Language> {
        Language::all()
    }

    /// The legal pages, and where people turn to.
    pub(crate) fn links(&self) -> Vec<Link> {
        let brand = &self.brand.settings;
        let support = brand.support.as_ref().map(Support::href);
        [
            (brand.terms_url.as_deref(), msg!("navigation-terms")),
            (brand.privacy_url.as_deref(), msg!("navigation-privacy")),
            (brand.imprint_url.as_deref(), msg!("navigation-imprint")),
            (support, msg!("navigation-support")),
        ]
        .into_iter()
        .filter_map(|(href, label)| {
            Some(Link {
                href: href?.to_owned(),
                label: self.language.tell(&label),
            })
        })
        .collect()
    }

    /// What somebody agrees to who presses the button, where the operator has named the pages.
    pub(crate) fn legal(&self) -> Option<Safe<String>> {
        let brand = &self.brand.settings;
        let message = match (brand.terms_url.as_ref(), brand.privacy_url.as_ref()) {
            (Some(terms), Some(privacy)) => {
                msg!("legal-terms-and-privacy", terms = terms, privacy = privacy)
            }
            (Some(terms), None) => msg!("legal-terms", terms = terms),
            (None, Some(privacy)) => msg!("legal-privacy", privacy = privacy),
            (None, None) => return None,
        };
        Some(Safe(self.language.markup(&message)))
    }
}

fn message<V: Clone>(id: &'static str, values: &[(&'static str, V)]) -> Message
where
    Argument: From<V>,
{
    let values = values.iter();
    let values = values.map(|(name, value)| (*name, Argument::from(value.clone())));
    Message::new(id, values.collect())
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
    /// In which it is written.
    pub(crate) language: Language,
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
