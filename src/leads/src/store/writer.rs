//! The one thread that writes the tables, and the one that brings the WAL back.
//!
//! Visits that were acknowledged already (see [`super::reception`]) are moved into the tables when they are many, when the first of them has
//! waited for [`MOVE_AFTER`], or when somebody asks: thousands in one transaction, which writes each page of the tables once for all of them.
//! Changes are made when they come, with what else waits, and acknowledged when that is synced. Bringing the WAL back (a checkpoint) takes
//! hundreds of milliseconds of the disk, so another thread does it beside the writer. It can't catch up with a writer who goes on; when little
//! is left, it asks the writer to do the rest between two batches, and the WAL begins anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hashbrown::HashSet;
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::apply::Applier;
use super::arrivals::{Arrivals, note_moved};
use super::kept::KeptTallies;
use super::open::{Lock, Opened};
use super::reception::{Acknowledge, Arriving, Progress, Reception};
use super::{Result, StoreError};
use crate::model::Record;

/// Changes in a transaction: more would make the first ones wait longer than the sync costs.
const BATCH: usize = 1024;
/// Visits that are moved into the tables in a transaction.
const MOVED: usize = 16_384;
/// How long a visit waits for others at most.
const MOVE_AFTER: Duration = Duration::from_millis(250);
/// When it is tried again if that failed.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Pages in the WAL, 16 MB, from which on it is brought back.
const CHECKPOINT_PAGES: i64 = 4096;
/// Pages that the writer may bring back itself: some milliseconds.
const REST_PAGES: i64 = 512;

/// How long emptying the WAL may wait for readers.
const TRUNCATE_WAIT: Duration = Duration::from_millis(20);

/// Says to whoever waits how it ended.
pub(super) type Answer = Box<dyn FnOnce(Result<()>)>;

/// Changes something, or hears why it can't; says whether it failed, and how to say so.
pub(super) type Change = Box<dyn FnOnce(Result<(&mut Applier, &Connection)>) -> (bool, Answer) + Send>;

pub(super) enum Job {
    /// Visits that were acknowledged, up to that number.
    Arrived(Vec<Record>, u64),
    /// Moves all of them into the tables.
    Move,
    /// Visits that are to be acknowledged; the channel ends when they are.
    Records(Vec<(Record, Acknowledge)>, SyncSender<()>),
    Change(Change),
    /// Brings the rest of the WAL back, and with `true` cuts its file to nothing.
    Finish(bool, SyncSender<Result<bool>>),
    /// Nothing comes after it.
    Close,
}

/// The way to the threads. Dropping it waits until all that was sent is written.
pub(super) struct Writer {
    visits: Option<mpsc::Sender<Arriving>>,
    jobs: Sender<Job>,
    checkpoints: Option<Sender<Checkpoint>>,
    progress: Arc<Progress>,
    reception: Option<JoinHandle<Arrivals>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the checkpointing thread is asked for.
enum Checkpoint {
    /// There is enough for one.
    Due,
    /// All of it, and the WAL cut to nothing.
    Truncate(SyncSender<Result<bool>>),
}

impl Writer {
    pub(super) fn start(opened: Opened, queue: usize, kept: Arc<KeptTallies>) -> Result<Writer> {
        let (visits, coming) = mpsc::channel(queue);
        let (jobs, waiting) = channel();
        let (checkpoints, due) = channel();
        let given = opened.waiting.last;
        let moved = given - opened.waiting.records.len() as u64;
        let progress = Arc::new(Progress::new(moved, given));
        let state = State {
            connection: opened.writer,
            applier: Applier::new(opened.groups, opened.objections),
            move_at: (moved < given).then(Instant::now),
            arrived: Arc::new(opened.waiting.records),
            last: given,
            stuck: None,
            progress: Arc::clone(&progress),
            kept,
            checkpoints: checkpoints.clone(),
            next_checkpoint: CHECKPOINT_PAGES,
            _lock: opened.lock,
        };
        let reception = Reception {
            arrivals: opened.arrivals,
            writer: jobs.clone(),
            progress: Arc::clone(&progress),
            connection: opened.sites,
            sites: HashSet::new(),
            ahead: opened.ahead,
        };
        let to_writer = jobs.clone();
        let checkpointer = opened.checkpointer;
        let threads = vec![
            spawn("leads-writer", move || state.run(&waiting))?,
            spawn("leads-checkpoint", move || run_checkpoints(&checkpointer, &due, &to_writer))?,
        ];
        let reception = Some(spawn("leads-arrivals", move || reception.run(coming))?);
        Ok(Writer {
            visits: Some(visits),
            jobs,
            checkpoints: Some(checkpoints),
            progress,
            reception,
            threads,
        })
    }

    /// Refuses where the queue is full.
    pub(super) fn visit(&self, record: Record, acknowledge: Acknowledge) -> Result<()> {
        let visits = self.visits.as_ref().ok_or(StoreError::Closed)?;
        visits.try_send(Arriving::Visit(record, acknowledge)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    pub(super) fn change(&self, change: Change) -> Result<()> {
        self.jobs.send(Job::Change(change)).map_err(|_| StoreError::Closed)
    }

    /// Waits until all that was acknowledged before is in the tables; an error where they can't take it.
    pub(super) fn settle(&self) -> Result<()> {
        self.progress.settle(&self.jobs)
    }

    /// Empties the files of what has arrived, brings all of the WAL back and cuts its file to nothing; false where a reader still needs some of
    /// it.
    pub(super) fn truncate(&self) -> Result<bool> {
        let (done, emptied) = sync_channel(1);
        let visits = self.visits.as_ref().ok_or(StoreError::Closed)?;
        visits.blocking_send(Arriving::Forget(done)).map_err(|_| StoreError::Closed)?;
        let emptied = emptied.recv().map_err(|_| StoreError::Closed)??;
        let (done, finished) = sync_channel(1);
        let checkpoints = self.checkpoints.as_ref().ok_or(StoreError::Closed)?;
        checkpoints.send(Checkpoint::Truncate(done)).map_err(|_| StoreError::Closed)?;
        Ok(finished.recv().map_err(|_| StoreError::Closed)?? && emptied)
    }
}

fn spawn<T: Send + 'static>(name: &str, run: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    thread::Builder::new().name(name.into()).spawn(run).map_err(|error| StoreError::File {
        what: "a thread of the store could not be started",
        reason: error.to_string(),
    })
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.visits = None;
        // A thread's panic was said when it happened.
        let arrivals = self.reception.take().and_then(|thread| thread.join().ok());
        let _ = self.jobs.send(Job::Close);
        self.checkpoints = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        if let Some(arrivals) = arrivals
            && self.progress.is_settled()
        {
            arrivals.remove();
        }
    }
}

/// What the writer's thread has.
struct State {
    connection: Connection,
    applier: Applier,
    /// Visits that were acknowledged and are not in the tables. Shared with the transaction that moves them, so that they are still here
    /// if that fails.
    arrived: Arc<Vec<Record>>,
    /// The number of the last one that arrived.
    last: u64,
    /// When they are moved at the latest.
    move_at: Option<Instant>,
    /// Why they could not be.
    stuck: Option<StoreError>,
    progress: Arc<Progress>,
    /// Hears which tallies have changed.
    kept: Arc<KeptTallies>,
    checkpoints: Sender<Checkpoint>,
    /// Pages in the WAL from which on a checkpoint is due.
    next_checkpoint: i64,
    /// Kept as long as somebody writes.
    _lock: Lock,
}

impl Drop for State {
    fn drop(&mut self) {
        self.progress.close();
    }
}

/// What is to be done next.
#[derive(Default)]
struct Due {
    jobs: Vec<Job>,
    /// Visits are to be moved.
    moving: bool,
    /// Nothing comes after it.
    last: bool,
}

/// Whom to answer when the transaction is through.
enum Waiting {
    Visit(Acknowledge, Result<()>),
    Change(Answer),
}

impl State {
    fn run(mut self, waiting: &Receiver<Job>) {
        let mut closing = false;
        loop {
            let Due { mut jobs, moving, last } = self.gather(waiting);
            closing |= last;
            let whole = catch_unwind(AssertUnwindSafe(|| self.turn(&mut jobs, moving)));
            if whole.is_err() {
                // Whoever waited is told that by the end of his channel. The panic's text is out already.
                jobs.clear();
                self.roll_back();
                self.ended(Some(StoreError::Sqlite("the writer failed; the log says how".into())));
            }
            self.look_at_wal();
            if closing && (self.arrived.is_empty() || self.stuck.is_some()) {
                return;
            }
        }
    }

    /// Waits until there is something to do, and takes all of it that is there.
    fn gather(&mut self, waiting: &Receiver<Job>) -> Due {
        let mut due = Due::default();
        while due.jobs.is_empty() && !due.moving && self.arrived.len() < MOVED {
            let job = match self.move_at {
                None => waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => waiting.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match job {
                Ok(job) => self.take(job, &mut due),
                Err(RecvTimeoutError::Timeout) => due.moving = true,
                Err(RecvTimeoutError::Disconnected) => self.take(Job::Close, &mut due),
            }
        }
        while due.jobs.len() < BATCH && self.arrived.len() < MOVED {
            let Ok(job) = waiting.try_recv() else { break };
            self.take(job, &mut due);
        }
        due
    }

    fn take(&mut self, job: Job, due: &mut Due) {
        match job {
            Job::Arrived(mut records, last) => {
                self.move_at.get_or_insert_with(|| Instant::now() + MOVE_AFTER);
                Arc::make_mut(&mut self.arrived).append(&mut records);
                self.last = last;
            }
            Job::Move => due.moving = true,
            Job::Close => (due.moving, due.last) = (true, true),
            job => due.jobs.push(job),
        }
    }

    /// What has arrived, then what waits.
    fn turn(&mut self, jobs: &mut Vec<Job>, moving: bool) {
        // Where the tables don't take what has arrived, a change may make room.
        let moves = self.stuck.is_none() || jobs.is_empty();
        let due = moving || !jobs.is_empty() || self.arrived.len() >= MOVED;
        while moves && due && !self.arrived.is_empty() {
            self.move_arrived();
            if jobs.is_empty() || self.stuck.is_some() {
                break;
            }
        }
        if !jobs.is_empty() {
            self.batch(jobs);
            if self.stuck.is_some() {
                self.move_arrived();
            }
        }
    }

    /// Moves visits that were acknowledged into the tables, in one transaction.
    fn move_arrived(&mut self) {
        let arrived = Arc::clone(&self.arrived);
        let some = &arrived[..arrived.len().min(MOVED)];
        let left = (arrived.len() - some.len()) as u64;
        let mut failed = self.connection.execute_batch("BEGIN IMMEDIATE").err().map(StoreError::from);
        for outcome in self.write_records(some, &mut failed) {
            match outcome {
                // It was acknowledged, and will not be other than it is.
                Err(error @ (StoreError::Invalid(_) | StoreError::Missing(_))) => {
                    tracing::error!(%error, "a visit could not be kept");
                }
                Err(error) => drop(failed.get_or_insert(error)),
                Ok(()) => {}
            }
        }
        if failed.is_none() {
            failed = note_moved(&self.connection, self.last - left).err();
        }
        if failed.is_none() {
            failed = self.connection.execute_batch("COMMIT").err().map(StoreError::from);
        }
        let count = some.len();
        drop(arrived);
        if failed.is_some() {
            self.roll_back();
        } else {
            drop(Arc::make_mut(&mut self.arrived).drain(..count));
        }
        self.kept.changed(self.applier.touched.drain());
        self.ended(failed);
    }

    /// Says how moving ended.
    fn ended(&mut self, stuck: Option<StoreError>) {
        if let Some(error) = &stuck
            && self.stuck.is_none()
        {
            tracing::error!(%error, "visits that were acknowledged wait for their place in the store");
        }
        self.move_at = match &stuck {
            _ if self.arrived.is_empty() => None,
            // There are more of them than one transaction takes.
            None => Some(Instant::now()),
            Some(_) => Some(Instant::now() + RETRY_AFTER),
        };
        self.stuck.clone_from(&stuck);
        self.progress.turned(self.last - self.arrived.len() as u64, stuck);
    }

    /// One transaction of what waits for it.
    fn batch(&mut self, jobs: &mut Vec<Job>) {
        let mut answers = Vec::with_capacity(jobs.len());
        let (mut finishing, mut written) = (Vec::new(), Vec::new());
        let (mut records, mut senders) = (Vec::new(), Vec::new());
        let mut failed = self.connection.execute_batch("BEGIN IMMEDIATE").err().map(StoreError::from);
        let mut changes = Vec::new();
        for job in jobs.drain(..) {
            match job {
                Job::Records(visits, done) => {
                    for (record, acknowledge) in visits {
                        records.push(record);
                        senders.push(acknowledge);
                    }
                    written.push(done);
                }
                Job::Change(change) => changes.push(change),
                Job::Finish(truncate, done) => finishing.push((truncate, done)),
                Job::Arrived(..) | Job::Move | Job::Close => {}
            }
        }
        // Visits before changes: nobody who waits for a change has sent a visit after it yet.
        let outcomes = self.write_records(&records, &mut failed);
        answers.extend(senders.into_iter().zip(outcomes).map(|(done, own)| Waiting::Visit(done, own)));
        for change in changes {
            answers.push(Waiting::Change(self.change(change, &mut failed)));
        }
        if failed.is_none() {
            failed = self.connection.execute_batch("COMMIT").err().map(StoreError::from);
        }
        if failed.is_some() {
            self.roll_back();
        }
        self.kept.changed(self.applier.touched.drain());
        let outcome = || failed.clone().map_or(Ok(()), Err);
        for answer in answers {
            match answer {
                // Whoever stopped waiting is not told.
                Waiting::Visit(done, own) => drop(done.send(outcome().and(own))),
                Waiting::Change(answer) => answer(outcome()),
            }
        }
        drop(written);
        for (truncate, done) in finishing {
            // Visits must not wait for a reader who still needs the WAL.
            let _ = self.connection.busy_timeout(TRUNCATE_WAIT);
            let result = checkpoint(&self.connection, if truncate { "TRUNCATE" } else { "PASSIVE" });
            let _ = self.connection.busy_timeout(super::open::BUSY);
            drop(done.send(result.map(|(_, left)| left == 0)));
        }
    }

    /// Runs a change so that it is undone alone if it fails.
    fn change(&mut self, change: Change, failed: &mut Option<StoreError>) -> Answer {
        if failed.is_none() {
            *failed = self.connection.execute_batch("SAVEPOINT change").err().map(StoreError::from);
        }
        if let Some(error) = failed {
            return change(Err(error.clone())).1;
        }
        let (undo, answer) = change(Ok((&mut self.applier, &self.connection)));
        self.close_savepoint("change", undo, failed);
        answer
    }

    /// Writes visits so that one that can't be written doesn't take the others with it. All at once and without a savepoint, which would cost a
    /// copy of every page; only where that fails one after the other.
    fn write_records(&mut self, records: &[Record], failed: &mut Option<StoreError>) -> Vec<Result<()>> {
        if records.is_empty() || failed.is_some() {
            return vec![Ok(()); records.len()];
        }
        let Err(error) = self.applier.apply(&self.connection, records) else {
            return vec![Ok(()); records.len()];
        };
        self.roll_back();
        *failed = self.connection.execute_batch("BEGIN IMMEDIATE").err().map(StoreError::from);
        if records.len() == 1 || matches!(error, StoreError::Full) {
            return vec![Err(error); records.len()];
        }
        let one_by_one = records.iter().map(|record| match failed {
            Some(_) => Ok(()),
            None => self.try_record(record, failed),
        });
        one_by_one.collect()
    }

    fn try_record(&mut self, record: &Record, failed: &mut Option<StoreError>) -> Result<()> {
        self.connection.execute_batch("SAVEPOINT visit")?;
        let result = self.applier.apply(&self.connection, std::slice::from_ref(record));
        self.close_savepoint("visit", result.is_err(), failed);
        result
    }

    fn close_savepoint(&mut self, name: &str, undo: bool, failed: &mut Option<StoreError>) {
        if undo {
            self.applier.forget();
        }
        // A full disk may have ended the whole transaction.
        if self.connection.is_autocommit() {
            failed.get_or_insert(StoreError::Full);
            return;
        }
        let back = if undo { format!("ROLLBACK TO {name}; ") } else { String::new() };
        if let Err(error) = self.connection.execute_batch(&format!("{back}RELEASE {name}")) {
            failed.get_or_insert(error.into());
        }
    }

    fn roll_back(&mut self) {
        self.applier.forget();
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(error = %StoreError::from(error), "a transaction could not be rolled back");
        }
    }

    /// Asks for a checkpoint where there is enough for one.
    fn look_at_wal(&mut self) {
        let Ok((pages, _)) = checkpoint(&self.connection, "NOOP") else { return };
        if pages < self.next_checkpoint - CHECKPOINT_PAGES {
            // It began anew.
            self.next_checkpoint = CHECKPOINT_PAGES;
        }
        if pages >= self.next_checkpoint {
            self.next_checkpoint = pages + CHECKPOINT_PAGES;
            let _ = self.checkpoints.send(Checkpoint::Due);
        }
    }
}

/// Brings back what it can without waiting; pages in the WAL, and how many of them are not in the file yet.
fn checkpoint(connection: &Connection, mode: &str) -> Result<(i64, i64)> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    let (busy, pages, done): (i64, i64, i64) =
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok((pages, if busy == 0 { pages - done } else { (pages - done).max(1) }))
}

/// The thread beside the writer.
fn run_checkpoints(connection: &Connection, due: &Receiver<Checkpoint>, writer: &Sender<Job>) {
    while let Ok(asked) = due.recv() {
        let mut left = i64::MAX;
        // Each turn is shorter than the one before unless the writer is faster than the disk.
        for _ in 0..4 {
            match checkpoint(connection, "PASSIVE") {
                Ok((_, now)) if now > REST_PAGES && now < left => left = now,
                Ok((_, now)) => {
                    left = now;
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "the store's log could not be brought back into its file");
                    break;
                }
            }
        }
        let finish = |truncate: bool| {
            let (done, finished) = sync_channel(1);
            writer.send(Job::Finish(truncate, done)).map_err(|_| StoreError::Closed)?;
            finished.recv().map_err(|_| StoreError::Closed)?
        };
        match asked {
            Checkpoint::Due if left <= REST_PAGES * 4 => drop(finish(false)),
            // A reader needs it, or the writer is faster: the next time.
            Checkpoint::Due => {}
            Checkpoint::Truncate(done) => drop(done.send(finish(true))),
        }
    }
}
