//! `/sandbox`: what the sandbox gateway holds, its faults, and the bank's question (3-D Secure).

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use enlist_domain::{CardBrand, Money};
use enlist_gateways::faults::FaultTarget;
use enlist_gateways::sandbox::{
    self, Authentication, AuthenticationFault, Fault, FaultFault, FaultKind, Ledger, Sandbox,
    SandboxError,
};
use enlist_registration::ports::{Signal, Signalled};
use iso_currency::Currency;
use serde::Deserialize;

use super::views::{
    ActiveFault, AuthenticationPage, Choice, FaultForm, Holding, HoldingTable, Notice, NoticeKind,
    SandboxPage,
};
use super::{page, site};
use crate::app::App;
use crate::http::{Problem, ProblemType, SandboxInUse, internal};

/// How many rows of each kind the page shows; the ledger as JSON has them all.
const MOST_ROWS: usize = 200;

const KINDS: &[(FaultKind, &str, &str)] = &[
    (
        FaultKind::FailBefore,
        "fail_before",
        "fails before anything happens",
    ),
    (FaultKind::FailAfter, "fail_after", "happens, then fails"),
    (
        FaultKind::LoseReply,
        "lose_reply",
        "happens, and the reply is lost",
    ),
    (FaultKind::Hang, "hang", "happens, and no reply ever comes"),
    (FaultKind::Refuse, "refuse", "refuses the connection"),
    (
        FaultKind::RateLimit,
        "rate_limit",
        "answers 429: too many requests",
    ),
];

/// What the gateway holds.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    SandboxInUse(sandbox): SandboxInUse,
) -> Result<Response, Problem> {
    let form = FaultChange::default();
    render(&app, &sandbox, StatusCode::OK, form, None).await
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
    SandboxInUse(sandbox): SandboxInUse,
    Form(form): Form<FaultChange>,
) -> Result<Response, Problem> {
    if form.clear.is_some() {
        let cleared = sandbox.faults().clear().await;
        cleared.map_err(|fault| broken(&fault))?;
        return Ok(Redirect::to("/sandbox#faults").into_response());
    }
    let kind = KINDS
        .iter()
        .find(|(_, name, _)| *name == form.kind)
        .map(|(kind, ..)| *kind);
    let (Some(kind), Ok(count)) = (kind, form.count.trim().parse::<u32>()) else {
        let error = Some("Enter how many calls are to fail: 1 or more.".to_owned());
        return render(
            &app,
            &sandbox,
            StatusCode::UNPROCESSABLE_ENTITY,
            form,
            error,
        )
        .await;
    };
    let fault = Fault::times(FaultTarget(form.step.clone()), kind, count);
    match sandbox.faults().switch_on(fault).await {
        Ok(()) => Ok(Redirect::to("/sandbox#faults").into_response()),
        Err(FaultFault::Sandbox(fault)) => Err(broken(&fault)),
        Err(FaultFault::Invalid(fault)) => {
            let error = Some(fault.to_string());
            render(
                &app,
                &sandbox,
                StatusCode::UNPROCESSABLE_ENTITY,
                form,
                error,
            )
            .await
        }
    }
}

/// What the bank asks.
pub(super) async fn ask_bank(
    State(app): State<Arc<App>>,
    SandboxInUse(sandbox): SandboxInUse,
    Path(client_secret): Path<String>,
) -> Result<Response, Problem> {
    let question = sandbox
        .question(&client_secret)
        .await
        .map_err(unanswerable)?;
    let template = AuthenticationPage {
        site: site(&app),
        action: format!("/sandbox/authenticate/{client_secret}"),
        merchant: site(&app).site_name,
        amount: question.amount.to_string(),
        card: format!("{} {}", question.card.brand.title(), question.card.masked()),
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
    sandbox: &Sandbox,
    status: StatusCode,
    form: FaultChange,
    count_error: Option<String>,
) -> Result<Response, Problem> {
    let ledger = sandbox.ledger().await.map_err(|fault| broken(&fault))?;
    let faults = sandbox.faults().list().await;
    let faults = faults.map_err(|fault| broken(&fault))?;
    let faults: Vec<ActiveFault> = faults.iter().map(active).collect();
    let on = faults
        .iter()
        .filter(|fault| fault.remaining != "used up")
        .count();
    let notice = (on > 0).then(|| Notice {
        kind: NoticeKind::Waiting,
        title: format!(
            "{on} {} switched on.",
            if on == 1 { "fault is" } else { "faults are" }
        ),
        text: "Sign-ups will meet them.".to_owned(),
    });
    let template = SandboxPage {
        site: site(app),
        summary: summary(&ledger),
        tables: tables(&ledger),
        faults,
        fault_form: fault_form(form, count_error),
        notice,
    };
    Ok(page(status, &template))
}

fn unanswerable(fault: AuthenticationFault) -> Problem {
    match fault {
        AuthenticationFault::Unknown => {
            Problem::new(ProblemType::NotFound, "The bank has no such question.")
        }
        AuthenticationFault::Settled { .. } => Problem::new(
            ProblemType::NotFound,
            "The bank's question was answered before.",
        ),
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

fn active(fault: &sandbox::ActiveFault) -> ActiveFault {
    let kind = KINDS
        .iter()
        .find(|(kind, ..)| *kind == fault.kind)
        .map_or("", |(.., words)| words);
    let step = if fault.step.0 == "*" {
        "Any step".to_owned()
    } else {
        fault.step.0.clone()
    };
    let remaining = match (fault.remaining, fault.rate) {
        (Some(0), _) => "used up".to_owned(),
        (Some(1), _) => "once more".to_owned(),
        (Some(count), _) => format!("{count} more times"),
        (None, rate) => format!("{:.0} % of calls", rate.unwrap_or_default() * 100.0),
    };
    ActiveFault {
        step,
        kind: kind.to_owned(),
        remaining,
    }
}

fn fault_form(form: FaultChange, count_error: Option<String>) -> FaultForm {
    let steps = sandbox::Operation::ALL
        .iter()
        .map(|operation| operation.as_str());
    let chosen_step = if form.step.is_empty() {
        "create_customer"
    } else {
        &form.step
    };
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: value == chosen,
    };
    let chosen_kind = if form.kind.is_empty() {
        "lose_reply"
    } else {
        &form.kind
    };
    FaultForm {
        steps: std::iter::once(("*", "Any step"))
            .chain(steps.map(|step| (step, step)))
            .map(|(value, label)| choice(value, label, chosen_step))
            .collect(),
        kinds: KINDS
            .iter()
            .map(|(_, name, words)| choice(name, words, chosen_kind))
            .collect(),
        count: if form.count.is_empty() {
            "1".to_owned()
        } else {
            form.count
        },
        count_error,
    }
}

fn summary(ledger: &Ledger) -> String {
    let customers = ledger
        .customers
        .iter()
        .filter(|customer| customer.live)
        .count();
    let mut taken: std::collections::BTreeMap<&str, (i64, i64)> = std::collections::BTreeMap::new();
    for charge in ledger
        .charges
        .iter()
        .filter(|charge| charge.status == "succeeded")
    {
        let sums = taken.entry(&charge.currency).or_default();
        sums.0 += charge.amount_minor;
        sums.1 += charge.refunded_minor;
    }
    let customers = match customers {
        0 => "No customer".to_owned(),
        1 => "1 customer".to_owned(),
        many => format!("{many} customers"),
    };
    if taken.is_empty() {
        return format!("{customers}, nothing was charged.");
    }
    let sums: Vec<String> = taken
        .iter()
        .map(|(currency, (taken, refunded))| {
            let back = if *refunded == 0 {
                "nothing refunded".to_owned()
            } else {
                format!("{} refunded", money(*refunded, currency))
            };
            format!("{} charged, {back}", money(*taken, currency))
        })
        .collect();
    format!("{customers}, {}.", sums.join("; "))
}

fn tables(ledger: &Ledger) -> Vec<HoldingTable> {
    let customers = ledger.customers.iter().rev().map(|customer| Holding {
        live: customer.live,
        state: if customer.live { "live" } else { "deleted" }.to_owned(),
        what: customer.email.clone().unwrap_or_default(),
        amount: String::new(),
        id: customer.id.to_string(),
        registration_id: customer.registration_id.to_string(),
    });
    let methods = ledger.payment_methods.iter().rev().map(|method| Holding {
        live: method.live,
        state: if method.live {
            "attached"
        } else {
            "not attached"
        }
        .to_owned(),
        what: format!(
            "{} •••• {}",
            CardBrand::from_name(&method.brand).title(),
            method.last4
        ),
        amount: String::new(),
        id: method.id.to_string(),
        registration_id: method
            .registration_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
    });
    let subscriptions = ledger
        .subscriptions
        .iter()
        .rev()
        .map(|subscription| Holding {
            live: subscription.live,
            state: subscription.status.clone(),
            what: subscription.plan.clone(),
            amount: money(subscription.amount_minor, &subscription.currency),
            id: subscription.id.to_string(),
            registration_id: subscription.registration_id.to_string(),
        });
    let charges = ledger.charges.iter().rev().map(|charge| Holding {
        live: charge.live,
        state: match charge.refunded_minor {
            0 => charge.status.clone(),
            _ => "refunded".to_owned(),
        },
        what: charge.failure_code.clone().unwrap_or_default(),
        amount: money(charge.amount_minor, &charge.currency),
        id: charge.id.to_string(),
        registration_id: charge.registration_id.to_string(),
    });
    let refunds = ledger.refunds.iter().rev().map(|refund| Holding {
        live: refund.live,
        state: "succeeded".to_owned(),
        what: refund.charge_id.to_string(),
        amount: money(refund.amount_minor, &refund.currency),
        id: refund.id.clone(),
        registration_id: refund.registration_id.to_string(),
    });
    vec![
        table("customers", "Customers", customers),
        table("payment_methods", "Payment methods", methods),
        table("subscriptions", "Subscriptions", subscriptions),
        table("charges", "Charges", charges),
        table("refunds", "Refunds", refunds),
    ]
}

fn table(name: &str, title: &str, rows: impl Iterator<Item = Holding>) -> HoldingTable {
    HoldingTable {
        name: name.to_owned(),
        title: title.to_owned(),
        rows: rows.take(MOST_ROWS).collect(),
        empty: format!("No {}.", title.to_lowercase()),
    }
}

fn money(amount_minor: i64, currency: &str) -> String {
    match Currency::from_code(&currency.to_uppercase()) {
        Some(currency) => Money::new(amount_minor, currency).to_string(),
        None => format!("{amount_minor} {currency}"),
    }
}
