//! A strict fake of Stripe's HTTP API, for exactly the calls that the service makes: on loopback, with Stripe's
//! test cards, its idempotency, its expansions and its errors, and with failures on demand. For tests and
//! demonstrations; it moves no money and knows no card but the test cards.
//!
//! Only ever a development dependency.

mod api;
mod books;
mod cards;
mod client;
mod control;
mod core;
mod error;
mod events;
mod expand;
mod faults;
mod form;
mod idempotency;
mod ledger;
mod message;
mod objects;
mod operation;
mod options;
mod parameters;
mod payments;
mod routes;
mod server;
pub mod system;
mod webhooks;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use enlist_registration::ports::{Clock, Random};

use crate::core::Core;

pub use crate::core::{Calls, SeenRequest};
pub use client::Decision;
pub use control::{Control, Faults, NewPrice, SubscriptionChange};
pub use error::StripeError;
pub use faults::{ActiveFault, Fault, FaultKind};
pub use form::Form;
pub use idempotency::KEY_KEPT_FOR;
pub use ledger::OpenInvoice;
pub use objects::{API_VERSION, Interval, RefundStatus};
pub use operation::Operation;
pub use options::Options;
pub use parameters::{ParameterFault, ParameterProblem, Parameters, ParametersFault};
pub use routes::calls;
pub use webhooks::{Deliveries, Webhooks};

/// The secret key, where nobody names another.
pub const SECRET_KEY: &str = "sk_test_fake";

/// The key for browsers, where nobody names another.
pub const PUBLISHABLE_KEY: &str = "pk_test_fake";

/// What a fake is started with.
pub struct Settings {
    /// Time; [`system::SystemClock`] is the machine's.
    pub clock: Arc<dyn Clock>,
    /// Chance; [`system::SystemRandom`] is the machine's.
    pub random: Arc<dyn Random>,
    /// What the official SDK would send. Without it only the names of parameters are checked, and against
    /// those that the fake looks at.
    pub parameters: Option<Parameters>,
    /// What a server authorizes itself with.
    pub secret_key: String,
    /// What a browser authorizes itself with.
    pub publishable_key: String,
    /// How much later every answer comes; the effect does not, and the key is in use meanwhile.
    pub latency: Duration,
}

impl Default for Settings {
    /// The machine's clock and chance, no parameters, no latency.
    fn default() -> Self {
        Self {
            clock: Arc::new(system::SystemClock),
            random: Arc::new(system::SystemRandom),
            parameters: None,
            secret_key: SECRET_KEY.to_owned(),
            publishable_key: PUBLISHABLE_KEY.to_owned(),
            latency: Duration::ZERO,
        }
    }
}

/// A running fake. Dropping it stops it, and ends the calls that hang.
pub struct FakeStripe {
    address: SocketAddr,
    control: Control,
    server: server::Running,
}

impl FakeStripe {
    /// Starts one on a free port of 127.0.0.1, on the tokio runtime that this is called on.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0)), settings).await
    }

    /// Starts one on this address, which must be of the loopback interface: it guards nothing.
    pub async fn listen(address: SocketAddr, settings: Settings) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let message = "the fake listens on the loopback interface only";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let keys = (settings.secret_key, settings.publishable_key);
        let core = Arc::new(Core::new(
            settings.clock,
            settings.random,
            keys,
            settings.parameters,
        ));
        let control = Control::new(Arc::clone(&core));
        control.create_usual_prices();
        control.set_latency(settings.latency);
        let (address, server) = server::start(address, core, control.clone()).await?;
        Ok(Self {
            address,
            control,
            server,
        })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a test does at the gateway itself: the same as the routes below `/_fake`.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Stops it, and returns once nothing listens any more, so that a connection is refused. What it holds can
    /// still be looked at.
    pub async fn stop(&self) {
        self.server.stop().await;
    }
}
