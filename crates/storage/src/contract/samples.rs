//! Registrations to test with, and the ways to the places where they stand.

use std::sync::LazyLock;
use std::time::Duration;

use enlist_domain::{
    CardBrand, CardSummary, EmailAddress, PasswordHash, PlanCatalogue, PostalAddress, Profile,
    card::Expiry, profile,
};
use enlist_registration::ids::{
    CustomerId, Generation, JobId, OwnerId, PaymentMethodId, RegistrationId, SubscriptionId, UserId,
};
use enlist_registration::jobs::{JobKind, NewJob};
use enlist_registration::limits::{Limits, later};
use enlist_registration::ports::{
    Begun, Customer, CvcCheck, NewRegistration, Opened, PaymentMethod, RequestRecord, Subscription,
};
use enlist_registration::saga::Moment;
use enlist_registration::state::{
    Failure, Intent, Lease, Progress, Registration, Status, StepState,
};
use enlist_registration::steps::{Order, StepName};
use enlist_registration::timeline::{Event, EventKind};
use enlist_registration::tokens::KeyedHash;
use jiff::Timestamp;
use uuid::Uuid;

use super::{LEASE, World};

/// A process.
pub(crate) const FIRST: OwnerId = OwnerId(Uuid::from_u128(0xf1));
/// Another.
pub(crate) const SECOND: OwnerId = OwnerId(Uuid::from_u128(0x5e));

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlIHNhbA\
                    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Number `number`, about to begin: a card, and the plan that costs $29.
pub(crate) fn registration(world: &World, number: u128) -> Registration {
    let mut progress = Progress::default();
    progress.set(StepName::HoldEmail, StepState::Done);
    let now = world.now();
    Registration {
        id: RegistrationId(Uuid::from_u128(number)),
        intent: intent(number),
        status: Status::Running,
        progress,
        failure: None,
        begun_at: now,
        deadline_at: later(now, Duration::from_secs(60)),
        act_by: None,
        verified_at: None,
        opened_at: None,
        rested_at: None,
        undoing_since: None,
        attempts: 0,
        not_before: None,
        lease: Lease {
            generation: Generation::FIRST,
            expires_at: later(now, LEASE),
            // As in what is read: the tables do not have it.
            given_at: Timestamp::UNIX_EPOCH,
        },
        next_seq: 1,
        mail_serial: 1,
        last_mail_at: None,
        code_attempts: 0,
    }
}

fn intent(number: u128) -> Intent {
    Intent {
        order: Order::VerifyAfter,
        language: None,
        user: UserId(Uuid::from_u128(1_000_000 + number)),
        subscription_row: Uuid::from_u128(2_000_000 + number),
        email: email(number),
        password_hash: PasswordHash::parse(HASH).expect("a hash"),
        profile: Profile {
            first_name: profile::PersonName::parse("Grace").expect("a name"),
            last_name: profile::PersonName::parse("Hopper").expect("a name"),
            address: PostalAddress::new(
                profile::AddressLine::parse("1 Navy Yard").expect("a line"),
                Some(profile::AddressLine::parse("Flat 2").expect("a line")),
                Some(profile::City::parse("Arlington").expect("a city")),
                Some(profile::State::parse("VA").expect("a state")),
                Some("22202"),
                profile::Country::UNITED_STATES,
            )
            .expect("an address"),
        },
        payment_method: Some(PaymentMethodId(format!("pm_{number}"))),
        tokenized: Some(payment_method(number)),
        card_was_raw: true,
        plan: PlanCatalogue::default().get("pro").cloned(),
        gateway: "sandbox".to_owned(),
    }
}

/// The address of registration `number`.
pub(crate) fn email(number: u128) -> EmailAddress {
    EmailAddress::parse(&format!("Person{number}@Example.com")).expect("an address")
}

fn payment_method(number: u128) -> PaymentMethod {
    PaymentMethod {
        id: PaymentMethodId(format!("pm_{number}")),
        card: CardSummary {
            brand: CardBrand::Visa,
            last4: "4242".to_owned(),
            expiry: Expiry::new(12, 2030).expect("a month"),
        },
        cvc_check: CvcCheck::Pass,
    }
}

/// The gateway made customer and subscription.
pub(crate) fn paid(mut registration: Registration) -> Registration {
    let number = registration.id.0.as_u128();
    registration.progress.customer = Some(Customer {
        id: CustomerId(format!("cus_{number}")),
        payment_method: Some(payment_method(number)),
    });
    registration
        .progress
        .set(StepName::CreateCustomer, StepState::Done);
    registration.progress.subscription = Some(Subscription {
        id: SubscriptionId(format!("sub_{number}")),
        current_period_end: "2026-12-23T12:00:00Z".parse().expect("a time"),
    });
    registration
        .progress
        .set(StepName::StartSubscription, StepState::Done);
    registration
}

/// Now, without chance in it.
pub(crate) fn moment(world: &World) -> Moment<'static> {
    static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);
    Moment {
        now: world.now(),
        limits: &LIMITS,
        jitter: 0.0,
    }
}

/// As the engine hands it to `open_account`.
pub(crate) fn about_to_open(world: &World, registration: Registration) -> Registration {
    let mut opened = paid(registration);
    opened.apply_local(StepName::OpenAccount);
    opened.status = Status::AwaitingVerification;
    opened.opened_at = Some(world.now());
    opened.act_by = Some(world.in_seconds(24 * 3600));
    opened
}

/// As the engine hands it to `save` when it turns back.
pub(crate) fn turned_back(world: &World, registration: &Registration) -> Registration {
    let mut turned = registration.clone();
    turned.turn_back(Failure::GatewayUnavailable, world.now());
    turned
}

/// As the engine hands it to `rest`.
pub(crate) fn rested(world: &World, registration: &Registration, status: Status) -> Registration {
    let mut rested = registration.clone();
    rested.status = status;
    rested.rested_at = Some(world.now());
    rested
}

/// The job that `open_account` queues.
pub(crate) fn mail_job(world: &World, registration: &Registration) -> NewJob {
    NewJob {
        id: JobId(Uuid::from_u128(3_000_000 + registration.id.0.as_u128())),
        kind: JobKind::VerificationMail,
        registration: registration.id,
        serial: registration.mail_serial,
        due_at: world.now(),
    }
}

/// A recheck, due now.
pub(crate) fn recheck_job(world: &World, registration: RegistrationId, number: u128) -> NewJob {
    NewJob {
        id: JobId(Uuid::from_u128(4_000_000 + number)),
        kind: JobKind::Recheck,
        registration,
        serial: 0,
        due_at: world.now(),
    }
}

/// Event number `seq`; `detail` tells it from others.
pub(crate) fn event(world: &World, seq: u32, detail: &str) -> Event {
    Event {
        seq,
        at: world.now(),
        generation: Generation::FIRST,
        step: Some(StepName::CreateCustomer),
        kind: EventKind::Done,
        detail: Some(detail.to_owned()),
    }
}

/// The idempotency record of a request.
pub(crate) fn request(key: u8, fingerprint: u8) -> RequestRecord {
    RequestRecord {
        key: KeyedHash([key; 32]),
        fingerprint: KeyedHash([fingerprint; 32]),
    }
}

/// Begins registration `number` as [`FIRST`].
pub(crate) async fn begun(world: &World, number: u128) -> Registration {
    let registration = registration(world, number);
    let begun = world
        .store
        .begin(NewRegistration::of(&registration, FIRST))
        .await
        .expect("a store");
    assert!(matches!(begun, Begun::Begun), "{begun:?}");
    registration
}

/// Begins registration `number` and opens its account.
pub(crate) async fn opened(world: &World, number: u128) -> Registration {
    let registration = about_to_open(world, begun(world, number).await);
    open(world, &registration).await;
    registration
}

/// Opens the account of a registration that was [`about_to_open`].
pub(crate) async fn open(world: &World, registration: &Registration) {
    let job = mail_job(world, registration);
    let opened = world
        .store
        .open_account(registration, Status::Running, Some(&job), &[])
        .await;
    assert_eq!(opened.expect("a store"), Opened::Opened);
}

/// Begins registration `number` and commits that it is undone.
pub(crate) async fn undoing(world: &World, number: u128) -> Registration {
    let turned = turned_back(world, &begun(world, number).await);
    world
        .store
        .save(&turned, Status::Running, &[])
        .await
        .expect("saved");
    turned
}

/// Begins registration `number` and ends it as undone.
pub(crate) async fn undone(world: &World, number: u128) -> Registration {
    let rested = rested(world, &undoing(world, number).await, Status::Undone);
    world
        .store
        .rest(&rested, Status::Undoing, &[], &[])
        .await
        .expect("at rest");
    rested
}

/// The journal's copy.
pub(crate) async fn stored(world: &World, id: RegistrationId) -> Registration {
    world
        .store
        .registration(id)
        .await
        .expect("a store")
        .expect("a registration")
}

/// What the journal holds is what was written, the lease aside.
pub(crate) fn assert_same(stored: &Registration, written: &Registration) {
    assert_eq!(json(&stored.intent), json(&written.intent));
    assert_eq!(stored.progress, written.progress);
    assert_eq!(stored.failure, written.failure);
    let place = |r: &Registration| (r.id, r.status, r.attempts, r.next_seq, r.mail_serial);
    assert_eq!(place(stored), place(written));
    let times = |r: &Registration| -> Vec<Option<Timestamp>> {
        vec![
            Some(r.begun_at),
            Some(r.deadline_at),
            r.act_by,
            r.verified_at,
            r.opened_at,
            r.rested_at,
            r.undoing_since,
            r.not_before,
        ]
    };
    assert_eq!(times(stored), times(written));
    assert_eq!(stored.lease.generation, written.lease.generation);
}

fn json(intent: &Intent) -> String {
    serde_json::to_string(intent).expect("JSON")
}

/// The clocks are one: given now, for a lease's length.
pub(crate) fn assert_just_given(world: &World, lease: Lease) {
    assert_eq!(lease.given_at, world.now());
    assert_eq!(lease.expires_at, later(world.now(), LEASE));
}
