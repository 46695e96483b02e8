//! The account: user, profile, billing details and subscription, written and deleted as one.

use enlist_registration::ids::UserId;
use enlist_registration::jobs::{JobKind, NewJob};
use enlist_registration::ports::{Opened, UserRecord};
use enlist_registration::state::{Registration, Status};
use enlist_registration::steps::StepName;

use super::Database;
use super::fault::Fault;
use super::journal::{Hands, Update, journal_and_timeline};
use super::parameters::{Moment, moment, parameters};
use super::timeline::Together;
use crate::values::email_of;

/// Everything in one statement. What is inserted is selected from the journal row that was updated,
/// so that a driver that was superseded writes nothing, and never takes its successor's account for
/// another's. The mail is due at once: a clock that is ahead of the database's must not hold it back.
const OPEN: &str = concat!(
    journal_and_timeline!(
        ", mail_serial = CASE WHEN $24 THEN $25 ELSE mail_serial END,
           last_mail_at = CASE WHEN $24 THEN now() ELSE last_mail_at END,
           code_attempts = CASE WHEN $24 THEN 0 ELSE code_attempts END"
    ),
    ", account AS (
        INSERT INTO users (id, email, email_normalised, password_hash, email_verified_at,
                           created_at, updated_at)
        SELECT $26, $27, $28, $29, $7, $30, $30 FROM journal
        RETURNING id
    ), profile AS (
        INSERT INTO profiles (user_id, first_name, last_name, address, address_line2, city, state,
                              zip, country, created_at, updated_at)
        SELECT id, $31, $32, $33, $34, $35, $36, $37, $38, $30, $30 FROM account
    ), billing AS (
        INSERT INTO billing_info (
            user_id, card_number, card_brand, expiry_month, expiry_year, cvv_hash, cvc_check,
            payment_gateway, payment_gateway_customer_id, payment_method_id, created_at, updated_at)
        SELECT id, $39, $40, $41, $42, NULL, $43, $44, $45, $46, $30, $30 FROM account
        RETURNING user_id
    ), subscription AS (
        INSERT INTO subscriptions (
            id, user_id, payment_gateway_customer_id, payment_gateway_subscription_id, plan, status,
            amount_minor, currency, current_period_end, created_at, updated_at)
        SELECT $47, user_id, $45, $48, $49, 'active', $50, $51, $52, $30, $30 FROM billing
        WHERE $48::text IS NOT NULL
    ), job AS (
        INSERT INTO jobs (id, kind, registration_id, serial, due_at, attempts, status, generation,
                          queued_at)
        SELECT $53, $54, id, $25, CASE WHEN $24 THEN least($55, now()) ELSE $55 END, 0, 'queued', 0,
            now()
        FROM journal
        WHERE $53::uuid IS NOT NULL
        ON CONFLICT (id) DO NOTHING
    )
    SELECT id FROM journal"
);

/// The gateway's subscription, who pays and what it costs, where there is one.
#[derive(Default)]
pub(super) struct Subscribed<'a> {
    pub(super) customer: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    pub(super) plan: Option<&'a str>,
    pub(super) amount_minor: Option<i64>,
    pub(super) currency: Option<&'static str>,
    pub(super) current_period_end: Option<Moment>,
}

/// See [`Store::open_account`](enlist_registration::ports::Store::open_account).
pub(super) async fn open_account(
    store: &Database,
    registration: &Registration,
    expected: Status,
    job: Option<&NewJob>,
    events: &Together,
) -> Result<Opened, Fault> {
    let act_by = registration.act_by;
    let hands = match registration.status.rests() {
        true => Hands::Resting,
        false => Hands::LetGoUntil(act_by.ok_or(Fault::Missing("the deadline of verification"))?),
    };
    let update = Update::new(registration, expected, hands, events)?;
    let opened_at = registration
        .opened_at
        .ok_or(Fault::Missing("the time of opening"))?;
    let intent = &registration.intent;
    let (profile, address) = (&intent.profile, &intent.profile.address);
    let method = registration.payment_method();
    let card = method.map(|method| &method.card);
    let masked = card.map(|card| card.masked());
    let token = method
        .map(|method| &method.id)
        .or(intent.payment_method.as_ref());
    let subscribed = match registration.has_subscription_at(StepName::OpenAccount) {
        true => Subscribed::by(registration)?,
        false => Subscribed::default(),
    };
    let written = update
        .write(
            store,
            OPEN,
            &parameters![
                job.is_some_and(|job| job.kind == JobKind::VerificationMail),
                job.map(|job| i64::from(job.serial)),
                intent.user.0,
                intent.email.as_typed(),
                intent.email.normalised(),
                intent.password_hash.as_phc(),
                Moment(opened_at),
                profile.first_name.as_str(),
                profile.last_name.as_str(),
                address.address(),
                address.address_line2(),
                address.city().unwrap_or_default(),
                address.state().unwrap_or_default(),
                address.zip().unwrap_or_default(),
                address.country().as_str(),
                masked,
                card.map(|card| card.brand.as_str()),
                card.map(|card| i32::from(card.expiry.month())),
                card.map(|card| i32::from(card.expiry.year())),
                method.map(|method| method.cvc_check.as_str()),
                intent.gateway,
                customer(registration)?,
                token.map(|token| token.as_str()),
                intent.subscription_row,
                subscribed.id,
                subscribed.plan,
                subscribed.amount_minor,
                subscribed.currency,
                subscribed.current_period_end,
                job.map(|job| job.id.0),
                job.map(|job| job.kind.as_str()),
                job.map(|job| Moment(job.due_at)),
            ],
        )
        .await;
    match written {
        Err(fault) if fault.violated() == Some("one_user_per_email") => Ok(Opened::EmailHasAccount),
        other => other.map(|()| Opened::Opened),
    }
}

impl<'a> Subscribed<'a> {
    /// The subscription that runs for it.
    pub(super) fn by(registration: &'a Registration) -> Result<Self, Fault> {
        let plan = registration.intent.paid_plan();
        let plan = plan.ok_or(Fault::Missing("the plan"))?;
        let subscription = registration.progress.subscription.as_ref();
        let subscription = subscription.ok_or(Fault::Missing("the subscription at the gateway"))?;
        Ok(Self {
            customer: Some(customer(registration)?),
            id: Some(subscription.id.as_str()),
            plan: Some(&plan.name),
            amount_minor: Some(plan.price.amount_minor()),
            currency: Some(plan.price.currency().code()),
            current_period_end: moment(Some(subscription.current_period_end)),
        })
    }
}

fn customer(registration: &Registration) -> Result<&str, Fault> {
    let customer = registration.progress.customer.as_ref();
    let customer = customer.ok_or(Fault::Missing("the customer at the gateway"))?;
    Ok(customer.id.as_str())
}

/// Everything else of the account goes with the user. The id is this registration's own choice, so it
/// cannot be another's account.
const CLOSE: &str = concat!(
    journal_and_timeline!(""),
    ", account AS (DELETE FROM users WHERE id = $24 AND EXISTS (SELECT 1 FROM journal))
    SELECT id FROM journal"
);

/// See [`Store::close_account`](enlist_registration::ports::Store::close_account).
pub(super) async fn close_account(
    store: &Database,
    registration: &Registration,
    events: &Together,
) -> Result<(), Fault> {
    Update::new(registration, Status::Undoing, Hands::Kept, events)?
        .write(store, CLOSE, &parameters![registration.intent.user.0])
        .await
}

/// See [`Store::user`](enlist_registration::ports::Store::user).
pub(super) async fn user(store: &Database, id: UserId) -> Result<Option<UserRecord>, Fault> {
    const USER: &str = "SELECT email, email_verified_at, created_at FROM users WHERE id = $1";
    let found = store.read(USER, &parameters![id.0]).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let verified_at: Option<Moment> = row.try_get("email_verified_at")?;
    Ok(Some(UserRecord {
        id,
        email: email_of("a user's e-mail address", row.try_get("email")?)?,
        email_verified_at: verified_at.map(|moment| moment.0),
        created_at: row.try_get::<_, Moment>("created_at")?.0,
    }))
}
