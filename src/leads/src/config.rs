//! The one schema of `[leads]`: keys, defaults, and what they must be. docs/nameplate-serve.example.toml shows every key.

use std::collections::HashSet;
use std::path::PathBuf;

use nameplate::Network;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::gate::{LegalBasis, Level, Policy};
use crate::outgoing::config::{OutgoingConfig, TargetConfig};
use crate::score::{GroupPoints, ScoreFormula};
use crate::store::Retention;

/// `[leads]`: where visits are kept, of which sites, and what may be done with them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LeadsConfig {
    /// The store's file. It is made where there is none; its directory must be there.
    pub store: PathBuf,
    /// The sites whose visits are taken; at least one.
    #[serde(default)]
    pub sites: Vec<SiteConfig>,
    /// Networks of the owner, whose visits are filtered as `own`.
    #[serde(default)]
    pub own_networks: Vec<NetworkText>,
    /// Domains of which anybody can have an e-mail address, besides those of the kept list.
    #[serde(default)]
    pub freemail: Vec<String>,
    /// Whom to believe about a client's address.
    #[serde(default)]
    pub proxies: ProxiesConfig,
    /// Robots beside those of the kept list.
    #[serde(default)]
    pub bots: BotsConfig,
    /// How long each kind of data is kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// How scores are made: docs/LEADS.md.
    #[serde(default)]
    pub score: ScoreFormula,
    /// What targets share: docs/WEBHOOKS.md.
    #[serde(default)]
    pub outgoing: OutgoingConfig,
    /// Whom alerts go to; nothing leaves without one.
    #[serde(default)]
    pub targets: Vec<TargetConfig>,
}

/// `[[leads.sites]]`: one site.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SiteConfig {
    /// What visits, filters and exports call it: 1 to 64 of a to z, 0 to 9, `.`, `-`, `_`.
    pub name: String,
    /// Its host names without port; `*.example.com` is every host below example.com. At least one.
    pub hosts: Vec<String>,
    /// Why it may process visits.
    #[serde(default)]
    pub legal_basis: LegalBasis,
    /// The most that is done with any of its visits.
    #[serde(default = "company_level")]
    pub highest_level: Level,
    /// Pages that belong together.
    #[serde(default)]
    pub page_groups: Vec<PageGroup>,
}

fn company_level() -> Level {
    Level::Company
}

/// `[[leads.sites.page_groups]]`: pages that belong together, for segments and scores.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PageGroup {
    /// What segments call it.
    pub name: String,
    /// What its pages' paths begin with: `/pricing`.
    pub prefixes: Vec<String>,
    /// Points of the score for whoever looked at one of them, 0 to 100.
    #[serde(default)]
    pub points: u32,
}

/// `[leads.proxies]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ProxiesConfig {
    /// The networks of the site's own proxies. None: nobody is believed.
    pub trusted: Vec<NetworkText>,
    /// The header that they write. Another is not looked at: a client could send it through them.
    pub header: ProxyHeader,
}

/// The header in which proxies say for whom they ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`, RFC 7239.
    Forwarded,
}

/// `[leads.bots]`: parts of user agents; case counts for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BotsConfig {
    /// Of robots.
    pub bots: Vec<String>,
    /// Of services that watch whether the site is up.
    pub monitoring: Vec<String>,
}

/// `[leads.retention]`: days; what is older is removed every day, and by `nameplate purge`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetentionConfig {
    /// Visits with their page views.
    pub page_view_days: u32,
    /// The values of the two cookies, which are taken out of visits; at most 395.
    pub cookie_days: u32,
    /// Companies, since they were last seen, with tags and notes.
    pub company_days: u32,
    /// Counts of companies' visits by day, and of what was not shown.
    pub count_days: u32,
    /// Notes.
    pub note_days: u32,
    /// The audit log.
    pub audit_days: u32,
    /// Backups, 1 to 30: what is erased is out of every backup after so many days.
    pub backup_days: u32,
}

impl Default for RetentionConfig {
    fn default() -> RetentionConfig {
        RetentionConfig {
            page_view_days: 365,
            cookie_days: 90,
            company_days: 730,
            count_days: 730,
            note_days: 730,
            audit_days: 730,
            backup_days: 30,
        }
    }
}

/// A network in the configuration: a CIDR prefix, two addresses with a dash between them, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkText(pub Network);

impl<'de> Deserialize<'de> for NetworkText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NetworkText, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(NetworkText).map_err(D::Error::custom)
    }
}

/// A value of `[leads]` out of its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {expected}")]
pub struct InvalidLeads {
    /// The key, with its table.
    pub key: &'static str,
    /// What it has to be.
    pub expected: &'static str,
}

impl SiteConfig {
    /// What the gate needs of it.
    pub const fn policy(&self) -> Policy {
        Policy { basis: self.legal_basis, highest: self.highest_level }
    }

    /// Whether this host is one of the site's. Case does not count. O(hosts).
    pub fn has_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| match own.strip_prefix("*.") {
            None => own.eq_ignore_ascii_case(host),
            Some(parent) => host
                .len()
                .checked_sub(parent.len() + 1)
                .and_then(|dot| host.split_at_checked(dot))
                .is_some_and(|(below, end)| {
                    !below.is_empty() && end.starts_with('.') && end[1..].eq_ignore_ascii_case(parent)
                }),
        })
    }
}

impl LeadsConfig {
    /// Whether the values hold together; what the daemon asks before it starts.
    pub fn check(&self) -> Result<(), InvalidLeads> {
        let sites = &self.sites;
        let groups = || sites.iter().flat_map(|site| &site.page_groups);
        let names: HashSet<&str> = sites.iter().map(|site| &*site.name).collect();
        let parts = [self.score.visits, self.score.page_views, self.score.seconds, self.score.recency];
        let days = [
            self.retention.page_view_days,
            self.retention.cookie_days,
            self.retention.company_days,
            self.retention.count_days,
            self.retention.note_days,
            self.retention.audit_days,
        ];
        let bounds = [
            ("leads.store", !self.store.as_os_str().is_empty(), "the path of the store's file"),
            ("leads.sites", !sites.is_empty(), "at least one site, as [[leads.sites]]"),
            (
                "leads.sites.name",
                sites.iter().all(|site| is_name(&site.name)),
                "1 to 64 characters of a to z, 0 to 9, dot, dash and underscore",
            ),
            ("leads.sites.name", names.len() == sites.len(), "each site has a name of its own"),
            (
                "leads.sites.hosts",
                sites
                    .iter()
                    .all(|site| !site.hosts.is_empty() && site.hosts.iter().all(|host| is_host(host))),
                "at least one host name, as www.example.com or *.example.com: no https:// before it, no port or path behind it",
            ),
            (
                "leads.sites.page_groups.name",
                groups().all(|group| is_name(&group.name)),
                "1 to 64 characters of a to z, 0 to 9, dot, dash and underscore",
            ),
            (
                "leads.sites.page_groups.prefixes",
                groups().all(|group| {
                    !group.prefixes.is_empty() && group.prefixes.iter().all(|prefix| prefix.starts_with('/'))
                }),
                "at least one beginning of a path, as /pricing",
            ),
            ("leads.sites.page_groups.points", groups().all(|group| group.points <= 100), "0 to 100"),
            (
                "leads.score",
                parts.iter().all(|part| part.weight <= 100 && part.full >= 1),
                "weights of 0 to 100, and full of at least 1",
            ),
            ("leads.retention", days.iter().all(|days| (1..=3650).contains(days)), "1 to 3650 days"),
            (
                "leads.retention.cookie_days",
                self.retention.cookie_days <= 395,
                "at most 395 days, which are 13 months",
            ),
            ("leads.retention.backup_days", (1..=30).contains(&self.retention.backup_days), "1 to 30 days"),
            (
                "leads.bots",
                self.bots.bots.iter().chain(&self.bots.monitoring).all(|part| part.trim().len() >= 3),
                "parts of user agents, of at least three characters",
            ),
            ("leads.freemail", self.freemail.iter().all(|domain| is_host(domain)), "domains, as example.com"),
        ];
        match bounds.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, expected)) => Err(InvalidLeads { key, expected }),
            None => Ok(()),
        }
    }

    /// The periods as the store wants them.
    pub fn retention(&self) -> Retention {
        let days = &self.retention;
        Retention {
            page_views: days.page_view_days,
            cookies: days.cookie_days,
            companies: days.company_days,
            counts: days.count_days,
            audit: days.audit_days,
            notes: days.note_days,
        }
    }

    /// The formula of scores, with the points of all sites' page groups; of groups of one name the highest points.
    pub fn score_formula(&self) -> ScoreFormula {
        let mut formula = self.score.clone();
        for group in self.sites.iter().flat_map(|site| &site.page_groups).filter(|group| group.points > 0) {
            match formula.groups.iter_mut().find(|known| known.name == group.name) {
                Some(known) => known.points = known.points.max(group.points),
                None => formula.groups.push(GroupPoints { name: group.name.clone(), points: group.points }),
            }
        }
        formula
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'))
}

/// Host names are written as browsers send them: international ones in their `xn--` form.
fn is_host(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    (1..=253).contains(&name.len())
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "store = \"leads.db\"\n[[sites]]\nname = \"shop\"\nhosts = [\"shop.example\"]\n";

    fn read(text: &str) -> Result<LeadsConfig, String> {
        let config: LeadsConfig = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }

    #[test]
    fn the_least_that_must_be_said_gives_the_careful_defaults() {
        let config = read(LEAST).unwrap();
        let policy = Policy { basis: LegalBasis::Consent, highest: Level::Company };
        assert_eq!(config.sites[0].policy(), policy);
        assert!(config.proxies.trusted.is_empty());
        assert_eq!(config.score_formula(), ScoreFormula::default());
    }

    #[test]
    fn what_does_not_hold_together_is_told_with_its_key() {
        for (added, expected) in [
            ("[[sites]]\nname = \"shop\"\nhosts = [\"b.example\"]", "leads.sites.name: each site has"),
            ("[[sites]]\nname = \"Shop\"\nhosts = [\"b.example\"]", "leads.sites.name: 1 to 64"),
            ("[[sites]]\nname = \"b\"\nhosts = []", "leads.sites.hosts: "),
            ("[[sites]]\nname = \"b\"\nhosts = [\"https://b.example\"]", "leads.sites.hosts: "),
            ("[[sites]]\nname = \"b\"\nhosts = [\"b.example:80\"]", "leads.sites.hosts: "),
            (
                "[[sites.page_groups]]\nname = \"p\"\nprefixes = [\"pricing\"]",
                "leads.sites.page_groups.prefixes: ",
            ),
            (
                "[[sites.page_groups]]\nname = \"p\"\nprefixes = [\"/p\"]\npoints = 101",
                "leads.sites.page_groups.points: ",
            ),
            ("[score]\nvisits = { weight = 101, full = 1 }", "leads.score: "),
            ("[score]\nvisits = { weight = 1, full = 0 }", "leads.score: "),
            ("[retention]\npage_view_days = 0", "leads.retention: "),
            ("[retention]\ncookie_days = 396", "leads.retention.cookie_days: "),
            ("[retention]\nbackup_days = 31", "leads.retention.backup_days: "),
            ("[bots]\nbots = [\"\"]", "leads.bots: "),
            ("[proxies]\ntrusted = [\"10.0.0.1/8\"]", "a network is a CIDR prefix"),
            ("[proxies]\ntrust = []", "unknown field `trust`"),
            ("[[sites]]\nname = \"b\"\nhosts = [\"b\"]\nlegal_basis = \"none\"", "unknown variant `none`"),
        ] {
            let error = read(&format!("{LEAST}{added}")).unwrap_err();
            assert!(error.starts_with(expected), "{added:?} gives {error:?}");
        }
        assert!(read("store = \"leads.db\"").unwrap_err().starts_with("leads.sites: at least one"));
    }

    #[test]
    fn hosts_are_exact_or_below_a_parent() {
        let site = SiteConfig {
            name: "a".into(),
            hosts: vec!["www.example.com".into(), "*.shop.example".into()],
            legal_basis: LegalBasis::Consent,
            highest_level: Level::Company,
            page_groups: Vec::new(),
        };
        for own in ["www.example.com", "WWW.example.com", "a.shop.example", "a.b.shop.example"] {
            assert!(site.has_host(own), "{own}");
        }
        for other in
            ["example.com", "awww.example.com", "shop.example", ".shop.example", "ashop.example", "", "ä"]
        {
            assert!(!site.has_host(other), "{other}");
        }
    }

    #[test]
    fn groups_of_one_name_give_the_highest_points_once() {
        let groups = "[[sites.page_groups]]\nname = \"p\"\nprefixes = [\"/p\"]\npoints = 5\n\
            [[sites]]\nname = \"b\"\nhosts = [\"b.example\"]\n\
            [[sites.page_groups]]\nname = \"p\"\nprefixes = [\"/prices\"]\npoints = 9\n\
            [[sites.page_groups]]\nname = \"q\"\nprefixes = [\"/q\"]\n";
        let config = read(&format!("{LEAST}{groups}")).unwrap();
        assert_eq!(config.score_formula().groups, [GroupPoints { name: "p".into(), points: 9 }]);
    }
}
