//! Who is never shown.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate::{Suppression, SuppressionRule};
use nameplate_leads::Leads;

use super::requests::{self, Request};
use super::{Layout, Slice, page, redirect};
use crate::app::App;
use crate::guard::Call;
use crate::input::Pairs;
use crate::problem::Problem;
use crate::words::objection::RequestsWords;
use crate::words::objections::ObjectionsWords;

#[derive(Template)]
#[template(path = "objections.html")]
struct ObjectionsPage {
    layout: Layout,
    words: &'static ObjectionsWords,
    request_words: &'static RequestsWords,
    requests: Vec<Request>,
    objections: Vec<Row>,
    next: Option<String>,
}

struct Row {
    kind: &'static str,
    name: &'static str,
    value: String,
    number: String,
    date: String,
    reason: String,
}

const EXPECTED: &str = "an objection names one of: id, domain, register with number, network";

/// `GET /objections`.
pub(crate) async fn list(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["page"])?;
    let mut entries = app.work(Leads::objections).await?;
    entries.reverse();
    let slice = Slice::new(&call, entries, "/objections")?;
    let words = ObjectionsWords::of(call.language);
    let shown = ObjectionsPage {
        layout: Layout::new(&call, words.title, "/objections"),
        words,
        request_words: RequestsWords::of(call.language),
        requests: requests::waiting(&app).await?,
        objections: slice.items.iter().map(|entry| row(entry, words)).collect(),
        next: slice.next,
    };
    page(&call, StatusCode::OK, &shown)
}

fn row(entry: &Suppression, words: &ObjectionsWords) -> Row {
    let rule = entry.rule();
    let (name, value, number) = match rule {
        SuppressionRule::Company(id) => (words.id, id.clone(), String::new()),
        SuppressionRule::Domain(domain) => (words.domain, domain.clone(), String::new()),
        SuppressionRule::Register { register, number } => (words.register, register.clone(), number.clone()),
        SuppressionRule::Network(network) => (words.network, network.to_string(), String::new()),
    };
    Row {
        kind: rule.kind(),
        name,
        value,
        number,
        date: entry.date().to_owned(),
        reason: entry.reason().to_owned(),
    }
}

/// The rule of a form.
fn rule(form: &Pairs) -> Result<SuppressionRule, Problem> {
    let text = |name| Ok::<_, Problem>(form.get(name)?.map(|text| text.trim().to_owned()));
    let value = text("value")?.ok_or_else(|| Problem::invalid(EXPECTED))?;
    Ok(match (form.get("kind")?, text("number")?) {
        (Some("id"), None) => SuppressionRule::Company(value),
        (Some("domain"), None) => SuppressionRule::Domain(value),
        (Some("register"), Some(number)) => SuppressionRule::Register { register: value, number },
        (Some("network"), None) => {
            SuppressionRule::Network(value.parse().map_err(|_| {
                Problem::invalid("a network is CIDR, or two addresses with a dash between them")
            })?)
        }
        _ => return Err(Problem::invalid(EXPECTED)),
    })
}

/// `POST /objections`.
pub(crate) async fn add(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (rule, actor) = (rule(&call.form)?, call.actor());
    let reason = call.form.get("reason")?.unwrap_or_default().trim().to_owned();
    app.work(move |leads| leads.suppress(rule, &reason, &actor)).await?;
    Ok(redirect("/objections"))
}

/// `POST /objections/lift`.
pub(crate) async fn lift(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (rule, actor) = (rule(&call.form)?, call.actor());
    if !app.work(move |leads| leads.lift(&rule, &actor)).await? {
        return Err(Problem::not_found());
    }
    Ok(redirect("/objections"))
}
