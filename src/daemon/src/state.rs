//! What all connections share: the database, read-only, and counters, each an atomic of its own.
//! There is no lock here, and nothing that one client can make another wait for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use nameplate::Database;

/// What all connections share.
pub struct State {
    database: Database,
    pub(crate) started: Instant,
    /// Connections open now.
    clients: AtomicU64,
    /// Connections since the start; the next one's id.
    connections: AtomicU64,
    /// Commands answered since the start.
    commands: AtomicU64,
}

impl State {
    /// Starts counting from now.
    pub fn new(database: Database) -> State {
        State {
            database,
            started: Instant::now(),
            clients: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            commands: AtomicU64::new(0),
        }
    }

    /// The database to answer from. A command asks once and keeps what it got, so that all of its
    /// reply comes from one file.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Numbers the file that [`database`](Self::database) answers from: answer ids hold within one
    /// generation. There is one as long as a file can't be replaced while the daemon runs.
    #[allow(clippy::unused_self, reason = "the generation will be a field when files can be replaced")]
    pub(crate) fn generation(&self) -> i64 {
        1
    }

    pub(crate) fn clients(&self) -> u64 {
        self.clients.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn commands(&self) -> u64 {
        self.commands.load(Ordering::Relaxed)
    }

    pub(crate) fn count_commands(&self, count: u64) {
        self.commands.fetch_add(count, Ordering::Relaxed);
    }
}

/// One open connection, counted as long as this lives.
pub(crate) struct Admission {
    pub(crate) state: Arc<State>,
    /// Never 0, as in Redis.
    pub(crate) id: u64,
}

impl Admission {
    pub(crate) fn new(state: Arc<State>) -> Admission {
        state.clients.fetch_add(1, Ordering::Relaxed);
        let id = state.connections.fetch_add(1, Ordering::Relaxed) + 1;
        Admission { state, id }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.state.clients.fetch_sub(1, Ordering::Relaxed);
    }
}
