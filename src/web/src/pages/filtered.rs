//! What was filtered and why: counts and shares of a period.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::model::Filtered;
use nameplate_leads::now;

use super::period::{Percent, PeriodForm, asked, counted, percent};
use super::{Layout, page};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::filtered::{FilteredWords, MeaningWords, ReasonWords};

#[derive(Template)]
#[template(path = "filtered.html")]
struct FilteredPage {
    layout: Layout,
    words: &'static FilteredWords,
    period: PeriodForm,
    all: String,
    shown: Counted,
    filtered: Counted,
    groups: Vec<Group>,
}

struct Counted {
    count: String,
    share: Percent,
}

struct Group {
    id: &'static str,
    title: &'static str,
    total: Counted,
    rows: Vec<Row>,
}

struct Row {
    reason: &'static str,
    meaning: &'static str,
    counted: Counted,
}

/// What a reason is about; groups are shown in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Network,
    Consent,
    Robot,
    Owner,
}

const fn about(reason: Filtered) -> About {
    match reason {
        Filtered::NoConsent
        | Filtered::Refused
        | Filtered::CountConsent
        | Filtered::PrivacyControl
        | Filtered::Objection => About::Consent,
        Filtered::Bot | Filtered::Monitoring => About::Robot,
        Filtered::SiteOff
        | Filtered::SiteCounts
        | Filtered::Own
        | Filtered::Corrected
        | Filtered::Suppressed => About::Owner,
        Filtered::Access
        | Filtered::Hosting
        | Filtered::Mobile
        | Filtered::Vpn
        | Filtered::Transit
        | Filtered::Exchange
        | Filtered::Operator
        | Filtered::Unknown
        | Filtered::Reserved => About::Network,
    }
}

/// `GET /filtered`.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let asked = asked(&call)?;
    let query = asked.clone();
    let (counts, shown) = app
        .work(move |leads| {
            let shown = leads.store().shown_page_views(&query, now())?;
            Ok((leads.filtered(&query)?, shown))
        })
        .await?;
    let mut by_reason: BTreeMap<Filtered, u64> = BTreeMap::new();
    for count in counts {
        *by_reason.entry(count.reason).or_default() += count.count;
    }
    let filtered: u64 = by_reason.values().sum();
    let all = filtered + shown;
    let part = |count| Counted { count: counted(count), share: percent(count, all) };
    let words = FilteredWords::of(call.language);
    let (reasons, meanings) = (ReasonWords::of(call.language), MeaningWords::of(call.language));
    let group = |id, title, of: About| {
        let mut found: Vec<(Filtered, u64)> =
            by_reason.iter().filter(|(reason, _)| about(**reason) == of).map(|(a, b)| (*a, *b)).collect();
        found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let rows = found.iter().map(|(reason, count)| Row {
            reason: reasons.name(*reason),
            meaning: meanings.name(*reason),
            counted: part(*count),
        });
        Group { id, title, total: part(found.iter().map(|(_, count)| count).sum()), rows: rows.collect() }
    };
    let mut groups = vec![
        group("networks", words.by_network, About::Network),
        group("consent", words.by_consent, About::Consent),
        group("robots", words.by_robot, About::Robot),
        group("own", words.by_owner, About::Owner),
    ];
    groups.retain(|group| !group.rows.is_empty());
    let shown = FilteredPage {
        layout: Layout::new(&call, words.title, "/filtered"),
        words,
        period: PeriodForm::new(&app, &call, &asked, "/filtered"),
        all: counted(all),
        shown: part(shown),
        filtered: part(filtered),
        groups,
    };
    page(&call, StatusCode::OK, &shown)
}
