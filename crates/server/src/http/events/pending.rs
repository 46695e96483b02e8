//! A pending registration, followed: whoever waits for the mailed link to be opened sees it happen.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::Event as SseEvent;
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::AddressIs;
use futures_util::Stream;
use futures_util::stream::unfold;

use super::{MOST_TICKS, TICK};
use crate::app::App;
use crate::http::access::{self, Bearer};
use crate::http::registrations::RegistrationBody;
use crate::journeys::Standing;
use crate::language::Language;

/// One client that follows one journey.
struct Follower {
    app: Arc<App>,
    language: Language,
    id: RegistrationId,
    bearer: Bearer,
    /// As it was told last.
    told: Option<String>,
    ticks: u32,
}

pub(super) fn events(
    app: Arc<App>,
    language: Language,
    id: RegistrationId,
    bearer: Bearer,
) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    let follower = Follower {
        app,
        language,
        id,
        bearer,
        told: None,
        ticks: 0,
    };
    unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

impl Follower {
    /// The next change; none once there is nothing more to be told. A look that fails is made again.
    async fn next(&mut self) -> Option<SseEvent> {
        while self.ticks < MOST_TICKS {
            // Also after a look that failed.
            if self.ticks > 0 {
                let tick = self.app.clock.sleep(TICK);
                self.app.stopping.run_until_cancelled(tick).await?;
            }
            self.ticks += 1;
            let standing = match access::standing(&self.app, self.id, self.bearer).await {
                Ok(Some(standing)) => standing,
                Ok(None) => return None,
                Err(_) => continue,
            };
            let body = RegistrationBody::of(&self.app, self.language, &standing, self.bearer);
            let told = serde_json::to_string(&body).ok()?;
            if self.told.as_ref() == Some(&told) {
                continue;
            }
            let is_over = match &standing {
                // From here on it is followed as any registration is.
                Standing::Begun(..) => true,
                Standing::Pending(journey) => journey.address_is() == AddressIs::Refused,
            };
            if is_over {
                self.ticks = MOST_TICKS;
            }
            self.told = Some(told.clone());
            return Some(SseEvent::default().event("pending").data(told));
        }
        None
    }
}
