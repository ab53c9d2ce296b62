//! Where leads may go: `[leads.outgoing]` and `[[leads.targets]]`. Without targets nothing leaves.
//!
//! ```toml
//! [leads.outgoing]
//! allow = ["hooks.example.com", "smtp.example.com", "10.1.2.0/24"]
//!
//! [leads.outgoing.mail]
//! server = "smtp.example.com"
//! from = "leads@example.com"
//!
//! [[leads.targets]]
//! name = "crm"
//! kind = "webhook"
//! url = "https://hooks.example.com/nameplate"
//! secret_file = "/etc/nameplate/crm.secret"
//! segment = "hot"
//! ```
//!
//! [`OutgoingConfig`] and [`TargetConfig`] are what is written; [`Targets`] is what was checked, with secrets read.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use lettre::Address;
use serde::Deserialize;
use url::{Host, Url};

use super::address;
use super::backoff;
use super::webhook::{Secret, SecretError};

/// Longest file of a secret, a password or a URL, in bytes.
const LONGEST_SECRET_FILE: u64 = 4096;

/// `[leads.outgoing]`: what all targets share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutgoingConfig {
    /// Hosts by name, and networks (or single addresses). Every target's host must be among them: by name, or, if it is
    /// written as an address, within a network. An address that is not of the public Internet is connected to only if a
    /// network here holds it, whatever a name says.
    pub allow: Vec<String>,
    /// Those hosts of `allow`, by name or address, that may be spoken to without TLS.
    pub plaintext: Vec<String>,
    /// PEM file of certificates that are trusted beside the system's.
    pub certificates: Option<PathBuf>,
    /// Attempts for each delivery, 1 to 20; then it is a dead letter.
    pub attempts: u32,
    /// Milliseconds before the second attempt; 100 to 3,600,000. Each further wait is four times as long, to 12 hours.
    pub first_retry_ms: u64,
    /// Milliseconds for a connection, name lookup and TLS included; 100 to 60,000.
    pub connect_timeout_ms: u64,
    /// Milliseconds for all of an attempt; 100 to 120,000.
    pub timeout_ms: u64,
    /// Deliveries that may wait for one target, 1 to 1,000,000; those above are dead letters at once.
    pub queue: u32,
    /// Days after which deliveries and dead letters are removed, sent or not; 1 to 30.
    pub keep_days: u32,
    /// The mail server; targets of kind `mail` need it.
    pub mail: Option<MailConfig>,
}

impl Default for OutgoingConfig {
    fn default() -> OutgoingConfig {
        OutgoingConfig {
            allow: Vec::new(),
            plaintext: Vec::new(),
            certificates: None,
            attempts: backoff::ATTEMPTS,
            first_retry_ms: backoff::FIRST.as_secs() * 1000,
            connect_timeout_ms: 5_000,
            timeout_ms: 15_000,
            queue: 10_000,
            keep_days: 14,
            mail: None,
        }
    }
}

/// `[leads.outgoing.mail]`: the server that takes mail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Its host, which must be on the list.
    pub server: String,
    /// 587 with `starttls`, 465 with `tls`, 25 with `none`, if absent.
    pub port: Option<u16>,
    /// How the connection is kept secret.
    #[serde(default)]
    pub security: MailSecurity,
    /// The sender's address.
    pub from: String,
    /// Name to sign in with; needs `password_file`.
    pub user: Option<String>,
    /// File that holds the password.
    pub password_file: Option<PathBuf>,
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// In the open until both agree on TLS; without it nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In the open: only for a host under `plaintext`.
    None,
}

/// A `[[leads.targets]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// Its name, which deliveries are listed under: 1 to 64 of `a-z`, `0-9`, `-`, `_`.
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
    /// Webhooks, Slack, Teams: the URL, unless `url_file` holds it.
    pub url: Option<String>,
    /// File whose one line is the URL: Slack's and Teams' URLs are secrets themselves.
    pub url_file: Option<PathBuf>,
    /// Mail: the recipient.
    pub address: Option<String>,
    /// Webhooks: file whose one line is the key of the signatures, `whsec_` and base64 of 24 to 64 bytes.
    pub secret_file: Option<PathBuf>,
    /// Only companies of these sites, and their numbers there; of all sites if empty.
    #[serde(default)]
    pub sites: Vec<String>,
    /// A stored segment: says when a company enters it. Without one: when a company comes for the first time.
    pub segment: Option<String>,
    /// How often a company is told of.
    #[serde(default)]
    pub repeat: Repeat,
}

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// A program, which gets signed JSON.
    Webhook,
    /// A mailbox.
    Mail,
    /// A channel, by an incoming webhook of Slack or of what speaks like it.
    Slack,
    /// A channel of Microsoft Teams, by a workflow's webhook.
    Teams,
}

/// How often a target is told of a company in a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// When it enters, and again only after it has left.
    #[default]
    Entering,
    /// On each day (in UTC) on which it comes while it is in the segment, once.
    Daily,
}

/// What is wrong with the configuration of what goes out. Says the target and the key, never a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A number out of its range.
    #[error("leads.outgoing.{key} is {found}, and must be {least} to {most}")]
    Range {
        /// The key.
        key: &'static str,
        /// What it is.
        found: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// An entry of `allow` or `plaintext` that is neither a host nor a network.
    #[error("leads.outgoing.{key} has \"{entry}\", which is neither a host name nor a network")]
    Entry {
        /// The list.
        key: &'static str,
        /// What it has.
        entry: String,
    },
    /// `plaintext` names what `allow` does not.
    #[error("leads.outgoing.plaintext has \"{0}\", which leads.outgoing.allow does not")]
    PlaintextUnlisted(String),
    /// A target that cannot be used.
    #[error("leads.targets \"{name}\": {problem}")]
    Target {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Mail settings that cannot be used.
    #[error("leads.outgoing.mail: {0}")]
    Mail(String),
    /// A file of certificates that cannot be used.
    #[error("leads.outgoing.certificates: {0}")]
    Certificates(String),
}

/// Which hosts may be spoken to, and which addresses beyond the public Internet.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    names: HashSet<String>,
    networks: Vec<IpNet>,
    plaintext_names: HashSet<String>,
    plaintext_networks: Vec<IpNet>,
}

impl AllowList {
    fn new(config: &OutgoingConfig) -> Result<AllowList, ConfigError> {
        let (names, networks) = entries("allow", &config.allow)?;
        let (plaintext_names, plaintext_networks) = entries("plaintext", &config.plaintext)?;
        if let Some(name) = plaintext_names.iter().find(|name| !names.contains(*name)) {
            return Err(ConfigError::PlaintextUnlisted(name.clone()));
        }
        for network in &plaintext_networks {
            if !networks.iter().any(|allowed| allowed.contains(network)) {
                return Err(ConfigError::PlaintextUnlisted(network.to_string()));
            }
        }
        Ok(AllowList { names, networks, plaintext_names, plaintext_networks })
    }

    /// Whether the list has this host.
    pub fn has(&self, host: &Host<String>) -> bool {
        listed(host, &self.names, &self.networks)
    }

    /// Whether this host may be spoken to without TLS.
    pub fn may_be_plaintext(&self, host: &Host<String>) -> bool {
        self.has(host) && listed(host, &self.plaintext_names, &self.plaintext_networks)
    }

    /// What forbids to connect to an address that a listed host has, if anything does.
    pub fn refuses(&self, address: IpAddr) -> Option<&'static str> {
        address::refused(address, &self.networks)
    }
}

fn listed(host: &Host<String>, names: &HashSet<String>, networks: &[IpNet]) -> bool {
    let address: IpAddr = match host {
        Host::Domain(name) => return names.contains(name.trim_end_matches('.')),
        Host::Ipv4(address) => (*address).into(),
        Host::Ipv6(address) => IpAddr::from(*address).to_canonical(),
    };
    networks.iter().any(|network| network.contains(&address))
}

fn entries(key: &'static str, entries: &[String]) -> Result<(HashSet<String>, Vec<IpNet>), ConfigError> {
    let mut names = HashSet::new();
    let mut networks = Vec::new();
    for entry in entries {
        if let Ok(network) = entry.parse::<IpNet>() {
            networks.push(network.trunc());
        } else if let Ok(address) = entry.parse::<IpAddr>() {
            networks.push(address.to_canonical().into());
        } else if let Ok(Host::Domain(name)) = Host::parse(entry)
            && !name.contains('*')
        {
            names.insert(name.trim_end_matches('.').to_owned());
        } else {
            return Err(ConfigError::Entry { key, entry: entry.clone() });
        }
    }
    Ok((names, networks))
}

/// All that is needed to send: checked, with secrets read.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Which hosts and addresses.
    pub allow: AllowList,
    /// The targets, in the order of the configuration.
    pub targets: Vec<Arc<Target>>,
    /// How deliveries are tried.
    pub limits: Limits,
    /// The mail server.
    pub mail: Option<Arc<MailServer>>,
    /// Certificates beside the system's, PEM.
    pub certificates: Option<Arc<Vec<u8>>>,
}

/// How deliveries are tried.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts before a delivery is a dead letter.
    pub attempts: u32,
    /// Before the second attempt.
    pub first_retry: Duration,
    /// For a connection.
    pub connect_timeout: Duration,
    /// For all of an attempt.
    pub timeout: Duration,
    /// Deliveries that may wait for a target.
    pub queue: u32,
    /// How long deliveries are kept, sent or not.
    pub keep: Duration,
}

/// A target that was checked.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub way: Way,
    /// Only these sites; all if empty.
    pub sites: Vec<String>,
    /// The segment, if it is told of one.
    pub segment: Option<String>,
    /// How often a company is told of.
    pub repeat: Repeat,
}

/// How a target is reached.
#[derive(Clone, Debug)]
pub enum Way {
    /// Signed JSON to a URL.
    Webhook(Endpoint, Secret),
    /// Mail to an address.
    Mail(Address),
    /// A message to a URL of Slack's kind.
    Slack(Endpoint),
    /// A card to a URL of Teams' kind.
    Teams(Endpoint),
}

impl Target {
    /// What it is.
    pub fn kind(&self) -> TargetKind {
        match self.way {
            Way::Webhook(..) => TargetKind::Webhook,
            Way::Mail(_) => TargetKind::Mail,
            Way::Slack(_) => TargetKind::Slack,
            Way::Teams(_) => TargetKind::Teams,
        }
    }
}

/// A URL whose host is on the list. `Debug` shows its host alone, for the rest may be a secret.
#[derive(Clone)]
pub struct Endpoint(Url);

impl Endpoint {
    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    fn new(text: &str, allow: &AllowList) -> Result<Endpoint, String> {
        let url = Url::parse(text.trim()).map_err(|error| format!("its URL cannot be read: {error}"))?;
        let Some(host) = url.host().map(|host| host.to_owned()) else {
            return Err("its URL has no host".into());
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its URL holds a user or a password, which nothing would send".into());
        }
        if !allow.has(&host) {
            return Err(format!("its host {host} is not in leads.outgoing.allow"));
        }
        match url.scheme() {
            "https" => Ok(Endpoint(url)),
            "http" if allow.may_be_plaintext(&host) => Ok(Endpoint(url)),
            "http" => Err(format!("its URL is http, and its host {host} is not in leads.outgoing.plaintext")),
            _ => Err("its URL is neither https nor http".into()),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({})", self.0.host_str().unwrap_or_default())
    }
}

/// The mail server, checked.
#[derive(Clone)]
pub struct MailServer {
    /// Its host, which is on the list.
    pub host: Host<String>,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub security: MailSecurity,
    /// The sender.
    pub from: Address,
    /// User and password.
    pub credentials: Option<(String, String)>,
}

impl fmt::Debug for MailServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MailServer({}:{})", self.host, self.port)
    }
}

impl Targets {
    /// Checks the configuration and reads the files that it names. Connects to nothing.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong: nothing is sent by a configuration that is half right.
    pub fn new(config: &OutgoingConfig, targets: &[TargetConfig]) -> Result<Targets, ConfigError> {
        let limits = limits(config)?;
        let allow = AllowList::new(config)?;
        let mail = config
            .mail
            .as_ref()
            .map(|mail| mail_server(mail, &allow))
            .transpose()
            .map_err(ConfigError::Mail)?;
        let certificates = config
            .certificates
            .as_ref()
            .map(|path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display())))
            .transpose()
            .map_err(ConfigError::Certificates)?;
        let mut names = HashSet::new();
        let checked = targets
            .iter()
            .map(|written| {
                let problem = |problem: String| ConfigError::Target { name: written.name.clone(), problem };
                if !names.insert(&written.name) {
                    return Err(problem("another target has the same name".into()));
                }
                target(written, &allow, mail.is_some()).map(Arc::new).map_err(problem)
            })
            .collect::<Result<_, _>>()?;
        Ok(Targets {
            allow,
            targets: checked,
            limits,
            mail: mail.map(Arc::new),
            certificates: certificates.map(Arc::new),
        })
    }

    /// The target of that name.
    pub fn find(&self, name: &str) -> Option<&Arc<Target>> {
        self.targets.iter().find(|target| target.name == name)
    }
}

fn limits(config: &OutgoingConfig) -> Result<Limits, ConfigError> {
    let within = |key, found: u64, least, most| {
        if (least..=most).contains(&found) {
            Ok(found)
        } else {
            Err(ConfigError::Range { key, found, least, most })
        }
    };
    let day = Duration::from_secs(24 * 3600);
    Ok(Limits {
        attempts: within("attempts", config.attempts.into(), 1, 20)? as u32,
        first_retry: Duration::from_millis(within("first_retry_ms", config.first_retry_ms, 100, 3_600_000)?),
        connect_timeout: Duration::from_millis(within(
            "connect_timeout_ms",
            config.connect_timeout_ms,
            100,
            60_000,
        )?),
        timeout: Duration::from_millis(within("timeout_ms", config.timeout_ms, 100, 120_000)?),
        queue: within("queue", config.queue.into(), 1, 1_000_000)? as u32,
        keep: day * within("keep_days", config.keep_days.into(), 1, 30)? as u32,
    })
}

fn mail_server(config: &MailConfig, allow: &AllowList) -> Result<MailServer, String> {
    let host = Host::parse(&config.server).map_err(|_| format!("server \"{}\" is no host", config.server))?;
    if !allow.has(&host) {
        return Err(format!("its server {host} is not in leads.outgoing.allow"));
    }
    if config.security == MailSecurity::None && !allow.may_be_plaintext(&host) {
        return Err(format!("security is none, and its server {host} is not in leads.outgoing.plaintext"));
    }
    let credentials = match (&config.user, &config.password_file) {
        (Some(user), Some(path)) => Some((user.clone(), secret_file(path)?)),
        (None, None) => None,
        _ => return Err("user and password_file belong together".into()),
    };
    Ok(MailServer {
        host,
        port: config.port.unwrap_or(match config.security {
            MailSecurity::Starttls => 587,
            MailSecurity::Tls => 465,
            MailSecurity::None => 25,
        }),
        security: config.security,
        from: config.from.parse().map_err(|error| format!("from is no mail address: {error}"))?,
        credentials,
    })
}

fn target(written: &TargetConfig, allow: &AllowList, has_mail: bool) -> Result<Target, String> {
    let name = &written.name;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err("a name is 1 to 64 of a-z, 0-9, - and _".into());
    }
    if written.repeat == Repeat::Daily && written.segment.is_none() {
        return Err("repeat = \"daily\" needs a segment: a company comes for the first time only once".into());
    }
    let endpoint = || {
        let text = match (&written.url, &written.url_file) {
            (Some(url), None) => url.clone(),
            (None, Some(path)) => secret_file(path)?,
            _ => return Err("it needs either url or url_file".to_owned()),
        };
        Endpoint::new(&text, allow)
    };
    let unwanted = |keys: [(bool, &str); 2]| match keys.iter().find(|(there, _)| *there) {
        Some((_, key)) => Err(format!("{key} is nothing for this kind")),
        None => Ok(()),
    };
    let way = match written.kind {
        TargetKind::Webhook => {
            unwanted([(written.address.is_some(), "address"), (false, "")])?;
            let Some(path) = &written.secret_file else { return Err("it needs secret_file".into()) };
            let secret = Secret::parse(secret_file(path)?.trim())
                .map_err(|error: SecretError| format!("{}: {error}", path.display()))?;
            Way::Webhook(endpoint()?, secret)
        }
        TargetKind::Slack | TargetKind::Teams => {
            unwanted([
                (written.address.is_some(), "address"),
                (written.secret_file.is_some(), "secret_file"),
            ])?;
            let endpoint = endpoint()?;
            if written.kind == TargetKind::Slack { Way::Slack(endpoint) } else { Way::Teams(endpoint) }
        }
        TargetKind::Mail => {
            unwanted([
                (written.url.is_some() || written.url_file.is_some(), "url"),
                (written.secret_file.is_some(), "secret_file"),
            ])?;
            if !has_mail {
                return Err("it needs leads.outgoing.mail".into());
            }
            let Some(address) = &written.address else { return Err("it needs address".into()) };
            Way::Mail(address.parse().map_err(|error| format!("its address is no mail address: {error}"))?)
        }
    };
    Ok(Target {
        name: name.clone(),
        way,
        sites: written.sites.clone(),
        segment: written.segment.clone(),
        repeat: written.repeat,
    })
}

/// The one line of a file that holds a secret. The file may not be readable by everybody.
fn secret_file(path: &Path) -> Result<String, String> {
    let problem = |what: &dyn fmt::Display| format!("{}: {what}", path.display());
    let file = File::open(path).map_err(|error| problem(&error))?;
    let mode = file.metadata().map_err(|error| problem(&error))?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(problem(&"holds a secret and is open to everybody: chmod o= it"));
    }
    let mut text = String::new();
    file.take(LONGEST_SECRET_FILE + 1).read_to_string(&mut text).map_err(|error| problem(&error))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if text.len() as u64 > LONGEST_SECRET_FILE || line.is_empty() || line.contains(['\r', '\n', '\0']) {
        return Err(problem(&"is not one line of at most 4096 bytes"));
    }
    Ok(line.to_owned())
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
