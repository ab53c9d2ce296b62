//! What all connections share: the generations of the range file, and counters, each an atomic of its
//! own. No command but `RELOAD` takes a lock here, and no client can make another wait.

use std::num::NonZero;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use nameplate::{Error, Generations, ReloadStatus, Snapshot};
use nameplate_leads::Leads;
use tokio::sync::{Mutex, watch};
use tracing::{info, warn};

use crate::access::AccessList;
use crate::budget::Budget;
use crate::config::{Config, Limits};
use crate::counters::{Counter, Counters, Latency, LatencyTotals, Refusal};
use crate::limits::OLD_GENERATION;
use crate::notify;

/// What all connections share.
pub struct State {
    generations: Arc<Generations>,
    limits: Limits,
    /// For long requests and long pipelines.
    buffers: Arc<Budget>,
    /// The current generation's number, for those who wait until it is another.
    current: watch::Sender<u64>,
    /// Reloads that began so far.
    begun: AtomicU64,
    /// The last reload that ended. Whoever reloads holds it.
    last: Mutex<LastReload>,
    /// Reloads that failed, by why, in the order of [`FAILURES`].
    failures: [Counter; FAILURES.len()],
    pub(crate) started: Instant,
    /// Whether the daemon is about to end.
    draining: AtomicBool,
    pub(crate) started_at: SystemTime,
    /// When what is served was put in place: milliseconds from `started`.
    placed: AtomicU64,
    access: AccessList,
    /// What becomes of visits, if the configuration has `[leads]`.
    leads: Option<Arc<Leads>>,
    /// Connections open now.
    clients: AtomicU64,
    /// Connections with commands that are being answered.
    in_flight: AtomicUsize,
    /// Connections since the start; the next one's id.
    connections: AtomicU64,
    /// One for each thread that answers.
    counters: Box<[Counters]>,
}

impl State {
    /// Starts counting from now. Of the configuration, what it says of threads and limits.
    pub fn new(generations: impl Into<Arc<Generations>>, config: &Config) -> State {
        let generations = generations.into();
        let current = watch::Sender::new(generations.snapshot().generation());
        let threads = match config.threads {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        };
        State {
            generations,
            limits: config.limits.clone(),
            buffers: Budget::new(config.limits.buffer_bytes),
            current,
            begun: AtomicU64::new(0),
            last: Mutex::new(LastReload { number: 0, failed: None }),
            failures: Default::default(),
            started: Instant::now(),
            draining: AtomicBool::new(false),
            started_at: SystemTime::now(),
            placed: AtomicU64::new(0),
            access: AccessList::default(),
            leads: None,
            clients: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            connections: AtomicU64::new(0),
            counters: (0..threads).map(|_| Counters::default()).collect(),
        }
    }

    /// Lets stay only who is in the list.
    #[must_use]
    pub fn restricted_to(mut self, access: AccessList) -> State {
        self.access = access;
        self
    }

    /// Takes visits, too. The leads are of the same generations.
    #[must_use]
    pub fn with_leads(mut self, leads: Arc<Leads>) -> State {
        let current = self.current.clone();
        leads.on_reload(move |generation| {
            current.send_replace(generation);
        });
        self.leads = Some(leads);
        self
    }

    /// What becomes of visits, if the configuration has `[leads]`.
    pub fn leads(&self) -> Option<&Arc<Leads>> {
        self.leads.as_ref()
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
            let leads = self.leads.clone();
            let start = Instant::now();
            let reloaded = tokio::task::spawn_blocking(move || {
                let reloaded = generations.reload();
                // Whoever is in the list now goes from the store, too, before the reload counts as done.
                if let (Ok(_), Some(leads)) = (&reloaded, leads)
                    && let Err(error) = leads.reloaded()
                {
                    warn!(%error, "the leads did not follow the suppression list");
                }
                reloaded
            })
            .await;
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
                self.placed.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
                self.current.send_replace(generation);
                Ok(())
            }
            Ok(Err(error)) => {
                warn!(%error, milliseconds, "not reloaded; serving on");
                Err(self.count_failure(error.class()))
            }
            // The runtime ends, or a panic, which has been told already.
            Err(_) => Err(self.count_failure(INTERNAL)),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn buffers(&self) -> &Arc<Budget> {
        &self.buffers
    }

    /// How many threads answer.
    pub(crate) fn threads(&self) -> usize {
        self.counters.len()
    }

    /// From now on, what clients have sent is answered and nothing more is waited for.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// A connection begins to answer; false if too many do so already. Each success is followed by an
    /// [`end`](Self::end).
    pub(crate) fn begin(&self) -> bool {
        let others = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let admitted = others < self.limits.commands_in_flight;
        if !admitted {
            self.end();
        }
        admitted
    }

    /// A connection goes on with answering, which began before it had to wait for its client.
    pub(crate) fn resume(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection has answered.
    pub(crate) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Connections whose commands are being answered.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    fn count_failure(&self, class: &'static str) -> &'static str {
        for (known, counter) in FAILURES.iter().zip(&self.failures) {
            if *known == class {
                counter.add(1);
            }
        }
        class
    }

    /// Reloads that failed, by why: every reason there is.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        FAILURES.into_iter().zip(self.failures.iter().map(Counter::get))
    }

    /// How long ago what is served was put in place: at the start, or by a reload.
    pub(crate) fn placed(&self) -> Duration {
        let placed = Duration::from_millis(self.placed.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(placed)
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

    /// The time that requests of all threads took.
    pub(crate) fn latency(&self) -> LatencyTotals {
        let threads: Vec<&Latency> = self.counters.iter().map(|counters| &counters.latency).collect();
        Latency::total(&threads)
    }
}

/// Why a reload fails when the daemon itself is at fault.
const INTERNAL: &str = "internal";

/// Why reloads fail.
const FAILURES: [&str; Error::CLASSES.len() + 1] = {
    let mut all = [INTERNAL; Error::CLASSES.len() + 1];
    let mut index = 0;
    while index < Error::CLASSES.len() {
        all[index] = Error::CLASSES[index];
        index += 1;
    }
    all
};

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
    /// The number of the user that this client is, where the kernel says so.
    pub(crate) user: Option<u32>,
}

impl Admission {
    /// For a client that `thread` answers; none if there are as many clients as may be.
    pub(crate) fn new(state: &Arc<State>, trusted: bool, thread: usize) -> Option<Admission> {
        let others = state.clients.fetch_add(1, Ordering::Relaxed);
        let id = state.connections.fetch_add(1, Ordering::Relaxed) + 1;
        // Dropped, it is counted out again.
        let admission = Admission { state: Arc::clone(state), id, trusted, thread, user: None };
        (others < state.limits.clients as u64).then_some(admission)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.state.clients.fetch_sub(1, Ordering::Relaxed);
    }
}
