//! What every run needs and none changes: addresses, profiles, plans, passwords. Made once, because
//! judging a password takes longer than simulating a registration.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use enlist::app::stripe_client;
use enlist::config::Settings as Configuration;
use enlist_domain::{
    CardNumber, CardRequirement, Country, EmailAddress, Expiry, Field, Password, PasswordHash,
    Payment, Plan, PlanCatalogue, Profile, RawCard, RawSignUp, SecurityCode, SignUp, SignUpRules,
};
use enlist_gateways::stripe::Stripe;
use enlist_registration::ports::Clock;
use enlist_storage::{Mode, SqliteOptions, SqliteStore};
use jiff::Timestamp;
use jiff::civil::date;
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempPath;
use tokio::runtime::{Builder, EnterGuard, Runtime};

use crate::executor::{Executor, locked};
use crate::gateway::Card;
use crate::pair::at_once;

/// How many addresses there are.
pub const ADDRESSES: usize = 64;

/// Short, because what it takes to judge one grows with the square of its length.
pub const PASSWORD: &str = "q7#Vz!k2";
/// On the back of every card.
pub const SECURITY_CODE: &str = "987";

/// What every password becomes: hashing is not what is simulated here.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlIHNhbA\
                    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// See above.
pub struct Stock {
    emails: Vec<EmailAddress>,
    profile: Profile,
    plans: PlanCatalogue,
    hash: PasswordHash,
    /// The same plans, as a configuration has them with Stripe.
    plans_file: TempPath,
    /// Nothing runs on it, and no time passes on it: streams of events want one before they set their timers.
    runtime: Runtime,
    stripe: OnceLock<Arc<Stripe>>,
    /// Passwords that were hashed, and can be given again.
    passwords: Mutex<Vec<Password>>,
    /// A database that was used, and can be again: making one takes as long as many registrations.
    databases: Mutex<Vec<(Arc<SqliteStore>, Arc<SharedClock>)>>,
}

/// The clock of a database that outlives a run.
pub struct SharedClock(Mutex<Arc<Executor>>);

#[async_trait]
impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        locked(&self.0).now()
    }

    async fn sleep(&self, duration: Duration) {
        let executor = Arc::clone(&locked(&self.0));
        executor.sleep(duration).await;
    }
}

/// See [`Stock::database`].
pub struct Database {
    pub store: Arc<SqliteStore>,
    clock: Arc<SharedClock>,
}

/// How somebody pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// With a token from their browser.
    Token(Card),
    /// With the card's number.
    Number(Card),
    /// Not at all: the plan is free, and asks for no card.
    Nobody,
}

impl Stock {
    /// Fails only if the domain's rules refuse what is written here.
    pub fn new() -> anyhow::Result<Self> {
        let plans = PlanCatalogue::default();
        let address = |number: usize| EmailAddress::parse(&format!("person{number}@example.com"));
        let emails: Result<Vec<_>, _> = (0..ADDRESSES).map(address).collect();
        Ok(Self {
            emails: emails?,
            profile: sign_up(&plans)?.profile,
            hash: PasswordHash::parse(HASH)?,
            plans,
            plans_file: plans_file()?,
            stripe: OnceLock::new(),
            runtime: Builder::new_current_thread().enable_time().build()?,
            passwords: Mutex::default(),
            databases: Mutex::default(),
        })
    }

    /// The address of this number.
    pub fn email(&self, number: usize) -> EmailAddress {
        self.emails[number % ADDRESSES].clone()
    }

    /// Names and address, the same for everybody.
    pub fn profile(&self) -> Profile {
        self.profile.clone()
    }

    /// The plan that costs something, or the one that does not.
    pub fn plan(&self, is_paid: bool) -> Option<Plan> {
        self.plans.get(plan_name(is_paid)).cloned()
    }

    /// While this is held, whoever asks for a runtime has one.
    pub fn runtime(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }

    /// A client of Stripe's, for pages that ask whether there is one: nothing is sent by it. Made once, because
    /// it reads every certificate of the system.
    pub fn stripe(&self, settings: &Configuration) -> anyhow::Result<Arc<Stripe>> {
        if let Some(stripe) = self.stripe.get() {
            return Ok(Arc::clone(stripe));
        }
        let configured = settings.gateway.stripe().context("the gateway is Stripe")?;
        let stripe = Arc::new(stripe_client(configured, settings)?);
        Ok(Arc::clone(self.stripe.get_or_init(|| stripe)))
    }

    /// Where a configuration with the plans is.
    pub fn plans_file(&self) -> &Path {
        &self.plans_file
    }

    /// What every password becomes.
    pub fn hash(&self) -> PasswordHash {
        self.hash.clone()
    }

    /// A password, judged once and used often.
    pub fn password(&self) -> Password {
        let used = locked(&self.passwords).pop();
        used.unwrap_or_else(|| {
            Password::parse(SecretString::from(PASSWORD), &[])
                .unwrap_or_else(|fault| unreachable!("the password is strong: {fault}"))
        })
    }

    /// It can be given again.
    pub fn take_back(&self, password: Password) {
        locked(&self.passwords).push(password);
    }

    /// An empty database, whose clock is the executor's.
    pub fn database(&self, executor: &Arc<Executor>) -> anyhow::Result<Database> {
        let used = locked(&self.databases).pop();
        if let Some((store, clock)) = used {
            *locked(&clock.0) = Arc::clone(executor);
            at_once(store.start_again())?;
            return Ok(Database { store, clock });
        }
        let clock = Arc::new(SharedClock(Mutex::new(Arc::clone(executor))));
        let options = SqliteOptions {
            mode: Mode::Inline,
            ..SqliteOptions::default()
        };
        let store = SqliteStore::in_memory(options, Arc::clone(&clock) as Arc<dyn Clock>)?;
        let store = Arc::new(store);
        Ok(Database { store, clock })
    }

    /// It can be used again.
    pub fn take_database_back(&self, database: Database) {
        locked(&self.databases).push((database.store, database.clock));
    }

    /// What is given in order to pay.
    pub fn payment(&self, payer: Payer) -> Option<Payment> {
        match payer {
            Payer::Nobody => None,
            Payer::Token(card) => {
                let token = SecretString::from(card.token());
                enlist_domain::PaymentToken::parse(token)
                    .ok()
                    .map(Payment::Token)
            }
            Payer::Number(card) => raw(card).map(Payment::Card),
        }
    }
}

fn raw(card: Card) -> Option<RawCard> {
    let number = CardNumber::parse(SecretString::from(card.number())).ok()?;
    let security_code = SecurityCode::parse(SecretString::from(SECURITY_CODE), number.brand());
    Some(RawCard {
        number,
        expiry: Expiry::new(4, 2030).ok()?,
        security_code: security_code.ok()?,
    })
}

fn plans_file() -> anyhow::Result<TempPath> {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile()?;
    file.write_all(include_bytes!("../../server/tests/plans.toml"))?;
    Ok(file.into_temp_path())
}

/// Names and address, the same for everybody.
const NAMES: [(Field, &str); 6] = [
    (Field::FirstName, "Jane"),
    (Field::LastName, "Doe"),
    (Field::Address, "1 Main Street"),
    (Field::City, "Springfield"),
    (Field::State, "IL"),
    (Field::Zip, "62701"),
];

/// The same, as members of a request.
pub fn names() -> Value {
    let names = NAMES.map(|(field, value)| (field.as_str().to_owned(), value.into()));
    Value::Object(names.into_iter().collect())
}

/// The plan that costs something, or the one that does not.
pub fn plan_name(is_paid: bool) -> &'static str {
    if is_paid { "pro" } else { "free" }
}

/// One form, filled in and checked as the service does it.
fn sign_up(plans: &PlanCatalogue) -> anyhow::Result<SignUp> {
    let mut form = RawSignUp::default();
    let fields = [
        (Field::Email, "person@example.com"),
        (Field::Password, PASSWORD),
        (Field::Plan, "pro"),
        (Field::PaymentMethod, Card::Good.token()),
    ];
    for (field, value) in fields.into_iter().chain(NAMES) {
        form.set(field, value.to_owned());
    }
    let rules = SignUpRules {
        plans,
        card: CardRequirement::Required,
        accept_raw_cards: true,
        default_country: Country::UNITED_STATES,
        today: date(2026, 11, 23),
    };
    form.parse(&rules)
        .map_err(|faults| anyhow::anyhow!("the form is in order, but {faults:?}"))
}
