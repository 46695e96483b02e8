//! `/`: the form, and what becomes of it. With JavaScript the script sends it and reads JSON; without,
//! the browser sends it and gets a page. Both go the way of `POST /api/users`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use enlist_domain::{Country, Field, Interval, Plan, RawSignUp};
use enlist_gateways::stripe::Mode;
use enlist_registration::state::{Failure, Registration};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::format::ledger;
use super::views::{
    CardEntry, CountryView, Notice, NoticeKind, PlanView, SignUpForm, SignUpPage, StripeElement,
    TestCard,
};
use super::{paying_page, site};
use crate::app::App;
use crate::config::GatewaySettings;
use crate::http::{self, Preference, Problem, ProblemType};
use crate::sign_up::{Attempt, sign_up};

/// The shortest password that can pass, shown before typing (see `enlist_domain::password`).
const PASSWORD_MINIMUM: usize = 8;

/// What a browser without JavaScript is told where Stripe's form is needed.
const CARD_NEEDS_A_SCRIPT: &str = "Enter a card: the card form needs JavaScript.";

/// Cards that the page offers to fill in, with what the sandbox does with them.
const TEST_CARDS: &[(&str, &str)] = &[
    ("4242 4242 4242 4242", "Succeeds"),
    ("4000 0000 0000 0002", "Is declined"),
    ("4000 0000 0000 9995", "Is declined: insufficient funds"),
    (
        "4000 0000 0000 0341",
        "Is accepted, then fails to be charged",
    ),
    ("4000 0025 0000 3155", "Asks for 3-D Secure"),
];

/// An empty form.
pub(super) async fn show(State(app): State<Arc<App>>) -> Response {
    paying_page(
        &app,
        StatusCode::OK,
        &form_page(&app, SignUpForm::default(), None, None),
    )
}

/// Signs up.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let sent = read(pairs);
    let is_script = !http::wants_html(&headers);
    if let Err(problem) = http::count(&app, peer, &headers) {
        return if is_script {
            Err(problem)
        } else {
            Ok(again(&app, sent.kept, &problem, None))
        };
    }
    let wait = Preference::of(&headers).wait(app.settings.server.wait);
    let attempt = sign_up(&app, sent.raw, sent.key.as_deref(), wait).await?;
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
        http::answer(&app, attempt).await
    } else {
        as_page(&app, sent.kept, attempt).await
    };
    Ok((jar, response).into_response())
}

/// What a browser without JavaScript gets.
async fn as_page(app: &App, mut kept: SignUpForm, attempt: Attempt) -> Response {
    match attempt {
        Attempt::Stands(registration)
        | Attempt::Repeated(registration)
        | Attempt::StillRunning(registration) => match failure_before_opening(&registration) {
            Some(failure) => {
                let problem = http::failed(app, &registration, failure);
                again(app, kept, &problem, Some(&registration))
            }
            None => Redirect::to(&format!("/registrations/{}", registration.id)).into_response(),
        },
        Attempt::Invalid(faults) => {
            for fault in faults.iter() {
                let message = match (fault.field, fault.code) {
                    // Whoever sent this page's form without its script had no field for it.
                    (Field::PaymentMethod, "required") => CARD_NEEDS_A_SCRIPT.to_owned(),
                    _ => fault.message.clone(),
                };
                kept.set_error(fault.field.as_str(), message);
            }
            paying_page(
                app,
                StatusCode::UNPROCESSABLE_ENTITY,
                &form_page(app, kept, None, None),
            )
        }
        Attempt::KeyReused => {
            let detail = "This form was sent before with other entries. Send it once more.";
            again(
                app,
                kept,
                &Problem::new(ProblemType::IdempotencyKeyReused, detail),
                None,
            )
        }
        Attempt::EmailTaken => again(app, kept, &http::email_taken(), None),
        Attempt::Declined(decline) => again(app, kept, &http::declined(decline), None),
        Attempt::GatewayUnavailable => again(app, kept, &http::gateway_unavailable(), None),
        Attempt::GatewayRejected => again(app, kept, &http::gateway_rejected(), None),
    }
}

fn failure_before_opening(registration: &Registration) -> Option<&Failure> {
    let began_to_undo = registration.undoing_since.is_some() && registration.opened_at.is_none();
    registration.failure.as_ref().filter(|_| began_to_undo)
}

/// The form once more, with everything kept but the password and the card.
fn again(
    app: &App,
    kept: SignUpForm,
    problem: &Problem,
    registration: Option<&Registration>,
) -> Response {
    let (_, status, title) = problem.kind.row();
    let notice = Notice {
        kind: NoticeKind::Error,
        title: title.to_owned(),
        text: problem.detail.clone(),
    };
    let ledger = registration.map(ledger);
    let template = form_page(app, kept, Some(notice), ledger);
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
    mut form: SignUpForm,
    notice: Option<Notice>,
    ledger: Option<super::views::Ledger>,
) -> SignUpPage {
    if form.country.value.is_empty() {
        form.country.value = app.settings.default_country.as_str().to_owned();
    }
    let today = app.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    let mut countries: Vec<CountryView> = Country::all()
        .map(|country| CountryView {
            code: country.as_str().to_owned(),
            name: country_name(country),
        })
        .collect();
    countries.sort_by(|one, other| one.name.cmp(&other.name));
    let mut chance = [0u8; 16];
    app.random.fill(&mut chance);
    SignUpPage {
        site: site(app),
        form,
        notice,
        ledger,
        plans: app
            .settings
            .plans
            .iter()
            .map(|plan| plan_view(plan, today))
            .collect(),
        countries,
        password_min_length: PASSWORD_MINIMUM,
        free_needs_card: app.settings.card == enlist_domain::CardRequirement::Required,
        card_entry: card_entry(app),
        idempotency_key: Uuid::from_bytes(chance).simple().to_string(),
    }
}

/// Where a card is entered: in fields of ours, or of Stripe's.
fn card_entry(app: &App) -> CardEntry {
    match &app.settings.gateway {
        GatewaySettings::Sandbox(_) => {
            let cards = TEST_CARDS.iter().map(|(number, outcome)| TestCard {
                number: (*number).to_owned(),
                outcome: (*outcome).to_owned(),
            });
            CardEntry::Fields(cards.collect())
        }
        GatewaySettings::Stripe(stripe) => CardEntry::Stripe(StripeElement {
            script_url: stripe.script_url.to_string(),
            is_test: stripe.mode == Mode::Test,
        }),
    }
}

/// As it is sorted and read in a list: "United States of America".
fn country_name(country: Country) -> String {
    let name = country.name();
    let name = name.strip_prefix("The ").unwrap_or(name);
    name.replace(" Of ", " of ")
        .replace(" And ", " and ")
        .replace(" The ", " the ")
}

fn plan_view(plan: &Plan, today: Date) -> PlanView {
    let free = !plan.is_paid();
    let next = match plan.interval {
        Interval::Month => today.saturating_add(1.month()),
        Interval::Year => today.saturating_add(1.year()),
    };
    let price = format!("{} / {}", plan.price, plan.interval.as_str());
    PlanView {
        name: plan.name.clone(),
        title: plan.title.clone(),
        free,
        action: if free {
            "Create free account".to_owned()
        } else {
            format!("Start {} for {price}", plan.title)
        },
        today: if free {
            "Nothing".to_owned()
        } else {
            plan.price.to_string()
        },
        next_charge: if free {
            "None".to_owned()
        } else {
            format!("{} on {}", plan.price, next.strftime("%-d %b %Y"))
        },
        price: if free { "Free".to_owned() } else { price },
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
