//! Companies, and what was not shown as one.

use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::model::{FilteredCount, FilteredQuery, LeadChange, LeadDetail, LeadsPage};
use nameplate_leads::store::CompanyExport;

use super::{Listed, Removed, json, leads_query};
use crate::app::App;
use crate::guard::Call;
use crate::input;
use crate::problem::{Problem, ProblemBody};

/// Lists companies.
///
/// Those that came in a period, in an order, a page at a time.
#[utoipa::path(
    get, path = "/v1/companies", tag = "companies",
    params(
        ("site" = Option<Vec<String>>, Query, description = "Only of these sites, by name"),
        ("from" = Option<String>, Query, description = "First day, in UTC; 30 days before the last if absent", format = "date"),
        ("to" = Option<String>, Query, description = "Last day; today if absent", format = "date"),
        ("search" = Option<String>, Query, description = "Part of a name or domain"),
        ("filter" = Option<String>, Query, description = "A condition in JSON: docs/LEADS.md"),
        ("segment" = Option<String>, Query, description = "Only of this stored segment"),
        ("sort" = Option<nameplate_leads::model::Sort>, Query, description = "The order"),
        ("ascending" = Option<bool>, Query, description = "From the end of the order backwards"),
        ("cursor" = Option<String>, Query, description = "Where the last page ended"),
        ("limit" = Option<u32>, Query, description = "Companies on a page; 50 if absent", minimum = 1, maximum = 500),
    ),
    responses(
        (status = 200, description = "A page of companies", body = LeadsPage),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let query = leads_query(&call.query, &[])?;
    let actor = call.actor();
    let page = app.work(move |leads| leads.companies(&query, &actor)).await?;
    json(StatusCode::OK, &page)
}

/// Shows a company with its visits and notes.
#[utoipa::path(
    get, path = "/v1/companies/{id}", tag = "companies",
    params(("id" = String, Path, description = "The company's id: lei:…, asn:…, domain:…")),
    responses(
        (status = 200, description = "The company", body = LeadDetail),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (id, actor) = (call.id().to_owned(), call.actor());
    let company = app.work(move |leads| leads.company(&id, &actor)).await?;
    json(StatusCode::OK, &company.ok_or_else(Problem::not_found)?)
}

/// Changes a company's tags, status or owner, or adds a note.
#[utoipa::path(
    patch, path = "/v1/companies/{id}", tag = "companies", request_body = LeadChange,
    params(("id" = String, Path, description = "The company's id")),
    responses(
        (status = 204, description = "Changed"),
        (status = "default", description = "Not changed", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn change(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let change: LeadChange = input::json(&call.body)?;
    let (id, actor) = (call.id().to_owned(), call.actor());
    app.work(move |leads| leads.change(&id, &change, &actor)).await?;
    Ok(super::no_content())
}

/// Erases all that is kept of a company.
///
/// It may come again; an objection keeps it out.
#[utoipa::path(
    delete, path = "/v1/companies/{id}", tag = "rights",
    params(("id" = String, Path, description = "The company's id")),
    responses(
        (status = 200, description = "Erased, with the number of rows", body = Removed),
        (status = "default", description = "Not erased", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["rights"])),
)]
pub(crate) async fn erase(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (id, actor) = (call.id().to_owned(), call.actor());
    let removed = app.work(move |leads| leads.erase_company(&id, &actor)).await?;
    json(StatusCode::OK, &Removed { removed })
}

/// Exports all that is kept of a company.
#[utoipa::path(
    get, path = "/v1/companies/{id}/export", tag = "rights",
    params(("id" = String, Path, description = "The company's id")),
    responses(
        (status = 200, description = "All that is kept", body = CompanyExport),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["rights"])),
)]
pub(crate) async fn export(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (id, actor) = (call.id().to_owned(), call.actor());
    let export = app.work(move |leads| leads.export_company(&id, &actor)).await?;
    json(StatusCode::OK, &export.ok_or_else(Problem::not_found)?)
}

/// Counts page views that were not shown as a company's, by reason and day.
#[utoipa::path(
    get, path = "/v1/filtered", tag = "companies",
    params(
        ("site" = Option<Vec<String>>, Query, description = "Only of these sites, by name"),
        ("from" = Option<String>, Query, description = "First day, in UTC; 30 days before the last if absent", format = "date"),
        ("to" = Option<String>, Query, description = "Last day; today if absent", format = "date"),
    ),
    responses(
        (status = 200, description = "The counts", body = Listed<FilteredCount>),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn filtered(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["site", "from", "to"])?;
    let query = FilteredQuery {
        sites: call.query.all("site").map(str::to_owned).collect(),
        from: call.query.get("from")?.map(str::to_owned),
        to: call.query.get("to")?.map(str::to_owned),
    };
    let items = app.work(move |leads| leads.filtered(&query)).await?;
    json(StatusCode::OK, &Listed { items })
}
