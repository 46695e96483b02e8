//! Payment gateways behind one port, [`PaymentGateway`]: [`stripe`]; the [`sandbox`], in a SQLite file or
//! on PostgreSQL; and the [`contract`] that every gateway keeps. Also the [`signatures`] of what is sent to us.
//!
//! [`PaymentGateway`]: enlist_registration::ports::PaymentGateway

pub mod contract;
pub mod sandbox;
pub mod signatures;
pub mod stripe;
