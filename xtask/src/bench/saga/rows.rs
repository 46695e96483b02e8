//! The rows that a registration leaves, without a registration: one was driven in memory, and the
//! others are written like it.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use enlist_domain::{Plan, SignUp};
use enlist_registration::engine::{Beginning, Driven, Terms};
use enlist_registration::ids::{CustomerId, JobId, RegistrationId, SubscriptionId, UserId};
use enlist_registration::ports::{Clock as _, PaymentMethod, Store as _};
use enlist_registration::state::Registration;
use enlist_registration::timeline::Event;
use enlist_storage::{Mode, SqliteOptions, SqliteStore};
use jiff::Timestamp;
use uuid::Uuid;

use super::people::people;
use super::ports::{RealChance, RealTime, engine};

/// What one registration leaves.
#[derive(Clone)]
pub struct Rows {
    pub registration: Registration,
    pub events: Vec<Event>,
    pub job: JobId,
    pub opened_at: Timestamp,
    pub act_by: Timestamp,
    pub period_end: Timestamp,
    pub method: PaymentMethod,
    pub plan: Plan,
    pub customer: CustomerId,
    pub subscription: SubscriptionId,
}

impl Rows {
    /// What a registration left that the engine drove.
    pub async fn sample() -> anyhow::Result<Self> {
        let options = SqliteOptions {
            mode: Mode::Inline,
            ..SqliteOptions::default()
        };
        let store = Arc::new(SqliteStore::in_memory(options, Arc::new(RealTime))?);
        let engine = engine(Arc::clone(&store) as _)?;
        let person = people(1, 1)?.pop().context("nobody")?;
        let Beginning::Begun(begun) = engine.begin(person, None, Terms::default()).await? else {
            bail!("the sample was not begun");
        };
        let Driven::LetGo(driven) = engine.drive(*begun).await else {
            bail!("the sample was not driven to its end");
        };
        let kept = store.registration(driven.id).await?;
        let registration = kept.context("the sample is not there")?;
        let progress = &registration.progress;
        Ok(Self {
            events: store.events(registration.id, 0).await?,
            job: JobId(Uuid::nil()),
            opened_at: registration.opened_at.context("not opened")?,
            act_by: registration.act_by.context("does not wait")?,
            customer: progress
                .customer
                .as_ref()
                .context("no customer")?
                .id
                .clone(),
            period_end: progress
                .subscription
                .as_ref()
                .context("no subscription")?
                .current_period_end,
            subscription: SubscriptionId(String::new()),
            method: registration.payment_method().context("no card")?.clone(),
            plan: registration.intent.paid_plan().context("no plan")?.clone(),
            registration,
        })
    }

    /// The same for somebody else.
    pub fn of(&self, person: SignUp) -> Self {
        let mut rows = self.clone();
        let now = RealTime.now();
        let registration = &mut rows.registration;
        registration.id = RegistrationId::new(now, &RealChance);
        registration.intent.email = person.email;
        registration.intent.profile = person.profile;
        registration.intent.user = UserId::new(now, &RealChance);
        registration.intent.subscription_row = UserId::new(now, &RealChance).0;
        rows.job = JobId::new(now, &RealChance);
        rows.customer = CustomerId(format!("cus_{}", registration.id));
        rows.subscription = SubscriptionId(format!("sub_{}", registration.id));
        if let Some(customer) = &mut registration.progress.customer {
            customer.id = rows.customer.clone();
        }
        if let Some(subscription) = &mut registration.progress.subscription {
            subscription.id = rows.subscription.clone();
        }
        // What comes in the index's order costs the database less: begun in order, as the engine does.
        registration.begun_at = now;
        rows
    }
}
