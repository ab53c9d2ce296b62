//! The one schema of `[web]`: keys, defaults, and what they must be. docs/nameplate-serve.example.toml shows every key.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

/// `[web]`: where REST and the dashboard are served, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct WebConfig {
    /// An address with its port, as `127.0.0.1:8420`, or the path of a Unix socket.
    pub listen: Listen,
    /// The names under which browsers and programs ask for it: the header `Host` has one of them, or the request is
    /// refused. Without any: `localhost`, and the address it listens on.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The certificate and its key; with them only HTTPS is spoken.
    pub tls: Option<TlsConfig>,
    /// A proxy of `proxies`, or whoever may connect to the Unix socket, speaks HTTPS to the world and says so in
    /// `X-Forwarded-Proto` or `Forwarded` with each request.
    #[serde(default)]
    pub behind_proxy: bool,
    /// Networks of those proxies. Whoever else comes is refused while `behind_proxy` is set.
    #[serde(default = "loopback")]
    pub proxies: Vec<ProxyNetwork>,
    /// When signed-in users are signed out.
    #[serde(default)]
    pub sessions: SessionsConfig,
    /// How a company can prove on the objection page that a domain is its own.
    #[serde(default)]
    pub objection: ObjectionConfig,
    /// What clients may do.
    #[serde(default)]
    pub limits: WebLimits,
}

impl WebConfig {
    /// With nothing but a place to listen, as `--http` gives it.
    pub fn at(listen: Listen) -> WebConfig {
        WebConfig {
            listen,
            hosts: Vec::new(),
            tls: None,
            behind_proxy: false,
            proxies: loopback(),
            sessions: SessionsConfig::default(),
            objection: ObjectionConfig::default(),
            limits: WebLimits::default(),
        }
    }
}

/// `[web.objection]`: nothing is sent and nobody is asked unless it is said here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ObjectionConfig {
    /// By mail: a link goes to an address of the domain, by the server of `[leads.outgoing.mail]`.
    pub mail: bool,
    /// By a TXT record: the DNS server that is asked for it, as `127.0.0.1:53`.
    pub resolver: Option<SocketAddr>,
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Listen {
    /// TCP.
    Address(SocketAddr),
    /// A Unix socket at this path.
    Path(PathBuf),
}

impl TryFrom<String> for Listen {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Listen, &'static str> {
        if text.contains('/') {
            return Ok(Listen::Path(text.into()));
        }
        text.parse().map(Listen::Address).map_err(
            |_| "an address with its port, as 127.0.0.1:8420 or [::1]:8420, or a path with a slash in it",
        )
    }
}

/// `[web.tls]`: PEM files. Read at start, and again when the daemon reloads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TlsConfig {
    /// The certificate, followed by those between it and its root.
    pub certificate: PathBuf,
    /// Its private key: PKCS #8, SEC 1 or PKCS #1.
    pub key: PathBuf,
}

/// A network in the configuration: a CIDR prefix or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ProxyNetwork(pub IpNet);

impl TryFrom<String> for ProxyNetwork {
    type Error = &'static str;

    fn try_from(text: String) -> Result<ProxyNetwork, &'static str> {
        let network: Result<IpNet, _> = text.parse();
        let one = || text.parse::<IpAddr>().map(IpNet::from);
        match network.or_else(|_| one()) {
            Ok(network) if network.trunc() == network => Ok(ProxyNetwork(network)),
            _ => Err("a network is a CIDR prefix without host bits, as 10.0.0.0/8, or one address"),
        }
    }
}

fn loopback() -> Vec<ProxyNetwork> {
    ["127.0.0.0/8", "::1"].map(|text| ProxyNetwork::try_from(text.to_owned()).expect("networks")).into()
}

/// `[web.sessions]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SessionsConfig {
    /// Minutes without a request after which a user is signed out: 5 to 1440.
    pub idle_minutes: u32,
    /// Hours after which a user is signed out in any case: 1 to 168.
    pub hours: u32,
}

impl Default for SessionsConfig {
    fn default() -> SessionsConfig {
        SessionsConfig { idle_minutes: 60, hours: 12 }
    }
}

/// `[web.limits]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WebLimits {
    /// Connections at the same time; more wait in the kernel's queue. 1 to 10000.
    pub connections: usize,
    /// Bytes of a request's body: 4096 to 16777216.
    pub body_bytes: usize,
    /// Seconds for a request's head, a silent connection, a body, or a client that does not read on: 1 to 300.
    pub seconds: u64,
    /// Seconds in which a request is answered; an export's reply may take longer to send. 1 to 3600.
    pub request_seconds: u64,
    /// Seconds after which a connection ends at the end of its request, and an export is cut off: 60 to 86400.
    pub connection_seconds: u64,
}

impl Default for WebLimits {
    fn default() -> WebLimits {
        WebLimits {
            connections: 256,
            body_bytes: 64 << 10,
            seconds: 15,
            request_seconds: 30,
            connection_seconds: 900,
        }
    }
}

impl WebLimits {
    pub(crate) const fn patience(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub(crate) const fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }

    pub(crate) const fn connection_time(&self) -> Duration {
        Duration::from_secs(self.connection_seconds)
    }
}

/// A value of `[web]` out of its bounds, or values that do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {expected}")]
pub struct InvalidWeb {
    /// The key, with its table.
    pub key: &'static str,
    /// What it has to be.
    pub expected: &'static str,
}

impl WebConfig {
    /// Whether the values hold together; what the daemon asks before it starts.
    pub fn check(&self) -> Result<(), InvalidWeb> {
        let limits = &self.limits;
        let tcp = match &self.listen {
            Listen::Address(address) => Some(address.ip()),
            Listen::Path(_) => None,
        };
        let near = tcp.is_none_or(|address| address.is_loopback());
        let bounds = [
            (
                "web.listen",
                near || self.tls.is_some() || self.behind_proxy,
                "beyond loopback only HTTPS is served: give [web.tls] a certificate and a key, or set behind_proxy if a proxy speaks HTTPS",
            ),
            (
                "web.behind_proxy",
                !self.behind_proxy || tcp.is_none() || !self.proxies.is_empty(),
                "give the proxies' networks in proxies",
            ),
            (
                "web.hosts",
                !self.hosts.is_empty() || tcp.is_none_or(|address| !address.is_unspecified()),
                "the names under which it is asked for, as [\"leads.example.com\"]",
            ),
            (
                "web.hosts",
                self.hosts.iter().all(|host| is_host(host)),
                "host names or addresses, as leads.example.com or [2001:db8::1]: no https:// before it, no port or path behind it",
            ),
            (
                "web.sessions.idle_minutes",
                (5..=1440).contains(&self.sessions.idle_minutes),
                "5 to 1440 minutes",
            ),
            ("web.sessions.hours", (1..=168).contains(&self.sessions.hours), "1 to 168 hours"),
            ("web.limits.connections", (1..=10_000).contains(&limits.connections), "1 to 10000"),
            ("web.limits.body_bytes", (4 << 10..=16 << 20).contains(&limits.body_bytes), "4096 to 16777216"),
            ("web.limits.seconds", (1..=300).contains(&limits.seconds), "1 to 300 seconds"),
            ("web.limits.request_seconds", (1..=3600).contains(&limits.request_seconds), "1 to 3600 seconds"),
            (
                "web.limits.connection_seconds",
                (60..=86_400).contains(&limits.connection_seconds),
                "60 to 86400 seconds",
            ),
        ];
        match bounds.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, expected)) => Err(InvalidWeb { key, expected }),
            None => Ok(()),
        }
    }

    /// The hosts that are answered for, in lower case.
    pub(crate) fn allowed_hosts(&self) -> Vec<String> {
        if !self.hosts.is_empty() {
            return self.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        }
        let mut hosts = vec!["localhost".to_owned()];
        match &self.listen {
            Listen::Address(SocketAddr::V4(address)) => hosts.push(address.ip().to_string()),
            Listen::Address(SocketAddr::V6(address)) => hosts.push(format!("[{}]", address.ip())),
            Listen::Path(_) => {}
        }
        hosts
    }
}

/// As the header `Host` has it, without a port.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    (1..=253).contains(&host.len())
        && host.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(listen: &str) -> WebConfig {
        WebConfig::at(Listen::try_from(listen.to_owned()).unwrap())
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for near in ["127.0.0.1:8420", "[::1]:8420", "/run/nameplate/http.sock"] {
            at(near).check().unwrap();
        }
        for far in ["192.0.2.1:8420", "[2001:db8::1]:80"] {
            assert_eq!(at(far).check().unwrap_err().key, "web.listen");
            let tls = TlsConfig { certificate: "c".into(), key: "k".into() };
            WebConfig { tls: Some(tls), ..at(far) }.check().unwrap();
            WebConfig { behind_proxy: true, ..at(far) }.check().unwrap();
            let nobody = WebConfig { behind_proxy: true, proxies: Vec::new(), ..at(far) };
            assert_eq!(nobody.check().unwrap_err().key, "web.behind_proxy");
        }
        // On every address, no host can be guessed.
        let everywhere = WebConfig { behind_proxy: true, ..at("0.0.0.0:8420") };
        assert_eq!(everywhere.check().unwrap_err().key, "web.hosts");
    }

    #[test]
    fn hosts_that_are_none_are_told() {
        for bad in ["", "https://a.example", "a.example:80", "a.example/", "[::1", "a..b", "a b", "ü.example"]
        {
            let config = WebConfig { hosts: vec![bad.to_owned()], ..at("127.0.0.1:1") };
            assert_eq!(config.check().unwrap_err().key, "web.hosts", "{bad:?}");
        }
        let config = WebConfig { hosts: vec!["Leads.Example".into(), "[2001:db8::1]".into()], ..at("/a") };
        config.check().unwrap();
        assert_eq!(config.allowed_hosts(), ["leads.example", "[2001:db8::1]"]);
        assert_eq!(at("[::1]:8420").allowed_hosts(), ["localhost", "[::1]"]);
    }

    #[test]
    fn places_and_networks_are_read() {
        assert_eq!(at("./here").listen, Listen::Path("./here".into()));
        assert!(Listen::try_from("localhost:80".to_owned()).is_err());
        assert!(ProxyNetwork::try_from("10.0.0.1/8".to_owned()).is_err());
        assert_eq!(ProxyNetwork::try_from("10.0.0.1".to_owned()).unwrap().0.prefix_len(), 32);
    }
}
