//! What `enlist doctor` looks at: whether database, gateway and mail are in reach, and whether they are as
//! the configuration believes. It asks and changes nothing.

mod mail;
mod stripe;

use std::fmt;

use enlist_registration::ports::RegistrationFilter;
use enlist_registration::ports::{Clock as _, Store};
use enlist_registration::state::Status;

use crate::app::clocks::{Agreement, Ahead};
use crate::app::database::for_reading;
use crate::config::{GatewaySettings, Settings};
use crate::system::SystemClock;

/// Registrations that are being undone and looked at, at most: more are no better news.
const MOST_UNDOING: u32 = 1000;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub subject: Subject,
    /// How it is.
    pub verdict: Verdict,
    /// What was found and, unless it is good, what to do.
    pub text: String,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Journal and accounts.
    Database,
    /// The payment gateway: key and mode.
    Gateway,
    /// What a plan costs at the gateway.
    Price {
        /// The plan's name.
        plan: String,
    },
    /// Whether the gateway can tell us of what happens there.
    Webhook,
    /// This machine's clock, beside another's.
    Clock,
    /// What mails go out by.
    Mail,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database => f.write_str("database"),
            Self::Gateway => f.write_str("gateway"),
            Self::Price { plan } => write!(f, "price of {plan}"),
            Self::Webhook => f.write_str("webhook"),
            Self::Clock => f.write_str("clock"),
            Self::Mail => f.write_str("mail"),
        }
    }
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and something is worth knowing.
    Warning,
    /// Sign-ups fail, or go wrong.
    Bad,
}

impl Verdict {
    /// For a program.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

impl Finding {
    fn good(subject: Subject, text: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Good, text)
    }

    fn warning(subject: Subject, text: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Warning, text)
    }

    fn bad(subject: Subject, text: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Bad, text)
    }

    fn new(subject: Subject, verdict: Verdict, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            subject,
            verdict,
            text,
        }
    }
}

/// Looks at everything, one after the other.
pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = database(settings).await;
    findings.extend(gateway(settings).await);
    // A start does not need to look for that: it is among the warnings of the configuration.
    let no_webhooks = settings.no_webhooks();
    findings.extend(no_webhooks.map(|text| Finding::warning(Subject::Webhook, text)));
    findings.push(mail::examine(settings).await);
    findings
}

/// Looks at the gateway, and writes into the log what is not good: at a start, which does not wait for
/// it. What a person is shown and what they are charged should not be found to differ by them.
pub async fn watch_gateway(settings: &Settings) {
    for Finding {
        subject,
        verdict,
        text,
    } in gateway(settings).await
    {
        match verdict {
            Verdict::Good => tracing::debug!(%subject, "{text}"),
            Verdict::Warning => tracing::warn!(%subject, "{text}"),
            Verdict::Bad => tracing::error!(%subject, "{text}"),
        }
    }
}

async fn gateway(settings: &Settings) -> Vec<Finding> {
    match &settings.gateway {
        GatewaySettings::Sandbox(_) => vec![Finding::good(
            Subject::Gateway,
            "the sandbox, in this service: it knows test cards and moves no money",
        )],
        GatewaySettings::Stripe(stripe) => stripe::examine(settings, stripe).await,
    }
}

async fn database(settings: &Settings) -> Vec<Finding> {
    let subject = Subject::Database;
    let place = &settings.database;
    let database = match for_reading(place).await {
        Ok(Some(database)) => database,
        Ok(None) => {
            let what =
                format!("{place} is not there yet: the first start, or `enlist migrate`, makes it");
            return vec![Finding::warning(subject, what)];
        }
        Err(fault) => return vec![Finding::bad(subject, format!("{fault:#}"))],
    };
    let mut findings = vec![journal(settings, database.store().as_ref()).await];
    match database.clock_ahead().await {
        Ok(Some(ahead)) => findings.push(clock("the database", Ahead(ahead))),
        Ok(None) => {}
        // Whatever keeps it from answering is told above.
        Err(fault) => tracing::debug!(error = &fault as &dyn std::error::Error, "no time"),
    }
    findings
}

/// This machine's clock beside another's.
fn clock(whose: &str, ahead: Ahead) -> Finding {
    let subject = Subject::Clock;
    match ahead.agreement() {
        Agreement::Good => Finding::good(subject, format!("agrees with that of {whose}")),
        Agreement::Poor => Finding::warning(
            subject,
            format!("is {ahead} that of {whose}; set it (NTP) before more goes by it"),
        ),
        Agreement::None => Finding::bad(
            subject,
            format!(
                "is {ahead} that of {whose}; set it (NTP): leases, keys and signatures go by it"
            ),
        ),
    }
}

async fn journal(settings: &Settings, store: &dyn Store) -> Finding {
    let subject = Subject::Database;
    let place = &settings.database;
    match stuck(settings, store).await {
        Ok(0) => Finding::good(
            subject,
            format!("{place} answers, with this version's schema"),
        ),
        Ok(count) => Finding::warning(
            subject,
            format!(
                "{place} answers; undoing takes longer than an hour for {count} of its registrations: \
                 `enlist registrations list --status undoing`"
            ),
        ),
        Err(fault) => Finding::bad(subject, format!("{place}: {fault}")),
    }
}

/// How many registrations an operator should look at.
async fn stuck(
    settings: &Settings,
    store: &dyn Store,
) -> Result<usize, enlist_registration::ports::StoreFault> {
    let undoing = RegistrationFilter {
        status: Some(Status::Undoing),
        limit: MOST_UNDOING,
        ..RegistrationFilter::default()
    };
    let now = SystemClock.now();
    let after = settings.limits.stuck_after.try_into().unwrap_or_default();
    let undoing = store.registrations(&undoing).await?;
    Ok(undoing.iter().filter(|it| it.is_stuck(now, after)).count())
}
