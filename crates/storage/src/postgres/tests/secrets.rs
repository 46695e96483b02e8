//! What an error says may be logged: nobody's address, no value of a row, no password.

use enlist_registration::ports::Store;
use enlist_registration::state::Status;

use super::*;
use crate::contract::*;

/// What the samples have in their rows.
const PRIVATE: [&str; 6] = ["person", "somewhere", "Hopper", "Navy", "cus_", "$argon2id"];

fn assert_discreet(words: &str) {
    for private in PRIVATE {
        let words = words.to_lowercase();
        assert!(
            !words.contains(&private.to_lowercase()),
            "{private} in {words}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_the_constraint_and_no_value() {
    let on_server = OnServer::new(Isolation::default()).await;
    let world = on_server.world();
    let first = opened(&world, 1).await;
    let mut second = about_to_open(&world, begun(&world, 2).await);
    second.progress.customer = first.progress.customer;
    let job = mail_job(&world, &second);
    let open = on_server
        .store
        .open_account(&second, Status::Running, Some(&job), &[]);
    let words = chain(&open.await.unwrap_err());
    assert!(words.contains("one_user_per_customer"), "{words}");
    assert_discreet(&words);

    // A constraint that tells the whole row, if it is let.
    let mut endless = second.clone();
    endless.act_by = None;
    let saved = on_server.store.save(&endless, Status::Running, &[]).await;
    let words = chain(&saved.unwrap_err());
    assert!(words.contains("waiting_has_an_end"), "{words}");
    assert_discreet(&words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_is_not_quoted() {
    let on_server = OnServer::new(Isolation::default()).await;
    let world = on_server.world();
    let begun = begun(&world, 1).await;
    for spoilt in [
        r#"jsonb_set(intent, '{email}', '"person at somewhere"')"#,
        r#"jsonb_set(intent, '{profile}', '"Hopper, Navy"')"#,
        r#"jsonb_set(intent, '{password_hash}', '"$argon2id"')"#,
    ] {
        on_server
            .database
            .execute(&format!("UPDATE registrations SET intent = {spoilt}"));
        let fault = on_server.store.registration(begun.id).await.unwrap_err();
        let words = chain(&fault);
        assert!(
            words.contains("a registration's intent cannot be read"),
            "{words}"
        );
        assert_discreet(&words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_the_url_is_in_no_error() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let url = format!("postgres://enlist:open-sesame@127.0.0.1:{port}/enlist");
    let refused = open_store(&url, PostgresOptions::default())
        .await
        .err()
        .unwrap();
    let words = chain(&refused);
    assert!(words.contains("cannot be reached"), "{words}");
    assert!(!words.contains("sesame"), "{words}");

    let database = test_database();
    let url = database.url().replace("enlist@", "nobody:open-sesame@");
    let refused = open_store(&url, PostgresOptions::default())
        .await
        .err()
        .unwrap();
    assert!(!chain(&refused).contains("sesame"), "{}", chain(&refused));
}
