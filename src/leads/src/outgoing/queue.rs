//! A worker for each target: takes what is due for longest, tries it, and says to the store how that ended. A target that
//! fails rests, and so do all of its deliveries; other targets have workers of their own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::config::{Limits, Target, Way};
use super::event::Event;
use super::http::{Client, Failure};
use super::mail::Mailer;
use super::{Clock, chat};
use crate::store::{Delivery, Failed, Next, Store, StoreError};

/// The longest rest of a target whose deliveries fail one after another, unless it asked for more.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);
/// How long nothing is asked of a store that failed.
const STORE_REST: Duration = Duration::from_secs(5);
/// How long an attempt may go on when everything ends. It is made again after the next start.
const GRACE: Duration = Duration::from_secs(2);

/// Sends to targets. Cheap to clone.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) client: Client,
    pub(super) mailer: Option<Mailer>,
    pub(super) clock: Clock,
}

impl Sender {
    /// One attempt: within the configured time.
    pub(super) async fn send(&self, target: &Target, id: &str, body: &str) -> Result<(), Failure> {
        let event = || serde_json::from_str::<Event>(body).map_err(|_| Failure::Message("it is no event"));
        match &target.way {
            Way::Webhook(endpoint, secret) => {
                let now = self.clock.now().div_euclid(1000);
                let headers = [
                    ("webhook-id", id.to_owned()),
                    ("webhook-timestamp", now.to_string()),
                    ("webhook-signature", secret.sign(id, now, body.as_bytes())),
                ];
                self.client.post(endpoint.url(), "application/json", &headers, body.into()).await
            }
            Way::Slack(endpoint) => self.chat(endpoint.url(), &chat::slack_message(&event()?)).await,
            Way::Teams(endpoint) => self.chat(endpoint.url(), &chat::teams_message(&event()?)).await,
            Way::Mail(recipient) => match &self.mailer {
                Some(mailer) => mailer.send(id, &event()?, recipient).await,
                None => Err(Failure::NoTarget),
            },
        }
    }

    async fn chat(&self, url: &url::Url, message: &serde_json::Value) -> Result<(), Failure> {
        self.client.post(url, "application/json; charset=utf-8", &[], message.to_string().into()).await
    }
}

/// The worker of one target.
pub(super) struct Worker {
    pub(super) store: Store,
    pub(super) sender: Sender,
    pub(super) target: Arc<Target>,
    pub(super) limits: Limits,
    /// Something new waits.
    pub(super) wake: Arc<Notify>,
    pub(super) stop: CancellationToken,
}

impl Worker {
    pub(super) async fn run(self) {
        let mut failures = 0_u32;
        loop {
            let name = self.target.name.clone();
            let now = self.sender.clock.now();
            let until = match blocking(&self.store, move |store| store.next_delivery(&name, now)).await {
                Ok(Next::Due(delivery)) => match self.attempt(&delivery).await {
                    Some(Ok(())) => {
                        failures = 0;
                        None
                    }
                    Some(Err(failure)) => {
                        failures = failures.saturating_add(1);
                        Some(self.rest(failures, &failure))
                    }
                    None => return,
                },
                Ok(Next::At(due)) => Some(wait_from(now, due)),
                Ok(Next::Nothing) => Some(Wait::ForNews),
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(target = self.target.name, %error, "what is due could not be asked for");
                    Some(Wait::Rest(STORE_REST))
                }
            };
            let rests = async {
                match until {
                    None => {}
                    Some(Wait::ForNews) => self.wake.notified().await,
                    Some(Wait::Due(wait)) => tokio::select! {
                        () = self.wake.notified() => {}
                        () = sleep_until(Instant::now() + wait) => {}
                    },
                    // Not ended by news: they would wake a target that asked for quiet.
                    Some(Wait::Rest(wait)) => sleep_until(Instant::now() + wait).await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = rests => {}
            }
        }
    }

    /// Tries a delivery and keeps how it ended; `None` if everything ends.
    async fn attempt(&self, delivery: &Delivery) -> Option<Result<(), Failure>> {
        let sending = self.sender.send(&self.target, &delivery.id, &delivery.body);
        tokio::pin!(sending);
        let sent = tokio::select! {
            sent = &mut sending => sent,
            () = self.stop.cancelled() => timeout(GRACE, sending).await.ok()?,
        };
        let now = self.sender.clock.now();
        let (target, id) = (self.target.name.clone(), delivery.id.clone());
        let kept = match &sent {
            Ok(()) => blocking(&self.store, move |store| store.delivered(&target, &id, now)).await,
            Err(failure) => {
                let failed = self.failed(delivery.attempts + 1, failure, now);
                if failed.due.is_none() {
                    tracing::warn!(target, id, %failure, "a delivery is a dead letter");
                }
                blocking(&self.store, move |store| store.delivery_failed(&target, &id, failed)).await
            }
        };
        if let Err(error) = kept {
            // It is made once more: the store has it as it was.
            tracing::warn!(target = self.target.name, %error, "how a delivery ended could not be kept");
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = sleep_until(Instant::now() + STORE_REST) => {}
            }
        }
        Some(sent)
    }

    fn failed(&self, made: u32, failure: &Failure, now: i64) -> Failed {
        let wait = if failure.is_final() {
            None
        } else {
            let Limits { attempts, first_retry, .. } = self.limits;
            backoff::wait(made, attempts, first_retry, failure.asked_wait(), chance())
        };
        let due = wait.map(|wait| now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)));
        Failed { due, failure: failure.to_string(), status: failure.status() }
    }

    /// A target of which one delivery after another fails is not asked with each of those that wait.
    fn rest(&self, failures: u32, failure: &Failure) -> Wait {
        if failure.is_final() {
            return Wait::Rest(Duration::ZERO);
        }
        let asked = failure.asked_wait().unwrap_or_default().min(backoff::LONGEST_ASKED);
        let wait = backoff::wait(failures, u32::MAX, self.limits.first_retry, None, chance())
            .unwrap_or(LONGEST_REST);
        Wait::Rest(wait.min(LONGEST_REST).max(asked))
    }
}

/// What a worker waits for.
enum Wait {
    /// Until something new is there.
    ForNews,
    /// That, or the time.
    Due(Duration),
    /// The time alone.
    Rest(Duration),
}

fn wait_from(now: i64, due: i64) -> Wait {
    Wait::Due(Duration::from_millis(due.saturating_sub(now).max(0).unsigned_abs()))
}

/// A number by chance, for jitter; the middle if there is no chance.
fn chance() -> u32 {
    getrandom::u32().unwrap_or(200)
}

/// Asks the store on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    store: &Store,
    ask: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || ask(&store)).await.unwrap_or(Err(StoreError::Closed))
}
