//! The client's address behind proxies: read from the right, and only as far as somebody who is trusted wrote it.
//!
//! ```text
//! X-Forwarded-For: 198.51.100.9, 203.0.113.7, 10.0.0.2      connection from 10.0.0.1
//!                  whatever the   the client   a proxy  <---  a proxy
//!                  client sent
//! ```
//!
//! Each proxy appends whom it talked to. If 10.0.0.0/8 is trusted, 10.0.0.1 is believed when it says 10.0.0.2, and that when it says
//! 203.0.113.7, which is not trusted and so is the client; what stands left of it, anybody could have sent. An entry that cannot be read ends
//! the way, and no address is better than a proxy's. The one header that the configuration names is looked at: proxies pass on a header that
//! they do not write.

use std::fmt;
use std::net::IpAddr;

use nameplate::{Address, Network};

use crate::config::{ProxiesConfig, ProxyHeader};

/// Entries that are looked at.
const MAX_ENTRIES: usize = 32;

/// What a request says of where it comes from.
#[derive(Clone, Default)]
pub struct Request<'a> {
    /// The other end of the connection; none for a Unix socket, behind which a local proxy is believed.
    pub peer: Option<IpAddr>,
    /// The lines of `X-Forwarded-For`, in their order.
    pub x_forwarded_for: Vec<&'a str>,
    /// The lines of `Forwarded`, in their order.
    pub forwarded: Vec<&'a str>,
}

/// One look at an address, or at what should have been one. Shown by `nameplate doctor` to whoever typed it, and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Where it stood.
    pub place: Place,
    /// What was found.
    pub found: Found,
}

/// Where an address stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the other end of the connection.
    Connection,
    /// In the header, so many entries from the right, from 1.
    Entry(usize),
}

/// What was found there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A trusted proxy's address, which is believed.
    Proxy(IpAddr),
    /// An address that is not trusted: the client.
    Client(IpAddr),
    /// A Unix socket.
    Local,
    /// No address, or a name for one (`unknown`, `_hidden`): the way ends without one.
    Unreadable,
    /// More entries than are looked at.
    TooMany,
    /// No entry more, and all were trusted: the last one is the client.
    OnlyProxies(IpAddr),
    /// A local proxy that says nothing.
    Nothing,
}

/// The client's address and the steps to it.
#[derive(Clone)]
pub struct ClientAddress {
    /// None where it can't be told; the visit is then no company's.
    pub address: Option<Address>,
    /// How it was found, from the connection on.
    pub steps: Vec<Step>,
}

/// Finds the client's address. O(bytes of the header), at most 32 entries.
pub fn client_address(config: &ProxiesConfig, request: &Request<'_>) -> ClientAddress {
    let mut steps = Vec::new();
    let address = walk(config, request, &mut |place, found| steps.push(Step { place, found }));
    ClientAddress { address: address.map(Address::from), steps }
}

fn walk(
    config: &ProxiesConfig,
    request: &Request<'_>,
    note: &mut impl FnMut(Place, Found),
) -> Option<IpAddr> {
    let mut last = None;
    match request.peer.map(unmapped) {
        None => note(Place::Connection, Found::Local),
        Some(peer) if !is_trusted(config, peer) => {
            note(Place::Connection, Found::Client(peer));
            return Some(peer);
        }
        Some(peer) => {
            note(Place::Connection, Found::Proxy(peer));
            last = Some(peer);
        }
    }
    let entries: Vec<Option<IpAddr>> = match config.header {
        ProxyHeader::XForwardedFor => request
            .x_forwarded_for
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(','))
            .take(MAX_ENTRIES + 1)
            .map(node)
            .collect(),
        ProxyHeader::Forwarded => {
            request.forwarded.iter().rev().flat_map(|line| forwarded(line)).take(MAX_ENTRIES + 1).collect()
        }
    };
    for (number, entry) in (1..).zip(entries) {
        let place = Place::Entry(number);
        if number > MAX_ENTRIES {
            note(place, Found::TooMany);
            return None;
        }
        let Some(address) = entry else {
            note(place, Found::Unreadable);
            return None;
        };
        if !is_trusted(config, address) {
            note(place, Found::Client(address));
            return Some(address);
        }
        note(place, Found::Proxy(address));
        last = Some(address);
    }
    note(Place::Connection, last.map_or(Found::Nothing, Found::OnlyProxies));
    last
}

fn is_trusted(config: &ProxiesConfig, address: IpAddr) -> bool {
    config.trusted.iter().any(|network| contains(&network.0, address))
}

/// Whether an address is in a network of its family.
pub(crate) fn contains(network: &Network, address: IpAddr) -> bool {
    network.first.is_ipv4() == address.is_ipv4() && (network.first..=network.last).contains(&address)
}

/// IPv4 where it came as IPv4-mapped IPv6, as from a socket of both families.
fn unmapped(address: IpAddr) -> IpAddr {
    Address::from(address).into()
}

/// The elements of a `Forwarded` line from the right: the address of each one's `for`. RFC 7239, section 4.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    let mut elements: Vec<_> = split_unquoted(line, ',')
        .map(|element| {
            split_unquoted(element, ';')
                .find_map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    name.trim().eq_ignore_ascii_case("for").then_some(value)
                })
                .and_then(node)
        })
        .collect();
    elements.reverse();
    elements
}

/// The parts of a text between separators that do not stand in quotes.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        if escaped {
            escaped = false;
        } else if quoted && character == '\\' {
            escaped = true;
        } else if character == '"' {
            quoted = !quoted;
        } else {
            return !quoted && character == separator;
        }
        false
    })
}

/// An address, with a port or without: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `"[2001:db8::1]:80"`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let is_port =
        |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let bare = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        if !address.contains(':') || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
            return None;
        }
        address
    } else {
        match text.split_once(':') {
            Some((address, port)) if is_port(port) && address.contains('.') => address,
            _ => text,
        }
    };
    Address::parse(bare.as_bytes()).ok().map(IpAddr::from)
}

/// In a sentence, with the address.
impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Connection => out.write_str("the connection: ")?,
            Place::Entry(number) => write!(out, "entry {number} from the right: ")?,
        }
        match self.found {
            Found::Proxy(address) => write!(out, "{address} is a trusted proxy, so what it says counts"),
            Found::Client(address) => write!(out, "{address} is not trusted, so it is the client"),
            Found::Local => out.write_str("a Unix socket, so what the local proxy says counts"),
            Found::Unreadable => out.write_str("no address can be read there, so the client is not known"),
            Found::TooMany => write!(out, "more than {MAX_ENTRIES} proxies, so the client is not known"),
            Found::OnlyProxies(address) => {
                write!(out, "nobody but trusted proxies; the farthest, {address}, is taken for the client")
            }
            Found::Nothing => out.write_str("the local proxy says nothing, so the client is not known"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(header: &str) -> ProxiesConfig {
        toml::from_str(&format!("trusted = [\"10.0.0.0/8\", \"2001:db8::/32\"]\nheader = \"{header}\""))
            .unwrap()
    }

    fn found(header: &str, peer: &str, lines: &[&str]) -> Option<String> {
        let peer = (!peer.is_empty()).then(|| peer.parse().unwrap());
        let mut request = Request { peer, ..Request::default() };
        // The other header always lies.
        let lie = vec!["for=198.51.100.66, 198.51.100.66"];
        (request.x_forwarded_for, request.forwarded) =
            if header == "forwarded" { (lie, lines.to_vec()) } else { (lines.to_vec(), lie) };
        client_address(&config(header), &request).address.map(|address| IpAddr::from(address).to_string())
    }

    #[test]
    fn x_forwarded_for_is_read_as_far_as_it_is_trusted() {
        for (peer, lines, expected) in [
            ("203.0.113.9", &["198.51.100.1"][..], Some("203.0.113.9")),
            ("10.0.0.1", &["198.51.100.9, 203.0.113.7, 10.0.0.2"], Some("203.0.113.7")),
            ("10.0.0.1", &["198.51.100.9", "203.0.113.7", "10.0.0.2"], Some("203.0.113.7")),
            ("::ffff:10.0.0.1", &["203.0.113.7"], Some("203.0.113.7")),
            ("10.0.0.1", &["203.0.113.7:4711"], Some("203.0.113.7")),
            ("10.0.0.1", &["[2001:db9::1]:443"], Some("2001:db9::1")),
            ("10.0.0.1", &["2001:db9::1, 2001:db8::2"], Some("2001:db9::1")),
            ("10.0.0.1", &["::ffff:203.0.113.7"], Some("203.0.113.7")),
            ("10.0.0.1", &["203.0.113.7, unknown"], None),
            ("10.0.0.1", &["203.0.113.7, "], None),
            ("10.0.0.1", &["203.0.113.7, 10.0.0.2.example"], None),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], Some("10.0.0.3")),
            ("10.0.0.1", &[], Some("10.0.0.1")),
            ("", &["203.0.113.7"], Some("203.0.113.7")),
            ("", &[], None),
        ] {
            assert_eq!(found("x-forwarded-for", peer, lines).as_deref(), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        for (lines, expected) in [
            (&["for=203.0.113.7"][..], Some("203.0.113.7")),
            (&["for=192.0.2.43, For=\"[2001:db9::17]:4711\";proto=http;by=10.0.0.9"], Some("2001:db9::17")),
            (&["for=203.0.113.7;host=\"a,b;for=198.51.100.1\""], Some("203.0.113.7")),
            (&["by=\"x\\\",for=198.51.100.1\";for=203.0.113.7"], Some("203.0.113.7")),
            (&["for=203.0.113.7", "for=10.0.0.2"], Some("203.0.113.7")),
            (&["for=203.0.113.7, for=unknown"], None),
            (&["for=203.0.113.7, for=_secret"], None),
            (&["for=203.0.113.7, proto=https"], None),
            (&["203.0.113.7"], None),
        ] {
            assert_eq!(found("forwarded", "10.0.0.1", lines).as_deref(), expected, "{lines:?}");
        }
    }

    #[test]
    fn too_many_proxies_are_no_address() {
        let line = format!("203.0.113.7{}", ", 10.0.0.2".repeat(MAX_ENTRIES));
        assert_eq!(found("x-forwarded-for", "10.0.0.1", &[&line]), None);
        let line = format!("203.0.113.7{}", ", 10.0.0.2".repeat(MAX_ENTRIES - 1));
        assert_eq!(found("x-forwarded-for", "10.0.0.1", &[&line]).as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn every_step_is_told() {
        let request = Request {
            peer: Some("10.0.0.1".parse().unwrap()),
            x_forwarded_for: vec!["198.51.100.9, 203.0.113.7, 10.0.0.2"],
            ..Request::default()
        };
        let steps: Vec<_> =
            client_address(&config("x-forwarded-for"), &request).steps.iter().map(Step::to_string).collect();
        assert_eq!(
            steps,
            [
                "the connection: 10.0.0.1 is a trusted proxy, so what it says counts",
                "entry 1 from the right: 10.0.0.2 is a trusted proxy, so what it says counts",
                "entry 2 from the right: 203.0.113.7 is not trusted, so it is the client",
            ]
        );
    }

    proptest! {
        /// Whatever a client sends stands left of what its proxy wrote.
        #[test]
        fn nothing_that_a_client_sends_changes_its_address(sent in proptest::collection::vec("[ -~]{0,30}", 0..4), header in 0..2_usize) {
            let (header, wrote) = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")][header];
            let mut lines: Vec<&str> = sent.iter().map(String::as_str).collect();
            lines.push(wrote);
            let address = found(header, "10.0.0.1", &lines);
            prop_assert_eq!(address.as_deref(), Some("203.0.113.7"));
        }
    }
}
