//! The journey in three steps: a pending registration, which is nothing but what a person has said so
//! far. It holds no address, asks nothing of the gateway that would stay there, and expires. The
//! registration that it leads to begins with its last step, and is a registration like any other.

use enlist_domain::{EmailAddress, Language, Profile};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{PaymentMethodId, RegistrationId};
use crate::ports::PaymentMethod;
use crate::state::{Failure, Registration, Status, StepState};
use crate::steps::StepName;

/// A pending registration.
#[derive(Clone, Debug)]
pub struct Journey {
    /// Its id, which is of the same kind as a registration's: the first registration that it leads to
    /// takes it over, if whoever began it has proved the address.
    pub id: RegistrationId,
    /// As typed. Several journeys may have the same: only a registration claims it.
    pub email: EmailAddress,
    /// In which language mails are written.
    pub language: Option<Language>,
    /// Names and billing address, once given.
    pub profile: Option<Profile>,
    /// The card, once given.
    pub card: Option<JourneyCard>,
    /// The name of the plan, once chosen.
    pub plan: Option<String>,
    /// When the address was verified.
    pub verified_at: Option<Timestamp>,
    /// When mail to the address was refused for good; never once it was verified. The journey is over.
    pub mail_refused_at: Option<Timestamp>,
    /// Whether it was verified by whoever began it: by the code, or by the link in the same browser.
    /// Otherwise they may look, and no more: what was begun with somebody else's address must not
    /// become theirs because its owner opened a link.
    pub starter: Starter,
    /// The registration that its last step began, until another card is given after that was undone.
    pub registration: Option<RegistrationId>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// When it is forgotten; or emptied, if its registration is under way or done.
    pub expires_at: Timestamp,
    /// Which mail is the newest.
    pub mail_serial: u32,
    /// When the newest mail was asked for.
    pub last_mail_at: Timestamp,
    /// Codes tried since the newest mail.
    pub code_attempts: u32,
}

/// What whoever began a journey has shown of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// Nothing yet.
    Unproved,
    /// That they read mail there.
    Proved,
}

/// A card that was given on a journey: the gateway's token, and what may be shown of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyCard {
    /// Which gateway's; at another it is worth nothing.
    pub gateway: String,
    /// The token.
    pub method: PaymentMethodId,
    /// As the gateway described it when it was tokenised here; none for a token that was made in the
    /// browser.
    pub tokenized: Option<PaymentMethod>,
    /// The server saw the raw card.
    pub was_raw: bool,
}

/// The parts of a journey, in the order in which they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The link or the code.
    Verification,
    /// Names and billing address.
    Profile,
    /// A card.
    PaymentMethod,
    /// Password and plan, and that all of it is meant.
    Completion,
}

impl Part {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Profile => "profile",
            Self::PaymentMethod => "payment_method",
            Self::Completion => "completion",
        }
    }
}

/// Whether a card must be given before the last step, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardIs {
    /// Every sign-up has one, or the chosen plan costs something.
    Needed,
    /// The chosen plan is free, or none is chosen yet.
    Optional,
}

/// What is known of a journey's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressIs {
    /// A mail was sent, or is about to be.
    Unproved,
    /// Somebody reads mail there.
    Verified,
    /// It takes no mail: nobody can go on, and nothing more is sent to it.
    Refused,
}

impl Journey {
    /// What is known of its address.
    pub fn address_is(&self) -> AddressIs {
        match (self.verified_at, self.mail_refused_at) {
            (Some(_), _) => AddressIs::Verified,
            (None, Some(_)) => AddressIs::Refused,
            (None, None) => AddressIs::Unproved,
        }
    }

    /// The gate: the first part that is missing. A page or a program that asks for a later one is sent
    /// here; an earlier one can be corrected at any time.
    /// `last` is the registration that the journey led to last.
    pub fn first_missing(&self, card: CardIs, gateway: &str, last: Option<&Registration>) -> Part {
        let card = match card {
            CardIs::Needed => self.usable_card(gateway, last).is_some(),
            CardIs::Optional => true,
        };
        match (self.verified_at, &self.profile) {
            (None, _) => Part::Verification,
            (Some(_), None) => Part::Profile,
            (Some(_), Some(_)) if !card => Part::PaymentMethod,
            (Some(_), Some(_)) => Part::Completion,
        }
    }

    /// The card, if this gateway can charge it, and `last`, the registration that the journey led to last,
    /// has not used it up.
    pub fn usable_card(&self, gateway: &str, last: Option<&Registration>) -> Option<&JourneyCard> {
        let is_spent = last.is_some_and(is_spent_by);
        self.card_at(gateway).filter(|_| !is_spent)
    }

    /// The card, if it is one of this gateway's.
    pub fn card_at(&self, gateway: &str) -> Option<&JourneyCard> {
        self.card.as_ref().filter(|card| card.gateway == gateway)
    }
}

/// Whether the card that a journey has was used up by an attempt that was undone: it was declined; or a
/// customer was made with it and deleted, and gateways let no other customer have it; or it was left out,
/// since another attempt before had used it up.
fn is_spent_by(attempt: &Registration) -> bool {
    let customer = attempt.progress.of(StepName::CreateCustomer);
    let had_customer = !matches!(customer, StepState::Open | StepState::NotHappened);
    let was_declined = matches!(attempt.failure, Some(Failure::Declined(_)));
    let was_left_out = attempt.intent.payment_method.is_none();
    attempt.status == Status::Undone && (was_declined || had_customer || was_left_out)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ports::Decline;
    use crate::saga::tests::samples::{NOW, Plan, doubt, registration};

    /// A journey of which everything is given.
    fn whole() -> Journey {
        let intent = registration(Plan::Paid).intent;
        Journey {
            id: RegistrationId(Uuid::from_u128(1)),
            email: intent.email,
            language: None,
            profile: Some(intent.profile),
            card: Some(JourneyCard {
                gateway: "sandbox".to_owned(),
                method: PaymentMethodId("pm_1".to_owned()),
                tokenized: None,
                was_raw: false,
            }),
            plan: None,
            verified_at: Some(NOW),
            mail_refused_at: None,
            starter: Starter::Proved,
            registration: None,
            begun_at: NOW,
            expires_at: NOW,
            mail_serial: 1,
            last_mail_at: NOW,
            code_attempts: 0,
        }
    }

    /// A registration with that card, of which nothing is left.
    fn undone() -> Registration {
        let mut attempt = registration(Plan::Paid);
        attempt.intent.payment_method = Some(PaymentMethodId("pm_1".to_owned()));
        attempt.status = Status::Undone;
        attempt.failure = Some(Failure::GatewayUnavailable);
        attempt
            .progress
            .set(StepName::CreateCustomer, StepState::NotHappened);
        attempt
    }

    #[test]
    fn the_gate_is_at_the_first_part_that_is_missing() {
        let needed = |journey: &Journey| journey.first_missing(CardIs::Needed, "sandbox", None);
        let optional = |journey: &Journey| journey.first_missing(CardIs::Optional, "sandbox", None);
        let mut journey = whole();
        assert_eq!(needed(&journey), Part::Completion);
        journey.card = None;
        assert_eq!(needed(&journey), Part::PaymentMethod);
        assert_eq!(optional(&journey), Part::Completion);
        journey.profile = None;
        assert_eq!(needed(&journey), Part::Profile);
        assert_eq!(optional(&journey), Part::Profile);
        journey.verified_at = None;
        assert_eq!(needed(&journey), Part::Verification);
        assert_eq!(optional(&journey), Part::Verification);
    }

    #[test]
    fn an_address_that_was_verified_is_verified_whatever_is_said_of_its_mail() {
        let mut journey = whole();
        journey.mail_refused_at = Some(NOW);
        assert_eq!(journey.address_is(), AddressIs::Verified);
        journey.verified_at = None;
        assert_eq!(journey.address_is(), AddressIs::Refused);
        journey.mail_refused_at = None;
        assert_eq!(journey.address_is(), AddressIs::Unproved);
    }

    #[test]
    fn a_card_is_worth_something_at_its_own_gateway_only() {
        let journey = whole();
        assert_eq!(journey.card_at("sandbox"), journey.card.as_ref());
        assert_eq!(journey.usable_card("sandbox", None), journey.card.as_ref());
        assert_eq!(journey.card_at("stripe"), None);
        assert_eq!(journey.usable_card("stripe", None), None);
        let there = journey.first_missing(CardIs::Needed, "stripe", None);
        assert_eq!(there, Part::PaymentMethod);
    }

    #[test]
    fn a_card_is_used_up_by_an_attempt_that_was_undone_once_the_gateway_may_have_taken_it() {
        let journey = whole();
        let is_usable = |attempt: &Registration| {
            let gate = journey.first_missing(CardIs::Needed, "sandbox", Some(attempt));
            let usable = journey.usable_card("sandbox", Some(attempt)).is_some();
            assert_eq!(gate == Part::Completion, usable);
            usable
        };
        let untouched = undone();
        assert!(is_usable(&untouched));
        let mut never_begun = untouched.clone();
        never_begun
            .progress
            .set(StepName::CreateCustomer, StepState::Open);
        assert!(is_usable(&never_begun));

        let mut declined = untouched.clone();
        declined.failure = Some(Failure::Declined(Decline {
            code: "expired_card".to_owned(),
        }));
        let mut left_out = untouched.clone();
        left_out.intent.payment_method = None;
        let customer = |state| {
            let mut had_customer = untouched.clone();
            had_customer.progress.set(StepName::CreateCustomer, state);
            had_customer
        };
        let spent = [
            declined,
            left_out,
            customer(StepState::Undone),
            customer(doubt(NOW, true)),
        ];
        for attempt in spent {
            assert!(!is_usable(&attempt), "{attempt:?}");
            let mut under_way = attempt;
            under_way.status = Status::Undoing;
            assert!(is_usable(&under_way), "{under_way:?}");
        }
    }

    #[test]
    fn a_part_is_called_as_the_api_calls_it() {
        for (part, name) in [
            (Part::Verification, "verification"),
            (Part::Profile, "profile"),
            (Part::PaymentMethod, "payment_method"),
            (Part::Completion, "completion"),
        ] {
            assert_eq!(part.as_str(), name);
        }
    }
}
