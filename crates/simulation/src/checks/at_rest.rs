//! What holds once faults have stopped and everything rests (invariants 1, 2, 3 and 7).

use std::sync::Arc;

use enlist_registration::ports::{CustomerStanding, SubscriptionStatus};
use enlist_registration::state::Status;

use crate::executor::locked;
use crate::memory::{Row, Tables};
use crate::world::World;

impl World {
    /// Whether nothing moves, nothing waits and nothing is under way any more.
    pub fn rests(&self) -> bool {
        !self.is_anything_under_way()
            && self.memory.look(|tables| {
                let mut rows = tables.rows.values();
                let mut jobs = tables.jobs.values();
                rows.all(|row| row.registration.status.rests())
                    && jobs.all(|job| job.finished_at.is_some())
            })
    }

    /// Everything, once it rests; or what does not.
    pub fn check_at_rest(self: &Arc<Self>) {
        let rows: Vec<Row> = self
            .memory
            .look(|tables| tables.rows.values().cloned().collect());
        for row in &rows {
            self.check_row(row);
        }
        self.memory.look(|tables| {
            self.check_jobs(tables);
            for account in tables.accounts.values() {
                let row = tables.rows.get(&account.registration);
                let is_registered =
                    row.is_some_and(|row| row.registration.status == Status::Registered);
                self.checks
                    .check("every_account_is_registered", is_registered, || {
                        format!("{account:?}")
                    });
            }
            let held: Vec<_> = tables.held.iter().collect();
            self.checks
                .check("no_address_is_held", held.is_empty(), || {
                    format!("{held:?}")
                });
        });
        self.check_gateway();
    }

    /// Journeys whose time is over are forgotten; of those that led to a registration is left which.
    pub fn check_forgotten(&self) {
        self.memory.look(|tables| {
            let left = tables.journeys.values().map(|row| &row.journey);
            let left = left.filter(|it| it.profile.is_some() || it.registration.is_none());
            let left: Vec<_> = left.map(|it| it.id).collect();
            self.checks
                .check("expired_journeys_are_forgotten", left.is_empty(), || {
                    format!("{left:?}")
                });
        });
    }

    fn check_row(&self, row: &Row) {
        let it = &row.registration;
        self.checks
            .check("everything_rests", it.status.rests(), || {
                let reason = it.failure.as_ref();
                format!(
                    "{} {:?} {reason:?}, {:?}, due {:?}",
                    it.id, it.status, it.progress, row.due_at
                )
            });
        let is_held = row.owner.is_some();
        self.checks
            .check("no_lease_is_left", !is_held, || it.id.to_string());
        self.check_one(it.id);
        let books = locked(&self.books);
        let made = books.of(it.id);
        let account = self
            .memory
            .look(|tables| tables.accounts.get(&it.intent.user).cloned());
        let account = account.as_ref();
        match it.status {
            Status::Undone => self.check_nothing_is_left(row, account, &made),
            Status::Registered => {
                let describe = || format!("{}: {account:?}: {}", it.id, made.describe());
                self.checks
                    .check("registered_has_an_account", account.is_some(), describe);
                let is_verified = account.is_some_and(|account| account.verified_at.is_some());
                self.checks
                    .check("registered_is_verified", is_verified, describe);
                let is_paid = it.intent.paid_plan().is_some();
                let charges = made.charges().count();
                let once = charges == usize::from(is_paid)
                    && made.kept_charges() == charges
                    && made.live_customers().count() == 1
                    && made.live_subscriptions().count() == charges;
                self.checks
                    .check("registered_is_charged_exactly_once", once, describe);
                let told = !locked(&self.checks.seen).untold.contains(&it.id);
                let standing = account.and_then(|account| account.standing.as_ref());
                if let (Some(standing), true) = (standing, told) {
                    let agrees = matches!(standing.customer, CustomerStanding::Live(_))
                        && standing
                            .subscription
                            .as_ref()
                            .is_none_or(|it| it.status == SubscriptionStatus::Active);
                    self.checks
                        .check("account_says_what_the_gateway_says", agrees, || {
                            format!("{}: {standing:?}", it.id)
                        });
                }
            }
            _ => {}
        }
    }

    fn check_jobs(&self, tables: &Tables) {
        for row in tables.jobs.values() {
            let is_done = row.finished_at.is_some();
            self.checks
                .check("every_job_is_done", is_done, || format!("{row:?}"));
        }
    }

    /// Whatever the gateway holds is of a registration that we know.
    fn check_gateway(&self) {
        let owners: Vec<_> = locked(&self.books).registrations().collect();
        for registration in owners {
            let is_known = self
                .memory
                .look(|tables| tables.rows.contains_key(&registration));
            self.checks
                .check("nothing_at_the_gateway_is_unknown", is_known, || {
                    registration.to_string()
                });
        }
    }
}
