//! What all connections share: the generations of the range file, and counters, each an atomic of its
//! own. No command but `RELOAD` takes a lock here, and no client can make another wait.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nameplate::{Error, Generations, ReloadStatus, Snapshot};
use tokio::sync::{Mutex, watch};
use tracing::{info, warn};

use crate::access::AccessList;
use crate::counters::{Counters, Refusal};
use crate::limits::OLD_GENERATION;
use crate::notify;

/// What all connections share.
pub struct State {
    generations: Arc<Generations>,
    /// The current generation's number, for those who wait until it is another.
    current: watch::Sender<u64>,
    /// Reloads that began so far.
    begun: AtomicU64,
    /// The last reload that ended. Whoever reloads holds it.
    last: Mutex<LastReload>,
    pub(crate) started: Instant,
    access: AccessList,
    /// Connections open now.
    clients: AtomicU64,
    /// Connections since the start; the next one's id.
    connections: AtomicU64,
    /// One for each thread that answers.
    counters: Box<[Counters]>,
}

impl State {
    /// Starts counting from now.
    pub fn new(generations: Generations) -> State {
        let current = watch::Sender::new(generations.snapshot().generation());
        State {
            generations: Arc::new(generations),
            current,
            begun: AtomicU64::new(0),
            last: Mutex::new(LastReload { number: 0, failed: None }),
            started: Instant::now(),
            access: AccessList::default(),
            clients: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            counters: Box::new([Counters::default()]),
        }
    }

    /// Lets stay only who is in the list.
    #[must_use]
    pub fn restricted_to(mut self, access: AccessList) -> State {
        self.access = access;
        self
    }

    /// Whether who connected may stay. Who may not has been told so and counted; the caller closes.
    pub(crate) fn admits(&self, socket: impl AsFd) -> bool {
        let admitted = self.access.admits(socket);
        if !admitted {
            self.counters(0).refuse(Refusal::Access);
        }
        admitted
    }

    /// The file to answer from. A command asks once and keeps what it got to its end, so that all of its
    /// reply comes from one generation.
    pub(crate) fn snapshot(&self) -> Snapshot<'_> {
        self.generations.snapshot()
    }

    pub(crate) fn reload_status(&self) -> ReloadStatus {
        self.generations.status()
    }

    pub(crate) fn generations_held(&self) -> usize {
        self.generations.held()
    }

    /// Returns some time after the generation was replaced: then a client that still does not read its
    /// reply is not to keep it in memory any longer.
    pub(crate) async fn outlived(&self, generation: u64) {
        // The sender is this state's own, so it is there. It learns of a new generation after readers may.
        let _ = self.current.subscribe().wait_for(|current| *current > generation).await;
        tokio::time::sleep(OLD_GENERATION).await;
    }

    /// Opens the file and the suppression list anew, on a thread where it holds up nobody; fails with a
    /// word for why ([`nameplate::Error::class`]), and then the generation that was there stays.
    ///
    /// Who asks while a reload runs waits for the next one, and all who wait for the next one share it.
    pub(crate) async fn reload(&self) -> Result<(), &'static str> {
        let asked = self.begun.load(Ordering::Relaxed);
        let mut last = self.last.lock().await;
        // One that began after the question has read what was there when it was asked.
        if last.number <= asked {
            last.number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
            let generations = Arc::clone(&self.generations);
            let start = Instant::now();
            let reloaded = tokio::task::spawn_blocking(move || generations.reload()).await;
            last.failed = self.note(reloaded, start.elapsed()).err();
            notify::status(self.build(), last.failed);
        }
        last.failed.map_or(Ok(()), Err)
    }

    /// The build number of what is served.
    pub(crate) fn build(&self) -> u64 {
        self.snapshot().metadata().build_number()
    }

    /// One line for each reload.
    fn note(
        &self,
        reloaded: Result<Result<u64, Error>, tokio::task::JoinError>,
        took: Duration,
    ) -> Result<(), &'static str> {
        let milliseconds = took.as_millis();
        match reloaded {
            Ok(Ok(generation)) => {
                let build = self.build();
                let suppressions = self.generations.status().suppressions;
                info!(generation, build, suppressions, milliseconds, "reloaded");
                self.current.send_replace(generation);
                Ok(())
            }
            Ok(Err(error)) => {
                warn!(%error, milliseconds, "not reloaded; serving on");
                Err(error.class())
            }
            // The runtime ends, or a panic, which has been told already.
            Err(_) => Err("internal"),
        }
    }

    pub(crate) fn clients(&self) -> u64 {
        self.clients.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// The counters of a thread, by its number from 0.
    pub(crate) fn counters(&self, thread: usize) -> &Counters {
        &self.counters[thread]
    }

    /// A count of all threads together.
    pub(crate) fn total(&self, count: impl Fn(&Counters) -> u64) -> u64 {
        self.counters.iter().map(count).sum()
    }
}

/// How the last reload ended.
struct LastReload {
    /// Which it was, from 1.
    number: u64,
    failed: Option<&'static str>,
}

/// One open connection, counted as long as this lives.
pub(crate) struct Admission {
    pub(crate) state: Arc<State>,
    /// Never 0, as in Redis.
    pub(crate) id: u64,
    /// Whether this client may do what only the daemon's own user and root may.
    pub(crate) trusted: bool,
    /// The number of the thread that answers it.
    pub(crate) thread: usize,
}

impl Admission {
    pub(crate) fn new(state: Arc<State>, trusted: bool) -> Admission {
        state.clients.fetch_add(1, Ordering::Relaxed);
        let id = state.connections.fetch_add(1, Ordering::Relaxed) + 1;
        Admission { state, id, trusted, thread: 0 }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.state.clients.fetch_sub(1, Ordering::Relaxed);
    }
}
