//! Which companies came.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::access::Scope;
use nameplate_leads::model::{Lead, LeadStatus, Sort};
use nameplate_leads::segment::{Condition, Field, Predicate, Test};

use super::{Layout, Moment, encoded, page, shortened};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::rest::leads_query;
use crate::words::companies::{CompaniesWords, StatusWords};

#[derive(Template)]
#[template(path = "companies.html")]
struct CompaniesPage {
    layout: Layout,
    words: &'static CompaniesWords,
    search: String,
    from: String,
    to: String,
    sites: Vec<Choice>,
    segments: Vec<Choice>,
    statuses: Vec<Choice>,
    tag: String,
    sorts: Vec<Choice>,
    ascending: bool,
    companies: Vec<Row>,
    next: Option<String>,
    may_export: bool,
    exported: String,
}

/// Tags of a company that the list shows, and bytes of one.
const TAGS: usize = 5;
const LONGEST: usize = 40;

/// An option of a list.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

struct Row {
    href: String,
    name: String,
    domain: Option<String>,
    country: Option<String>,
    visits: u64,
    page_views: u64,
    minutes: u64,
    score: u8,
    status: &'static str,
    tags: Vec<String>,
    more_tags: usize,
    last_seen: Moment,
}

pub(super) const STATUSES: [LeadStatus; 5] =
    [LeadStatus::New, LeadStatus::Open, LeadStatus::Contacted, LeadStatus::Customer, LeadStatus::Ignored];

/// The word that serde has for a value without fields.
pub(super) fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// `GET /`.
pub(crate) async fn list(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let mut query = leads_query(&call.query, &["status", "tag"])?;
    let status: Option<LeadStatus> =
        call.query.word("status", "status is new, open, contacted, customer or ignored")?;
    let tag = call.query.get("tag")?.map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty());
    let own = [(Field::Status, status.map(|status| word(&status))), (Field::Tag, tag.clone())];
    for (field, value) in own {
        let Some(value) = value else { continue };
        let test = Condition::Test(Test { field, holds: Predicate::Is(vec![value]) });
        query.filter = Some(match query.filter.take() {
            Some(filter) => Condition::All { all: vec![filter, test] },
            None => test,
        });
    }
    let (asked, actor) = (query.clone(), call.actor());
    let (found, segments) =
        app.work(move |leads| Ok((leads.companies(&asked, &actor)?, leads.store().segments()?))).await?;
    let words = CompaniesWords::of(call.language);
    let sites = app.leads().config().sites.iter().map(|site| &*site.name);
    let chosen_site = |name: &str| query.sites.iter().any(|site| site == name);
    let sorts = [
        (Sort::LastSeen, words.last_seen),
        (Sort::FirstSeen, words.first_seen),
        (Sort::Score, words.score),
        (Sort::Visits, words.visits),
        (Sort::PageViews, words.page_views),
        (Sort::Seconds, words.minutes),
        (Sort::Name, words.company),
    ];
    let state = StatusWords::of(call.language);
    let shown = CompaniesPage {
        layout: Layout::new(&call, words.title, "/"),
        words,
        search: query.search.clone().unwrap_or_default(),
        from: query.from.clone().unwrap_or_default(),
        to: query.to.clone().unwrap_or_default(),
        sites: sites
            .map(|name| Choice { value: name.into(), name: name.into(), chosen: chosen_site(name) })
            .collect(),
        segments: segments
            .into_iter()
            .map(|segment| Choice {
                chosen: query.segment.as_deref() == Some(&segment.name),
                value: segment.name.clone(),
                name: segment.name,
            })
            .collect(),
        statuses: STATUSES
            .into_iter()
            .map(|each| Choice {
                value: word(&each),
                name: state.name(each).into(),
                chosen: status == Some(each),
            })
            .collect(),
        sorts: sorts
            .into_iter()
            .map(|(sort, name)| Choice { value: word(&sort), name: name.into(), chosen: sort == query.sort })
            .collect(),
        tag: tag.clone().unwrap_or_default(),
        ascending: query.ascending,
        companies: found.companies.into_iter().map(|lead| row(lead, state)).collect(),
        next: found.cursor.map(|cursor| format!("/?{}", again(&call, &[("cursor", &cursor)]))),
        // Exports know no status or tag of their own.
        may_export: call.may(Scope::Export) && status.is_none() && tag.is_none(),
        exported: again(&call, &[]),
    };
    page(&call, StatusCode::OK, &shown)
}

/// The question once more, on another page of its answer.
fn again(call: &Call, with: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["site", "from", "to", "search", "filter", "segment", "status", "tag", "sort", "ascending"] {
        for value in call.query.all(name).filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    query.extend_pairs(with);
    query.finish()
}

fn row(lead: Lead, state: &'static StatusWords) -> Row {
    Row {
        href: format!("/companies/{}", encoded(&lead.company.id)),
        name: lead.company.name,
        domain: lead.company.domain,
        country: lead.company.country,
        visits: lead.visits,
        page_views: lead.page_views,
        minutes: lead.seconds.div_ceil(60),
        score: lead.score,
        status: state.name(lead.status),
        more_tags: lead.tags.len().saturating_sub(TAGS),
        tags: lead.tags.into_iter().take(TAGS).map(|tag| shortened(tag, LONGEST)).collect(),
        last_seen: Moment::of(lead.last_seen),
    }
}
