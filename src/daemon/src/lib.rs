//! The socket service of nameplate: a range file behind a Unix socket that speaks RESP, so that
//! every client of Redis is a client of it.
//!
//! # The way of a request
//!
//! ```text
//! client --> socket --> connection --> resp::request --> commands --> nameplate::Database
//!                           ^                                |
//!                           +------- output <-- resp::reply <+
//! ```
//!
//! Each connection is a task with buffers of its own; connections share the database, which is
//! read-only, and counters. So there is no lock on the way of a request, and a client that is slow, or floods, or sends
//! rubbish, has only itself to wait for.
//!
//! # Privacy
//!
//! An address that a client sends is in the connection's buffers and nowhere else; they are
//! overwritten as soon as it is answered. No log line, no error and no panic text is made from
//! anything that a client sent: errors are built from fixed texts only.
//!
//! # Map of the modules
//!
//! `socket` takes the place in the file system, or `activation` what the service manager passes; `server`
//! accepts whom `access` admits (`accounts` knows users' and groups' numbers) and gives each to a `worker`;
//! `connection` reads and answers; `resp` is the protocol; `commands` what can be asked; `output` and `buffer`
//! hold bytes, of which all clients share a `budget`; `deadline` is a client's time; `state` is what connections
//! share; `counters` what is counted; `config` what can be set and `limits` what can't. `notify` tells the service
//! manager how it goes; `descriptors` makes room for clients; `program` gives back what only the start needed. [`monitor`] answers for metrics and health on a
//! socket of its own. [`client`] is the other side.

mod access;
mod accounts;
mod activation;
mod budget;
mod buffer;
pub mod client;
mod commands;
mod config;
mod connection;
mod counters;
mod deadline;
mod descriptors;
mod limits;
pub mod monitor;
mod notify;
mod output;
mod program;
pub mod resp;
mod server;
pub mod socket;
mod state;
mod web;
mod worker;

use std::io;
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nameplate::{GenerationOptions, Generations, PublicKey};
use nameplate_leads::{Leads, LeadsError};
use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use access::AccessList;
pub use activation::ActivationError;
use activation::Passed;
pub use config::{Access, Account, Config, ConfigError, Limits, Monitor, SocketMode};
use limits::PURGE_INTERVAL;
use monitor::MonitorTask;
use nameplate_web::WebServer;
pub use server::run;
use socket::Place;
pub use socket::{SocketError, SocketFile};
pub use state::State;
use web::Web;

/// Why the daemon did not start, or how it ended badly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The configuration does not hold together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The range file, the suppression list or the public key cannot be read.
    #[error(transparent)]
    Database(#[from] nameplate::Error),
    /// The store of visits cannot be opened.
    #[error("leads: {0}")]
    Leads(#[from] LeadsError),
    /// The socket cannot be had.
    #[error("socket {}: {source}", path.display())]
    Socket {
        /// The socket's path.
        path: PathBuf,
        /// Why not.
        source: SocketError,
    },
    /// The address for HTTP cannot be had.
    #[error("listening on {address}: {source}")]
    Address {
        /// Of `[web]`.
        address: std::net::SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The web server cannot be started.
    #[error(transparent)]
    Web(#[from] nameplate_web::WebError),
    /// What the service manager passed is no socket to serve on.
    #[error(transparent)]
    Activation(#[from] ActivationError),
    /// Threads or signals cannot be had.
    #[error("starting the daemon: {0}")]
    Runtime(#[from] io::Error),
}

/// Opens the file, takes the socket, or what the service manager passed in its place, and serves until SIGTERM or SIGINT; then answers what has been
/// sent, for at most five seconds, and removes the socket. `ready` is called once clients can
/// connect; a service manager that wants to know is told, too.
///
/// Signals: SIGHUP opens the file, the suppression list and the certificate anew, and serves on with what was there if that
/// fails; SIGPIPE, which a client that hangs up may cause, has no effect from here on.
pub fn serve(config: &Config, ready: impl FnOnce()) -> Result<(), ServeError> {
    config.check()?;
    let passed = activation::take()?;
    if passed.clients.is_none() {
        config.check_socket()?;
    }
    let access = AccessList::resolve(&config.access)?;
    let file = SocketFile::for_clients(&config.access)?;
    forbid_core_dumps()?;
    descriptors::make_room_for(config.limits.clients);
    let generations = Arc::new(open(config)?);
    let mut state = State::new(Arc::clone(&generations), config).restricted_to(access);
    if let Some(leads) = &config.leads {
        let leads = Leads::open(leads.clone(), generations, config.suppress.clone())?;
        info!(store = %leads.config().store.display(), sites = leads.config().sites.len(), "taking visits");
        state = state.with_leads(Arc::new(leads));
    }
    let state = Arc::new(state);
    // Of one thread: it accepts clients and hears signals. Those that answer are the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(serve_state(config, passed, &file, state, ready));
    // A reload that is under way is not waited for.
    runtime.shutdown_background();
    served
}

/// File and list belong together: what is served is made of both. The file is checked from end to end
/// each time: a daemon opens it seldom, and what a damaged one said would be believed.
fn open(config: &Config) -> Result<Generations, nameplate::Error> {
    let how = GenerationOptions {
        copy: !config.map,
        prefault: config.prefault,
        verify: true,
        public_key: public_key(config.public_key.as_deref())?,
        suppression: config.suppress.clone(),
        allow_older: config.allow_older,
    };
    let generations = Generations::open(&config.db, how)?;
    if let Some(path) = &config.suppress {
        info!(list = %path.display(), entries = generations.status().suppressions, "suppressing");
    }
    Ok(generations)
}

/// The key that the configuration names: its file, or the key itself.
fn public_key(option: Option<&Path>) -> Result<Option<PublicKey>, nameplate::Error> {
    option.map(PublicKey::open).transpose()
}

/// Memory holds addresses for moments; a core dump would keep them. Neither the kernel nor another
/// process of this user may take one from now on.
fn forbid_core_dumps() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

async fn serve_state(
    config: &Config,
    passed: Passed,
    file: &SocketFile,
    state: Arc<State>,
    ready: impl FnOnce(),
) -> Result<(), ServeError> {
    // Before the sockets exist: a signal from then on must not leave them behind.
    let signals = Signals::new()?;
    if let Some(leads) = state.leads() {
        leads.start_outgoing().await?;
    }
    let leads = state.leads().cloned();
    let clients = Socket::take(passed.clients, &config.socket, file).await?;
    let shutdown = CancellationToken::new();
    let monitor = match start_monitor(config, passed.monitor, &state, &shutdown).await {
        Ok(monitor) => monitor,
        Err(error) => {
            // The first error is the one to tell.
            let _ = leave(clients.place).await;
            return Err(error);
        }
    };
    let build = state.build();
    let file = config.db.display();
    if let Some((path, _)) = &clients.place {
        info!(socket = %path.display(), %file, build, "serving");
    } else {
        info!(%file, build, "serving on the socket that the service manager passed");
    }
    let web = match (&config.web, state.leads()) {
        (Some(web), Some(leads)) => match Web::start(web, &config.access, Arc::clone(leads)).await {
            Ok(web) => Some(web),
            Err(error) => {
                if let Some((monitor, place)) = monitor {
                    monitor.end().await;
                    let _ = leave(place).await;
                }
                let _ = leave(clients.place).await;
                return Err(error);
            }
        },
        _ => None,
    };
    let purging = state.leads().map(|leads| tokio::spawn(purge_daily(Arc::clone(leads))));
    let watcher =
        tokio::spawn(signals.watch(Arc::clone(&state), web.as_ref().map(Web::server), shutdown.clone()));
    let ending = shutdown.clone();
    // Beside the socket's clients, so that both have their time.
    let web = web.map(|web| {
        tokio::spawn(async move {
            ending.cancelled().await;
            web.end().await
        })
    });
    notify::ready(build);
    ready();
    program::give_back_what_the_start_needed();
    run(clients.listener, state, shutdown).await?;
    watcher.abort();
    if let Some(purging) = purging {
        purging.abort();
    }
    if let Some(web) = web {
        web.await.map_err(io::Error::other)??;
    }
    if let Some(outgoing) = leads.as_ref().and_then(|leads| leads.outgoing()) {
        outgoing.shutdown().await;
    }
    // It says until the last that the daemon is ending.
    if let Some((monitor, place)) = monitor {
        monitor.end().await;
        leave(place).await?;
    }
    leave(clients.place).await?;
    info!("ended");
    Ok(())
}

/// Removes what is older than it may get, at the start and every day.
async fn purge_daily(leads: Arc<Leads>) {
    let mut days = tokio::time::interval(PURGE_INTERVAL);
    days.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        days.tick().await;
        match leads.ask(|leads| leads.purge("schedule")).await {
            Ok(purged) => info!(rows = purged.rows(), "removed what is older than it may get"),
            Err(error) => {
                warn!(%error, "what is older than it may get could not be removed; trying again in a day");
            }
        }
    }
}

/// The monitor with the place of its socket, if there is to be one.
async fn start_monitor(
    config: &Config,
    passed: Option<net::UnixListener>,
    state: &Arc<State>,
    shutdown: &CancellationToken,
) -> Result<Option<(MonitorTask, Option<(PathBuf, Place)>)>, ServeError> {
    let path = match (&passed, &config.monitor.socket) {
        (None, None) => return Ok(None),
        (_, path) => path.clone().unwrap_or_default(),
    };
    let file = SocketFile::for_monitor(&config.monitor)?;
    let Socket { listener, place } = Socket::take(passed, &path, &file).await?;
    info!(socket = %path.display(), "metrics and health");
    Ok(Some((MonitorTask::start(listener, Arc::clone(state), shutdown.clone()), place)))
}

/// A listening socket, and its place in the file system where this daemon made it.
struct Socket {
    listener: UnixListener,
    place: Option<(PathBuf, Place)>,
}

impl Socket {
    /// The one that the service manager passed, or else one at `path`.
    async fn take(
        passed: Option<net::UnixListener>,
        path: &Path,
        file: &SocketFile,
    ) -> Result<Socket, ServeError> {
        if let Some(listener) = passed {
            return Ok(Socket { listener: UnixListener::from_std(listener)?, place: None });
        }
        match socket::bind(path, file).await {
            Ok((listener, place)) => Ok(Socket { listener, place: Some((path.into(), place)) }),
            Err(source) => Err(ServeError::Socket { path: path.into(), source }),
        }
    }
}

/// Removes the socket, if there is one that this daemon made.
async fn leave(place: Option<(PathBuf, Place)>) -> Result<(), ServeError> {
    let Some((path, place)) = place else { return Ok(()) };
    match place.leave().await {
        Ok(true) => Ok(()),
        Ok(false) => {
            warn!(socket = %path.display(), "the socket was no longer this daemon's and is left alone");
            Ok(())
        }
        Err(source) => Err(ServeError::Socket { path, source }),
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// Never looked at: that it is caught keeps it from ending the process.
    _pipe: Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            _pipe: signal(SignalKind::pipe())?,
        })
    }

    /// Reloads when the daemon is asked to, and cancels `shutdown` when it is asked to end.
    async fn watch(mut self, state: Arc<State>, web: Option<Arc<WebServer>>, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break info!("SIGTERM"),
                _ = self.interrupt.recv() => break info!("SIGINT"),
                // Not waited for: SIGTERM is to be heard meanwhile. The log has how it ended.
                _ = self.hangup.recv() => {
                    let (state, web) = (Arc::clone(&state), web.clone());
                    notify::reloading();
                    tokio::spawn(async move {
                        web::reload(web).await;
                        let failed = state.reload().await.err();
                        notify::reloaded(state.build(), failed);
                    });
                }
            }
        }
        notify::stopping();
        shutdown.cancel();
    }
}
