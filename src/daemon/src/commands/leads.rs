//! `VISIT`, `LEADS`, `LEAD`, `VISITOR`, `FILTERED`, `OBJECTION`: visits in, companies out. docs/LEADS.md explains questions and answers.
//!
//! A visit is decided and looked up where its client is answered, which takes microseconds; what waits is its reply, until the visit is
//! durable. Questions are answered on threads of their own. So neither holds up another client's lookups.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::join_all;
use nameplate::{Suppression, SuppressionRule};
use nameplate_leads::model::{CookieId, FilteredQuery, LeadsQuery};
use nameplate_leads::store::StoreError;
use nameplate_leads::visit::VisitError;
use nameplate_leads::{Begun, Leads, LeadsError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::warn;

use super::{Arguments, Id, Session, Writer, is, unknown_subcommand};

/// Bytes of a question.
const MAX_QUESTION: usize = 64 << 10;

/// Answers visits that a client sent one behind the other, when all of them are durable: the store takes them as one.
pub(crate) async fn finish_visits(
    session: &mut Session,
    leads: &Leads,
    taken: Vec<Result<Begun, VisitError>>,
    reply: &mut Writer,
) {
    session.count_commands(Id::Visit as usize, taken.len());
    let finished = taken.into_iter().map(|begun| async {
        match begun {
            Ok(begun) => leads.finish(begun).await,
            Err(error) => Err(LeadsError::Visit(error)),
        }
    });
    for visit in join_all(finished).await {
        write(visit, reply);
    }
}

/// Answers any other of them.
pub(super) async fn answer(
    command: Id,
    leads: Arc<Leads>,
    session: &Session,
    arguments: Arguments<'_>,
    reply: &mut Writer,
) {
    let actor = session.actor();
    match command {
        Id::Leads => match question::<LeadsQuery>(arguments.get(1)) {
            Ok(query) => write(leads.ask(move |leads| leads.companies(&query, &actor)).await, reply),
            Err(error) => reply.error(&[error]),
        },
        Id::Filtered => match question::<FilteredQuery>(arguments.get(1)) {
            Ok(query) => write(leads.ask(move |leads| leads.filtered(&query)).await, reply),
            Err(error) => reply.error(&[error]),
        },
        Id::Lead => {
            let id = String::from_utf8_lossy(arguments.get(1)).into_owned();
            match leads.ask(move |leads| leads.company(&id, &actor)).await {
                Ok(None) => reply.null(),
                Ok(Some(company)) => write(Ok(company), reply),
                Err(error) => write_error(&error, reply),
            }
        }
        Id::Purge | Id::Backup if !session.is_trusted() => {
            reply.error(&["NOPERM only the daemon's own user and root may purge and back up"]);
        }
        Id::Purge => match leads.ask(move |leads| leads.purge(&actor)).await {
            Ok(purged) => reply.integer(purged.rows().cast_signed()),
            Err(error) => write_error(&error, reply),
        },
        Id::Backup => {
            let directory = PathBuf::from(OsStr::from_bytes(arguments.get(1)));
            match leads.ask(move |leads| leads.backup(&directory, &actor)).await {
                Ok(path) => reply.bulk(path.as_os_str().as_bytes()),
                Err(error) => write_error(&error, reply),
            }
        }
        Id::Visitor => visitor(leads, actor, arguments, reply).await,
        Id::Objection => objection(leads, actor, arguments, reply).await,
        // A visit with too many or too few arguments has been refused.
        _ => {}
    }
}

/// `VISITOR EXPORT|ERASE visitor-id`
async fn visitor(leads: Arc<Leads>, actor: String, arguments: Arguments<'_>, reply: &mut Writer) {
    let id = std::str::from_utf8(arguments.get(2)).ok().and_then(CookieId::parse);
    let export = is(arguments.get(1), "EXPORT");
    if !export && !is(arguments.get(1), "ERASE") {
        return unknown_subcommand(reply);
    }
    let Some(id) = id else {
        return reply
            .error(&["ERR a visitor's id is 32 hexadecimal digits, as the cookie np_visitor has them"]);
    };
    if export {
        write(leads.ask(move |leads| leads.export_visitor(id, &actor)).await, reply);
    } else {
        match leads.ask(move |leads| leads.erase_visitor(id, &actor)).await {
            Ok(rows) => reply.integer(rows.cast_signed()),
            Err(error) => write_error(&error, reply),
        }
    }
}

/// What stands in the list where nobody said how the objection came.
const NO_REASON: &str = "objection";

/// Who is not to be shown: one of `id`, `domain`, `network`, or `register` with `number`; and how that was asked for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Objection {
    id: Option<String>,
    domain: Option<String>,
    network: Option<String>,
    register: Option<String>,
    number: Option<String>,
    reason: Option<String>,
}

impl Objection {
    /// The one rule that it says; none where it says none, or two.
    fn rule(self) -> Option<SuppressionRule> {
        match (self.id, self.domain, self.network, self.register, self.number) {
            (Some(id), None, None, None, None) => Some(SuppressionRule::Company(id)),
            (None, Some(domain), None, None, None) => Some(SuppressionRule::Domain(domain)),
            (None, None, Some(network), None, None) => network.parse().ok().map(SuppressionRule::Network),
            (None, None, None, Some(register), Some(number)) => {
                Some(SuppressionRule::Register { register, number })
            }
            _ => None,
        }
    }
}

/// A rule of the list, with the keys of [`Objection`].
fn told(entry: &Suppression) -> serde_json::Value {
    let (date, reason) = (entry.date(), entry.reason());
    match entry.rule() {
        SuppressionRule::Company(id) => json!({"id": id, "date": date, "reason": reason}),
        SuppressionRule::Domain(domain) => json!({"domain": domain, "date": date, "reason": reason}),
        SuppressionRule::Network(network) => {
            json!({"network": network.to_string(), "date": date, "reason": reason})
        }
        SuppressionRule::Register { register, number } => {
            json!({"register": register, "number": number, "date": date, "reason": reason})
        }
    }
}

/// `OBJECTION LIST`, `OBJECTION ADD json`, `OBJECTION LIFT json`
async fn objection(leads: Arc<Leads>, actor: String, arguments: Arguments<'_>, reply: &mut Writer) {
    let (list, add, withdraw) =
        (is(arguments.get(1), "LIST"), is(arguments.get(1), "ADD"), is(arguments.get(1), "LIFT"));
    if !(list && arguments.len() == 2 || (add || withdraw) && arguments.len() == 3) {
        return unknown_subcommand(reply);
    }
    if list {
        let rules = leads.ask(Leads::objections).await;
        return write(rules.map(|rules| rules.iter().map(told).collect::<Vec<_>>()), reply);
    }
    let mut objection = match question::<Objection>(arguments.get(2)) {
        Ok(objection) => objection,
        Err(error) => return reply.error(&[error]),
    };
    let reason = objection.reason.take().unwrap_or_else(|| NO_REASON.into());
    let Some(rule) = objection.rule() else {
        return reply.error(&["ERR an objection has one of id, domain, network, or register with number"]);
    };
    if add {
        let done = leads.ask(move |leads| leads.suppress(rule, &reason, &actor)).await;
        write(done.map(|done| json!({"new": done.new, "removed": done.removed})), reply);
    } else {
        match leads.ask(move |leads| leads.lift(&rule, &actor)).await {
            Ok(lifted) => reply.integer(i64::from(lifted)),
            Err(error) => write_error(&error, reply),
        }
    }
}

/// Reads a question's JSON; an empty one asks for everything.
fn question<T: DeserializeOwned + Default>(json: &[u8]) -> Result<T, &'static str> {
    if json.len() > MAX_QUESTION {
        return Err("ERR a question is at most 65536 bytes of JSON");
    }
    if json.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    // What serde_json says quotes the input.
    serde_json::from_slice(json)
        .map_err(|_| "ERR a question is one JSON object with the keys that docs/LEADS.md names")
}

fn write<T: Serialize>(result: Result<T, LeadsError>, reply: &mut Writer) {
    match result {
        Ok(value) => match serde_json::to_vec(&value) {
            Ok(json) => reply.bulk(&json),
            Err(_) => reply.error(&["ERR the answer can't be written as JSON"]),
        },
        Err(error) => write_error(&error, reply),
    }
}

/// In fixed words; what the store says of itself is for the log.
fn write_error(error: &LeadsError, reply: &mut Writer) {
    match error {
        LeadsError::Visit(error) => {
            let [first, second] = error.parts();
            reply.error(&["ERR ", first, second]);
        }
        LeadsError::Invalid(text) => reply.error(&["ERR ", text]),
        LeadsError::Objection(error) => reply.error(&["ERR ", error.text()]),
        LeadsError::Correction(error) => reply.error(&["ERR ", error.0]),
        LeadsError::Store(StoreError::Busy) => {
            reply.error(&["BUSY too many visits are waiting for the disk; try again"]);
        }
        LeadsError::Store(StoreError::Full) => {
            reply.error(&["ERR the disk of the store is full: nothing more is kept until there is room"]);
        }
        LeadsError::Store(StoreError::Invalid(_)) => {
            reply.error(&["ERR the question can't be answered: a date, cursor, limit, segment or condition does not fit"]);
        }
        LeadsError::Store(StoreError::Missing(what)) => reply.error(&["ERR there is no such ", what]),
        error => {
            warn!(%error, "leads");
            reply.error(&["ERR the store failed; the log says more"]);
        }
    }
}
