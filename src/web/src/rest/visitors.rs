//! A visitor's rights, by the cookie that the visitor has.

use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::model::CookieId;
use nameplate_leads::store::VisitorExport;

use super::{Removed, json};
use crate::app::App;
use crate::guard::Call;
use crate::problem::{Problem, ProblemBody};

fn visitor(call: &Call) -> Result<CookieId, Problem> {
    CookieId::parse(call.id()).ok_or_else(|| Problem::invalid("a visitor's id is 32 hexadecimal digits"))
}

/// Exports all that is kept under a visitor's cookie.
#[utoipa::path(
    get, path = "/v1/visitors/{id}", tag = "rights",
    params(("id" = String, Path, description = "The cookie np_visitor", pattern = "^[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The visits", body = VisitorExport),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["rights"])),
)]
pub(crate) async fn export(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (visitor, actor) = (visitor(&call)?, call.actor());
    json(StatusCode::OK, &app.work(move |leads| leads.export_visitor(visitor, &actor)).await?)
}

/// Erases all that is kept under a visitor's cookie.
#[utoipa::path(
    delete, path = "/v1/visitors/{id}", tag = "rights",
    params(("id" = String, Path, description = "The cookie np_visitor", pattern = "^[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "Erased, with the number of rows", body = Removed),
        (status = "default", description = "Not erased", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["rights"])),
)]
pub(crate) async fn erase(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (visitor, actor) = (visitor(&call)?, call.actor());
    let removed = app.work(move |leads| leads.erase_visitor(visitor, &actor)).await?;
    json(StatusCode::OK, &Removed { removed })
}
