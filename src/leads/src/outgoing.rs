//! What leaves: alerts on companies and segments, to webhooks, mailboxes and chats. Nothing does unless a target is configured,
//! and no target is reached whose host is not on the list.
//!
//! ```text
//! store: page views --every few seconds--> alert: who is new, who entered --one transaction--> store: deliveries
//! store: deliveries --a worker for each target--> send --> http (webhook, chat) or mail
//! ```
//!
//! Nothing is in memory that the store does not have: after a kill, the next start goes on where the last commit was. A
//! delivery is removed when the receiver has taken it, so one may come twice, with the same id, and none is lost.

pub mod address;
mod alert;
pub mod backoff;
pub mod chat;
pub mod config;
pub mod event;
pub mod http;
pub mod mail;
mod plain_text;
mod queue;
#[cfg(test)]
pub(crate) mod samples;
pub mod webhook;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::model::Timestamp;
use crate::score::ScoreFormula;
use crate::store::{DeliveryState, Resend, Store, StoreError, TargetState};
use config::{ConfigError, Target, Targets};
use event::Event;
use http::{Client, Failure};
use mail::Mailer;
use queue::{Sender, Worker, blocking};

/// What time it is.
#[derive(Clone, Copy, Debug)]
enum Clock {
    /// The system's.
    System,
    /// The runtime's, from this moment on, so that tests can let it run.
    #[cfg(test)]
    Runtime(Timestamp, tokio::time::Instant),
    /// Always the same.
    #[cfg(test)]
    Fixed(Timestamp),
}

impl Clock {
    fn now(self) -> Timestamp {
        match self {
            Clock::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            #[cfg(test)]
            Clock::Runtime(start, from) => {
                start + i64::try_from(from.elapsed().as_millis()).unwrap_or(i64::MAX)
            }
            #[cfg(test)]
            Clock::Fixed(at) => at,
        }
    }
}

/// Why what goes out could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutgoingError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A target was asked for that is not configured.
    #[error("there is no target of this name")]
    NoTarget,
}

/// All that goes out: runs until it is shut down. Dropping it ends it at once; what was not acknowledged is sent again after
/// the next start.
pub struct Outgoing {
    store: Store,
    targets: Arc<Targets>,
    sender: Sender,
    wakes: HashMap<String, Arc<Notify>>,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Outgoing")
            .field("targets", &self.targets.targets.len())
            .finish_non_exhaustive()
    }
}

impl Outgoing {
    /// Begins: a task for each target, and one that looks who is new. Without targets there is no task, and visits are not
    /// even marked. Within a runtime with its timers and I/O on.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read, or a store that cannot be written.
    pub async fn start(
        store: Store,
        targets: Targets,
        formula: ScoreFormula,
    ) -> Result<Outgoing, OutgoingError> {
        Outgoing::start_at(store, targets, formula, Clock::System).await
    }

    async fn start_at(
        store: Store,
        targets: Targets,
        formula: ScoreFormula,
        clock: Clock,
    ) -> Result<Outgoing, OutgoingError> {
        let client = Client::new(&targets)?;
        let sender = Sender { mailer: Mailer::new(&client, &targets)?, client, clock };
        let watched = !targets.targets.is_empty();
        blocking(&store, move |store| store.watch_visits(watched)).await?;
        let targets = Arc::new(targets);
        let wakes: HashMap<_, _> =
            targets.targets.iter().map(|target| (target.name.clone(), Arc::new(Notify::new()))).collect();
        let outgoing = Outgoing {
            store,
            sender,
            wakes,
            stop: CancellationToken::new(),
            tasks: Mutex::default(),
            targets: Arc::clone(&targets),
        };
        let mut tasks = JoinSet::new();
        for target in &targets.targets {
            let worker = Worker {
                store: outgoing.store.clone(),
                sender: outgoing.sender.clone(),
                target: Arc::clone(target),
                limits: targets.limits,
                wake: Arc::clone(&outgoing.wakes[&target.name]),
                stop: outgoing.stop.clone(),
            };
            tasks.spawn(worker.run());
        }
        if watched {
            let alerts = alert::Alerts {
                store: outgoing.store.clone(),
                targets: targets.targets.clone(),
                limits: targets.limits,
                formula: Arc::new(formula),
                clock,
                wakes: outgoing.wakes.clone(),
                stop: outgoing.stop.clone(),
            };
            // Whoever comes from here on is new.
            let alerts = Arc::new(alerts);
            let first = Arc::clone(&alerts);
            blocking(&outgoing.store, move |_| first.begin()).await?;
            tasks.spawn(alerts.run());
        }
        *outgoing.tasks.lock().await = tasks;
        Ok(outgoing)
    }

    /// Ends: attempts that are under way have two seconds, everything else is kept for the next start.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        let mut tasks = self.tasks.lock().await;
        while tasks.join_next().await.is_some() {}
    }

    /// Sends an event of a made-up company to a target, now and once, past the queue.
    ///
    /// # Errors
    ///
    /// What went wrong with the attempt; [`Failure::NoTarget`] if there is no such target.
    pub async fn test(&self, target: &str) -> Result<(), Failure> {
        let target = self.targets.find(target).ok_or(Failure::NoTarget)?;
        test(&self.sender, target).await
    }

    /// Sends a text to a mailbox, now and once, past the queue and the store: nothing of it is kept.
    ///
    /// # Errors
    ///
    /// What went wrong with the attempt; [`Failure::NoTarget`] where there is no mail server, or no mailbox of this name can be.
    pub async fn write_mail(&self, recipient: &str, subject: &str, text: &str) -> Result<(), Failure> {
        let mailer = self.sender.mailer.as_ref().ok_or(Failure::NoTarget)?;
        let recipient = recipient.parse().map_err(|_| Failure::NoTarget)?;
        let id = alert::delivery_id().map_err(|_| Failure::Message("the system gives no random bytes"))?;
        mailer.write(&id, subject, text, &recipient).await
    }

    /// Deliveries that wait, or dead letters, the newest first, at most `limit`: of one target, or of all.
    pub async fn deliveries(
        &self,
        target: Option<String>,
        dead: bool,
        limit: u32,
    ) -> Result<Vec<DeliveryState>, StoreError> {
        blocking(&self.store, move |store| store.deliveries(target.as_deref(), dead, limit)).await
    }

    /// What became of each target's deliveries.
    pub async fn states(&self) -> Result<Vec<TargetState>, StoreError> {
        blocking(&self.store, Store::delivery_targets).await
    }

    /// Makes dead letters due again; how many.
    pub async fn resend(&self, which: Resend, actor: String) -> Result<u64, StoreError> {
        let now = self.sender.clock.now();
        let resent = blocking(&self.store, move |store| store.resend(which, &actor, now)).await?;
        self.wakes.values().for_each(|wake| wake.notify_one());
        Ok(resent)
    }
}

async fn test(sender: &Sender, target: &Target) -> Result<(), Failure> {
    let id = alert::delivery_id().map_err(|_| Failure::Message("the system gives no random bytes"))?;
    let event = Event::test(&target.sites, sender.clock.now());
    sender.send(target, &id, &event.to_json()).await
}

/// Sends an event of a made-up company to a target, now and once, without a store: to try a configuration.
///
/// # Errors
///
/// [`OutgoingError`] for the configuration; within, what went wrong with the attempt.
pub async fn try_target(targets: &Targets, name: &str) -> Result<Result<(), Failure>, OutgoingError> {
    let client = Client::new(targets)?;
    let sender = Sender { mailer: Mailer::new(&client, targets)?, client, clock: Clock::System };
    Ok(test(&sender, targets.find(name).ok_or(OutgoingError::NoTarget)?).await)
}

#[cfg(test)]
mod tests;
