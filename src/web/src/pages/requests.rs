//! The requests that companies left on the objection page, for the owner to decide.

use axum::body::Body;
use hyper::Response;
use nameplate::SuppressionRule;
use nameplate_leads::now;
use nameplate_leads::store::{ObjectionRequest, StoreError};

use super::{Moment, redirect};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;

/// A request as the page of objections lists it.
pub(super) struct Request {
    pub(super) id: i64,
    pub(super) at: Moment,
    pub(super) company: String,
    pub(super) message: String,
    pub(super) language: String,
}

/// Those that wait, the oldest first.
pub(super) async fn waiting(app: &App) -> Result<Vec<Request>, Problem> {
    let waiting = app.work(|leads| Ok(leads.store().objection_requests()?)).await?;
    let request = |request: ObjectionRequest| Request {
        id: request.id,
        at: Moment::of(request.at),
        company: request.company,
        message: request.message,
        language: request.language,
    };
    Ok(waiting.into_iter().map(request).collect())
}

/// `POST /objections/requests/{number}`. Who accepts says which company it is: the request has but a name that anybody could type.
pub(crate) async fn decide(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let id: i64 = call.id().parse().map_err(|_| Problem::not_found())?;
    let accepted = match call.form.get("do")? {
        Some("accept") => true,
        Some("decline") => false,
        _ => return Err(Problem::invalid("a request is accepted or declined")),
    };
    let who = call.form.get("who")?.map(str::trim).filter(|who| !who.is_empty());
    let rule = match who {
        _ if !accepted => None,
        None => return Err(Problem::invalid("the id or the domain of the company")),
        // Ids have a colon in them, and domains have none.
        Some(who) if who.contains(':') => Some(SuppressionRule::Company(who.to_owned())),
        Some(who) => Some(SuppressionRule::Domain(who.to_owned())),
    };
    let actor = call.actor();
    app.work(move |leads| {
        if !leads.store().objection_requests()?.iter().any(|request| request.id == id) {
            return Err(StoreError::Missing("request").into());
        }
        // First the objection: if that fails, the request still waits.
        if let Some(rule) = rule {
            leads.suppress(rule, "asked for on the objection page", &actor)?;
        }
        Ok(leads.store().decide_request(id, accepted, &actor, now())?)
    })
    .await?;
    Ok(redirect("/objections"))
}
