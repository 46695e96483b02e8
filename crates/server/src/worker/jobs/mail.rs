//! Sending the verification mail.

use enlist_registration::jobs::Job;
use enlist_registration::ports::{Signal, Signalled, StoreFault};
use enlist_registration::state::{Registration, Status};

use super::Done;
use crate::app::App;
use crate::mail::{self, MailOutcome};

pub(super) async fn send_mail(app: &App, job: &Job) -> Result<Done, StoreFault> {
    let Some(registration) = app.store.registration(job.registration).await? else {
        return Ok(Done::GivenUp("its registration is gone".to_owned()));
    };
    // Verified meanwhile, or undone: nobody needs the mail.
    if registration.status != Status::AwaitingVerification {
        return Ok(Done::Finished);
    }
    let mail = match mail::verification(app, &registration, job) {
        Ok(mail) => mail,
        Err(fault) => {
            return Ok(Done::Hindered(format!(
                "the mail cannot be written: {fault}"
            )));
        }
    };
    Ok(match app.mailer.send(&mail).await {
        MailOutcome::Accepted => Done::Finished,
        MailOutcome::Temporary(reason) => Done::Again(reason),
        MailOutcome::Refused(reason) => Done::Hindered(reason),
        MailOutcome::Permanent(reason) => {
            give_up_address(app, &registration).await?;
            Done::GivenUp(reason)
        }
    })
}

/// No such mailbox: the address cannot be verified, so the registration is undone.
async fn give_up_address(app: &App, registration: &Registration) -> Result<(), StoreFault> {
    if let Signalled::Claimed(claimed) = app
        .engine
        .signal(registration.id, Signal::MailRefused)
        .await?
    {
        drop(app.drivers.start(*claimed));
    }
    Ok(())
}
