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
use super::faults::FaultKind;
use super::idempotency::{self, Answer, Effect, Reply, Request};
use super::operation::Operation;

/// How long a rate limit asks to be left alone.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Sandbox {
    /// A call under an idempotency key.
    pub(super) async fn keyed<T>(
        &self,
        request: Result<Request, SandboxError>,
        effect: impl FnOnce(&Books<'_>) -> Result<Effect<T>, SandboxError> + Send + 'static,
    ) -> Outcome<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let request = match request {
            Ok(request) => request,
            Err(error) => return broken(&error),
        };
        let _arrived = self.door.arrive(request.operation, request.registration);
        let fault = self.faults.strike(request.operation);
        if let Some(turned_away) = at_the_door(fault) {
            return turned_away;
        }
        let Some(in_work) = self.door.work_on(&request.key) else {
            return Outcome::Retryable(Trouble::new(
                "409 idempotency_key_in_use: another call with this key is under way",
            ));
        };
        let then_fail = fault == Some(FaultKind::FailAfter);
        let reply = self
            .on_books(move |books| idempotency::once(books, &request, then_fail, effect))
            .await;
        self.delay().await;
        drop(in_work);
        on_the_way_back(fault, outcome_of(reply)).await
    }

    /// A call that has no key: a reading, or one that may be repeated by its nature.
    pub(super) async fn unkeyed<T: Send + 'static>(
        &self,
        operation: Operation,
        registration: Option<RegistrationId>,
        effect: impl FnOnce(&Books<'_>) -> Result<Effect<T>, SandboxError> + Send + 'static,
    ) -> Outcome<T> {
        let _arrived = self.door.arrive(operation, registration);
        let fault = self.faults.strike(operation);
        if let Some(turned_away) = at_the_door(fault) {
            return turned_away;
        }
        let reply = self
            .on_books(move |books| effect(books).map(Reply::first))
            .await;
        self.delay().await;
        match fault {
            Some(FaultKind::FailAfter) => server_error(false),
            fault => on_the_way_back(fault, outcome_of(reply)).await,
        }
    }

    async fn delay(&self) {
        if !self.latency.is_zero() {
            self.clock.sleep(self.latency).await;
        }
    }
}

/// What a fault answers before the request is looked at.
fn at_the_door<T>(fault: Option<FaultKind>) -> Option<Outcome<T>> {
    match fault? {
        FaultKind::FailBefore => Some(server_error(false)),
        FaultKind::Refuse => Some(Outcome::Retryable(Trouble::new(
            "the connection was refused",
        ))),
        FaultKind::RateLimit => Some(Outcome::Retryable(Trouble {
            retry_after: Some(RETRY_AFTER),
            ..Trouble::new("429: too many requests")
        })),
        FaultKind::FailAfter | FaultKind::LoseReply | FaultKind::Hang => None,
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

fn outcome_of<T>(reply: Result<Reply<T>, SandboxError>) -> Outcome<T> {
    let Reply { effect, replayed } = match reply {
        Ok(reply) => reply,
        Err(error) => return broken(&error),
    };
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
