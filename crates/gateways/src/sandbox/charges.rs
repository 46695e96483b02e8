//! Money taken, and given back.

use enlist_domain::Money;
use enlist_registration::ids::{ChargeId, CustomerId, RegistrationId, SubscriptionId};
use enlist_registration::ports::HeldCharge;

use super::books::{Books, money, registration};
use super::error::SandboxError;
use super::idempotency::{Answer, Effect};
use super::sql::{Row, params};

/// A charge to be made.
pub(super) struct Taking<'a> {
    pub(super) registration: RegistrationId,
    pub(super) customer: &'a CustomerId,
    pub(super) subscription: Option<&'a SubscriptionId>,
    pub(super) amount: Money,
}

/// Records a charge: taken, or declined with a code.
pub(super) fn take(
    books: &Books<'_>,
    taking: &Taking<'_>,
    failure_code: Option<&str>,
) -> Result<(), SandboxError> {
    books.execute_one(
        "INSERT INTO charges (id, registration_id, customer_id, subscription_id, amount_minor,
             currency, failure_code, created_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            books.new_id("ch"),
            taking.registration.to_string(),
            taking.customer.as_str(),
            taking.subscription.map(SubscriptionId::as_str),
            taking.amount.amount_minor(),
            taking.amount.currency().code(),
            failure_code,
            books.now_ms()
        ],
    )
}

/// Gives `amount` back. A charge that was given back in full is no fault; more than is left of it is.
pub(super) fn refund(
    books: &Books<'_>,
    id: &ChargeId,
    amount: Money,
) -> Result<Effect<()>, SandboxError> {
    let found = books.find(
        "SELECT * FROM charges WHERE id = ?1 AND failure_code IS NULL",
        params![id.as_str()],
        |row| Ok((registration(row)?, read_charge(row)?)),
    )?;
    let Some((registration, charge)) = found else {
        return Ok(Effect::Refused(format!(
            "resource_missing: no such charge: {id}"
        )));
    };
    if amount.currency() != charge.amount.currency() || amount.amount_minor() <= 0 {
        return Ok(Effect::Refused(format!(
            "{amount:?} is no amount to refund of {id}"
        )));
    }
    let outstanding = charge.outstanding();
    if outstanding.is_zero() {
        return Ok(Effect::Answer(Answer::Done(())));
    }
    if amount.amount_minor() > outstanding.amount_minor() {
        return Ok(Effect::Refused(format!(
            "{amount:?} is more than the {outstanding:?} that is left of {id}"
        )));
    }
    books.execute_one(
        "INSERT INTO refunds (id, registration_id, charge_id, amount_minor, currency,
             created_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            books.new_id("re"),
            registration.to_string(),
            id.as_str(),
            amount.amount_minor(),
            amount.currency().code(),
            books.now_ms()
        ],
    )?;
    Ok(Effect::Answer(Answer::Done(())))
}

pub(super) fn read_charge(row: &Row) -> Result<HeldCharge, SandboxError> {
    Ok(HeldCharge {
        id: ChargeId(row.get("id")?),
        amount: money(row)?,
        refunded_minor: row.get("refunded_minor")?,
    })
}
