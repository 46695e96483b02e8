//! The checks are worth what they find: each leftover is planted, and must be found under its name.

use std::sync::Arc;

use enlist_test_servers::PostgresServer;
use serde_json::json;
use uuid::Uuid;

use crate::support::chance::Chance;
use crate::support::checks;
use crate::support::client::{Answer, Client};
use crate::support::journeys::{Bank, Card, Journey, PASSWORD, Proof};
use crate::support::load::Load;
use crate::support::person::send;
use crate::support::promises;
use crate::support::rest::wait_until_settled;
use crate::support::service::{Service, Settings};
use crate::support::site::Site;
use crate::support::stock::SETTLING_LIMIT;
use crate::support::telling::{Told, registration_of};
use crate::support::walks::{Stage, Walk};
use crate::support::world::World;

/// What a plant does, and the check that must find it.
type Plant = (&'static str, fn(&mut World, &mut Told, &Registered));

/// The accounts that are tampered with.
struct Registered {
    paid: Account,
    free: Account,
    /// Declined: undone.
    declined: Uuid,
    /// In three steps.
    walked: Uuid,
    /// A journey that was left before its last step.
    left: Uuid,
}

struct Account {
    registration: Uuid,
    user: Uuid,
}

const PLANTS: &[Plant] = &[
    (
        "two users, or two registrations under way, for one address",
        |world, _, it| {
            let email = world.users[&it.paid.user].clone();
            world.users.insert(it.free.user, email);
        },
    ),
    ("a user without profile or billing", |world, _, it| {
        world.profiles.remove(&it.paid.user);
    }),
    ("a user without exactly one live customer", |world, _, _| {
        world.ledger.customers[0].live = false;
    }),
    (
        "a paid account without exactly one live subscription",
        |world, _, _| {
            let second = world.ledger.subscriptions[0].clone();
            world.ledger.subscriptions.push(second);
        },
    ),
    (
        "a paid account that was not charged exactly once",
        |world, _, _| {
            let second = world.ledger.charges[0].clone();
            world.ledger.charges.push(second);
        },
    ),
    ("a free account that was charged", |world, _, it| {
        let charge = world.ledger.charges[0].clone();
        world.ledger.charges.push(charge);
        world.ledger.charges[1].registration_id.0 = it.free.registration;
    }),
    (
        "a user whose registration does not say so",
        |world, _, it| {
            let journal = world.registrations.get_mut(&it.paid.registration);
            journal.unwrap().status = "undone".to_owned();
        },
    ),
    ("a live customer without a user", |world, _, it| {
        world.users.remove(&it.paid.user);
    }),
    ("a live subscription without a user", |world, _, it| {
        world.users.remove(&it.paid.user);
    }),
    (
        "a charge that was kept without an account",
        |world, _, it| {
            world.users.remove(&it.paid.user);
        },
    ),
    (
        "something live of a registration that was undone",
        |world, _, it| {
            world.ledger.payment_methods[0]
                .registration_id
                .as_mut()
                .unwrap()
                .0 = it.declined;
        },
    ),
    (
        "something at the gateway that no registration knows of",
        |world, _, _| {
            world.ledger.customers[0].registration_id.0 = Uuid::nil();
        },
    ),
    (
        "money taken while the bank's answer is still awaited",
        |world, _, it| {
            let journal = world.registrations.get_mut(&it.paid.registration);
            journal.unwrap().status = "awaiting_action".to_owned();
        },
    ),
    ("an invoice that could still be paid", |world, _, it| {
        let payment = "requires_action".to_owned();
        world.open_invoices.push((it.declined, payment));
    }),
    ("more refunded than charged", |world, _, _| {
        world.ledger.charges[0].refunded_minor += 1;
    }),
    ("an answer that no client should see", |_, told, _| {
        told.unexpected.push("500".to_owned());
    }),
    (
        "an account that was promised and is gone",
        |world, _, it| {
            world.users.remove(&it.free.user);
        },
    ),
    (
        "an account, though the client was told that it failed",
        |_, told, it| {
            told.failed.push((it.paid.registration, 402));
        },
    ),
    (
        "a verification that was acknowledged and forgotten",
        |_, told, it| {
            told.verified.push(it.paid.registration);
        },
    ),
    ("two answers to one idempotency key", |_, told, _| {
        let (_, answers) = told.by_key.values_mut().next().unwrap();
        let mut other = answers[0].clone();
        other.body["registration"]["id"] = json!("another");
        answers.push(other);
    }),
    (
        "a step of a journey that was answered and is lost",
        |world, _, it| {
            let row = world.pending.get_mut(&it.left).unwrap();
            row.first_name = Some("Mallory".to_owned());
        },
    ),
    (
        "a journey that was left halfway and has left something",
        |world, _, it| {
            world.ledger.customers[0].registration_id.0 = it.left;
        },
    ),
    (
        "a journey that was completed and is not exactly one account",
        |_, told, it| {
            let said = told.walks.get_mut(&it.walked).unwrap();
            let mut other = said.opened[0].clone();
            other["user"]["id"] = json!("another");
            said.opened.push(other);
        },
    ),
    (
        "a pending registration that has outlived its time",
        |world, _, it| {
            world.pending.get_mut(&it.left).unwrap().is_over = true;
        },
    ),
    ("a card number or password in a file", |world, _, _| {
        world.files[0].1.extend(PASSWORD.as_bytes());
    }),
    ("a registration stuck in motion", |world, _, it| {
        let journal = world.registrations.get_mut(&it.declined);
        journal.unwrap().status = "undoing".to_owned();
    }),
    ("an opened account without its mail", |_, told, _| {
        told.mails.pop_first();
    }),
    ("a mail for what was never committed", |world, _, it| {
        let journal = world.registrations.get_mut(&it.free.registration);
        journal.unwrap().has_opened = false;
    }),
];

#[test]
fn each_planted_leftover_is_found() {
    let site = crate::sqlite::site();
    let mut service = Service::start(&site, &Settings::without_faults());
    let client = Client::new(service.port());
    let mut load = Load::new(Chance::new(0), &site);
    let sign_up = |email: &str, plan, card| {
        let journey = journey(email, plan, card);
        let answer = send(&client, &journey).unwrap();
        load.with_told(|told| told.hear(&journey, &answer));
        answer
    };
    let [paid, free, declined] = [
        sign_up("paid@example.com", "pro", "4242424242424242"),
        sign_up("free@example.com", "free", "4242424242424242"),
        sign_up("none@example.com", "pro", "4000000000000341"),
    ];
    let (walked, left) = walk(&mut load, &client);
    let registered = Registered {
        paid: account(&paid),
        free: account(&free),
        declined: registration_of(&declined).unwrap(),
        walked,
        left,
    };
    wait_until_settled(&site, SETTLING_LIMIT);
    load.harvest();
    let ledger = site.gateway.ledger(&client);
    service.stop();
    let read = || World::read(&site, ledger.clone());
    let told = load.into_told();
    assert_eq!(
        checks::broken(&read(), &told),
        "",
        "before anything is planted"
    );
    for (name, plant) in PLANTS {
        let (mut world, mut told) = (read(), told.clone());
        plant(&mut world, &mut told, &registered);
        let broken = checks::broken(&world, &told);
        assert!(broken.contains(name), "not found: {name}; found: {broken}");
    }
    assert_eq!(
        PLANTS.len(),
        checks::CHECKS.len(),
        "a check without a plant"
    );
}

#[test]
fn a_secret_in_any_table_of_postgresql_is_found() {
    let server = Arc::new(PostgresServer::start_without_fsync());
    let site = Site::on(&server);
    let mut service = Service::start(&site, &Settings::without_faults());
    let ledger = site.gateway.ledger(&Client::new(service.port()));
    service.stop();
    let found = || {
        let world = World::read(&site, ledger.clone());
        promises::secrets(&world, &Told::default()).len()
    };
    assert_eq!(found(), 0, "before anything is planted");
    let tables = [
        "planted",
        "enlist_sandbox.planted",
        "enlist_mailbox.planted",
    ];
    for table in tables {
        let planted = format!("CREATE TABLE {table} AS SELECT '{PASSWORD}' AS canary");
        site.tables.rows(&planted);
        assert_eq!(found(), 1, "not found in {table}");
        site.tables.rows(&format!("DROP TABLE {table}"));
    }
    site.tables
        .rows(&format!("DO $$ BEGIN RAISE WARNING '{PASSWORD}'; END $$"));
    assert!(found() > 0, "not found in the server's log");
}

/// One journey to its end, and one that is left before its last step; their ids.
fn walk(load: &mut Load, client: &Client) -> (Uuid, Uuid) {
    let whole = Walk {
        email: "walker@example.com".to_owned(),
        card: Card::GOOD,
        plan: "pro",
        leaves_before: None,
        ..Walk::new(&mut Chance::new(0), 0)
    };
    let half = Walk {
        email: "leaver@example.com".to_owned(),
        leaves_before: Some(Stage::Completion),
        ..whole.clone()
    };
    load.walk(client, vec![whole, half]);
    load.with_told(|told| {
        let of = |email: &str| {
            *told
                .walks
                .iter()
                .find(|(_, it)| it.email == email)
                .unwrap()
                .0
        };
        (of("walker@example.com"), of("leaver@example.com"))
    })
}

fn journey(email: &str, plan: &'static str, card: &'static str) -> Journey {
    Journey {
        email: email.to_owned(),
        card: Card::Raw(card),
        plan,
        key: Some(email.to_owned()),
        is_async: false,
        proof: Proof::Never,
        bank: Bank::Ignore,
    }
}

fn account(answer: &Answer) -> Account {
    let user = answer.body["user"]["id"].as_str().unwrap();
    Account {
        registration: registration_of(answer).unwrap(),
        user: user.parse().unwrap(),
    }
}
