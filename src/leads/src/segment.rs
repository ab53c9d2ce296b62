//! Segments: conditions over companies and what they did, joined by AND and OR.
//!
//! A condition is JSON, in the configuration, in `LEADS` and in the dashboard alike:
//!
//! ```json
//! {"all": [{"field": "country", "is": ["DE", "NL"]},
//!          {"any": [{"field": "page_views", "at_least": 5}, {"field": "page", "begins": "/pricing"}]}]}
//! ```

use serde::{Deserialize, Serialize};

/// Deepest nesting and most conditions that are taken.
pub const MAX_DEPTH: usize = 8;
/// Most leaves of a condition.
pub const MAX_CONDITIONS: usize = 100;

/// A condition over a company within a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Condition {
    /// Each of them holds; none of them holds always.
    All {
        /// The parts.
        all: Vec<Condition>,
    },
    /// One of them holds at least; none of them holds never.
    Any {
        /// The parts.
        any: Vec<Condition>,
    },
    /// It does not hold.
    Not {
        /// The part.
        not: Box<Condition>,
    },
    /// A fact, or a number, of the company.
    Test(Test),
}

/// One field and what must hold of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Of what.
    pub field: Field,
    /// What must hold.
    #[serde(flatten)]
    pub holds: Predicate,
}

/// What can be tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Text: the company's name.
    Name,
    /// Text: ISO 3166-1 alpha-2.
    Country,
    /// Text: business, education, government, nonprofit.
    Kind,
    /// Text: as the register gives it.
    Industry,
    /// Text.
    LegalForm,
    /// Text.
    Domain,
    /// Text: one of the company's tags.
    Tag,
    /// Text: new, open, contacted, customer, ignored (see [`crate::model::LeadStatus`]).
    Status,
    /// Text: a user's name.
    Owner,
    /// Text: a path that was looked at in the period.
    Page,
    /// Text: a page group that was looked at in the period.
    PageGroup,
    /// Text: a referring host in the period.
    Referrer,
    /// Text: `utm_source` in the period.
    UtmSource,
    /// Text: `utm_medium` in the period.
    UtmMedium,
    /// Text: `utm_campaign` in the period.
    UtmCampaign,
    /// Number, 1 to 100.
    Confidence,
    /// Number: visits in the period.
    Visits,
    /// Number: page views in the period.
    PageViews,
    /// Number: seconds on the site in the period.
    Seconds,
    /// Number, 0 to 100.
    Score,
    /// Number: days since the first visit.
    DaysSinceFirst,
    /// Number: days since the last visit.
    DaysSinceLast,
}

/// What must hold of a field. Texts are compared without regard to case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// Text: one of these.
    Is(Vec<String>),
    /// Text: begins with this.
    Begins(String),
    /// Text: contains this.
    Contains(String),
    /// Whether it is known at all.
    Known(bool),
    /// Number.
    AtLeast(i64),
    /// Number.
    AtMost(i64),
}
