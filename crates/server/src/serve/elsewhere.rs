//! Registrations under way that were begun at another gateway than the one in use: how many a start
//! leaves as they stand (`docs/decisions/0022`).

use std::collections::BTreeMap;

use enlist_registration::ports::{RegistrationFilter, StoreFault};
use enlist_registration::state::{Registration, Status};
use jiff::Timestamp;

use crate::app::App;

/// What was found.
#[derive(Debug)]
pub struct Elsewhere {
    gateways: BTreeMap<String, Found>,
    /// Of each status all were looked at, not only the newest.
    is_whole: bool,
}

#[derive(Debug, Default)]
struct Found {
    /// They need their gateway to go on.
    held: usize,
    /// Their address can be confirmed without it; if nobody does, they need it.
    unverified: usize,
}

impl Elsewhere {
    /// Looks at the newest registrations of each status, `most` of them.
    pub async fn look(app: &App, most: u32) -> Result<Self, StoreFault> {
        let mut elsewhere = Self {
            gateways: BTreeMap::new(),
            is_whole: true,
        };
        let now = app.clock.now();
        for status in Status::ALL.into_iter().filter(|status| !status.rests()) {
            let filter = RegistrationFilter {
                status: Some(status),
                limit: most,
                ..RegistrationFilter::default()
            };
            let found = app.store.registrations(&filter).await?;
            elsewhere.is_whole &= found.len() < most as usize;
            for registration in found {
                if !app.engine.has_gateway_of(&registration) {
                    elsewhere.count(&registration, now);
                }
            }
        }
        Ok(elsewhere)
    }

    fn count(&mut self, registration: &Registration, now: Timestamp) {
        let gateway = registration.intent.gateway.clone();
        let found = self.gateways.entry(gateway).or_default();
        let has_time = registration.act_by.is_some_and(|until| now < until);
        if registration.status == Status::AwaitingVerification && has_time {
            found.unverified += 1;
        } else {
            found.held += 1;
        }
    }

    /// What an operator should know, a sentence for each gateway.
    pub fn sentences(&self) -> Vec<String> {
        let at_least = if self.is_whole { "" } else { "at least " };
        let sentence = |(gateway, found): (&String, &Found)| {
            let Found { held, unverified } = found;
            format!(
                "registrations under way that were begun at the gateway {gateway}: {at_least}{held} are \
                 left as they stand until gateway.kind is {gateway} again; {at_least}{unverified} wait \
                 for their address to be confirmed, which goes on, and are left as well where nobody does"
            )
        };
        self.gateways.iter().map(sentence).collect()
    }
}
