//! What keeps the store in order, and the log of what was done.

use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::store::{AuditEntry, Purged};

use super::{Listed, json};
use crate::app::App;
use crate::guard::Call;
use crate::problem::{Problem, ProblemBody};

/// Lists what was done by whom, the newest first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "operation",
    params(
        ("before" = Option<i64>, Query, description = "Only entries with a lower number"),
        ("limit" = Option<u32>, Query, description = "Entries; 100 if absent", minimum = 1, maximum = 1000),
    ),
    responses(
        (status = 200, description = "Entries", body = Listed<AuditEntry>),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["audit"])),
)]
pub(crate) async fn audit(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["before", "limit"])?;
    let before = call.query.read("before", "before is an entry's number")?;
    let limit: u32 = call.query.read("limit", "limit is a number of entries, 1 to 1000")?.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(Problem::invalid("limit is a number of entries, 1 to 1000"));
    }
    let items = app.work(move |leads| Ok(leads.store().audit_entries(before, limit)?)).await?;
    json(StatusCode::OK, &Listed { items })
}

/// Removes what is older than the configuration lets it get.
#[utoipa::path(
    post, path = "/v1/purge", tag = "operation",
    responses(
        (status = 200, description = "Removed, in rows", body = Purged),
        (status = "default", description = "Not done", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["operate"])),
)]
pub(crate) async fn purge(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let actor = call.actor();
    json(StatusCode::OK, &app.work(move |leads| leads.purge(&actor)).await?)
}
