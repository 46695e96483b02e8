//! How an account stands at its gateway, long after its registration.

use super::Engine;
use crate::leaves::{bounded, settled};
use crate::ports::{Standing, StoreFault, Trouble};
use crate::state::Registration;

/// What was found when it was asked how an account stands.
#[derive(Debug, PartialEq, Eq)]
pub enum AccountStanding {
    /// So, a moment ago.
    Stands(Standing),
    /// There is no account (any more).
    NoAccount,
    /// It is at this gateway, which is not the one that the service uses now.
    Elsewhere(String),
    /// The gateway could not be asked: try again.
    NotYet(Trouble),
}

impl Engine {
    /// Fetches anew how a registration's account stands at its gateway. Who and what is asked about
    /// comes from the account, not from the journal, which may have been stripped long ago.
    pub async fn standing(
        &self,
        registration: &Registration,
    ) -> Result<AccountStanding, StoreFault> {
        let user = registration.intent.user;
        let Some(account) = self.ports.store.account_at_gateway(user).await? else {
            return Ok(AccountStanding::NoAccount);
        };
        let gateway = &self.ports.gateway;
        // Another gateway has never heard of the customer, and would say that it is gone.
        if account.gateway != gateway.name() {
            return Ok(AccountStanding::Elsewhere(account.gateway));
        }
        let call = gateway.standing(&account.customer, account.subscription.as_ref());
        let within = self.limits.call_timeout;
        let outcome = bounded(self.ports.clock.as_ref(), within, call).await;
        Ok(match settled(outcome) {
            Ok(standing) => AccountStanding::Stands(standing),
            Err(trouble) => AccountStanding::NotYet(trouble),
        })
    }
}
