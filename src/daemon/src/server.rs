//! Accepting: each client is given to one of the threads that answer, and none knows of another.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::counters::Refusal;
use crate::limits::{ACCEPT_PAUSE, BACKLOG, REFUSAL_LOG_INTERVAL};
use crate::notify;
use crate::state::{Admission, State};
use crate::worker::Workers;

/// Serves until `shutdown` is cancelled; then answers what clients have sent so far and returns,
/// after at most five seconds, with no connection open. Fails if the threads that answer can't be had.
///
/// Must be called in a tokio runtime with I/O and time.
pub async fn run(listener: UnixListener, state: Arc<State>, shutdown: CancellationToken) -> io::Result<()> {
    let workers = Workers::start(state.threads(), &shutdown)?;
    let mut server = Server { workers, state, failures: Rarely::default(), refusals: Rarely::default() };
    let watchdog = notify::watchdog(Arc::clone(&server.state), server.workers.runtimes());
    tokio::select! {
        biased;
        () = shutdown.cancelled() => {}
        () = server.accept(&listener) => {}
        () = watchdog => {}
    }
    server.state.drain();
    server.accept_waiting(listener);
    info!(clients = server.state.clients(), "ending: answering what has been sent");
    // The threads end by themselves, which is not to hold up this one.
    let _ = tokio::task::spawn_blocking(|| server.workers.join()).await;
    Ok(())
}

struct Server {
    workers: Workers,
    state: Arc<State>,
    failures: Rarely,
    refusals: Rarely,
}

impl Server {
    /// For ever.
    async fn accept(&mut self, listener: &UnixListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => self.start(stream),
                Err(error) => {
                    if let Some(failures) = self.failures.note(Instant::now()) {
                        warn!(%error, failures, "cannot accept a client; it waits");
                    }
                    // Who left has left a descriptor.
                    let _ = tokio::time::timeout(ACCEPT_PAUSE, self.workers.client_left()).await;
                }
            }
        }
    }

    fn start(&mut self, stream: UnixStream) {
        if !self.state.admits(&stream) {
            return;
        }
        let trusted = is_trusted(&stream);
        let thread = self.workers.least_busy();
        let Some(mut admission) = Admission::new(&self.state, trusted, thread) else {
            return self.refuse(&stream);
        };
        admission.user = stream.peer_cred().ok().map(|peer| peer.uid());
        // An error is that the client has no descriptor any more: it has gone.
        if let Ok(stream) = stream.into_std() {
            self.workers.send(stream, admission);
        }
    }

    /// One client too many is told so, if that is possible at once.
    fn refuse(&mut self, stream: &UnixStream) {
        // A new connection has room for a line; whoever has already hung up doesn't need it.
        let _ = rustix::io::write(stream, b"-BUSY too many clients; try again later\r\n");
        self.state.counters(0).refuse(Refusal::Clients);
        if let Some(refused) = self.refusals.note(Instant::now()) {
            warn!(refused, clients = self.state.clients(), "too many clients; see limits.clients");
        }
    }

    /// Accepts who had connected before the end, and nobody after them. The kernel is asked
    /// directly, as the runtime may not yet have noticed them.
    fn accept_waiting(&mut self, listener: UnixListener) {
        let Ok(listener) = listener.into_std() else { return };
        for _ in 0..BACKLOG {
            // Non-blocking, as the runtime left it; an error is that there are none, or no means.
            let Ok((stream, _)) = listener.accept() else { return };
            let stream = stream.set_nonblocking(true).and_then(|()| UnixStream::from_std(stream));
            if let Ok(stream) = stream {
                self.start(stream);
            }
        }
    }
}

/// Whether the process that connected is of this daemon's user or root's. The kernel says so, at the
/// moment of connecting (SO_PEERCRED).
fn is_trusted(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

/// What comes in thousands is told in few lines.
#[derive(Default)]
struct Rarely {
    told: Option<Instant>,
    since: u64,
}

impl Rarely {
    /// Counts one more; how many there were since the last time it said so, if it is time to tell.
    fn note(&mut self, now: Instant) -> Option<u64> {
        self.since += 1;
        if self.told.is_some_and(|told| now.duration_since(told) < REFUSAL_LOG_INTERVAL) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_comes_in_thousands_is_told_once_a_second() {
        let mut rarely = Rarely::default();
        let start = Instant::now();
        let told: Vec<u64> =
            (0..100).filter_map(|tenth| rarely.note(start + Duration::from_millis(100) * tenth)).collect();
        assert_eq!(told, [1, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
    }
}
