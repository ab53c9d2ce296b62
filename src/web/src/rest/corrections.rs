//! Corrections: "this is not that company", "this network is ours".

use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::Leads;
use nameplate_leads::correction::Correction;
use nameplate_leads::model::Timestamp;
use nameplate_leads::store::StoredCorrection;
use serde::Serialize;

use super::{Listed, json};
use crate::app::App;
use crate::guard::Call;
use crate::input;
use crate::problem::{Problem, ProblemBody};

/// A correction that holds.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Kept {
    /// Its number.
    number: i64,
    /// When it was entered: milliseconds since 1970 in UTC.
    at: Timestamp,
    /// By whom.
    author: String,
    /// What it says.
    correction: Correction,
}

/// The number of a correction.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Number {
    /// For removing it.
    number: i64,
}

/// Lists the corrections.
#[utoipa::path(
    get, path = "/v1/corrections", tag = "corrections",
    responses(
        (status = 200, description = "The corrections, the oldest first", body = Listed<Kept>),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list(app: App, _call: Call) -> Result<Response<Body>, Problem> {
    let stored = app.work(Leads::corrections_list).await?;
    let kept = |stored: StoredCorrection| {
        let correction = serde_json::from_str(&stored.rule).ok()?;
        Some(Kept { number: stored.id, at: stored.at, author: stored.author, correction })
    };
    json(StatusCode::OK, &Listed { items: stored.into_iter().filter_map(kept).collect() })
}

/// Takes a correction.
///
/// It holds from the next visit on, whatever range file comes; stored visits of a company that it names are removed.
#[utoipa::path(
    post, path = "/v1/corrections", tag = "corrections", request_body = Correction,
    responses(
        (status = 201, description = "Taken", body = Number),
        (status = "default", description = "Not taken", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn add(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let correction: Correction = input::json(&call.body)?;
    let actor = call.actor();
    let number = app.work(move |leads| leads.correct(correction, &actor)).await?;
    json(StatusCode::CREATED, &Number { number })
}

/// Takes a correction back. Visits that it removed do not come back.
#[utoipa::path(
    delete, path = "/v1/corrections/{number}", tag = "corrections",
    params(("number" = i64, Path, description = "The correction's number")),
    responses(
        (status = 204, description = "Taken back"),
        (status = "default", description = "Not taken back", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn remove(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let number = call.id().parse().map_err(|_| Problem::invalid("a correction has a number"))?;
    let actor = call.actor();
    super::done(app.work(move |leads| leads.uncorrect(number, &actor)).await?)
}
