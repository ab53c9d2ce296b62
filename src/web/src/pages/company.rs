//! One company: what is known of it and why, what it looked at, and what the owner does with it.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate::SuppressionRule;
use nameplate_leads::access::Scope;
use nameplate_leads::correction::{Correction, Says};
use nameplate_leads::model::{CompanyFacts, IdentifiedBy, LeadChange, LeadDetail, SourceFact, VisitDetail};

use super::companies::{Choice, STATUSES, word};
use super::{Layout, Moment, encoded, page, redirect};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::companies::{CompaniesWords, CompanyWords, StatusWords};

#[derive(Template)]
#[template(path = "company.html")]
struct CompanyPage {
    layout: Layout,
    words: &'static CompanyWords,
    list: &'static CompaniesWords,
    path: String,
    name: String,
    facts: Vec<Fact>,
    confidence: u8,
    sources: Vec<SourceFact>,
    score: u8,
    visits: u64,
    page_views: u64,
    minutes: u64,
    first_seen: Moment,
    last_seen: Moment,
    tags: String,
    owner: String,
    statuses: Vec<Choice>,
    notes: Vec<Written>,
    timeline: Vec<Visit>,
    may_write: bool,
    may_hide: bool,
    may_export: bool,
}

struct Fact {
    name: &'static str,
    value: String,
}

struct Written {
    at: Moment,
    author: String,
    text: String,
}

struct Visit {
    site: String,
    started: Moment,
    by: &'static str,
    pages: Vec<Looked>,
}

struct Looked {
    at: Moment,
    path: String,
    title: Option<String>,
    from: Option<String>,
}

/// `GET /companies/{id}`.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let (id, actor) = (call.id().to_owned(), call.actor());
    let company = app.work(move |leads| leads.company(&id, &actor)).await?;
    let LeadDetail { lead, timeline, notes } = company.ok_or_else(Problem::not_found)?;
    let words = CompanyWords::of(call.language);
    let state = StatusWords::of(call.language);
    let shown = CompanyPage {
        layout: Layout::new(&call, lead.company.name.clone(), "/"),
        words,
        list: CompaniesWords::of(call.language),
        path: path(&lead.company.id),
        facts: facts(&lead.company, words, CompaniesWords::of(call.language)),
        confidence: lead.company.confidence,
        name: lead.company.name,
        sources: lead.company.sources,
        score: lead.score,
        visits: lead.visits,
        page_views: lead.page_views,
        minutes: lead.seconds.div_ceil(60),
        first_seen: Moment::of(lead.first_seen),
        last_seen: Moment::of(lead.last_seen),
        tags: lead.tags.join(", "),
        owner: lead.owner.unwrap_or_default(),
        statuses: STATUSES
            .into_iter()
            .map(|each| Choice {
                value: word(&each),
                name: state.name(each).into(),
                chosen: each == lead.status,
            })
            .collect(),
        notes: notes
            .into_iter()
            .map(|note| Written { at: Moment::of(note.at), author: note.author, text: note.text })
            .collect(),
        timeline: timeline.into_iter().map(|visit| looked_at(visit, words)).collect(),
        may_write: call.may(Scope::Write),
        may_hide: call.may(Scope::Objections),
        may_export: call.may(Scope::Rights),
    };
    page(&call, StatusCode::OK, &shown)
}

fn path(id: &str) -> String {
    format!("/companies/{}", encoded(id))
}

fn facts(company: &CompanyFacts, words: &CompanyWords, list: &CompaniesWords) -> Vec<Fact> {
    let register = company.register.as_ref().map(|register| {
        let number = company.register_id.as_deref().unwrap_or_default();
        format!("{register} {number}").trim_end().to_owned()
    });
    let facts = [
        (words.id, Some(company.id.clone())),
        (words.kind, company.kind.clone()),
        (list.country, company.country.clone()),
        (words.domain, company.domain.clone()),
        (words.legal_form, company.legal_form.clone()),
        (words.industry, company.industry.clone()),
        (words.register, register),
    ];
    facts.into_iter().filter_map(|(name, value)| Some(Fact { name, value: value? })).collect()
}

fn looked_at(visit: VisitDetail, words: &CompanyWords) -> Visit {
    Visit {
        site: visit.site,
        started: Moment::of(visit.started),
        by: match visit.identified_by {
            IdentifiedBy::Network => words.by_network,
            IdentifiedBy::FormDomain => words.by_form,
        },
        pages: visit
            .pages
            .into_iter()
            .map(|view| Looked {
                at: Moment::of(view.at),
                path: view.page.path,
                title: view.page.title,
                from: view.page.referrer,
            })
            .collect(),
    }
}

/// `POST /companies/{id}/change`: status, owner and tags.
pub(crate) async fn change(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let tags = call.form.get("tags")?.unwrap_or_default();
    let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    let status = call.form.word("status", "status is new, open, contacted, customer or ignored")?;
    let owner = call.form.get("owner")?.unwrap_or_default().trim().to_owned();
    save(app, call, LeadChange { tags: Some(tags), status, owner: Some(owner), note: None }).await
}

/// `POST /companies/{id}/note`.
pub(crate) async fn note(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let text = call.form.get("text")?.map(str::trim).filter(|text| !text.is_empty());
    let note = text.ok_or_else(|| Problem::invalid("a note has a text"))?.to_owned();
    save(app, call, LeadChange { note: Some(note), ..LeadChange::default() }).await
}

async fn save(app: App, call: Call, change: LeadChange) -> Result<Response<Body>, Problem> {
    let (id, actor, back) = (call.id().to_owned(), call.actor(), path(call.id()));
    app.work(move |leads| leads.change(&id, &change, &actor)).await?;
    Ok(redirect(&back))
}

/// `POST /companies/{id}/wrong`: it is not that company, or it is ourselves.
pub(crate) async fn wrong(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let says: Option<Says> = call.form.word("says", "says is not_that_company or ours")?;
    let says = says.ok_or_else(|| Problem::invalid("says is not_that_company or ours"))?;
    let correction = Correction { says, company: Some(call.id().to_owned()), network: None };
    let actor = call.actor();
    app.work(move |leads| leads.correct(correction, &actor)).await?;
    Ok(redirect("/"))
}

/// `POST /companies/{id}/hide`: the company objected.
pub(crate) async fn hide(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let reason = call.form.get("reason")?.unwrap_or_default().trim().to_owned();
    let (rule, actor) = (SuppressionRule::Company(call.id().to_owned()), call.actor());
    app.work(move |leads| leads.suppress(rule, &reason, &actor)).await?;
    Ok(redirect("/"))
}
