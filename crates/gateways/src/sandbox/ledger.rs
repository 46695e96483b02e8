//! What the gateway holds, for people and for tests that compare it with the service's own tables.

use enlist_registration::ids::{
    ChargeId, CustomerId, PaymentMethodId, RegistrationId, SubscriptionId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::books::{Books, maybe_registration, registration, time};
use super::error::SandboxError;
use super::sql::{Row, params};

/// Everything, dead or alive, in the order it was made. Amounts are in minor units, times RFC 3339 in
/// UTC. An entry is `live` while it binds somebody: nothing live with the id of a registration that was
/// undone is what "left nothing behind" means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Customers.
    pub customers: Vec<LedgerCustomer>,
    /// Cards.
    pub payment_methods: Vec<LedgerPaymentMethod>,
    /// Subscriptions.
    pub subscriptions: Vec<LedgerSubscription>,
    /// Charges, declined ones too.
    pub charges: Vec<LedgerCharge>,
    /// Refunds.
    pub refunds: Vec<LedgerRefund>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCustomer {
    /// The customer's id.
    pub id: CustomerId,
    /// Whose it is.
    pub registration_id: RegistrationId,
    /// Not deleted.
    pub live: bool,
    /// Forgotten once the customer is deleted.
    pub email: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPaymentMethod {
    /// The token.
    pub id: PaymentMethodId,
    /// Who made it, if the key of the call said so.
    pub registration_id: Option<RegistrationId>,
    /// Attached to a live customer; a token alone binds nobody.
    pub live: bool,
    /// Whom it is or was attached to.
    pub customer_id: Option<CustomerId>,
    /// The payment brand, as Stripe spells it.
    pub brand: String,
    /// The last four digits.
    pub last4: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerSubscription {
    /// The subscription's id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub registration_id: RegistrationId,
    /// Active, or still waiting for the person's confirmation.
    pub live: bool,
    /// Which customer pays.
    pub customer_id: CustomerId,
    /// The plan's name.
    pub plan: String,
    /// `incomplete`, `active` or `ended`.
    pub status: String,
    /// Why it ended.
    pub end_code: Option<String>,
    /// What each interval costs.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// When the next charge is due.
    pub current_period_end: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCharge {
    /// The charge's id.
    pub id: ChargeId,
    /// Whose it is.
    pub registration_id: RegistrationId,
    /// Taken, and not given back in full.
    pub live: bool,
    /// Who paid.
    pub customer_id: CustomerId,
    /// For which subscription; none where the decline left none.
    pub subscription_id: Option<SubscriptionId>,
    /// `succeeded` or `failed`.
    pub status: String,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// What was taken, or would have been.
    pub amount_minor: i64,
    /// What was given back.
    pub refunded_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRefund {
    /// The refund's id.
    pub id: String,
    /// Whose it is.
    pub registration_id: RegistrationId,
    /// Never: money given back binds nobody.
    pub live: bool,
    /// Of which charge.
    pub charge_id: ChargeId,
    /// What was given back.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// When it was made.
    pub created_at: Timestamp,
}

pub(super) fn read(books: &Books<'_>) -> Result<Ledger, SandboxError> {
    Ok(Ledger {
        customers: books.all(
            "SELECT *, deleted_at_ms IS NULL AS live FROM customers ORDER BY rowid",
            params![],
            customer,
        )?,
        payment_methods: books.all(
            "SELECT *, customer_id IS NOT NULL AND detached_at_ms IS NULL AS live
             FROM payment_methods ORDER BY rowid",
            params![],
            payment_method,
        )?,
        subscriptions: books.all(
            "SELECT *, status <> 'ended' AS live FROM subscriptions ORDER BY rowid",
            params![],
            subscription,
        )?,
        charges: books.all(
            "SELECT *, failure_code IS NULL AND refunded_minor < amount_minor AS live,
                 CASE WHEN failure_code IS NULL THEN 'succeeded' ELSE 'failed' END AS status
             FROM charges ORDER BY rowid",
            params![],
            charge,
        )?,
        refunds: books.all(
            "SELECT *, false AS live FROM refunds ORDER BY rowid",
            params![],
            refund,
        )?,
    })
}

fn customer(row: &Row) -> Result<LedgerCustomer, SandboxError> {
    Ok(LedgerCustomer {
        id: CustomerId(row.get("id")?),
        registration_id: registration(row)?,
        live: row.get("live")?,
        email: row.get("email")?,
        created_at: time(row, "created_at_ms")?,
    })
}

fn payment_method(row: &Row) -> Result<LedgerPaymentMethod, SandboxError> {
    Ok(LedgerPaymentMethod {
        id: PaymentMethodId(row.get("id")?),
        registration_id: maybe_registration(row)?,
        live: row.get("live")?,
        customer_id: row.get::<Option<String>>("customer_id")?.map(CustomerId),
        brand: row.get("brand")?,
        last4: row.get("last4")?,
        created_at: time(row, "created_at_ms")?,
    })
}

fn subscription(row: &Row) -> Result<LedgerSubscription, SandboxError> {
    Ok(LedgerSubscription {
        id: SubscriptionId(row.get("id")?),
        registration_id: registration(row)?,
        live: row.get("live")?,
        customer_id: CustomerId(row.get("customer_id")?),
        plan: row.get("plan")?,
        status: row.get("status")?,
        end_code: row.get("end_code")?,
        amount_minor: row.get("amount_minor")?,
        currency: row.get("currency")?,
        current_period_end: time(row, "current_period_end_ms")?,
        created_at: time(row, "created_at_ms")?,
    })
}

fn charge(row: &Row) -> Result<LedgerCharge, SandboxError> {
    Ok(LedgerCharge {
        id: ChargeId(row.get("id")?),
        registration_id: registration(row)?,
        live: row.get("live")?,
        customer_id: CustomerId(row.get("customer_id")?),
        subscription_id: row
            .get::<Option<String>>("subscription_id")?
            .map(SubscriptionId),
        status: row.get("status")?,
        failure_code: row.get("failure_code")?,
        amount_minor: row.get("amount_minor")?,
        refunded_minor: row.get("refunded_minor")?,
        currency: row.get("currency")?,
        created_at: time(row, "created_at_ms")?,
    })
}

fn refund(row: &Row) -> Result<LedgerRefund, SandboxError> {
    Ok(LedgerRefund {
        id: row.get("id")?,
        registration_id: registration(row)?,
        live: row.get("live")?,
        charge_id: ChargeId(row.get("charge_id")?),
        amount_minor: row.get("amount_minor")?,
        currency: row.get("currency")?,
        created_at: time(row, "created_at_ms")?,
    })
}
