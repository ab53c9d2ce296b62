//! Who is new, and who has entered a segment: looked at every two seconds if somebody came, beside the visits and never in their way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::Clock;
use super::config::{Limits, Repeat, Target};
use super::event::{Event, EventKind};
use super::queue::blocking;
use crate::score::ScoreFormula;
use crate::store::{Looked, NewDelivery, Store, StoreError, Watch};

/// How long visits are gathered before they are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// After so many looks, an hour, it is asked who has left by time alone, and what is too old is removed.
const SWEEP: u32 = 1800;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Looks for what is to be told.
pub(super) struct Alerts {
    pub(super) store: Store,
    pub(super) targets: Vec<Arc<Target>>,
    pub(super) limits: Limits,
    pub(super) formula: Arc<ScoreFormula>,
    pub(super) clock: Clock,
    /// Of each target's worker.
    pub(super) wakes: HashMap<String, Arc<Notify>>,
    pub(super) stop: CancellationToken,
}

impl Alerts {
    /// Makes sure that who is in already is known. The first time it reads all companies: a second or so for a million.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        self.watched(self.clock.now()).map(drop)
    }

    pub(super) async fn run(self: Arc<Self>) {
        let mut looks = interval_at(Instant::now() + EVERY, EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let alerts = self;
        let mut count = 0_u32;
        loop {
            let (again, sweep) = (Arc::clone(&alerts), count % SWEEP == 0);
            count = count.wrapping_add(1);
            let woken = blocking(&alerts.store, move |_| {
                if sweep {
                    again.sweep();
                }
                again.look()
            });
            match woken.await {
                Ok(()) => {}
                Err(StoreError::Closed) => return,
                Err(error) => tracing::warn!(%error, "who entered a segment could not be asked"),
            }
            tokio::select! {
                () = alerts.stop.cancelled() => return,
                _ = looks.tick() => {}
            }
        }
    }

    /// Looks at all who came since the last look.
    pub(super) fn look(&self) -> Result<(), StoreError> {
        loop {
            let now = self.clock.now();
            let watched = self.watched(now)?;
            let touched = self.store.touched()?;
            if touched.is_empty() || self.stop.is_cancelled() {
                return Ok(());
            }
            let mut found = Looked { touched: touched.clone(), ..Looked::default() };
            for (target, watch) in watched {
                let (inside, outside) = self.store.look(&watch, &touched, &self.formula, now)?;
                // Whoever is told of nobody's segment is never out: it would be new again.
                if target.segment.is_some() {
                    found.left.extend(outside.into_iter().map(|company| (target.name.clone(), company)));
                }
                let today = now.div_euclid(DAY);
                for company in inside {
                    let tell = match (company.told, target.repeat) {
                        (None, _) => true,
                        (Some(_), Repeat::Entering) => false,
                        (Some(day), Repeat::Daily) => day != today,
                    };
                    if !tell {
                        continue;
                    }
                    let Some(detail) =
                        self.store.lead_on(&target.sites, &company.company, &self.formula, now)?
                    else {
                        continue;
                    };
                    let kind = if target.segment.is_some() {
                        EventKind::SegmentEntered
                    } else {
                        EventKind::LeadCreated
                    };
                    let event = Event::new(kind, target.segment.as_deref(), &target.sites, detail, now);
                    found.deliveries.push(NewDelivery {
                        id: delivery_id()?,
                        target: target.name.clone(),
                        kind: kind.name(),
                        company: Some(company.number),
                        body: event.to_json(),
                    });
                    found.entered.push((target.name.clone(), company.number, today));
                }
            }
            let told: Vec<String> = found.deliveries.iter().map(|delivery| delivery.target.clone()).collect();
            self.store.looked(found, self.limits.queue, now)?;
            for target in told {
                if let Some(wake) = self.wakes.get(&target) {
                    wake.notify_one();
                }
            }
        }
    }

    /// What is watched, of which those who were in before are known. A segment or a site that is not there yet is watched
    /// as soon as it is.
    fn watched(&self, now: i64) -> Result<Vec<(&Target, Watch)>, StoreError> {
        let mut watched = Vec::with_capacity(self.targets.len());
        for target in &self.targets {
            let watch = Watch {
                target: target.name.clone(),
                segment: target.segment.clone(),
                sites: target.sites.clone(),
            };
            match self.store.begin_watch(&watch, &self.formula, now) {
                Ok(_) => watched.push((&**target, watch)),
                Err(StoreError::Missing(what)) => {
                    tracing::debug!(target = target.name, what, "a target waits for what it is to watch");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(watched)
    }

    fn sweep(&self) {
        let now = self.clock.now();
        let swept = || {
            for (target, watch) in self.watched(now)? {
                if target.segment.is_some() {
                    self.store.sweep_watch(&watch, &self.formula, now)?;
                }
            }
            let keep = i64::try_from(self.limits.keep.as_millis()).unwrap_or(i64::MAX);
            self.store.purge_deliveries(now.saturating_sub(keep))
        };
        if let Err(error) = swept() {
            tracing::warn!(%error, "old deliveries could not be removed");
        }
    }
}

/// `msg_` and 128 bits by chance.
pub(super) fn delivery_id() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| StoreError::Invalid("the system gives no random bytes".into()))?;
    Ok(format!("msg_{:032x}", u128::from_be_bytes(bytes)))
}
