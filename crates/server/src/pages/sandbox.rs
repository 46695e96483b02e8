//! `/sandbox`: what the sandbox gateway holds, its faults, and the bank's question (3-D Secure).

mod holdings;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use enlist_gateways::faults::{FaultTarget, InvalidFault};
use enlist_gateways::sandbox::{
    self, Authentication, AuthenticationFault, Fault, FaultFault, FaultKind, Ledger, Sandbox,
    SandboxError,
};
use enlist_registration::ports::{Signal, Signalled};
use serde::Deserialize;

use super::views::{
    ActiveFault, AuthenticationPage, Choice, FaultForm, Notice, NoticeKind, SandboxPage,
};
use super::{page, site};
use crate::app::App;
use crate::http::{Problem, ProblemType, SandboxInUse, internal};
use crate::language::{Language, Message};
use crate::msg;

/// The kinds of fault, each with its name in the form and with what happens.
fn kinds() -> [(FaultKind, &'static str, Message); 6] {
    [
        (
            FaultKind::FailBefore,
            "fail_before",
            msg!("fault-fail-before"),
        ),
        (FaultKind::FailAfter, "fail_after", msg!("fault-fail-after")),
        (FaultKind::LoseReply, "lose_reply", msg!("fault-lose-reply")),
        (FaultKind::Hang, "hang", msg!("fault-hang")),
        (FaultKind::Refuse, "refuse", msg!("fault-refuse")),
        (FaultKind::RateLimit, "rate_limit", msg!("fault-rate-limit")),
    ]
}

/// What the gateway holds.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    SandboxInUse(sandbox): SandboxInUse,
) -> Result<Response, Problem> {
    let form = FaultChange::default();
    render(&app, language, &sandbox, StatusCode::OK, form, None).await
}

/// A fault as the form sends it, or the wish to clear them all.
#[derive(Default, Deserialize)]
pub(super) struct FaultChange {
    #[serde(default)]
    step: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    count: String,
    clear: Option<String>,
}

/// Switches a fault on, or all off.
pub(super) async fn change_faults(
    State(app): State<Arc<App>>,
    language: Language,
    SandboxInUse(sandbox): SandboxInUse,
    Form(form): Form<FaultChange>,
) -> Result<Response, Problem> {
    if form.clear.is_some() {
        let cleared = sandbox.faults().clear().await;
        cleared.map_err(|fault| broken(&fault))?;
        return Ok(Redirect::to("/sandbox#faults").into_response());
    }
    let kind = kinds()
        .into_iter()
        .find(|(_, name, _)| *name == form.kind)
        .map(|(kind, ..)| kind);
    let refused = match (kind, form.count.trim().parse::<u32>()) {
        (Some(kind), Ok(count)) => {
            let fault = Fault::times(FaultTarget(form.step.clone()), kind, count);
            match sandbox.faults().switch_on(fault).await {
                Ok(()) => return Ok(Redirect::to("/sandbox#faults").into_response()),
                Err(FaultFault::Sandbox(fault)) => return Err(broken(&fault)),
                Err(FaultFault::Invalid(fault)) => why_invalid(&fault),
            }
        }
        _ => msg!("faults-wrong-count"),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    render(&app, language, &sandbox, status, form, Some(refused)).await
}

/// Why a fault is not switched on. The form has a step and a count, and no rate.
fn why_invalid(fault: &InvalidFault) -> Message {
    match fault {
        InvalidFault::UnknownStep { .. } => msg!("faults-unknown-step"),
        InvalidFault::TooMany => msg!("faults-too-many"),
        InvalidFault::CountIsZero
        | InvalidFault::CountAndRate
        | InvalidFault::RateOutOfRange { .. } => msg!("faults-wrong-count"),
    }
}

/// What the bank asks.
pub(super) async fn ask_bank(
    State(app): State<Arc<App>>,
    language: Language,
    SandboxInUse(sandbox): SandboxInUse,
    Path(client_secret): Path<String>,
) -> Result<Response, Problem> {
    let question = sandbox
        .question(&client_secret)
        .await
        .map_err(unanswerable)?;
    let template = AuthenticationPage {
        site: site(&app, language),
        action: format!("/sandbox/authenticate/{client_secret}"),
        merchant: app.brand.settings.name.clone(),
        amount: language.money(question.amount),
        card: language.card(&question.card),
    };
    Ok(page(StatusCode::OK, &template))
}

/// What the person answers.
#[derive(Deserialize)]
pub(super) struct BankAnswer {
    answer: Authentication,
}

/// Passes the answer on to the gateway, and lets the registration go on, as a webhook would.
pub(super) async fn answer_bank(
    State(app): State<Arc<App>>,
    SandboxInUse(sandbox): SandboxInUse,
    Path(client_secret): Path<String>,
    Form(form): Form<BankAnswer>,
) -> Result<Response, Problem> {
    let registration = match sandbox.authenticate(&client_secret, form.answer).await {
        Ok(settled) => settled.registration,
        // It was answered before; but we may have died before we heard of it. What a gateway tells,
        // it tells until it is heard.
        Err(AuthenticationFault::Settled { registration, .. }) => registration,
        Err(fault) => return Err(unanswerable(fault)),
    };
    if let Signalled::Claimed(claimed) =
        app.engine.signal(registration, Signal::ActionTaken).await?
    {
        crate::sign_up::drive(&app, *claimed, app.settings.server.wait).await?;
    }
    Ok(Redirect::to(&format!("/registrations/{registration}")).into_response())
}

async fn render(
    app: &App,
    language: Language,
    sandbox: &Sandbox,
    status: StatusCode,
    form: FaultChange,
    count_error: Option<Message>,
) -> Result<Response, Problem> {
    let ledger = sandbox.ledger().await.map_err(|fault| broken(&fault))?;
    let faults = sandbox.faults().list().await;
    let faults = faults.map_err(|fault| broken(&fault))?;
    let on = faults
        .iter()
        .filter(|fault| fault.remaining != Some(0))
        .count();
    let notice = (on > 0).then(|| Notice {
        language,
        kind: NoticeKind::Waiting,
        title: language.tell(msg!("faults-are-on", count = on)),
        text: language.say("faults-are-on-note"),
    });
    let count_error = count_error.map(|message| language.tell(&message));
    let template = SandboxPage {
        site: site(app, language),
        summary: summary(language, &ledger),
        tables: holdings::tables(language, &ledger),
        faults: faults.iter().map(|fault| active(language, fault)).collect(),
        fault_form: fault_form(language, form, count_error),
        notice,
    };
    Ok(page(status, &template))
}

fn unanswerable(fault: AuthenticationFault) -> Problem {
    match fault {
        AuthenticationFault::Unknown => {
            Problem::new(ProblemType::NotFound, msg!("bank-no-question"))
        }
        AuthenticationFault::Settled { .. } => {
            Problem::new(ProblemType::NotFound, msg!("bank-was-answered"))
        }
        AuthenticationFault::Sandbox(fault) => broken(&fault),
    }
}

fn broken(fault: &SandboxError) -> Problem {
    tracing::error!(
        error = fault as &dyn std::error::Error,
        "the sandbox failed"
    );
    internal()
}

fn active(language: Language, fault: &sandbox::ActiveFault) -> ActiveFault {
    let kind = kinds()
        .into_iter()
        .find(|(kind, ..)| *kind == fault.kind)
        .map(|(.., what)| language.tell(&what));
    let step = if fault.step.0 == "*" {
        language.say("faults-any-step")
    } else {
        fault.step.0.clone()
    };
    let share = || language.percent(fault.rate.unwrap_or_default());
    let remaining = match fault.remaining {
        Some(count) => msg!("fault-left", count = count),
        None => msg!("fault-share", percent = share()),
    };
    ActiveFault {
        step,
        kind: kind.unwrap_or_default(),
        remaining: language.tell(&remaining),
    }
}

fn fault_form(language: Language, form: FaultChange, count_error: Option<String>) -> FaultForm {
    let steps = sandbox::Operation::ALL
        .iter()
        .map(|operation| operation.as_str());
    let or = |text: String, default: &str| {
        if text.is_empty() {
            default.to_owned()
        } else {
            text
        }
    };
    let (chosen_step, chosen_kind) = (
        or(form.step, "create_customer"),
        or(form.kind, "lose_reply"),
    );
    let choice = |value: &str, label: String, chosen: &str| Choice {
        value: value.to_owned(),
        label,
        selected: value == chosen,
    };
    let any_step = language.say("faults-any-step");
    FaultForm {
        steps: std::iter::once(("*", any_step))
            .chain(steps.map(|step| (step, step.to_owned())))
            .map(|(value, label)| choice(value, label, &chosen_step))
            .collect(),
        kinds: kinds()
            .into_iter()
            .map(|(_, name, what)| choice(name, language.tell(&what), &chosen_kind))
            .collect(),
        count: or(form.count, "1"),
        count_error,
    }
}

/// "1 customer, $29.00 charged, nothing refunded."
fn summary(language: Language, ledger: &Ledger) -> String {
    let live = ledger.customers.iter().filter(|customer| customer.live);
    let customers = msg!("sandbox-summary-customers", customers = live.count());
    let mut taken: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for charge in ledger
        .charges
        .iter()
        .filter(|charge| charge.status == "succeeded")
    {
        let sums = taken.entry(&charge.currency).or_default();
        sums.0 += charge.amount_minor;
        sums.1 += charge.refunded_minor;
    }
    if taken.is_empty() {
        return language.tell(msg!("sandbox-summary-nothing", customers = customers));
    }
    let sums: Vec<String> = taken
        .iter()
        .map(|(currency, (taken, refunded))| {
            let in_words = |amount| holdings::money(language, amount, currency);
            language.tell(&if *refunded == 0 {
                msg!("sandbox-sum", taken = in_words(*taken))
            } else {
                msg!(
                    "sandbox-sum-refunded",
                    taken = in_words(*taken),
                    refunded = in_words(*refunded)
                )
            })
        })
        .collect();
    let sums = sums.join(&language.say("list-of-sentences-mark"));
    language.tell(msg!("sandbox-summary", customers = customers, sums = sums))
}
