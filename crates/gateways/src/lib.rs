//! Payment gateways behind one port, [`PaymentGateway`]: [`stripe`]; the [`sandbox`], in a SQLite file or
//! on PostgreSQL; the [`contract`] that every gateway keeps, and the [`faults`] of
//! those that fail on demand. Also the [`signatures`] of what is sent to us.
//!
//! [`PaymentGateway`]: enlist_registration::ports::PaymentGateway

pub mod contract;
pub mod faults;
pub mod sandbox;
pub mod signatures;
pub mod stripe;
