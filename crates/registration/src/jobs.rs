//! Deferred work: written in the transaction that causes it, done by a worker, at least once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{Generation, JobId, RegistrationId};

/// What kinds of deferred work there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Send the verification mail.
    VerificationMail,
    /// Send the mail of a journey: the link and the code, or, where the address has an account, that it
    /// has one. Only whoever sends it looks which of the two.
    JourneyMail,
    /// Look at the gateway again for what a late call may have left behind.
    Recheck,
    /// Bring an account in line with how it stands at the gateway, which told that something changed.
    Reflect,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::VerificationMail,
        Self::JourneyMail,
        Self::Recheck,
        Self::Reflect,
    ];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerificationMail => "verification_mail",
            Self::JourneyMail => "journey_mail",
            Self::Recheck => "recheck",
            Self::Reflect => "reflect",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Work to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Chosen by whoever queues it, so that queueing twice is noticed.
    pub id: JobId,
    /// What is to be done.
    pub kind: JobKind,
    /// For which registration.
    pub registration: RegistrationId,
    /// Which mail of the registration this is (its code differs from the last one's); 0 where there
    /// is none.
    pub serial: u32,
    /// Not before.
    pub due_at: Timestamp,
}

/// Work in a worker's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id; the mail's `Message-ID` is made from it and the registration's.
    pub id: JobId,
    /// What is to be done.
    pub kind: JobKind,
    /// For which registration.
    pub registration: RegistrationId,
    /// See [`NewJob::serial`].
    pub serial: u32,
    /// How often it was tried before.
    pub attempts: u32,
    /// When it was queued, by the database's clock.
    pub queued_at: Timestamp,
    /// Under which claim.
    pub generation: Generation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_stored_under_its_name_and_read_back() {
        let names = JobKind::ALL.map(JobKind::as_str);
        let expected = ["verification_mail", "journey_mail", "recheck", "reflect"];
        assert_eq!(names, expected);
        assert_eq!(names.map(JobKind::from_name), JobKind::ALL.map(Some));
        assert_eq!(JobKind::from_name("receipt_mail"), None);
    }
}
