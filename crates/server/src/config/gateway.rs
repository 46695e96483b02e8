//! The section `[gateway]`: which payment gateway, and what each needs.

mod stripe;

use std::path::Path;
use std::time::Duration;

use enlist_domain::PlanCatalogue;
use enlist_gateways::sandbox::Fault;
use enlist_gateways::stripe::Mode;

use super::reader::Reader;
use super::{Database, WithoutEffect, database, faults, mail};

pub use stripe::{StripeSettings, WebhookSettings};

/// What starts the names of each gateway's own keys.
const SANDBOX: &str = "gateway.sandbox.";
const STRIPE: &str = "gateway.stripe.";

const LATENCY: &str = "gateway.sandbox.latency";
const FAULTS: &str = "gateway.sandbox.faults";

/// The payment gateway that is used.
#[derive(Debug)]
pub enum GatewaySettings {
    /// Ours, which moves no money.
    Sandbox(SandboxSettings),
    /// Stripe.
    Stripe(StripeSettings),
}

/// The sandbox gateway.
#[derive(Debug)]
pub struct SandboxSettings {
    /// How long each call takes.
    pub latency: Duration,
    /// Faults that are on from the start.
    pub faults: Vec<Fault>,
    /// Where it keeps its books.
    pub books: Database,
}

/// What the keys of this section depend on.
pub(super) struct Surroundings<'a> {
    /// `data_dir`.
    pub(super) data_dir: &'a Path,
    /// `database.url`.
    pub(super) database: Option<&'a Database>,
    /// What is offered.
    pub(super) plans: Option<&'a PlanCatalogue>,
    /// `server.production`.
    pub(super) is_production: bool,
}

/// What the section says.
pub(super) struct Gateway {
    pub(super) settings: GatewaySettings,
    pub(super) accept_raw_cards: bool,
    /// Keys of the gateway that is not used.
    pub(super) without_effect: Vec<WithoutEffect>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sandbox,
    Stripe,
}

impl GatewaySettings {
    /// As the journal names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sandbox(_) => "sandbox",
            Self::Stripe(_) => enlist_gateways::stripe::NAME,
        }
    }

    /// The sandbox's, where it is used.
    pub fn sandbox(&self) -> Option<&SandboxSettings> {
        match self {
            Self::Sandbox(settings) => Some(settings),
            Self::Stripe(_) => None,
        }
    }

    /// Stripe's, where it is used.
    pub fn stripe(&self) -> Option<&StripeSettings> {
        match self {
            Self::Sandbox(_) => None,
            Self::Stripe(settings) => Some(settings),
        }
    }
}

pub(super) fn read(reader: &Reader, around: &Surroundings<'_>) -> Option<Gateway> {
    let kinds = [("sandbox", Kind::Sandbox), ("stripe", Kind::Stripe)];
    let kind = reader.choice("gateway.kind", &kinds);
    let sandbox = if kind == Some(Kind::Sandbox) {
        sandbox(reader, around.data_dir, around.database)
    } else {
        pass_over_sandbox(reader);
        None
    };
    let asked = reader.optional_switch("gateway.accept_raw_cards");
    let stripe = if kind == Some(Kind::Stripe) {
        stripe::read(reader, around.plans)
    } else {
        stripe::pass_over(reader);
        None
    };
    let mode = stripe::mode(reader).filter(|_| kind == Some(Kind::Stripe));
    refuse_what_does_not_go_together(reader, kind?, mode, around.is_production);
    let (settings, others) = match kind? {
        Kind::Sandbox => (GatewaySettings::Sandbox(sandbox?), STRIPE),
        Kind::Stripe => (GatewaySettings::Stripe(stripe?), SANDBOX),
    };
    let without_effect = reader.changed_below(others);
    Some(Gateway {
        accept_raw_cards: asked.unwrap_or(kind? == Kind::Sandbox),
        settings,
        without_effect: without_effect.map(WithoutEffect::other_gateway).collect(),
    })
}

/// A gateway, its mode and a mailer each in order, and together dangerous.
fn refuse_what_does_not_go_together(
    reader: &Reader,
    kind: Kind,
    mode: Option<Mode>,
    is_production: bool,
) {
    let keeps_mails = reader.text(mail::URL) == mail::MAILBOX;
    if is_production && kind == Kind::Sandbox {
        let remedy = "write `stripe`, or leave server.production off";
        reader.fault(
            "gateway.kind",
            format!("`sandbox` is not allowed in production; {remedy}"),
        );
    }
    if is_production && mode == Some(Mode::Test) {
        let remedy = "take one of live mode, or leave server.production off";
        reader.fault(
            "gateway.stripe.secret_key",
            format!("is of test mode, which charges nobody, and server.production is on; {remedy}"),
        );
    }
    if is_production && keeps_mails {
        let remedy = "write an smtp:// or smtps:// URL, or leave server.production off";
        reader.fault(
            mail::URL,
            format!("`mailbox:` is not allowed in production; {remedy}"),
        );
    } else if mode == Some(Mode::Live) && keeps_mails {
        let remedy = "write an smtp:// or smtps:// URL, or use keys of test mode";
        reader.fault(
            mail::URL,
            format!("`mailbox:` keeps all mails here, and a live key charges the people who wait for them; {remedy}"),
        );
    }
}

fn sandbox(
    reader: &Reader,
    data_dir: &Path,
    service: Option<&Database>,
) -> Option<SandboxSettings> {
    let latency = reader.duration(LATENCY, Duration::ZERO..=Duration::from_mins(1));
    let text = reader.text(FAULTS);
    let mut parsed = Vec::new();
    for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        match faults::parse(one) {
            Ok(fault) => parsed.push(fault),
            Err(fault) => reader.fault(FAULTS, format!("`{one}`: {fault}")),
        }
    }
    let books = database::books(reader, data_dir, service);
    Some(SandboxSettings {
        latency,
        faults: parsed,
        books: books?,
    })
}

/// Reads its keys where another gateway is used: none of them is judged.
fn pass_over_sandbox(reader: &Reader) {
    for name in [LATENCY, FAULTS, database::BOOKS] {
        reader.text(name);
    }
}
