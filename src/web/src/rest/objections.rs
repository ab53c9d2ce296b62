//! Objections: who is never shown.

use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate::{Suppression, SuppressionRule};
use nameplate_leads::Leads;
use serde::{Deserialize, Serialize};

use super::{Listed, json};
use crate::app::App;
use crate::guard::Call;
use crate::input::{self, Pairs};
use crate::problem::{Problem, ProblemBody};

/// Whom an objection names: one of a company's id, its domain, its number in a register, or a network.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    /// The company's id, as answers show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Its domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// The register in which it has a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    register: Option<String>,
    /// The number in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// A network: CIDR, or two addresses with a dash between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<String>,
}

/// A new objection.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objecting {
    /// Whom it names.
    who: Named,
    /// Why, in a line.
    reason: String,
}

/// An objection that holds.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Objection {
    /// Whom it names.
    who: Named,
    /// Since when.
    date: String,
    /// Why.
    reason: String,
}

/// What an objection did.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Objected {
    /// Whether it is new.
    new: bool,
    /// Rows that were removed.
    removed: u64,
}

const EXPECTED: &str = "an objection names one of: id, domain, register with number, network";

impl Named {
    fn rule(self) -> Result<SuppressionRule, Problem> {
        match (self.id, self.domain, self.register, self.number, self.network) {
            (Some(id), None, None, None, None) => Ok(SuppressionRule::Company(id)),
            (None, Some(domain), None, None, None) => Ok(SuppressionRule::Domain(domain)),
            (None, None, Some(register), Some(number), None) => {
                Ok(SuppressionRule::Register { register, number })
            }
            (None, None, None, None, Some(network)) => match network.parse() {
                Ok(network) => Ok(SuppressionRule::Network(network)),
                Err(_) => {
                    Err(Problem::invalid("a network is CIDR, or two addresses with a dash between them"))
                }
            },
            _ => Err(Problem::invalid(EXPECTED)),
        }
    }

    fn of(rule: &SuppressionRule) -> Named {
        let mut named = Named { id: None, domain: None, register: None, number: None, network: None };
        match rule {
            SuppressionRule::Company(id) => named.id = Some(id.clone()),
            SuppressionRule::Domain(domain) => named.domain = Some(domain.clone()),
            SuppressionRule::Register { register, number } => {
                (named.register, named.number) = (Some(register.clone()), Some(number.clone()));
            }
            SuppressionRule::Network(network) => named.network = Some(network.to_string()),
        }
        named
    }

    fn from_query(query: &Pairs) -> Result<Named, Problem> {
        query.only(&["id", "domain", "register", "number", "network"])?;
        let text = |name| query.get(name).map(|value| value.map(str::to_owned));
        Ok(Named {
            id: text("id")?,
            domain: text("domain")?,
            register: text("register")?,
            number: text("number")?,
            network: text("network")?,
        })
    }
}

/// Lists the objections that hold.
#[utoipa::path(
    get, path = "/v1/objections", tag = "objections",
    responses(
        (status = 200, description = "The objections", body = Listed<Objection>),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["objections"])),
)]
pub(crate) async fn list(app: App, _call: Call) -> Result<Response<Body>, Problem> {
    let entries = app.work(Leads::objections).await?;
    let objection = |entry: &Suppression| Objection {
        who: Named::of(entry.rule()),
        date: entry.date().to_owned(),
        reason: entry.reason().to_owned(),
    };
    json(StatusCode::OK, &Listed { items: entries.iter().map(objection).collect() })
}

/// Takes an objection.
///
/// Whom it names is hidden at once and everywhere, past visits are removed, and it holds for every range file to come.
#[utoipa::path(
    post, path = "/v1/objections", tag = "objections", request_body = Objecting,
    responses(
        (status = 200, description = "Taken", body = Objected),
        (status = "default", description = "Not taken", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["objections"])),
)]
pub(crate) async fn add(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let Objecting { who, reason } = input::json(&call.body)?;
    let (rule, actor) = (who.rule()?, call.actor());
    let done = app.work(move |leads| leads.suppress(rule, &reason, &actor)).await?;
    json(StatusCode::OK, &Objected { new: done.new, removed: done.removed })
}

/// Takes an objection back. Nothing that was removed comes back.
#[utoipa::path(
    delete, path = "/v1/objections", tag = "objections",
    params(
        ("id" = Option<String>, Query, description = "The company's id"),
        ("domain" = Option<String>, Query, description = "Its domain"),
        ("register" = Option<String>, Query, description = "The register in which it has a number"),
        ("number" = Option<String>, Query, description = "The number in it"),
        ("network" = Option<String>, Query, description = "A network"),
    ),
    responses(
        (status = 204, description = "Taken back"),
        (status = "default", description = "Not taken back", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["objections"])),
)]
pub(crate) async fn remove(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (rule, actor) = (Named::from_query(&call.query)?.rule()?, call.actor());
    super::done(app.work(move |leads| leads.lift(&rule, &actor)).await?)
}
