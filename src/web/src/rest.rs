//! REST, for programs: docs/openapi.json describes it, and is made from here.

pub(crate) mod companies;
pub(crate) mod corrections;
pub(crate) mod deliveries;
pub(crate) mod export;
pub(crate) mod objections;
pub(crate) mod openapi;
pub(crate) mod operation;
pub(crate) mod segments;
pub(crate) mod visitors;
pub(crate) mod visits;

use axum::body::Body;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use nameplate_leads::model::{LeadsQuery, Sort};
use nameplate_leads::segment::Condition;
use serde::Serialize;

use crate::input::Pairs;
use crate::problem::Problem;

/// A list.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Listed<T> {
    /// What there is.
    pub(crate) items: Vec<T>,
}

/// How many rows were removed.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Removed {
    /// Rows.
    pub(crate) removed: u64,
}

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response<Body>, Problem> {
    let text = serde_json::to_vec(value).map_err(|_| Problem::internal())?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

pub(crate) fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Nothing to say, if there was something to do it to.
pub(crate) fn done(found: bool) -> Result<Response<Body>, Problem> {
    if found { Ok(no_content()) } else { Err(Problem::not_found()) }
}

/// What a query asks of companies, for REST, the dashboard and exports alike. Names that are not among these are `others`, or wrong.
pub(crate) fn leads_query(query: &Pairs, others: &[&str]) -> Result<LeadsQuery, Problem> {
    let known = ["site", "from", "to", "search", "filter", "segment", "sort", "ascending", "cursor", "limit"];
    query.only(&[&known, others].concat())?;
    let text = |name| query.get(name).map(|value| value.map(str::to_owned));
    let filter: Option<Condition> = query
        .get("filter")?
        .map(serde_json::from_str)
        .transpose()
        .map_err(|_| Problem::invalid("filter is a condition in JSON; see docs/LEADS.md"))?;
    let sort: Option<Sort> =
        query.word("sort", "sort is last_seen, first_seen, score, visits, page_views, seconds or name")?;
    Ok(LeadsQuery {
        sites: query.all("site").filter(|site| !site.is_empty()).map(str::to_owned).collect(),
        from: text("from")?,
        to: text("to")?,
        search: text("search")?,
        filter,
        segment: text("segment")?,
        sort: sort.unwrap_or_default(),
        ascending: query.read("ascending", "ascending is true or false")?.unwrap_or(false),
        cursor: text("cursor")?,
        limit: query.read("limit", "limit is a number of companies, 1 to 500")?,
    })
}
