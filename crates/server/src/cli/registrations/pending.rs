//! A pending registration, for an operator: how far it has come, and what is missing.

use std::io::Write;

use anyhow::Context as _;
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::{AddressIs, Journey, Part};
use enlist_registration::ports::{Clock as _, Store};
use enlist_registration::state::{Failure, Registration, Status};
use serde_json::{Value, json};

use super::moment;
use crate::config::Settings;
use crate::journeys::card_is_by;
use crate::language::Language;
use crate::system::SystemClock;
use crate::words;

/// How one stands, as the API says it.
pub(super) const PENDING: &str = "pending";

/// The journey with this id, if somebody can go on with it, or its mail was refused.
pub(super) async fn find(store: &dyn Store, id: RegistrationId) -> anyhow::Result<Option<Found>> {
    let found = store.journey(id).await;
    let found = found.context("read the pending registration")?;
    let Some(journey) = found.filter(|journey| journey.expires_at > SystemClock.now()) else {
        return Ok(None);
    };
    let found = Found::of(store, journey).await?;
    let last = found.last.as_ref();
    let is_open = last.is_none_or(|last| last.status == Status::Undone);
    Ok(is_open.then_some(found))
}

/// A journey, and the registration that it led to last.
pub(super) struct Found {
    pub(super) journey: Journey,
    last: Option<Registration>,
}

impl Found {
    pub(super) async fn of(store: &dyn Store, journey: Journey) -> anyhow::Result<Self> {
        let last = match journey.registration {
            Some(id) => store.registration(id).await,
            None => Ok(None),
        };
        let last = last.context("read what a pending registration led to")?;
        Ok(Self { journey, last })
    }
}

/// A journey, and what is missing.
pub(super) struct Pending<'a> {
    journey: &'a Journey,
    /// The first part; none of one that is over.
    missing: Option<Part>,
    /// Why it is over.
    failure: Option<Failure>,
}

impl<'a> Pending<'a> {
    pub(super) fn of(settings: &Settings, found: &'a Found) -> Self {
        let Found { journey, last } = found;
        let plan = journey.plan.as_deref();
        let plan = plan.and_then(|name| settings.plans.get(name));
        let card_is = card_is_by(settings.card, plan);
        let missing = journey.first_missing(card_is, settings.gateway.name(), last.as_ref());
        let is_over = journey.address_is() == AddressIs::Refused;
        Self {
            journey,
            missing: (!is_over).then_some(missing),
            failure: is_over.then_some(Failure::MailRefused),
        }
    }

    fn status(&self) -> &'static str {
        match self.failure {
            Some(_) => Status::Undone.as_str(),
            None => PENDING,
        }
    }

    pub(super) fn row(&self) -> [String; 7] {
        let Self { journey, .. } = self;
        [
            journey.id.to_string(),
            moment(journey.begun_at),
            self.status().to_owned(),
            journey.email.as_typed().to_owned(),
            journey.plan.clone().unwrap_or_default(),
            self.missing.map_or("", Part::as_str).to_owned(),
            self.failure.as_ref().map_or("", Failure::as_str).to_owned(),
        ]
    }

    pub(super) fn as_json(&self) -> Value {
        let Self { journey, .. } = self;
        json!({
            "id": journey.id,
            "status": self.status(),
            "email": journey.email.as_typed(),
            "plan": journey.plan,
            "missing": self.missing.map(Part::as_str),
            "begun_at": journey.begun_at,
            "verified_at": journey.verified_at,
            "expires_at": journey.expires_at,
            "mails": journey.mail_serial,
            "failure": self.failure,
        })
    }

    pub(super) fn head(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Self { journey, .. } = self;
        writeln!(out, "Pending registration {}", journey.id)?;
        writeln!(out, "  status   {}", self.status())?;
        writeln!(out, "  e-mail   {}", journey.email.as_typed())?;
        if let Some(plan) = &journey.plan {
            writeln!(out, "  plan     {plan}")?;
        }
        if let Some(missing) = self.missing {
            writeln!(out, "  missing  {}", missing.as_str())?;
        }
        writeln!(out, "  begun    {}", moment(journey.begun_at))?;
        if let Some(verified_at) = journey.verified_at {
            writeln!(out, "  verified {}", moment(verified_at))?;
        }
        writeln!(out, "  expires  {}", moment(journey.expires_at))?;
        writeln!(out, "  mails    {}", journey.mail_serial)?;
        if let Some(failure) = &self.failure {
            let reason = Language::english().tell(words::reason(failure));
            writeln!(out, "  because  {reason}")?;
        }
        Ok(())
    }
}
