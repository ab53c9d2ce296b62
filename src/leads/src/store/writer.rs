//! The one thread that writes, and the one that brings the WAL back into the file.
//!
//! The writer takes what waits, as one transaction; when that is synced, it acknowledges all of it. Bringing the WAL back
//! (a checkpoint) takes hundreds of milliseconds of the disk, so another thread does it beside the writer. It can't catch up with a
//! writer who goes on; when little is left, it asks the writer to do the rest between two batches, and the WAL begins anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::apply::Applier;
use super::open::{Lock, Opened};
use super::{Result, StoreError};
use crate::model::Record;

/// Jobs in a transaction: more would make the first ones wait longer than the sync costs.
const BATCH: usize = 1024;
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
    Record(Record, oneshot::Sender<Result<()>>),
    Change(Change),
    /// Brings the rest of the WAL back, and with `true` cuts its file to nothing.
    Finish(bool, SyncSender<Result<bool>>),
}

/// The way to the writer's thread. Dropping it waits until all that was sent is written.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    checkpoints: Option<Sender<Checkpoint>>,
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
    pub(super) fn start(opened: Opened, queue: usize) -> Result<Writer> {
        let (jobs, waiting) = mpsc::channel(queue);
        let (checkpoints, due) = channel();
        let state = State {
            connection: opened.writer,
            applier: Applier::new(opened.groups, opened.objections),
            checkpoints: checkpoints.clone(),
            next_checkpoint: CHECKPOINT_PAGES,
            _lock: opened.lock,
        };
        let to_writer = jobs.downgrade();
        let checkpointer = opened.checkpointer;
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.into()).spawn(run).map_err(|error| StoreError::File {
                what: "a thread of the store could not be started",
                reason: error.to_string(),
            })
        };
        let threads = vec![
            spawn("leads-writer", Box::new(move || state.run(waiting)))?,
            spawn("leads-checkpoint", Box::new(move || run_checkpoints(&checkpointer, &due, &to_writer)))?,
        ];
        Ok(Writer { jobs: Some(jobs), checkpoints: Some(checkpoints), threads })
    }

    /// Refuses where the queue is full.
    pub(super) fn send(&self, job: Job) -> Result<()> {
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Waits where the queue is full.
    pub(super) fn send_waiting(&self, job: Job) -> Result<()> {
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.blocking_send(job).map_err(|_| StoreError::Closed)
    }

    /// Brings all of the WAL back and cuts its file to nothing; false where a reader still needs some of it.
    pub(super) fn truncate(&self) -> Result<bool> {
        let (done, finished) = sync_channel(1);
        let checkpoints = self.checkpoints.as_ref().ok_or(StoreError::Closed)?;
        checkpoints.send(Checkpoint::Truncate(done)).map_err(|_| StoreError::Closed)?;
        finished.recv().map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        self.checkpoints = None;
        for thread in self.threads.drain(..) {
            // Its panic was said when it happened.
            let _ = thread.join();
        }
    }
}

/// What the writer's thread has.
struct State {
    connection: Connection,
    applier: Applier,
    checkpoints: Sender<Checkpoint>,
    /// Pages in the WAL from which on a checkpoint is due.
    next_checkpoint: i64,
    /// Kept as long as somebody writes.
    _lock: Lock,
}

/// Whom to answer when the transaction is through.
enum Waiting {
    Visit(oneshot::Sender<Result<()>>, Result<()>),
    Change(Answer),
}

impl State {
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        while waiting.blocking_recv_many(&mut jobs, BATCH) > 0 {
            let whole = catch_unwind(AssertUnwindSafe(|| self.batch(&mut jobs)));
            if whole.is_err() {
                // Whoever waited is told that by the end of his channel. The panic's text is out already.
                jobs.clear();
                self.roll_back();
            }
            self.look_at_wal();
        }
    }

    /// One transaction.
    fn batch(&mut self, jobs: &mut Vec<Job>) {
        let mut answers = Vec::with_capacity(jobs.len());
        let mut finishing = Vec::new();
        let (mut records, mut senders) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
        let mut failed = self.connection.execute_batch("BEGIN IMMEDIATE").err().map(StoreError::from);
        let mut changes = Vec::new();
        for job in jobs.drain(..) {
            match job {
                Job::Record(record, done) => {
                    records.push(record);
                    senders.push(done);
                }
                Job::Change(change) => changes.push(change),
                Job::Finish(truncate, done) => finishing.push((truncate, done)),
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
        let outcome = || failed.clone().map_or(Ok(()), Err);
        for answer in answers {
            match answer {
                // Whoever stopped waiting is not told.
                Waiting::Visit(done, own) => drop(done.send(outcome().and(own))),
                Waiting::Change(answer) => answer(outcome()),
            }
        }
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
fn run_checkpoints(connection: &Connection, due: &Receiver<Checkpoint>, writer: &mpsc::WeakSender<Job>) {
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
            let jobs = writer.upgrade().ok_or(StoreError::Closed)?;
            if jobs.blocking_send(Job::Finish(truncate, done)).is_err() {
                return Err(StoreError::Closed);
            }
            drop(jobs);
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
