//! What all requests share.

use std::sync::{Arc, Mutex, PoisonError};

use nameplate::Network;
use nameplate_leads::config::{NetworkText, ProxiesConfig};
use nameplate_leads::model::VisitReply;
use nameplate_leads::store::{Accounts, Resend, StoreError};
use nameplate_leads::{Begun, Leads, LeadsError, now};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::error;

use crate::auth::limiter::Limiter;
use crate::config::{ProxyNetwork, WebConfig};
use crate::problem::Problem;
use crate::transport::{Transport, Way};

/// Passwords that are hashed at the same time: each takes 19 MiB and a core.
const HASHING: usize = 2;

/// Passwords that wait to be hashed; one more is told to come again.
const WAITING_TO_HASH: usize = 32;

/// Exports at the same time; one more is told to come again.
const EXPORTS: usize = 3;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    config: WebConfig,
    hosts: Vec<String>,
    leads: Arc<Leads>,
    accounts: Accounts,
    transport: Transport,
    visitor_proxies: ProxiesConfig,
    limiter: Mutex<Limiter>,
    hashing: Semaphore,
    waiting: Semaphore,
    exports: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(config: WebConfig, leads: Arc<Leads>) -> App {
        App(Arc::new(Shared {
            hosts: config.allowed_hosts(),
            transport: Transport::new(&config),
            visitor_proxies: visitor_proxies(&config, &leads),
            accounts: Accounts::of(leads.store().clone()),
            leads,
            limiter: Mutex::default(),
            hashing: Semaphore::new(HASHING),
            waiting: Semaphore::new(WAITING_TO_HASH),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            config,
        }))
    }

    pub(crate) fn config(&self) -> &WebConfig {
        &self.0.config
    }

    /// Whether REST and the dashboard are asked for under this name, which has no port.
    pub(crate) fn is_own_host(&self, name: &str) -> bool {
        self.0.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Whether a site has this host.
    pub(crate) fn is_site(&self, name: &str) -> bool {
        self.0.leads.config().sites.iter().any(|site| site.has_host(name))
    }

    /// Whom to believe about where a visitor comes from.
    pub(crate) fn visitor_proxies(&self) -> &ProxiesConfig {
        &self.0.visitor_proxies
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// For what does not wait.
    pub(crate) fn leads(&self) -> &Leads {
        &self.0.leads
    }

    /// Works with leads on a thread that may wait.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Leads) -> Result<T, LeadsError> + Send + 'static,
    ) -> Result<T, Problem> {
        let leads = Arc::clone(&self.0.leads);
        match tokio::task::spawn_blocking(move || work(&leads)).await {
            Ok(done) => done.map_err(|error| leads_problem(&error)),
            Err(_) => Err(Problem::internal()),
        }
    }

    /// The same, for work that goes on after the reply has begun.
    pub(crate) fn shared_leads(&self) -> Arc<Leads> {
        Arc::clone(&self.0.leads)
    }

    /// The second half of a visit.
    pub(crate) async fn finish(&self, begun: Begun) -> Result<VisitReply, Problem> {
        self.0.leads.finish(begun).await.map_err(|error| leads_problem(&error))
    }

    /// Sends a mail that somebody waits for; whether the server took it. Why not, the log says, without the address.
    pub(crate) async fn mail(&self, recipient: &str, subject: &str, text: &str) -> bool {
        let Some(outgoing) = self.0.leads.outgoing() else { return false };
        let sent = outgoing.write_mail(recipient, subject, text).await;
        if let Err(error) = &sent {
            error!(%error, "a mail of the objection page could not be sent");
        }
        sent.is_ok()
    }

    /// Makes dead letters due again, and wakes who sends them.
    pub(crate) async fn resend(&self, which: Resend, actor: String) -> Result<u64, Problem> {
        match self.0.leads.outgoing() {
            Some(outgoing) => outgoing.resend(which, actor).await.map_err(|error| store_problem(&error)),
            // Nothing goes out any more, but what could not may be there.
            None => self.work(move |leads| Ok(leads.store().resend(which, &actor, now())?)).await,
        }
    }

    /// A place for an export, which takes a thread for as long as its client reads.
    pub(crate) fn export_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.0.exports).try_acquire_owned().map_err(|_| Problem::busy())
    }

    /// Works with users, sessions and keys on a thread that may wait.
    pub(crate) async fn accounts<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Accounts) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        match tokio::task::spawn_blocking(move || work(&app.0.accounts)).await {
            Ok(done) => done.map_err(|error| store_problem(&error)),
            Err(_) => Err(Problem::internal()),
        }
    }

    /// Hashes on a thread that may wait, few at a time.
    pub(crate) async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let _place = self.0.waiting.try_acquire().map_err(|_| Problem::busy())?;
        let _turn = self.0.hashing.acquire().await.map_err(|_| Problem::internal())?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
    }

    pub(crate) fn limiter<T>(&self, ask: impl FnOnce(&mut Limiter) -> T) -> T {
        ask(&mut self.0.limiter.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Milliseconds without a request after which a session is over.
    pub(crate) fn idle(&self) -> i64 {
        i64::from(self.0.config.sessions.idle_minutes) * 60_000
    }

    /// The session cookie's name. With `__Host-` browsers take it over HTTPS alone, for this host alone.
    pub(crate) fn session_cookie(way: Way) -> &'static str {
        if way.secure { "__Host-np_signin" } else { "np_signin" }
    }

    /// The same of the cookie that a form hangs on before there is a session.
    pub(crate) fn form_cookie(way: Way) -> &'static str {
        if way.secure { "__Host-np_form" } else { "np_form" }
    }
}

/// The proxies of `[leads.proxies]`, and those that speak HTTPS for this server, which are no visitors either.
fn visitor_proxies(config: &WebConfig, leads: &Leads) -> ProxiesConfig {
    let mut proxies = leads.config().proxies.clone();
    if config.behind_proxy {
        let network = |proxy: &ProxyNetwork| {
            NetworkText(Network { first: proxy.0.network(), last: proxy.0.broadcast() })
        };
        proxies.trusted.extend(config.proxies.iter().map(network));
    }
    proxies
}

fn leads_problem(error: &LeadsError) -> Problem {
    match error {
        LeadsError::Store(error) => store_problem(error),
        // Their texts are fixed, and say what is expected.
        LeadsError::Visit(error) => Problem::invalid(error.to_string()),
        LeadsError::Correction(error) => Problem::invalid(error.to_string()),
        LeadsError::Invalid(text) => Problem::invalid(*text),
        LeadsError::Objection(_) => Problem::invalid(
            "an objection names a company by its id, domain or register number, or a network",
        ),
        error => {
            error!(%error, "a request failed");
            Problem::internal()
        }
    }
}

fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Busy => Problem::busy(),
        StoreError::Invalid(text) => Problem::invalid(text.clone()),
        StoreError::Missing(_) => Problem::not_found(),
        StoreError::Full => {
            error!(%error, "a request failed");
            Problem::new(hyper::StatusCode::INSUFFICIENT_STORAGE, "the disk of the store is full")
        }
        error => {
            error!(%error, "a request failed");
            Problem::internal()
        }
    }
}
