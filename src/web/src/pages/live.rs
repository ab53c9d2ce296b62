//! The latest page views. A small script asks for them again each second while the page is seen, and can be paused; without it the page is as
//! it was loaded. What is asked each second costs no more than a number in memory unless something has come.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::now;
use nameplate_leads::store::LatestView;

use super::{Layout, encoded, html, page, shortened};
use crate::app::App;
use crate::assets::LIVE;
use crate::guard::Call;
use crate::problem::Problem;
use crate::rest::no_content;
use crate::words::live::LiveWords;

/// Page views that are shown.
const SHOWN: u32 = 50;

/// Bytes of a path or title that are shown.
const LONGEST: usize = 120;

/// Milliseconds after which the list is read even if nothing came: companies that objected leave it too.
const ANEW: i64 = 10_000;

#[derive(Template)]
#[template(path = "live.html")]
struct LivePage {
    layout: Layout,
    script: String,
    words: &'static LiveWords,
    list: List,
}

#[derive(Template)]
#[template(path = "live_rows.html")]
struct RowsPage {
    words: &'static LiveWords,
    list: List,
}

/// What both show.
struct List {
    /// Says whether there may be anything else by now.
    tag: String,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    at: String,
    exact: String,
    href: String,
    name: String,
    country: String,
    path: String,
    title: Option<String>,
    site: String,
    referrer: Option<String>,
}

fn tag(app: &App) -> String {
    format!("{}-{}", app.leads().counts().shown_visits(), now() / ANEW)
}

/// `GET /live`.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&[])?;
    let actor = call.actor();
    let tag = tag(&app);
    let views = app
        .work(move |leads| {
            leads.store().audit(now(), &actor, "see live", "", "")?;
            Ok(leads.store().latest(SHOWN)?)
        })
        .await?;
    let words = LiveWords::of(call.language);
    let shown = LivePage {
        layout: Layout::new(&call, words.title, "/live"),
        script: LIVE.path(),
        words,
        list: list(tag, views),
    };
    page(&call, StatusCode::OK, &shown)
}

/// `GET /live/rows`: the list alone, or nothing where it is still the one of that tag.
pub(crate) async fn rows(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["tag"])?;
    // Before the list is read: what comes meanwhile is read once more.
    let tag = tag(&app);
    if call.query.get("tag")? == Some(&*tag) {
        return Ok(no_content());
    }
    let views = app.work(|leads| Ok(leads.store().latest(SHOWN)?)).await?;
    html(StatusCode::OK, &RowsPage { words: LiveWords::of(call.language), list: list(tag, views) })
}

fn list(tag: String, views: Vec<LatestView>) -> List {
    let row = |view: LatestView| {
        let time = jiff::Timestamp::from_millisecond(view.at).unwrap_or_default();
        Row {
            key: format!("{}-{}", view.key.0, view.key.1),
            at: time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            exact: time.to_string(),
            href: format!("/companies/{}", encoded(&view.company)),
            name: view.name,
            country: view.country.unwrap_or_default(),
            path: shortened(view.path, LONGEST),
            title: view.title.map(|title| shortened(title, LONGEST)),
            site: view.site,
            referrer: view.referrer,
        }
    };
    List { tag, rows: views.into_iter().map(row).collect() }
}
