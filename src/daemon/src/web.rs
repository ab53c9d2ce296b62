//! The HTTP side beside the socket: taking its place, starting it, ending it with the rest.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use nameplate_leads::Leads;
use nameplate_web::{Listen, Listener, WebConfig, WebServer};
use tracing::{error, info};

use crate::ServeError;
use crate::config::Access;
use crate::socket::{self, Place, SocketFile};

/// A web server that runs, with the place of its socket, if it is a Unix one.
pub(crate) struct Web {
    server: Arc<WebServer>,
    place: Option<(PathBuf, Place)>,
}

impl Web {
    /// Takes the place and serves from now on. A Unix socket has the owner, group and mode of the one for clients.
    pub(crate) async fn start(
        config: &WebConfig,
        access: &Access,
        leads: Arc<Leads>,
    ) -> Result<Web, ServeError> {
        let (listener, place) = match &config.listen {
            Listen::Address(address) => {
                let listener = TcpListener::bind(address)
                    .map_err(|source| ServeError::Address { address: *address, source })?;
                info!(%address, https = config.tls.is_some(), "HTTP");
                (Listener::Tcp(listener), None)
            }
            Listen::Path(path) => {
                let file = SocketFile::for_clients(access)?;
                let (listener, place) = socket::bind(path, &file)
                    .await
                    .map_err(|source| ServeError::Socket { path: path.clone(), source })?;
                info!(socket = %path.display(), "HTTP");
                (Listener::Unix(listener.into_std()?), Some((path.clone(), place)))
            }
        };
        Ok(Web { server: Arc::new(WebServer::start(config, listener, leads)?), place })
    }

    /// For reloading.
    pub(crate) fn server(&self) -> Arc<WebServer> {
        Arc::clone(&self.server)
    }

    /// Answers what is under way, for five seconds at most.
    pub(crate) async fn end(self) -> Result<(), ServeError> {
        let server = self.server;
        // It waits for a thread, which is not to hold up this one.
        let _ = tokio::task::spawn_blocking(move || server.end()).await;
        crate::leave(self.place).await
    }
}

/// Reads the certificate anew; what was there stays if that fails, and the log says so.
pub(crate) async fn reload(server: Option<Arc<WebServer>>) {
    let Some(server) = server else { return };
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || server.reload()).await {
        error!(%error, "the certificate could not be read anew; the old one stays");
    }
}
