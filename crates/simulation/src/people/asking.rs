//! What people ask of the service: of its engine, or by its API.

mod by_engine;
mod over_http;

use std::sync::Arc;

use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::LinkUsedBy;
use enlist_registration::steps::Order;

use super::{Person, Told};
use crate::world::{Wire, World};

/// What became of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    /// The address is verified.
    Verified,
    /// It cannot be any more.
    TooLate,
    /// Not now, or nobody knows.
    Again,
}

/// By what an address is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The link of the mail of this number, used in the browser of whoever began, or in another.
    Link(u32, LinkUsedBy),
    /// The code of the mail of this number.
    CodeOf(u32),
    /// A code that was mistyped.
    WrongCode,
}

/// What became of something that was said in a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is kept.
    Kept,
    /// It is too late, or too early.
    Refused,
    /// Nobody knows.
    Again,
}

/// What is said in a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Names and address.
    Profile,
    /// The plan.
    Plan,
    /// The card.
    Card,
}

/// Each answer is none if nobody knows: the process died, or there is none.
impl World {
    /// Sends the form.
    pub(super) async fn ask_to_sign_up(
        self: &Arc<Self>,
        person: Person,
        order: Order,
        key: Option<u64>,
    ) -> Option<Told> {
        match self.wire {
            Wire::Engine => by_engine::sign_up(self, person, order, key).await,
            Wire::Http => over_http::sign_up(self, person, key).await,
        }
    }

    /// Begins a journey.
    pub(super) async fn ask_for_journey(
        self: &Arc<Self>,
        person: Person,
    ) -> Option<RegistrationId> {
        match self.wire {
            Wire::Engine => by_engine::begin_journey(self, person).await,
            Wire::Http => over_http::begin_journey(self, person).await,
        }
    }

    /// Asks for another mail of a journey.
    pub(super) async fn ask_for_mail(self: &Arc<Self>, journey: RegistrationId) {
        match self.wire {
            Wire::Engine => by_engine::resend(self, journey).await,
            Wire::Http => over_http::resend(self, journey).await,
        }
    }

    /// Proves the address of a journey.
    pub(super) async fn prove_journey(
        self: &Arc<Self>,
        journey: RegistrationId,
        proof: Proof,
    ) -> Proved {
        match self.wire {
            Wire::Engine => by_engine::prove_journey(self, journey, proof).await,
            Wire::Http => over_http::prove(self, journey, proof).await,
        }
    }

    /// Says something in a journey.
    pub(super) async fn say(
        self: &Arc<Self>,
        journey: RegistrationId,
        person: Person,
        part: Part,
    ) -> Said {
        match self.wire {
            Wire::Engine => by_engine::say(self, journey, person, part).await,
            Wire::Http => over_http::say(self, journey, person, part).await,
        }
    }

    /// Takes the last step of a journey.
    pub(super) async fn ask_to_complete(
        self: &Arc<Self>,
        journey: RegistrationId,
        person: Person,
    ) -> Option<Told> {
        match self.wire {
            Wire::Engine => by_engine::complete(self, journey, person).await,
            Wire::Http => over_http::complete(self, journey, person).await,
        }
    }

    /// Proves the address of a sign-up in one request.
    pub(super) async fn prove(
        self: &Arc<Self>,
        registration: RegistrationId,
        proof: Proof,
    ) -> Proved {
        match self.wire {
            Wire::Engine => by_engine::prove(self, registration, proof).await,
            Wire::Http => over_http::prove(self, registration, proof).await,
        }
    }

    /// Back from the bank.
    pub(super) async fn say_that_the_bank_was_answered(
        self: &Arc<Self>,
        registration: RegistrationId,
    ) {
        match self.wire {
            Wire::Engine => by_engine::confirm(self, registration).await,
            Wire::Http => over_http::confirm(self, registration).await,
        }
    }
}
