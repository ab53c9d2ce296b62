//! Visits, from a site's own server.

use axum::body::Body;
use hyper::{Response, StatusCode};
use serde::Deserialize;

use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;

/// A visit. Only `site` and `address` are required; what is missing of consent is none.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the description's; the leads read the bytes themselves")]
pub(crate) struct VisitBody {
    /// The site's name, as the configuration has it.
    #[schema(min_length = 1, max_length = 64)]
    site: String,
    /// The visitor's address; used for one lookup, and forgotten.
    #[schema(example = "192.0.2.1")]
    address: String,
    /// The page's address; its query is used for `utm_` alone, and not kept.
    url: Option<String>,
    /// The referring page; its host is kept where it is another site's.
    referrer: Option<String>,
    /// The page's title.
    title: Option<String>,
    /// What the visitor granted: `off`, `count`, `company`, `sessions`.
    consent: Option<String>,
    /// Global Privacy Control.
    gpc: Option<bool>,
    /// The cookie `np_visitor`: 32 hexadecimal digits.
    visitor: Option<String>,
    /// The cookie `np_session`: 32 hexadecimal digits.
    session: Option<String>,
    /// The domain of a form's e-mail field, with consent.
    form_domain: Option<String>,
    /// The browser's `User-Agent`; looked at for robots, and not kept.
    user_agent: Option<String>,
}

/// Records a visit.
///
/// Answered when what may be kept is durable, with what the page may know.
#[utoipa::path(
    post, path = "/v1/visits", tag = "visits", request_body = VisitBody,
    responses(
        (status = 200, description = "Taken", body = nameplate_leads::model::VisitReply),
        (status = "default", description = "Not taken", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["visits"])),
)]
pub(crate) async fn post(app: App, call: Call) -> Result<Response<Body>, Problem> {
    // A copy that can be overwritten; the other bytes are hyper's, and end with the connection.
    let mut bytes = Vec::from(call.body);
    let begun = app.leads().begin(&mut bytes);
    let begun = begun.map_err(|error| Problem::invalid(error.to_string()))?;
    let reply = app.finish(begun).await?;
    super::json(StatusCode::OK, &reply)
}
