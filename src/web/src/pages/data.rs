//! The range file that is served: its age, sources, licences and coverage.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::{RangeFile, RangeFileSource, now};

use super::period::{Percent, counted, percent};
use super::{Layout, Moment, page};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::data::DataWords;

#[derive(Template)]
#[template(path = "data.html")]
struct DataPage {
    layout: Layout,
    words: &'static DataWords,
    path: String,
    build: u64,
    newest: Option<Moment>,
    age: i64,
    bytes: String,
    signed: bool,
    companies: String,
    operators: String,
    generation: u64,
    suppressions: usize,
    failed: u64,
    last_error: Option<&'static str>,
    coverage: Vec<Known>,
    sources: Vec<Source>,
    facts: Vec<(String, String)>,
}

struct Known {
    name: &'static str,
    ipv4: String,
    ipv4_share: Percent,
    ipv6: String,
    ipv6_share: Percent,
}

struct Source {
    name: String,
    date: String,
    rows: String,
    licence: String,
    attribution: String,
    url: Option<String>,
    link: bool,
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// `GET /data`.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&[])?;
    let file = app.work(|leads| Ok(leads.range_file())).await?;
    let words = DataWords::of(call.language);
    let created = file.created.and_then(|created| i64::try_from(created).ok());
    let shown = DataPage {
        layout: Layout::new(&call, words.title, "/data"),
        words,
        path: file.path.display().to_string(),
        build: file.build_number,
        newest: created.map(|created| Moment::of(created.saturating_mul(1000))),
        age: created.map_or(0, |created| (now() / 1000 - created).max(0) / DAY),
        bytes: counted(file.bytes),
        signed: file.signed,
        companies: counted(file.companies as u64),
        operators: counted(file.operators as u64),
        generation: file.generation,
        suppressions: file.suppressions,
        failed: file.failed_reloads,
        last_error: file.last_error,
        coverage: coverage(&file, words),
        sources: file.sources.into_iter().map(source).collect(),
        facts: file.facts,
    };
    page(&call, StatusCode::OK, &shown)
}

fn coverage(file: &RangeFile, words: &DataWords) -> Vec<Known> {
    let (v4, v6) = (&file.ipv4, &file.ipv6);
    let known = |name, ipv4, ipv6| Known {
        name,
        ipv4: counted(ipv4),
        ipv4_share: percent(ipv4, v4.all()),
        ipv6: counted(ipv6),
        ipv6_share: percent(ipv6, v6.all()),
    };
    vec![
        known(words.a_company, v4.company, v6.company),
        known(words.an_operator, v4.operator, v6.operator),
        known(words.reserved, v4.reserved, v6.reserved),
        known(words.unknown, v4.unknown, v6.unknown),
    ]
}

fn source(source: RangeFileSource) -> Source {
    Source {
        // A file that somebody made may say anything: only what leads to the web is a link.
        link: source.url.as_ref().is_some_and(|url| url.starts_with("https://")),
        name: source.title.unwrap_or(source.name),
        date: source.date.unwrap_or_default(),
        rows: counted(source.rows),
        licence: source.licence.unwrap_or_default(),
        attribution: source.attribution.unwrap_or_default(),
        url: source.url,
    }
}
