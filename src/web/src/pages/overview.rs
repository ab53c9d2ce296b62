//! Companies and visits of a period in charts. They are SVG that is made here: bars without text, for text in a picture shrinks with it; what they
//! say stands beside them, and in a table.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::now;
use nameplate_leads::store::{Breakdown, Overview, Share};

use super::period::{Percent, PeriodForm, asked, counted, percent, ratio};
use super::{Layout, page};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::overview::{KindWords, OverviewWords};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    words: &'static OverviewWords,
    period: PeriodForm,
    companies: String,
    visits: String,
    page_views: String,
    by_month: bool,
    empty: bool,
    charts: Vec<Chart>,
    points: Vec<Point>,
    parts: Vec<Part>,
}

/// Bars over time.
struct Chart {
    id: &'static str,
    title: &'static str,
    most: String,
    first: String,
    last: String,
    width: usize,
    bars: Vec<Bar>,
}

struct Bar {
    x: usize,
    y: String,
    height: String,
    tip: String,
}

struct Point {
    from: String,
    companies: String,
    visits: String,
}

/// A breakdown as a table whose rows have bars.
struct Part {
    id: &'static str,
    title: &'static str,
    column: &'static str,
    rows: Vec<PartRow>,
}

struct PartRow {
    name: String,
    companies: String,
    visits: String,
    share: Percent,
}

/// Units of a chart's height, and of a bar with the gap beside it.
const HEIGHT: f64 = 100.0;
const STEP: usize = 10;

/// `GET /overview`.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let asked = asked(&call)?;
    let query = asked.clone();
    let overview = app.work(move |leads| Ok(leads.store().overview(&query, now())?)).await?;
    let words = OverviewWords::of(call.language);
    let kinds = KindWords::of(call.language);
    let (companies_title, visits_title) = if overview.by_month {
        (words.companies_by_month, words.visits_by_month)
    } else {
        (words.companies_by_day, words.visits_by_day)
    };
    let all = overview.totals.companies;
    let known = |name: &str| name.to_owned();
    let shown = OverviewPage {
        layout: Layout::new(&call, words.title, "/overview"),
        words,
        period: PeriodForm::new(&app, &call, &asked, "/overview"),
        companies: counted(all),
        visits: counted(overview.totals.visits),
        page_views: counted(overview.totals.page_views),
        by_month: overview.by_month,
        empty: all == 0,
        charts: vec![
            chart("companies-chart", companies_title, &overview, |at| overview.points[at].companies),
            chart("visits-chart", visits_title, &overview, |at| overview.points[at].visits),
        ],
        points: overview
            .points
            .iter()
            .map(|point| Point {
                from: name(&point.from, overview.by_month),
                companies: counted(point.companies),
                visits: counted(point.visits),
            })
            .collect(),
        parts: vec![
            part("kinds", words.kinds, words.kind, &overview.kinds, all, words, |name| kinds.name(name)),
            part("countries", words.countries, words.country, &overview.countries, all, words, known),
            part("industries", words.industries, words.industry, &overview.industries, all, words, known),
        ],
    };
    page(&call, StatusCode::OK, &shown)
}

/// A day as it is, a month without its day.
fn name(from: &str, by_month: bool) -> String {
    let end = if by_month { from.len().min(7) } else { from.len() };
    from[..end].to_owned()
}

fn chart(id: &'static str, title: &'static str, overview: &Overview, value: impl Fn(usize) -> u64) -> Chart {
    let count = overview.points.len();
    let most = (0..count).map(&value).max().unwrap_or_default();
    let label = |at: usize| overview.points.get(at).map(|point| name(&point.from, overview.by_month));
    let bar = |at: usize| {
        let height = ratio(value(at), most) * HEIGHT;
        Bar {
            x: at * STEP,
            y: format!("{:.1}", HEIGHT - height),
            height: format!("{height:.1}"),
            tip: format!("{}: {}", label(at).unwrap_or_default(), counted(value(at))),
        }
    };
    Chart {
        id,
        title,
        most: counted(most),
        first: label(0).unwrap_or_default(),
        last: label(count.saturating_sub(1)).unwrap_or_default(),
        width: (count * STEP).max(1),
        bars: (0..count).filter(|at| value(*at) > 0).map(bar).collect(),
    }
}

fn part(
    id: &'static str,
    title: &'static str,
    column: &'static str,
    breakdown: &Breakdown,
    all: u64,
    words: &OverviewWords,
    known: impl Fn(&str) -> String,
) -> Part {
    let row = |name: String, share: &Share| PartRow {
        name,
        companies: counted(share.companies),
        visits: counted(share.visits),
        share: percent(share.companies, all),
    };
    let mut rows: Vec<PartRow> = breakdown.top.iter().map(|share| row(known(&share.name), share)).collect();
    for (name, share) in [(words.others, &breakdown.others), (words.unknown, &breakdown.unknown)] {
        if share.companies > 0 {
            rows.push(row(name.to_owned(), share));
        }
    }
    Part { id, title, column, rows }
}
