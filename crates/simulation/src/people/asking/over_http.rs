//! By the API, as programs of people do: what is known of the service is what it answers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::LinkUsedBy;
use enlist_registration::state::Status;
use serde_json::{Value, json};

use super::super::{Person, Told};
use super::by_engine::WRONG_CODE;
use super::{Part, Proof, Proved, Said};
use crate::http::Answer;
use crate::stock::{self, Payer};
use crate::world::World;

/// How often somebody looks how what was begun stands.
const LOOKS: u32 = 5;

pub(super) async fn sign_up(world: &Arc<World>, person: Person, key: Option<u64>) -> Option<Told> {
    let mut form = stock::names();
    form["email"] = world.stock.email(person.address).as_typed().into();
    form["password"] = stock::PASSWORD.into();
    form["plan"] = stock::plan_name(person.is_paid).into();
    pay(&mut form, person.payer);
    let mut request = world.json("POST", "/api/users", None, &form);
    if let Some(key) = key {
        let key = HeaderValue::from(key);
        request.headers_mut().insert("idempotency-key", key);
    }
    let answer = world.request(request).await?;
    if let Some(key) = key {
        world.check_same_answer(key, &answer);
    }
    Some(follow(world, read(&answer)).await)
}

/// Of what runs, how it goes on: by asking again and again, or by its events.
async fn follow(world: &Arc<World>, told: Told) -> Told {
    let Told::Stands(id, Status::Running, _) = told else {
        return told;
    };
    let events = match world.people.strikes(0.5) {
        true => "/events",
        false => "",
    };
    let path = format!("/api/registrations/{id}{events}");
    for _ in 0..LOOKS {
        world.executor.sleep(Duration::from_secs(1)).await;
        let request = world.json("GET", &path, Some(id), &Value::Null);
        let Some(answer) = world.request(request).await else {
            continue;
        };
        match stands_in(&answer) {
            Some(Told::Stands(_, Status::Running | Status::Undoing, _)) | None => {}
            Some(told) => return told,
        }
    }
    told
}

/// What an answer says of where a registration stands.
fn stands_in(answer: &Answer) -> Option<Told> {
    let registration = match answer.text.split_once("event: end\ndata: ") {
        Some((_, end)) => serde_json::from_str(end.lines().next()?).ok()?,
        None => answer.body["registration"].clone(),
    };
    let id: RegistrationId = registration["id"].as_str()?.parse().ok()?;
    let status = Status::from_name(registration["status"].as_str()?)?;
    let is_created = answer.status == 201;
    Some(Told::Stands(id, status, is_created))
}

/// What somebody learns from an answer to a sign-up.
fn read(answer: &Answer) -> Told {
    if let Some(stands) = stands_in(answer) {
        return stands;
    }
    match answer.problem() {
        "email-taken" => Told::Taken,
        "card-declined" => Told::Declined,
        "idempotency-key-reused" => Told::KeyReused,
        "gateway-unavailable" | "gateway-rejected" => Told::NotBegun,
        "registration-begun"
        | "registration-incomplete"
        | "registration-undone"
        | "mail-refused"
        | "not-found"
        | "confirmed-elsewhere" => Told::Closed,
        _ => Told::Failed,
    }
}

pub(super) async fn begin_journey(world: &Arc<World>, person: Person) -> Option<RegistrationId> {
    let email = world.stock.email(person.address).as_typed().to_owned();
    let request = world.json(
        "POST",
        "/api/registrations",
        None,
        &json!({ "email": email }),
    );
    world.request(request).await?.registration()
}

pub(super) async fn resend(world: &Arc<World>, journey: RegistrationId) {
    let path = format!("/api/registrations/{journey}/verification/mail");
    let request = world.json("POST", &path, Some(journey), &Value::Null);
    // Whoever asks sees whether a mail comes.
    drop(world.request(request).await);
}

/// The link of a journey is used by whoever began it, who shows their token with it, or by somebody else; the
/// code is typed by whoever began.
pub(super) async fn prove(
    world: &Arc<World>,
    registration: RegistrationId,
    proof: Proof,
) -> Proved {
    let request = match proof {
        Proof::Link(serial, by) => link(world, registration, serial, by),
        Proof::CodeOf(serial) => {
            let letter = world.post.letter(registration, serial);
            let code = letter.map(|letter| letter.code);
            code.map(|code| type_code(world, registration, &code))
        }
        Proof::WrongCode => Some(type_code(world, registration, WRONG_CODE)),
    };
    let Some(request) = request else {
        return Proved::Again;
    };
    let Some(answer) = world.request(request).await else {
        return Proved::Again;
    };
    match (answer.status, answer.problem()) {
        (200, _) | (_, "link-used") => Proved::Verified,
        (404 | 410, _) => Proved::TooLate,
        _ => Proved::Again,
    }
}

fn link(
    world: &World,
    registration: RegistrationId,
    serial: u32,
    by: LinkUsedBy,
) -> Option<Request<Body>> {
    let letter = world.post.letter(registration, serial)?;
    let path = format!("/verify/{}", letter.link);
    let bearer = (by == LinkUsedBy::Starter).then_some(registration);
    Some(world.json("POST", &path, bearer, &Value::Null))
}

fn type_code(world: &World, registration: RegistrationId, code: &str) -> Request<Body> {
    let path = format!("/api/registrations/{registration}/verification");
    world.json("POST", &path, Some(registration), &json!({ "code": code }))
}

pub(super) async fn say(
    world: &Arc<World>,
    journey: RegistrationId,
    person: Person,
    part: Part,
) -> Said {
    let (path, body) = match part {
        Part::Profile => ("profile", stock::names()),
        // It comes with the card, and with the last step.
        Part::Plan => return Said::Kept,
        Part::Card => {
            let mut card = json!({ "plan": stock::plan_name(person.is_paid) });
            pay(&mut card, person.payer);
            ("payment-method", card)
        }
    };
    let path = format!("/api/registrations/{journey}/{path}");
    let request = world.json("PUT", &path, Some(journey), &body);
    match world.request(request).await {
        Some(answer) if answer.status == 200 => Said::Kept,
        Some(answer) if matches!(answer.status, 403 | 404 | 409 | 410) => Said::Refused,
        _ => Said::Again,
    }
}

pub(super) async fn complete(
    world: &Arc<World>,
    journey: RegistrationId,
    person: Person,
) -> Option<Told> {
    let path = format!("/api/registrations/{journey}/completion");
    let body = json!({
        "password": stock::PASSWORD,
        "plan": stock::plan_name(person.is_paid),
    });
    let request = world.json("POST", &path, Some(journey), &body);
    let answer = world.request(request).await?;
    Some(follow(world, read(&answer)).await)
}

pub(super) async fn confirm(world: &Arc<World>, registration: RegistrationId) {
    let path = format!("/api/registrations/{registration}/confirmation");
    let request = world.json("POST", &path, Some(registration), &Value::Null);
    // If nobody hears it, a webhook or a look tells.
    drop(world.request(request).await);
}

/// Fills in how somebody pays.
fn pay(form: &mut Value, payer: Payer) {
    match payer {
        Payer::Nobody => {}
        Payer::Token(card) => form["payment_method"] = card.token().into(),
        Payer::Number(card) => {
            form["card_number"] = card.number().into();
            form["expiry_month"] = "4".into();
            form["expiry_year"] = "2030".into();
            form["cvv"] = stock::SECURITY_CODE.into();
        }
    }
}
