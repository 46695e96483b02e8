//! The mailbox's promises, in a file and on PostgreSQL.

use std::sync::Arc;

use enlist_postgres::PostgresUrl;
use enlist_test_servers::{Database, PgBouncer, test_database};
use tempfile::TempDir;

use super::*;

/// Where mailboxes can be opened, one after the other or several at once.
#[derive(Clone)]
enum Place {
    Folder(Arc<TempDir>),
    Database(Arc<Database>),
}

impl Place {
    fn all() -> [Self; 2] {
        let folder = tempfile::tempdir().unwrap();
        [
            Self::Folder(Arc::new(folder)),
            Self::Database(Arc::new(test_database())),
        ]
    }

    async fn open(&self) -> Mailbox {
        match self {
            Self::Folder(folder) => Mailbox::open(&folder.path().join("mailbox.db")).unwrap(),
            Self::Database(database) => on_postgres(&database.url()).await,
        }
    }
}

async fn on_postgres(url: &str) -> Mailbox {
    let url = PostgresUrl::parse(url).unwrap();
    Mailbox::on_postgres(url.connector().unwrap())
        .await
        .unwrap()
}

fn mail(number: u32) -> Mail {
    Mail {
        message_id: format!("<{number}@enlist>"),
        from: "enlist@example.com".to_owned(),
        to: "jane@example.com".to_owned(),
        subject: format!("Mail {number}"),
        text: "Open the link; or don't.".to_owned(),
        html: "<p>Öffne den Link</p>".to_owned(),
        sent_at: "2026-11-20T12:00:00.123456Z".parse().unwrap(),
    }
}

async fn subjects(mailbox: &Mailbox) -> Vec<String> {
    let mails = mailbox.mails().await.unwrap();
    mails.into_iter().map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn a_mail_is_kept_as_it_was_sent_and_the_newest_is_first() {
    for place in Place::all() {
        let mailbox = place.open().await;
        for number in [1, 2] {
            assert_eq!(mailbox.send(&mail(number)).await, MailOutcome::Accepted);
        }
        assert_eq!(subjects(&mailbox).await, ["Mail 2", "Mail 1"]);
        let newest = mailbox.mails().await.unwrap().swap_remove(0);
        let found = mailbox.mail(newest.id).await.unwrap().unwrap();
        let sent = mail(2);
        assert_eq!(found.message_id, sent.message_id);
        assert_eq!((found.from, found.to), (sent.from, sent.to));
        assert_eq!((found.text, found.html), (sent.text, sent.html));
        assert_eq!(found.sent_at, sent.sent_at.to_string());
        assert!(mailbox.mail(newest.id + 1).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_repeat_is_kept_once_whoever_sends_it() {
    for place in Place::all() {
        let (one, two) = (place.open().await, place.open().await);
        for mailbox in [&one, &two, &one] {
            assert_eq!(mailbox.send(&mail(1)).await, MailOutcome::Accepted);
        }
        assert_eq!(subjects(&two).await, ["Mail 1"]);
        two.send(&mail(2)).await;
        assert_eq!(subjects(&one).await, ["Mail 2", "Mail 1"]);
    }
}

#[tokio::test]
async fn what_was_accepted_is_there_after_a_restart() {
    for place in Place::all() {
        assert_eq!(
            place.open().await.send(&mail(1)).await,
            MailOutcome::Accepted
        );
        assert_eq!(subjects(&place.open().await).await, ["Mail 1"]);
    }
}

#[tokio::test]
async fn the_oldest_mails_make_room() {
    let in_memory = Mailbox::in_memory().unwrap();
    let database = test_database();
    for mailbox in [in_memory, on_postgres(&database.url()).await] {
        for number in 0..MOST_MAILS {
            mailbox.send(&mail(number)).await;
        }
        // A repeat pushes nobody out.
        mailbox.send(&mail(7)).await;
        let kept = subjects(&mailbox).await;
        assert_eq!(kept.len(), MOST_MAILS as usize);
        assert_eq!(kept.last().unwrap(), "Mail 0");
        for number in [MOST_MAILS, MOST_MAILS + 1] {
            assert_eq!(mailbox.send(&mail(number)).await, MailOutcome::Accepted);
        }
        let kept = subjects(&mailbox).await;
        assert_eq!(kept.len(), MOST_MAILS as usize);
        assert_eq!(kept.last().unwrap(), "Mail 2");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_may_open_it_and_send_at_once() {
    for place in Place::all() {
        let mut sending = tokio::task::JoinSet::new();
        for number in 0..4 {
            let place = place.clone();
            sending.spawn(async move {
                let mailbox = place.open().await;
                (
                    mailbox.send(&mail(number)).await,
                    mailbox.send(&mail(9)).await,
                )
            });
        }
        for outcomes in sending.join_all().await {
            assert_eq!(outcomes, (MailOutcome::Accepted, MailOutcome::Accepted));
        }
        assert_eq!(subjects(&place.open().await).await.len(), 5);
    }
}

#[tokio::test]
async fn a_connection_that_is_terminated_is_replaced() {
    let database = test_database();
    let mailbox = on_postgres(&database.url()).await;
    for number in 1..=3 {
        let terminated = database.query_text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        assert_eq!(terminated.len(), 1);
        assert_eq!(mailbox.send(&mail(number)).await, MailOutcome::Accepted);
    }
    assert_eq!(subjects(&mailbox).await.len(), 3);
}

#[tokio::test]
async fn a_mail_that_cannot_be_kept_now_is_to_be_sent_again() {
    let database = test_database();
    let mailbox = on_postgres(&database.url()).await;
    database.execute("ALTER TABLE enlist_mailbox.mails RENAME TO elsewhere");
    let refused = mailbox.send(&mail(1)).await;
    assert!(matches!(&refused, MailOutcome::Temporary(_)), "{refused:?}");
    mailbox.mails().await.unwrap_err();
    database.execute("ALTER TABLE enlist_mailbox.elsewhere RENAME TO mails");
    assert_eq!(mailbox.send(&mail(1)).await, MailOutcome::Accepted);
    assert_eq!(subjects(&mailbox).await, ["Mail 1"]);
}

#[tokio::test]
async fn a_pooler_that_hands_out_connections_by_the_transaction_may_stand_between() {
    let database = test_database();
    let pooler = PgBouncer::transaction_mode_for(&database, 2);
    let mut mailboxes = Vec::new();
    for _ in 0..4 {
        mailboxes.push(on_postgres(&pooler.url()).await);
    }
    for (number, mailbox) in (1..).zip(&mailboxes) {
        assert_eq!(mailbox.send(&mail(number)).await, MailOutcome::Accepted);
    }
    assert_eq!(subjects(&mailboxes[0]).await.len(), 4);
}
