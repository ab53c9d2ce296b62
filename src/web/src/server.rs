//! Connections: accepted on a thread of their own, so that no page holds a lookup up, each bounded in bytes and in time.
//!
//! What a request's head and body hold, an address among it, is in hyper's buffers. They end with the connection, and the daemon's
//! allocator overwrites what ends; so a connection on which an address came ends with its reply. The stack forgets after each turn.

use std::convert::Infallible;
use std::io;
use std::net;
use std::os::unix;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use nameplate_leads::Leads;
use nameplate_leads::forget::{self, forgetting};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::{info, warn};

use crate::app::App;
use crate::config::{InvalidWeb, WebConfig};
use crate::tls::{Certificate, TlsError};
use crate::transport::Peer;

/// Bytes of a request's head: what browsers, with cookies and long queries, stay far below.
const HEAD_BYTES: usize = 16 << 10;

/// Lines of a request's head.
const HEAD_LINES: usize = 64;

/// Between attempts to accept while the system has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// In which requests that are under way are answered when the daemon ends.
const DRAIN: Duration = Duration::from_secs(5);

/// Threads that wait for the store.
const WAITING_THREADS: usize = 8;

/// Where connections come from; whoever starts the server has taken the place.
#[derive(Debug)]
pub enum Listener {
    /// Of TCP.
    Tcp(net::TcpListener),
    /// A Unix socket.
    Unix(unix::net::UnixListener),
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// The configuration does not hold together.
    #[error(transparent)]
    Config(#[from] InvalidWeb),
    /// The certificate can't be used.
    #[error("web.tls: {0}")]
    Tls(#[from] TlsError),
    /// Threads or sockets can't be had.
    #[error("starting the web server: {0}")]
    Start(#[from] io::Error),
}

/// A server that runs. Dropping it ends it without waiting.
pub struct WebServer {
    thread: Mutex<Option<JoinHandle<()>>>,
    end: CancellationToken,
    certificate: Option<Arc<Certificate>>,
}

impl WebServer {
    /// Serves from now on, on a thread of its own.
    ///
    /// # Errors
    ///
    /// A configuration that does not hold together, a certificate that can't be used, or a system without threads.
    pub fn start(config: &WebConfig, listener: Listener, leads: Arc<Leads>) -> Result<WebServer, WebError> {
        config.check()?;
        if config.objection.mail && leads.config().outgoing.mail.is_none() {
            let expected = "a mail server in [leads.outgoing.mail]";
            return Err(InvalidWeb { key: "web.objection.mail", expected }.into());
        }
        let certificate = config.tls.as_ref().map(Certificate::read).transpose()?.map(Arc::new);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(WAITING_THREADS)
            .thread_name("web-wait")
            .build()?;
        let accepting = Accepting::new(listener, &runtime)?;
        let end = CancellationToken::new();
        let server = Server {
            router: crate::routes::router(&App::new(config.clone(), leads)),
            config: config.clone(),
            certificate: certificate.clone(),
            places: Arc::new(Semaphore::new(config.limits.connections)),
            end: end.clone(),
        };
        let work = move || {
            runtime.block_on(server.run(accepting));
            // Nothing is waited for that is not answered by now.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("web".into()).spawn(work)?;
        Ok(WebServer { thread: Mutex::new(Some(thread)), end, certificate })
    }

    /// Reads the certificate anew, if there is one; the one that was there stays if that fails.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.certificate.as_ref().map_or(Ok(()), |certificate| certificate.reload())
    }

    /// Takes no more connections, answers what is under way, for five seconds at most, and returns. Not for async tasks.
    pub fn end(&self) {
        self.end.cancel();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic has been told already.
            let _ = thread.join();
        }
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Accepting {
    fn new(listener: Listener, runtime: &tokio::runtime::Runtime) -> io::Result<Accepting> {
        let _context = runtime.enter();
        Ok(match listener {
            Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                Accepting::Tcp(TcpListener::from_std(listener)?)
            }
            Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                Accepting::Unix(UnixListener::from_std(listener)?)
            }
        })
    }
}

#[derive(Clone)]
struct Server {
    router: Router,
    config: WebConfig,
    certificate: Option<Arc<Certificate>>,
    places: Arc<Semaphore>,
    end: CancellationToken,
}

impl Server {
    async fn run(self, listener: Accepting) {
        let mut connections = JoinSet::new();
        let mut failing = false;
        loop {
            // Beyond so many, clients wait in the kernel's queue.
            let place = tokio::select! {
                biased;
                () = self.end.cancelled() => break,
                Some(_) = connections.join_next() => continue,
                place = Arc::clone(&self.places).acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            tokio::select! {
                biased;
                () = self.end.cancelled() => break,
                accepted = self.accept(&listener, place, &mut connections) => match accepted {
                    Ok(()) => failing = false,
                    Err(error) => {
                        if !failing {
                            warn!(%error, "cannot accept an HTTP client; it waits");
                        }
                        failing = true;
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            info!("HTTP requests that were under way are cut off");
            connections.shutdown().await;
        }
    }

    async fn accept(
        &self,
        listener: &Accepting,
        place: OwnedSemaphorePermit,
        connections: &mut JoinSet<()>,
    ) -> io::Result<()> {
        match listener {
            Accepting::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Replies are written whole.
                let _ = stream.set_nodelay(true);
                let served = self.clone().converse(stream, Peer::Address(address.ip()), place);
                connections.spawn(forgetting::<{ forget::VISITS }, _>(served));
            }
            Accepting::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let served = self.clone().converse(stream, Peer::Unix, place);
                connections.spawn(forgetting::<{ forget::VISITS }, _>(served));
            }
        }
        Ok(())
    }

    /// A connection from its handshake to its end. What goes wrong is the client's matter, and nothing of it is logged.
    async fn converse<S>(self, stream: S, peer: Peer, _place: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let patience = self.config.limits.patience();
        let mut stream = TimeoutStream::new(stream);
        // Reading has its own times below: of a head, and of a body.
        stream.set_write_timeout(Some(patience));
        match self.certificate.as_ref().map(|certificate| certificate.acceptor()) {
            None => self.speak(Box::pin(stream), peer).await,
            Some(acceptor) => {
                let handshake = acceptor.accept(Box::pin(stream));
                if let Ok(Ok(stream)) = tokio::time::timeout(patience, handshake).await {
                    self.speak(stream, peer).await;
                }
            }
        }
    }

    async fn speak<S>(&self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = &self.config.limits;
        let answer = service_fn(|request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            let answered = self.router.clone().oneshot(request);
            let time = limits.request_time();
            async move {
                let response = match tokio::time::timeout(time, answered).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(never)) => match never {},
                    Err(_) => late(),
                };
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Of a head from when it can begin: a silent connection ends as well.
            .header_read_timeout(limits.patience())
            .half_close(true)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEAD_LINES)
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = std::pin::pin!(connection);
        let old = tokio::time::sleep(limits.connection_time());
        tokio::select! {
            _ = connection.as_mut() => return,
            () = self.end.cancelled() => {}
            () = old => {}
        }
        // Answers what is under way; an export that is still being read then is cut off.
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(limits.request_time(), connection).await;
    }
}

fn late() -> Response<Body> {
    let detail = "this took longer than limits.request_seconds";
    let mut response = crate::problem::Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).json();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
