//! The engine in a world that goes wrong: people, several processes of the service, a payment gateway, a
//! network, mail and clocks, all on one thread, all from one seed. The same seed replays the same run.

mod bugs;
mod campaign;
mod chance;
mod checks;
mod executor;
mod faults;
mod gateway;
mod http;
mod mail;
mod memory;
mod pair;
mod people;
mod planted;
mod process;
mod run;
mod shrink;
mod stock;
mod store;
mod trace;
mod webhooks;
mod world;

pub use bugs::Bug;
pub use campaign::{Campaign, Summary, campaign};
pub use checks::Violation;
pub use faults::{Fault, Opportunity, Tally};
pub use planted::{Caught, WITHIN_SEEDS, catch};
pub use run::{RESTS_WITHIN, Report, Settings, Tier, run};
pub use shrink::{Shrunk, shrink};
pub use stock::Stock;
