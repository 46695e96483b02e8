//! `/registrations/{id}`: one registration, from running to rest.

use super::{Ledger, Notice, Site};
use crate::msg;
use askama::Template;

/// GET `/registrations/{id}`, and POST `…/verification` and `…/resend` when they could not be met.
#[derive(Debug, Clone, Template)]
#[template(path = "registration.html")]
pub(crate) struct RegistrationPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// The registration's id.
    pub(crate) id: String,
    /// Which page this is.
    pub(crate) state: RegistrationState,
    /// The steps so far.
    pub(crate) ledger: Ledger,
    /// A message above the content, such as "A new mail is on its way."
    pub(crate) notice: Option<Notice>,
}

/// Where a registration is, with what its page needs.
#[derive(Debug, Clone)]
pub(crate) enum RegistrationState {
    /// Steps are being done.
    Running,
    /// The bank asks the person.
    AwaitingAction(Confirmation),
    /// Steps are being taken back.
    Undoing,
    /// Taken back entirely.
    Failed {
        /// What happened: "Your bank declined the card (insufficient funds)."
        title: String,
        /// What that means and what to do: "No account was created … Try another card."
        detail: String,
    },
    /// Everything exists; the address is to be confirmed.
    AwaitingVerification(AwaitingVerification),
    /// Done for good.
    Registered {
        /// The confirmed address.
        email: String,
    },
}

/// How the person confirms a payment with their bank.
#[derive(Debug, Clone)]
pub(crate) enum Confirmation {
    /// On the bank's page, which is here.
    OnPage(String),
    /// The gateway's script, which is here, asks them.
    ByScript(String),
    /// The gateway cannot be asked, or is not the one in use; or they confirmed a moment ago.
    NotNow,
}

/// What the "Check your mail" page needs.
#[derive(Debug, Clone)]
pub(crate) struct AwaitingVerification {
    /// Where the mail went.
    pub(crate) email: String,
    /// How many digits the code has.
    pub(crate) code_length: usize,
    /// What is wrong with the code that was typed.
    pub(crate) code_error: Option<String>,
    /// Until when, for a person: "24 November 2026, 12:29 UTC".
    pub(crate) verify_by: String,
    /// The same instant in RFC 3339; the script shows it in the local zone.
    pub(crate) verify_by_rfc3339: String,
    /// After how many seconds another mail can be asked for; 0 is now.
    pub(crate) resend_after_seconds: u64,
}

impl RegistrationPage {
    /// The page's heading.
    fn heading(&self) -> String {
        self.site.language.tell(&match &self.state {
            RegistrationState::Running => msg!("progress-running"),
            RegistrationState::AwaitingAction(_) => msg!("progress-bank"),
            RegistrationState::Undoing => msg!("progress-undoing"),
            RegistrationState::Failed { title, .. } => return title.clone(),
            RegistrationState::AwaitingVerification(_) => msg!("check-mail"),
            RegistrationState::Registered { .. } => msg!("account-ready"),
        })
    }

    /// The page's title: its heading, and whether something is wrong.
    fn title(&self) -> String {
        match &self.state {
            RegistrationState::AwaitingVerification(wait) if wait.code_error.is_some() => self
                .site
                .tell("page-title-error", &[("title", self.heading())]),
            _ => self.heading(),
        }
    }
}

impl RegistrationState {
    /// The registration's status as the API names it: `data-status`, which the script reads.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::AwaitingAction(_) => "awaiting_action",
            Self::Undoing => "undoing",
            Self::Failed { .. } => "undone",
            Self::AwaitingVerification(_) => "awaiting_verification",
            Self::Registered { .. } => "registered",
        }
    }

    /// Whether the gateway's script runs on the page, which has a policy of its own for it.
    pub(crate) fn needs_script_of_gateway(&self) -> bool {
        matches!(self, Self::AwaitingAction(Confirmation::ByScript(_)))
    }

    /// Whether it changes without the person: the page watches it.
    pub(crate) fn is_moving(&self) -> bool {
        matches!(self, Self::Running | Self::Undoing)
    }
}
