//! `enlist registrations list` and `show ID`.

use std::io::Write;

use anyhow::{Context as _, anyhow};
use comfy_table::{ContentArrangement, Table, presets};
use enlist_domain::EmailAddress;
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::{RegistrationFilter, Store};
use enlist_registration::state::{Registration, Status};
use enlist_registration::timeline::Event;

use super::{Failure, RegistrationsCommand, runtime};
use crate::app::database::for_reading;
use crate::config::Settings;
use crate::language::Language;
use crate::words;

/// Looks at registrations, beside a service that may be running.
pub(super) fn run(
    out: &mut impl Write,
    settings: &Settings,
    command: RegistrationsCommand,
) -> Result<(), Failure> {
    let database = &settings.database;
    runtime()?.block_on(async {
        let Some(store) = for_reading(database).await? else {
            let missing = anyhow!("there is no database at {database}; has the service run?");
            return Err(Failure::Missing(missing));
        };
        let store = store.as_ref();
        match command {
            RegistrationsCommand::List {
                status,
                email,
                limit,
                json,
            } => {
                let filter = filter(status, email, limit)?;
                list(out, store, &filter, json).await
            }
            RegistrationsCommand::Show { id, json } => show(out, store, &id, json).await,
        }
    })
}

fn filter(
    status: Option<String>,
    email: Option<String>,
    limit: u32,
) -> Result<RegistrationFilter, Failure> {
    let status = status
        .map(|name| {
            let names = Status::ALL.map(Status::as_str).join(", ");
            Status::from_name(&name)
                .ok_or_else(|| Failure::Usage(anyhow!("`{name}` is no status; there are {names}")))
        })
        .transpose()?;
    let email = email
        .map(|address| {
            EmailAddress::parse(&address)
                .map_err(|fault| Failure::Usage(anyhow!("--email: {fault}")))
        })
        .transpose()?;
    Ok(RegistrationFilter {
        status,
        email,
        limit,
    })
}

async fn list(
    out: &mut impl Write,
    store: &dyn Store,
    filter: &RegistrationFilter,
    json: bool,
) -> Result<(), Failure> {
    let found = store
        .registrations(filter)
        .await
        .context("list registrations")?;
    if json {
        for registration in &found {
            writeln!(out, "{}", as_json(registration))?;
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
        .set_header(["id", "begun", "status", "e-mail", "plan", "because"]);
    for registration in &found {
        table.add_row([
            registration.id.to_string(),
            registration
                .begun_at
                .strftime("%Y-%m-%d %H:%M:%SZ")
                .to_string(),
            registration.status.as_str().to_owned(),
            registration.intent.email.as_typed().to_owned(),
            registration
                .intent
                .plan
                .as_ref()
                .map(|plan| plan.name.clone())
                .unwrap_or_default(),
            registration
                .failure
                .as_ref()
                .map_or("", |failure| failure.as_str())
                .to_owned(),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

async fn show(
    out: &mut impl Write,
    store: &dyn Store,
    id: &str,
    json: bool,
) -> Result<(), Failure> {
    let parsed: RegistrationId = id
        .parse()
        .map_err(|_| Failure::Usage(anyhow!("`{id}` is no registration's id")))?;
    let registration = store
        .registration(parsed)
        .await
        .context("read the registration")?
        .ok_or_else(|| Failure::Missing(anyhow!("there is no registration {id}")))?;
    let events = store.events(parsed, 0).await.context("read the timeline")?;
    if json {
        let mut object = as_json(&registration);
        object["events"] = serde_json::to_value(&events).context("write the timeline")?;
        writeln!(out, "{object}")?;
        return Ok(());
    }
    head(out, &registration)?;
    timeline(out, &registration, &events)?;
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

fn as_json(registration: &Registration) -> serde_json::Value {
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
