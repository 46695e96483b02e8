//! The account: user, profile, billing details and subscription, written and deleted as one.

use enlist_registration::ids::{CustomerId, UserId};
use enlist_registration::jobs::{JobKind, NewJob};
use enlist_registration::ports::{Opened, PaymentMethod, UserRecord};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::StepName;
use enlist_registration::timeline::Event;
use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use super::fault::Fault;
use super::group::{Tx, Verdict};
use super::journal::{self, Hands};
use super::rows::{Key, Moment};
use super::{jobs, mails, reads};
use crate::values::email_of;

/// See [`Store::open_account`](enlist_registration::ports::Store::open_account).
pub(super) fn open_account(
    tx: &Tx<'_>,
    registration: &Registration,
    expected: Status,
    job: Option<&NewJob>,
    events: &[Event],
) -> Result<Verdict<Opened>, Fault> {
    let act_by = registration.act_by;
    let hands = match registration.status.rests() {
        true => Hands::Resting,
        false => Hands::LetGoUntil(act_by.ok_or(Fault::Missing("the deadline of verification"))?),
    };
    // First, so that a driver that was superseded never takes its successor's account for another's.
    journal::update(tx, registration, expected, hands, events)?;
    let opened_at = registration.opened_at.unwrap_or(tx.now);
    match insert_user(tx, registration, opened_at) {
        Err(fault) if fault.violates("users.email_normalised") => {
            return Ok(Verdict::Discard(Opened::EmailHasAccount));
        }
        other => other?,
    }
    insert_profile(tx, registration, opened_at)?;
    insert_billing_info(tx, registration, opened_at)?;
    if registration.has_subscription_at(StepName::OpenAccount) {
        insert_subscription(tx, registration, opened_at)?;
    }
    if let Some(job) = job {
        jobs::queue(tx, job)?;
        if job.kind == JobKind::VerificationMail {
            mails::note_mail(tx, registration.id, job.serial)?;
        }
    }
    Ok(Verdict::Keep(Opened::Opened))
}

/// See [`Store::close_account`](enlist_registration::ports::Store::close_account).
pub(super) fn close_account(
    tx: &Tx<'_>,
    registration: &Registration,
    events: &[Event],
) -> Result<Verdict<()>, Fault> {
    journal::update(tx, registration, Status::Undoing, Hands::Kept, events)?;
    // Everything else of the account goes with the user. The id is this registration's own choice, so
    // it cannot be another's account.
    let delete = "DELETE FROM users WHERE id = ?1";
    tx.execute(delete, [Key::from(registration.intent.user)])?;
    Ok(Verdict::Keep(()))
}

/// See [`Store::user`](enlist_registration::ports::Store::user).
pub(super) fn user(connection: &Connection, id: UserId) -> Result<Option<UserRecord>, Fault> {
    let sql = "SELECT email, email_verified_at, created_at FROM users WHERE id = ?1";
    reads::one(connection, sql, [Key::from(id)], |row| {
        let email: String = row.get("email")?;
        let verified_at: Option<Moment> = row.get("email_verified_at")?;
        Ok(UserRecord {
            id,
            email: email_of("a user's e-mail address", &email)?,
            email_verified_at: verified_at.map(|moment| moment.0),
            created_at: row.get::<_, Moment>("created_at")?.0,
        })
    })
}

fn insert_user(
    tx: &Tx<'_>,
    registration: &Registration,
    opened_at: Timestamp,
) -> Result<(), Fault> {
    let intent = &registration.intent;
    tx.execute_on_one(
        "INSERT INTO users (id, email, email_normalised, password_hash, email_verified_at,
                            created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        (
            Key::from(intent.user),
            intent.email.as_typed(),
            intent.email.normalised(),
            intent.password_hash.as_phc(),
            registration.verified_at.map(Moment),
            Moment(opened_at),
        ),
    )
}

fn insert_profile(
    tx: &Tx<'_>,
    registration: &Registration,
    opened_at: Timestamp,
) -> Result<(), Fault> {
    let profile = &registration.intent.profile;
    tx.execute_on_one(
        "INSERT INTO profiles (user_id, first_name, last_name, address, address_line2, city, state,
                               zip, country, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
        (
            Key::from(registration.intent.user),
            profile.first_name.as_str(),
            profile.last_name.as_str(),
            profile.address.address(),
            profile.address.address_line2(),
            profile.address.city().unwrap_or_default(),
            profile.address.state().unwrap_or_default(),
            profile.address.zip().unwrap_or_default(),
            profile.address.country().as_str(),
            Moment(opened_at),
        ),
    )
}

fn insert_billing_info(
    tx: &Tx<'_>,
    registration: &Registration,
    opened_at: Timestamp,
) -> Result<(), Fault> {
    let customer = customer(registration)?;
    let method: Option<&PaymentMethod> = registration.payment_method();
    let card = method.map(|method| &method.card);
    let token = method
        .map(|method| &method.id)
        .or(registration.intent.payment_method.as_ref());
    tx.execute_on_one(
        "INSERT INTO billing_info (
             user_id, card_number, card_brand, expiry_month, expiry_year, cvv_hash, cvc_check,
             payment_gateway, payment_gateway_customer_id, payment_method_id, created_at, updated_at)
         VALUES (
             :user_id, :card_number, :card_brand, :expiry_month, :expiry_year, NULL, :cvc_check,
             :payment_gateway, :customer, :payment_method_id, :opened_at, :opened_at)",
        named_params! {
            ":user_id": Key::from(registration.intent.user),
            ":card_number": card.map(|card| card.masked()),
            ":card_brand": card.map(|card| card.brand.as_str()),
            ":expiry_month": card.map(|card| card.expiry.month()),
            ":expiry_year": card.map(|card| card.expiry.year()),
            ":cvc_check": method.map(|method| method.cvc_check.as_str()),
            ":payment_gateway": registration.intent.gateway,
            ":customer": customer.as_str(),
            ":payment_method_id": token.map(|token| token.as_str()),
            ":opened_at": Moment(opened_at),
        },
    )
}

fn customer(registration: &Registration) -> Result<&CustomerId, Fault> {
    let customer = registration.progress.customer.as_ref();
    let customer = customer.ok_or(Fault::Missing("the customer at the gateway"))?;
    Ok(&customer.id)
}

/// The subscription that runs. `created_at` is when its row is.
pub(super) fn insert_subscription(
    tx: &Tx<'_>,
    registration: &Registration,
    created_at: Timestamp,
) -> Result<(), Fault> {
    let customer = customer(registration)?;
    let intent = &registration.intent;
    let plan = intent.paid_plan().ok_or(Fault::Missing("the plan"))?;
    let subscription = registration.progress.subscription.as_ref();
    let subscription = subscription.ok_or(Fault::Missing("the subscription at the gateway"))?;
    tx.execute_on_one(
        "INSERT INTO subscriptions (
             id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
             amount_minor, currency, current_period_end, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'active', ?6, ?7, ?8, ?9, ?9)",
        (
            Key(intent.subscription_row),
            Key::from(intent.user),
            customer.as_str(),
            subscription.id.as_str(),
            &plan.name,
            plan.price.amount_minor(),
            plan.price.currency().code(),
            Moment(subscription.current_period_end),
            Moment(created_at),
        ),
    )
}
