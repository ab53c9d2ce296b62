//! Accepting: each connection becomes a task of its own, and none knows of another.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::connection;
use crate::limits::{ACCEPT_LOG_INTERVAL, ACCEPT_PAUSE, BACKLOG, DRAIN};
use crate::state::State;

/// Serves until `shutdown` is cancelled; then answers what clients have sent so far and returns,
/// after at most five seconds, with no connection open.
///
/// Must be called in a tokio runtime with I/O and time.
pub async fn run(listener: UnixListener, state: Arc<State>, shutdown: CancellationToken) {
    let mut server = Server { connections: JoinSet::new(), state, shutdown, failures: Failures::default() };
    server.accept(&listener).await;
    server.accept_waiting(listener);
    server.drain().await;
}

struct Server {
    connections: JoinSet<()>,
    state: Arc<State>,
    shutdown: CancellationToken,
    failures: Failures,
}

impl Server {
    fn start(&mut self, stream: UnixStream) {
        if !self.state.admits(&stream) {
            return;
        }
        let task = connection::serve(stream, Arc::clone(&self.state), self.shutdown.clone());
        self.connections.spawn(task);
    }

    async fn accept(&mut self, listener: &UnixListener) {
        let shutdown = self.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                // Taken out of the set so that it does not grow with every client there ever was.
                Some(_) = self.connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => self.start(stream),
                    Err(error) => {
                        self.failures.note(&error, Instant::now());
                        tokio::select! {
                            () = shutdown.cancelled() => return,
                            () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                        }
                    }
                },
            }
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

    async fn drain(mut self) {
        info!(clients = self.connections.len(), "ending: answering what has been sent");
        let drained =
            tokio::time::timeout(DRAIN, async { while self.connections.join_next().await.is_some() {} });
        if drained.await.is_err() {
            warn!(clients = self.connections.len(), "ending without clients that do not read their replies");
        }
        self.connections.shutdown().await;
    }
}

/// Failed accepts, told in few lines: they come in thousands.
#[derive(Default)]
struct Failures {
    logged: Option<Instant>,
    since: u64,
}

impl Failures {
    fn note(&mut self, error: &io::Error, now: Instant) {
        self.since += 1;
        if self.logged.is_none_or(|logged| now.duration_since(logged) >= ACCEPT_LOG_INTERVAL) {
            warn!(%error, failures = self.since, "cannot accept a client; it waits");
            *self = Failures { logged: Some(now), since: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn failed_accepts_are_logged_once_a_second() {
        let mut failures = Failures::default();
        let start = Instant::now();
        let error = io::Error::from_raw_os_error(24);
        let mut logged = 0;
        for tenth in 0..100 {
            failures.note(&error, start + Duration::from_millis(100) * tenth);
            logged += u32::from(failures.since == 0);
        }
        assert_eq!(logged, 10);
    }
}
