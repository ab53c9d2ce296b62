//! What the dashboard draws, against sums over a plain list of visits; and what it watches.

use std::collections::{BTreeMap, BTreeSet};

use nameplate_leads::model::{FilteredQuery, Record, SiteNumber};
use nameplate_leads::store::AuditSearch;

use crate::{DAY, MINUTE, NOW, Place, company, record_all, seen};

/// Of each visit: its site, day before now, and company; every one is a single page view.
fn visits() -> Vec<(usize, i64, usize)> {
    (0..600_usize)
        .map(|number| {
            let mixed = number.wrapping_mul(2_654_435_761) >> 7;
            (mixed % 2, ((mixed / 2) % 400) as i64, (mixed / 800) % 23)
        })
        .collect()
}

fn day_name(before: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(NOW - before * DAY).unwrap();
    at.strftime("%Y-%m-%d").to_string()
}

#[test]
fn overviews_are_the_sums_of_a_plain_list() {
    let place = Place::new();
    let store = place.open();
    let sites = [store.site("a").unwrap(), store.site("b").unwrap()];
    let mut list = visits();
    // The oldest first, as they come.
    list.sort_by_key(|(_, before, _)| -before);
    let (mut day, mut records) = (0, Vec::new());
    for (order, (site, before, number)) in list.iter().enumerate() {
        let mut facts = company(&format!("lei:{number}"), &format!("Company {number}"));
        facts.country = Some(["DE", "NL", "FR"][number % 3].into());
        facts.kind = (number % 2 == 0).then(|| "business".to_owned());
        // Each in an hour of its own on its day, so that each is a visit.
        day = if order > 0 && list[order - 1].1 == *before { day + 1 } else { 0 };
        let at = NOW - before * DAY - i64::from(day % 10) * 31 * MINUTE - i64::from(day / 10) * MINUTE;
        records.push(Record::Seen(Box::new(seen(sites[*site], at, facts, "/"))));
    }
    assert!(record_all(&store, records).iter().all(Result::is_ok));
    for (names, first, last) in [
        (vec![], 29, 0),
        (vec!["a"], 29, 0),
        (vec![], 399, 0),
        (vec!["b"], 399, 0),
        (vec![], 210, 100),
        (vec![], 61, 0),
        (vec![], 62, 0),
        (vec![], 5, 5),
    ] {
        let query = FilteredQuery {
            sites: names.iter().map(|name| (*name).to_owned()).collect(),
            from: Some(day_name(first)),
            to: Some(day_name(last)),
        };
        let what = format!("{names:?} {first} to {last}");
        let overview = store.overview(&query, NOW).unwrap();
        let inside: Vec<_> = list
            .iter()
            .filter(|(site, before, _)| {
                (last..=first).contains(before) && (names.is_empty() || names == [["a", "b"][*site]])
            })
            .collect();
        let by_month = first - last >= 62;
        assert_eq!(overview.by_month, by_month, "{what}");
        let mut points: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for before in last..=first {
            let name = day_name(before);
            points.entry(name[..if by_month { 7 } else { 10 }].to_owned()).or_default();
        }
        let mut countries: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut companies = BTreeSet::new();
        for (_, before, number) in &inside {
            let name = day_name(*before);
            points.get_mut(&name[..if by_month { 7 } else { 10 }]).unwrap().insert(*number);
            countries.entry(number % 3).or_default().insert(*number);
            companies.insert(*number);
        }
        let drawn: Vec<u64> = overview.points.iter().map(|point| point.companies).collect();
        let expected: Vec<u64> = points.values().map(|companies| companies.len() as u64).collect();
        assert_eq!(drawn, expected, "{what}");
        assert_eq!(overview.points[0].from, day_name(first), "{what}");
        assert_eq!(overview.totals.companies, companies.len() as u64, "{what}");
        assert_eq!(overview.totals.page_views, inside.len() as u64, "{what}");
        let visits: u64 = overview.points.iter().map(|point| point.visits).sum();
        assert_eq!(visits, overview.totals.visits, "{what}");
        let mut of_countries: Vec<u64> = countries.values().map(|companies| companies.len() as u64).collect();
        of_countries.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
        let shown: Vec<u64> = overview.countries.top.iter().map(|share| share.companies).collect();
        assert_eq!(shown, of_countries, "{what}");
        let odd = companies.iter().filter(|number| **number % 2 == 1).count() as u64;
        assert_eq!(overview.kinds.unknown.companies, odd, "{what}");
        assert_eq!(store.shown_page_views(&query, NOW).unwrap(), inside.len() as u64, "{what}");
    }
}

#[test]
fn more_values_than_are_shown_are_put_together() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("a").unwrap();
    for number in 0..14 {
        let mut facts = company(&format!("lei:{number}"), "Company");
        facts.industry = (number > 0).then(|| format!("Industry {number}"));
        store.record_blocking(Record::Seen(Box::new(seen(site, NOW, facts, "/")))).unwrap();
    }
    let overview = store.overview(&FilteredQuery::default(), NOW).unwrap();
    let industries = overview.industries;
    assert_eq!(industries.top.len(), 10);
    assert_eq!((industries.others.companies, industries.unknown.companies), (3, 1));
    assert_eq!((overview.kinds.top.len(), overview.kinds.unknown.companies), (0, 14));
}

#[test]
fn the_latest_page_views_are_the_latest_whoever_came() {
    let place = Place::new();
    let store = place.open();
    let site: SiteNumber = store.site("a").unwrap();
    let facts = |number: i64| company(&format!("lei:{number}"), &format!("Company {number}"));
    // Every company comes back again and again; the visits of one go over midnight.
    for step in 0..120_i64 {
        let at = NOW - 11 * 60 * MINUTE + step * 7 * MINUTE;
        store.record_blocking(Record::Seen(Box::new(seen(site, at, facts(step % 9), "/")))).unwrap();
    }
    for limit in [1, 5, 50, 110] {
        let latest = store.latest(limit).unwrap();
        let expected: Vec<(i64, String)> = (0..i64::from(limit))
            .map(|back| 119 - back)
            .map(|step| (NOW - 11 * 60 * MINUTE + step * 7 * MINUTE, format!("lei:{}", step % 9)))
            .collect();
        let found: Vec<(i64, String)> = latest.iter().map(|view| (view.at, view.company.clone())).collect();
        assert_eq!(found, expected, "{limit}");
        let keys: BTreeSet<_> = latest.iter().map(|view| view.key).collect();
        assert_eq!(keys.len(), limit as usize, "each page view has a key of its own");
    }
    store.erase_company("lei:2", "test", NOW).unwrap();
    assert!(store.latest(50).unwrap().iter().all(|view| view.company != "lei:2"));
}

#[test]
fn a_search_of_the_audit_log_goes_on_until_it_has_seen_all() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.search_audit(&AuditSearch::default(), 10).unwrap().entries, []);
    for number in 0..25 {
        store
            .audit(NOW, if number % 5 == 0 { "bert" } else { "carl" }, "test", &number.to_string(), "")
            .unwrap();
    }
    let mut search = AuditSearch { actor: Some("bert".into()), ..AuditSearch::default() };
    let mut found = Vec::new();
    loop {
        let page = store.search_audit(&search, 2).unwrap();
        found.extend(page.entries.into_iter().map(|entry| entry.subject));
        match page.next {
            Some(next) => search.before = Some(next),
            None => break,
        }
    }
    assert_eq!(found, ["20", "15", "10", "5", "0"]);
    let none = AuditSearch { action: Some("other".into()), ..AuditSearch::default() };
    assert_eq!(store.search_audit(&none, 2).unwrap().entries, []);
}
