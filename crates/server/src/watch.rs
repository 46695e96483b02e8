//! Lets pages and event streams see registrations run: what the engine reports is passed on to
//! whoever listens in this process.

use std::future::pending;

use enlist_registration::ids::RegistrationId;
use enlist_registration::jobs::JobKind;
use enlist_registration::ports::{Direction, Observer};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::{Event, EventKind};
use metrics::counter;
use tokio::sync::{Notify, broadcast};

/// How many reports a slow listener may lag behind before it misses some; it then reads the journal.
const LAG: usize = 1024;

/// Passes on what the engine reports.
pub struct Watch {
    reports: broadcast::Sender<(RegistrationId, Report)>,
    mail_bell: Notify,
    journey_mail_bell: Notify,
    news_bell: Notify,
}

/// Something that is happening, or has happened.
#[derive(Clone, Debug)]
pub enum Report {
    /// A step is about to be done or undone.
    Working(StepName, Direction),
    /// An event of the timeline.
    Event(Event),
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            reports: broadcast::Sender::new(LAG),
            mail_bell: Notify::new(),
            journey_mail_bell: Notify::new(),
            news_bell: Notify::new(),
        }
    }
}

impl Watch {
    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<(RegistrationId, Report)> {
        self.reports.subscribe()
    }

    /// Tells whoever sends mails that one was queued.
    pub fn ring_for_mail(&self) {
        self.mail_bell.notify_one();
    }

    /// The same, of a journey's.
    pub fn ring_for_journey_mail(&self) {
        self.journey_mail_bell.notify_one();
    }

    /// Tells whoever brings accounts in line with their gateway that it told something.
    pub fn ring_for_news(&self) {
        self.news_bell.notify_one();
    }

    /// Returns once a job of that kind was queued by this process. For what nobody waits for, never.
    pub async fn queued(&self, kind: JobKind) {
        match kind {
            JobKind::VerificationMail => self.mail_bell.notified().await,
            JobKind::JourneyMail => self.journey_mail_bell.notified().await,
            JobKind::Reflect => self.news_bell.notified().await,
            JobKind::Recheck => pending().await,
        }
    }
}

impl Observer for Watch {
    fn working(&self, registration: RegistrationId, step: StepName, direction: Direction) {
        // An error means that nobody listens.
        let _ = self
            .reports
            .send((registration, Report::Working(step, direction)));
    }

    fn event(&self, registration: RegistrationId, event: &Event) {
        let step = event.step.map_or("", StepName::as_str);
        counter!("enlist_registration_events_total", "kind" => event.kind.as_str(), "step" => step)
            .increment(1);
        let detail = event.detail.as_deref().unwrap_or_default();
        match event.kind {
            EventKind::Retrying | EventKind::UndoRetrying | EventKind::Failed => {
                tracing::warn!(%registration, step, detail, "{}", event.kind.as_str());
            }
            _ => tracing::debug!(%registration, step, detail, "{}", event.kind.as_str()),
        }
        if event.step == Some(StepName::VerifyEmail) && event.kind == EventKind::Waiting {
            self.ring_for_mail();
        }
        let _ = self
            .reports
            .send((registration, Report::Event(event.clone())));
    }
}
