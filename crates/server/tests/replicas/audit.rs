//! Who drives what: a trigger of the test's own notes each write of a driver with the name of its
//! connection, which is new for every process start. No generation may have two drivers.

use std::sync::Arc;

use enlist_test_servers::PostgresServer;

use crate::cluster::Cluster;
use crate::support::chance::Chance;
use crate::support::journeys::Journey;
use crate::support::person::send;
use crate::support::postgres::Link;
use crate::support::service::Settings;
use crate::support::site::Site;
use crate::support::tables::{Tables, number};

/// Only a driver changes status, progress, owner or lease. What persons cause beside it
/// (`next_seq`, `mail_serial`, `last_mail_at`, `code_attempts`) is nobody's driving. A takeover is a
/// new generation of what somebody still had in hand.
const TRIGGER: &str = "
    CREATE SCHEMA audit;
    CREATE TABLE audit.writes (
        registration uuid NOT NULL, generation bigint NOT NULL, driver text NOT NULL,
        taken_from uuid);
    CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO audit.writes VALUES (NEW.id, NEW.generation,
            current_setting('application_name'),
            CASE WHEN TG_OP = 'UPDATE' AND NEW.generation <> OLD.generation THEN OLD.owner END);
        RETURN NULL;
    END $$;
    CREATE TRIGGER begun AFTER INSERT ON registrations
    FOR EACH ROW EXECUTE FUNCTION audit.note();
    CREATE TRIGGER driven AFTER UPDATE ON registrations
    FOR EACH ROW WHEN (
        (OLD.status, OLD.progress, OLD.owner, OLD.lease_expires_at, OLD.generation)
        IS DISTINCT FROM
        (NEW.status, NEW.progress, NEW.owner, NEW.lease_expires_at, NEW.generation))
    EXECUTE FUNCTION audit.note()";

/// Notes everything from now on; the tables must be there.
pub fn install(tables: &dyn Tables) {
    tables.rows(TRIGGER);
}

/// What was noted.
pub struct Audit {
    /// Writes of drivers.
    pub writes: i64,
    /// Registrations taken from whoever had them in hand.
    pub takeovers: i64,
    /// Registration and generation, and the drivers that it had.
    pub rivals: Vec<String>,
}

impl Audit {
    pub fn read(tables: &dyn Tables) -> Self {
        let counts = tables.rows("SELECT count(*), count(taken_from) FROM audit.writes");
        let rivals = tables.rows(
            "SELECT registration || ' g' || generation || ': ' || string_agg(DISTINCT driver, ', ')
             FROM audit.writes GROUP BY registration, generation
             HAVING count(DISTINCT driver) > 1",
        );
        Self {
            writes: number(&counts[0], 0).unwrap(),
            takeovers: number(&counts[0], 1).unwrap(),
            rivals: rivals.into_iter().flatten().flatten().collect(),
        }
    }
}

#[test]
fn a_second_driver_of_one_generation_is_noticed() {
    let server = Arc::new(PostgresServer::start_without_fsync());
    let mut cluster = Cluster::start(1, Site::on(&server), &Settings::without_faults());
    let journey = Journey {
        email: "ada@example.com".to_owned(),
        plan: "pro",
        ..Journey::new(&mut Chance::new(0), 0)
    };
    send(&cluster.client(), &journey).unwrap();
    let tables = Arc::clone(&cluster.site.tables);
    cluster.stop();
    let audit = Audit::read(&*tables);
    assert!(audit.writes > 1, "{} writes were noted", audit.writes);
    assert_eq!(audit.rivals, [""; 0]);

    let mut intruder = Link::new(&format!("{}?application_name=intruder", cluster.url()));
    let beside = "UPDATE registrations SET next_seq = next_seq + 1, code_attempts = 1";
    intruder.query(beside).unwrap();
    assert_eq!(Audit::read(&*tables).rivals, [""; 0], "it drove nothing");
    let driving = r#"UPDATE registrations SET progress = progress || '{"planted": true}'"#;
    intruder.query(driving).unwrap();
    let rivals = Audit::read(&*tables).rivals;
    assert!(
        rivals.len() == 1 && rivals[0].contains("g1: intruder, replica-a-1"),
        "{rivals:?}"
    );
}
