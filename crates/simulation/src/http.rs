//! A process of the service as it really is: its router, its handlers, its workers and its mails, on the
//! simulation's tasks, clocks and chance. Only sockets are not in it: a request is handed to the router, and
//! whoever goes away drops it, as the server does with a connection that is cut.

mod client;
mod post;
mod telling;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use enlist::app::{App, Gateway, Parts};
use enlist::config::Settings;
use enlist::tasks::{Spawner, Work};
use enlist::worker::Workers;
use enlist_registration::engine::{Engine, Ports};
use enlist_registration::steps::Order;

use crate::executor::{Executor, Machine};
use crate::world::{World, machine, tokens};

pub use client::Answer;
pub use post::Letter;
use post::SimMailer;

/// What events of the gateway are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_simulation";

/// What events of the mail server are signed with.
pub const MAIL_EVENTS_SECRET: &str = "what the mail server signs its events with";

/// How often workers look while something happens.
pub const LOOKS_EVERY: Duration = Duration::from_secs(5);

/// One process, in one of its lives.
pub struct Service {
    app: Arc<App>,
    router: Router,
    _workers: Workers,
}

impl Service {
    /// Starts one: its workers begin to look at once.
    pub fn start(world: &Arc<World>, process: usize, ports: Ports) -> anyhow::Result<Self> {
        let settings = settings(world)?;
        let gateway = Gateway::Stripe(world.stock.stripe(&settings)?);
        let app = Arc::new(App::assemble(Parts {
            settings,
            public_url: "https://join.example.com".to_owned(),
            tokens: tokens(),
            clock: ports.clock,
            random: ports.random,
            store: ports.store,
            gateway,
            gateway_port: ports.gateway,
            mailer: Arc::new(SimMailer::new(world, process)),
            mailbox: None,
            spawner: Arc::new(OnMachine(Arc::clone(&world.executor), machine(process))),
        }));
        let router = enlist::http::router(Arc::clone(&app));
        let workers = Workers::start(&app);
        Ok(Self {
            app,
            router,
            _workers: workers,
        })
    }

    /// Its engine.
    pub fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.app.engine)
    }

    /// What answers requests to it.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

/// As an operator would write them: what is not about the run stays as it is by default.
fn settings(world: &World) -> anyhow::Result<Settings> {
    let (mode, first_charge) = match world.order {
        Order::VerifyAfter => ("after", "at_registration"),
        Order::VerifyFirst => ("first", "at_registration"),
        Order::ChargeAtVerification => ("after", "at_verification"),
    };
    let variables = [
        ("ENLIST_GATEWAY__KIND", "stripe"),
        ("ENLIST_GATEWAY__STRIPE__SECRET_KEY", "sk_test_simulation"),
        (
            "ENLIST_GATEWAY__STRIPE__PUBLISHABLE_KEY",
            "pk_test_simulation",
        ),
        ("ENLIST_GATEWAY__STRIPE__WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("ENLIST_GATEWAY__ACCEPT_RAW_CARDS", "true"),
        ("ENLIST_MAIL__URL", "smtp://mail.example.com"),
        ("ENLIST_MAIL__FROM", "Enlist <join@example.com>"),
        ("ENLIST_MAIL__EVENTS_SECRET", MAIL_EVENTS_SECRET),
        ("ENLIST_BILLING__CARD", "paid_plans"),
        ("ENLIST_VERIFICATION__MODE", mode),
        ("ENLIST_BILLING__FIRST_CHARGE", first_charge),
        // Judging a password is slow enough.
        ("ENLIST_PASSWORDS__MEMORY_KIB", "8"),
        ("ENLIST_PASSWORDS__PASSES", "1"),
        ("ENLIST_LIMITS__ENABLED", "false"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variables = BTreeMap::from(variables);
    let mut settings = Settings::from_sources(Some(world.stock.plans_file()), variables)?;
    settings.limits = world.limits.clone();
    settings.sweep_interval = LOOKS_EVERY;
    Ok(settings)
}

/// Tasks of a process: they die with it.
struct OnMachine(Arc<Executor>, Machine);

impl Spawner for OnMachine {
    fn spawn(&self, work: Work) {
        self.0.spawn(self.1, work);
    }

    /// At once: there is but one thread.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }
}
