//! The service: configuration, web server, pages, mails, workers and command line around the engine
//! of `enlist-registration`.

pub mod app;
mod bounded;
mod brand;
pub mod cli;
pub mod config;
pub mod data_dir;
mod doctor;
pub mod drivers;
mod hashing;
pub mod http;
mod journeys;
pub mod language;
pub mod limits;
pub mod mail;
mod pages;
pub mod serve;
mod sign_up;
pub mod system;
pub mod tasks;
pub mod watch;
pub mod words;
pub mod worker;
