//! What can be wrong with the files of TLS.

use std::path::PathBuf;

/// Why TLS cannot be prepared. Names the file; shows nothing of what is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file has no certificate in PEM, or a broken one.
    #[error("{} holds no usable certificate; it must have at least one `-----BEGIN CERTIFICATE-----` block", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A certificate in the file cannot be a root.
    #[error("{} has a certificate that cannot be a root", path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The file has no private key in PEM, or one under a passphrase.
    #[error("{} holds no usable private key; it must be PEM and have no passphrase", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error("the client certificate {} cannot be used with the key {}", certificate.display(), key.display())]
    ClientCertificate {
        /// `sslcert`.
        certificate: PathBuf,
        /// `sslkey`.
        key: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
    /// The operating system has no root certificates where they are looked for.
    #[error(
        "the system has no root certificates (Debian: package ca-certificates); name a file with `sslrootcert`, or set \
         SSL_CERT_FILE{}", reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    )]
    NoSystemRoots {
        /// The first error while looking, where there was one.
        reason: Option<String>,
    },
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Unusable(#[source] rustls::Error),
}
