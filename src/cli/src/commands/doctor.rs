//! `nameplate doctor`: what a daemon with this configuration would find, line by line.

use std::fmt::Display;
use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;

use nameplate::{OpenOptions, Status, SuppressionList};
use nameplate_daemon::Config;
use nameplate_daemon::client::Client;
use nameplate_leads::client_address::{Request, client_address};
use nameplate_leads::config::LeadsConfig;
use nameplate_leads::store::check_store;

use super::Failure;
use crate::args::Doctor;

/// Days after which data is worth a word: networks change hands.
const OLD_DAYS: i64 = 90;

pub(super) fn run(arguments: &Doctor) -> Result<ExitCode, Failure> {
    let config = Config::read(&arguments.config)?;
    config.check()?;
    let mut report = Report { sound: true };
    report.good(format!("configuration: {}", arguments.config.display()));
    check_file(&config, &mut report);
    if let Some(leads) = &config.leads {
        check_leads(leads, &mut report);
        if arguments.peer.is_some() || !arguments.headers.is_empty() {
            explain(arguments, &config, leads, &mut report)?;
        }
    } else {
        report.good("leads: none configured, so there are lookups and nothing else");
        if arguments.peer.is_some() || !arguments.headers.is_empty() {
            return Err("--peer and --header need [leads] in the configuration".into());
        }
    }
    match Client::connect(&config.socket) {
        Ok(_) => report.good(format!("daemon: answers on {}", config.socket.display())),
        Err(_) => report.note(format!("daemon: nobody answers on {}", config.socket.display())),
    }
    Ok(if report.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_file(config: &Config, report: &mut Report) {
    let list = config.suppress.as_deref().map(SuppressionList::open).transpose();
    match (&config.suppress, &list) {
        (Some(path), Ok(Some(list))) => {
            report.good(format!("suppression list: {}, {} entries", path.display(), list.entries().len()));
        }
        (_, Err(error)) => report.bad(format!("suppression list: {error}")),
        _ => report.note("suppression list: none, so nobody is hidden"),
    }
    let key = super::public_key(config.public_key.as_deref());
    if let Err(error) = &key {
        report.bad(format!("public key: {error}"));
    }
    let key = key.ok().flatten();
    match OpenOptions::default().verify(true).public_key(key.as_ref()).open(&config.db) {
        Err(error) => report.bad(format!("range file: {error}")),
        Ok(database) => {
            let metadata = database.metadata();
            let line = format!(
                "range file: {}, build {}, {} companies",
                config.db.display(),
                metadata.build_number(),
                metadata.companies()
            );
            let days = (jiff::Timestamp::now().as_second() - metadata.created().cast_signed()) / 86_400;
            if metadata.created() > 0 && days > OLD_DAYS {
                report.note(format!("{line}; its newest data is {days} days old, and networks change hands"));
            } else {
                report.good(line);
            }
        }
    }
}

fn check_leads(leads: &LeadsConfig, report: &mut Report) {
    for site in &leads.sites {
        let policy = site.policy();
        report.good(format!(
            "site {}: {}, at most {}, hosts {}",
            site.name,
            site.legal_basis.name(),
            policy.highest.name(),
            site.hosts.join(", ")
        ));
    }
    let store = leads.store.display();
    if leads.store.exists() {
        match check_store(&leads.store) {
            Ok(version) => report.good(format!("store: {store}, version {version}, sound")),
            Err(error) => report.bad(format!("store: {store}: {error}")),
        }
    } else {
        let directory = leads.store.parent().filter(|parent| !parent.as_os_str().is_empty());
        if directory.unwrap_or(Path::new(".")).is_dir() {
            report.note(format!("store: {store} is not there yet; the daemon makes it"));
        } else {
            report.bad(format!(
                "store: the directory of {store} is not there; make it, and give it to the daemon's user"
            ));
        }
    }
    if leads.proxies.trusted.is_empty() {
        report.note("proxies: none is trusted, so a request over HTTP counts as its connection's");
    }
}

/// Whose visit a request would be, step by step.
fn explain(
    arguments: &Doctor,
    config: &Config,
    leads: &LeadsConfig,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut request = Request { peer: arguments.peer.map(IpAddr::from), ..Request::default() };
    for header in &arguments.headers {
        let (name, value) = header.split_once(':').ok_or("--header is NAME: VALUE, as in a request")?;
        let name = name.trim();
        if name.eq_ignore_ascii_case("x-forwarded-for") {
            request.x_forwarded_for.push(value.trim());
        } else if name.eq_ignore_ascii_case("forwarded") {
            request.forwarded.push(value.trim());
        }
    }
    let found = client_address(&leads.proxies, &request);
    for step in &found.steps {
        println!("      {step}");
    }
    let Some(address) = found.address else {
        report.note("client: not known, so the visit would be no company's");
        return Ok(());
    };
    report.good(format!("client: {}", IpAddr::from(address)));
    let list = config.suppress.as_deref().map(SuppressionList::open).transpose()?;
    let database = OpenOptions::default().suppression(list.as_ref()).open(&config.db)?;
    let answer = database.lookup(address);
    let name = match answer.status() {
        Status::Company | Status::Operator => answer.name().map(|name| format!(", {name}")),
        Status::Unknown | Status::Reserved => None,
    };
    report.good(format!("answer: {}{}", answer.status(), name.unwrap_or_default()));
    Ok(())
}

/// Lines for people: what is well, what is worth a look, what is not well.
struct Report {
    sound: bool,
}

impl Report {
    fn good(&mut self, line: impl Display) {
        self.line("ok", line);
    }

    fn note(&mut self, line: impl Display) {
        self.line("note", line);
    }

    fn bad(&mut self, line: impl Display) {
        self.line("bad", line);
    }

    fn line(&mut self, finding: &str, line: impl Display) {
        self.sound &= finding != "bad";
        println!("{finding:<5} {line}");
    }
}
