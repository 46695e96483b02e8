//! `enlist serve`.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use anyhow::Context as _;
use enlist_gateways::stripe::Mode;
use jiff::tz::TimeZone;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Failure;
use crate::app::App;
use crate::config::{GatewaySettings, LogFormat, Mailing, Settings, WithoutEffect};
use crate::doctor::watch_gateway;
use crate::serve::{Service, gather_metrics, told_to_stop};

/// Where the PostgreSQL driver logs, below this level, statements with all that people typed.
const STATEMENTS: &str = "tokio_postgres::query";

/// Serves until told to stop.
pub(super) fn serve(settings: Settings) -> Result<(), Failure> {
    start_log(&settings)?;
    for WithoutEffect { key, why } in &settings.without_effect {
        tracing::warn!("{key} {why}");
    }
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(async {
        let service = Service::bind(settings, Some(gather_metrics()?)).await?;
        let stop = told_to_stop().context("signals cannot be listened for")?;
        welcome(&service)?;
        let app = Arc::clone(service.app());
        // Ends with the runtime, should Stripe take longer than the service runs.
        tokio::spawn(async move { watch_gateway(&app.settings).await });
        service.run(stop).await?;
        Ok(())
    })
}

/// The log goes to standard error, so that standard output is what a person reads first.
fn start_log(settings: &Settings) -> anyhow::Result<()> {
    let targets: Targets = settings.log.parse().context("log")?;
    let targets = targets.with_target(STATEMENTS, LevelFilter::INFO);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let registry = tracing_subscriber::registry();
    match settings.log_format {
        LogFormat::Text => registry.with(layer).with(targets).try_init(),
        LogFormat::Json => registry.with(layer.json()).with(targets).try_init(),
    }
    .context("the log cannot be started")
}

/// Says where things are, with a line that works when pasted.
fn welcome(service: &Service) -> io::Result<()> {
    let app = service.app();
    let url = &app.public_url;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n  Enlist {version} is running on {address}.\n\n  \
         Sign-up page     {url}/",
        version = env!("CARGO_PKG_VERSION"),
        address = service.address(),
    )?;
    match &app.settings.mail.by {
        Mailing::Mailbox => writeln!(out, "  Mails \"sent\"     {url}/mailbox")?,
        Mailing::Smtp(smtp) => writeln!(out, "  Mails            sent by {}", smtp.url)?,
    }
    match &app.settings.gateway {
        GatewaySettings::Sandbox(_) => writeln!(out, "  Payment sandbox  {url}/sandbox")?,
        GatewaySettings::Stripe(stripe) => {
            writeln!(
                out,
                "  Payments         Stripe, {} mode",
                stripe.mode.as_str()
            )?;
        }
    }
    writeln!(out, "  API              {url}/docs\n")?;
    if let Some(curl) = example_request(app) {
        writeln!(out, "  Sign up from another terminal:\n\n  {curl}\n")?;
    }
    out.flush()
}

/// A registration on one line, with a card that succeeds; none where that would be a real one.
fn example_request(app: &App) -> Option<String> {
    let next_year = app.clock.now().to_zoned_datetime(TimeZone::UTC).year() + 1;
    let card = match &app.settings.gateway {
        GatewaySettings::Sandbox(_) => format!(
            "\"card_number\":\"4242 4242 4242 4242\",\"expiry_month\":12,\
             \"expiry_year\":{next_year},\"cvv\":\"123\""
        ),
        GatewaySettings::Stripe(stripe) if stripe.mode == Mode::Test => {
            "\"payment_method\":\"pm_card_visa\"".to_owned()
        }
        GatewaySettings::Stripe(_) => return None,
    };
    let plan = app.settings.plans.iter().last();
    let plan = plan.map_or_else(String::new, |plan| format!("\"plan\":\"{}\",", plan.name));
    Some(format!(
        "curl -sS {url}/api/users -H 'Content-Type: application/json' -d '{{\
         \"email\":\"ada@example.com\",\"password\":\"a sentence only I know\",\
         \"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address\":\"12 Main Street\",\
         \"city\":\"Springfield\",\"state\":\"IL\",\"zip\":\"62701\",{plan}{card}}}'",
        url = app.public_url,
    ))
}
