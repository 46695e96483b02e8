//! The only loop: decide, act, record. It takes a registration from where it stands to where it
//! rests or waits for a person, whoever calls it: a request, a worker, an operator, a simulation.

mod beginning;
mod driver;
mod journeys;
mod preparing;
mod standing;
mod verification;

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{OwnerId, RegistrationId};
use crate::jobs::Job;
use crate::limits::{Limits, later};
use crate::ports::{
    Clock, Observer, PasswordHasher, PaymentGateway, Random, RefundAttempt, Signal, Signalled,
    Store, StoreFault, Trouble,
};
use crate::saga::{Decision, Draft, decide};
use crate::state::{Registration, Status};
use crate::steps::StepName;
use crate::timeline::EventKind;
use crate::tokens::Tokens;

pub use beginning::{Beginning, BeginningFault, Terms};
pub use journeys::{Completing, Given, JourneyLink, JourneyProof};
pub use preparing::NoToken;
pub use standing::AccountStanding;
pub use verification::Verification;

use driver::{Driver, Stop};

/// How often a registration whose gateway is another than ours is looked at: whether it is ours shows
/// itself only once a process is started with another configuration.
const OTHER_GATEWAY_PAUSE: Duration = Duration::from_mins(5);

/// Drives registrations. One per process; cheap to share.
pub struct Engine {
    ports: Ports,
    limits: Limits,
    tokens: Tokens,
    owner: OwnerId,
}

/// The world, as the engine sees it.
pub struct Ports {
    /// The journal and the accounts.
    pub store: Arc<dyn Store>,
    /// Where customers and charges are.
    pub gateway: Arc<dyn PaymentGateway>,
    /// Where passwords are hashed.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
}

/// Where driving ended.
#[derive(Debug)]
pub enum Driven {
    /// At rest, waiting for a person, or paused until it is due: nobody holds it.
    LetGo(Box<Registration>),
    /// Another driver has it.
    Superseded,
    /// The database failed for longer than we were ready to wait. The journal knows enough: whoever
    /// claims the registration once the lease has expired goes on.
    Abandoned(StoreFault),
}

/// What a second look at the gateway found.
#[derive(Debug, PartialEq, Eq)]
pub enum Recheck {
    /// Nothing is left, or nothing is left any more; a sentence says what was found.
    Clean(String),
    /// The registration does not rest as undone, so nothing was looked at.
    NotUndone,
    /// The gateway could not be asked, or would not let go: try again.
    NotYet(Trouble),
}

impl Engine {
    /// An engine with an owner id of its own.
    pub fn new(ports: Ports, limits: Limits, tokens: Tokens) -> Self {
        let owner = OwnerId::new(ports.clock.now(), ports.random.as_ref());
        Self {
            ports,
            limits,
            tokens,
            owner,
        }
    }

    /// The tokens that the engine's registrations are opened with.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The numbers that the engine works by.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The world that the engine works in.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// As whom the engine claims registrations and jobs.
    pub fn owner(&self) -> OwnerId {
        self.owner
    }

    /// Whether a registration is at the gateway that this engine has. Another one is never asked about
    /// it: there, nothing of it would be found, and whatever it left behind would be taken for undone.
    pub fn has_gateway_of(&self, registration: &Registration) -> bool {
        registration.intent.gateway == self.ports.gateway.name()
    }

    /// Drives a registration that this engine holds, until it is let go of. One of another gateway is
    /// let go of as it stands where that gateway would be needed.
    pub async fn drive(&self, registration: Registration) -> Driven {
        let mut driver = Driver::new(self, registration);
        loop {
            let decision = decide(driver.registration(), self.ports.clock.now());
            let acted = match decision {
                decision
                    if needs_gateway(&decision) && !self.has_gateway_of(driver.registration()) =>
                {
                    let later = later(self.ports.clock.now(), OTHER_GATEWAY_PAUSE);
                    driver.pause_until(later).await
                }
                Decision::Do(StepName::OpenAccount) => driver.open_account().await,
                Decision::Do(StepName::VerifyEmail) => driver.note_verified().await,
                Decision::Do(StepName::Finish) => driver.finish().await,
                Decision::Do(step) => driver.call(step).await,
                Decision::Resolve(step) => driver.resolve(step).await,
                Decision::Undo(StepName::OpenAccount) => driver.close_account().await,
                Decision::Undo(step) => driver.reverse(step).await,
                Decision::GiveUp(failure) => driver.turn_back(failure).await,
                Decision::PauseUntil(moment) => driver.pause_until(moment).await,
                Decision::AwaitPerson(moment) => driver.await_person(moment).await,
                Decision::Clear => driver.clear().await,
                Decision::Rest => Err(Stop::LetGo),
            };
            match acted {
                Ok(()) => {}
                Err(Stop::LetGo) => return Driven::LetGo(Box::new(driver.into_registration())),
                Err(Stop::Superseded) => return Driven::Superseded,
                Err(Stop::Store(fault)) => return Driven::Abandoned(fault),
            }
        }
    }

    /// Claims at most `limit` registrations that need driving: those of drivers that fell silent,
    /// those whose pause is over, those whose person did not act in time. Each is to be driven.
    pub async fn claim_due(&self, limit: u32) -> Result<Vec<Registration>, StoreFault> {
        let mut claimed = self.ports.store.claim_due(self.owner, limit).await?;
        for registration in &mut claimed {
            self.take_over(registration).await;
        }
        Ok(claimed)
    }

    /// Tells a waiting registration what a person, a gateway or an operator did. If it was waiting
    /// for that, the caller holds it now and is to drive it.
    pub async fn signal(
        &self,
        registration: RegistrationId,
        signal: Signal,
    ) -> Result<Signalled, StoreFault> {
        let deadline = later(self.ports.clock.now(), self.limits.deadline);
        self.ports
            .store
            .signal(registration, signal, self.owner, deadline)
            .await
    }

    /// Looks at the gateway again for a registration that was undone with a doubt, and takes back
    /// what a late call left there. For each job, and for each try of one, under keys of its own.
    pub async fn recheck(&self, job: &Job) -> Result<Recheck, StoreFault> {
        let attempt = RefundAttempt::OfSecondLook {
            job: job.id,
            attempt: job.attempts,
        };
        match self.ports.store.registration(job.registration).await? {
            Some(registration) if registration.status != Status::Undone => Ok(Recheck::NotUndone),
            Some(registration) if !self.has_gateway_of(&registration) => {
                let gateway = &registration.intent.gateway;
                let what = format!("it was begun at the gateway {gateway}, which is not in use");
                Ok(Recheck::NotYet(Trouble::new(what)))
            }
            Some(registration) => Ok(Driver::new(self, registration).recheck(attempt).await),
            None => Ok(Recheck::NotUndone),
        }
    }

    async fn take_over(&self, registration: &mut Registration) {
        let now = self.ports.clock.now();
        let database_now = registration.lease.given_at;
        registration.take_over(now);
        registration.distrust_clocks(now, database_now);
        if registration.status == Status::Running && self.has_gateway_of(registration) {
            let draft = Draft::whole(EventKind::TakenOver, None);
            let event = driver::number(self, registration, draft);
            self.ports.observer.event(registration.id, &event);
            self.ports.store.record(registration, &[event]).await;
        }
    }

    /// Chance, 0 to 1.
    fn jitter(&self) -> f64 {
        let mut bytes = [0u8; 4];
        self.ports.random.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }
}

/// Whether the gateway is asked, or will be in consequence. What was paid for can be opened and closed
/// without it, and whoever waits for a person goes on waiting.
fn needs_gateway(decision: &Decision) -> bool {
    match decision {
        Decision::Do(step) => !matches!(
            step,
            StepName::OpenAccount | StepName::VerifyEmail | StepName::Finish
        ),
        Decision::Resolve(_) | Decision::Undo(_) | Decision::GiveUp(_) => true,
        Decision::PauseUntil(_) | Decision::AwaitPerson(_) | Decision::Clear | Decision::Rest => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::state::Failure;

    #[test]
    fn what_was_paid_for_is_finished_without_the_gateway_and_nothing_else_is() {
        let later = Timestamp::UNIX_EPOCH;
        for step in [
            StepName::OpenAccount,
            StepName::VerifyEmail,
            StepName::Finish,
        ] {
            assert!(!needs_gateway(&Decision::Do(step)), "{step:?}");
        }
        for step in [StepName::CreateCustomer, StepName::StartSubscription] {
            for decision in [
                Decision::Do(step),
                Decision::Resolve(step),
                Decision::Undo(step),
            ] {
                assert!(needs_gateway(&decision), "{decision:?}");
            }
        }
        assert!(needs_gateway(&Decision::GiveUp(Failure::OutOfTime)));
        for decision in [
            Decision::PauseUntil(later),
            Decision::AwaitPerson(later),
            Decision::Clear,
            Decision::Rest,
        ] {
            assert!(!needs_gateway(&decision), "{decision:?}");
        }
    }
}
