//! What can be wrong with a URL.

/// Why a URL is refused. The words can be shown and logged: they repeat no value from the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlFault {
    /// It begins with something else.
    #[error("does not begin with postgres:// or postgresql://")]
    Scheme,
    /// An `@` that does not stand between the password and the host. It may be a part of the password, and the rest of it
    /// would be taken for a host.
    #[error(
        "has an `@`, `/` or `?` in the wrong place: in a user, a password or a parameter write `@` as %40, `/` as %2F and \
         `?` as %3F"
    )]
    MisplacedAt,
    /// Neither a host nor a directory of a Unix socket.
    #[error(
        "names no host: postgres://user@host:5432/database, or postgres://user@/database?host=/run/postgresql for a Unix \
         socket"
    )]
    NoHost,
    /// Several hosts, and not one port or one address for each of them.
    #[error("has another number of ports or of `hostaddr` than of hosts")]
    UnequalNumbers,
    /// This part or parameter has a value that cannot be.
    #[error("has an impossible value for {0}")]
    Invalid(&'static str),
    /// A parameter that is not known.
    #[error("has the parameter `{0}`, which is not known here")]
    UnknownParameter(String),
    /// A parameter that is not known, and that may be a piece of a password.
    #[error(
        "has an unknown parameter, which is not repeated here because it may belong to a password; write `&` in a password \
         as %26"
    )]
    UnnamedParameter,
    /// A parameter without `=`.
    #[error("has a parameter without a value: parameters are written name=value and joined by `&`")]
    NoValue,
    /// Of `sslcert` and `sslkey` one is missing.
    #[error("needs both `sslcert` and `sslkey`, or neither")]
    HalfClientCertificate,
    /// The system's roots were asked for, with a mode that checks nothing by itself.
    #[error("has `sslrootcert=system`, which needs `sslmode=verify-full` or `sslmode=verify-ca`")]
    WeakMode,
    /// `sslnegotiation=direct` without certain TLS.
    #[error(
        "has `sslnegotiation=direct`, which needs `sslmode=require`, `verify-ca` or `verify-full` and a host that is not a \
         Unix socket"
    )]
    DirectNeedsTls,
}
