//! The production engine, one answer at a time. A driver is an [`Engine`] that was given a registration
//! and the answers that its ports gave since; asked what it does next, it is run from there until it asks
//! for something that has no answer yet. So a driver can stop before any call and any write, for any
//! time or for ever, and is still nothing but the production code.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use enlist_domain::SignUp;
use enlist_registration::engine::{Beginning, Driven, Engine, Ports, Recheck, Terms};
use enlist_registration::ids::{Generation, JobId, RegistrationId};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::limits::Limits;
use enlist_registration::ports::{Signal, Signalled};
use enlist_registration::state::{Registration, Status};
use enlist_registration::tokens::Tokens;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::facts::{Facts, NOW, Seconds};
use crate::gateway::{Call, Said};
use crate::ports::World;

/// What somebody set out to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// Write the journal row.
    Begin,
    /// Take over what is due, and drive it.
    Sweep,
    /// Hand a signal on, and drive what waited for it.
    Signal(Told),
    /// Drive.
    Drive,
    /// Look a second time: the first such look, or the last.
    Recheck(Look),
}

/// What a person, the gateway or an operator tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// The address was verified.
    Verified,
    /// The same, as late as it may be: a day after it was begun.
    VerifiedLate,
    /// The person acted at their bank.
    ActionTaken,
    /// An operator wants it undone.
    Undo,
}

/// Which second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// Soon.
    First,
    /// When nothing can be under way any more.
    Last,
}

/// What a driver asks for. Everything in it is counted from where its task began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// Write the journal row.
    Begin(Facts),
    /// Hand out what is due.
    Claim,
    /// Take a signal.
    Signal(Told),
    /// Read the registration.
    Read,
    /// Extend the lease.
    Renew,
    /// Record progress.
    Record(Facts),
    /// Commit, and keep it.
    Save(Facts, Status),
    /// Commit, and let go until a moment.
    Park(Facts, Status, Seconds),
    /// Open the account, with a row in `subscriptions` or without.
    Open(Facts, Status, bool),
    /// Close the account.
    Close(Facts),
    /// Come to rest, with second looks to follow or without, with a row in `subscriptions` or without.
    Rest(Facts, Status, bool, bool),
    /// Call the gateway.
    Call(Call),
}

/// What a port answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The row that was claimed or read.
    Row(Facts),
    /// The lease was extended to this moment.
    Lease(Seconds),
    /// Written.
    Written,
    /// The address has an account.
    EmailTaken,
    /// It is in other hands.
    Superseded,
    /// What the gateway said.
    Said(Said),
}

/// An answer, and when it came.
pub type Line = (Answer, Seconds);

/// What a driver does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// It asks for something.
    Asks(Request),
    /// It is through: it let go, or was superseded.
    Ends,
    /// A second look is through; whether nothing is left.
    Looked(bool),
}

/// Runs the engine along scripts. One at a time.
pub struct Theatre {
    engine: Engine,
    world: Arc<World>,
    stage: Mutex<()>,
    like: Registration,
    without_takeover: bool,
}

impl Theatre {
    /// One whose registrations are all like the one that this sign-up begins, by these limits.
    /// `without_takeover` plants a bug: whoever sweeps does not suppose that its predecessor may have
    /// sent anything.
    pub fn new(sign_up: SignUp, terms: Terms, limits: Limits, without_takeover: bool) -> Self {
        let world = Arc::new(World::default());
        let engine = engine(&world, limits);
        let mut begin = pin!(engine.begin(sign_up, None, terms));
        let mut context = Context::from_waker(Waker::noop());
        let like = match begin.as_mut().poll(&mut context) {
            Poll::Ready(Ok(Beginning::Begun(begun) | Beginning::Waits(begun))) => *begun,
            other => unreachable!("nothing keeps the first registration from beginning: {other:?}"),
        };
        world.resemble(like.clone());
        Self {
            engine: self::engine(&world, engine.limits().clone()),
            world,
            stage: Mutex::new(()),
            like,
            without_takeover,
        }
    }

    /// What every registration is like.
    pub fn like(&self) -> &Registration {
        &self.like
    }

    /// What a registration that has just begun is.
    pub fn begun(&self) -> Facts {
        Facts::of(&self.like)
    }

    /// What whoever began `task` with `base` does next, having had these answers.
    pub fn next(&self, task: Task, base: &Facts, lines: &[Line]) -> Next {
        let _alone = lock(&self.stage);
        self.world.rewind(lines);
        let mut act = pin!(self.act(task, base));
        let mut context = Context::from_waker(Waker::noop());
        match act.as_mut().poll(&mut context) {
            Poll::Ready(next) => next,
            Poll::Pending => Next::Asks(self.world.asked()),
        }
    }

    async fn act(&self, task: Task, base: &Facts) -> Next {
        let engine = &self.engine;
        match task {
            Task::Begin => unreachable!("the row is written before there is anything to drive"),
            Task::Drive => self.drive(base.registration(&self.like)).await,
            Task::Sweep => {
                let claimed = match self.without_takeover {
                    false => engine.claim_due(1).await,
                    true => engine.ports().store.claim_due(engine.owner(), 1).await,
                };
                match claimed.map(|mut claimed| claimed.pop()) {
                    Ok(Some(claimed)) => self.drive(claimed).await,
                    _ => Next::Ends,
                }
            }
            Task::Signal(told) => match engine.signal(self.like.id, told.into()).await {
                Ok(Signalled::Claimed(claimed)) => self.drive(*claimed).await,
                _ => Next::Ends,
            },
            Task::Recheck(_) => {
                let looked = engine.recheck(&job(self.like.id)).await;
                Next::Looked(matches!(looked, Ok(Recheck::Clean(_))))
            }
        }
    }

    async fn drive(&self, registration: Registration) -> Next {
        match self.engine.drive(registration).await {
            Driven::LetGo(_) | Driven::Superseded => Next::Ends,
            Driven::Abandoned(fault) => unreachable!("the model's database never fails: {fault}"),
        }
    }
}

/// An engine in the model's world.
pub fn engine(world: &Arc<World>, limits: Limits) -> Engine {
    let ports = Ports {
        store: world.clone(),
        gateway: world.clone(),
        hasher: world.clone(),
        clock: world.clone(),
        random: world.clone(),
        observer: world.clone(),
    };
    Engine::new(ports, limits, Tokens::new(Zeroizing::new([7; 32])))
}

impl From<Told> for Signal {
    fn from(told: Told) -> Self {
        match told {
            Told::Verified | Told::VerifiedLate => Self::Verified,
            Told::ActionTaken => Self::ActionTaken,
            Told::Undo => Self::Undo,
        }
    }
}

fn job(registration: RegistrationId) -> Job {
    Job {
        id: JobId(Uuid::from_u128(9)),
        kind: JobKind::Recheck,
        registration,
        serial: 0,
        attempts: 0,
        queued_at: NOW,
        generation: Generation::FIRST,
    }
}

/// A lock that a panic elsewhere does not take away.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
