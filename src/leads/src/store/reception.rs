//! The thread that acknowledges visits: all that wait become one frame of [`Arrivals`], and when that is synced the writer gets them.
//!
//! What is acknowledged must fit into the tables, too. Where the disk may not have the room for it, visits are given to the writer
//! before they are acknowledged, and each hears whether there was.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use hashbrown::HashSet;
use rusqlite::Connection;
use rustix::fs::fstatvfs;
use tokio::sync::{mpsc, oneshot};

use super::arrivals::Arrivals;
use super::period::day_of;
use super::writer::Job;
use super::{Result, StoreError};
use crate::model::{Record, SiteNumber, Timestamp};

/// Visits in a frame.
const FRAME: usize = 1024;
/// Visits that may wait for their place in the tables; then acknowledgements wait, too.
const MOST_WAITING: u64 = 32_768;
/// Room that the disk has left for sure, and for each visit that waits: a visit changes ten pages, which are copied to the log and may split.
const ROOM: u64 = 64 << 20;
const ROOM_OF_VISIT: u64 = 64 << 10;

/// Whom to tell what became of a visit.
pub(super) type Acknowledge = oneshot::Sender<Result<()>>;

/// What comes in.
pub(super) enum Arriving {
    Visit(Record, Acknowledge),
    /// Empties the files; false where the tables can't take what is in them.
    Forget(SyncSender<Result<bool>>),
}

/// How far the tables are, for those who wait.
#[derive(Default)]
pub(super) struct Progress {
    /// The number of the last visit that the writer was given, before it was acknowledged.
    given: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of the last visit in the tables.
    moved: u64,
    /// Turns in which the writer did, or tried, what it was asked for.
    turns: u64,
    /// Why the tables don't take what waits.
    stuck: Option<StoreError>,
    /// Nobody writes any more.
    closed: bool,
}

impl Progress {
    pub(super) fn new(moved: u64, given: u64) -> Progress {
        let state = Mutex::new(State { moved, ..State::default() });
        Progress { given: AtomicU64::new(given), state, changed: Condvar::new() }
    }

    /// A turn of the writer's.
    pub(super) fn turned(&self, moved: u64, stuck: Option<StoreError>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.moved, state.stuck) = (moved, stuck);
        state.turns += 1;
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }

    /// Waits until all that was acknowledged before is in the tables.
    pub(super) fn settle(&self, writer: &Sender<Job>) -> Result<()> {
        let given = self.given.load(Ordering::Acquire);
        self.wait(given, || writer.send(Job::Move).map_err(|_| StoreError::Closed))
    }

    /// Waits until the tables have visits up to this number, after asking for it; an error where a turn after that could not do it.
    fn wait(&self, until: u64, ask: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.moved >= until {
            return Ok(());
        }
        let asked = state.turns;
        ask()?;
        loop {
            if state.moved >= until {
                return Ok(());
            }
            if state.closed {
                return Err(StoreError::Closed);
            }
            if let Some(error) = state.stuck.as_ref().filter(|_| state.turns > asked) {
                return Err(error.clone());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn moved(&self) -> (u64, bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.moved, state.stuck.is_some())
    }

    /// Whether all that was acknowledged is in the tables.
    pub(super) fn is_settled(&self) -> bool {
        self.moved().0 >= self.given.load(Ordering::Acquire)
    }
}

/// What the thread has.
pub(super) struct Reception {
    pub(super) arrivals: Arrivals,
    pub(super) writer: Sender<Job>,
    pub(super) progress: Arc<Progress>,
    /// For looking up sites.
    pub(super) connection: Connection,
    pub(super) sites: HashSet<u32>,
    /// Whether visits may be acknowledged before they are in the tables: not where the size of the file is bounded.
    pub(super) ahead: bool,
}

impl Reception {
    /// Until nobody sends any more; then what is left is given back.
    pub(super) fn run(mut self, mut coming: mpsc::Receiver<Arriving>) -> Arrivals {
        let mut batch = Vec::with_capacity(FRAME);
        while coming.blocking_recv_many(&mut batch, FRAME) > 0 {
            let (mut visits, mut forget) = (Vec::with_capacity(batch.len()), Vec::new());
            for arriving in batch.drain(..) {
                match arriving {
                    Arriving::Visit(record, done) => visits.push((record, done)),
                    Arriving::Forget(done) => forget.push(done),
                }
            }
            if let Err(error) = self.receive(&mut visits) {
                for (_, done) in visits {
                    // Whoever stopped waiting is not told.
                    let _ = done.send(Err(error.clone()));
                }
            }
            for done in forget {
                let settled = self.progress.settle(&self.writer).is_ok();
                let emptied = if settled { self.arrivals.clear().map(|()| true) } else { Ok(false) };
                let _ = done.send(emptied);
            }
        }
        self.arrivals
    }

    /// Takes visits; those that are left with an error are to hear of it.
    fn receive(&mut self, visits: &mut Vec<(Record, Acknowledge)>) -> Result<()> {
        if visits.is_empty() {
            return Ok(());
        }
        let given = self.progress.given.load(Ordering::Acquire);
        let (moved, stuck) = self.progress.moved();
        if stuck {
            // As long as the tables take nothing, nothing is acknowledged; each batch tries.
            self.progress.settle(&self.writer)?;
        } else if given - moved > MOST_WAITING {
            self.progress.wait(given - MOST_WAITING, || Ok(()))?;
        }
        let mut through = Vec::new();
        if !self.ahead || !self.has_room(given - self.progress.moved().0 + visits.len() as u64) {
            through.append(visits);
        } else if visits.iter().any(|(record, _)| !self.fits(record)) {
            // The writer says why.
            let (fit, unfit) = visits.drain(..).partition(|(record, _)| self.fits(record));
            (*visits, through) = (fit, unfit);
        }
        if !visits.is_empty() {
            let last = self.arrivals.append(visits.iter().map(|(record, _)| record), moved)?;
            let (records, acknowledge): (Vec<_>, Vec<_>) = visits.drain(..).unzip();
            self.writer.send(Job::Arrived(records, last)).map_err(|_| StoreError::Closed)?;
            // Who hears of it, and asks then, waits for the tables to have it.
            self.progress.given.store(last, Ordering::Release);
            for done in acknowledge {
                let _ = done.send(Ok(()));
            }
        }
        if !through.is_empty() {
            let (done, written) = sync_channel(0);
            self.writer.send(Job::Records(through, done)).map_err(|_| StoreError::Closed)?;
            // It ends when the writer has answered each.
            let _ = written.recv();
        }
        Ok(())
    }

    /// Whether a visit is one that the tables take.
    fn fits(&mut self, record: &Record) -> bool {
        let (site, at): (SiteNumber, Timestamp) = match record {
            Record::Counted { site, at, .. } => (*site, *at),
            Record::Seen(seen) => (seen.site, seen.at),
        };
        day_of(at).is_ok() && (self.sites.contains(&site.0) || self.is_site(site.0).unwrap_or(false))
    }

    fn is_site(&mut self, site: u32) -> Result<bool> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM site WHERE number = ?1")?;
        let known = statement.exists([site])?;
        if known {
            self.sites.insert(site);
        }
        Ok(known)
    }

    fn has_room(&self, waiting: u64) -> bool {
        fstatvfs(self.arrivals.file()).is_ok_and(|disk| {
            disk.f_bavail.saturating_mul(disk.f_frsize) >= ROOM + waiting.saturating_mul(ROOM_OF_VISIT)
        })
    }
}
