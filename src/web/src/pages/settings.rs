//! What holds and where it is set, and what keeps the store in order. The configuration is a file: it is shown here, and changed there. No secret
//! is shown: of a URL its host alone, for the rest of it may be one.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::access::{Role, Scope};
use nameplate_leads::config::{LeadsConfig, ProxyHeader, SiteConfig};
use nameplate_leads::gate::{LegalBasis, Level};
use nameplate_leads::outgoing::config::TargetConfig;
use nameplate_leads::store::{DeliveryState, Key, Resend, TargetState, User};

use super::companies::word;
use super::{Layout, Moment, page, redirect};
use crate::app::App;
use crate::config::{Listen, WebConfig};
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::layout::LayoutWords;
use crate::words::settings::SettingsWords;

/// Dead letters that are shown.
const DEAD: u32 = 50;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    layout: Layout,
    words: &'static SettingsWords,
    notice: Option<&'static str>,
    sites: Vec<Site>,
    parts: Vec<Part>,
    targets: Vec<Target>,
    operation: Option<Operation>,
}

struct Site {
    name: String,
    hosts: String,
    basis: &'static str,
    level: &'static str,
    groups: Vec<String>,
}

/// Settings under a heading.
struct Part {
    id: &'static str,
    title: &'static str,
    rows: Vec<Setting>,
}

struct Setting {
    name: &'static str,
    value: String,
    key: &'static str,
}

struct Target {
    name: String,
    kind: String,
    goes_to: String,
    waiting: u64,
    sent: u64,
    dead: u64,
    last: Option<Moment>,
}

/// What administrators see and do.
struct Operation {
    dead: Vec<DeadLetter>,
    users: Vec<UserRow>,
    keys: Vec<KeyRow>,
}

struct DeadLetter {
    id: String,
    target: String,
    kind: String,
    created: Moment,
    attempts: u32,
    failure: String,
}

struct UserRow {
    name: String,
    role: &'static str,
    second_factor: bool,
    since: Moment,
}

struct KeyRow {
    name: String,
    scopes: String,
    author: String,
    since: Moment,
}

/// `GET /settings`.
pub(crate) async fn show(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["done"])?;
    let words = SettingsWords::of(call.language);
    let notice = match call.query.get("done")? {
        None => None,
        Some("purge") => Some(words.purged),
        Some("resend") => Some(words.resent),
        Some(_) => return Err(Problem::invalid("done is purge or resend")),
    };
    let (states, dead) = app
        .work(|leads| Ok((leads.store().delivery_targets()?, leads.store().deliveries(None, true, DEAD)?)))
        .await?;
    let operation = if call.may(Scope::Operate) {
        let (users, keys) = app.accounts(|accounts| Ok((accounts.users()?, accounts.keys()?))).await?;
        let roles = LayoutWords::of(call.language);
        Some(Operation {
            dead: dead.into_iter().map(dead_letter).collect(),
            users: users.into_iter().map(|user| user_row(user, roles)).collect(),
            keys: keys.into_iter().map(key_row).collect(),
        })
    } else {
        None
    };
    let leads = app.leads().config();
    let shown = SettingsPage {
        layout: Layout::new(&call, words.title, "/settings"),
        words,
        notice,
        sites: leads.sites.iter().map(|site| shown_site(site, words)).collect(),
        parts: parts(leads, app.config(), words),
        targets: leads.targets.iter().map(|target| shown_target(target, &states)).collect(),
        operation,
    };
    page(&call, StatusCode::OK, &shown)
}

fn shown_site(site: &SiteConfig, words: &SettingsWords) -> Site {
    let group = |group: &nameplate_leads::config::PageGroup| {
        format!("{}: {} ({} {})", group.name, group.prefixes.join(", "), group.points, words.points)
    };
    Site {
        name: site.name.clone(),
        hosts: site.hosts.join(", "),
        basis: match site.legal_basis {
            LegalBasis::Consent => words.consent,
            LegalBasis::LegitimateInterest => words.legitimate_interest,
        },
        level: match site.highest_level {
            Level::Off => words.off,
            Level::Count => words.count,
            Level::Company => words.company,
            Level::Sessions => words.sessions,
        },
        groups: site.page_groups.iter().map(group).collect(),
    }
}

fn parts(leads: &LeadsConfig, web: &WebConfig, words: &SettingsWords) -> Vec<Part> {
    let set = |name, value: String, key| Setting { name, value, key };
    let days = |name, days: u32, key| set(name, format!("{days} {}", words.days), key);
    let list = |name, values: Vec<String>, key| {
        set(name, if values.is_empty() { words.none.to_owned() } else { values.join(", ") }, key)
    };
    let networks = |networks: &[nameplate_leads::config::NetworkText]| {
        networks.iter().map(|network| network.0.to_string()).collect::<Vec<_>>()
    };
    let kept = &leads.retention;
    let retention = vec![
        days(words.page_view_days, kept.page_view_days, "leads.retention.page_view_days"),
        days(words.cookie_days, kept.cookie_days, "leads.retention.cookie_days"),
        days(words.company_days, kept.company_days, "leads.retention.company_days"),
        days(words.count_days, kept.count_days, "leads.retention.count_days"),
        days(words.note_days, kept.note_days, "leads.retention.note_days"),
        days(words.audit_days, kept.audit_days, "leads.retention.audit_days"),
        days(words.backup_days, kept.backup_days, "leads.retention.backup_days"),
        days(words.delivery_days, leads.outgoing.keep_days, "leads.outgoing.keep_days"),
    ];
    let header = match leads.proxies.header {
        ProxyHeader::XForwardedFor => "x-forwarded-for",
        ProxyHeader::Forwarded => "forwarded",
    };
    let addresses = vec![
        list(words.own_networks, networks(&leads.own_networks), "leads.own_networks"),
        list(words.trusted, networks(&leads.proxies.trusted), "leads.proxies.trusted"),
        set(words.header, header.to_owned(), "leads.proxies.header"),
        list(words.bots, leads.bots.bots.clone(), "leads.bots.bots"),
        list(words.monitoring, leads.bots.monitoring.clone(), "leads.bots.monitoring"),
        list(words.freemail, leads.freemail.clone(), "leads.freemail"),
    ];
    let score = &leads.score;
    let part = |name, part: &nameplate_leads::score::Part, key| {
        let text = words.weight.replacen("{}", &part.weight.to_string(), 1);
        set(name, text.replacen("{}", &part.full.to_string(), 1), key)
    };
    let scoring = vec![
        part(words.visits, &score.visits, "leads.score.visits"),
        part(words.page_views, &score.page_views, "leads.score.page_views"),
        part(words.seconds, &score.seconds, "leads.score.seconds"),
        part(words.recency, &score.recency, "leads.score.recency"),
    ];
    let out = &leads.outgoing;
    let mail = out.mail.as_ref().map(|mail| mail.server.clone());
    let outgoing = vec![
        list(words.allow, out.allow.clone(), "leads.outgoing.allow"),
        list(words.plaintext, out.plaintext.clone(), "leads.outgoing.plaintext"),
        set(words.attempts, out.attempts.to_string(), "leads.outgoing.attempts"),
        list(words.mail_server, mail.into_iter().collect(), "leads.outgoing.mail.server"),
    ];
    let https = match (&web.tls, web.behind_proxy) {
        (Some(_), _) => words.https_own,
        (None, true) => words.https_proxy,
        (None, false) => words.https_none,
    };
    let listen = match &web.listen {
        Listen::Address(address) => address.to_string(),
        Listen::Path(path) => path.display().to_string(),
    };
    let server = vec![
        set(words.listen, listen, "web.listen"),
        list(words.names, web.allowed_hosts(), "web.hosts"),
        set(words.https, https.to_owned(), "web.tls, web.behind_proxy"),
        set(words.idle, web.sessions.idle_minutes.to_string(), "web.sessions.idle_minutes"),
        set(words.hours, web.sessions.hours.to_string(), "web.sessions.hours"),
        set(words.store, leads.store.display().to_string(), "leads.store"),
    ];
    vec![
        Part { id: "retention", title: words.retention, rows: retention },
        Part { id: "addresses", title: words.addresses, rows: addresses },
        Part { id: "scoring", title: words.scoring, rows: scoring },
        Part { id: "outgoing", title: words.targets, rows: outgoing },
        Part { id: "server", title: words.this_server, rows: server },
    ]
}

fn shown_target(target: &TargetConfig, states: &[TargetState]) -> Target {
    let state = states.iter().find(|state| state.target == target.name);
    let goes_to = if let Some(address) = &target.address {
        address.clone()
    } else if let Some(file) = &target.url_file {
        format!("url_file = {}", file.display())
    } else {
        target.url.as_deref().map(host).unwrap_or_default().to_owned()
    };
    Target {
        name: target.name.clone(),
        kind: word(&target.kind),
        goes_to,
        waiting: state.map_or(0, |state| state.waiting),
        sent: state.map_or(0, |state| state.delivered),
        dead: state.map_or(0, |state| state.dead),
        last: state.and_then(|state| state.last_delivered).map(Moment::of),
    }
}

/// The host of a URL: what is before and behind it may be a secret.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn dead_letter(delivery: DeliveryState) -> DeadLetter {
    let status = delivery.status.map(|status| format!(" ({status})")).unwrap_or_default();
    DeadLetter {
        id: delivery.id,
        target: delivery.target,
        kind: delivery.kind,
        created: Moment::of(delivery.created),
        attempts: delivery.attempts,
        failure: delivery.failure.unwrap_or_default() + &status,
    }
}

fn user_row(user: User, roles: &LayoutWords) -> UserRow {
    UserRow {
        name: user.name,
        role: match user.role {
            Role::Administrator => roles.administrator,
            Role::Analyst => roles.analyst,
            Role::DataProtectionOfficer => roles.officer,
        },
        second_factor: user.second_factor,
        since: Moment::of(user.created),
    }
}

fn key_row(key: Key) -> KeyRow {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
    KeyRow { name: key.name, scopes: scopes.join(", "), author: key.author, since: Moment::of(key.created) }
}

/// `POST /settings/purge`.
pub(crate) async fn purge(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let actor = call.actor();
    app.work(move |leads| leads.purge(&actor)).await?;
    Ok(redirect("/settings?done=purge"))
}

/// `POST /settings/resend`: one delivery, or all of a target that failed.
pub(crate) async fn resend(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let text = |name| Ok::<_, Problem>(call.form.get(name)?.map(str::to_owned));
    let which = match (text("delivery")?, text("target")?) {
        (Some(id), None) => Resend::Delivery(id),
        (None, Some(target)) => Resend::Target(target),
        _ => return Err(Problem::invalid("a delivery's id or a target's name, and not both")),
    };
    app.resend(which, call.actor()).await?;
    Ok(redirect("/settings?done=resend"))
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn of_a_url_the_host_alone_is_shown() {
        for url in [
            "https://hooks.example/services/canary?canary",
            "https://canary@hooks.example/x",
            "https://canary:canary@hooks.example",
            "https://hooks.example\\canary",
            "hooks.example/canary",
        ] {
            assert_eq!(host(url), "hooks.example", "{url}");
        }
        assert_eq!(host("https://hooks.example:8443/canary"), "hooks.example:8443");
    }
}
