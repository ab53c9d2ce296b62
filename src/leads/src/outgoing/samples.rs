//! Events for tests, with what strangers may write in every place.

use super::event::{Event, EventKind};
use crate::model::{
    CompanyFacts, IdentifiedBy, Lead, LeadDetail, LeadStatus, Page, PageView, SourceFact, VisitDetail,
};

/// What strangers write.
pub(crate) const HOSTILE: [&str; 14] = [
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "x\r\nBcc: victim@evil.example\r\n\r\nbody",
    "<!channel> <@U1> @channel @here @everyone",
    "<https://evil.example|click>",
    "[click](https://evil.example) **b** _i_ `c`",
    "<at>everybody</at> {{DATE(2026-01-01T00:00:00Z)}}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u{202e}gpj.exe\u{2066}",
    "\0\u{1}\u{7f}\u{85}\u{2028}",
    "https://evil.example www.evil.example a@evil.example",
    "'; DROP TABLE company; --",
    "\"quotes\\ and \\u0000",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}",
    "ＡＢＣ＠evil.example：／／",
];

/// A company with every fact.
pub(crate) fn lead(text: &str) -> Lead {
    let some = || Some(text.to_owned());
    Lead {
        company: CompanyFacts {
            id: format!("domain:{text}"),
            name: text.into(),
            kind: some(),
            country: some(),
            domain: some(),
            legal_form: some(),
            industry: some(),
            register: some(),
            register_id: some(),
            confidence: 40,
            sources: vec![
                SourceFact {
                    name: "ip-asn".into(),
                    title: some(),
                    date: Some("2026-06-17".into()),
                    licence: Some("CC-BY-4.0".into()),
                    attribution: some(),
                },
                SourceFact {
                    name: "gleif".into(),
                    title: None,
                    date: None,
                    licence: None,
                    attribution: None,
                },
            ],
        },
        visits: 3,
        sessions: 1,
        page_views: 9,
        seconds: 70,
        first_seen: 1_781_654_400_000,
        last_seen: 1_795_326_946_123,
        score: 55,
        tags: vec![text.into(), "b".into()],
        status: LeadStatus::Contacted,
        owner: some(),
    }
}

/// That, with a visit.
pub(crate) fn detail(text: &str) -> LeadDetail {
    let page = Page {
        path: format!("/{text}"),
        title: Some(text.into()),
        referrer: Some(text.into()),
        utm_source: Some(text.into()),
        utm_medium: Some(text.into()),
        utm_campaign: Some(text.into()),
    };
    let visit = VisitDetail {
        site: "shop".into(),
        started: 1_795_326_900_000,
        ended: 1_795_326_946_123,
        identified_by: IdentifiedBy::Network,
        pages: vec![PageView { at: 1_795_326_900_000, page }],
    };
    LeadDetail { lead: lead(text), timeline: vec![visit], notes: Vec::new() }
}

/// An event of it.
pub(crate) fn hostile(text: &str, kind: EventKind) -> Event {
    Event::new(kind, Some(text), &[], detail(text), 1_795_326_946_123)
}
