//! Segments, and the alerts that are configured on them.

use std::collections::HashSet;

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::access::Scope;
use nameplate_leads::now;
use nameplate_leads::outgoing::config::{Repeat, TargetConfig};
use nameplate_leads::segment::{Condition, Predicate, Test};
use nameplate_leads::store::{Segment, TargetState};

use super::companies::word;
use super::{Layout, Moment, Slice, encoded, page, redirect, shortened};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::segments::{ConditionWords, SegmentsWords};

#[derive(Template)]
#[template(path = "segments.html")]
struct SegmentsPage {
    layout: Layout,
    words: &'static SegmentsWords,
    segments: Vec<Row>,
    next: Option<String>,
    alerts: Vec<Alert>,
    may_write: bool,
}

struct Row {
    name: String,
    condition: String,
    author: String,
    changed: Moment,
    alerts: String,
    show: String,
    edit: String,
}

struct Alert {
    target: String,
    kind: String,
    segment: Option<String>,
    missing: bool,
    sites: String,
    daily: bool,
    last: Option<Moment>,
    sent: u64,
    waiting: u64,
    dead: u64,
}

/// Bytes of a condition in words; what is longer is for its own page.
const LONGEST: usize = 400;

/// `GET /segments`.
pub(crate) async fn list(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["page"])?;
    let (segments, states) =
        app.work(|leads| Ok((leads.store().segments()?, leads.store().delivery_targets()?))).await?;
    let targets = &app.leads().config().targets;
    let known: HashSet<String> = segments.iter().map(|segment| segment.name.clone()).collect();
    let words = SegmentsWords::of(call.language);
    let conditions = ConditionWords::of(call.language);
    let slice = Slice::new(&call, segments, "/segments")?;
    let shown = SegmentsPage {
        layout: Layout::new(&call, words.title, "/segments"),
        words,
        segments: slice.items.into_iter().map(|segment| row(segment, targets, conditions)).collect(),
        next: slice.next,
        alerts: targets.iter().map(|target| alert(target, &states, &known)).collect(),
        may_write: call.may(Scope::Write),
    };
    page(&call, StatusCode::OK, &shown)
}

fn row(segment: Segment, targets: &[TargetConfig], words: &ConditionWords) -> Row {
    let condition = shortened(told(&segment.condition, words, true), LONGEST);
    let alerts = targets.iter().filter(|target| target.segment.as_deref() == Some(&*segment.name));
    Row {
        condition,
        author: segment.author,
        changed: Moment::of(segment.changed),
        alerts: alerts.map(|target| &*target.name).collect::<Vec<_>>().join(", "),
        show: format!("/?segment={}", encoded(&segment.name)),
        edit: format!("/segments/edit?name={}", encoded(&segment.name)),
        name: segment.name,
    }
}

fn alert(target: &TargetConfig, states: &[TargetState], known: &HashSet<String>) -> Alert {
    let state = states.iter().find(|state| state.target == target.name);
    Alert {
        target: target.name.clone(),
        kind: word(&target.kind),
        missing: target.segment.as_ref().is_some_and(|segment| !known.contains(segment)),
        segment: target.segment.clone(),
        sites: target.sites.join(", "),
        daily: target.repeat == Repeat::Daily,
        last: state.and_then(|state| state.last_delivered).map(Moment::of),
        sent: state.map_or(0, |state| state.delivered),
        waiting: state.map_or(0, |state| state.waiting),
        dead: state.map_or(0, |state| state.dead),
    }
}

/// A condition in words, in parentheses where it is within another one.
fn told(condition: &Condition, words: &ConditionWords, outermost: bool) -> String {
    let joined = |parts: &[Condition], with: &str| {
        let parts: Vec<String> =
            parts.iter().map(|part| told(part, words, parts.len() == 1 && outermost)).collect();
        let text = parts.join(&format!(" {with} "));
        if outermost || parts.len() == 1 { text } else { format!("({text})") }
    };
    match condition {
        Condition::All { all } if all.is_empty() => words.everybody.to_owned(),
        Condition::Any { any } if any.is_empty() => words.nobody.to_owned(),
        Condition::All { all } => joined(all, words.all),
        Condition::Any { any } => joined(any, words.any),
        Condition::Not { not } => format!("{} ({})", words.not, told(not, words, true)),
        Condition::Test(Test { field, holds }) => {
            // Without what the form explains of it.
            let field = words.field(*field);
            let field = field.split_once(" (").map_or(field, |(name, _)| name);
            match holds {
                Predicate::Is(values) => format!("{field} {} {}", words.is, values.join(", ")),
                Predicate::Begins(value) => format!("{field} {} {value}", words.begins),
                Predicate::Contains(value) => format!("{field} {} {value}", words.contains),
                Predicate::Known(true) => format!("{field} {}", words.known),
                Predicate::Known(false) => format!("{field} {}", words.unknown),
                Predicate::AtLeast(value) => format!("{field} {} {value}", words.at_least),
                Predicate::AtMost(value) => format!("{field} {} {value}", words.at_most),
            }
        }
    }
}

/// `POST /segments/remove`.
pub(crate) async fn remove(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let name = call.form.get("name")?.map(str::to_owned).ok_or_else(Problem::not_found)?;
    let actor = call.actor();
    if !app.work(move |leads| Ok(leads.store().remove_segment(&name, &actor, now())?)).await? {
        return Err(Problem::not_found());
    }
    Ok(redirect("/segments"))
}
