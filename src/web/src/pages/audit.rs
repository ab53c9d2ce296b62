//! The audit log, a page at a time.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::store::{AuditEntry, AuditSearch};

use super::{Layout, Moment, page, shortened};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::data::AuditWords;

/// Entries on a page.
const SHOWN: u32 = 50;

/// Bytes of a subject, and of details, that are shown: a segment's condition may have a megabyte. REST has all of them.
const LONGEST: usize = 300;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    layout: Layout,
    words: &'static AuditWords,
    actor: String,
    action: String,
    entries: Vec<Entry>,
    older: Option<String>,
    newest: Option<String>,
}

struct Entry {
    at: Moment,
    actor: String,
    of_actor: String,
    action: String,
    of_action: String,
    subject: String,
    details: String,
}

/// `GET /audit`.
pub(crate) async fn list(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["actor", "action", "before"])?;
    let search = AuditSearch {
        before: call.query.read("before", "before is an entry's number")?,
        actor: call.query.get("actor")?.map(|text| text.trim().to_owned()),
        action: call.query.get("action")?.map(|text| text.trim().to_owned()),
    };
    let asked = search.clone();
    let found = app.work(move |leads| Ok(leads.store().search_audit(&asked, SHOWN)?)).await?;
    let words = AuditWords::of(call.language);
    let entry = |entry: AuditEntry| Entry {
        at: Moment::of(entry.at),
        of_actor: link(Some(&entry.actor), search.action.as_deref(), None),
        of_action: link(search.actor.as_deref(), Some(&entry.action), None),
        actor: entry.actor,
        action: entry.action,
        subject: shortened(entry.subject, LONGEST),
        details: shortened(entry.details, LONGEST),
    };
    let (actor, action) = (search.actor.as_deref(), search.action.as_deref());
    let shown = AuditPage {
        layout: Layout::new(&call, words.title, "/audit"),
        words,
        older: found.next.map(|next| link(actor, action, Some(next))),
        newest: search.before.map(|_| link(actor, action, None)),
        entries: found.entries.into_iter().map(entry).collect(),
        actor: search.actor.clone().unwrap_or_default(),
        action: search.action.clone().unwrap_or_default(),
    };
    page(&call, StatusCode::OK, &shown)
}

fn link(actor: Option<&str>, action: Option<&str>, before: Option<i64>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("actor", actor), ("action", action)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    format!("/audit?{}", query.finish())
}
