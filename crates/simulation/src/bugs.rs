//! Bugs that somebody might write. Each is planted where the engine meets the world, so that the service
//! behaves as if it had the bug, and each must be noticed by a check.

use crate::run::Tier;

/// Declares the bugs, each in words.
macro_rules! bugs {
    ($($name:ident, $text:literal;)*) => {
        /// A planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Bug {
            $(#[doc = $text] $name,)*
        }

        impl Bug {
            /// Every bug.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// In words.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// As it is named on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The bug of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|bug| bug.name().eq_ignore_ascii_case(name))
            }
        }
    };
}

bugs! {
    CustomerIsNotDeleted, "the undo of create_customer is skipped";
    ChargeIsNotRefunded, "the undo of the charge is skipped";
    HalfIsRefunded, "half of the charge is given back";
    AccountIsNotClosed, "the undo of open_account is skipped";
    CustomerGoesBeforeTheMoney, "the undos are swapped: the customer is deleted, and then nothing is looked for";
    GenerationIsNotChecked, "a driver that was superseded writes all the same";
    JournalAfterTheCall, "the journal row is written after the first call";
    AnswerBeforeTheCommit, "the beginning is answered before it is on disk";
    DoubtIsFailure, "what may have happened is taken for what did not";
    DoubtIsRefusal, "a time-out is taken for a refusal of ours";
    EachTryHasItsOwnKey, "a repeated call carries another key";
    KeysAreShared, "two registrations of one address carry the same key";
    EmailIsReleasedEarly, "the claim on the address ends when it is decided to undo";
    EmailIsNeverReleased, "the claim on the address outlives an undoing";
    EmailIsNotClaimed, "the address is not claimed by the journal row";
    AccountsShareAnAddress, "an account is opened beside another of the same address";
    ClaimKeepsTheGeneration, "a takeover does not raise the generation";
    LeasesAreNotRespected, "what somebody holds is claimed before its lease has expired";
    LeasesNeverExpire, "what a dead driver held is never claimed";
    DeadlinesAreForgotten, "what waits for a person is never due";
    AccountsAreHalfWritten, "a refused commit leaves the user behind";
    MailIsNotQueued, "the mail is not written with the account";
    MailBeforeTheCommit, "the mail is sent although the commit was refused";
    SecondLookIsNotQueued, "a doubt leads to no second look";
    SecondLookFindsNothing, "a second look does not look";
    UndoingTurnsForward, "a registration that is taken back is verified all the same";
    KeyIsForgotten, "an idempotency key is not remembered";
    JourneyStaysOpen, "the last step of a journey leaves it open";
    JourneyNeedsNoProof, "a journey goes on though nobody has proved the address";
    LinkWorksTwice, "a link that was used is used again";
    SubscriptionIsNotWritten, "the account is opened without its subscription";
    ChargedBeforeVerification, "whoever was to be charged at verification is charged at once";
    MailIsQuoted, "a mail server's answer, which quotes the mail, is kept as it is";
}

impl Bug {
    /// In which tier it can show itself: the fastest that has what it is in.
    pub fn tier(self) -> Tier {
        match self {
            Self::MailIsQuoted => Tier::Http,
            _ => Tier::Pure,
        }
    }
}
