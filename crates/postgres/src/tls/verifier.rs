//! How much of a server's certificate is checked.
//!
//! Whatever is left out here, the signature of the handshake is always checked: the other side holds the key of the
//! certificate that it shows. SCRAM with channel binding relies on that.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Checks a certificate with the functions that rustls' own verifier consists of, those that the mode asks for.
#[derive(Debug)]
pub(super) struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    /// Where the chain must lead to, if that is asked for.
    roots: Option<Arc<RootCertStore>>,
    name: NameCheck,
}

#[derive(Debug)]
enum NameCheck {
    Off,
    On,
}

impl Verifier {
    /// `prefer` and `require`: encrypted, with whomever.
    pub(super) fn nothing(algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self {
            algorithms,
            roots: None,
            name: NameCheck::Off,
        }
    }

    /// `verify-ca`: anybody with a certificate from these roots.
    pub(super) fn chain(algorithms: WebPkiSupportedAlgorithms, roots: Arc<RootCertStore>) -> Self {
        Self {
            algorithms,
            roots: Some(roots),
            name: NameCheck::Off,
        }
    }

    /// `verify-full`: the host that the URL names.
    pub(super) fn chain_and_name(
        algorithms: WebPkiSupportedAlgorithms,
        roots: Arc<RootCertStore>,
    ) -> Self {
        Self {
            algorithms,
            roots: Some(roots),
            name: NameCheck::On,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                roots,
                intermediates,
                now,
                self.algorithms.all,
            )?;
            if matches!(self.name, NameCheck::On) {
                verify_server_name(&certificate, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
