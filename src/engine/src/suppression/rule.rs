//! One rule: what it names, how it is written, and when two are the same.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::address::Address;
use crate::answer::Network;

/// Whom or what a rule hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressionRule {
    /// The company with this id, as answers show it: `lei:…`. `asn:…` names the AS too.
    Company(String),
    /// The company with this number in this register.
    Register {
        /// The register's name, as answers show it.
        register: String,
        /// The number in it.
        number: String,
    },
    /// The companies with this domain: a host name, with or without `www.`, not those below it.
    Domain(String),
    /// Every address of a network.
    Network(Network),
}

impl SuppressionRule {
    /// The word for the kind of rule, as the list and the command line write it.
    pub const fn kind(&self) -> &'static str {
        match self {
            SuppressionRule::Company(_) => "id",
            SuppressionRule::Register { .. } => "register",
            SuppressionRule::Domain(_) => "domain",
            SuppressionRule::Network(_) => "network",
        }
    }

    /// Equal for rules that say the same.
    pub(super) fn key(&self) -> String {
        match self {
            SuppressionRule::Company(id) => company_key(id),
            SuppressionRule::Register { register, number } => register_key(register, number),
            SuppressionRule::Domain(domain) => domain_key(domain),
            SuppressionRule::Network(network) => format!("network\t{network}"),
        }
    }

    /// Why the rule can't be in a list.
    fn check(&self) -> Result<(), InvalidSuppression> {
        match self {
            SuppressionRule::Company(id) => {
                check_text(id, "the id is one line of text without tabs, and not empty")
            }
            SuppressionRule::Register { register, number } => {
                check_text(register, "the register is one line of text without tabs, and not empty")?;
                check_text(number, "the number is one line of text without tabs, and not empty")
            }
            SuppressionRule::Domain(domain) => {
                let of_host_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
                let key = domain_key(domain);
                let name = key.split_once('\t').map_or("", |(_, name)| name);
                require(
                    domain.chars().all(of_host_name) && name.contains('.') && !name.starts_with('.'),
                    "the domain is a host name, as example.com: no https:// before it, no path behind it",
                )
            }
            SuppressionRule::Network(network) => {
                let of_one_family = network.first.is_ipv4() == network.last.is_ipv4();
                require(of_one_family && network.first <= network.last, InvalidNetwork::TEXT)
            }
        }
    }
}

/// As in the list: the kind, then what it names, with tabs between them.
impl fmt::Display for SuppressionRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            SuppressionRule::Company(text) | SuppressionRule::Domain(text) => write!(out, "{kind}\t{text}"),
            SuppressionRule::Register { register, number } => write!(out, "{kind}\t{register}\t{number}"),
            SuppressionRule::Network(network) => write!(out, "{kind}\t{network}"),
        }
    }
}

pub(super) fn company_key(id: &str) -> String {
    folded("id\t", id)
}

/// The AS number that an id is made of: `asn:64500`.
pub(super) fn as_number(id: &str) -> Option<u32> {
    let (kind, number) = id.split_once(':')?;
    if kind.trim().eq_ignore_ascii_case("asn") { number.trim().parse().ok() } else { None }
}

pub(super) fn domain_key(domain: &str) -> String {
    let domain = domain.trim().trim_end_matches('.');
    let www = domain.get(..4).filter(|start| start.eq_ignore_ascii_case("www."));
    folded("domain\t", &domain[www.map_or(0, str::len)..])
}

pub(super) fn register_key(register: &str, number: &str) -> String {
    folded(&folded("register\t", register), "") + "\t" + &folded("", number)
}

/// The text in lower case and without its spaces: "HRB 1" and "hrb1" are one number. People write
/// rules, and registers write numbers, in more ways than one; a rule that misses for a space would
/// show who asked not to be shown.
pub(super) fn folded(prefix: &str, text: &str) -> String {
    let mut folded = String::with_capacity(prefix.len() + text.len());
    folded.push_str(prefix);
    if text.is_ascii() {
        // Most text; a file has a hundred thousand names, and each is folded when a list hides one.
        folded.extend(text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()));
    } else {
        folded.extend(text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase));
    }
    folded
}

/// A rule, since when it holds, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    rule: SuppressionRule,
    date: String,
    reason: String,
}

/// A rule, date or reason that can't stand in a list; the text says what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSuppression(pub(super) &'static str);

impl InvalidSuppression {
    /// What it should be; quotes nothing.
    pub const fn text(self) -> &'static str {
        self.0
    }
}

impl Suppression {
    /// An entry for a list. Texts must not be empty nor hold control characters; the date is a day
    /// as `2026-06-17`.
    pub fn new(rule: SuppressionRule, date: &str, reason: &str) -> Result<Suppression, InvalidSuppression> {
        rule.check()?;
        require(is_date(date), "the date is a day, as 2026-06-17")?;
        check_text(reason, "the reason is one line of text without tabs, and not empty")?;
        Ok(Suppression { rule, date: date.into(), reason: reason.into() })
    }

    /// What is hidden.
    pub fn rule(&self) -> &SuppressionRule {
        &self.rule
    }

    /// Since when, as `2026-06-17`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

fn require(holds: bool, what: &'static str) -> Result<(), InvalidSuppression> {
    if holds { Ok(()) } else { Err(InvalidSuppression(what)) }
}

fn check_text(text: &str, what: &'static str) -> Result<(), InvalidSuppression> {
    require(!text.trim().is_empty() && !text.contains(char::is_control), what)
}

/// A day of the Gregorian calendar, as ISO 8601 writes it.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0, |number: u32, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", InvalidNetwork::TEXT)]
pub struct InvalidNetwork;

impl InvalidNetwork {
    const TEXT: &str = "a network is a CIDR prefix as 192.0.2.0/24 with zeros behind it, two addresses as \
        192.0.2.0-192.0.2.9, or one address";
}

/// Reads a CIDR prefix, `first-last` or one address, of either family; IPv4-mapped IPv6 is IPv4.
/// Bits behind the prefix are refused: they may be a wrong prefix or a wrong address.
impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Network, InvalidNetwork> {
        let address = |text: &str| Address::parse(text.as_bytes()).map_err(|_| InvalidNetwork);
        if let Some((first, last)) = text.split_once('-') {
            return network(address(first)?, address(last)?);
        }
        let Some((first, length)) = text.split_once('/') else {
            let only = address(text)?;
            return network(only, only);
        };
        let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u32 = length.parse().ok().filter(|_| digits).ok_or(InvalidNetwork)?;
        let mapped = first.contains(':');
        match address(first)? {
            Address::V4(bits) => {
                let length = if mapped { length.checked_sub(96) } else { Some(length) };
                let host_bits = length.and_then(|length| 32_u32.checked_sub(length)).ok_or(InvalidNetwork)?;
                let host = u32::MAX.checked_shr(32 - host_bits).unwrap_or(0);
                if bits & host != 0 {
                    Err(InvalidNetwork)
                } else {
                    network(Address::V4(bits), Address::V4(bits | host))
                }
            }
            Address::V6(bits) => {
                let host_bits = 128_u32.checked_sub(length).ok_or(InvalidNetwork)?;
                let host = u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
                if bits & host != 0 {
                    Err(InvalidNetwork)
                } else {
                    network(Address::V6(bits), Address::V6(bits | host))
                }
            }
        }
    }
}

fn network(first: Address, last: Address) -> Result<Network, InvalidNetwork> {
    let (first, last) = (IpAddr::from(first), IpAddr::from(last));
    if first.is_ipv4() != last.is_ipv4() || first > last {
        Err(InvalidNetwork)
    } else {
        Ok(Network { first, last })
    }
}

/// As a CIDR prefix where it is one, else as `first-last`.
impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last, width) = match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (first.to_bits().into(), last.to_bits().into(), 32),
            (first, last) => (bits(first), bits(last), 128),
        };
        let differing = 128 - (first ^ last).leading_zeros();
        let host = u128::MAX.checked_shr(128 - differing).unwrap_or(0);
        if first & host == 0 && last & host == host && differing <= width {
            write!(out, "{}/{}", self.first, width - differing)
        } else {
            write!(out, "{}-{}", self.first, self.last)
        }
    }
}

/// The number of an address within its family.
pub(super) fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The same addresses as ascending networks with a gap between any two.
pub(super) fn merged(mut networks: Vec<Network>) -> Vec<Network> {
    networks.sort_unstable_by_key(|network| (network.first, network.last));
    let mut merged: Vec<Network> = Vec::with_capacity(networks.len());
    for network in networks {
        match merged.last_mut() {
            Some(before) if touches(before, &network) => before.last = before.last.max(network.last),
            _ => merged.push(network),
        }
    }
    merged
}

/// Whether a network that starts later overlaps, or follows at once.
fn touches(before: &Network, after: &Network) -> bool {
    let next = match before.last {
        IpAddr::V4(last) => last.to_bits().checked_add(1).map(|bits| Ipv4Addr::from_bits(bits).into()),
        IpAddr::V6(last) => last.to_bits().checked_add(1).map(|bits| Ipv6Addr::from_bits(bits).into()),
    };
    before.last.is_ipv4() == after.first.is_ipv4() && next.is_none_or(|next: IpAddr| after.first <= next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rule: SuppressionRule) -> Result<Suppression, InvalidSuppression> {
        Suppression::new(rule, "2026-06-17", "asked")
    }

    #[test]
    fn networks_are_read_in_each_form_and_written_in_the_shortest() {
        for (text, written) in [
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("192.0.2.0-192.0.2.255", "192.0.2.0/24"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("192.0.2.1-192.0.2.2", "192.0.2.1-192.0.2.2"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("0.0.0.0-255.255.255.255", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("2001:db8::-2001:db8::2", "2001:db8::-2001:db8::2"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("::ffff:192.0.2.1", "192.0.2.1/32"),
        ] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), written, "{text}");
            assert_eq!(written.parse::<Network>(), text.parse());
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "/",
            "-",
            "192.0.2.0/33",
            "192.0.2.0/",
            "192.0.2.0/+8",
            "192.0.2.1/24",
            "192.0.2.0/-1",
            "::/129",
            "::1/64",
            "::ffff:192.0.2.0/24",
            "192.0.2.2-192.0.2.1",
            "192.0.2.0-2001:db8::",
            "192.0.2.0/24/24",
            "192.0.2.0-192.0.2.1-192.0.2.2",
            "example.com",
            "192.0.2.0/99999999999",
        ] {
            assert_eq!(text.parse::<Network>(), Err(InvalidNetwork), "{text}");
        }
    }

    #[test]
    fn networks_that_overlap_or_touch_are_one() {
        let networks =
            |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Network>>();
        let mixed = networks(&[
            "2001:db8::/64",
            "192.0.2.128/25",
            "255.255.255.255",
            "192.0.2.0/25",
            "192.0.2.7",
            "::",
            "192.0.4.0/24",
            "2001:db8:0:1::/64",
            "255.255.255.0/24",
        ]);
        let expected = networks(&["192.0.2.0/24", "192.0.4.0/24", "255.255.255.0/24", "::", "2001:db8::/63"]);
        assert_eq!(merged(mixed), expected);
    }

    #[test]
    fn rules_are_the_same_whatever_their_case_and_spaces() {
        let same = |a: SuppressionRule, b: SuppressionRule| assert_eq!(a.key(), b.key());
        let register = |register: &str, number: &str| SuppressionRule::Register {
            register: register.into(),
            number: number.into(),
        };
        same(register("Amtsgericht Köln", "HRB 1"), register("AMTSGERICHT  KÖLN", "hrb1"));
        same(SuppressionRule::Company("lei:ABC".into()), SuppressionRule::Company("LEI:abc".into()));
        for domain in ["www.Example.com", "example.com.", "EXAMPLE.COM"] {
            same(SuppressionRule::Domain(domain.into()), SuppressionRule::Domain("example.com".into()));
        }
        assert_ne!(register("a", "b1").key(), register("ab", "1").key());
    }

    #[test]
    fn what_cannot_stand_in_a_list_is_refused() {
        for id in ["", " ", "a\tb", "a\nb", "a\r", "a\0"] {
            assert!(entry(SuppressionRule::Company(id.into())).is_err(), "{id:?}");
            assert!(Suppression::new(SuppressionRule::Company("a".into()), "2026-06-17", id).is_err());
        }
        for domain in
            ["", "com", "www.com", "https://example.com", "example.com/", "a@example.com", ".com", "a b.com"]
        {
            assert!(entry(SuppressionRule::Domain(domain.into())).is_err(), "{domain:?}");
        }
        for date in [
            "",
            "2026-6-17",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "17.06.2026",
            "2026-06-17Z",
            "+026-06-17",
        ] {
            assert!(
                Suppression::new(SuppressionRule::Company("a".into()), date, "asked").is_err(),
                "{date:?}"
            );
        }
        for date in ["2024-02-29", "2000-02-29", "1999-12-31"] {
            assert!(
                Suppression::new(SuppressionRule::Company("a".into()), date, "asked").is_ok(),
                "{date:?}"
            );
        }
    }
}
