//! The server's disk is full: the operator reads it, nothing is half done, and room is all it takes.

use enlist_registration::ports::{Begun, NewRegistration, Opened, Store};
use enlist_registration::state::Status;
use enlist_test_servers::SmallDisk;

use super::*;
use crate::contract::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_named_leaves_nothing_half_written_and_needs_only_room() {
    let disk = SmallDisk::start(64);
    let database = disk.server().create_database();
    let url = database.url();
    let on_server = OnServer::at(&url, database, options(Isolation::default())).await;
    let world = on_server.world();
    let opening = about_to_open(&world, begun(&world, 1).await);
    disk.fill();

    let job = mail_job(&world, &opening);
    let open = || {
        on_server
            .store
            .open_account(&opening, Status::Running, Some(&job), &[])
    };
    let words = chain(&open().await.unwrap_err());
    assert!(words.contains("failed to open an account"), "{words}");
    assert!(words.contains("No space left on device"), "{words}");
    assert_eq!(stored(&world, opening.id).await.status, Status::Running);
    for table in ["users", "profiles", "billing_info", "subscriptions", "jobs"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(on_server.value(&count), "0", "{table}");
    }

    // The page that is there takes some more.
    let mut refused = None;
    let mut number = 2;
    while refused.is_none() {
        let next = registration(&world, number);
        let begun = on_server
            .store
            .begin(NewRegistration::of(&next, FIRST))
            .await;
        refused = begun.err().map(|fault| (next, chain(&fault)));
        number += 1;
    }
    let (refused, words) = refused.unwrap();
    assert!(words.contains("failed to begin a registration"), "{words}");
    assert!(words.contains("No space left on device"), "{words}");
    assert!(
        on_server
            .store
            .registration(refused.id)
            .await
            .unwrap()
            .is_none()
    );

    disk.free();
    assert_eq!(open().await.unwrap(), Opened::Opened);
    let begun = on_server
        .store
        .begin(NewRegistration::of(&refused, FIRST))
        .await;
    assert!(matches!(begun, Ok(Begun::Begun)), "{begun:?}");
}
