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
//! is what connections share; `limits` what clients may do. [`client`] is the other side.

mod buffer;
pub mod client;
mod commands;
mod connection;
mod limits;
mod output;
pub mod resp;
mod server;
pub mod socket;
mod state;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use nameplate::{GenerationOptions, Generations, PublicKey};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use server::run;
pub use socket::SocketError;
pub use state::State;

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The range file.
    pub database: PathBuf,
    /// The socket's path.
    pub socket: PathBuf,
    /// Maps the file and shares the page cache with other processes, instead of copying it into
    /// this process's memory. A file that is truncated while it is mapped ends the daemon.
    pub map: bool,
    /// Reads a mapped file into the page cache before serving; a copied one is in memory anyway.
    pub prefault: bool,
    /// The suppression list. What it names is in no answer; when it cannot be read, nothing is served.
    pub suppression: Option<PathBuf>,
    /// Serves only files that this key signed.
    pub public_key: Option<PublicKey>,
    /// Reloads a file with a lower build number than the one that is served, too.
    pub allow_older: bool,
}

/// Why the daemon did not start, or how it ended badly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The range file or the suppression list cannot be read.
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
pub fn serve(options: &Options, ready: impl FnOnce()) -> Result<(), ServeError> {
    forbid_core_dumps()?;
    let state = Arc::new(State::new(open(options)?));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve_state(options, state, ready))
}

/// File and list belong together: what is served is made of both. The file is checked from end to end
/// each time: a daemon opens it seldom, and what a damaged one said would be believed.
fn open(options: &Options) -> Result<Generations, nameplate::Error> {
    let how = GenerationOptions {
        copy: !options.map,
        prefault: options.prefault,
        verify: true,
        public_key: options.public_key,
        suppression: options.suppression.clone(),
        allow_older: options.allow_older,
    };
    let generations = Generations::open(&options.database, how)?;
    if let Some(path) = &options.suppression {
        info!(list = %path.display(), entries = generations.status().suppressions, "suppressing");
    }
    Ok(generations)
}

/// Memory holds addresses for moments; a core dump would keep them. Neither the kernel nor another
/// process of this user may take one from now on.
fn forbid_core_dumps() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

async fn serve_state(options: &Options, state: Arc<State>, ready: impl FnOnce()) -> Result<(), ServeError> {
    // Before the socket exists: a signal from then on must not leave it behind.
    let signals = Signals::new()?;
    let refused = |source| ServeError::Socket { path: options.socket.clone(), source };
    let (listener, place) = socket::bind(&options.socket).await.map_err(refused)?;
    info!(
        socket = %options.socket.display(),
        file = %options.database.display(),
        build = state.snapshot().metadata().build_number(),
        "serving"
    );
    let shutdown = CancellationToken::new();
    let watcher = tokio::spawn(signals.watch(Arc::clone(&state), shutdown.clone()));
    ready();
    run(listener, state, shutdown).await;
    watcher.abort();
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
