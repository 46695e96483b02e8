//! `enlist migrate`, and services that may not migrate.

use enlist_test_servers::test_database;
use serde_json::Value;

use crate::process::{Folder, ended_with, person};

const URL: &str = "ENLIST_DATABASE__URL";

/// Migrates twice, and says what was said.
fn migrate_twice(folder: &Folder, variables: &[(&str, &str)]) {
    let (said, _) = ended_with(&folder.run_with(&["migrate"], variables), 0);
    assert!(said.contains("from 0 to "), "{said}");
    let (said, _) = ended_with(&folder.run_with(&["migrate"], variables), 0);
    assert!(said.contains("is up to date"), "{said}");
    let (said, _) = ended_with(&folder.run_with(&["migrate", "--json"], variables), 0);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["from"], said["to"]);
    assert!(said["to"].as_i64() > Some(0), "{said}");
}

#[test]
fn an_empty_database_is_brought_up_to_date_once() {
    let (folder, database) = (Folder::new(), test_database());
    migrate_twice(&folder, &[(URL, database.url().as_str())]);
    let tables = database.query_text("SELECT to_regclass('registrations') IS NOT NULL");
    assert_eq!(tables[0][0].as_deref(), Some("t"));
    assert!(
        !folder.data_dir().exists(),
        "whoever migrates a server needs no data directory"
    );
}

#[test]
fn a_file_is_made_and_brought_up_to_date_once() {
    let folder = Folder::new();
    migrate_twice(&folder, &[]);
    assert!(folder.data_dir().join("enlist.db").exists());
}

#[test]
fn a_file_is_not_migrated_under_a_service() {
    let folder = Folder::new();
    let serving = folder.serve(&[]);
    let (_, error) = ended_with(&folder.run(&["migrate"]), 1);
    assert!(error.contains("another enlist is serving from"), "{error}");
    drop(serving);
}

#[test]
fn a_service_that_may_not_migrate_refuses_an_old_schema_and_says_what_to_run() {
    let database = test_database();
    let url = database.url();
    let may_not = ("ENLIST_DATABASE__MIGRATE", "false");
    for place in [&[(URL, url.as_str())][..], &[]] {
        let folder = Folder::new();
        let variables = [place, &[may_not]].concat();
        let (_, error) = ended_with(&folder.run_with(&["serve"], &variables), 1);
        assert!(error.contains("enlist migrate"), "{error}");
        ended_with(&folder.run_with(&["migrate"], &variables), 0);
        assert!(folder.serve(&variables).terminate().success());
    }
}

#[test]
fn a_new_key_is_never_made_up() {
    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let migrate = ["migrate", "--new-key"];
    for place in [&[(URL, url.as_str())][..], &[]] {
        let (_, error) = ended_with(&folder.run_with(&migrate, place), 1);
        for words in ["ENLIST_SECRET_KEY", "data directory"] {
            assert!(error.contains(words), "{words} is missing in {error}");
        }
        assert!(!folder.data_dir().exists(), "nothing was made");
    }
    let tables = database.query_text("SELECT to_regclass('registrations') IS NOT NULL");
    assert_eq!(tables[0][0].as_deref(), Some("f"), "nor was it migrated");
}

#[test]
fn a_configured_key_is_accepted_from_where_there_is_no_data_directory() {
    let (folder, service, database) = (Folder::new(), Folder::new(), test_database());
    let url = database.url();
    let place = (URL, url.as_str());
    assert!(service.serve(&[place]).terminate().success());
    let key = (
        "ENLIST_SECRET_KEY",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    );
    let run = |arguments: &[&str]| ended_with(&folder.run_with(arguments, &[place, key]), 0).0;
    let said = run(&["migrate", "--new-key"]);
    assert!(said.contains("from secret_key"), "{said}");
    let said = run(&["migrate", "--new-key", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["new_key"], &said["new_key_from"]),
        (&true.into(), &"secret_key".into())
    );
    assert!(!folder.data_dir().exists());
    assert!(folder.serve(&[place, key]).terminate().success());
}

#[test]
fn a_newer_schema_is_refused() {
    let (folder, database) = (Folder::new(), test_database());
    let url = database.url();
    let variables = [(URL, url.as_str())];
    ended_with(&folder.run_with(&["migrate"], &variables), 0);
    database.execute(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
         VALUES (9999, 'of_the_future', '2099-01-01T00:00:00Z', '0')",
    );
    for command in ["migrate", "serve"] {
        let (_, error) = ended_with(&folder.run_with(&[command], &variables), 1);
        assert!(error.contains("newer version"), "{command}: {error}");
    }
}

#[test]
fn a_service_whose_role_may_change_no_table_serves_after_a_migration() {
    let database = test_database();
    let role = format!("{}_service", database.name());
    let folder = Folder::new();
    ended_with(
        &folder.run_with(&["migrate"], &[(URL, database.url().as_str())]),
        0,
    );
    database.execute(&format!("CREATE ROLE {role} LOGIN"));
    let schemas = "SELECT nspname FROM pg_namespace
                   WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'";
    for schema in database.query_text(schemas) {
        let schema = schema[0].clone().unwrap();
        database.execute(&format!(
            "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC;
             GRANT USAGE ON SCHEMA {schema} TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"
        ));
    }
    let url = database.url().replace("//enlist@", &format!("//{role}@"));
    let serving = folder.serve(&[(URL, url.as_str()), ("ENLIST_DATABASE__MIGRATE", "false")]);
    let answer = serving.post_json("/api/users", &person("ada@example.com"), &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    drop(serving);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}
