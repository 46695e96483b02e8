//! Registrations under way that were begun at another gateway than the one in use: how many a start
//! leaves as they stand (`docs/decisions/0022`).

use enlist_registration::ports::{StoreFault, UnderWay};

use crate::app::App;

/// What was found, by gateway.
#[derive(Debug)]
pub struct Elsewhere(Vec<UnderWay>);

impl Elsewhere {
    /// Counts all of them.
    pub async fn look(app: &App) -> Result<Self, StoreFault> {
        let here = app.engine.ports().gateway.name();
        let counted = app.store.under_way_elsewhere(here, app.clock.now());
        Ok(Self(counted.await?))
    }

    /// What an operator should know, a sentence for each gateway.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |found: &UnderWay| {
            let UnderWay {
                gateway,
                held,
                unverified,
            } = found;
            format!(
                "registrations under way that were begun at the gateway {gateway}: {held} are \
                 left as they stand until gateway.kind is {gateway} again; {unverified} wait \
                 for their address to be confirmed, which goes on, and are left as well where nobody does"
            )
        };
        self.0.iter().map(sentence).collect()
    }
}
