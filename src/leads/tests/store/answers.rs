//! Companies, visits, counts, and texts that are made to do harm.

use std::sync::atomic::{AtomicBool, Ordering};

use nameplate_leads::model::{
    Filtered, FilteredQuery, LeadChange, LeadStatus, LeadsQuery, Page, Record, SiteNumber, Sort, SourceFact,
};
use nameplate_leads::segment::{Condition, Field, Predicate, Test};
use nameplate_leads::store::{Store, StoreError, StoreOptions};
use rusqlite::Connection;

use super::{DAY, MINUTE, NOW, Place, by, company, formula, record, record_all, seen};

fn ids(store: &Store, query: &LeadsQuery) -> Vec<String> {
    let page = store.leads(query, &formula(), NOW).expect("can be asked");
    page.companies.into_iter().map(|lead| lead.company.id).collect()
}

#[test]
fn a_visit_ends_after_thirty_minutes_and_at_midnight() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    let midnight = NOW / DAY * DAY;
    for at in [
        NOW,
        NOW + 29 * MINUTE,
        NOW + 59 * MINUTE,
        midnight - MINUTE,
        midnight + MINUTE,
        midnight + 2 * MINUTE,
    ] {
        record(&store, seen(site, at, company("lei:1", "One"), "/"));
    }
    // A session has visits of its own.
    record(&store, by(1, 2, seen(site, NOW + MINUTE, company("lei:1", "One"), "/a")));
    let detail = store.lead("lei:1", &formula(), NOW).unwrap().unwrap();
    let told: Vec<_> =
        detail.timeline.iter().map(|visit| (visit.started, visit.ended, visit.pages.len())).collect();
    assert_eq!(
        told,
        [
            (NOW + 59 * MINUTE, NOW + 59 * MINUTE, 1),
            (NOW, NOW + 29 * MINUTE, 2),
            (NOW + MINUTE, NOW + MINUTE, 1),
            (midnight + MINUTE, midnight + 2 * MINUTE, 2),
            (midnight - MINUTE, midnight - MINUTE, 1),
        ]
    );
    let lead = detail.lead;
    assert_eq!((lead.visits, lead.sessions, lead.page_views, lead.seconds), (5, 1, 7, 30 * 60));
    assert_eq!((lead.first_seen, lead.last_seen), (midnight - MINUTE, NOW + 59 * MINUTE));
}

#[test]
fn a_visit_goes_on_when_the_store_was_closed() {
    let place = Place::new();
    let site = place.open().site("shop").unwrap();
    for minute in [0, 20, 10, 45] {
        record(&place.open(), by(1, 2, seen(site, NOW + minute * MINUTE, company("lei:1", "One"), "/")));
    }
    let detail = place.open().lead("lei:1", &formula(), NOW).unwrap().unwrap();
    assert_eq!(detail.timeline.len(), 1);
    let minutes: Vec<_> = detail.timeline[0].pages.iter().map(|view| (view.at - NOW) / MINUTE).collect();
    assert_eq!(minutes, [0, 10, 20, 45]);
    assert_eq!((detail.lead.visits, detail.lead.seconds), (1, 45 * 60));
}

#[test]
fn facts_are_those_of_the_last_visit() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    record(&store, seen(site, NOW, company("lei:1", "Old"), "/"));
    let mut new = company("lei:1", "New");
    new.domain = Some("new.example".into());
    new.sources.push(SourceFact {
        name: "gleif".into(),
        title: None,
        date: None,
        licence: None,
        attribution: Some("GLEIF".into()),
    });
    record(&store, seen(site, NOW, new.clone(), "/"));
    assert_eq!(store.lead("lei:1", &formula(), NOW).unwrap().unwrap().lead.company, new);
    assert_eq!(
        ids(&store, &LeadsQuery { search: Some("NEW.EX".into()), ..LeadsQuery::default() }),
        ["lei:1"]
    );
}

#[test]
fn what_users_say_of_a_company_is_kept_and_logged() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    record(&store, seen(site, NOW, company("lei:1", "One"), "/"));
    let change = |change: LeadChange| store.change_lead("lei:1", &change, "mia", NOW);
    change(LeadChange { tags: Some(vec!["b".into(), "a".into(), "b".into()]), ..LeadChange::default() })
        .unwrap();
    change(LeadChange {
        status: Some(LeadStatus::Contacted),
        owner: Some("tom".into()),
        ..LeadChange::default()
    })
    .unwrap();
    change(LeadChange { note: Some("called".into()), ..LeadChange::default() }).unwrap();
    let detail = store.lead("lei:1", &formula(), NOW).unwrap().unwrap();
    assert_eq!(detail.lead.tags, ["a", "b"]);
    assert_eq!((detail.lead.status, detail.lead.owner.as_deref()), (LeadStatus::Contacted, Some("tom")));
    assert_eq!((detail.notes[0].author.as_str(), detail.notes[0].text.as_str()), ("mia", "called"));
    change(LeadChange { owner: Some(String::new()), tags: Some(Vec::new()), ..LeadChange::default() })
        .unwrap();
    let lead = store.lead("lei:1", &formula(), NOW).unwrap().unwrap().lead;
    assert_eq!((lead.owner, lead.tags.len(), lead.status), (None, 0, LeadStatus::Contacted));

    // One part that can't be, and nothing of it is.
    let half =
        LeadChange { status: Some(LeadStatus::Ignored), note: Some(String::new()), ..LeadChange::default() };
    assert!(matches!(change(half), Err(StoreError::Invalid(_))));
    assert!(matches!(
        store.change_lead("lei:2", &LeadChange::default(), "mia", NOW),
        Err(StoreError::Missing("company"))
    ));
    assert_eq!(store.lead("lei:1", &formula(), NOW).unwrap().unwrap().lead.status, LeadStatus::Contacted);
    let log = store.audit_entries(None, 100).unwrap();
    assert_eq!(log.len(), 4);
    assert!(
        log.iter().all(|entry| entry.actor == "mia"
            && entry.action == "change company"
            && entry.subject == "lei:1")
    );
    assert!(!format!("{log:?}").contains("called"), "a note has an age of its own");
}

#[test]
fn the_log_can_only_be_added_to() {
    let place = Place::new();
    let store = place.open();
    store.audit(NOW, "mia", "export", "csv", "").unwrap();
    drop(store);
    let raw = Connection::open(place.path("leads.db")).unwrap();
    for sql in [
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'tom'",
        "INSERT OR REPLACE INTO fact (key, value) VALUES ('audit_purged_before', 9223372036854775807); DELETE FROM audit",
    ] {
        let refused = raw.execute_batch(sql).unwrap_err().to_string();
        assert!(refused.contains("only added to"), "{sql}: {refused}");
    }
    assert_eq!(place.open().audit_entries(None, 10).unwrap()[0].actor, "mia");
}

#[test]
fn counts_of_what_is_not_shown() {
    let place = Place::new();
    let store = place.open();
    let (shop, blog) = (store.site("shop").unwrap(), store.site("blog").unwrap());
    let counted = |site, at, reason| Record::Counted { site, at, reason };
    let mut records = vec![counted(blog, NOW, Filtered::Bot), counted(shop, NOW - DAY, Filtered::NoConsent)];
    records.extend((0..3).map(|_| counted(shop, NOW, Filtered::NoConsent)));
    records.push(counted(shop, NOW - 40 * DAY, Filtered::Bot));
    assert!(record_all(&store, records).iter().all(Result::is_ok));
    let told = |query| -> Vec<_> {
        let counts = store.filtered(&query, NOW).unwrap();
        counts.into_iter().map(|count| (count.site, count.day, count.reason, count.count)).collect()
    };
    let expected = [
        ("shop".into(), "2026-06-16".into(), Filtered::NoConsent, 1),
        ("shop".into(), "2026-06-17".into(), Filtered::NoConsent, 3),
        ("blog".into(), "2026-06-17".into(), Filtered::Bot, 1),
    ];
    assert_eq!(told(FilteredQuery::default()), expected);
    let query = FilteredQuery { sites: vec!["blog".into()], from: Some("2026-01-01".into()), to: None };
    assert_eq!(told(query), expected[2..]);
    assert!(matches!(
        store.filtered(&FilteredQuery { sites: vec!["none".into()], ..FilteredQuery::default() }, NOW),
        Err(StoreError::Missing("site"))
    ));
}

#[test]
fn segments_and_corrections_are_kept() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    let mut german = company("lei:1", "One");
    german.country = Some("DE".into());
    record(&store, seen(site, NOW, german, "/"));
    record(&store, seen(site, NOW, company("lei:2", "Two"), "/"));
    let condition = Condition::Test(Test { field: Field::Country, holds: Predicate::Is(vec!["de".into()]) });
    store.save_segment("German", &condition, "mia", NOW).unwrap();
    let of = |name: &str| LeadsQuery { segment: Some(name.into()), ..LeadsQuery::default() };
    assert_eq!(ids(&store, &of("German")), ["lei:1"]);
    assert!(matches!(store.leads(&of("Dutch"), &formula(), NOW), Err(StoreError::Missing("segment"))));
    assert_eq!(store.segments().unwrap()[0].condition, condition);
    assert!(store.remove_segment("German", "mia", NOW).unwrap());
    assert!(!store.remove_segment("German", "mia", NOW).unwrap());
    let wrong = Condition::Test(Test { field: Field::Score, holds: Predicate::Is(Vec::new()) });
    assert!(matches!(store.save_segment("wrong", &wrong, "mia", NOW), Err(StoreError::Invalid(_))));

    let id = store.add_correction(r#"{"not":"lei:1"}"#, "mia", NOW).unwrap();
    assert_eq!(store.corrections().unwrap()[0].rule, r#"{"not":"lei:1"}"#);
    assert!(store.remove_correction(id, "mia", NOW).unwrap());
    assert!(store.corrections().unwrap().is_empty());
}

#[test]
fn pages_stay_the_same_while_visits_arrive() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    let visit = |number: i64, at| {
        Record::Seen(Box::new(seen(site, at, company(&format!("lei:{number}"), "Some"), "/")))
    };
    assert!(
        record_all(&store, (0..95).map(|number| visit(number, NOW - number * MINUTE)).collect())
            .iter()
            .all(Result::is_ok)
    );
    for sort in [Sort::LastSeen, Sort::PageViews, Sort::Score, Sort::Name] {
        let mut query = LeadsQuery { sort, limit: Some(10), ..LeadsQuery::default() };
        let expected = ids(&store, &LeadsQuery { limit: Some(500), ..query.clone() });
        let mut told = Vec::new();
        loop {
            let page = store.leads(&query, &formula(), NOW).unwrap();
            told.extend(page.companies.into_iter().map(|lead| lead.company.id));
            // The last ones come to the front, and new ones too.
            let again = [94, 50, 1000 + told.len() as i64];
            assert!(
                record_all(&store, again.map(|number| visit(number, NOW)).into()).iter().all(Result::is_ok)
            );
            query.cursor = page.cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(told, expected, "{sort:?}");
    }
    // A cursor is of one query; after a restart its order is made anew, from the same place.
    let mut query = LeadsQuery { limit: Some(10), sort: Sort::FirstSeen, ..LeadsQuery::default() };
    let all = ids(&store, &LeadsQuery { limit: Some(500), ..query.clone() });
    query.cursor = store.leads(&query, &formula(), NOW).unwrap().cursor;
    let other = LeadsQuery { sort: Sort::Visits, ..query.clone() };
    assert!(matches!(store.leads(&other, &formula(), NOW), Err(StoreError::Invalid(_))));
    for wrong in ["", "1-2", "zz-1-1-1-1", "1-2-3-4-5-6", "\u{202e}", "-----"] {
        let query = LeadsQuery { cursor: Some(wrong.into()), ..query.clone() };
        assert!(matches!(store.leads(&query, &formula(), NOW), Err(StoreError::Invalid(_))), "{wrong:?}");
    }
    drop(store);
    assert_eq!(ids(&place.open(), &query), all[10..20]);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let place = Place::new();
    let store = place.open();
    let refused = |query: LeadsQuery| match store.leads(&query, &formula(), NOW) {
        Err(StoreError::Invalid(text)) => text,
        other => panic!("{other:?}"),
    };
    let query = LeadsQuery::default;
    refused(LeadsQuery { limit: Some(0), ..query() });
    refused(LeadsQuery { limit: Some(501), ..query() });
    refused(LeadsQuery { from: Some("yesterday".into()), ..query() });
    refused(LeadsQuery { from: Some("-009999-01-01".into()), ..query() });
    refused(LeadsQuery { from: Some("2026-06-18".into()), to: Some("2026-06-17".into()), ..query() });
    let mut deep = Condition::All { all: Vec::new() };
    for _ in 0..20 {
        deep = Condition::Not { not: Box::new(deep) };
    }
    assert!(refused(LeadsQuery { filter: Some(deep), ..query() }).contains("nested"));
}

/// Script, formulas, SQL, marks of direction, NUL, a text of a megabyte.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "<script>alert(1)</script>",
        "=HYPERLINK(\"http://x\")",
        "'; DROP TABLE company; --",
        "\" OR \"\"=\"",
        "\u{202e}gnp.exe\u{2066}",
        "nul\0in the middle",
        "\0",
        "",
        " ",
        "a\r\nb\tc",
        "?1 :name @x $y",
        "%_\\*",
        "\u{feff}\u{200d}👩‍👩‍👧\u{301}",
        "\u{10ffff}",
        "{\"all\":[]}",
    ]
    .map(str::to_owned)
    .into();
    texts.push("x".repeat(1_000_000));
    texts
}

#[test]
fn hostile_texts_come_back_as_they_were_and_do_nothing() {
    let place = Place::new();
    let store = place.open();
    for (number, text) in hostile().into_iter().enumerate() {
        let site = store.site(&format!("site {number} {text}")).unwrap();
        let some = Some(text.clone());
        let mut facts = company(&format!("{number} {text}"), &text);
        (facts.kind, facts.country, facts.domain) = (some.clone(), some.clone(), some.clone());
        (facts.legal_form, facts.industry) = (some.clone(), some.clone());
        (facts.register, facts.register_id) = (some.clone(), some.clone());
        facts.sources = vec![SourceFact {
            name: text.clone(),
            title: some.clone(),
            date: some.clone(),
            licence: some.clone(),
            attribution: some.clone(),
        }];
        let page = Page {
            path: text.clone(),
            title: some.clone(),
            referrer: some.clone(),
            utm_source: some.clone(),
            utm_medium: some.clone(),
            utm_campaign: some.clone(),
        };
        let mut visit = seen(site, NOW, facts.clone(), "");
        visit.page = page.clone();
        record(&store, visit);
        let short = text.len() <= 200 && !text.is_empty();
        if short {
            let change = LeadChange {
                tags: Some(vec![text.clone()]),
                owner: some.clone(),
                note: some.clone(),
                ..LeadChange::default()
            };
            store.change_lead(&facts.id, &change, &text, NOW).unwrap();
            store.audit(NOW, &text, &text, &text, &text).unwrap();
            assert_eq!(store.audit_entries(None, 1).unwrap()[0].details, text);
            store.add_correction(&text, &text, NOW).unwrap();
        }
        let detail = store.lead(&facts.id, &formula(), NOW).unwrap().expect("is there");
        assert_eq!(detail.lead.company, facts);
        assert_eq!(detail.timeline[0].pages[0].page, page);
        if short {
            assert_eq!(
                (&detail.lead.tags[0], &detail.lead.owner, &detail.notes[0].text),
                (&text, &some, &text)
            );
            for field in
                [Field::Name, Field::Page, Field::Tag, Field::Owner, Field::UtmMedium, Field::Industry]
            {
                for holds in [
                    Predicate::Is(vec![text.clone()]),
                    Predicate::Begins(text.clone()),
                    Predicate::Contains(text.clone()),
                ] {
                    let filter = Some(Condition::Test(Test { field, holds }));
                    let found = ids(&store, &LeadsQuery { filter, ..LeadsQuery::default() });
                    assert!(found.contains(&facts.id), "{field:?} {text:?}");
                }
            }
        }
    }
    assert_eq!(ids(&store, &LeadsQuery::default()).len(), hostile().len());
    drop(store);
    let raw = Connection::open(place.path("leads.db")).unwrap();
    let sound: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn readers_see_whole_batches_while_visits_arrive() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut before = 0;
                while !done.load(Ordering::Relaxed) {
                    let page = store
                        .leads(&LeadsQuery { limit: Some(500), ..LeadsQuery::default() }, &formula(), NOW)
                        .unwrap();
                    let views: u64 = page.companies.iter().map(|lead| lead.page_views).sum();
                    assert!(views >= before, "what was there stays there");
                    before = views;
                    if let Some(lead) = page.companies.first() {
                        let detail = store.lead(&lead.company.id, &formula(), NOW).unwrap().unwrap();
                        let told: usize = detail.timeline.iter().map(|visit| visit.pages.len()).sum();
                        assert_eq!(
                            told as u64, detail.lead.page_views,
                            "page views and tallies are of one moment"
                        );
                    }
                }
            });
        }
        for round in 0..40 {
            let visit = |number: i64| {
                let at = NOW + round * MINUTE;
                Record::Seen(Box::new(seen(site, at, company(&format!("lei:{}", number % 7), "Some"), "/")))
            };
            assert!(record_all(&store, (0..50).map(visit).collect()).iter().all(Result::is_ok));
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_record_that_cannot_be_kept_takes_no_other_with_it() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    let visit = |site, at| Record::Seen(Box::new(seen(site, at, company("lei:1", "One"), "/")));
    let records = vec![
        visit(site, NOW),
        visit(SiteNumber(99), NOW),
        visit(site, i64::MAX),
        visit(site, -1),
        visit(site, NOW),
    ];
    let results = record_all(&store, records);
    assert!(results[0].is_ok() && results[4].is_ok());
    assert!(matches!(results[1], Err(StoreError::Missing("site"))));
    assert!(
        matches!(results[2], Err(StoreError::Invalid(_)))
            && matches!(results[3], Err(StoreError::Invalid(_)))
    );
    assert_eq!(store.lead("lei:1", &formula(), NOW).unwrap().unwrap().lead.page_views, 2);
}

#[test]
fn a_store_of_a_newer_program_or_of_another_one_is_refused() {
    let place = Place::new();
    drop(place.open());
    let raw = Connection::open(place.path("leads.db")).unwrap();
    raw.pragma_update(None, "user_version", 1000).unwrap();
    drop(raw);
    let refused = Store::open(place.path("leads.db"), StoreOptions::default()).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 1000, .. }), "{refused}");
    assert!(refused.to_string().contains("install the program that wrote it"));

    let other = Connection::open(place.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(other);
    std::fs::write(place.path("text.db"), "no database at all, but long enough to be taken for one").unwrap();
    for name in ["other.db", "text.db"] {
        let refused = Store::open(place.path(name), StoreOptions::default()).unwrap_err();
        assert!(matches!(refused, StoreError::Foreign(_)), "{name}: {refused}");
    }
    assert!(matches!(
        Store::open(place.path("no/such/dir.db"), StoreOptions::default()),
        Err(StoreError::File { .. })
    ));
}

#[test]
fn a_second_writer_is_refused_and_files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let store = place.open();
    store.site("shop").unwrap();
    assert!(matches!(Store::open(place.path("leads.db"), StoreOptions::default()), Err(StoreError::Locked)));
    for name in [
        "leads.db",
        "leads.db-wal",
        "leads.db-shm",
        "leads.db-lock",
        "leads.db-arrived-0",
        "leads.db-arrived-1",
    ] {
        let mode = std::fs::metadata(place.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
    drop(place.open());
    for name in ["leads.db-wal", "leads.db-arrived-0", "leads.db-arrived-1"] {
        assert!(!place.path(name).exists(), "closing leaves one file, and the lock's");
    }
}
