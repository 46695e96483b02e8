//! The database as a journey sees it: what a person has said so far, until a registration begins.

use async_trait::async_trait;
use enlist_domain::{EmailAddress, Profile};
use jiff::Timestamp;

use super::store::{MailAsked, MailRation, StoreFault};
use crate::ids::{JobId, RegistrationId};
use crate::journey::{Journey, JourneyCard};

/// How whoever is on a journey proves its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a code, which proves whoever began the journey.
    Code,
    /// By the link of the mail of this number, which works once, and not after that of a later mail.
    Link {
        /// The mail's number.
        serial: u32,
        /// Whether whoever began the journey used it.
        by: LinkUsedBy,
    },
}

/// Who used a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkUsedBy {
    /// Whoever began the journey: in the same browser.
    Starter,
    /// Whoever read the mail, elsewhere.
    Reader,
}

/// Something that a person says on a journey, in the place of what they said of it before.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Names and billing address.
    Profile(Box<Profile>),
    /// The card.
    Card(JourneyCard),
    /// The plan, by its name.
    Plan(String),
}

/// What became of a change to a journey.
#[derive(Debug)]
pub enum JourneyChange {
    /// It was made; here is how it stands.
    Made(Box<Journey>),
    /// It was not: the link is used up, the address is not verified (or is, where mail to it was refused),
    /// mail to it was refused, or a registration that it led to is not undone. Here is how it stands.
    Refused(Box<Journey>),
    /// There is no such journey (any more).
    Gone,
}

/// How many mails journeys may cause to one address, so that nobody's mailbox is filled by others.
#[derive(Clone, Copy, Debug)]
pub struct AddressRation {
    /// So many mails…
    pub mails: u32,
    /// … asked for within this time, or by journeys that were begun within it, as the database counts.
    pub within: std::time::Duration,
}

/// Which journeys to list: those that have not expired, and led to no registration that is under way or
/// done.
#[derive(Clone, Debug)]
pub struct JourneyFilter {
    /// Whether they can be gone on with.
    pub which: Journeys,
    /// Only those of this address.
    pub email: Option<EmailAddress>,
    /// Only those that expire after this moment.
    pub alive_at: Timestamp,
    /// At most so many, newest first.
    pub limit: u32,
}

/// See [`JourneyFilter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journeys {
    /// All.
    All,
    /// Those that somebody can go on with.
    Open,
    /// Those that are over because mail to the address was refused.
    Refused,
}

/// The part of the database that journeys are in. Each change names what it expects: that the journey has
/// not expired, by the database's clock, and that no registration it led to is under way or done.
#[async_trait]
pub trait JourneyStore: Send + Sync {
    /// Writes a journey, and queues its first mail unless its address had enough of them. Both, and
    /// what it takes, are the same whoever has the address. Waits for the disk.
    async fn begin_journey(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault>;

    /// One journey; one that has expired is there until it is deleted, and without profile, card and plan
    /// once it is emptied.
    async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault>;

    /// As [`Store::count_code_attempt`], for a journey.
    async fn count_journey_code(&self, id: RegistrationId) -> Result<u32, StoreFault>;

    /// Marks the address of a journey as verified, and what its starter has proved; it expires at
    /// `expires_at`, and no sooner than before. Refused, where mail to it was refused for good; and for a
    /// link that was used, or one of an earlier mail than one that was. Waits for the disk.
    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault>;

    /// Ends a journey whose address is not verified: mail to it was refused for good. Refused, where it is
    /// verified or was ended before. Waits for the disk.
    async fn refuse_journey_mail(&self, id: RegistrationId) -> Result<JourneyChange, StoreFault>;

    /// Writes what a person says on a journey whose address is verified. With another card, a registration
    /// that it led to and that was undone is left behind: until then it tells whether the card is used up.
    /// Waits for the disk.
    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<JourneyChange, StoreFault>;

    /// Queues another mail for a journey, with a new link and a new code, within both rations; none where
    /// mail to the address was refused.
    async fn ask_for_journey_mail(
        &self,
        id: RegistrationId,
        job: JobId,
        ration: MailRation,
        of_address: AddressRation,
    ) -> Result<MailAsked, StoreFault>;

    /// Journeys, newest first.
    async fn journeys(&self, filter: &JourneyFilter) -> Result<Vec<Journey>, StoreFault>;

    /// Whether an account has this address.
    async fn has_account(&self, email: &EmailAddress) -> Result<bool, StoreFault>;
}
