//! One company: what is known of it and why, what it looked at, and what the owner does with it.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate::SuppressionRule;
use nameplate_leads::access::Scope;
use nameplate_leads::correction::{Correction, Says};
use nameplate_leads::model::{
    CompanyFacts, IdentifiedBy, LeadChange, LeadDetail, Note, SourceFact, VisitDetail,
};

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
    /// Of each fact: the range file says them together.
    by: String,
    dates: String,
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
    older_notes: Option<String>,
    timeline: Vec<Visit>,
    older_visits: Option<String>,
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
    /// Page views that are not shown.
    more: usize,
}

struct Looked {
    at: Moment,
    path: String,
    title: Option<String>,
    from: Option<String>,
}

/// Bytes of notes, and of visits, on a page; at least one of each is shown. Their texts are counted with what is around them.
const NOTES: usize = 25_000;
const VISITS: usize = 60_000;
const AROUND: usize = 200;

/// Page views of a visit that are shown.
const PAGES: usize = 50;

/// `GET /companies/{id}`.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["notes", "visits"])?;
    let passed = |name| {
        Ok::<usize, Problem>(
            call.query.read(name, "notes and visits are how many are passed over")?.unwrap_or(0),
        )
    };
    let (passed_notes, passed_visits) = (passed("notes")?, passed("visits")?);
    let (id, actor) = (call.id().to_owned(), call.actor());
    let company = app.work(move |leads| leads.company(&id, &actor)).await?;
    let LeadDetail { lead, timeline, notes } = company.ok_or_else(Problem::not_found)?;
    let words = CompanyWords::of(call.language);
    let state = StatusWords::of(call.language);
    let path = path(&lead.company.id);
    let note = |note: &Note| note.text.len() + note.author.len() + AROUND;
    let (notes, older_notes) = fitting(notes, passed_notes, NOTES, note);
    let timeline = timeline.into_iter().map(|visit| looked_at(visit, words)).collect();
    let (timeline, older_visits) = fitting(timeline, passed_visits, VISITS, Visit::bytes);
    let sources = &lead.company.sources;
    let title = |source: &SourceFact| source.title.clone().unwrap_or_else(|| source.name.clone());
    let mut dates: Vec<&str> = sources.iter().filter_map(|source| source.date.as_deref()).collect();
    dates.sort_unstable();
    dates.dedup();
    let shown = CompanyPage {
        layout: Layout::new(&call, lead.company.name.clone(), "/"),
        words,
        list: CompaniesWords::of(call.language),
        by: sources.iter().map(title).collect::<Vec<_>>().join(", "),
        dates: dates.join(", "),
        older_notes: older_notes.map(|passed| format!("{path}?notes={passed}#notes")),
        older_visits: older_visits.map(|passed| format!("{path}?visits={passed}#timeline")),
        path,
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
        timeline,
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
        (words.name, Some(company.name.clone())),
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
        more: visit.pages.len().saturating_sub(PAGES),
        pages: visit
            .pages
            .into_iter()
            .take(PAGES)
            .map(|view| Looked {
                at: Moment::of(view.at),
                path: view.page.path,
                title: view.page.title,
                from: view.page.referrer,
            })
            .collect(),
    }
}

impl Visit {
    fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let view = |view: &Looked| view.path.len() + text(&view.title) + text(&view.from) + AROUND;
        AROUND + self.pages.iter().map(view).sum::<usize>()
    }
}

/// As many as fit into so many bytes, one at least, from the one behind those that are passed over; how many are passed over for the next.
fn fitting<T>(
    items: Vec<T>,
    passed: usize,
    most: usize,
    bytes: impl Fn(&T) -> usize,
) -> (Vec<T>, Option<usize>) {
    let count = items.len();
    let mut taken = 0;
    let mut fitting = Vec::new();
    for item in items.into_iter().skip(passed) {
        taken += bytes(&item);
        if taken > most && !fitting.is_empty() {
            break;
        }
        fitting.push(item);
    }
    let next = passed + fitting.len();
    (fitting, (next < count).then_some(next))
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
