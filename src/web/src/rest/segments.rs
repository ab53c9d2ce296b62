//! Segments: conditions under a name.

use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::now;
use nameplate_leads::segment::Condition;
use nameplate_leads::store::Segment;

use super::{Listed, json};
use crate::app::App;
use crate::guard::Call;
use crate::input;
use crate::problem::{Problem, ProblemBody};

/// Lists the segments.
#[utoipa::path(
    get, path = "/v1/segments", tag = "segments",
    responses(
        (status = 200, description = "The segments", body = Listed<Segment>),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list(app: App, _call: Call) -> Result<Response<Body>, Problem> {
    let items = app.work(|leads| Ok(leads.store().segments()?)).await?;
    json(StatusCode::OK, &Listed { items })
}

/// Keeps a condition under a name; another one of that name is replaced.
#[utoipa::path(
    put, path = "/v1/segments/{name}", tag = "segments", request_body = Condition,
    params(("name" = String, Path, description = "The segment's name")),
    responses(
        (status = 204, description = "Kept"),
        (status = "default", description = "Not kept", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn save(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let condition: Condition = input::json(&call.body)?;
    let (name, actor) = (call.id().to_owned(), call.actor());
    app.work(move |leads| Ok(leads.store().save_segment(&name, &condition, &actor, now())?)).await?;
    Ok(super::no_content())
}

/// Removes a segment.
#[utoipa::path(
    delete, path = "/v1/segments/{name}", tag = "segments",
    params(("name" = String, Path, description = "The segment's name")),
    responses(
        (status = 204, description = "Removed"),
        (status = "default", description = "Not removed", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn remove(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (name, actor) = (call.id().to_owned(), call.actor());
    super::done(app.work(move |leads| Ok(leads.store().remove_segment(&name, &actor, now())?)).await?)
}
