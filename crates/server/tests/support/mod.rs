//! What the tests of the real binary under load have in common: the clients, what they were told, and
//! the comparison of that with the gateway's ledger, the tables, the mails and the files.

pub mod accounts;
pub mod chance;
pub mod checks;
pub mod client;
pub mod figures;
pub mod gateway;
pub mod halfway;
pub mod journeys;
pub mod ledger;
pub mod load;
pub mod person;
pub mod port;
pub mod postgres;
pub mod promises;
pub mod rest;
pub mod service;
pub mod site;
pub mod stock;
pub mod stripe;
pub mod tables;
pub mod telling;
pub mod walks;
pub mod weather;
pub mod world;

/// A number that whoever runs the tests has chosen.
pub fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is not a number: {value}")))
}
