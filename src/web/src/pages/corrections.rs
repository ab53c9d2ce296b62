//! What the owner knows better than the range file.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::Leads;
use nameplate_leads::correction::{Correction, Says};

use super::{Layout, Moment, Slice, page, redirect};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::objections::CorrectionsWords;

#[derive(Template)]
#[template(path = "corrections.html")]
struct CorrectionsPage {
    layout: Layout,
    words: &'static CorrectionsWords,
    corrections: Vec<Row>,
    next: Option<String>,
    may_write: bool,
}

struct Row {
    number: i64,
    at: Moment,
    author: String,
    says: &'static str,
    of: String,
}

/// `GET /corrections`.
pub(crate) async fn list(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["page"])?;
    let mut stored = app.work(Leads::corrections_list).await?;
    stored.reverse();
    let slice = Slice::new(&call, stored, "/corrections")?;
    let words = CorrectionsWords::of(call.language);
    let rows = slice.items.into_iter().map(|stored| {
        let correction: Option<Correction> = serde_json::from_str(&stored.rule).ok();
        let says = match correction.as_ref().map(|correction| correction.says) {
            Some(Says::NotThatCompany) => words.not_that_company,
            Some(Says::Ours) => words.ours,
            None => "",
        };
        let of = correction.and_then(|correction| correction.company.or(correction.network));
        Row {
            number: stored.id,
            at: Moment::of(stored.at),
            author: stored.author,
            says,
            of: of.unwrap_or(stored.rule),
        }
    });
    let shown = CorrectionsPage {
        layout: Layout::new(&call, words.title, "/corrections"),
        words,
        corrections: rows.collect(),
        next: slice.next,
        may_write: call.may(nameplate_leads::access::Scope::Write),
    };
    page(&call, StatusCode::OK, &shown)
}

/// `POST /corrections`.
pub(crate) async fn add(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let says: Option<Says> = call.form.word("says", "says is not_that_company or ours")?;
    let says = says.ok_or_else(|| Problem::invalid("says is not_that_company or ours"))?;
    let value = call.form.get("value")?.map(|value| value.trim().to_owned());
    let (company, network) = match call.form.get("kind")? {
        Some("company") => (value, None),
        Some("network") => (None, value),
        _ => return Err(Problem::invalid("a correction is of a company or a network")),
    };
    let actor = call.actor();
    app.work(move |leads| leads.correct(Correction { says, company, network }, &actor)).await?;
    Ok(redirect("/corrections"))
}

/// `POST /corrections/remove`.
pub(crate) async fn remove(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let number = call.form.read("number", "number is a correction's")?;
    let number = number.ok_or_else(|| Problem::invalid("number is a correction's"))?;
    let actor = call.actor();
    if !app.work(move |leads| leads.uncorrect(number, &actor)).await? {
        return Err(Problem::not_found());
    }
    Ok(redirect("/corrections"))
}
