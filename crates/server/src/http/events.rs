//! `/api/registrations/{id}/events`: the steps of a registration as they happen, as server-sent
//! events. First every step as it stands, then each change, and at the end how it ended.

mod pending;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive, KeepAliveStream, Sse};
use axum::response::{IntoResponse, Response};
use enlist_registration::ids::RegistrationId;
use enlist_registration::state::Registration;
use enlist_registration::steps::StepName;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;

use super::access::Followed;
use super::answers::RegistrationView;
use super::problems::ProblemBody;
use crate::app::App;
use crate::journeys::Standing;
use crate::language::Language;
use crate::watch::Report;
use crate::words::{self, Line};

/// How often the journal is read: what another process did is seen there only.
const TICK: Duration = Duration::from_millis(500);
/// The longest that one stream is kept open: a client that wants more asks again.
const MOST_TICKS: u32 = 600;

/// The data of an event `step`.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepEvent {
    /// The step.
    #[serde(flatten)]
    pub line: Line,
    /// How the registration stands.
    pub status: &'static str,
}

/// One client that follows one registration.
struct Follower {
    app: Arc<App>,
    language: Language,
    id: RegistrationId,
    reports: broadcast::Receiver<(RegistrationId, Report)>,
    registration: Registration,
    /// As they were told last.
    told: Vec<Line>,
    /// To be told.
    queue: std::collections::VecDeque<SseEvent>,
    ticks: u32,
    ended: bool,
}

/// The steps as they happen: events `step` with a step each, then one event `end` with the
/// registration as `GET /api/registrations/{id}` has it, once it rests or waits for the person. Of a
/// pending registration: events `pending` with what `GET /api/registrations/{id}` answers, whenever that
/// changes, until it begins or expires.
#[utoipa::path(
    get,
    path = "/api/registrations/{id}/events",
    tag = "registration",
    params(("id" = String, Path, description = "The registration's id.")),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "Server-sent events.", body = StepEvent, content_type = "text/event-stream"),
        (status = 401, description = "The access token is missing or wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such registration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn stream(
    State(app): State<Arc<App>>,
    language: Language,
    followed: Followed,
) -> Response {
    let registration = match followed.standing {
        Standing::Begun(registration, _) => *registration,
        Standing::Pending(journey) => {
            return sse(pending::events(app, language, journey.id, followed.bearer))
                .into_response();
        }
    };
    // Listening began before the state is told, so nothing falls between the two.
    let reports = app.watch.listen();
    let id = registration.id;
    let follower = Follower {
        app,
        language,
        id,
        reports,
        registration,
        told: Vec::new(),
        queue: std::collections::VecDeque::new(),
        ticks: 0,
        ended: false,
    };
    let events = unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    sse(events).into_response()
}

fn sse<S>(events: S) -> Sse<KeepAliveStream<S>>
where
    S: Stream<Item = Result<SseEvent, Infallible>> + Send + 'static,
{
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Follower {
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            if self.told.is_empty() {
                self.look().await;
            } else {
                self.wait().await;
            }
        }
    }

    /// Waits for a report of this registration, or for the next look at the journal.
    async fn wait(&mut self) {
        let app = Arc::clone(&self.app);
        let tick = app.clock.sleep(TICK);
        tokio::pin!(tick);
        loop {
            tokio::select! {
                biased;
                () = app.stopping.cancelled() => { self.ended = true; return; }
                () = &mut tick => {
                    self.ticks += 1;
                    self.ended = self.ticks > MOST_TICKS;
                    return self.look().await;
                }
                report = self.reports.recv() => match report {
                    Ok((id, report)) if id == self.id => return self.take(report).await,
                    // Someone else's; or too many at once, and the journal tells what was missed.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => { self.ended = true; return; }
                }
            }
        }
    }

    async fn take(&mut self, report: Report) {
        match report {
            Report::Working(step, direction) => self.tell_step(step, words::state_while(direction)),
            Report::Event(event) => match (event.step, words::state_after(event.kind)) {
                (Some(step), Some(state))
                    if event.step != Some(StepName::VerifyEmail) && self.knows(step) =>
                {
                    self.tell_step(step, state);
                }
                // The registration as a whole moved on.
                _ => self.look().await,
            },
        }
    }

    /// Reads the journal and tells what is new.
    async fn look(&mut self) {
        if let Ok(Some(registration)) = self.app.store.registration(self.id).await {
            self.registration = registration;
        }
        let status = self.registration.status;
        let settled = status.rests() || status.waits_for_a_person();
        // While it moves, reports are ahead of the journal: only what was never told is told.
        let lines = words::lines(self.language, &self.registration);
        for line in lines {
            let known = self.told.iter().position(|told| told.step == line.step);
            match known {
                None => self.told.push(line.clone()),
                Some(place) if settled && self.told[place] != line => {
                    self.told[place] = line.clone();
                }
                Some(_) => continue,
            }
            self.queue_step(line);
        }
        if settled {
            let view =
                RegistrationView::with_action(&self.app, self.language, &self.registration).await;
            self.queue
                .extend(SseEvent::default().event("end").json_data(&view).ok());
            self.ended = true;
        }
    }

    fn knows(&self, step: StepName) -> bool {
        self.told.iter().any(|told| told.step == step.as_str())
    }

    fn tell_step(&mut self, step: StepName, state: words::LineState) {
        let line = words::line(self.language, &self.registration, step, state);
        if let Some(told) = self.told.iter_mut().find(|told| told.step == line.step)
            && *told != line
        {
            *told = line.clone();
            self.queue_step(line);
        }
    }

    fn queue_step(&mut self, line: Line) {
        let event = StepEvent {
            line,
            status: self.registration.status.as_str(),
        };
        self.queue
            .extend(SseEvent::default().event("step").json_data(&event).ok());
    }
}
