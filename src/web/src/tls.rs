//! The certificate: read at start and when the daemon reloads; who connects gets the one that was read last.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::Error::NoItemsFound;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::config::TlsConfig;

/// A certificate or key that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file can't be read, or holds no PEM of its kind.
    #[error("{}: no {expected} in PEM that can be read: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it has to hold.
        expected: &'static str,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// They don't belong together, or are of a kind that is not known.
    #[error("{} and {}: {source}", certificate.display(), key.display())]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
}

/// The certificate that is shown to who connects.
pub(crate) struct Certificate {
    from: TlsConfig,
    current: RwLock<Arc<ServerConfig>>,
}

impl Certificate {
    pub(crate) fn read(from: &TlsConfig) -> Result<Certificate, TlsError> {
        let current = RwLock::new(Arc::new(configuration(from)?));
        Ok(Certificate { from: from.clone(), current })
    }

    /// Reads it anew; the one that was there stays if that fails.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let next = Arc::new(configuration(&self.from)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn configuration(from: &TlsConfig) -> Result<ServerConfig, TlsError> {
    let error = |path: &Path, expected| {
        let path = path.to_owned();
        move |source| TlsError::File { path, expected, source }
    };
    let chain = CertificateDer::pem_file_iter(&from.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .and_then(|chain: Vec<_>| Some(chain).filter(|chain| !chain.is_empty()).ok_or(NoItemsFound))
        .map_err(error(&from.certificate, "certificate"))?;
    let key = PrivateKeyDer::from_pem_file(&from.key).map_err(error(&from.key, "private key"))?;
    let pair =
        |source| TlsError::Pair { certificate: from.certificate.clone(), key: from.key.clone(), source };
    // TLS 1.2 and 1.3, with the ciphers that rustls has; it has no others.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
