//! Twenty at once want the same, at two replicas, under each isolation of the database.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use enlist_test_servers::PostgresServer;

use crate::cluster::Cluster;
use crate::support::chance::Chance;
use crate::support::client::Answer;
use crate::support::figures::Figures;
use crate::support::journeys::{Card, Journey};
use crate::support::load::Load;
use crate::support::person::send;
use crate::support::service::Settings;
use crate::support::site::Site;
use crate::support::stock;
use crate::support::telling::registration_of;

const AT_ONCE: usize = 20;

/// So often, since each time somebody else is first.
const REPETITIONS: usize = 3;

#[test]
fn twenty_at_once_make_one_account_under_read_committed() {
    twenty_at_once_make_one_account("read_committed");
}

#[test]
fn twenty_at_once_make_one_account_under_repeatable_read() {
    twenty_at_once_make_one_account("repeatable_read");
}

#[test]
fn twenty_at_once_make_one_account_under_serializable() {
    twenty_at_once_make_one_account("serializable");
}

fn twenty_at_once_make_one_account(isolation: &str) {
    let server = Arc::new(PostgresServer::start_without_fsync());
    let name = "ENLIST_DATABASE__ISOLATION";
    let settings = Settings::with(vec![(name, isolation.to_owned())]);
    let mut cluster = Cluster::start(2, Site::on(&server), &settings);
    let mut load = Load::new(Chance::new(0), &cluster.site);
    for repetition in 0..REPETITIONS {
        let stranger = person(format!("many-{repetition}@example.com"), None);
        let answers = all_at_once(&cluster, &load, &stranger);
        assert_eq!(
            count(&answers),
            BTreeMap::from([(201, 1), (409, AT_ONCE - 1)])
        );

        let key = format!("key-{repetition}");
        let impatient = person(format!("one-{repetition}@example.com"), Some(key));
        let answers = all_at_once(&cluster, &load, &impatient);
        let counts = count(&answers);
        let is_right = |status| matches!(status, 201 | 202 | 409);
        assert!(counts.keys().copied().all(is_right), "{counts:?}");
        let mut begun: Vec<_> = answers.iter().filter_map(registration_of).collect();
        begun.dedup();
        assert_eq!((begun.len(), counts.contains_key(&201)), (1, true));
    }
    let mut figures = Figures::default();
    let ledger = stock::settle(&cluster.site, &mut load, &cluster.client(), &mut figures);
    cluster.stop();
    let world = stock::take(cluster.site, load, ledger, &mut figures, isolation);
    assert_eq!(world.users.len(), 2 * REPETITIONS);
    assert_eq!(world.registrations.len(), 2 * REPETITIONS);
}

/// Sends a sign-up twenty times at the same moment, to one replica and the other in turn.
fn all_at_once(cluster: &Cluster, load: &Load, journey: &Journey) -> Vec<Answer> {
    let replicas = cluster.replicas.iter().cycle().take(AT_ONCE);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let asking: Vec<_> = replicas
            .map(|replica| scope.spawn(|| send(&replica.client(), journey).unwrap()))
            .collect();
        let answered = asking.into_iter().map(|asking| asking.join().unwrap());
        answered.collect()
    });
    load.with_told(|told| answers.iter().for_each(|answer| told.hear(journey, answer)));
    answers
}

fn count(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

fn person(email: String, key: Option<String>) -> Journey {
    Journey {
        email,
        key,
        card: Card::Token("pm_card_visa"),
        plan: "pro",
        is_async: false,
        ..Journey::new(&mut Chance::new(0), 0)
    }
}
