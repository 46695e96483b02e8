//! What a browser does, with a client secret in place of the account's key.

use enlist_gateways::sandbox::Behaviour;
use serde::Deserialize;
use serde_json::Value;

use crate::api::payment_methods;
use crate::books::{Desk, Entry};
use crate::cards::{self, TypedCard, declined};
use crate::error::StripeError;
use crate::objects::{PaymentIntent, PaymentIntentStatus, SetupIntent, SetupIntentStatus};
use crate::payments;

/// What the person answers when their bank asks whether it is they.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is.
    Succeed,
    /// It is not, or they gave up.
    Fail,
}

/// Turns a card into a token, through the SetupIntent that the page was given. The number goes no further than
/// here.
pub(crate) fn confirm_setup(
    desk: &mut Desk<'_>,
    client_secret: &str,
    typed: &TypedCard<'_>,
) -> Result<Value, StripeError> {
    let intent = setup_intent(desk, client_secret)?;
    if intent.status != SetupIntentStatus::RequiresPaymentMethod {
        return Err(unexpected("SetupIntent", intent.status.as_str()));
    }
    let id = intent.id.clone();
    let confirmed = typed
        .check(desk.now)
        .and_then(|card| match &card.behaviour {
            Behaviour::DeclinesWhenAttached { code } => Err(declined(code)),
            _ => Ok(card),
        });
    let card = confirmed.inspect_err(|error| {
        if let Some(intent) = desk.books.setup_intents.get_mut(&id) {
            intent.last_setup_error = error.fields();
        }
    })?;
    let expiry = (typed.exp_month, typed.exp_year);
    let made = payment_methods::new(desk, card, expiry, typed.cvc.is_some());
    let status = match made.behaviour {
        Behaviour::AsksBeforeTheCharge { .. } => SetupIntentStatus::RequiresAction,
        _ => SetupIntentStatus::Succeeded,
    };
    let made_id = made.id.clone();
    desk.books.payment_methods.insert(made);
    settle_setup(desk, &id, status, Some(made_id));
    show::<SetupIntent>(desk, &id)
}

/// Confirms the payment that the page was asked to finish.
pub(crate) fn confirm_payment(
    desk: &mut Desk<'_>,
    client_secret: &str,
) -> Result<Value, StripeError> {
    let payment = payment_intent(desk, client_secret)?;
    let id = payment.id.clone();
    // What the bank asks stays asked, however often the page confirms.
    if payment.status != PaymentIntentStatus::RequiresAction {
        payments::confirm(desk, &id)?;
    }
    outcome_of_payment(desk, &id)
}

/// The person has answered what their bank asks.
pub(crate) fn authenticate(
    desk: &mut Desk<'_>,
    client_secret: &str,
    decision: Decision,
) -> Result<Value, StripeError> {
    if client_secret.starts_with("seti_") {
        return authenticate_setup(desk, client_secret, decision);
    }
    let id = payment_intent(desk, client_secret)?.id.clone();
    match decision {
        Decision::Succeed => payments::authenticated(desk, &id)?,
        Decision::Fail => payments::not_authenticated(desk, &id)?,
    }
    outcome_of_payment(desk, &id)
}

/// How a SetupIntent or PaymentIntent stands.
pub(crate) fn retrieve(desk: &mut Desk<'_>, client_secret: &str) -> Result<Value, StripeError> {
    if client_secret.starts_with("seti_") {
        let id = setup_intent(desk, client_secret)?.id.clone();
        return show::<SetupIntent>(desk, &id);
    }
    let id = payment_intent(desk, client_secret)?.id.clone();
    show::<PaymentIntent>(desk, &id)
}

fn authenticate_setup(
    desk: &mut Desk<'_>,
    client_secret: &str,
    decision: Decision,
) -> Result<Value, StripeError> {
    let intent = setup_intent(desk, client_secret)?;
    if intent.status != SetupIntentStatus::RequiresAction {
        return Err(unexpected("SetupIntent", intent.status.as_str()));
    }
    let (id, card) = (intent.id.clone(), intent.payment_method.clone());
    let is_for_later = intent.usage == "off_session";
    if decision == Decision::Fail {
        let error = cards::not_authenticated("setup_intent_authentication_failure");
        settle_setup(desk, &id, SetupIntentStatus::RequiresPaymentMethod, None);
        if let Some(intent) = desk.books.setup_intents.get_mut(&id) {
            intent.last_setup_error = error.fields();
        }
        return Err(error);
    }
    if let Some(card) = &card
        && is_for_later
        && !desk.options.asks_again_after_setup
    {
        remember_authentication(desk, card);
    }
    settle_setup(desk, &id, SetupIntentStatus::Succeeded, card);
    show::<SetupIntent>(desk, &id)
}

/// A card whose owner has authenticated for later payments is not asked about again, only declined where it
/// would be declined anyway (docs.stripe.com/testing, 3155 and 3178).
fn remember_authentication(desk: &mut Desk<'_>, card: &str) {
    if let Some(card) = desk.books.payment_methods.get_mut(card)
        && let Behaviour::AsksBeforeTheCharge { then_declines } = &card.behaviour
    {
        card.behaviour = match then_declines.clone() {
            Some(code) => Behaviour::DeclinesWhenCharged { code },
            None => Behaviour::Succeeds,
        };
    }
}

fn settle_setup(desk: &mut Desk<'_>, id: &str, status: SetupIntentStatus, card: Option<String>) {
    if let Some(intent) = desk.books.setup_intents.get_mut(id) {
        intent.status = status;
        intent.payment_method = card;
        intent.last_setup_error = Value::Null;
    }
    if status == SetupIntentStatus::Succeeded {
        desk.tell::<SetupIntent>("setup_intent.succeeded", id);
    }
}

/// A payment that was declined is told as an error, as Stripe.js does.
fn outcome_of_payment(desk: &Desk<'_>, id: &str) -> Result<Value, StripeError> {
    let payment = desk.books.payment_intents.get(id);
    let failed = payment
        .filter(|payment| payment.status == PaymentIntentStatus::RequiresPaymentMethod)
        .map(|payment| &payment.last_payment_error);
    match failed {
        Some(error) => Err(StripeError::told(error)),
        None => show::<PaymentIntent>(desk, id),
    }
}

/// An object as a browser may see it.
fn show<T: Entry>(desk: &Desk<'_>, id: &str) -> Result<Value, StripeError> {
    let mut shown = desk.show::<T>(id);
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("metadata");
        fields.remove("customer");
    }
    Ok(shown)
}

fn setup_intent<'a>(
    desk: &'a Desk<'_>,
    client_secret: &str,
) -> Result<&'a SetupIntent, StripeError> {
    intent(desk, client_secret, |intent| &intent.client_secret)
}

fn payment_intent<'a>(
    desk: &'a Desk<'_>,
    client_secret: &str,
) -> Result<&'a PaymentIntent, StripeError> {
    intent(desk, client_secret, |intent| &intent.client_secret)
}

/// The intent that a client secret is for, if it is the secret of one.
fn intent<'a, T: Entry + 'a>(
    desk: &'a Desk<'_>,
    client_secret: &str,
    secret_of: fn(&T) -> &str,
) -> Result<&'a T, StripeError> {
    let id = id_in(client_secret);
    let found = T::table(desk.books).get(id);
    found
        .filter(|intent| secret_of(intent) == client_secret)
        .ok_or_else(|| StripeError::not_found(T::NOUN, id))
}

/// A client secret names what it is for.
pub(crate) fn check_id(client_secret: &str, id: &str) -> Result<(), StripeError> {
    if id_in(client_secret) == id {
        return Ok(());
    }
    let message = format!("The client_secret provided does not match the object: {id}.");
    Err(StripeError::invalid_parameter("client_secret", message))
}

fn id_in(client_secret: &str) -> &str {
    client_secret
        .split_once("_secret_")
        .map_or(client_secret, |(id, _)| id)
}

fn unexpected(noun: &str, status: &str) -> StripeError {
    let message = format!("This {noun} cannot be confirmed because it has a status of {status}.");
    StripeError::invalid(message).coded("setup_intent_unexpected_state")
}
