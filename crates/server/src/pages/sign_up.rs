//! `/`: the form, and what becomes of it. With JavaScript the script sends it and reads JSON; without,
//! the browser sends it and gets a page. Both go the way of `POST /api/users`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use enlist_domain::{Fault, Field, Interval, Plan, RawSignUp};
use enlist_gateways::stripe::Mode;
use enlist_registration::state::{Failure, Registration};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::format::ledger;
use super::views::{
    AddressView, CardEntry, Notice, NoticeKind, PlanView, SignUpForm, SignUpPage, StripeElement,
    TestCard,
};
use super::{paying_page, site};
use crate::app::App;
use crate::config::GatewaySettings;
use crate::http::{self, Preference, Problem, ProblemType};
use crate::language::{Language, Message};
use crate::msg;
use crate::sign_up::{Attempt, sign_up};
use crate::words;

/// Cards that the page offers to fill in, with what the sandbox does with them.
fn test_cards() -> [(&'static str, Message); 5] {
    [
        ("4242 4242 4242 4242", msg!("sandbox-card-succeeds")),
        ("4000 0000 0000 0002", msg!("sandbox-card-declined")),
        ("4000 0000 0000 9995", msg!("sandbox-card-no-funds")),
        ("4000 0000 0000 0341", msg!("sandbox-card-fails-later")),
        ("4000 0025 0000 3155", msg!("sandbox-card-3ds")),
    ]
}

/// An empty form.
pub(super) async fn show(State(app): State<Arc<App>>, language: Language) -> Response {
    paying_page(
        &app,
        StatusCode::OK,
        &form_page(&app, language, SignUpForm::default(), None, None),
    )
}

/// Signs up.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    language: Language,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let sent = read(pairs);
    let is_script = !http::wants_html(&headers);
    if let Err(problem) = http::count(&app, peer, &headers) {
        return if is_script {
            Err(problem)
        } else {
            Ok(again(&app, language, sent.kept, &problem, None))
        };
    }
    let wait = Preference::of(&headers).wait(app.settings.server.wait);
    let spoken = Some(language.tag());
    let attempt = sign_up(&app, sent.raw, sent.key.as_deref(), spoken, wait).await?;
    let jar = match &attempt {
        Attempt::Stands(registration)
        | Attempt::Repeated(registration)
        | Attempt::StillRunning(registration) => {
            let token = http::access_token(&app, registration.id);
            CookieJar::new().add(http::cookie(&app, registration.id, &token))
        }
        _ => CookieJar::new(),
    };
    let response = if is_script {
        http::answer(&app, language, attempt).await
    } else {
        as_page(&app, language, sent.kept, attempt).await
    };
    Ok((jar, response).into_response())
}

/// What a browser without JavaScript gets.
async fn as_page(
    app: &App,
    language: Language,
    mut kept: SignUpForm,
    attempt: Attempt,
) -> Response {
    match attempt {
        Attempt::Stands(registration)
        | Attempt::Repeated(registration)
        | Attempt::StillRunning(registration) => match failure_before_opening(&registration) {
            Some(failure) => {
                let problem = http::failed(app, language, &registration, failure);
                again(app, language, kept, &problem, Some(&registration))
            }
            None => Redirect::to(&format!("/registrations/{}", registration.id)).into_response(),
        },
        Attempt::Invalid(faults) => {
            for found in faults.iter() {
                let message = match (found.field, &found.fault) {
                    // Whoever sent this page's form without its script had no field for it.
                    (Field::PaymentMethod, Fault::Missing) => msg!("fault-card-needs-script"),
                    _ => words::of_field(found),
                };
                kept.set_error(found.field.as_str(), language.tell(&message));
            }
            paying_page(
                app,
                StatusCode::UNPROCESSABLE_ENTITY,
                &form_page(app, language, kept, None, None),
            )
        }
        Attempt::KeyReused => {
            let detail = msg!("form-sent-with-other-entries");
            again(
                app,
                language,
                kept,
                &Problem::new(ProblemType::IdempotencyKeyReused, detail),
                None,
            )
        }
        Attempt::EmailTaken => again(app, language, kept, &http::email_taken(), None),
        Attempt::Declined(decline) => {
            again(app, language, kept, &http::declined(app, decline), None)
        }
        Attempt::GatewayUnavailable => {
            again(app, language, kept, &http::gateway_unavailable(app), None)
        }
        Attempt::GatewayRejected => again(app, language, kept, &http::gateway_rejected(app), None),
    }
}

fn failure_before_opening(registration: &Registration) -> Option<&Failure> {
    let began_to_undo = registration.undoing_since.is_some() && registration.opened_at.is_none();
    registration.failure.as_ref().filter(|_| began_to_undo)
}

/// The form once more, with everything kept but the password and the card.
fn again(
    app: &App,
    language: Language,
    kept: SignUpForm,
    problem: &Problem,
    registration: Option<&Registration>,
) -> Response {
    let (_, status, title) = problem.kind.row();
    let notice = Notice {
        language,
        kind: NoticeKind::Error,
        title: language.tell(&title),
        text: language.tell(&problem.detail),
    };
    let ledger = registration.map(|registration| ledger(language, registration));
    let template = form_page(app, language, kept, Some(notice), ledger);
    let mut response = paying_page(app, status, &template);
    if let Some(seconds) = problem.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A form as it was sent.
struct Sent {
    raw: RawSignUp,
    key: Option<String>,
    /// What is filled in again: never a secret.
    kept: SignUpForm,
}

fn read(pairs: Vec<(String, String)>) -> Sent {
    let mut sent = Sent {
        raw: RawSignUp::default(),
        key: None,
        kept: SignUpForm::default(),
    };
    for (name, value) in pairs {
        match name.as_str() {
            "idempotency_key" => {
                let is_key =
                    (1..=255).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
                sent.key = is_key.then_some(value);
            }
            // As printed on the card: MM / YY.
            "expiry" => {
                let (month, year) = value.split_once('/').unwrap_or((&value, ""));
                sent.raw.set(Field::ExpiryMonth, month.trim().to_owned());
                sent.raw.set(Field::ExpiryYear, year.trim().to_owned());
            }
            // Fields that the page does not have are not read; a browser's extension may add some.
            _ => {
                let Some(field) = Field::from_name(&name) else {
                    continue;
                };
                if !field.is_secret()
                    && let Some(view) = sent.kept.field_mut(field.as_str())
                {
                    view.value = value.clone();
                }
                sent.raw.set(field, value);
            }
        }
    }
    sent
}

fn form_page(
    app: &App,
    language: Language,
    mut form: SignUpForm,
    notice: Option<Notice>,
    ledger: Option<super::views::Ledger>,
) -> SignUpPage {
    if form.country.value.is_empty() {
        form.country.value = app.settings.default_country.as_str().to_owned();
    }
    let today = app.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    let mut chance = [0u8; 16];
    app.random.fill(&mut chance);
    let address = AddressView::new(language, &form.country.value);
    SignUpPage {
        site: site(app, language),
        form,
        notice,
        ledger,
        plans: app
            .settings
            .plans
            .iter()
            .map(|plan| plan_view(language, plan, today))
            .collect(),
        address,
        free_needs_card: app.settings.card == enlist_domain::CardRequirement::Required,
        card_entry: card_entry(app, language),
        idempotency_key: Uuid::from_bytes(chance).simple().to_string(),
    }
}

/// Where a card is entered: in fields of ours, or of Stripe's.
fn card_entry(app: &App, language: Language) -> CardEntry {
    match &app.settings.gateway {
        GatewaySettings::Sandbox(_) => {
            let cards = test_cards().map(|(number, outcome)| TestCard {
                number: number.to_owned(),
                outcome: language.tell(&outcome),
            });
            CardEntry::Fields(cards.into())
        }
        GatewaySettings::Stripe(stripe) => CardEntry::Stripe(StripeElement {
            script_url: stripe.script_url.to_string(),
            is_test: stripe.mode == Mode::Test,
        }),
    }
}

fn plan_view(language: Language, plan: &Plan, today: Date) -> PlanView {
    let next = match plan.interval {
        Interval::Month => today.saturating_add(1.month()),
        Interval::Year => today.saturating_add(1.year()),
    };
    let in_full = match plan.interval {
        Interval::Month => msg!("plan-price-month", price = plan.price),
        Interval::Year => msg!("plan-price-year", price = plan.price),
    };
    let free = !plan.is_paid();
    let [price, action, today, next_charge] = if free {
        [
            msg!("plan-free"),
            msg!("plan-start-free"),
            msg!("plan-charged-nothing"),
            msg!("plan-next-charge-none"),
        ]
        .map(|message| language.tell(&message))
    } else {
        [
            language.tell(&in_full),
            language.tell(msg!(
                "plan-start",
                title = &plan.title,
                price = in_full.clone()
            )),
            language.money(plan.price),
            language.tell(msg!("plan-next-charge", price = plan.price, date = next)),
        ]
    };
    PlanView {
        name: plan.name.clone(),
        title: plan.title.clone(),
        free,
        price,
        action,
        today,
        next_charge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_but_for_password_and_card() {
        let pairs = [
            ("email", "ada@example.com"),
            ("password", "canary-password"),
            ("card_number", "4242424242424242"),
            ("expiry", "12 / 30"),
            ("cvv", "987"),
            ("utm_source", "extension"),
        ];
        let sent = read(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        );
        assert_eq!(sent.kept.email.value, "ada@example.com");
        let kept = format!("{:?}", sent.kept);
        for secret in ["canary-password", "4242", "987"] {
            assert!(!kept.contains(secret), "{secret} is kept");
        }
        assert_eq!(sent.raw.expiry_month.as_deref(), Some("12"));
        assert_eq!(sent.raw.expiry_year.as_deref(), Some("30"));
    }
}
