//! The threads that answer. Each has a runtime of its own and clients of its own, so that a request is read,
//! answered and written by one thread, which no other is woken for; and none takes a lock that another waits
//! for.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::connection;
use crate::limits::DRAIN;
use crate::state::Admission;
use nameplate_leads::forget::{self, forgetting};

/// A client on its way to the thread that answers it.
struct Arrival {
    stream: UnixStream,
    admission: Admission,
}

/// The threads, seen by who accepts clients.
pub(crate) struct Workers {
    workers: Vec<Worker>,
    /// Told whenever a client has left.
    left: Arc<Notify>,
}

struct Worker {
    arrivals: mpsc::UnboundedSender<Arrival>,
    /// Clients that it has or will have.
    clients: Arc<AtomicUsize>,
    runtime: Handle,
    thread: JoinHandle<()>,
}

impl Workers {
    /// Starts `count` threads. They end when [`join`](Self::join) is called and their clients are answered.
    pub(crate) fn start(count: usize, shutdown: &CancellationToken) -> io::Result<Workers> {
        let left = Arc::new(Notify::new());
        let start = |number: usize| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (arrivals, arriving) = mpsc::unbounded_channel();
            let clients = Arc::new(AtomicUsize::new(0));
            let handle = runtime.handle().clone();
            let work = work(arriving, Arc::clone(&clients), Arc::clone(&left), shutdown.child_token());
            let thread = std::thread::Builder::new().name(format!("answers-{number}")).spawn(move || {
                runtime.block_on(work);
                // A reload that is under way is not waited for.
                runtime.shutdown_background();
            })?;
            Ok(Worker { arrivals, clients, runtime: handle, thread })
        };
        let workers = (0..count).map(start).collect::<io::Result<_>>()?;
        Ok(Workers { workers, left })
    }

    /// The number of the thread with the fewest clients.
    pub(crate) fn least_busy(&self) -> usize {
        let clients = |number: &usize| self.workers[*number].clients.load(Ordering::Relaxed);
        (0..self.workers.len()).min_by_key(clients).unwrap_or_default()
    }

    /// The runtimes of the threads.
    pub(crate) fn runtimes(&self) -> Vec<Handle> {
        self.workers.iter().map(|worker| worker.runtime.clone()).collect()
    }

    /// Gives a client to the thread of its admission.
    pub(crate) fn send(&self, stream: UnixStream, admission: Admission) {
        let worker = &self.workers[admission.thread];
        worker.clients.fetch_add(1, Ordering::Relaxed);
        // A thread that is gone has panicked; its clients are disconnected.
        let _ = worker.arrivals.send(Arrival { stream, admission });
    }

    /// Returns when a client has left since the last call.
    pub(crate) async fn client_left(&self) {
        self.left.notified().await;
    }

    /// Waits until all clients are answered. Must not be called on a thread that others wait for.
    pub(crate) fn join(self) {
        let threads: Vec<_> = self.workers.into_iter().map(|worker| worker.thread).collect();
        for thread in threads {
            // A panic has been told already.
            let _ = thread.join();
        }
    }
}

/// Serves the clients that arrive until there will be no more; then waits until they are answered, but not
/// for long.
async fn work(
    mut arriving: mpsc::UnboundedReceiver<Arrival>,
    clients: Arc<AtomicUsize>,
    left: Arc<Notify>,
    shutdown: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            arrival = arriving.recv() => {
                let Some(Arrival { stream, admission }) = arrival else { break };
                let departure = Departure { clients: Arc::clone(&clients), left: Arc::clone(&left) };
                let shutdown = shutdown.clone();
                connections.spawn(async move {
                    forgetting::<{ forget::REQUESTS }, _>(connection::serve(stream, admission, shutdown)).await;
                    drop(departure);
                });
            }
            // Taken out of the set so that it does not grow with every client there ever was.
            Some(_) = connections.join_next() => {}
        }
    }
    let drained = tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} });
    if drained.await.is_err() {
        warn!(clients = connections.len(), "ending without clients that do not read their replies");
    }
    connections.shutdown().await;
}

/// Tells that a client has left, however it did.
struct Departure {
    clients: Arc<AtomicUsize>,
    left: Arc<Notify>,
}

impl Drop for Departure {
    fn drop(&mut self) {
        self.clients.fetch_sub(1, Ordering::Relaxed);
        self.left.notify_one();
    }
}
