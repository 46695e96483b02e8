//! How PostgreSQL is reached: URL, TLS, connection.
