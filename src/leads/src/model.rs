//! The words that gate, store, exports and surfaces share. Nothing here can hold an address.

use serde::{Deserialize, Serialize};

use crate::gate::Level;
use crate::segment::Condition;

/// Milliseconds since 1970 in UTC.
pub type Timestamp = i64;

/// A site's number in the store; the configuration has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteNumber(pub u32);

/// What may be kept of a visit.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A page view that is counted under a reason, by day.
    Counted {
        /// Of which site.
        site: SiteNumber,
        /// When; only the day is kept.
        at: Timestamp,
        /// Why no more than that.
        reason: Filtered,
    },
    /// A company was here.
    Seen(Box<Seen>),
}

/// A page view of a company.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Of which site.
    pub site: SiteNumber,
    /// When.
    pub at: Timestamp,
    /// Whose network, or whose form.
    pub company: CompanyFacts,
    /// How it is known that it was this company.
    pub identified_by: IdentifiedBy,
    /// What was looked at.
    pub page: Page,
    /// The cookie `np_visitor`; only at level `sessions`.
    pub visitor: Option<CookieId>,
    /// The cookie `np_session`; only at level `sessions`.
    pub session: Option<CookieId>,
}

/// How a visit got its company.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifiedBy {
    /// The network it came from.
    Network,
    /// The domain of a form's e-mail field, with consent.
    FormDomain,
}

/// What the engine said of a company at that moment.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CompanyFacts {
    /// Stable from build to build: `lei:…`, `asn:…`; `domain:…` where a form's domain is all that is known.
    pub id: String,
    /// As registered.
    pub name: String,
    /// business, education, government, nonprofit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Internet domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// As written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_form: Option<String>,
    /// As the register gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// Number in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register_id: Option<String>,
    /// 1 to 100.
    pub confidence: u8,
    /// What says so, each with its date.
    pub sources: Vec<SourceFact>,
}

/// A source as the range file names it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceFact {
    /// Short name: `ip-asn`.
    pub name: String,
    /// Title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Date of the data: `2026-06-17`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whom the licence wants named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
}

/// What was looked at, and where the way to it came from. Queries and fragments of URLs are not kept: they often hold names,
/// addresses and keys.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The URL's path, from `/`.
    pub path: String,
    /// The page's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The referring host, where it is another site's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// `utm_source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_source: Option<String>,
    /// `utm_medium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_medium: Option<String>,
    /// `utm_campaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_campaign: Option<String>,
}

/// A random cookie value: 128 bits, 32 hexadecimal digits as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CookieId(pub u128);

/// Why a visit is not shown as a company's.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filtered {
    /// The site is set to `off`.
    SiteOff,
    /// The site is set to `count`.
    SiteCounts,
    /// No consent where the site needs it, or none that is known.
    NoConsent,
    /// The visitor refused.
    Refused,
    /// Consent for counting alone.
    CountConsent,
    /// Global Privacy Control.
    PrivacyControl,
    /// The visitor's cookie of objection.
    Objection,
    /// A bot, by its name.
    Bot,
    /// A monitoring service, by its name.
    Monitoring,
    /// A network that sells access.
    Access,
    /// A network that sells hosting.
    Hosting,
    /// A mobile network.
    Mobile,
    /// A VPN or relay.
    Vpn,
    /// Transit between networks.
    Transit,
    /// An internet exchange.
    Exchange,
    /// An operator of no known kind.
    Operator,
    /// Nothing is known; suppressed companies are among these, for the engine does not know them.
    Unknown,
    /// A special-purpose address.
    Reserved,
    /// The owner's own network.
    Own,
    /// The owner said that this is not that company.
    Corrected,
    /// The company objected.
    Suppressed,
}

impl Filtered {
    /// All there are.
    pub const ALL: [Filtered; 21] = [
        Filtered::SiteOff,
        Filtered::SiteCounts,
        Filtered::NoConsent,
        Filtered::Refused,
        Filtered::CountConsent,
        Filtered::PrivacyControl,
        Filtered::Objection,
        Filtered::Bot,
        Filtered::Monitoring,
        Filtered::Access,
        Filtered::Hosting,
        Filtered::Mobile,
        Filtered::Vpn,
        Filtered::Transit,
        Filtered::Exchange,
        Filtered::Operator,
        Filtered::Unknown,
        Filtered::Reserved,
        Filtered::Own,
        Filtered::Corrected,
        Filtered::Suppressed,
    ];

    /// The word for it, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Filtered::SiteOff => "site_off",
            Filtered::SiteCounts => "site_counts",
            Filtered::NoConsent => "no_consent",
            Filtered::Refused => "refused",
            Filtered::CountConsent => "count_consent",
            Filtered::PrivacyControl => "privacy_control",
            Filtered::Objection => "objection",
            Filtered::Bot => "bot",
            Filtered::Monitoring => "monitoring",
            Filtered::Access => "access",
            Filtered::Hosting => "hosting",
            Filtered::Mobile => "mobile",
            Filtered::Vpn => "vpn",
            Filtered::Transit => "transit",
            Filtered::Exchange => "exchange",
            Filtered::Operator => "operator",
            Filtered::Unknown => "unknown",
            Filtered::Reserved => "reserved",
            Filtered::Own => "own",
            Filtered::Corrected => "corrected",
            Filtered::Suppressed => "suppressed",
        }
    }
}

/// What the owner does with a company.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// Nobody has looked at it.
    #[default]
    New,
    /// Somebody looks at it.
    Open,
    /// It was written to.
    Contacted,
    /// It buys.
    Customer,
    /// It is of no interest.
    Ignored,
}

/// A question for companies: `LEADS`, `GET /v1/companies`, exports, segments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeadsQuery {
    /// Only of these sites, by name; all if empty.
    pub sites: Vec<String>,
    /// First day, as `2026-06-17`, in UTC; 30 days before the last one if absent.
    pub from: Option<String>,
    /// Last day; today if absent.
    pub to: Option<String>,
    /// Part of a name or domain.
    pub search: Option<String>,
    /// Only where this holds.
    pub filter: Option<Condition>,
    /// Only of this stored segment.
    pub segment: Option<String>,
    /// The order.
    pub sort: Sort,
    /// The lowest first, A before Z; the highest first unless set.
    pub ascending: bool,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Companies on a page, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
}

/// What companies are ordered by.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The last page view.
    #[default]
    LastSeen,
    /// The first page view.
    FirstSeen,
    /// The score.
    Score,
    /// Visits in the period.
    Visits,
    /// Page views in the period.
    PageViews,
    /// Seconds in the period.
    Seconds,
    /// The name.
    Name,
}

/// A company on a page of leads.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// What is known of it, as of its last visit.
    pub company: CompanyFacts,
    /// Visits in the period: page views less than 30 minutes apart.
    pub visits: u64,
    /// Sessions in the period, by cookie: those of visitors who granted `sessions`.
    pub sessions: u64,
    /// Page views in the period.
    pub page_views: u64,
    /// Seconds between first and last page views of its visits in the period.
    pub seconds: u64,
    /// Of all time.
    pub first_seen: Timestamp,
    /// Of all time.
    pub last_seen: Timestamp,
    /// 0 to 100; see docs/LEADS.md.
    pub score: u8,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// What the owner does with it.
    pub status: LeadStatus,
    /// Whose it is: a user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A page of companies.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadsPage {
    /// The companies, in the order that was asked for.
    pub companies: Vec<Lead>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A company with its visits.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadDetail {
    /// The company, with the numbers of the whole kept time.
    #[serde(flatten)]
    pub lead: Lead,
    /// Its visits, the newest first; at most 100.
    pub timeline: Vec<VisitDetail>,
    /// Notes, the newest first.
    pub notes: Vec<Note>,
}

/// One visit: page views of a company on one site, less than 30 minutes apart, of one session where sessions are kept.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisitDetail {
    /// The site's name.
    pub site: String,
    /// The first page view.
    pub started: Timestamp,
    /// The last page view.
    pub ended: Timestamp,
    /// How it is known that it was this company.
    pub identified_by: IdentifiedBy,
    /// The page views, the first one first.
    pub pages: Vec<PageView>,
}

/// One page view.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageView {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub page: Page,
}

/// What a user wrote about a company.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub author: String,
    /// What.
    pub text: String,
}

/// What a user changes of a company; what is absent stays.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeadChange {
    /// These tags instead of the old ones.
    pub tags: Option<Vec<String>>,
    /// The status.
    pub status: Option<LeadStatus>,
    /// A user's name; empty: nobody's.
    pub owner: Option<String>,
    /// One more note.
    pub note: Option<String>,
}

/// A question for what was not shown: `FILTERED`, `GET /v1/filtered`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilteredQuery {
    /// Only of these sites, by name; all if empty.
    pub sites: Vec<String>,
    /// First day, as `2026-06-17`, in UTC; 30 days before the last one if absent.
    pub from: Option<String>,
    /// Last day; today if absent.
    pub to: Option<String>,
}

/// Page views of a site that were not shown as a company's, by why.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilteredCount {
    /// The site's name.
    pub site: String,
    /// The day: `2026-06-17`.
    pub day: String,
    /// Why.
    pub reason: Filtered,
    /// How many.
    pub count: u64,
}

/// The most that a page may be told about its own visit.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VisitReply {
    /// At which level the visit was processed.
    pub level: Level,
    /// The company; only from level `company` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyFacts>,
}
