//! `/verify/{token}`: the link of the mail. Opening it changes nothing; the button does.

use super::Site;
use crate::language::Message;
use crate::msg;
use askama::Template;

/// GET `/verify/{token}` with a token that can be used.
#[derive(Debug, Clone, Template)]
#[template(path = "verify.html")]
pub(crate) struct VerifyPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// The address that is to be confirmed.
    pub(crate) email: String,
    /// Where the button posts to: this page's own path.
    pub(crate) action: String,
    /// Of the journey in three steps, on which nothing is there yet that it would complete.
    pub(crate) is_journey: bool,
}

/// What became of a verification link, on GET of a spent one or after POST.
#[derive(Debug, Clone, Template)]
#[template(path = "verify-result.html")]
pub(crate) struct VerifyResultPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// What became of it.
    pub(crate) result: VerifyResult,
}

/// What became of a verification link.
#[derive(Debug, Clone)]
pub(crate) enum VerifyResult {
    /// Confirmed just now.
    Confirmed {
        /// The address.
        email: String,
    },
    /// Confirmed earlier: nothing changed.
    AlreadyConfirmed {
        /// The address.
        email: String,
    },
    /// Its time is over; the registration was undone.
    Expired,
    /// The journey that it was of was not completed in time.
    Forgotten,
    /// A journey's, which works once.
    Used {
        /// Where this browser asks for another mail, if it may.
        resend: Option<String>,
    },
    /// No such link.
    Unknown,
}

impl VerifyResult {
    /// The page's heading.
    pub(crate) fn heading(&self) -> Message {
        match self {
            Self::Confirmed { .. } => msg!("verified"),
            Self::AlreadyConfirmed { .. } => msg!("verified-before"),
            Self::Expired | Self::Forgotten => msg!("link-expired"),
            Self::Used { .. } => msg!("link-used"),
            Self::Unknown => msg!("link-unknown"),
        }
    }
}
