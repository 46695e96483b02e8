//! Cards become tokens, and tokens are attached to customers.

use enlist_gateways::sandbox::{Behaviour, TestCard};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Answer, Ask};
use crate::books::{Desk, Entry as _};
use crate::cards::{TypedCard, declined, test_token};
use crate::error::StripeError;
use crate::objects::{Attachment, PaymentMethod};

/// What is said to a card that was a customer's.
pub(crate) const DETACHED: &str = "The provided PaymentMethod was previously used with a PaymentIntent \
    without Customer attachment, shared with a connected account without Customer attachment, or was \
    detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must \
    attach it to a Customer first.";

const ATTACHED: &str = "The payment method you provided has already been attached to a customer.";

/// `POST /v1/payment_methods`
pub(crate) fn create(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let form = ask.form;
    if form.required("type")? != "card" {
        return Err(StripeError::invalid_parameter(
            "type",
            "Only cards are taken here.",
        ));
    }
    let missing = |name: &str| StripeError::parameter_missing(name);
    let typed = TypedCard {
        number: form.required("card[number]")?,
        exp_month: form
            .integer("card[exp_month]")?
            .ok_or_else(|| missing("card[exp_month]"))?,
        exp_year: form
            .integer("card[exp_year]")?
            .ok_or_else(|| missing("card[exp_year]"))?,
        cvc: form.text("card[cvc]"),
    };
    let card = typed.check(desk.now)?;
    let (expiry, has_cvc) = ((typed.exp_month, typed.exp_year), typed.cvc.is_some());
    let text = |name: &str| form.text(&format!("billing_details[{name}]"));
    let billing_details = json!({
        "address": address(|name| form.text(&format!("billing_details[address][{name}]"))),
        "email": text("email"),
        "name": text("name"),
        "phone": text("phone"),
    });
    let made = PaymentMethod {
        billing_details,
        metadata: form.map("metadata"),
        ..new(desk, card, expiry, has_cvc)
    };
    let id = made.id.clone();
    desk.books.payment_methods.insert(made);
    Ok(desk.show::<PaymentMethod>(&id))
}

/// `GET /v1/payment_methods/{id}`. Stripe's test tokens are made into a card by being looked at.
pub(crate) fn retrieve(desk: &mut Desk<'_>, ask: &Ask<'_>) -> Answer {
    let id = resolve(desk, ask.id).unwrap_or_else(|| ask.id.to_owned());
    super::retrieve::<PaymentMethod>(desk, &Ask { id: &id, ..*ask })
}

/// A card that nobody has used yet.
pub(crate) fn new(
    desk: &Desk<'_>,
    card: &TestCard,
    (exp_month, exp_year): (i64, i64),
    has_cvc: bool,
) -> PaymentMethod {
    PaymentMethod {
        id: desk.new_id("pm"),
        created: desk.now,
        brand: card.brand,
        last4: card.last4().to_owned(),
        exp_month,
        exp_year,
        behaviour: card.behaviour.clone(),
        cvc_check: has_cvc.then_some(card.cvc_check),
        attachment: Attachment::None,
        billing_details: json!({ "address": null, "email": null, "name": null, "phone": null }),
        metadata: json!({}),
    }
}

/// The card that `token` stands for and that `customer` may attach. Nothing is attached yet.
pub(crate) fn attachable(desk: &mut Desk<'_>, token: &str) -> Result<PaymentMethod, StripeError> {
    const PARAM: &str = "payment_method";
    let id = resolve(desk, token).unwrap_or_else(|| token.to_owned());
    let Some(card) = desk.books.payment_methods.get(&id) else {
        return Err(StripeError::missing(PaymentMethod::NOUN, token, PARAM));
    };
    match (&card.attachment, &card.behaviour) {
        (Attachment::To(_), _) => Err(StripeError::invalid(ATTACHED)),
        (Attachment::DetachedFrom(_), _) => Err(StripeError::invalid(DETACHED)),
        (Attachment::None, Behaviour::DeclinesWhenAttached { code }) => Err(declined(code)),
        (Attachment::None, _) => Ok(card.clone()),
    }
}

/// Attaches a card, for good.
pub(crate) fn attach(desk: &mut Desk<'_>, id: &str, customer: &str) {
    if let Some(card) = desk.books.payment_methods.get_mut(id) {
        card.attachment = Attachment::To(customer.to_owned());
        desk.tell::<PaymentMethod>("payment_method.attached", id);
    }
}

/// Detaches every card of a customer: none of them can ever be used again.
pub(crate) fn detach_all(desk: &mut Desk<'_>, customer: &str) {
    let cards = desk.books.payment_methods.iter();
    let ids: Vec<String> = cards
        .filter(|card| card.customer() == Some(customer))
        .map(|card| card.id.clone())
        .collect();
    for id in ids {
        if let Some(card) = desk.books.payment_methods.get_mut(&id) {
            card.attachment = Attachment::DetachedFrom(customer.to_owned());
        }
    }
}

/// An address with all of its fields, or null where it has none.
pub(crate) fn address<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Value {
    let fields = ["city", "country", "line1", "line2", "postal_code", "state"];
    if fields.iter().all(|name| field(name).is_none()) {
        return Value::Null;
    }
    fields
        .iter()
        .map(|name| ((*name).to_owned(), Value::from(field(name))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Each use of a test token makes a fresh card, so that it can be used any number of times.
fn resolve(desk: &mut Desk<'_>, token: &str) -> Option<String> {
    let card = test_token(token)?;
    let next_year = desk.now.to_zoned_datetime(TimeZone::UTC).year() + 1;
    let made = new(desk, card, (12, i64::from(next_year)), true);
    let id = made.id.clone();
    desk.books.payment_methods.insert(made);
    Some(id)
}
