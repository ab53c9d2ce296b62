//! The whole: what daemon, web server and command line call.

mod answer;
mod ask;
mod counts;
mod range_file;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use nameplate::Generations;
use zeroize::Zeroize;

use crate::config::{InvalidLeads, LeadsConfig, SiteConfig};
use crate::correction::{Corrections, InvalidCorrection, Says};
use crate::form_domain::{FormDomain, FormDomains};
use crate::gate::{Consent, Level, Reason, decide};
use crate::model::{CompanyFacts, Filtered, Record, Seen, SiteNumber, Timestamp, VisitReply};
use crate::objection::Hidden;
use crate::outgoing::config::Targets;
use crate::outgoing::{Outgoing, OutgoingError};
use crate::page::page;
use crate::robots::Robots;
use crate::score::ScoreFormula;
use crate::store::{PageGroup, Store, StoreError, StoreOptions};
use crate::visit::{PageHead, Visit, VisitError, VisitorAddress};
use answer::{Shown, of_form, of_network};
pub use counts::VisitCounts;
pub use range_file::{Addresses, RangeFile, RangeFileSource};

/// Why something was not done. No text quotes what was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeadsError {
    /// The configuration does not hold together.
    #[error(transparent)]
    Config(#[from] InvalidLeads),
    /// The visit can't be taken.
    #[error(transparent)]
    Visit(#[from] VisitError),
    /// The correction can't be.
    #[error(transparent)]
    Correction(#[from] InvalidCorrection),
    /// The objection can't be.
    #[error(transparent)]
    Objection(#[from] nameplate::InvalidSuppression),
    /// The targets can't be used, or what goes out could not begin.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The suppression list or the range file can't be read.
    #[error(transparent)]
    Engine(#[from] nameplate::Error),
    /// The question is none.
    #[error("{0}")]
    Invalid(&'static str),
    /// A thread failed; the log has why.
    #[error("the work was not finished: the log has why")]
    Internal,
}

/// Visits in, companies out: the gate, the lookup, the store and what is asked of it. Threads share one.
pub struct Leads {
    config: LeadsConfig,
    sites: HashMap<String, Site>,
    generations: Arc<Generations>,
    suppression: Option<PathBuf>,
    store: Store,
    formula: ScoreFormula,
    robots: Robots,
    form_domains: FormDomains,
    corrections: RwLock<Arc<Corrections>>,
    hidden: RwLock<Arc<Hidden>>,
    /// Told of generations that an objection puts in place.
    on_reload: OnceLock<Box<dyn Fn(u64) + Send + Sync>>,
    /// Whoever changes corrections or objections holds it, so that what is in memory is what is stored.
    changing: Mutex<()>,
    counts: VisitCounts,
    outgoing: OnceLock<Outgoing>,
    /// Of the generation of this number: see `range_file`.
    covered: Mutex<Option<(u64, Addresses, Addresses)>>,
}

struct Site {
    number: SiteNumber,
    config: SiteConfig,
}

/// A visit that was decided and looked up, and is not yet kept. There is nothing of the address in it.
pub struct Begun {
    level: Level,
    company: Option<CompanyFacts>,
    record: Record,
}

impl Leads {
    /// Opens the store, or makes it, and reads lists: some 100 ms. `suppression` is the list that `generations` were opened with; objections are
    /// written there.
    pub fn open(
        config: LeadsConfig,
        generations: Arc<Generations>,
        suppression: Option<PathBuf>,
    ) -> Result<Leads, LeadsError> {
        config.check()?;
        let store = Store::open(&config.store, store_options(&config))?;
        let mut sites = HashMap::new();
        for site in &config.sites {
            let number = store.site(&site.name)?;
            sites.insert(site.name.clone(), Site { number, config: site.clone() });
        }
        let leads = Leads {
            sites,
            suppression,
            formula: config.score_formula(),
            robots: Robots::new(&config.bots),
            form_domains: FormDomains::new(&config.freemail),
            corrections: RwLock::default(),
            hidden: RwLock::default(),
            on_reload: OnceLock::new(),
            changing: Mutex::default(),
            counts: VisitCounts::default(),
            outgoing: OnceLock::new(),
            covered: Mutex::default(),
            config,
            generations,
            store,
        };
        leads.read_corrections()?;
        leads.reloaded()?;
        Ok(leads)
    }

    /// Begins to send what is configured to go out: tasks of the runtime that calls it. Once; without targets, nothing is sent.
    ///
    /// # Errors
    ///
    /// Targets that can't be used: hosts that are not listed, secrets that can't be read.
    pub async fn start_outgoing(&self) -> Result<(), LeadsError> {
        let targets =
            Targets::new(&self.config.outgoing, &self.config.targets).map_err(OutgoingError::from)?;
        let outgoing = Outgoing::start(self.store.clone(), targets, self.formula.clone()).await?;
        drop(self.outgoing.set(outgoing));
        Ok(())
    }

    /// What goes out, where it was begun: dead letters, sending again, trying a target.
    pub fn outgoing(&self) -> Option<&Outgoing> {
        self.outgoing.get()
    }

    /// Takes a visit: decides, looks up, and returns when what may be kept of it is durable. The JSON is overwritten before anything is
    /// waited for, whatever comes of it. Some 20 µs of processor time, and a sync of the disk.
    ///
    /// # Errors
    ///
    /// [`LeadsError::Visit`] for a visit that is none, and [`LeadsError::Store`] where there is no room; then nothing of it is kept.
    pub async fn visit(&self, json: &mut [u8]) -> Result<VisitReply, LeadsError> {
        let begun = self.begin(json)?;
        self.finish(begun).await
    }

    /// The first half of [`Leads::visit`], which waits for nothing: afterwards the JSON is overwritten.
    pub fn begin(&self, json: &mut [u8]) -> Result<Begun, VisitError> {
        let begun = Visit::parse(json).and_then(|visit| self.process(&visit, now()));
        json.zeroize();
        if begun.is_err() {
            self.counts.refused();
        }
        begun
    }

    /// The same of a visit that the page's own script sent to the host of a site: the host decides which site it is.
    pub fn begin_page_view(&self, json: &mut [u8], head: &PageHead<'_>) -> Result<Begun, VisitError> {
        let begun = Visit::from_page(json, head).and_then(|mut visit| {
            visit.site = self.site_at(head.host, &visit.site)?.to_owned().into();
            self.process(&visit, now())
        });
        json.zeroize();
        if begun.is_err() {
            self.counts.refused();
        }
        begun
    }

    /// The site of a host; where several have it, the one that the page calls itself, else the first. The page script calls itself by the host
    /// where it was not told a name.
    fn site_at(&self, host: &str, said: &str) -> Result<&str, VisitError> {
        let mut sites = self.config.sites.iter().filter(|site| site.has_host(host));
        let site = if said.is_empty() || said.eq_ignore_ascii_case(host) {
            sites.next()
        } else {
            sites.find(|site| site.name == said)
        };
        site.map(|site| &*site.name).ok_or(VisitError::ForeignSite)
    }

    /// The company in whose network an address is, as a visit from there would be shown; none where it would not. The address is on this call's
    /// stack for one lookup.
    pub fn company_at(&self, address: &VisitorAddress) -> Option<CompanyFacts> {
        let corrections = self.corrections();
        if corrections.of_address(IpAddr::from(address.get())).is_some() {
            return None;
        }
        let shown = of_network(&self.generations.snapshot().lookup(address.get())).ok()?;
        let hidden =
            self.hidden().names(&shown.company) || corrections.of_company(&shown.company.id).is_some();
        (!hidden).then_some(shown.company)
    }

    /// Whether anybody can have an e-mail address at this domain.
    pub fn is_freemail(&self, domain: &FormDomain) -> bool {
        self.form_domains.is_freemail(domain)
    }

    /// The second half: returns when the visit is durable.
    pub async fn finish(&self, begun: Begun) -> Result<VisitReply, LeadsError> {
        let Begun { level, company, record } = begun;
        if let Err(error) = self.store.record(record).await {
            self.counts.lost();
            return Err(error.into());
        }
        if company.is_some() {
            self.counts.shown();
        }
        Ok(VisitReply { level, company })
    }

    /// The gate and what it lets through. The address is on this call's stack for one lookup.
    fn process(&self, visit: &Visit<'_>, at: Timestamp) -> Result<Begun, VisitError> {
        let site = self.sites.get(&*visit.site).ok_or(VisitError::UnknownSite)?;
        let decision = decide(site.config.policy(), visit.signals);
        // What is sent wrongly is told at every level: else a mistake is noticed by the first visitor who consents.
        let page = page(
            &site.config,
            visit.address.get(),
            visit.url.as_deref(),
            visit.referrer.as_deref(),
            visit.title.as_deref(),
        )?;
        let form = visit.form_domain.as_deref().map(FormDomain::parse).transpose()?;
        let count = |level, reason| {
            self.counts.count(level, Reason::Lowered(reason));
            Begun { level, company: None, record: Record::Counted { site: site.number, at, reason } }
        };
        if let (Level::Off, Reason::Lowered(reason)) = (decision.level, decision.reason) {
            return Ok(count(Level::Off, reason));
        }
        if let Some(robot) = visit.user_agent.as_deref().and_then(|name| self.robots.classify(name)) {
            return Ok(count(decision.level, robot));
        }
        if let Reason::Lowered(reason) = decision.reason {
            return Ok(count(decision.level, reason));
        }
        // Only what was granted: a form's domain is more than a network's owner.
        let granted = matches!(visit.signals.consent, Consent::Granted(_));
        let form = form.filter(|domain| granted && !self.form_domains.is_freemail(domain));
        let corrections = self.corrections();
        let hidden = self.hidden();
        let snapshot = self.generations.snapshot();
        let says = corrections.of_address(IpAddr::from(visit.address.get()));
        let shown = match (form, says) {
            (_, Some(Says::Ours)) => Err(Filtered::Own),
            (Some(domain), _) => of_form(&domain, &self.form_domains, &snapshot, &hidden),
            (None, Some(says)) => Err(says.filtered()),
            (None, None) => of_network(&snapshot.lookup(visit.address.get())),
        };
        let shown = shown.and_then(|shown: Shown| match corrections.of_company(&shown.company.id) {
            Some(says) => Err(says.filtered()),
            None if hidden.names(&shown.company) => Err(Filtered::Suppressed),
            None => Ok(shown),
        });
        let Shown { company, identified_by } = match shown {
            Err(reason) => return Ok(count(decision.level, reason)),
            Ok(shown) => shown,
        };
        self.counts.count(decision.level, decision.reason);
        let cookies = decision.level == Level::Sessions;
        let record = Record::Seen(Box::new(Seen {
            site: site.number,
            at,
            company: company.clone(),
            identified_by,
            page,
            visitor: visit.visitor.filter(|_| cookies),
            session: visit.session.filter(|_| cookies),
        }));
        Ok(Begun { level: decision.level, company: Some(company), record })
    }

    /// What visits were decided as, since this was opened.
    pub fn counts(&self) -> &VisitCounts {
        &self.counts
    }

    /// The configuration that it was opened with.
    pub fn config(&self) -> &LeadsConfig {
        &self.config
    }

    /// The store, for what has no rule here: segments, users, deliveries.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The formula of the scores.
    pub fn formula(&self) -> &ScoreFormula {
        &self.formula
    }

    /// Has `hook` called with the number of each generation that an objection puts in place: whoever serves lookups wants to know of it. The first
    /// hook stays.
    pub fn on_reload(&self, hook: impl Fn(u64) + Send + Sync + 'static) {
        let _ = self.on_reload.set(Box::new(hook));
    }

    pub(crate) fn generations(&self) -> &Generations {
        &self.generations
    }

    /// Makes what is served anew of file and list.
    pub(crate) fn reload(&self) -> Result<(), LeadsError> {
        let generation = self.generations.reload()?;
        if let Some(hook) = self.on_reload.get() {
            hook(generation);
        }
        Ok(())
    }

    pub(crate) fn suppression(&self) -> Option<&PathBuf> {
        self.suppression.as_ref()
    }

    /// Held while what is in memory and what is stored are made the same.
    pub(crate) fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn hidden(&self) -> Arc<Hidden> {
        Arc::clone(&self.hidden.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn hide(&self, hidden: Hidden) {
        *self.hidden.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hidden);
    }

    fn corrections(&self) -> Arc<Corrections> {
        Arc::clone(&self.corrections.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the store is to know of the configuration.
pub fn store_options(config: &LeadsConfig) -> StoreOptions {
    let groups = config.sites.iter().flat_map(|site| {
        site.page_groups.iter().map(|group| PageGroup {
            site: site.name.clone(),
            name: group.name.clone(),
            prefixes: group.prefixes.clone(),
        })
    });
    StoreOptions { page_groups: groups.collect(), ..StoreOptions::default() }
}

/// Milliseconds since 1970; 0 where the clock stands before.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::try_from(since.as_millis()).unwrap_or(Timestamp::MAX)
}
