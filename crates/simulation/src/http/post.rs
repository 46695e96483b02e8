//! The mail server of a process, and what its mails say.

use std::sync::Arc;

use async_trait::async_trait;
use enlist::mail::{Mail, MailOutcome as Outcome, Mailer};
use enlist_registration::ids::JobId;
use enlist_registration::jobs::Job;
use enlist_registration::limits::later;

use crate::bugs::Bug;
use crate::mail::MailOutcome;
use crate::world::World;

/// What a person needs of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Behind `/verify/`.
    pub link: String,
    /// Six digits.
    pub code: String,
}

impl Letter {
    /// As a person reads it: none where it has neither, as one to somebody who has an account.
    fn read(text: &str) -> Option<Self> {
        let (_, link) = text.split_once("/verify/")?;
        let link = link.split_whitespace().next()?.to_owned();
        let words = text.split(|it: char| !it.is_ascii_alphanumeric());
        let mut codes =
            words.filter(|it| it.len() == 6 && it.bytes().all(|it| it.is_ascii_digit()));
        let code = codes.next()?.to_owned();
        Some(Self { link, code })
    }
}

/// Takes the mails of a process.
pub struct SimMailer {
    world: Arc<World>,
    process: usize,
}

impl SimMailer {
    pub fn new(world: &Arc<World>, process: usize) -> Self {
        Self {
            world: Arc::clone(world),
            process,
        }
    }

    /// For which job a mail was written.
    fn job(&self, mail: &Mail) -> Option<Job> {
        let id = mail.message_id.trim_start_matches('<');
        let (id, _) = id.split_once('.')?;
        let id: JobId = id.parse().ok()?;
        self.world.memory.look(|tables| {
            let row = tables.jobs.get(&id)?;
            Some(Job {
                id,
                kind: row.job.kind,
                registration: row.job.registration,
                serial: row.job.serial,
                attempts: row.attempts,
                queued_at: later(row.queued_at, std::time::Duration::ZERO),
                generation: row.generation,
            })
        })
    }
}

#[async_trait]
impl Mailer for SimMailer {
    async fn send(&self, mail: &Mail) -> Outcome {
        let world = &self.world;
        let job = self.job(mail);
        world
            .checks
            .check("every_mail_has_a_job", job.is_some(), || {
                mail.message_id.clone()
            });
        let Some(job) = job else {
            return Outcome::Accepted;
        };
        let Some(letter) = Letter::read(&mail.text) else {
            // To somebody who has an account: there is nothing to do with it.
            world.post.note_accepted(&job);
            return Outcome::Accepted;
        };
        world.post.write(&job, letter.clone());
        match world.send_mail(self.process, &job).await {
            MailOutcome::Accepted => Outcome::Accepted,
            MailOutcome::Temporary if world.bug == Some(Bug::MailIsQuoted) => {
                Outcome::Temporary(format!("later: {}", letter.link))
            }
            MailOutcome::Temporary => Outcome::Temporary("later".to_owned()),
            MailOutcome::Permanent => Outcome::Permanent("no such mailbox".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_and_code_are_found_in_a_mail() {
        let text = "please confirm:\n\nhttps://join.example.com/verify/AbC-1_2\n\nOr type this code: 314159\n";
        let letter = Letter::read(text).unwrap();
        assert_eq!(
            (letter.link.as_str(), letter.code.as_str()),
            ("AbC-1_2", "314159")
        );
        assert_eq!(Letter::read("You have an account already."), None);
    }
}
