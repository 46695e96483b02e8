//! Sending mails.

use enlist_registration::jobs::Job;
use enlist_registration::journey::AddressIs;
use enlist_registration::ports::{Signal, Signalled, StoreFault};
use enlist_registration::state::{Registration, Status};

use super::Done;
use crate::app::App;
use crate::mail::{self, Mail, MailOutcome, TemplateFault};

pub(super) async fn send_verification(app: &App, job: &Job) -> Result<Done, StoreFault> {
    let Some(registration) = app.store.registration(job.registration).await? else {
        return Ok(Done::GivenUp("its registration is gone".to_owned()));
    };
    // Verified meanwhile, or undone: nobody needs the mail.
    if registration.status != Status::AwaitingVerification {
        return Ok(Done::Finished);
    }
    let written = mail::verification(app, &registration, job);
    Ok(match hand_over(app, written).await {
        HandedOver::Settled(done) => done,
        HandedOver::NoSuchMailbox(reason) => {
            give_up_address(app, &registration).await?;
            Done::GivenUp(reason)
        }
    })
}

/// The mail of a journey. Here, away from whoever asked for it, is seen whether its address has an
/// account: then its owner is told so, and gets neither link nor code.
pub(super) async fn send_journey_mail(app: &App, job: &Job) -> Result<Done, StoreFault> {
    let Some(journey) = app.engine.journey(job.registration).await? else {
        return Ok(Done::GivenUp("its journey has expired".to_owned()));
    };
    if journey.address_is() == AddressIs::Refused {
        // By what became of another mail: nothing more is sent there.
        return Ok(Done::Finished);
    }
    let written = match app.store.has_account(&journey.email).await? {
        true => mail::account_exists(app, &journey, job),
        false => mail::journey(app, &journey, job),
    };
    Ok(match hand_over(app, written).await {
        HandedOver::Settled(done) => done,
        // Whichever mail it was: nobody can prove that they read mail there.
        HandedOver::NoSuchMailbox(reason) => {
            app.engine.refuse_journey_mail(journey.id).await?;
            Done::GivenUp(reason)
        }
    })
}

/// What became of a mail, of whichever kind.
enum HandedOver {
    /// That is where its job stands.
    Settled(Done),
    /// It can never be delivered: what that means depends on what it says.
    NoSuchMailbox(String),
}

async fn hand_over(app: &App, written: Result<Mail, TemplateFault>) -> HandedOver {
    let mail = match written {
        Ok(mail) => mail,
        Err(fault) => {
            let reason = format!("the mail cannot be written: {fault}");
            return HandedOver::Settled(Done::Hindered(reason));
        }
    };
    HandedOver::Settled(match app.mailer.send(&mail).await {
        MailOutcome::Accepted => Done::Finished,
        MailOutcome::Temporary(reason) => Done::Again(reason),
        MailOutcome::Refused(reason) => Done::Hindered(reason),
        MailOutcome::Permanent(reason) => return HandedOver::NoSuchMailbox(reason),
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
