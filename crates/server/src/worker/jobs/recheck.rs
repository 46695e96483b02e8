//! A second look at the gateway after a doubt.

use enlist_registration::engine::Recheck;
use enlist_registration::jobs::Job;
use enlist_registration::ports::StoreFault;
use enlist_registration::timeline::{Event, EventKind};

use super::Done;
use crate::app::App;

pub(super) async fn recheck(app: &App, job: &Job) -> Result<Done, StoreFault> {
    Ok(match app.engine.recheck(job).await? {
        Recheck::Clean(found) => {
            let event = Event {
                seq: 0,
                at: app.clock.now(),
                generation: job.generation,
                step: None,
                kind: EventKind::Rechecked,
                detail: Some(found),
            };
            app.store.note(job.registration, &event).await?;
            Done::Finished
        }
        Recheck::NotUndone => Done::Finished,
        Recheck::NotYet(trouble) => Done::Again(trouble.summary),
    })
}
