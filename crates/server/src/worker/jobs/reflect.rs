//! A gateway told that something changed: a registration that waits for it goes on, and an account is
//! brought in line with how it stands there now.

use enlist_registration::engine::AccountStanding;
use enlist_registration::jobs::Job;
use enlist_registration::ports::{Signal, Signalled, StoreFault};
use enlist_registration::state::{Registration, Status};

use super::Done;
use crate::app::App;

pub(super) async fn reflect(app: &App, job: &Job) -> Result<Done, StoreFault> {
    let Some(registration) = app.store.registration(job.registration).await? else {
        return Ok(Done::GivenUp("its registration is gone".to_owned()));
    };
    match registration.status {
        Status::AwaitingAction => go_on(app, &registration).await,
        // Whoever drives it hears the same from the gateway by itself. What it does not hear, because
        // it changed in between, is written as soon as there is an account.
        Status::Running if registration.opened_at.is_none() => Ok(Done::Early(
            "the registration is in somebody's hands".to_owned(),
        )),
        Status::Running | Status::AwaitingVerification | Status::Registered => {
            bring_in_line(app, job, &registration).await
        }
        // What is taken back is what the gateway tells of.
        Status::Undoing | Status::Undone => Ok(Done::Finished),
    }
}

/// The person may have answered their bank: whoever drives it looks.
async fn go_on(app: &App, waiting: &Registration) -> Result<Done, StoreFault> {
    Ok(
        match app.engine.signal(waiting.id, Signal::ActionTaken).await? {
            Signalled::Claimed(claimed) => {
                drop(app.drivers.start(*claimed));
                Done::Finished
            }
            Signalled::NotWaiting(_) => {
                Done::Early("the registration is not waiting any more".to_owned())
            }
            Signalled::Unknown => Done::Finished,
        },
    )
}

async fn bring_in_line(
    app: &App,
    job: &Job,
    registration: &Registration,
) -> Result<Done, StoreFault> {
    match app.engine.standing(registration).await? {
        AccountStanding::Stands(standing) => {
            let reflected = app.store.reflect(job, &standing).await?;
            tracing::debug!(registration = %registration.id, ?reflected, "the gateway told");
            Ok(Done::Finished)
        }
        AccountStanding::NoAccount => Ok(Done::Finished),
        AccountStanding::Elsewhere(gateway) => {
            Ok(Done::GivenUp(format!("its account is at {gateway}")))
        }
        AccountStanding::NotYet(trouble) => Ok(Done::Again(trouble.summary)),
    }
}
