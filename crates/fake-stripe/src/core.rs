//! The account without a network: books, keys, faults and counts behind one lock, and the order in which a
//! request is looked at.

mod admission;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use enlist_registration::ports::{Clock, Random};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::Notify;

use crate::api::{Answer, Ask, subscriptions};
use crate::books::{Books, Desk, new_id};
use crate::error::StripeError;
use crate::events::Event;
use crate::expand;
use crate::faults::{FaultKind, FaultList};
use crate::form::Form;
use crate::idempotency::{Keys, Stored};
use crate::message::{Delivery, Outcome, Request, Verdict};
use crate::operation::Operation;
use crate::options::Options;
use crate::parameters::Parameters;
use crate::routes::Route;
use crate::webhooks::{Deliveries, Webhooks};

use admission::Keyring;

/// Calls since the fake was started, by what they are for, whatever became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// How often each operation was called.
    pub by_operation: BTreeMap<Operation, u64>,
}

impl Calls {
    /// How often `operation` was called.
    #[must_use]
    pub fn of(&self, operation: Operation) -> u64 {
        self.by_operation.get(&operation).copied().unwrap_or(0)
    }

    /// How many calls there were of all operations.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_operation.values().sum()
    }
}

/// One way in which a call was made: its parameters by name, with `[]` for entries of lists and `[*]` for keys
/// of metadata, and never by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SeenRequest {
    /// `POST /v1/customers`
    pub call: String,
    /// The names of the parameters, each once.
    pub parameters: BTreeSet<String>,
}

pub(crate) struct Core {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keyring: Keyring,
    parameters: Option<Parameters>,
    news: Notify,
}

/// What the lock is around.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) books: Books,
    pub(crate) faults: FaultList,
    pub(crate) options: Options,
    /// How much later every answer comes.
    pub(crate) latency: Duration,
    pub(crate) webhooks: Webhooks,
    pub(crate) deliveries: Deliveries,
    pub(crate) calls: Calls,
    pub(crate) seen: BTreeSet<SeenRequest>,
    /// How far the account's clock is ahead of the one that it was given.
    pub(crate) ahead_by: SignedDuration,
    events: Vec<Event>,
    keys: Keys,
}

impl Core {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        keyring: (String, String),
        parameters: Option<Parameters>,
    ) -> Self {
        Self {
            state: Mutex::default(),
            clock,
            random,
            keyring: Keyring::new(keyring),
            parameters,
            news: Notify::new(),
        }
    }

    /// What comes of a request. Its effect is there when this returns.
    pub(crate) fn handle(&self, request: &Request) -> Outcome {
        let mut state = self.lock();
        let request_id = new_id(&*self.random, "req");
        let mut delivery = Delivery::default();
        let response = self
            .decide(&mut state, request, &request_id, &mut delivery)
            .unwrap_or_else(|error| Verdict::new(error.status, error.body()))
            .into_response(request, request_id);
        Outcome { response, delivery }
    }

    /// The order in which a request is looked at: who asks, in which version, for what; then a fault may turn it
    /// away; then its parameters, its key, and only then what it asks for.
    fn decide(
        &self,
        state: &mut State,
        request: &Request,
        request_id: &str,
        delivery: &mut Delivery,
    ) -> Result<Verdict, StripeError> {
        self.keyring.admit(request)?;
        let (route, id) = Route::find(&request.method, &request.path)
            .ok_or_else(|| StripeError::unrecognized(&request.method, &request.path))?;
        *state.calls.by_operation.entry(route.operation).or_default() += 1;
        let fault = state.faults.strike(route.operation.as_str(), &*self.random);
        delivery.lost_by = fault;
        match fault {
            Some(FaultKind::RateLimit) => return Err(StripeError::rate_limited()),
            Some(kind) if kind.turns_away() => return Err(StripeError::server()),
            _ => {}
        }
        let form = admission::read_form(request)?;
        state.see(route, &form);
        self.check_parameters(route, &form)?;
        let ask = Ask { id, form: &form };
        if request.method != "POST" {
            return Ok(self.carry_out(state, route, &ask, fault));
        }
        let Some(key) = request.idempotency_key.as_deref() else {
            return Ok(self.carry_out(state, route, &ask, fault));
        };
        let now = self.now(state);
        let fingerprint = form.fingerprint(&request.method, &request.path);
        if let Some(stored) = state.keys.look_up(key, fingerprint, now)? {
            return Ok(Verdict {
                replay_of: Some(stored.request_id),
                is_stored: true,
                ..Verdict::new(stored.status, stored.body)
            });
        }
        let mut verdict = self.carry_out(state, route, &ask, fault);
        verdict.is_stored = true;
        state.keys.store(
            key,
            Stored {
                fingerprint,
                status: verdict.status,
                body: verdict.body.clone(),
                request_id: request_id.to_owned(),
            },
            now,
        );
        state.keys.hold(key);
        delivery.held_key = Some(key.to_owned());
        Ok(verdict)
    }

    /// Does what is asked. With `fail_after` the answer is a 500 all the same.
    fn carry_out(
        &self,
        state: &mut State,
        route: &Route,
        ask: &Ask<'_>,
        fault: Option<FaultKind>,
    ) -> Verdict {
        let answer: Answer = self.at_desk(state, |desk| {
            let mut answer = (route.work)(desk, ask)?;
            for path in ask.form.texts("expand[]") {
                expand::apply(desk.books, route.shape, &mut answer, path)?;
            }
            Ok(answer)
        });
        match (fault, answer) {
            (Some(FaultKind::FailAfter), _) => {
                let error = StripeError::server();
                Verdict::new(error.status, error.body())
            }
            (_, Ok(answer)) => Verdict::new(200, answer),
            (_, Err(error)) => Verdict::new(error.status, error.body()),
        }
    }

    fn check_parameters(&self, route: &Route, form: &Form) -> Result<(), StripeError> {
        if let Some(parameters) = &self.parameters {
            parameters.check_call(&route.name(), form)?;
        }
        route.check_names(form)?;
        form.texts("expand[]")
            .try_for_each(|path| expand::check(route.shape, path))
    }

    /// Works on the books, after what time has done to them.
    pub(crate) fn at_desk<T>(&self, state: &mut State, work: impl FnOnce(&mut Desk<'_>) -> T) -> T {
        let now = self.now(state);
        let mut desk = Desk {
            books: &mut state.books,
            events: &mut state.events,
            now,
            random: &*self.random,
            options: &state.options,
        };
        subscriptions::expire(&mut desk);
        let done = work(&mut desk);
        if state.webhooks.url.is_none() {
            state.events.clear();
        } else if !state.events.is_empty() {
            self.news.notify_one();
        }
        done
    }

    /// The same, for those that have no lock yet.
    pub(crate) fn work<T>(&self, work: impl FnOnce(&mut Desk<'_>) -> T) -> T {
        let mut state = self.lock();
        self.at_desk(&mut state, work)
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The answer to the request with this key is on its way.
    pub(crate) fn release(&self, key: &str) {
        self.lock().keys.release(key);
    }

    /// Returns once something has happened that the webhooks are to be told.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    /// What has happened since somebody asked last.
    pub(crate) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.lock().events)
    }

    pub(crate) fn now(&self, state: &State) -> Timestamp {
        let now = self.clock.now();
        now.saturating_add(state.ahead_by).unwrap_or(now)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What became of the events, those that nobody has picked up yet among them.
    pub(crate) fn deliveries(&self) -> Deliveries {
        let repeat = u64::from(self.webhooks.repeat.max(1));
        Deliveries {
            waiting: self.deliveries.waiting + self.events.len() as u64 * repeat,
            ..self.deliveries
        }
    }

    fn see(&mut self, route: &Route, form: &Form) {
        self.seen.insert(SeenRequest {
            call: route.name(),
            parameters: form.names().collect(),
        });
    }
}
