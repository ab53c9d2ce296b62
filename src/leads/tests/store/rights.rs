//! Erasure, objection and retention: what is gone is gone from every answer and from the bytes of the files.

use nameplate_leads::model::{CookieId, Filtered, FilteredQuery, LeadChange, LeadsQuery, Record};
use nameplate_leads::store::{CompanySelector, Purged, Retention, Store};

use super::{DAY, MINUTE, NOW, Place, by, company, formula, record, record_all, seen};

/// 16 bytes that are found again in a file.
const VISITOR: u128 = u128::from_be_bytes(*b"visitor-cookie-1");

fn contains(place: &Place, what: &[u8]) -> bool {
    place.bytes().windows(what.len()).any(|bytes| bytes == what)
}

fn keep_all() -> Retention {
    Retention {
        page_views: 10_000,
        cookies: 10_000,
        companies: 10_000,
        counts: 10_000,
        audit: 10_000,
        notes: 10_000,
    }
}

fn shown(store: &Store) -> Vec<String> {
    let query = LeadsQuery { from: Some("1970-01-01".into()), ..LeadsQuery::default() };
    let page = store.leads(&query, &formula(), NOW).unwrap();
    page.companies.into_iter().map(|lead| lead.company.id).collect()
}

#[test]
fn a_visitor_gets_all_of_it_and_has_it_erased() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    for (at, path) in [(NOW, "/secret-of-the-visitor"), (NOW + MINUTE, "/common"), (NOW - 5 * DAY, "/common")]
    {
        record(&store, by(VISITOR, 7, seen(site, at, company("lei:1", "One"), path)));
    }
    record(&store, by(2, 8, seen(site, NOW, company("lei:1", "One"), "/common")));
    record(&store, by(VISITOR, 9, seen(site, NOW, company("lei:2", "Two"), "/common")));
    let export = store.export_visitor(CookieId(VISITOR), "mia", NOW).unwrap();
    let told: Vec<_> =
        export.visits.iter().map(|visit| (visit.company.id.as_str(), visit.visit.pages.len())).collect();
    assert_eq!(told, [("lei:1", 1), ("lei:1", 2), ("lei:2", 1)]);
    assert!(contains(&place, b"/secret-of-the-visitor") && contains(&place, b"visitor-cookie-1"));

    assert!(store.erase_visitor(CookieId(VISITOR), "mia", NOW).unwrap() > 0);
    assert_eq!(store.export_visitor(CookieId(VISITOR), "mia", NOW).unwrap().visits, []);
    let lead = store.lead("lei:1", &formula(), NOW).unwrap().unwrap();
    assert_eq!((lead.lead.visits, lead.lead.page_views, lead.lead.first_seen), (1, 1, NOW));
    assert_eq!(lead.timeline[0].pages[0].page.path, "/common");
    assert_eq!(shown(&store), ["lei:1"], "of the other one nothing is left");
    assert!(!contains(&place, b"/secret-of-the-visitor") && !contains(&place, b"visitor-cookie-1"));
    assert_eq!(store.erase_visitor(CookieId(VISITOR), "mia", NOW).unwrap(), 0);
    let log = format!("{:?}", store.audit_entries(None, 100).unwrap());
    assert!(log.contains("erase visitor") && !log.contains(&format!("{VISITOR:x}")));
}

fn fill(store: &Store) {
    let site = store.site("shop").unwrap();
    let mut one = company("lei:529900ABC", "Gone Corporation");
    one.domain = Some("www.gone.example".into());
    (one.register, one.register_id) = (Some("HRB Berlin".into()), Some("12 345".into()));
    for day in 0..40 {
        record(store, seen(site, NOW - day * DAY, one.clone(), "/gone-alone"));
    }
    record(store, seen(site, NOW, company("lei:2", "Two"), "/both"));
    record(store, seen(site, NOW, one, "/both"));
    let note = LeadChange {
        note: Some("gone-note".into()),
        tags: Some(vec!["gone-tag".into()]),
        ..LeadChange::default()
    };
    store.change_lead("lei:529900ABC", &note, "mia", NOW).unwrap();
}

#[test]
fn a_company_that_objects_is_gone_and_stays_away() {
    for selector in [
        CompanySelector::Id("LEI:529900abc ".into()),
        CompanySelector::Domain("GONE.example".into()),
        CompanySelector::Register { register: "hrb berlin".into(), number: "12345".into() },
    ] {
        let place = Place::new();
        let store = place.open();
        fill(&store);
        let first = LeadsQuery { limit: Some(1), ..LeadsQuery::default() };
        let cursor = store.leads(&first, &formula(), NOW).unwrap().cursor;
        assert!(store.suppress(&selector, "by letter", "mia", NOW).unwrap() > 40);
        let hidden = |store: &Store| {
            assert_eq!(shown(store), ["lei:2"], "{selector:?}");
            assert!(store.lead("lei:529900ABC", &formula(), NOW).unwrap().is_none());
            assert!(store.export_company("lei:529900ABC", "mia", NOW).unwrap().is_none());
        };
        hidden(&store);
        let rest = store.leads(&LeadsQuery { cursor, ..first }, &formula(), NOW).unwrap().companies;
        assert!(
            rest.iter().all(|lead| lead.company.id == "lei:2"),
            "not even on the next page of an old list"
        );
        for text in ["Gone Corporation", "gone-alone", "gone-note", "gone-tag"] {
            assert!(!contains(&place, text.as_bytes()), "{text}");
        }
        // Its next visit is counted, and nothing else; after a restart too.
        drop(store);
        let store = place.open();
        assert_eq!(store.objections().unwrap()[0].reason, "by letter");
        let visit = |store: &Store| {
            let mut one = company("lei:529900ABC", "Gone Corporation");
            one.domain = Some("gone.example".into());
            (one.register, one.register_id) = (Some("HRB Berlin".into()), Some("12345".into()));
            record(store, seen(store.site("shop").unwrap(), NOW, one, "/"));
        };
        visit(&store);
        hidden(&store);
        let counted = store.filtered(&FilteredQuery::default(), NOW).unwrap();
        assert_eq!((counted[0].reason, counted[0].count), (Filtered::Suppressed, 1));
        // Lifting brings nothing back.
        assert!(store.lift(&selector, "mia", NOW).unwrap());
        assert!(!store.lift(&selector, "mia", NOW).unwrap());
        hidden(&store);
        visit(&store);
        assert_eq!(store.lead("lei:529900ABC", &formula(), NOW).unwrap().unwrap().lead.page_views, 1);
    }
}

#[test]
fn a_company_gets_all_of_it_and_has_it_erased() {
    let place = Place::new();
    let store = place.open();
    fill(&store);
    let export = store.export_company("lei:529900ABC", "mia", NOW).unwrap().unwrap();
    assert_eq!((export.visits.len(), export.days.len(), export.notes.len()), (40, 40, 1));
    assert_eq!(export.company.sources[0].name, "ip-asn");
    assert!(store.erase_company("lei:529900ABC", "mia", NOW).unwrap() > 40);
    assert_eq!(store.erase_company("lei:529900ABC", "mia", NOW).unwrap(), 0);
    assert_eq!(shown(&store), ["lei:2"]);
    assert!(!contains(&place, b"Gone Corporation") && !contains(&place, b"gone-alone"));
    assert_eq!(
        store.lead("lei:2", &formula(), NOW).unwrap().unwrap().timeline[0].pages[0].page.path,
        "/both"
    );
}

#[test]
fn each_kind_of_data_goes_at_its_age() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    for days in [0, 10, 20] {
        let at = NOW - days * DAY;
        let visit = seen(site, at, company("lei:1", "Often"), &format!("/page-{days}-days-ago"));
        record(&store, by(VISITOR, 7, visit));
        store.audit(at, "mia", "look", &days.to_string(), "").unwrap();
        let note = LeadChange { note: Some(format!("note-{days}")), ..LeadChange::default() };
        store.change_lead("lei:1", &note, "mia", at).unwrap();
        assert!(record_all(&store, vec![Record::Counted { site, at, reason: Filtered::Bot }])[0].is_ok());
    }
    record(&store, seen(site, NOW - 20 * DAY, company("lei:2", "Once Upon"), "/page-20-days-ago"));
    let purge = |retention: Retention| store.purge(&retention, NOW).unwrap();
    assert_eq!(purge(keep_all()), Purged::default());

    let purged = purge(Retention { cookies: 10, ..keep_all() });
    assert_eq!(purged, Purged { cookies: 1, ..Purged::default() });
    assert_eq!(store.export_visitor(CookieId(VISITOR), "mia", NOW).unwrap().visits.len(), 2);

    let purged = purge(Retention { page_views: 10, ..keep_all() });
    assert_eq!(purged, Purged { visits: 2, texts: 1, ..Purged::default() });
    assert!(!contains(&place, b"/page-20-days-ago") && contains(&place, b"/page-10-days-ago"));
    let lead = store.lead("lei:1", &formula(), NOW).unwrap().unwrap();
    assert_eq!((lead.timeline.len(), lead.lead.page_views), (2, 3), "counts are kept for longer");

    assert_eq!(purge(Retention { companies: 19, ..keep_all() }).companies, 1);
    assert_eq!(shown(&store), ["lei:1"]);
    assert!(!contains(&place, b"Once Upon"));

    let purged = purge(Retention { counts: 10, ..keep_all() });
    // A day of the company and one of the bots, and May is over.
    assert_eq!(purged.counts, 3, "{purged:?}");
    let query = LeadsQuery {
        from: Some("2026-05-01".into()),
        to: Some("2026-06-06".into()),
        ..LeadsQuery::default()
    };
    assert!(store.leads(&query, &formula(), NOW).unwrap().companies.is_empty());

    assert_eq!(purge(Retention { notes: 5, ..keep_all() }).notes, 2);
    assert_eq!(store.lead("lei:1", &formula(), NOW).unwrap().unwrap().notes.len(), 1);
    assert!(!contains(&place, b"note-10"));

    let before = store.audit_entries(None, 1000).unwrap();
    let purged = purge(Retention { audit: 10, ..keep_all() });
    assert_eq!(
        purged.audit,
        before.iter().filter(|entry| entry.at < NOW - 10 * DAY - 10 * 60 * MINUTE).count() as u64
    );
    assert!(store.audit_entries(None, 1000).unwrap().iter().all(|entry| entry.subject != "20"));
    // No setting takes away the log of the last day.
    purge(Retention { audit: 0, ..keep_all() });
    assert!(store.audit_entries(None, 1000).unwrap().iter().any(|entry| entry.subject == "0"));
}

#[test]
fn visits_arrive_while_old_ones_are_purged() {
    let place = Place::new();
    let store = place.open();
    let site = store.site("shop").unwrap();
    let visit = |number: i64, at| {
        Record::Seen(Box::new(seen(
            site,
            at,
            company(&format!("lei:{}", number % 50), "Some"),
            &format!("/{number}"),
        )))
    };
    let old = (0..6000).map(|number| visit(number, NOW - 100 * DAY)).collect();
    assert!(record_all(&store, old).iter().all(Result::is_ok));
    std::thread::scope(|scope| {
        let purging = scope
            .spawn(|| store.purge(&Retention { page_views: 30, counts: 30, ..keep_all() }, NOW).unwrap());
        let mut during = 0;
        while !purging.is_finished() || during == 0 {
            record(&store, seen(site, NOW, company("lei:0", "Some"), "/now"));
            during += 1;
        }
        assert_eq!(purging.join().unwrap().visits, 50);
        let lead = store.lead("lei:0", &formula(), NOW).unwrap().unwrap();
        assert_eq!(lead.timeline.iter().map(|visit| visit.pages.len() as u64).sum::<u64>(), during.min(500));
    });
    assert_eq!(store.leads(&LeadsQuery::default(), &formula(), NOW).unwrap().companies.len(), 1);
}
