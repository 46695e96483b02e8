//! The mail server, and how a mail reaches a person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::jobs::{Job, JobKind};
use enlist_registration::ports::Signal;

use crate::executor::{Machine, locked};
use crate::faults::Fault;
use crate::http::Letter;
use crate::process;
use crate::world::{Wire, World};

/// What the mail server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    Accepted,
    Temporary,
    Permanent,
}

/// What was mailed.
#[derive(Default)]
pub struct Post {
    accepted: Mutex<BTreeSet<JobId>>,
    /// Of each journey, the newest mail that arrived.
    inboxes: Mutex<BTreeMap<RegistrationId, u32>>,
    /// What stands in each mail, where mails are written.
    letters: Mutex<BTreeMap<(RegistrationId, u32), Letter>>,
}

impl Post {
    /// Whether the mail of a job was accepted, at least once.
    pub fn has_accepted(&self, job: JobId) -> bool {
        locked(&self.accepted).contains(&job)
    }

    /// The mail of a job was accepted.
    pub fn note_accepted(&self, job: &Job) {
        locked(&self.accepted).insert(job.id);
    }

    /// A mail is written. Whoever reads it has got it.
    pub fn write(&self, job: &Job, letter: Letter) {
        locked(&self.letters).insert((job.registration, job.serial), letter);
    }

    /// What stands in a mail.
    pub fn letter(&self, registration: RegistrationId, serial: u32) -> Option<Letter> {
        locked(&self.letters).get(&(registration, serial)).cloned()
    }

    /// The newest mail of a journey that arrived.
    pub fn newest(&self, journey: RegistrationId) -> Option<u32> {
        locked(&self.inboxes).get(&journey).copied()
    }
}

impl World {
    /// A process hands a mail over.
    pub async fn send_mail(self: &Arc<Self>, process: usize, job: &Job) -> MailOutcome {
        self.pass(process).await;
        let weather = &self.weather;
        let outcome = match () {
            () if weather.strikes(Fault::MailDelayed) => MailOutcome::Temporary,
            () if weather.strikes(Fault::MailRefused) => MailOutcome::Permanent,
            () => {
                self.deliver(job);
                match weather.strikes(Fault::MailAnswerLost) {
                    true => MailOutcome::Temporary,
                    false => MailOutcome::Accepted,
                }
            }
        };
        self.note(30 + outcome as u64, || {
            format!("  mail {} of {}: {outcome:?}", job.serial, job.registration)
        });
        self.pass(process).await;
        outcome
    }

    /// The mail is there.
    pub fn deliver(self: &Arc<Self>, job: &Job) {
        self.post.note_accepted(job);
        self.check_mail(job.id, job.registration);
        if self.weather.strikes(Fault::MailBounced) {
            return self.bounce(job.kind, job.registration, job.id);
        }
        match job.kind {
            JobKind::VerificationMail => self.read_verification(job.registration, job.serial),
            _ => {
                let mut inboxes = locked(&self.post.inboxes);
                let newest = inboxes.entry(job.registration).or_default();
                *newest = job.serial.max(*newest);
            }
        }
    }

    /// It comes back later, and the provider tells so until somebody listens.
    fn bounce(self: &Arc<Self>, kind: JobKind, registration: RegistrationId, job: JobId) {
        let world = Arc::clone(self);
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            let (soon, late) = (Duration::from_secs(1), Duration::from_hours(1));
            world.executor.sleep(world.people.between(soon, late)).await;
            for _ in 0..200 {
                if world.tell_of_a_bounce(kind, registration, job).await == Heard::Taken {
                    break;
                }
                world.executor.sleep(Duration::from_secs(30)).await;
            }
            drop(flying);
        });
    }

    async fn tell_of_a_bounce(
        self: &Arc<Self>,
        kind: JobKind,
        registration: RegistrationId,
        job: JobId,
    ) -> Heard {
        if self.wire == Wire::Http {
            return self.post_a_bounce(registration, job).await;
        }
        let told = self.ask(async move |world, process, engine| match kind {
            JobKind::JourneyMail => {
                let refused = engine.refuse_journey_mail(registration).await;
                refused.map(drop)
            }
            _ => {
                let refused = Signal::MailRefused;
                let signalled =
                    process::signal(&world, process, &engine, registration, refused).await;
                signalled.map(drop)
            }
        });
        match told.await {
            Some(Ok(())) => Heard::Taken,
            Some(Err(_)) | None => Heard::NotTaken,
        }
    }
}

/// Whether somebody has listened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is acted on.
    Taken,
    /// It must be told again.
    NotTaken,
}
