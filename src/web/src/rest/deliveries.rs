//! What goes out to webhooks, mail and chats, and what did not arrive.

use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::store::{DeliveryState, Resend, TargetState};
use serde::{Deserialize, Serialize};

use super::json;
use crate::app::App;
use crate::guard::Call;
use crate::input;
use crate::problem::{Problem, ProblemBody};

/// Most deliveries of one answer.
const MOST: u32 = 500;

/// Targets, and deliveries that wait or failed.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Deliveries {
    /// What became of each target's deliveries.
    targets: Vec<TargetState>,
    /// The deliveries that were asked for, the newest first; at most 500.
    items: Vec<DeliveryState>,
}

/// What is to be sent again: one delivery, or all of a target that failed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    /// A delivery's id.
    #[serde(default)]
    delivery: Option<String>,
    /// A target's name.
    #[serde(default)]
    target: Option<String>,
}

/// How many deliveries are sent again.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Resent {
    /// Deliveries.
    resent: u64,
}

/// Lists deliveries: those that failed for good, or those that wait.
#[utoipa::path(
    get, path = "/v1/deliveries", tag = "deliveries",
    params(
        ("target" = Option<String>, Query, description = "Only of this target"),
        ("dead" = Option<bool>, Query, description = "Those that failed for good (true, which it is if absent), or those that wait (false)"),
    ),
    responses(
        (status = 200, description = "The deliveries", body = Deliveries),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["operate"])),
)]
pub(crate) async fn list(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["target", "dead"])?;
    let target = call.query.get("target")?.map(str::to_owned);
    let dead = call.query.read("dead", "dead is true or false")?.unwrap_or(true);
    let deliveries = app
        .work(move |leads| {
            let items = leads.store().deliveries(target.as_deref(), dead, MOST)?;
            Ok(Deliveries { targets: leads.store().delivery_targets()?, items })
        })
        .await?;
    json(StatusCode::OK, &deliveries)
}

/// Sends again what failed for good: with the same ids, so that a receiver can tell.
#[utoipa::path(
    post, path = "/v1/deliveries/resend", tag = "deliveries", request_body = Again,
    responses(
        (status = 200, description = "Due again", body = Resent),
        (status = "default", description = "Not resent", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["operate"])),
)]
pub(crate) async fn resend(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let which = match input::json(&call.body)? {
        Again { delivery: Some(id), target: None } => Resend::Delivery(id),
        Again { delivery: None, target: Some(target) } => Resend::Target(target),
        _ => return Err(Problem::invalid("a delivery's id or a target's name, and not both")),
    };
    let actor = call.actor();
    let resent = app.resend(which, actor).await?;
    json(StatusCode::OK, &Resent { resent })
}
