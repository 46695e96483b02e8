//! TLS as libpq's `sslmode` means it, with rustls.

mod fault;
mod files;
mod verifier;

pub use fault::TlsFault;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use tokio_postgres::config::SslMode;

use crate::url::Parameters;
use crate::url::UrlFault;

/// What the URL says about TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    mode: SslMode,
    check: Check,
    client: Option<ClientFiles>,
}

/// What is looked at in the server's certificate. That the server holds its key is proven in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Check {
    Nothing,
    Chain(Roots),
    ChainAndName(Roots),
}

/// Whom a chain must lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    System,
    File(PathBuf),
}

/// Who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ClientFiles {
    certificate: PathBuf,
    key: PathBuf,
}

impl TlsSettings {
    /// Reads the parameters that begin with `ssl`.
    pub(crate) fn of(parameters: &Parameters<'_>) -> Result<Self, UrlFault> {
        let roots = match parameters.value("sslrootcert")? {
            None => None,
            Some(value) if value == "system" => Some(Roots::System),
            Some(path) => Some(Roots::File(path.into())),
        };
        let client = match (parameters.value("sslcert")?, parameters.value("sslkey")?) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientFiles {
                certificate: certificate.into(),
                key: key.into(),
            }),
            _ => return Err(UrlFault::HalfClientCertificate),
        };
        let mode = parameters.value("sslmode")?;
        let (mode, check) = mode_and_check(mode.as_deref(), roots)?;
        if mode == SslMode::Disable {
            return Ok(Self::none());
        }
        Ok(Self {
            mode,
            check,
            client,
        })
    }

    /// No TLS, no files.
    pub(crate) fn none() -> Self {
        Self {
            mode: SslMode::Disable,
            check: Check::Nothing,
            client: None,
        }
    }

    /// What tokio-postgres is told.
    pub(crate) fn mode(&self) -> SslMode {
        self.mode
    }

    /// Reads the files.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, TlsFault> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.check.verifier(&provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsFault::Unusable)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let chain = files::certificates(&client.certificate)?;
                let key = files::key(&client.key)?;
                let done = builder.with_client_auth_cert(chain, key);
                done.map_err(|source| TlsFault::ClientCertificate {
                    certificate: client.certificate.clone(),
                    key: client.key.clone(),
                    source,
                })?
            }
        };
        // Servers from 17 on insist on it where TLS begins without PostgreSQL's own request; others pass over it.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(config)
    }
}

impl Check {
    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<verifier::Verifier>, TlsFault> {
        let algorithms = provider.signature_verification_algorithms;
        Ok(Arc::new(match self {
            Self::Nothing => verifier::Verifier::nothing(algorithms),
            Self::Chain(roots) => verifier::Verifier::chain(algorithms, files::roots(roots)?),
            Self::ChainAndName(roots) => {
                verifier::Verifier::chain_and_name(algorithms, files::roots(roots)?)
            }
        }))
    }
}

fn mode_and_check(mode: Option<&str>, roots: Option<Roots>) -> Result<(SslMode, Check), UrlFault> {
    Ok(match (mode, roots) {
        (Some("disable"), _) => (SslMode::Disable, Check::Nothing),
        (None, Some(Roots::System)) => (SslMode::Require, Check::ChainAndName(Roots::System)),
        // Anybody can have a certificate that leads to a public root: a chain without a name says nothing.
        (Some("allow" | "prefer" | "require"), Some(Roots::System)) => {
            return Err(UrlFault::WeakMode);
        }
        (None | Some("allow" | "prefer"), roots) => (SslMode::Prefer, chain_if(roots)),
        (Some("require"), roots) => (SslMode::Require, chain_if(roots)),
        (Some("verify-ca"), roots) => (
            SslMode::Require,
            Check::Chain(roots.unwrap_or(Roots::System)),
        ),
        (Some("verify-full"), roots) => (
            SslMode::Require,
            Check::ChainAndName(roots.unwrap_or(Roots::System)),
        ),
        (Some(_), _) => return Err(UrlFault::Invalid("sslmode")),
    })
}

/// Roots that were given are used, also where the mode does not ask for them.
fn chain_if(roots: Option<Roots>) -> Check {
    roots.map_or(Check::Nothing, Check::Chain)
}
