//! Certificates and keys, read from their files.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Roots, TlsFault};

/// The certificates that a chain may lead to.
pub(super) fn roots(roots: &Roots) -> Result<Arc<RootCertStore>, TlsFault> {
    match roots {
        Roots::System => system_roots(),
        Roots::File(path) => {
            let mut store = RootCertStore::empty();
            for certificate in certificates(path)? {
                store.add(certificate).map_err(|source| TlsFault::Root {
                    path: path.to_owned(),
                    source,
                })?;
            }
            Ok(Arc::new(store))
        }
    }
}

/// Single certificates that are broken are passed over: the system has more than a hundred, and nobody here chose them.
fn system_roots() -> Result<Arc<RootCertStore>, TlsFault> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let reason = found.errors.first().map(ToString::to_string);
        return Err(TlsFault::NoSystemRoots { reason });
    }
    Ok(Arc::new(store))
}

/// All certificates in a PEM file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let pem = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TlsFault::NoCertificate {
            path: path.to_owned(),
        }),
    }
}

/// The first private key in a PEM file.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFault> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|_| TlsFault::NoKey {
        path: path.to_owned(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFault> {
    std::fs::read(path).map_err(|source| TlsFault::Unreadable {
        path: path.to_owned(),
        source,
    })
}
