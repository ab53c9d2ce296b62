//! What is said of a company: the JSON of webhooks, which every other kind of message is made of.

use serde::{Deserialize, Serialize};

use crate::export::Provenance;
use crate::model::{Lead, LeadDetail, Page, Timestamp};

/// Pages of the last visit that an event names.
const PAGES: usize = 5;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// A company came for the first time.
    #[serde(rename = "lead.created")]
    LeadCreated,
    /// A company entered a segment, or, for targets with `repeat = "daily"`, came on a new day while in it.
    #[serde(rename = "segment.entered")]
    SegmentEntered,
    /// The owner tries a target; the company is made up.
    #[serde(rename = "test")]
    Test,
}

impl EventKind {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::LeadCreated => "lead.created",
            EventKind::SegmentEntered => "segment.entered",
            EventKind::Test => "test",
        }
    }
}

/// The body of a webhook: docs/WEBHOOKS.md.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// When it was seen to have happened: `2026-11-22T05:55:46.123Z`.
    pub timestamp: String,
    /// To whom.
    pub data: EventData,
}

/// What is said of the company.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventData {
    /// The segment that it entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The sites whose visits are counted; all if empty.
    pub sites: Vec<String>,
    /// The company and its numbers.
    pub lead: Lead,
    /// The last pages of its last visit, the newest first, at most five.
    pub pages: Vec<Page>,
    /// Where it is from, and what may be done with it.
    pub provenance: Provenance,
}

impl Event {
    /// What happened to a company at `now`. Of its visits, only those of `sites` are looked at; of all if empty.
    pub fn new(
        kind: EventKind,
        segment: Option<&str>,
        sites: &[String],
        detail: LeadDetail,
        now: Timestamp,
    ) -> Event {
        let last = detail.timeline.into_iter().find(|visit| sites.is_empty() || sites.contains(&visit.site));
        let pages = last.map_or_else(Vec::new, |visit| {
            visit.pages.into_iter().rev().take(PAGES).map(|view| view.page).collect()
        });
        let provenance = Provenance::of(&detail.lead.company);
        Event {
            kind,
            timestamp: crate::export::time(now),
            data: EventData {
                segment: segment.map(str::to_owned),
                sites: sites.to_vec(),
                lead: detail.lead,
                pages,
                provenance,
            },
        }
    }

    /// An event of a company that does not exist, for trying a target.
    pub fn test(sites: &[String], now: Timestamp) -> Event {
        let company = crate::model::CompanyFacts {
            id: "test:nameplate".into(),
            name: "Example (a test, no visit)".into(),
            confidence: 1,
            ..crate::model::CompanyFacts::default()
        };
        let lead = Lead {
            company,
            visits: 0,
            sessions: 0,
            page_views: 0,
            seconds: 0,
            first_seen: now,
            last_seen: now,
            score: 0,
            tags: Vec::new(),
            status: crate::model::LeadStatus::New,
            owner: None,
        };
        Event::new(
            EventKind::Test,
            None,
            sites,
            LeadDetail { lead, timeline: Vec::new(), notes: Vec::new() },
            now,
        )
    }

    /// Its JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an event has only names as keys")
    }

    /// One line that says what happened: for subjects and notifications. Not escaped, but one line.
    pub(crate) fn headline(&self) -> String {
        let name = super::plain_text::line(&self.data.lead.company.name, 120);
        match (self.kind, &self.data.segment) {
            (EventKind::Test, _) => "A test of nameplate, no visit".into(),
            (EventKind::LeadCreated, _) => format!("New company: {name}"),
            (EventKind::SegmentEntered, segment) => {
                let segment = super::plain_text::line(segment.as_deref().unwrap_or_default(), 64);
                format!("{name} is in segment {segment}")
            }
        }
    }

    /// What there is to say, as names and values, neither escaped nor bounded: for messages that people read.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        let EventData { lead, pages, provenance, .. } = &self.data;
        let company = &lead.company;
        let mut facts = vec![("Company", company.name.clone())];
        let mut push = |name, value: &Option<String>| {
            if let Some(value) = value {
                facts.push((name, value.clone()));
            }
        };
        push("Country", &company.country);
        push("Domain", &company.domain);
        push("Industry", &company.industry);
        push("Register", &company.register);
        push("Register number", &company.register_id);
        facts.push(("Visits", lead.visits.to_string()));
        facts.push(("Page views", lead.page_views.to_string()));
        facts.push(("Score", lead.score.to_string()));
        for page in pages {
            let title = page.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
            facts.push(("Page", format!("{}{title}", page.path)));
        }
        facts.push(("Confidence", format!("{} of 100", company.confidence)));
        for source in &provenance.sources {
            facts.push(("Source", source.to_string()));
        }
        facts
    }
}
