//! Cards: made from a raw one or named by a browser's token, attached once, gone with their customer.

use enlist_domain::{CardBrand, CardSummary, Expiry};
use enlist_registration::ids::{CustomerId, PaymentMethodId, RegistrationId};
use enlist_registration::ports::{CvcCheck, PaymentMethod};
use jiff::tz::TimeZone;

use super::books::{Books, expiry, unreadable};
use super::cards::{Behaviour, NOT_A_TEST_CARD, TestCard};
use super::error::SandboxError;
use super::idempotency::{Answer, Effect};
use super::sql::{Row, params};

/// What a raw card has become before it reaches the books: no number, no code.
pub(super) struct NewToken {
    pub(super) registration: Option<RegistrationId>,
    pub(super) summary: CardSummary,
    pub(super) card: Option<&'static TestCard>,
}

/// A card in the books.
pub(super) struct Card {
    pub(super) method: PaymentMethod,
    pub(super) behaviour: Behaviour,
    attached: bool,
}

/// A card that can be attached, and how it will behave.
pub(super) enum Attachable {
    /// One that `tokenize` put into the books.
    Tokenized(Card),
    /// One of the list, by its name: a new card each time, and none until it is attached.
    Named(&'static TestCard),
}

impl Attachable {
    pub(super) fn behaviour(&self) -> &Behaviour {
        match self {
            Self::Tokenized(card) => &card.behaviour,
            Self::Named(card) => &card.behaviour,
        }
    }
}

/// Turns a raw card into a token. A number that is not on the list is refused here, since it may be
/// a real one; so is a card that has expired by the sandbox's clock.
pub(super) fn tokenize(
    books: &Books<'_>,
    token: &NewToken,
) -> Result<Effect<PaymentMethod>, SandboxError> {
    let Some(card) = token.card else {
        return Ok(declined(NOT_A_TEST_CARD));
    };
    if token
        .summary
        .expiry
        .is_past(books.now.to_zoned_datetime(TimeZone::UTC).date())
    {
        return Ok(declined("expired_card"));
    }
    let method = insert(books, token.registration, token.summary.clone(), card)?;
    Ok(Effect::Answer(Answer::Done(method)))
}

/// The card that a token stands for, if it can still be attached.
pub(super) fn attachable(
    books: &Books<'_>,
    token: &PaymentMethodId,
) -> Result<Option<Attachable>, SandboxError> {
    if let Some(card) = TestCard::named(token.as_str()) {
        return Ok(Some(Attachable::Named(card)));
    }
    let card = books.find(
        "SELECT * FROM payment_methods WHERE id = ?1",
        params![token.as_str()],
        read_card,
    )?;
    Ok(card
        .filter(|card| !card.attached)
        .map(Attachable::Tokenized))
}

/// Attaches a card for good; now its security code is checked.
pub(super) fn attach(
    books: &Books<'_>,
    card: Attachable,
    customer: &CustomerId,
    registration: RegistrationId,
) -> Result<PaymentMethod, SandboxError> {
    let method = match card {
        Attachable::Tokenized(card) => card.method,
        Attachable::Named(card) => {
            let summary = summary_of(books, card)?;
            insert(books, Some(registration), summary, card)?
        }
    };
    books.execute_one(
        "UPDATE payment_methods SET customer_id = ?2, cvc_check = cvc_check_later
         WHERE id = ?1 AND customer_id IS NULL",
        params![method.id.as_str(), customer.as_str()],
    )?;
    let attached = of_customer(books, customer)?;
    attached
        .map(|card| card.method)
        .ok_or(SandboxError::NotOneRow { changed: 0 })
}

/// What is shown of a card of the list: valid through the next year's December.
fn summary_of(books: &Books<'_>, card: &TestCard) -> Result<CardSummary, SandboxError> {
    let next_year = books
        .now
        .to_zoned_datetime(TimeZone::UTC)
        .date()
        .year()
        .saturating_add(1);
    let year = u16::try_from(next_year).map_err(|_| unreadable("year", next_year))?;
    let expiry = Expiry::new(12, year).map_err(|_| unreadable("year", year))?;
    Ok(CardSummary {
        brand: card.brand,
        last4: card.last4().to_owned(),
        expiry,
    })
}

/// The card that a customer is charged with.
pub(super) fn of_customer(
    books: &Books<'_>,
    customer: &CustomerId,
) -> Result<Option<Card>, SandboxError> {
    books.find(
        "SELECT * FROM payment_methods WHERE customer_id = ?1 AND detached_at_ms IS NULL",
        params![customer.as_str()],
        read_card,
    )
}

/// Detaches what a customer has; none of it can be attached again.
pub(super) fn detach_all(books: &Books<'_>, customer: &CustomerId) -> Result<(), SandboxError> {
    books.execute(
        "UPDATE payment_methods SET detached_at_ms = ?2
         WHERE customer_id = ?1 AND detached_at_ms IS NULL",
        params![customer.as_str(), books.now_ms()],
    )?;
    Ok(())
}

fn insert(
    books: &Books<'_>,
    registration: Option<RegistrationId>,
    summary: CardSummary,
    card: &TestCard,
) -> Result<PaymentMethod, SandboxError> {
    let method = PaymentMethod {
        id: PaymentMethodId(books.new_id("pm")),
        card: summary,
        cvc_check: CvcCheck::Unchecked,
    };
    books.execute_one(
        "INSERT INTO payment_methods (id, registration_id, brand, last4, expiry_month, expiry_year,
             cvc_check, cvc_check_later, behaviour, created_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            method.id.as_str(),
            registration.map(|id| id.to_string()),
            method.card.brand.as_str(),
            &method.card.last4,
            method.card.expiry.month(),
            method.card.expiry.year(),
            method.cvc_check.as_str(),
            card.cvc_check.as_str(),
            serde_json::to_string(&card.behaviour)?,
            books.now_ms()
        ],
    )?;
    Ok(method)
}

fn read_card(row: &Row) -> Result<Card, SandboxError> {
    let brand: String = row.get("brand")?;
    let behaviour: String = row.get("behaviour")?;
    let customer: Option<String> = row.get("customer_id")?;
    let card = CardSummary {
        brand: CardBrand::from_name(&brand),
        last4: row.get("last4")?,
        expiry: expiry(row)?,
    };
    let id = PaymentMethodId(row.get("id")?);
    Ok(Card {
        method: PaymentMethod {
            id,
            card,
            cvc_check: cvc_check(row)?,
        },
        behaviour: serde_json::from_str(&behaviour)?,
        attached: customer.is_some(),
    })
}

/// The column `cvc_check`.
pub(super) fn cvc_check(row: &Row) -> Result<CvcCheck, SandboxError> {
    let name: String = row.get("cvc_check")?;
    [
        CvcCheck::Pass,
        CvcCheck::Fail,
        CvcCheck::Unavailable,
        CvcCheck::Unchecked,
    ]
    .into_iter()
    .find(|check| check.as_str() == name)
    .ok_or_else(|| unreadable("check of a security code", name))
}

/// A refusal that the person can do something about.
pub(super) fn declined<T>(code: &str) -> Effect<T> {
    Effect::Answer(Answer::Declined {
        code: code.to_owned(),
    })
}
