//! `expand[]`: objects in place of their ids, and fields that are only there when asked for.

use serde_json::Value;

use crate::books::{Books, Entry};
use crate::error::StripeError;
use crate::objects::{Charge, Customer, Invoice, PaymentIntent, PaymentMethod, Subscription};

/// How deep a path may go (Stripe: four levels, `data` of a list among them).
const DEEPEST: usize = 4;

/// What a call answers, as far as expanding goes.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// An object of this kind.
    One(&'static str),
    /// A list of them.
    List(&'static str),
    /// Nothing that can be expanded.
    Plain,
}

/// One field that can be expanded: of which kind of object, where in it, and what it becomes.
struct Field {
    of: &'static str,
    path: &'static [&'static str],
    becomes: &'static str,
    how: How,
}

enum How {
    /// The object with the id that stands there.
    Object(fn(&Books, &str) -> Option<Value>),
    /// Only there when asked for: made from the id of the object that it is in.
    Included(fn(&Books, &str) -> Option<Value>),
    /// There in any case; what is below it can be expanded.
    Inline,
}

const fn object(
    of: &'static str,
    path: &'static [&'static str],
    becomes: &'static str,
    show: fn(&Books, &str) -> Option<Value>,
) -> Field {
    Field {
        of,
        path,
        becomes,
        how: How::Object(show),
    }
}

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    object("customer", &["invoice_settings", "default_payment_method"], "payment_method", show::<PaymentMethod>),
    object("payment_method", &["customer"], "customer", show::<Customer>),
    object("subscription", &["customer"], "customer", show::<Customer>),
    object("subscription", &["default_payment_method"], "payment_method", show::<PaymentMethod>),
    object("subscription", &["latest_invoice"], "invoice", show::<Invoice>),
    Field { of: "subscription", path: &["items", "data", "price"], becomes: "price", how: How::Inline },
    object("invoice", &["customer"], "customer", show::<Customer>),
    object("invoice", &["parent", "subscription_details", "subscription"], "subscription", show::<Subscription>),
    Field { of: "invoice", path: &["confirmation_secret"], becomes: "confirmation_secret", how: How::Included(confirmation_secret) },
    Field { of: "invoice", path: &["payments"], becomes: "payments", how: How::Included(payments) },
    object("payments", &["data", "payment", "payment_intent"], "payment_intent", show::<PaymentIntent>),
    object("payment_intent", &["customer"], "customer", show::<Customer>),
    object("payment_intent", &["latest_charge"], "charge", show::<Charge>),
    object("payment_intent", &["payment_method"], "payment_method", show::<PaymentMethod>),
    object("charge", &["customer"], "customer", show::<Customer>),
    object("charge", &["payment_intent"], "payment_intent", show::<PaymentIntent>),
    object("refund", &["charge"], "charge", show::<Charge>),
    object("refund", &["payment_intent"], "payment_intent", show::<PaymentIntent>),
    object("setup_intent", &["payment_method"], "payment_method", show::<PaymentMethod>),
    object("price", &["product"], "product", product),
];

/// Checks a path without looking at any object, so that a wrong one is found before anything is done.
pub(crate) fn check(shape: Shape, path: &str) -> Result<(), StripeError> {
    steps(shape, path).map(|_| ())
}

/// Expands one path of an answer.
pub(crate) fn apply(
    books: &Books,
    shape: Shape,
    answer: &mut Value,
    path: &str,
) -> Result<(), StripeError> {
    let steps = steps(shape, path)?;
    let targets: Vec<&mut Value> = match (shape, answer.get_mut("data")) {
        (Shape::List(_), Some(Value::Array(data))) => data.iter_mut().collect(),
        _ => vec![answer],
    };
    for target in targets {
        follow(books, target, &steps);
    }
    Ok(())
}

/// The fields that a path leads through.
fn steps(shape: Shape, path: &str) -> Result<Vec<&'static Field>, StripeError> {
    let cannot = || {
        StripeError::invalid_parameter(
            "expand",
            format!("This property cannot be expanded ({path})."),
        )
    };
    let parts: Vec<&str> = path.split('.').collect();
    if parts.len() > DEEPEST {
        let message =
            format!("You cannot expand more than {DEEPEST} levels of a property: {path}.");
        return Err(StripeError::invalid_parameter("expand", message));
    }
    let (mut kind, mut rest) = match (shape, parts.as_slice()) {
        (Shape::One(kind), parts) => (kind, parts),
        (Shape::List(kind), ["data", rest @ ..]) => (kind, rest),
        (Shape::List(_) | Shape::Plain, _) => return Err(cannot()),
    };
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let field = FIELDS
            .iter()
            .find(|field| field.of == kind && rest.starts_with(field.path))
            .ok_or_else(cannot)?;
        kind = field.becomes;
        rest = &rest[field.path.len()..];
        steps.push(field);
    }
    match steps.last().map(|field| &field.how) {
        None | Some(How::Inline) => Err(cannot()),
        Some(How::Object(_) | How::Included(_)) => Ok(steps),
    }
}

fn follow(books: &Books, object: &mut Value, steps: &[&'static Field]) {
    let Some((field, rest)) = steps.split_first() else {
        return;
    };
    if let How::Included(make) = field.how
        && let [name] = field.path
        && object.get(name).is_none()
    {
        let made = object
            .get("id")
            .and_then(Value::as_str)
            .and_then(|id| make(books, id));
        object[name] = made.unwrap_or(Value::Null);
    }
    for place in places(object, field.path) {
        if let How::Object(show) = field.how
            && let Some(shown) = place.as_str().and_then(|id| show(books, id))
        {
            *place = shown;
        }
        follow(books, place, rest);
    }
}

/// Every place that a path leads to: a list on the way leads to one in each of its entries.
fn places<'a>(value: &'a mut Value, path: &[&str]) -> Vec<&'a mut Value> {
    if let Value::Array(entries) = value {
        return entries
            .iter_mut()
            .flat_map(|entry| places(entry, path))
            .collect();
    }
    match path.split_first() {
        None => vec![value],
        Some((name, rest)) => value
            .get_mut(name)
            .map_or_else(Vec::new, |inner| places(inner, rest)),
    }
}

fn show<T: Entry>(books: &Books, id: &str) -> Option<Value> {
    Some(T::table(books).get(id)?.to_json(books))
}

fn confirmation_secret(books: &Books, invoice: &str) -> Option<Value> {
    Some(books.invoices.get(invoice)?.confirmation_secret(books))
}

fn payments(books: &Books, invoice: &str) -> Option<Value> {
    Some(books.invoices.get(invoice)?.payments())
}

fn product(books: &Books, id: &str) -> Option<Value> {
    let mut prices = books.prices.iter();
    Some(prices.find(|price| price.product == id)?.product_json())
}
