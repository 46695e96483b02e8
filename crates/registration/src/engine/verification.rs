//! Proving an address: by the mailed link or by the code, each once, and only while the registration
//! waits for it.

use jiff::Timestamp;

use super::Engine;
use crate::ids::{JobId, RegistrationId};
use crate::ports::{MailAsked, MailRation, Signal, Signalled, StoreFault};
use crate::state::{Registration, Status};
use crate::tokens::code_digits;

/// What became of a proof.
#[derive(Debug)]
pub enum Verification {
    /// It was accepted. The caller holds the registration and is to drive it.
    Accepted(Box<Registration>),
    /// The address was verified before; nothing changed.
    AlreadyVerified,
    /// Too late, or the registration was undone for another reason.
    Expired,
    /// What was typed cannot be a code; it costs no try.
    NotACode,
    /// A wrong code; so many tries are left.
    WrongCode {
        /// Before another mail is needed.
        tries_left: u32,
    },
    /// Too many wrong codes: only another mail, or the link, helps.
    CodeExhausted,
    /// The account is not open yet, so nothing was mailed that could be proved.
    NotYet,
    /// No such registration, or a forged link.
    Unknown,
}

impl Engine {
    /// The registration that a mailed link belongs to, if the link is genuine. Changes nothing.
    pub async fn registration_of_link(
        &self,
        token: &str,
    ) -> Result<Option<Registration>, StoreFault> {
        match self.tokens.registration_of_link(token) {
            Some(id) => self.ports.store.registration(id).await,
            None => Ok(None),
        }
    }

    /// The mailed link was used.
    pub async fn verify_by_link(&self, token: &str) -> Result<Verification, StoreFault> {
        match self.tokens.registration_of_link(token) {
            Some(id) => self.accept(id).await,
            None => Ok(Verification::Unknown),
        }
    }

    /// The mailed code was typed. A try is counted before it is looked at, so that many at once are
    /// not more than were allowed.
    pub async fn verify_by_code(
        &self,
        id: RegistrationId,
        code: &str,
    ) -> Result<Verification, StoreFault> {
        let Some(registration) = self.ports.store.registration(id).await? else {
            return Ok(Verification::Unknown);
        };
        if let Some(settled) = settled(&registration, self.ports.clock.now()) {
            return Ok(settled);
        }
        if code_digits(code).is_none() {
            return Ok(Verification::NotACode);
        }
        let allowed = self.limits.code_attempts;
        let tried = self.ports.store.count_code_attempt(id).await?;
        if tried > allowed {
            return Ok(Verification::CodeExhausted);
        }
        if self
            .tokens
            .code_is_right(id, registration.mail_serial, code)
        {
            return self.accept(id).await;
        }
        Ok(match allowed - tried {
            0 => Verification::CodeExhausted,
            tries_left => Verification::WrongCode { tries_left },
        })
    }

    /// Queues another verification mail, within what one registration may cause.
    pub async fn resend_mail(&self, id: RegistrationId) -> Result<MailAsked, StoreFault> {
        let job = JobId::new(self.ports.clock.now(), self.ports.random.as_ref());
        let ration = MailRation {
            mails: self.limits.mails,
            apart: self.limits.resend_after,
        };
        self.ports.store.ask_for_mail(id, job, ration).await
    }

    async fn accept(&self, id: RegistrationId) -> Result<Verification, StoreFault> {
        Ok(match self.signal(id, Signal::Verified).await? {
            Signalled::Claimed(registration) => Verification::Accepted(registration),
            Signalled::Unknown => Verification::Unknown,
            Signalled::NotWaiting(registration) => {
                // It waits, but the deadline is past: whoever sweeps will undo it.
                settled(&registration, self.ports.clock.now()).unwrap_or(Verification::Expired)
            }
        })
    }
}

/// How a proof ends for a registration that does not wait for one.
fn settled(registration: &Registration, now: Timestamp) -> Option<Verification> {
    if registration.verified_at.is_some() && registration.status != Status::Undone {
        return Some(Verification::AlreadyVerified);
    }
    match registration.status {
        Status::AwaitingVerification => {
            let in_time = registration.act_by.is_none_or(|act_by| now < act_by);
            (!in_time).then_some(Verification::Expired)
        }
        Status::Registered => Some(Verification::AlreadyVerified),
        Status::Undoing | Status::Undone => Some(Verification::Expired),
        Status::Running | Status::AwaitingAction => Some(Verification::NotYet),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::saga::tests::samples::{NOW, Plan, opened, registration};

    fn is(registration: &Registration, now: Timestamp) -> &'static str {
        match settled(registration, now) {
            None => "open",
            Some(Verification::AlreadyVerified) => "verified",
            Some(Verification::Expired) => "expired",
            Some(Verification::NotYet) => "not yet",
            Some(_) => "something else",
        }
    }

    #[test]
    fn a_proof_is_taken_until_the_deadline_of_who_waits_for_it() {
        let mut waiting = opened(Plan::Free);
        let deadline = waiting.act_by.unwrap();
        assert_eq!(is(&waiting, NOW), "open");
        assert_eq!(
            is(&waiting, deadline - SignedDuration::from_micros(1)),
            "open"
        );
        assert_eq!(is(&waiting, deadline), "expired");
        waiting.act_by = None;
        assert_eq!(is(&waiting, Timestamp::MAX), "open");
    }

    #[test]
    fn whoever_does_not_wait_is_told_why() {
        let mut registration = registration(Plan::Free);
        let not_verified = [
            (Status::Running, "not yet"),
            (Status::AwaitingAction, "not yet"),
            (Status::Undoing, "expired"),
            (Status::Undone, "expired"),
            (Status::Registered, "verified"),
        ];
        for (status, expected) in not_verified {
            registration.status = status;
            assert_eq!(is(&registration, NOW), expected, "{status:?}");
        }
        registration.verified_at = Some(NOW);
        for status in Status::ALL {
            registration.status = status;
            let expected = match status {
                Status::Undone => "expired",
                _ => "verified",
            };
            assert_eq!(is(&registration, NOW), expected, "{status:?}");
        }
    }
}
