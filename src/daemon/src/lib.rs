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
//! `socket` takes the place in the file system; `server` accepts; `connection` reads and answers;
//! `resp` is the protocol; `commands` what can be asked; `output` and `buffer` hold bytes; `state`
//! is what connections share; `counters` what is counted; `limits` what clients may do. [`monitor`] answers for metrics and
//! health on a socket of its own. [`client`] is the other side.

mod budget;
mod buffer;
pub mod client;
mod commands;
mod config;
mod connection;
mod counters;
mod deadline;
mod forget;
mod limits;
pub mod monitor;
mod output;
pub mod resp;
mod server;
pub mod socket;
mod state;
mod worker;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nameplate::{GenerationOptions, Generations, PublicKey};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use config::{Access, Account, Config, ConfigError, Limits, Monitor, SocketMode};
pub use server::run;
pub use socket::SocketError;
pub use state::State;

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
    /// The socket cannot be had.
    #[error("socket {}: {source}", path.display())]
    Socket {
        /// The socket's path.
        path: PathBuf,
        /// Why not.
        source: SocketError,
    },
    /// Threads or signals cannot be had.
    #[error("starting the daemon: {0}")]
    Runtime(#[from] io::Error),
}

/// Opens the file, takes the socket and serves until SIGTERM or SIGINT; then answers what has been
/// sent, for at most five seconds, and removes the socket. `ready` is called once clients can
/// connect.
///
/// Signals: SIGHUP opens the file and the suppression list anew, and serves on with what was there if that
/// fails; SIGPIPE, which a client that hangs up may cause, has no effect from here on.
pub fn serve(config: &Config, ready: impl FnOnce()) -> Result<(), ServeError> {
    config.check()?;
    forbid_core_dumps()?;
    let state = Arc::new(State::new(open(config)?, config));
    // Of one thread: it accepts clients and hears signals. Those that answer are the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(serve_state(config, state, ready));
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

async fn serve_state(config: &Config, state: Arc<State>, ready: impl FnOnce()) -> Result<(), ServeError> {
    // Before the socket exists: a signal from then on must not leave it behind.
    let signals = Signals::new()?;
    let refused = |source| ServeError::Socket { path: config.socket.clone(), source };
    let (listener, place) = socket::bind(&config.socket).await.map_err(refused)?;
    let shutdown = CancellationToken::new();
    let monitor = match &config.monitor.socket {
        None => None,
        Some(path) => match monitor::Monitor::start(path, Arc::clone(&state), shutdown.clone()).await {
            Ok(monitor) => Some(monitor),
            Err(source) => {
                // The first error is the one to tell.
                let _ = place.leave().await;
                return Err(ServeError::Socket { path: path.clone(), source });
            }
        },
    };
    info!(
        socket = %config.socket.display(),
        file = %config.db.display(),
        build = state.snapshot().metadata().build_number(),
        "serving"
    );
    let watcher = tokio::spawn(signals.watch(Arc::clone(&state), shutdown.clone()));
    ready();
    run(listener, state, shutdown).await?;
    watcher.abort();
    // It says until the last that the daemon is ending.
    if let Some(monitor) = monitor {
        monitor.end().await;
    }
    match place.leave().await {
        Ok(true) => info!("ended"),
        Ok(false) => warn!("ended; the socket was no longer this daemon's and is left alone"),
        Err(source) => return Err(refused(source)),
    }
    Ok(())
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
    async fn watch(mut self, state: Arc<State>, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break info!("SIGTERM"),
                _ = self.interrupt.recv() => break info!("SIGINT"),
                // Not waited for: SIGTERM is to be heard meanwhile. The log has how it ended.
                _ = self.hangup.recv() => {
                    let state = Arc::clone(&state);
                    tokio::spawn(async move { state.reload().await });
                }
            }
        }
        shutdown.cancel();
    }
}
