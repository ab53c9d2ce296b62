//! Tallies that were read, kept for the next question: a period is the same months again and again, and a row costs twenty times as much
//! as what is made of it here.
//!
//! Whoever changes a span's tallies says so after the transaction and before it is acknowledged; then they are read anew. So a question sees
//! all that was acknowledged before it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use super::apply::Tally;
use super::{Result, StoreError};

/// Tallies that are kept, 32 bytes each.
const MOST: usize = 1_000_000;

/// A company's tally.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) company: u32,
    visits: u32,
    sessions: u32,
    page_views: u32,
    seconds: i64,
    groups: i64,
}

impl Kept {
    pub(super) fn new(company: u32, tally: &Tally) -> Result<Kept> {
        let number = |number: i64| {
            u32::try_from(number)
                .map_err(|_| StoreError::Sqlite("a tally is beyond four thousand million".into()))
        };
        Ok(Kept {
            company,
            visits: number(tally.visits)?,
            sessions: number(tally.sessions)?,
            page_views: number(tally.page_views)?,
            seconds: tally.seconds,
            groups: tally.groups,
        })
    }

    pub(super) fn tally(&self) -> Tally {
        Tally {
            visits: i64::from(self.visits),
            sessions: i64::from(self.sessions),
            page_views: i64::from(self.page_views),
            seconds: self.seconds,
            groups: self.groups,
        }
    }
}

/// A site and a span.
type Place = (u32, i64);

#[derive(Default)]
pub(super) struct KeptTallies(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Counts changes.
    clock: u64,
    /// When all of them may have changed.
    forgotten: u64,
    /// When some did.
    changed: HashMap<Place, u64>,
    kept: HashMap<Place, Arc<[Kept]>>,
    /// In the order in which they were read.
    order: VecDeque<Place>,
    rows: usize,
}

impl KeptTallies {
    /// Visits were added to these.
    pub(super) fn changed(&self, places: impl IntoIterator<Item = Place>) {
        let mut inner = self.lock();
        inner.clock += 1;
        for place in places {
            let now = inner.clock;
            inner.changed.insert(place, now);
            if let Some(kept) = inner.kept.remove(&place) {
                inner.rows -= kept.len();
                inner.order.retain(|other| *other != place);
            }
        }
    }

    /// Any of them may have changed.
    pub(super) fn forget(&self) {
        let mut inner = self.lock();
        let clock = inner.clock + 1;
        *inner = Inner { clock, forgotten: clock, ..Inner::default() };
    }

    /// What is to be asked before the snapshot begins that tallies are read from.
    pub(super) fn now(&self) -> u64 {
        self.lock().clock
    }

    pub(super) fn get(&self, place: Place) -> Option<Arc<[Kept]>> {
        self.lock().kept.get(&place).map(Arc::clone)
    }

    /// Keeps what was read in a snapshot that began after `now` was asked, unless it has changed since.
    pub(super) fn keep(&self, place: Place, now: u64, kept: Arc<[Kept]>) {
        let mut inner = self.lock();
        let changed = inner.changed.get(&place).copied().unwrap_or(0).max(inner.forgotten);
        if kept.len() > MOST || changed > now {
            return;
        }
        inner.rows += kept.len();
        match inner.kept.insert(place, kept) {
            Some(before) => inner.rows -= before.len(),
            None => inner.order.push_back(place),
        }
        while inner.rows > MOST
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.rows -= inner.kept.remove(&oldest).map_or(0, |kept| kept.len());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
