//! `enlist registrations list` and `show ID`: pending ones and those that were begun.

mod pending;

use std::io::Write;

use anyhow::{Context as _, anyhow};
use comfy_table::{ContentArrangement, Table, presets};
use enlist_domain::EmailAddress;
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{Clock as _, JourneyFilter, Journeys, RegistrationFilter, Store};
use enlist_registration::state::{Registration, Status};
use enlist_registration::timeline::Event;
use jiff::Timestamp;
use serde_json::Value;

use self::pending::{PENDING, Pending};
use super::{Failure, RegistrationsCommand, runtime};
use crate::app::database::for_reading;
use crate::config::Settings;
use crate::language::Language;
use crate::system::SystemClock;
use crate::words;

/// Looks at registrations, beside a service that may be running.
pub(super) fn run(
    out: &mut impl Write,
    settings: &Settings,
    command: RegistrationsCommand,
) -> Result<(), Failure> {
    let database = &settings.database;
    runtime()?.block_on(async {
        let Some(database) = for_reading(database).await? else {
            let missing = anyhow!("there is no database at {database}; has the service run?");
            return Err(Failure::Missing(missing));
        };
        let store = database.store();
        let store = store.as_ref();
        match command {
            RegistrationsCommand::List {
                status,
                email,
                limit,
                json,
            } => {
                let wanted = Wanted::parse(status, email, limit)?;
                list(out, settings, store, &wanted, json).await
            }
            RegistrationsCommand::Show { id, json } => show(out, settings, store, &id, json).await,
        }
    })
}

/// What is to be listed of either kind; none: nothing of it.
struct Wanted {
    begun: Option<RegistrationFilter>,
    pending: Option<JourneyFilter>,
    limit: u32,
}

impl Wanted {
    fn parse(status: Option<String>, email: Option<String>, limit: u32) -> Result<Self, Failure> {
        let (journeys, status) = match status.as_deref() {
            None => (Some(Journeys::All), None),
            Some(PENDING) => (Some(Journeys::Open), None),
            Some(name) => {
                let status = Status::from_name(name).ok_or_else(|| no_status(name))?;
                let refused = (status == Status::Undone).then_some(Journeys::Refused);
                (refused, Some(status))
            }
        };
        let email = email
            .map(|address| {
                EmailAddress::parse(&address)
                    .map_err(|fault| Failure::Usage(anyhow!("--email: {fault}")))
            })
            .transpose()?;
        let begun = (journeys != Some(Journeys::Open)).then(|| RegistrationFilter {
            status,
            email: email.clone(),
            limit,
        });
        let pending = journeys.map(|which| JourneyFilter {
            which,
            email,
            alive_at: SystemClock.now(),
            limit,
        });
        Ok(Self {
            begun,
            pending,
            limit,
        })
    }

    async fn find(&self, store: &dyn Store) -> anyhow::Result<Vec<Found>> {
        let mut found = Vec::new();
        if let Some(filter) = &self.begun {
            let begun = store.registrations(filter).await;
            let begun = begun.context("list registrations")?;
            found.extend(begun.into_iter().map(Box::new).map(Found::Begun));
        }
        if let Some(filter) = &self.pending {
            let pending = store.journeys(filter).await;
            let pending = pending.context("list pending registrations")?;
            for journey in pending {
                let pending = pending::Found::of(store, journey).await?;
                found.push(Found::Pending(Box::new(pending)));
            }
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.place()));
        found.truncate(self.limit as usize);
        Ok(found)
    }
}

fn no_status(name: &str) -> Failure {
    let names = Status::ALL.map(Status::as_str).join(", ");
    Failure::Usage(anyhow!(
        "`{name}` is no status; there are {PENDING}, {names}"
    ))
}

/// A line of the list.
enum Found {
    Begun(Box<Registration>),
    Pending(Box<pending::Found>),
}

impl Found {
    /// By which they are sorted.
    fn place(&self) -> (Timestamp, RegistrationId) {
        match self {
            Self::Begun(registration) => (registration.begun_at, registration.id),
            Self::Pending(found) => (found.journey.begun_at, found.journey.id),
        }
    }

    fn as_json(&self, settings: &Settings) -> Value {
        match self {
            Self::Begun(registration) => as_json(registration),
            Self::Pending(found) => Pending::of(settings, found).as_json(),
        }
    }

    fn row(&self, settings: &Settings) -> [String; 7] {
        match self {
            Self::Begun(registration) => row(registration),
            Self::Pending(found) => Pending::of(settings, found).row(),
        }
    }
}

async fn list(
    out: &mut impl Write,
    settings: &Settings,
    store: &dyn Store,
    wanted: &Wanted,
    json: bool,
) -> Result<(), Failure> {
    let found = wanted.find(store).await?;
    if json {
        for found in &found {
            writeln!(out, "{}", found.as_json(settings))?;
        }
        return Ok(());
    }
    if found.is_empty() {
        writeln!(out, "No registrations.")?;
        return Ok(());
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header([
            "id", "begun", "status", "e-mail", "plan", "missing", "because",
        ]);
    for found in &found {
        table.add_row(found.row(settings));
    }
    writeln!(out, "{table}")?;
    Ok(())
}

fn row(registration: &Registration) -> [String; 7] {
    let plan = registration.intent.plan.as_ref();
    let failure = registration.failure.as_ref();
    [
        registration.id.to_string(),
        moment(registration.begun_at),
        registration.status.as_str().to_owned(),
        registration.intent.email.as_typed().to_owned(),
        plan.map(|plan| plan.name.clone()).unwrap_or_default(),
        String::new(),
        failure.map_or("", |failure| failure.as_str()).to_owned(),
    ]
}

fn moment(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

async fn show(
    out: &mut impl Write,
    settings: &Settings,
    store: &dyn Store,
    id: &str,
    json: bool,
) -> Result<(), Failure> {
    let parsed: RegistrationId = id
        .parse()
        .map_err(|_| Failure::Usage(anyhow!("`{id}` is no registration's id")))?;
    let begun = store.registration(parsed).await;
    let begun = begun.context("read the registration")?;
    let journey = pending::find(store, parsed).await?;
    let journey = journey.as_ref().map(|it| Pending::of(settings, it));
    let Some(registration) = begun else {
        let missing = || Failure::Missing(anyhow!("there is no registration {id}"));
        let journey = journey.ok_or_else(missing)?;
        match json {
            true => writeln!(out, "{}", journey.as_json())?,
            false => journey.head(out)?,
        }
        return Ok(());
    };
    let events = store.events(parsed, 0).await.context("read the timeline")?;
    if json {
        let mut object = as_json(&registration);
        object["events"] = serde_json::to_value(&events).context("write the timeline")?;
        if let Some(journey) = journey {
            object["pending"] = journey.as_json();
        }
        writeln!(out, "{object}")?;
        return Ok(());
    }
    head(out, &registration)?;
    timeline(out, &registration, &events)?;
    if let Some(journey) = journey {
        // Undone, and its journey can be gone on with.
        writeln!(out)?;
        journey.head(out)?;
    }
    Ok(())
}

fn head(out: &mut impl Write, registration: &Registration) -> std::io::Result<()> {
    writeln!(out, "Registration {}", registration.id)?;
    writeln!(out, "  status   {}", registration.status.as_str())?;
    writeln!(out, "  e-mail   {}", registration.intent.email.as_typed())?;
    if let Some(plan) = &registration.intent.plan {
        writeln!(out, "  plan     {} ({plan})", plan.name)?;
    }
    if let Some(customer) = &registration.progress.customer {
        writeln!(
            out,
            "  customer {} at {}",
            customer.id, registration.intent.gateway
        )?;
    }
    if let Some(failure) = &registration.failure {
        let reason = Language::english().tell(words::reason(failure));
        writeln!(out, "  because  {reason}")?;
    }
    writeln!(out)
}

/// A line per event: when, how long after the beginning, what.
fn timeline(
    out: &mut impl Write,
    registration: &Registration,
    events: &[Event],
) -> std::io::Result<()> {
    for event in events {
        let since = event.at.duration_since(registration.begun_at);
        let step = event.step.map_or("", |step| step.as_str());
        let detail = event.detail.as_deref().unwrap_or_default();
        let line = format!(
            "  {at}  {ms:>+9} ms  {kind:<14} {step:<18} {detail}",
            at = event.at.strftime("%Y-%m-%d %H:%M:%S%.3fZ"),
            ms = since.as_millis(),
            kind = event.kind.as_str(),
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn as_json(registration: &Registration) -> Value {
    serde_json::json!({
        "id": registration.id,
        "status": registration.status,
        "email": registration.intent.email.as_typed(),
        "plan": registration.intent.plan.as_ref().map(|plan| &plan.name),
        "begun_at": registration.begun_at,
        "verify_by": registration.opened_at.and(registration.act_by),
        "rested_at": registration.rested_at,
        "failure": registration.failure,
        "customer_id": registration.progress.customer.as_ref().map(|customer| &customer.id),
        "subscription_id": registration.progress.subscription.as_ref().map(|held| &held.id),
        "generation": registration.lease.generation,
    })
}
