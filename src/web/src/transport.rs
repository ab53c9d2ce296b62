//! How a request came: over HTTPS or not, and from which network. Decided once for each request, before all else.
//!
//! | listens | a request is taken | and counts as secure |
//! |---|---|---|
//! | with a certificate | always | yes |
//! | `behind_proxy` | from a proxy (or over the Unix socket) that says `https` | yes |
//! | neither: on loopback or a Unix socket | without a word of any proxy | no |
//!
//! A proxy that nobody told of is refused in the last case: it would carry plain HTTP beyond this machine.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::HeaderMap;
use hyper::header::{FORWARDED, HeaderName};

use crate::config::{ProxyNetwork, WebConfig};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What proxies write. One of them is enough to know that there is one.
const PROXY_HEADERS: [HeaderName; 5] = [
    FORWARDED,
    FORWARDED_PROTO,
    FORWARDED_FOR,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// The rules, from the configuration.
pub(crate) struct Transport {
    tls: bool,
    behind_proxy: bool,
    proxies: Vec<ProxyNetwork>,
    /// Of this process alone, so that what is computed from an address says nothing to anybody else.
    key: RandomState,
}

/// Who is at the other end of the connection.
#[derive(Clone, Copy)]
pub(crate) enum Peer {
    /// A process of this machine.
    Unix,
    /// A machine.
    Address(IpAddr),
}

/// What is known of a request's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// HTTPS all along.
    pub(crate) secure: bool,
    /// The client's network, in a form that only this process can compare: for counting failures. Lives in memory alone.
    pub(crate) network: u64,
    /// There is an address in the request's head: its connection ends with the reply, so that the buffers end too.
    pub(crate) forwarded: bool,
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// It came through a proxy that the configuration does not know of.
    UnknownProxy,
    /// It came past the proxy.
    NoProxy,
    /// The proxy does not say that it came over HTTPS.
    Insecure,
}

impl NotTaken {
    /// What to do about it.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            NotTaken::UnknownProxy => "a proxy passed this on, but behind_proxy is not set in [web]",
            NotTaken::NoProxy => "this did not come from a proxy that [web] trusts",
            NotTaken::Insecure => {
                "ask over https; if you did, the proxy must say so by X-Forwarded-Proto: https"
            }
        }
    }
}

impl Transport {
    pub(crate) fn new(config: &WebConfig) -> Transport {
        Transport {
            tls: config.tls.is_some(),
            behind_proxy: config.behind_proxy,
            proxies: config.proxies.clone(),
            key: RandomState::new(),
        }
    }

    pub(crate) fn way(&self, peer: Peer, headers: &HeaderMap) -> Result<Way, NotTaken> {
        let forwarded = PROXY_HEADERS.iter().any(|name| headers.contains_key(name));
        let proxied = self.behind_proxy && self.is_proxy(peer);
        if proxied && says_https(headers) {
            return Ok(Way { secure: true, network: self.network(self.client(peer, headers)), forwarded });
        }
        let secure = match (self.tls, self.behind_proxy) {
            // A direct client beside the proxy's; what it says of other addresses is not believed.
            (true, _) => true,
            (false, true) if proxied => return Err(NotTaken::Insecure),
            (false, true) => return Err(NotTaken::NoProxy),
            (false, false) if forwarded => return Err(NotTaken::UnknownProxy),
            (false, false) => false,
        };
        Ok(Way { secure, network: self.network(peer), forwarded })
    }

    fn is_proxy(&self, peer: Peer) -> bool {
        match peer {
            Peer::Unix => true,
            Peer::Address(address) => self.trusts(address.to_canonical()),
        }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.0.contains(&address))
    }

    /// The last address that a proxy saw and that is no proxy's itself; what stands before it anybody can have written.
    fn client(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        let lines = headers.get_all(FORWARDED_FOR);
        let addresses = lines
            .iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii));
        let mut nearest = peer;
        for text in addresses {
            let address = std::str::from_utf8(text).ok().and_then(|text| text.parse::<IpAddr>().ok());
            let Some(address) = address.map(|address| address.to_canonical()) else { break };
            nearest = Peer::Address(address);
            if !self.trusts(address) {
                break;
            }
        }
        nearest
    }

    /// Of an address as many bits as a customer usually has for itself: 24 of IPv4, 56 of IPv6.
    fn network(&self, peer: Peer) -> u64 {
        match peer {
            Peer::Unix => self.key.hash_one(0_u8),
            Peer::Address(address) => match address.to_canonical() {
                IpAddr::V4(address) => {
                    self.key.hash_one(Ipv4Addr::from_bits(address.to_bits() & !0xff).octets())
                }
                IpAddr::V6(address) => {
                    self.key.hash_one(Ipv6Addr::from_bits(address.to_bits() & (!0 << 72)).octets())
                }
            },
        }
    }
}

/// Whether the proxy says that its client spoke HTTPS, and nothing else beside it.
fn says_https(headers: &HeaderMap) -> bool {
    let mut said = false;
    for line in headers.get_all(FORWARDED_PROTO) {
        if !line.as_bytes().eq_ignore_ascii_case(b"https") {
            return false;
        }
        said = true;
    }
    for line in headers.get_all(FORWARDED) {
        let Ok(line) = line.to_str() else { return false };
        // RFC 7239, section 4: the last element is the nearest proxy's.
        let nearest = line.rsplit(',').next().unwrap_or_default();
        for pair in nearest.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            if name.trim().eq_ignore_ascii_case("proto") {
                if !value.trim().trim_matches('"').eq_ignore_ascii_case("https") {
                    return false;
                }
                said = true;
            }
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Listen, TlsConfig};

    fn config() -> WebConfig {
        WebConfig::at(Listen::Address("127.0.0.1:8420".parse().unwrap()))
    }

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn peer(text: &str) -> Peer {
        Peer::Address(text.parse().unwrap())
    }

    #[test]
    fn on_loopback_an_unknown_proxy_is_refused() {
        let transport = Transport::new(&config());
        assert!(!transport.way(peer("127.0.0.1"), &headers(&[])).unwrap().secure);
        for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"] {
            let way = transport.way(peer("127.0.0.1"), &headers(&[(name, "https")]));
            assert_eq!(way, Err(NotTaken::UnknownProxy), "{name}");
        }
    }

    #[test]
    fn behind_a_proxy_only_its_word_for_https_counts() {
        let transport = Transport::new(&WebConfig { behind_proxy: true, ..config() });
        for (lines, taken) in [
            (&[("x-forwarded-proto", "https")][..], true),
            (&[("forwarded", "for=192.0.2.1;proto=http, for=\"[::1]\";Proto=\"https\"")], true),
            (&[], false),
            (&[("x-forwarded-for", "192.0.2.1")], false),
            (&[("x-forwarded-proto", "http")], false),
            (&[("x-forwarded-proto", "https, http")], false),
            (&[("x-forwarded-proto", "http"), ("x-forwarded-proto", "https")], false),
            (&[("x-forwarded-proto", "https"), ("forwarded", "proto=http")], false),
            (&[("forwarded", "proto=https, for=192.0.2.1")], false),
        ] {
            let headers: HeaderMap = {
                let mut map = HeaderMap::new();
                for (name, value) in lines {
                    map.append(HeaderName::from_static(name), value.parse().unwrap());
                }
                map
            };
            assert_eq!(transport.way(peer("127.0.0.1"), &headers).is_ok(), taken, "{lines:?}");
            assert_eq!(transport.way(Peer::Unix, &headers).is_ok(), taken, "{lines:?}");
            assert_eq!(transport.way(peer("192.0.2.7"), &headers), Err(NotTaken::NoProxy));
        }
    }

    #[test]
    fn with_a_certificate_nobody_is_believed_unless_told() {
        let tls = Some(TlsConfig { certificate: "c".into(), key: "k".into() });
        let transport = Transport::new(&WebConfig { tls, ..config() });
        let plain = transport.way(peer("192.0.2.7"), &headers(&[])).unwrap();
        let forged = headers(&[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-proto", "http")]);
        let forged = transport.way(peer("192.0.2.7"), &forged).unwrap();
        assert!(plain.secure && forged.secure);
        assert_eq!(plain.network, forged.network);
    }

    #[test]
    fn the_network_is_the_last_that_no_proxy_is_in() {
        let proxies =
            ["127.0.0.0/8", "10.0.0.0/8"].map(|text| ProxyNetwork::try_from(text.to_owned()).unwrap());
        let transport =
            Transport::new(&WebConfig { behind_proxy: true, proxies: proxies.into(), ..config() });
        let network = |list: &'static str| {
            let headers = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-for", list)]);
            transport.way(peer("127.0.0.1"), &headers).unwrap().network
        };
        let client = network("198.51.100.9");
        assert_eq!(network("203.0.113.1, 198.51.100.9, 10.0.0.3"), client, "what a client wrote is not read");
        assert_eq!(network("198.51.100.200"), client, "a /24 is one network");
        assert_eq!(network("::ffff:198.51.100.9"), client);
        assert_ne!(network("198.51.101.9"), client);
        assert_eq!(network("2001:db8:0:1ff::1"), network("2001:db8:0:100::2"));
        assert_ne!(network("2001:db8:0:1ff::1"), network("2001:db8:0:200::1"));
        assert_eq!(network("nonsense"), network("198.51.100.9, nonsense"));
    }
}
