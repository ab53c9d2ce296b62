//! What the service manager is told (sd_notify(3)): that clients can connect, that a reload runs, that
//! the end has begun, and, where it watches, that the daemon still answers. Without a service manager
//! nothing is told. The texts hold a build number and nothing that a client sent.

use std::future::pending;
use std::sync::Arc;

use sd_notify::NotifyState;
use tokio::runtime::Handle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::state::State;

/// Clients can connect, or a reload has ended.
pub(crate) fn ready(build: u64) {
    tell(&[NotifyState::Ready, NotifyState::Status(&serving(build))]);
}

/// A reload that the service manager asked for has ended: `failed` says why it failed, if it did.
pub(crate) fn reloaded(build: u64, failed: Option<&'static str>) {
    tell(&[NotifyState::Ready, NotifyState::Status(&reload_ended(build, failed))]);
}

/// A reload that a client asked for has ended.
pub(crate) fn status(build: u64, failed: Option<&'static str>) {
    tell(&[NotifyState::Status(&reload_ended(build, failed))]);
}

/// A reload begins. The time is what `Type=notify-reload` tells this reload from an earlier one by.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now, NotifyState::Status("reloading")]),
        Err(error) => warn!(%error, "the clock cannot be read; the service manager is not told of a reload"),
    }
}

/// The end has begun.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("ending: answering what has been sent")]);
}

fn serving(build: u64) -> String {
    format!("serving build {build}")
}

fn reload_ended(build: u64, failed: Option<&'static str>) -> String {
    match failed {
        None => serving(build),
        Some(class) => format!("serving build {build}; the last reload failed ({class})"),
    }
}

/// The daemon does its work whether or not somebody wants to know of it.
fn tell(what: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(what) {
        warn!(%error, "the service manager cannot be told how the daemon is");
    }
}

/// Tells the service manager twice in the time that it allows that the daemon answers, where it wants to
/// know. Never returns; to be polled by the task that accepts clients, so that it goes silent when that
/// hangs. `threads` are the runtimes that answer.
pub(crate) async fn watchdog(state: Arc<State>, threads: Vec<Handle>) {
    let Some(allowed) = sd_notify::watchdog_enabled().filter(|allowed| !allowed.is_zero()) else {
        return pending().await;
    };
    let mut ticks = interval(allowed / 2);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !answers(&state, &threads).await {
            warn!("a thread has ended that should answer; the service manager is left to find out");
            return pending().await;
        }
        tell(&[NotifyState::Watchdog]);
    }
}

/// Whether each thread looks something up when it is asked to. Waits for those that take their time.
///
/// They are not asked through the socket: when there are more clients than descriptors such a question
/// would find no way in, and a daemon that is merely full would be killed.
async fn answers(state: &Arc<State>, threads: &[Handle]) -> bool {
    for thread in threads {
        let state = Arc::clone(state);
        let lookup = thread.spawn(async move { state.snapshot().lookup_text(b"::1").is_ok() });
        if !matches!(lookup.await, Ok(true)) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Waker};

    use nameplate::{Database, GenerationOptions, Generations, Writer};
    use tokio::runtime::{Builder, Runtime};

    use super::*;
    use crate::config::Config;

    fn one_thread() -> Runtime {
        Builder::new_multi_thread().worker_threads(1).build().unwrap()
    }

    #[test]
    fn a_thread_that_hangs_or_has_ended_does_not_answer() {
        let mut file = Vec::new();
        Writer::new().finish(&mut file).unwrap();
        let database = Database::from_bytes(&file).unwrap();
        let generations = Generations::starting_with(database, "".as_ref(), GenerationOptions::default());
        let state = Arc::new(State::new(generations, &Config::default()));
        let (asking, good, other) = (one_thread(), one_thread(), one_thread());
        let threads = [good.handle().clone(), other.handle().clone()];
        assert!(asking.block_on(answers(&state, &threads)));

        let (hangs, is_hanging) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        other.spawn(async move {
            hangs.send(()).unwrap();
            released.recv().unwrap();
        });
        is_hanging.recv().unwrap();
        {
            let mut question = pin!(answers(&state, &threads));
            // Until the good one has answered, that is what it waits for.
            assert!(asking.block_on(answers(&state, &threads[..1])));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..1000 {
                assert!(question.as_mut().poll(&mut context).is_pending());
            }
            release.send(()).unwrap();
            assert!(asking.block_on(question));
        }
        other.shutdown_background();
        assert!(!asking.block_on(answers(&state, &threads)));
    }
}
