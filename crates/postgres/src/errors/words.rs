//! An error of the database in words for an operator.

use std::error::Error as _;
use std::io;

use rustls::CertificateError;
use tokio_postgres::Error;

/// What happened, to its cause, in one line.
///
/// Log this and not the error itself: both its `Debug` and its source's `Display` have the server's `DETAIL`, and that
/// repeats the row ("Key (email)=(…) already exists").
#[must_use]
pub fn in_words(error: &Error) -> String {
    if let Some(refusal) = error.as_db_error() {
        let line = refusal.message().replace('\n', " ");
        return format!("{line} (SQLSTATE {})", refusal.code().code());
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        words.push_str(": ");
        words.push_str(&current.to_string());
        if let Some(advice) = tls_error(current).and_then(advice) {
            words.push_str("; ");
            words.push_str(advice);
        }
        cause = current.source();
    }
    words
}

/// rustls' errors arrive inside I/O errors.
fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    error
        .downcast_ref::<io::Error>()?
        .get_ref()?
        .downcast_ref::<rustls::Error>()
}

/// What an operator can do about it, where rustls is stricter than libpq or says it in its own terms.
fn advice(error: &rustls::Error) -> Option<&'static str> {
    let rustls::Error::InvalidCertificate(reason) = error else {
        return None;
    };
    match reason {
        CertificateError::UnknownIssuer => Some(
            "the server's certificate was not issued by a root in `sslrootcert` (without it: by one of the system)",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some(
                "the host in the URL must be among the certificate's subject alternative names, the common name does not \
             count; `sslmode=verify-ca` does not compare names",
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Some("renew the server's certificate, or set this machine's clock")
        }
        // Without a variant of their own.
        CertificateError::Other(other) => match other.to_string() {
            words if words.contains("CaUsedAsEndEntity") => Some(
                "the server shows a CA certificate (`openssl req -x509` makes one); give it one with \
                 basicConstraints=CA:FALSE",
            ),
            words if words.contains("UnsupportedCertVersion") => Some(
                "the server's certificate is X.509 version 1 (`openssl x509 -req` without -extfile makes one); give it \
                 one of version 3 with subject alternative names",
            ),
            _ => None,
        },
        _ => None,
    }
}
