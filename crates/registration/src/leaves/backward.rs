//! Taking back what a remote step did, or may have done. Every undo accepts "never happened" and
//! "already undone", and may be repeated from its beginning at any time.

use super::{Caller, Reply, bounded, call, settled};
use crate::ids::CustomerId;
use crate::limits::later;
use crate::ports::{
    CallKey, HeldCharge, HeldSubscriptionState, Outcome, RefundAttempt, Sought, Trouble,
};
use crate::saga::Reversal;
use crate::state::StepState;
use crate::steps::StepName;

/// Which customers there are to delete.
enum Settled {
    Customers(Vec<CustomerId>),
    /// There was none at any time, and so nothing that hung on one.
    Never,
    NotYet(Trouble),
}

impl Caller<'_> {
    /// Takes a remote step back.
    pub(crate) async fn reverse(&mut self, step: StepName) -> Result<Reversal, Reply> {
        match step {
            StepName::CreateCustomer => self.delete_customer().await,
            StepName::StartSubscription => self.end_subscription().await,
            StepName::TokenizeCard
            | StepName::HoldEmail
            | StepName::OpenAccount
            | StepName::VerifyEmail
            | StepName::Finish => unreachable!("{} has no remote undo", step.as_str()),
        }
    }

    /// Takes back whatever the gateway holds for the registration, customer by customer.
    pub(crate) async fn clear_leftovers(
        &mut self,
        attempt: RefundAttempt,
    ) -> Result<Reversal, Reply> {
        let live = match self.live_customers().await? {
            Ok(live) => live,
            Err(trouble) => return Ok(Reversal::NotYet(trouble)),
        };
        // Whatever names the registration, and not only what hangs on the customer that is known.
        self.delete_all(live, None, attempt).await
    }

    /// Whether there is a customer comes first, even if it is made in order to find out: what hangs on one
    /// whose id is known is found without going through what others bought.
    async fn end_subscription(&mut self) -> Result<Reversal, Reply> {
        let customers = match self.settle_customer().await? {
            Settled::Customers(customers) => customers,
            Settled::Never => return Ok(Reversal::Complete(Found::default().to_string())),
            Settled::NotYet(trouble) => return Ok(Reversal::NotYet(trouble)),
        };
        // Of several all name the registration, and a search for one finds what hangs on each.
        let attempt = self.attempt();
        Ok(
            match self.reverse_charges(customers.first(), attempt).await? {
                Ok(found) => Reversal::Complete(found.to_string()),
                Err(trouble) => Reversal::NotYet(trouble),
            },
        )
    }

    async fn delete_customer(&mut self) -> Result<Reversal, Reply> {
        let customers = match self.settle_customer().await? {
            Settled::Never => return Ok(Reversal::Complete(Found::default().to_string())),
            Settled::Customers(customers) => customers,
            Settled::NotYet(trouble) => return Ok(Reversal::NotYet(trouble)),
        };
        let customers = match self.with_any_other(customers).await? {
            Ok(customers) => customers,
            Err(trouble) => return Ok(Reversal::NotYet(trouble)),
        };
        let known = self.known_customer();
        self.delete_all(customers, known.as_ref(), self.attempt())
            .await
    }

    /// With the customers that are there beside the one whose id is known. After a doubt there may be:
    /// where the clock was wrong by which the journal says when it was begun, the gateway had forgotten a
    /// key that was believed to be young, and what settled the doubt made another.
    async fn with_any_other(
        &mut self,
        mut customers: Vec<CustomerId>,
    ) -> Result<Result<Vec<CustomerId>, Trouble>, Reply> {
        if self.registration.progress.doubted && self.known_customer().is_some() {
            match self.live_customers().await? {
                Ok(live) => {
                    let others = live.into_iter().filter(|it| !customers.contains(it));
                    let others: Vec<CustomerId> = others.collect();
                    customers.extend(others);
                }
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        Ok(Ok(customers))
    }

    /// Deleting the customer closes the door on every later call, so charges are looked for before,
    /// and once more after, when nothing can be added any more.
    async fn delete_all(
        &mut self,
        customers: Vec<CustomerId>,
        known: Option<&CustomerId>,
        attempt: RefundAttempt,
    ) -> Result<Reversal, Reply> {
        let mut found = match self.reverse_charges(known, attempt).await? {
            Ok(found) => found,
            Err(trouble) => return Ok(Reversal::NotYet(trouble)),
        };
        let id = self.registration.id;
        for customer in &customers {
            let deletion = call!(self, self.gateway.delete_customer(customer, id));
            if let Err(trouble) = settled(deletion) {
                return Ok(Reversal::NotYet(trouble));
            }
            found.customers += 1;
            match self.reverse_charges(Some(customer), attempt).await? {
                Ok(late) => found.add(&late),
                Err(trouble) => return Ok(Reversal::NotYet(trouble)),
            }
        }
        Ok(Reversal::Complete(found.to_string()))
    }

    /// Whether a customer exists. A doubt is settled by the same key while the gateway remembers it:
    /// that returns the customer, or uses the key up, so that a call still under way cannot make one
    /// later. Else by listing, once nothing can be under way any more.
    async fn settle_customer(&mut self) -> Result<Settled, Reply> {
        if let Some(known) = self.known_customer() {
            return Ok(Settled::Customers(vec![known]));
        }
        let step = StepName::CreateCustomer;
        let remembered_until = later(self.registration.begun_at, self.limits.keys_kept_for);
        if !self.is_key_burnt(step) && self.clock.now() < remembered_until {
            match self.create_customer().await? {
                Outcome::Done(made) => {
                    let id = made.id.clone();
                    self.registration.progress.customer = Some(made);
                    return Ok(Settled::Customers(vec![id]));
                }
                Outcome::Declined(decline)
                    if !(self.registration.is_in_doubt(step) && decline.is_of_the_token()) =>
                {
                    return Ok(Settled::Never);
                }
                Outcome::Retryable(trouble) => return Ok(Settled::NotYet(trouble)),
                Outcome::InDoubt(trouble) if !trouble.replayed => {
                    self.doubt(step, false);
                    return Ok(Settled::NotYet(trouble));
                }
                // Neither a stored failure nor a refusal tells whether there is one, nor does it that the
                // token was used before: it may have been for this customer.
                Outcome::Declined(_)
                | Outcome::InDoubt(_)
                | Outcome::Rejected(_)
                | Outcome::RequiresAction(_) => self.doubt(step, true),
            }
        }
        let live = match self.live_customers().await? {
            Ok(live) => live,
            Err(trouble) => return Ok(Settled::NotYet(trouble)),
        };
        let mut settles_at = self.registration.doubt_settles_at(step, self.limits);
        if !self.is_key_burnt(step) {
            // Whoever undid it before may have asked under the key for as long as that was remembered, and what
            // was noted of that may be lost (D4).
            settles_at = settles_at.max(later(remembered_until, self.limits.call_timeout * 2));
        }
        let now = self.clock.now();
        if live.is_empty() && now < settles_at {
            let mut trouble = Trouble::new("a call may still be under way");
            trouble.retry_after = settles_at.duration_since(now).try_into().ok();
            return Ok(Settled::NotYet(trouble));
        }
        Ok(Settled::Customers(live))
    }

    /// Whether only a list can tell what became of a step.
    fn is_key_burnt(&self, step: StepName) -> bool {
        matches!(
            self.registration.progress.of(step),
            StepState::InDoubt {
                key_burnt: true,
                ..
            }
        )
    }

    /// Notes that a step was sent just now, and that what came of it is unknown.
    fn doubt(&mut self, step: StepName, key_burnt: bool) {
        let last_sent_at = self.clock.now();
        let doubt = StepState::InDoubt {
            last_sent_at,
            key_burnt,
        };
        self.registration.progress.set(step, doubt);
    }

    async fn live_customers(&mut self) -> Result<Result<Vec<CustomerId>, Trouble>, Reply> {
        let listed = self.list(None, Sought::Customers).await?;
        Ok(listed.map(|holdings| {
            let live = holdings.customers.into_iter();
            live.map(|customer| customer.id).collect()
        }))
    }

    /// Ends every subscription and gives back every charge of the registration and of `customer`.
    async fn reverse_charges(
        &mut self,
        customer: Option<&CustomerId>,
        attempt: RefundAttempt,
    ) -> Result<Result<Found, Trouble>, Reply> {
        let holdings = match self.list(customer, Sought::Everything).await? {
            Ok(holdings) => holdings,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let mut found = Found::default();
        // Subscriptions first: one that runs could charge again.
        for held in &holdings.subscriptions {
            if held.state == HeldSubscriptionState::Ended {
                continue;
            }
            let ended = call!(
                self,
                self.gateway.cancel_subscription(&held.subscription.id)
            );
            if let Err(trouble) = settled(ended) {
                return Ok(Err(trouble));
            }
            found.subscriptions += 1;
        }
        for charge in &holdings.charges {
            if charge.outstanding().is_zero() {
                continue;
            }
            if let Err(trouble) = self.refund(charge, attempt).await? {
                return Ok(Err(trouble));
            }
            found.charges += 1;
        }
        Ok(Ok(found))
    }

    async fn refund(
        &mut self,
        charge: &HeldCharge,
        attempt: RefundAttempt,
    ) -> Result<Result<(), Trouble>, Reply> {
        let key = CallKey::of_refund(self.registration.id, &charge.id, attempt);
        let amount = charge.outstanding();
        Ok(settled(call!(
            self,
            self.gateway.refund_charge(&key, &charge.id, amount)
        )))
    }

    /// Of the step that is being undone.
    fn attempt(&self) -> RefundAttempt {
        RefundAttempt::OfUndo(self.registration.attempts)
    }
}

/// What there was to take back.
#[derive(Default)]
struct Found {
    customers: u32,
    subscriptions: u32,
    charges: u32,
}

impl Found {
    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.subscriptions += other.subscriptions;
        self.charges += other.charges;
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = [
            (
                self.subscriptions,
                "subscription cancelled",
                "subscriptions cancelled",
            ),
            (self.charges, "charge refunded", "charges refunded"),
            (self.customers, "customer deleted", "customers deleted"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
        f.write_str(&if parts.is_empty() {
            "nothing was there".to_owned()
        } else {
            parts.join(", ")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_back_is_said_in_words() {
        let mut found = Found::default();
        assert_eq!(found.to_string(), "nothing was there");
        found.add(&Found {
            customers: 1,
            subscriptions: 0,
            charges: 2,
        });
        assert_eq!(found.to_string(), "2 charges refunded, 1 customer deleted");
        found.add(&Found {
            customers: 2,
            subscriptions: 1,
            charges: 3,
        });
        let all = "1 subscription cancelled, 5 charges refunded, 3 customers deleted";
        assert_eq!(found.to_string(), all);
    }
}
