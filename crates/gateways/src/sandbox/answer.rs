//! The way of one call through the sandbox: the faults at the door, the books, and the faults on the
//! way back.

use std::future;
use std::time::Duration;

use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{Decline, Outcome, RequiredAction, Trouble};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Sandbox;
use super::books::Books;
use super::error::SandboxError;
use super::faults::{FaultKind, Strike};
use super::idempotency::{self, Answer, Effect, Reply, Request};
use super::operation::Operation;

/// How long a rate limit asks to be left alone.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Sandbox {
    /// A call under an idempotency key.
    pub(super) async fn keyed<T>(
        &self,
        request: Result<Request, SandboxError>,
        effect: impl Fn(&Books<'_>) -> Result<Effect<T>, SandboxError> + Send + 'static,
    ) -> Outcome<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let request = match request {
            Ok(request) => request,
            Err(error) => return broken(&error),
        };
        let _arrived = self.door.arrive(request.operation, request.registration);
        let strike = self.faults.strike(request.operation, &*self.random);
        if let Some(fault) = at_the_door(strike) {
            return turned_away(fault);
        }
        let Some(in_work) = self.door.work_on(&request.key) else {
            return Outcome::Retryable(Trouble::new(
                "409 idempotency_key_in_use: another call with this key is under way",
            ));
        };
        let carried_out = self.carry_out(strike, move |books, fault| {
            let then_fail = fault == Some(FaultKind::FailAfter);
            idempotency::once(books, &request, then_fail, &effect)
        });
        match carried_out.await {
            Err(error) => broken(&error),
            Ok(Met::TurnedAway(fault)) => turned_away(fault),
            Ok(Met::CarriedOut(reply, fault)) => {
                self.delay().await;
                drop(in_work);
                on_the_way_back(fault, outcome_of(reply)).await
            }
        }
    }

    /// A call that has no key: a reading, or one that may be repeated by its nature.
    pub(super) async fn unkeyed<T: Send + 'static>(
        &self,
        operation: Operation,
        registration: Option<RegistrationId>,
        effect: impl Fn(&Books<'_>) -> Result<Effect<T>, SandboxError> + Send + 'static,
    ) -> Outcome<T> {
        let _arrived = self.door.arrive(operation, registration);
        let strike = self.faults.strike(operation, &*self.random);
        if let Some(fault) = at_the_door(strike) {
            return turned_away(fault);
        }
        let carried_out = self.carry_out(strike, move |books, _| effect(books).map(Reply::first));
        match carried_out.await {
            Err(error) => broken(&error),
            Ok(Met::TurnedAway(fault)) => turned_away(fault),
            Ok(Met::CarriedOut(reply, fault)) => {
                self.delay().await;
                match fault {
                    Some(FaultKind::FailAfter) => server_error(false),
                    fault => on_the_way_back(fault, outcome_of(reply)).await,
                }
            }
        }
    }

    async fn carry_out<T: Send + 'static>(
        &self,
        strike: Strike,
        effect: impl Fn(&Books<'_>, Option<FaultKind>) -> Result<Reply<T>, SandboxError>
        + Send
        + 'static,
    ) -> Result<Met<T>, SandboxError> {
        self.on_books(move |books| match strike.settle(books)? {
            Some(fault) if fault.turns_away() => Ok(Met::TurnedAway(fault)),
            fault => Ok(Met::CarriedOut(effect(books, fault)?, fault)),
        })
        .await
    }

    async fn delay(&self) {
        if !self.latency.is_zero() {
            self.clock.sleep(self.latency).await;
        }
    }
}

/// What a call met at the books.
enum Met<T> {
    /// A fault, before the request was looked at.
    TurnedAway(FaultKind),
    /// The request was carried out, and perhaps a fault has still to strike.
    CarriedOut(Reply<T>, Option<FaultKind>),
}

/// The fault that turns a call away before it comes to the books.
fn at_the_door(strike: Strike) -> Option<FaultKind> {
    match strike {
        Strike::Known(fault) => fault.filter(|fault| fault.turns_away()),
        Strike::InBooks(_) => None,
    }
}

/// What a fault answers before the request is looked at.
fn turned_away<T>(fault: FaultKind) -> Outcome<T> {
    match fault {
        FaultKind::Refuse => Outcome::Retryable(Trouble::new("the connection was refused")),
        FaultKind::RateLimit => Outcome::Retryable(Trouble {
            retry_after: Some(RETRY_AFTER),
            ..Trouble::new("429: too many requests")
        }),
        FaultKind::FailBefore | FaultKind::FailAfter | FaultKind::LoseReply | FaultKind::Hang => {
            server_error(false)
        }
    }
}

/// What a fault makes of the answer.
async fn on_the_way_back<T>(fault: Option<FaultKind>, outcome: Outcome<T>) -> Outcome<T> {
    match fault {
        Some(FaultKind::LoseReply) => Outcome::InDoubt(Trouble::new(
            "the connection was reset before the answer came",
        )),
        Some(FaultKind::Hang) => future::pending().await,
        _ => outcome,
    }
}

fn outcome_of<T>(Reply { effect, replayed }: Reply<T>) -> Outcome<T> {
    match effect {
        Effect::Refused(summary) => Outcome::Rejected(Trouble::new(summary)),
        Effect::Answer(Answer::Done(value)) => Outcome::Done(value),
        Effect::Answer(Answer::Declined { code }) => Outcome::Declined(Decline { code }),
        Effect::Answer(Answer::RequiresAction {
            subscription,
            client_secret,
        }) => {
            let client_secret = SecretString::from(client_secret);
            Outcome::RequiresAction(RequiredAction {
                subscription,
                client_secret,
            })
        }
        Effect::Answer(Answer::ServerError) => server_error(replayed),
    }
}

fn server_error<T>(replayed: bool) -> Outcome<T> {
    Outcome::InDoubt(Trouble {
        replayed,
        ..Trouble::new("500: the gateway failed")
    })
}

/// The sandbox itself failed. A commit may or may not have gone through, so this is a doubt.
fn broken<T>(error: &SandboxError) -> Outcome<T> {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the sandbox gateway failed"
    );
    Outcome::InDoubt(Trouble::new(error.to_string()))
}
