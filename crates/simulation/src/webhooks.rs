//! What the gateway tells by itself: early, late, more than once, or never.

use std::sync::Arc;
use std::time::Duration;

use enlist_registration::ids::JobId;
use enlist_registration::ports::News;

use crate::executor::Machine;
use crate::faults::Fault;
use crate::gateway::{self, Told};
use crate::mail::Heard;
use crate::world::{Wire, World};

/// How often the gateway tries until somebody listens.
const TRIES: u32 = 200;

impl World {
    /// Something is to be told.
    pub fn tell(self: &Arc<Self>, told: Vec<Told>) {
        for told in told {
            let weather = &self.weather;
            if weather.strikes(Fault::WebhookNever) {
                self.checks.note_untold(told.registration);
                continue;
            }
            let delay = match () {
                () if weather.strikes(Fault::WebhookFirst) => Duration::ZERO,
                () if weather.strikes(Fault::WebhookLate) => self
                    .network
                    .between(Duration::from_secs(1), Duration::from_hours(2)),
                () => self
                    .network
                    .between(Duration::from_millis(10), Duration::from_secs(1)),
            };
            if weather.strikes(Fault::WebhookRepeated) {
                let again = self
                    .network
                    .between(Duration::ZERO, Duration::from_mins(10));
                self.tell_after(told.clone(), again);
            }
            self.tell_after(told, delay);
        }
    }

    fn tell_after(self: &Arc<Self>, told: Told, delay: Duration) {
        let world = Arc::clone(self);
        let flying = self.begin_flight();
        self.executor.spawn(Machine::OUTSIDE, async move {
            world.executor.sleep(delay).await;
            for _ in 0..TRIES {
                if world.tell_once(&told).await == Heard::Taken {
                    return drop(flying);
                }
                world.executor.sleep(Duration::from_secs(30)).await;
            }
            world.checks.note_untold(told.registration);
            drop(flying);
        });
    }

    async fn tell_once(self: &Arc<Self>, told: &Told) -> Heard {
        if self.wire == Wire::Http {
            return self.post_news(told).await;
        }
        let news = News {
            gateway: gateway::NAME,
            event: format!("evt_{}", told.event),
            kind: told.kind.to_owned(),
            registration: Some(told.registration),
            customer: Some(told.customer.clone()),
        };
        let taken = self.ask(async move |world, _, engine| {
            let ports = engine.ports();
            let job = JobId::new(ports.clock.now(), world.random.as_ref());
            ports.store.take_news(&news, job).await
        });
        match taken.await {
            Some(Ok(noted)) => {
                self.note(35, || format!("  webhook {}: {noted:?}", told.kind));
                Heard::Taken
            }
            Some(Err(_)) | None => Heard::NotTaken,
        }
    }
}
