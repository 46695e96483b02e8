//! Which files are opened, which are refused and with which sentence, and what stays in them.

use enlist_registration::ports::Store;
use tempfile::TempDir;

use super::*;
use crate::OpenFault;
use crate::contract::{begun, opened, stored, undone};

#[tokio::test]
async fn a_file_is_opened_again_with_all_that_is_in_it() {
    let on_file = OnFile::new(Mode::Threaded);
    let written = begun(&on_file.world(), 1).await;
    on_file.store.close().await;
    let again =
        SqliteStore::open(&on_file.path(), options(Mode::Inline), TestClock::new()).unwrap();
    assert!(again.registration(written.id).await.unwrap().is_some());
}

#[test]
fn a_newer_schema_is_refused_with_a_sentence() {
    let on_file = OnFile::new(Mode::Inline);
    let newer = "INSERT INTO refinery_schema_history
                 VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
    on_file.connection().execute(newer, []).unwrap();
    let path = on_file.path();
    for refused in [
        SqliteStore::open(&path, options(Mode::Inline), TestClock::new())
            .err()
            .unwrap(),
        SqliteStore::for_reading(&path).err().unwrap(),
    ] {
        assert!(matches!(
            refused,
            OpenFault::NewerSchema {
                found: 99,
                known: 6,
                ..
            }
        ));
        let sentence = refused.to_string();
        assert!(
            sentence.contains("was migrated by a newer version of Enlist"),
            "{sentence}"
        );
    }
}

#[test]
fn what_is_not_a_database_of_ours_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let open = |name: &str| {
        let path = directory.path().join(name);
        SqliteStore::open(&path, options(Mode::Inline), TestClock::new())
            .err()
            .unwrap()
    };
    let text = "not a database at all, but long enough to be read as a header of one\n".repeat(20);
    std::fs::write(directory.path().join("text"), &text).unwrap();
    assert!(matches!(open("text"), OpenFault::NotADatabase { .. }));
    assert_eq!(
        std::fs::read_to_string(directory.path().join("text")).unwrap(),
        text
    );

    let other = rusqlite::Connection::open(directory.path().join("other")).unwrap();
    other
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    assert!(matches!(open("other"), OpenFault::NotOurs { .. }));
    let tables: i64 = other
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);

    assert!(matches!(
        open("no/such/directory/enlist.db"),
        OpenFault::CannotOpen { .. }
    ));
}

#[tokio::test]
async fn the_command_line_reads_beside_the_server_and_never_writes() {
    let on_file = OnFile::new(Mode::Threaded);
    let world = on_file.world();
    let written = begun(&world, 1).await;
    let reading = SqliteStore::for_reading(&on_file.path()).unwrap();
    assert!(reading.registration(written.id).await.unwrap().is_some());
    let later = begun(&world, 2).await;
    assert!(reading.registration(later.id).await.unwrap().is_some());
    let refused = reading.count_code_attempt(written.id).await.unwrap_err();
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert_eq!(source, "the database is open for reading only");
    assert_eq!(
        stored(&world, written.id).await.lease,
        written.lease,
        "leases are left alone"
    );
}

#[test]
fn a_file_that_is_not_there_or_has_no_schema_cannot_be_read() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("enlist.db");
    let missing = SqliteStore::for_reading(&path).err().unwrap();
    assert!(
        matches!(missing, OpenFault::CannotOpen { .. }),
        "{missing:?}"
    );
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    let empty = SqliteStore::for_reading(&path).err().unwrap();
    assert!(
        matches!(
            empty,
            OpenFault::OlderSchema {
                found: 0,
                known: 6,
                ..
            }
        ),
        "{empty:?}"
    );
}

#[tokio::test]
async fn what_is_forgotten_is_in_no_file_any_more() {
    for mode in [Mode::Threaded, Mode::Inline] {
        let on_file = OnFile::new(mode);
        let world = on_file.world();
        let waiting = opened(&world, 1).await;
        let undone = undone(&world, 2).await;
        assert!(is_in_a_file(&on_file, "person1@"), "{mode:?}");
        assert!(is_in_a_file(&on_file, "person2@"), "{mode:?}");
        world.pass_seconds(100);
        let never = jiff::Timestamp::UNIX_EPOCH;
        assert_eq!(world.store.forget(world.now(), never, 10).await.unwrap(), 1);
        for of_one in ["person2@", "Person2@", "pm_2"] {
            assert!(!is_in_a_file(&on_file, of_one), "{of_one} in {mode:?}");
        }
        assert!(is_in_a_file(&on_file, "person1@"), "{mode:?}");
        assert!(stored(&world, undone.id).await.rested_at.is_some());
        assert!(
            world
                .store
                .user(waiting.intent.user)
                .await
                .unwrap()
                .is_some()
        );
    }
}

#[tokio::test]
async fn the_password_and_the_card_are_in_no_file() {
    let on_file = OnFile::new(Mode::Threaded);
    opened(&on_file.world(), 1).await;
    assert!(is_in_a_file(&on_file, "•••• 4242"));
    assert!(!is_in_a_file(&on_file, "4242424242424242"));
}

fn is_in_a_file(on_file: &OnFile, text: &str) -> bool {
    std::fs::read_dir(on_file.directory.path())
        .unwrap()
        .any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        })
}
