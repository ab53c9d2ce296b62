//! What waits to be sent, and what could not be: a row for each delivery. What was taken is removed, so that a kill at any
//! moment leaves a delivery to be sent again, and none is lost.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::{Result, Store, StoreError, audit};
use crate::model::Timestamp;

/// Rows that are removed in one transaction, so that visits wait some milliseconds at most.
const CHUNK: i64 = 500;

/// A delivery to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The same over all attempts, and no other's.
    pub id: String,
    /// The target's name.
    pub target: String,
    /// What happened: `lead.created`.
    pub kind: &'static str,
    /// The company's number in the store; none for a test.
    pub company: Option<u32>,
    /// The event as JSON.
    pub body: String,
}

/// A delivery that is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same over all attempts.
    pub id: String,
    /// The event as JSON.
    pub body: String,
    /// Attempts that failed.
    pub attempts: u32,
}

/// What is next for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is due.
    Due(Delivery),
    /// Nothing is due before.
    At(Timestamp),
    /// Nothing waits.
    Nothing,
}

/// How an attempt ended that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// When it is tried again; none: it is a dead letter.
    pub due: Option<Timestamp>,
    /// Why, in words that quote nothing.
    pub failure: String,
    /// The receiver's status.
    pub status: Option<u16>,
}

/// A delivery in a list. Without its body, which holds a company's data.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryState {
    /// Its id.
    pub id: String,
    /// The target's name.
    pub target: String,
    /// What happened: `lead.created`.
    pub kind: String,
    /// When it happened.
    pub created: Timestamp,
    /// Attempts that failed.
    pub attempts: u32,
    /// When it is tried again; absent in a dead letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What status the receiver gave then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// What became of a target's deliveries.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetState {
    /// The target's name.
    pub target: String,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Dead letters that are kept.
    pub dead: u64,
    /// Deliveries that were taken, of all time.
    pub delivered: u64,
    /// Attempts that failed, of all time.
    pub failed: u64,
    /// When one was taken last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivered: Option<Timestamp>,
}

/// Adds deliveries; those beyond `queue` waiting for a target are dead letters at once.
pub(super) fn add(
    connection: &Connection,
    deliveries: &[NewDelivery],
    queue: u32,
    now: Timestamp,
) -> Result<()> {
    let mut waiting = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE target = ?1 AND due IS NOT NULL LIMIT ?2)",
    )?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO delivery (id, target, kind, company, body, created, attempts, due, failure)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)",
    )?;
    for delivery in deliveries {
        let full = waiting.query_row(params![delivery.target, queue], |row| row.get::<_, u32>(0))? >= queue;
        let (due, failure) =
            if full { (None, Some("too many deliveries waited for the target")) } else { (Some(now), None) };
        let NewDelivery { id, target, kind, company, body } = delivery;
        insert.execute(params![id, target, kind, company, body, now, due, failure])?;
        if full {
            count(connection, target, "dead")?;
        }
    }
    Ok(())
}

/// Adds one to a target's `delivered`, `failed` or `dead`.
fn count(connection: &Connection, target: &str, column: &'static str) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO delivery_count (target, delivered, failed, dead) VALUES (?1, 0, 0, 0)",
        )?
        .execute([target])?;
    connection
        .prepare_cached(&format!("UPDATE delivery_count SET {column} = {column} + 1 WHERE target = ?1"))?
        .execute([target])?;
    Ok(())
}

impl Store {
    /// Adds deliveries, due at once; those beyond `queue` waiting for a target are dead letters. Durable when it returns.
    ///
    /// This and all below wait: not for async tasks.
    pub fn add_deliveries(&self, deliveries: Vec<NewDelivery>, queue: u32, now: Timestamp) -> Result<()> {
        self.write(move |connection| add(connection, &deliveries, queue, now))
    }

    /// What is next for a target, the one that is due for longest.
    pub fn next_delivery(&self, target: &str, now: Timestamp) -> Result<Next> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT due, id, body, attempts FROM delivery WHERE target = ?1 AND due IS NOT NULL ORDER BY due, number LIMIT 1",
            )?;
            let next = statement
                .query_row([target], |row| {
                    let due: Timestamp = row.get(0)?;
                    if due > now {
                        return Ok(Next::At(due));
                    }
                    Ok(Next::Due(Delivery { id: row.get(1)?, body: row.get(2)?, attempts: row.get(3)? }))
                })
                .optional()?;
            Ok(next.unwrap_or(Next::Nothing))
        })
    }

    /// A delivery was taken: it is removed, and counted.
    pub fn delivered(&self, target: &str, id: &str, now: Timestamp) -> Result<()> {
        let (target, id) = (target.to_owned(), id.to_owned());
        self.write(move |connection| {
            connection.execute("DELETE FROM delivery WHERE id = ?1", [&id])?;
            count(connection, &target, "delivered")?;
            connection.execute(
                "UPDATE delivery_count SET last_delivered = ?2 WHERE target = ?1",
                params![target, now],
            )?;
            Ok(())
        })
    }

    /// An attempt failed. A delivery that was removed meanwhile, with its company, stays removed.
    pub fn delivery_failed(&self, target: &str, id: &str, failed: Failed) -> Result<()> {
        let (target, id) = (target.to_owned(), id.to_owned());
        self.write(move |connection| {
            connection.execute(
                "UPDATE delivery SET attempts = attempts + 1, due = ?2, failure = ?3, status = ?4 WHERE id = ?1",
                params![id, failed.due, failed.failure, failed.status],
            )?;
            count(connection, &target, "failed")?;
            if failed.due.is_none() {
                count(connection, &target, "dead")?;
            }
            Ok(())
        })
    }

    /// Deliveries that wait, or dead letters, the newest first, at most `limit`: of one target, or of all.
    pub fn deliveries(&self, target: Option<&str>, dead: bool, limit: u32) -> Result<Vec<DeliveryState>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, target, kind, created, attempts, due, failure, status FROM delivery
                 WHERE (?1 IS NULL OR target = ?1) AND (due IS NULL) = ?2 ORDER BY number DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![target, dead, limit], |row| {
                Ok(DeliveryState {
                    id: row.get(0)?,
                    target: row.get(1)?,
                    kind: row.get(2)?,
                    created: row.get(3)?,
                    attempts: row.get(4)?,
                    due: row.get(5)?,
                    failure: row.get(6)?,
                    status: row.get(7)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What became of the deliveries of each target that ever had one.
    pub fn delivery_targets(&self) -> Result<Vec<TargetState>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "WITH names AS (SELECT target FROM delivery UNION SELECT target FROM delivery_count)
                 SELECT n.target, (SELECT count(*) FROM delivery AS d WHERE d.target = n.target AND d.due IS NOT NULL),
                        (SELECT count(*) FROM delivery AS d WHERE d.target = n.target AND d.due IS NULL),
                        ifnull(c.delivered, 0), ifnull(c.failed, 0), c.last_delivered
                 FROM names AS n LEFT JOIN delivery_count AS c ON c.target = n.target ORDER BY n.target",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(TargetState {
                    target: row.get(0)?,
                    waiting: row.get::<_, i64>(1)?.unsigned_abs(),
                    dead: row.get::<_, i64>(2)?.unsigned_abs(),
                    delivered: row.get::<_, i64>(3)?.unsigned_abs(),
                    failed: row.get::<_, i64>(4)?.unsigned_abs(),
                    last_delivered: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Makes dead letters due again, with all their attempts and the same ids: one, or all of a target. How many; it is
    /// in the audit log.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if there is no such dead letter.
    pub fn resend(&self, which: Resend, actor: &str, now: Timestamp) -> Result<u64> {
        let actor = actor.to_owned();
        self.write(move |connection| {
            let (column, value) = match &which {
                Resend::Delivery(id) => ("id", id),
                Resend::Target(target) => ("target", target),
            };
            let resent = connection.execute(
                &format!("UPDATE delivery SET due = ?2, attempts = 0 WHERE {column} = ?1 AND due IS NULL"),
                params![value, now],
            )?;
            if resent == 0 && column == "id" {
                return Err(StoreError::Missing("dead letter"));
            }
            audit::append(connection, now, &actor, "resend", value, &resent.to_string())?;
            Ok(resent as u64)
        })
    }

    /// Removes deliveries and dead letters that are older, a few hundred at a time so that visits need not wait; how many.
    pub fn purge_deliveries(&self, before: Timestamp) -> Result<u64> {
        let mut removed = 0;
        loop {
            let some = self.write(move |connection| {
                let sql = "DELETE FROM delivery WHERE number IN (SELECT number FROM delivery WHERE created < ?1 LIMIT ?2)";
                Ok(connection.execute(sql, params![before, CHUNK])?)
            })?;
            removed += some as u64;
            if some == 0 {
                return Ok(removed);
            }
        }
    }
}

/// What is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resend {
    /// The dead letter of this id.
    Delivery(String),
    /// All dead letters of this target.
    Target(String),
}
