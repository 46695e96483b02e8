//! How PostgreSQL is reached: from the URL that an operator writes to a connection, and what an error of a connection means.
//!
//! [`PostgresUrl`] is read once, at the edge. [`PostgresUrl::connector`] reads the files that TLS needs. A [`Connector`]
//! connects, or is taken apart for a pool. Errors are told apart by what a caller does next: [`is_connection_lost`] and the
//! functions beside it.

mod connector;
mod errors;
mod tls;
mod url;

pub use connector::Connector;
pub use errors::{
    constraint, in_words, is_connection_lost, is_out_of_connections, is_out_of_space,
    is_serialization_failure, is_stale_statement,
};
pub use tls::TlsFault;
pub use url::{PostgresUrl, UrlFault};
