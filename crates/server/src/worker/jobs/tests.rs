//! How much of a batch is done: not more than its lease has time for, and nothing once told to stop.

mod reflect;

use std::sync::Mutex;

use async_trait::async_trait;
use enlist_domain::RawSignUp;
use enlist_registration::ports::Clock;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::config::Settings;
use crate::mail::{Mail, MailOutcome, Mailer};
use crate::sign_up::{Attempt, sign_up};

/// A clock that the test moves.
struct Hands(Mutex<Timestamp>);

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = later(*now, duration);
    }
}

/// Accepts mails; something happens meanwhile.
struct Meanwhile<F>(F, Mutex<usize>);

#[async_trait]
impl<F: Fn() + Send + Sync> Mailer for Meanwhile<F> {
    async fn send(&self, _mail: &Mail) -> MailOutcome {
        *self.1.lock().unwrap() += 1;
        (self.0)();
        MailOutcome::Accepted
    }
}

impl<F> Meanwhile<F> {
    fn new(happens: F) -> Arc<Self> {
        Arc::new(Self(happens, Mutex::new(0)))
    }

    fn mails(&self) -> usize {
        *self.1.lock().unwrap()
    }
}

fn person(number: usize) -> RawSignUp {
    let text = |text: &str| Some(text.to_owned());
    RawSignUp {
        email: Some(format!("ada{number}@example.com")),
        password: Some("correct horse battery staple 7".into()),
        first_name: text("Ada"),
        last_name: text("Lovelace"),
        address: text("12 Main Street"),
        city: text("Springfield"),
        state: text("IL"),
        zip: text("62701"),
        payment_method: Some("tok_visa".into()),
        ..RawSignUp::default()
    }
}

/// A service without workers.
async fn service() -> (Arc<App>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("ENLIST_DATA_DIR", folder.path().display().to_string()),
        ("ENLIST_PASSWORDS__MEMORY_KIB", "8".to_owned()),
        ("ENLIST_PASSWORDS__PASSES", "1".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let settings = Settings::from_sources(None, variables.into()).unwrap();
    let url = "http://localhost".to_owned();
    let app = Arc::new(App::open(settings, url, None).await.unwrap());
    (app, folder)
}

/// The same, with so many mails to be sent.
async fn with_mails(count: usize) -> (App, TempDir) {
    let (app, folder) = service().await;
    for number in 0..count {
        let attempt = sign_up(&app, person(number), None, None, Duration::from_secs(60)).await;
        assert!(matches!(attempt.unwrap(), Attempt::Stands(_)));
    }
    app.drivers.finish(Duration::from_secs(60)).await;
    let app = Arc::into_inner(app).unwrap();
    (app, folder)
}

#[tokio::test]
async fn a_batch_ends_while_its_lease_has_time_for_a_call() {
    let (mut app, _folder) = with_mails(3).await;
    let clock = Arc::new(Hands(Mutex::new(app.clock.now())));
    let limits = &app.settings.limits;
    let spare = limits.lease - app.settings.mail.timeout;
    let slow = {
        let clock = Arc::clone(&clock);
        let pace = spare.mul_f64(0.75);
        Meanwhile::new(move || {
            let mut now = clock.0.lock().unwrap();
            *now = later(*now, pace);
        })
    };
    app.clock = clock;
    app.mailer = Arc::clone(&slow) as _;
    let (_stop, stopped) = watch::channel(false);
    work(&app, JobKind::VerificationMail, &stopped).await;
    // After the first there is time for a call, after the second there is not.
    assert_eq!(slow.mails(), 2);
}

#[tokio::test]
async fn whoever_is_told_to_stop_ends_with_the_job_in_hand() {
    let (mut app, _folder) = with_mails(3).await;
    let (stop, stopped) = watch::channel(false);
    let stopping = Meanwhile::new(move || {
        stop.send_replace(true);
    });
    app.mailer = Arc::clone(&stopping) as _;
    work(&app, JobKind::VerificationMail, &stopped).await;
    assert_eq!(stopping.mails(), 1);
}

#[tokio::test]
async fn a_job_that_another_worker_has_meanwhile_is_no_error() {
    let (mut app, folder) = with_mails(1).await;
    let database = folder.path().join("enlist.db");
    let overtaken = Meanwhile::new(move || {
        let connection = Connection::open(&database).unwrap();
        let taken = connection.execute("UPDATE jobs SET generation = generation + 1", []);
        assert_eq!(taken.unwrap(), 1);
    });
    app.mailer = overtaken;
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || lines.clone())
        .finish();
    let (_stop, stopped) = watch::channel(false);
    let listening = tracing::subscriber::set_default(subscriber);
    work(&app, JobKind::VerificationMail, &stopped).await;
    drop(listening);
    let log = log.text();
    assert!(log.contains("another worker has it"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_that_panics_is_started_again() {
    let (app, _folder) = service().await;
    let mut app = Arc::into_inner(app).unwrap();
    app.clock = Arc::new(Hands(Mutex::new(Timestamp::UNIX_EPOCH)));
    let started = Arc::new(Mutex::new(0));
    let (_stop, stopped) = watch::channel(false);
    let count = Arc::clone(&started);
    let worker = move |_, _| -> crate::tasks::Work {
        *count.lock().unwrap() += 1;
        let is_first = *count.lock().unwrap() == 1;
        Box::pin(async move { assert!(!is_first, "as if it had a bug") })
    };
    let app = Arc::new(app);
    crate::worker::again_after_panics(app, "any", Box::new(worker), stopped).await;
    assert_eq!(*started.lock().unwrap(), 2);
}
