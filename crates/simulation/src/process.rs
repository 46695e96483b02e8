//! What a process of the service does without being asked: it claims and drives what is due, and does
//! jobs. As `worker` of the service does, one for one.

use std::sync::Arc;
use std::time::Duration;

use enlist_registration::engine::{AccountStanding, Driven, Engine, Recheck};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::ports::{Signal, Signalled, StoreFault, WriteFault};
use enlist_registration::state::{Registration, Status};

use crate::bugs::Bug;
use crate::mail::MailOutcome;
use crate::world::{World, duty, machine};

/// Registrations claimed at once.
const BATCH: u32 = 16;
/// Jobs claimed at once.
const JOBS: u32 = 4;
/// How long nobody rings before a process looks by itself. The service looks every second; here whatever
/// makes something due rings.
pub const LONGEST_REST: Duration = Duration::from_hours(12);
/// The first pause after a job failed, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(15)];

/// Looks after everything until the process dies.
pub async fn serve(world: Arc<World>, process: usize, engine: Arc<Engine>) {
    loop {
        let duties = world.wait_for_bell(process, LONGEST_REST).await;
        if duties & duty::REGISTRATIONS != 0 {
            sweep(&world, process, &engine).await;
        }
        for kind in JobKind::ALL {
            if duties & duty::of(kind) != 0 {
                work(&world, process, &engine, kind).await;
            }
        }
    }
}

/// Drives a registration that the process holds, in a task of its own.
pub fn start_driving(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    registration: Registration,
) -> tokio::sync::oneshot::Receiver<Driven> {
    let (told, driven) = tokio::sync::oneshot::channel();
    let (world, engine) = (Arc::clone(world), Arc::clone(engine));
    let on = machine(process);
    Arc::clone(&world).executor.spawn(on, async move {
        let driven = engine.drive(registration).await;
        if matches!(driven, Driven::Abandoned(_)) {
            world.alarm_at_lease_end();
        }
        // Whoever waits for it may be gone.
        let _ = told.send(driven);
    });
    driven
}

async fn sweep(world: &Arc<World>, process: usize, engine: &Arc<Engine>) {
    match engine.claim_due(BATCH).await {
        Ok(claimed) => {
            if claimed.len() == BATCH as usize {
                world.alarm(world.executor.now(), duty::REGISTRATIONS);
            }
            for registration in claimed {
                drop(start_driving(world, process, engine, registration));
            }
        }
        Err(_) => world.alarm(world.executor.now(), duty::REGISTRATIONS),
    }
}

async fn work(world: &Arc<World>, process: usize, engine: &Arc<Engine>, kind: JobKind) {
    let store = &engine.ports().store;
    match store.claim_jobs(kind, engine.owner(), JOBS).await {
        Ok(claimed) => {
            if claimed.len() == JOBS as usize {
                world.alarm(world.executor.now(), duty::of(kind));
            }
            for job in claimed {
                let (world, engine) = (Arc::clone(world), Arc::clone(engine));
                let on = machine(process);
                Arc::clone(&world).executor.spawn(on, async move {
                    if settle(&world, process, &engine, &job).await.is_err() {
                        // The claim ends, and the job is done again.
                        world.alarm_at_lease_end();
                    }
                });
            }
        }
        Err(_) => world.alarm(world.executor.now(), duty::of(kind)),
    }
}

/// Where a job stands after it was tried.
enum Done {
    Finished,
    GivenUp(&'static str),
    Again,
}

async fn settle(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    job: &Job,
) -> Result<(), WriteFault> {
    let done = match job.kind {
        JobKind::VerificationMail => send_verification(world, process, engine, job).await?,
        JobKind::JourneyMail => send_journey_mail(world, process, engine, job).await?,
        JobKind::Recheck => recheck(world, engine, job).await?,
        JobKind::Reflect => reflect(world, process, engine, job).await?,
    };
    let store = &engine.ports().store;
    match done {
        Done::Finished => store.finish_job(job, None).await,
        Done::GivenUp(reason) => store.finish_job(job, Some(reason)).await,
        Done::Again => {
            let pause = PAUSES[0]
                .saturating_mul(1 << job.attempts.min(16))
                .min(PAUSES[1]);
            store.retry_job(job, pause, "later").await
        }
    }
}

async fn send_verification(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    job: &Job,
) -> Result<Done, StoreFault> {
    let Some(registration) = engine.ports().store.registration(job.registration).await? else {
        return Ok(Done::GivenUp("its registration is gone"));
    };
    if registration.status != Status::AwaitingVerification {
        return Ok(Done::Finished);
    }
    Ok(match world.send_mail(process, job).await {
        MailOutcome::Accepted => Done::Finished,
        MailOutcome::Temporary => Done::Again,
        MailOutcome::Permanent => {
            signal(world, process, engine, registration.id, Signal::MailRefused).await?;
            Done::GivenUp("no such mailbox")
        }
    })
}

async fn send_journey_mail(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    job: &Job,
) -> Result<Done, StoreFault> {
    let Some(journey) = engine.journey(job.registration).await? else {
        return Ok(Done::GivenUp("its journey has expired"));
    };
    // Its owner is told so, and gets neither link nor code.
    if engine.ports().store.has_account(&journey.email).await? {
        world.post.note_accepted(job);
        return Ok(Done::Finished);
    }
    Ok(match world.send_mail(process, job).await {
        MailOutcome::Accepted => Done::Finished,
        MailOutcome::Temporary => Done::Again,
        MailOutcome::Permanent => {
            engine.refuse_journey_mail(job.registration).await?;
            Done::GivenUp("no such mailbox")
        }
    })
}

async fn recheck(world: &Arc<World>, engine: &Arc<Engine>, job: &Job) -> Result<Done, StoreFault> {
    if world.bug == Some(Bug::SecondLookFindsNothing) {
        return Ok(Done::Finished);
    }
    Ok(match engine.recheck(job).await? {
        Recheck::Clean(_) | Recheck::NotUndone => Done::Finished,
        Recheck::NotYet(_) => Done::Again,
    })
}

async fn reflect(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    job: &Job,
) -> Result<Done, StoreFault> {
    let store = &engine.ports().store;
    let Some(registration) = store.registration(job.registration).await? else {
        return Ok(Done::GivenUp("its registration is gone"));
    };
    match registration.status {
        Status::AwaitingAction => {
            let taken = Signal::ActionTaken;
            Ok(
                match signal(world, process, engine, registration.id, taken).await? {
                    Heard::Taken => Done::Finished,
                    Heard::NotWaiting => Done::Again,
                },
            )
        }
        Status::Running if registration.opened_at.is_none() => Ok(Done::Again),
        Status::Running | Status::AwaitingVerification | Status::Registered => {
            Ok(match engine.standing(&registration).await? {
                AccountStanding::Stands(standing) => {
                    store.reflect(job, &standing).await?;
                    Done::Finished
                }
                AccountStanding::NoAccount => Done::Finished,
                AccountStanding::Elsewhere(_) => Done::GivenUp("its account is elsewhere"),
                AccountStanding::NotYet(_) => Done::Again,
            })
        }
        Status::Undoing | Status::Undone => Ok(Done::Finished),
    }
}

/// What became of a signal.
pub enum Heard {
    Taken,
    NotWaiting,
}

/// Gives a signal, and drives on.
pub async fn signal(
    world: &Arc<World>,
    process: usize,
    engine: &Arc<Engine>,
    id: enlist_registration::ids::RegistrationId,
    signal: Signal,
) -> Result<Heard, StoreFault> {
    Ok(match engine.signal(id, signal).await? {
        Signalled::Claimed(claimed) => {
            world.note(20, || format!("process {process}: {signal:?} for {id}"));
            drop(start_driving(world, process, engine, *claimed));
            Heard::Taken
        }
        Signalled::NotWaiting(_) | Signalled::Unknown => Heard::NotWaiting,
    })
}
