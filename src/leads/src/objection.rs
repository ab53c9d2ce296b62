//! Who asked not to be shown: one list for the engine, the store and forms.
//!
//! The suppression list is the truth. It is read when leads are opened, when the daemon reloads, and after each change here; then the engine answers
//! without what it names, the store removes what it has of it, and forms' domains of hidden companies are known, which the file that is served
//! does not know any more.
//!
//! A rule for a network hides what comes from there. Stored visits don't know their networks, so they stay, unless the company has no
//! network left: then it is as good as hidden, and they are removed.

use std::collections::{HashMap, HashSet};

use nameplate::{CompanyFields, Database, Network, Suppression, SuppressionList, SuppressionRule};

use crate::form_domain::FormDomain;
use crate::leads::{Leads, LeadsError, now};
use crate::model::CompanyFacts;
use crate::store::CompanySelector;

/// What an objection did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// Whether its rule is new in the list.
    pub new: bool,
    /// Rows that were removed from the store.
    pub removed: u64,
}

/// Who is hidden, as visits ask for it.
#[derive(Default)]
pub(crate) struct Hidden {
    list: SuppressionList,
    /// Domains of companies that the file has under another rule than their domain.
    domains: HashSet<String>,
}

impl Hidden {
    /// Whether the list names a company by what is known of it.
    pub(crate) fn names(&self, company: &CompanyFacts) -> bool {
        self.list.suppresses_company(&CompanyFields {
            id: &company.id,
            domain: company.domain.as_deref(),
            register: company.register.as_deref(),
            register_id: company.register_id.as_deref(),
            ..CompanyFields::default()
        })
    }

    /// Whether a form's domain, or one above it, is a hidden company's.
    pub(crate) fn names_domain(&self, domain: &FormDomain) -> bool {
        domain.and_above().any(|name| {
            self.domains.contains(name)
                || self
                    .list
                    .suppresses_company(&CompanyFields { domain: Some(name), ..CompanyFields::default() })
        })
    }
}

impl Leads {
    /// Hides a company or a network, at once and for good: the rule goes into the list, what is served is made anew without it, and stored visits
    /// are removed. Costs a reload; waits, so not for async tasks.
    ///
    /// # Errors
    ///
    /// [`LeadsError::Invalid`] where there is no suppression list. Where the list was written and the reload fails, visits and the store are
    /// without the company all the same, and the error says that lookups are not.
    pub fn suppress(
        &self,
        rule: SuppressionRule,
        reason: &str,
        actor: &str,
    ) -> Result<Suppressed, LeadsError> {
        let path = self.suppression().ok_or(LeadsError::Invalid(NO_LIST))?;
        let entry = Suppression::new(rule, &today(), reason)?;
        let before = self.companies_in(entry.rule());
        let new = SuppressionList::update(path, |list| list.add(entry.clone()))?;
        let mut removed = self.apply_list(actor)?;
        self.reload()?;
        // Whose last network has gone.
        let snapshot = self.generations().snapshot();
        for id in before.iter().filter(|id| snapshot.networks(id).next().is_none()) {
            removed += self.store().erase_company(id, actor, now())?;
        }
        let subject = entry.rule().to_string().replace('\t', " ");
        self.store().audit(now(), actor, "object", &subject, reason)?;
        Ok(Suppressed { new, removed })
    }

    /// Takes a rule off the list; false where it had none. New visits are shown again; nothing that was removed comes back. Costs and waits as
    /// [`Leads::suppress`].
    pub fn lift(&self, rule: &SuppressionRule, actor: &str) -> Result<bool, LeadsError> {
        let path = self.suppression().ok_or(LeadsError::Invalid(NO_LIST))?;
        let lifted = SuppressionList::update(path, |list| list.remove(rule))?;
        if lifted {
            self.reload()?;
            self.apply_list(actor)?;
            let subject = rule.to_string().replace('\t', " ");
            self.store().audit(now(), actor, "lift", &subject, "")?;
        }
        Ok(lifted)
    }

    /// The rules of the list, with their dates and reasons.
    pub fn objections(&self) -> Result<Vec<Suppression>, LeadsError> {
        let path = self.suppression().ok_or(LeadsError::Invalid(NO_LIST))?;
        Ok(SuppressionList::open(path)?.entries().to_vec())
    }

    /// To be called when the range file or the suppression list was loaded anew: makes the store and the forms follow. O(companies of the
    /// file); waits, so not for async tasks.
    pub fn reloaded(&self) -> Result<(), LeadsError> {
        self.apply_list("suppression list").map(drop)
    }

    /// Reads the list and makes visits and the store follow it; how many rows were removed.
    fn apply_list(&self, actor: &str) -> Result<u64, LeadsError> {
        let _changing = self.changing();
        let Some(path) = self.suppression() else { return Ok(0) };
        let list = SuppressionList::open(path)?;
        let domains = hidden_domains(&list, self.generations().path());
        self.hide(Hidden { list: list.clone(), domains });
        let wanted: HashMap<_, _> = list
            .entries()
            .iter()
            .filter_map(|entry| {
                let selector = selector(entry.rule())?;
                Some((selector.key(), (selector, entry)))
            })
            .collect();
        let mut stored = HashSet::new();
        for objection in self.store().objections()? {
            let key = objection.company.key();
            if !wanted.contains_key(&key) {
                self.store().lift(&objection.company, actor, now())?;
            }
            stored.insert(key);
        }
        let mut removed = 0;
        for (selector, entry) in wanted.iter().filter(|(key, _)| !stored.contains(*key)).map(|(_, new)| new) {
            removed += self.store().suppress(selector, entry.reason(), actor, now())?;
        }
        Ok(removed)
    }

    /// Ids of the companies of which a network's rule takes some addresses.
    fn companies_in(&self, rule: &SuppressionRule) -> HashSet<String> {
        let SuppressionRule::Network(hidden) = rule else { return HashSet::new() };
        let snapshot = self.generations().snapshot();
        let overlapping = snapshot.intervals().filter(|interval| overlap(&interval.network, hidden));
        overlapping.filter_map(|interval| Some(interval.answer.company()?.id().to_owned())).collect()
    }
}

const NO_LIST: &str = "objections need a suppression list: set the key suppress";

fn overlap(a: &Network, b: &Network) -> bool {
    a.first.is_ipv4() == b.first.is_ipv4() && a.first <= b.last && b.first <= a.last
}

/// What a rule is for the store; networks are not its business.
fn selector(rule: &SuppressionRule) -> Option<CompanySelector> {
    match rule {
        SuppressionRule::Company(id) => Some(CompanySelector::Id(id.clone())),
        SuppressionRule::Domain(domain) => Some(CompanySelector::Domain(domain.clone())),
        SuppressionRule::Register { register, number } => {
            Some(CompanySelector::Register { register: register.clone(), number: number.clone() })
        }
        SuppressionRule::Network(_) => None,
    }
}

/// The domains of the companies that the list names, from the file as it was built. A file that was built with the list has none of them, and a file
/// that cannot be read is the reload's to tell.
fn hidden_domains(list: &SuppressionList, file: &std::path::Path) -> HashSet<String> {
    if list.entries().is_empty() {
        return HashSet::new();
    }
    let Ok(whole) = Database::open(file) else { return HashSet::new() };
    let hidden = whole.companies().filter(|company| {
        list.suppresses_company(&CompanyFields {
            id: company.id(),
            domain: company.domain(),
            register: company.register(),
            register_id: company.register_id(),
            ..CompanyFields::default()
        })
    });
    hidden.filter_map(|company| FormDomain::of_company(company.domain()?)).collect()
}

/// The calendar's day in UTC, as the list's other dates.
fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}
