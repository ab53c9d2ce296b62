//! MaxMind DB files (MaxMind DB file format specification 2.0): GeoLite2 ASN, GeoIP2 ISP and
//! Enterprise, IPinfo's files and others with their field names.
//!
//! | field | says |
//! |---|---|
//! | `autonomous_system_number`, `asn` (`AS64500`) | the AS |
//! | `autonomous_system_organization`, `as_name`, `as_domain`, `as_type` | its holder |
//! | `organization`, `name`, `domain` | who holds the network |
//! | `user_type`, `connection_type`, `type` | its kind, where that is clear |
//! | `registered_country`, `country`, `country_code` | the country |
//!
//! MaxMind keeps some of them in `traits`. MaxMind's own `domain` is left out: it is the domain of
//! the addresses' names in the DNS, which are the access provider's as a rule.
//!
//! A network that is there twice, because the tree has IPv4 again under `::ffff:0:0/96`, `2002::/16`
//! or `2001::/32`, is read once. In counts, a line is a network, numbered from 1 in the tree's order.

mod facts;

use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use maxminddb::{LookupResult, Reader, WithinOptions};

use super::input::{Input, Told};
use super::row::{self, Country, Kind, Organisation, Range, Row, SystemRow};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;
use facts::Facts;

/// The largest file that is read. It is held in memory as a whole.
const LARGEST: u64 = 4 << 30;
/// How often a node of the search tree may be passed, on average: once, and once more for each
/// place at which the tree has IPv4 again.
const PASSES: u64 = 16;

/// Calls `each` with every network that has an AS, a holder, a kind or a country.
///
/// Memory: the file's size.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let bytes = whole(path, progress)?;
    let damaged = |_| ImportError::file(path, "is no MMDB file, or one that is damaged or cut off");
    let reader = Reader::from_source(bytes.as_slice()).map_err(damaged)?;
    if !Tree::of(&reader, &bytes).is_walkable() {
        return Err(ImportError::file(path, "is a damaged MMDB file: its search tree runs in circles"));
    }
    let mut counts = Counts::default();
    let networks = reader.networks(WithinOptions::default().skip_empty_values()).map_err(damaged)?;
    for (number, network) in (1..).zip(networks) {
        let outcome = network.map_err(|_| DAMAGED).and_then(|network| said(&network, each));
        counts.row(number, outcome);
    }
    Ok(counts)
}

const DAMAGED: Refusal = "a network's record is damaged";

fn whole(path: &Path, progress: &mut dyn Progress) -> Result<Vec<u8>, ImportError> {
    let mut input = Input::open(path)?;
    let _told = Told::begin(&input, progress);
    let mut bytes = Vec::new();
    let read = (&mut input.reader).take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(ImportError::io(path))?;
    if bytes.len() as u64 > LARGEST {
        return Err(ImportError::file(path, "is larger than 4 GiB"));
    }
    Ok(bytes)
}

/// The rows of one network; whether there are any.
fn said(network: &LookupResult<'_, &[u8]>, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let Some(facts) = network.decode::<Facts<'_>>().map_err(|_| DAMAGED)? else { return Ok(false) };
    let as_name = facts.as_name.text()?;
    let as_domain = facts.as_domain.text()?.and_then(text::domain);
    let as_kind = facts.as_type.kind();
    let asn = facts.asn.asn()?;
    let organisation = Organisation {
        name: facts.name.text()?.unwrap_or_default().into(),
        country: facts.country()?,
        domain: facts.domain.text()?.and_then(text::domain).map(Into::into),
        kind: facts.kind(),
        ..Organisation::default()
    };
    let system = asn.map(|asn| SystemRow::held_by(asn, as_name, as_domain, as_kind));
    Ok(row::say(range(network)?, organisation, system, each))
}

fn range(network: &LookupResult<'_, &[u8]>) -> Result<Range, Refusal> {
    let prefix = network.network().map_err(|_| DAMAGED)?;
    match prefix.network() {
        IpAddr::V4(first) => text::prefix_v4(first.to_bits(), prefix.prefix()),
        IpAddr::V6(first) => text::prefix_v6(first.to_bits(), prefix.prefix()),
    }
}

/// A search tree. The library walks it path by path; a hostile one can have more paths than a life
/// has seconds, since nodes may be shared. So the paths are counted first.
struct Tree<'a> {
    nodes: &'a [u8],
    count: u32,
    /// Bytes.
    node_size: usize,
    /// Bits of an address.
    height: u8,
}

impl<'a> Tree<'a> {
    /// The reader has checked that the nodes lie within the bytes.
    fn of(reader: &Reader<&[u8]>, bytes: &'a [u8]) -> Tree<'a> {
        let metadata = reader.metadata();
        Tree {
            nodes: bytes,
            count: metadata.node_count,
            node_size: usize::from(metadata.record_size) / 4,
            height: if metadata.ip_version == 6 { 128 } else { 32 },
        }
    }

    /// Whether every path ends, and there are about as many paths as nodes.
    fn is_walkable(&self) -> bool {
        let mut left = PASSES * u64::from(self.count) + u64::from(self.height);
        let mut stack = vec![(0, 0)];
        while let Some((node, depth)) = stack.pop() {
            if left == 0 || depth >= self.height {
                return false;
            }
            left -= 1;
            let inner = self.records(node).into_iter().filter(|record| *record < self.count);
            stack.extend(inner.map(|record| (record, depth + 1)));
        }
        true
    }

    /// Both records of a node: 24, 28 or 32 bits each. Of 28 bits, the byte in the middle holds the
    /// highest four of the left record and then of the right one.
    fn records(&self, node: u32) -> [u32; 2] {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        let node = &self.nodes[node as usize * self.node_size..][..self.node_size];
        match node.len() {
            6 => [number(&node[..3]), number(&node[3..])],
            7 => [number(&node[..3]) | u32::from(node[3] >> 4) << 24, number(&node[3..]) & 0x0fff_ffff],
            _ => [number(&node[..4]), number(&node[4..])],
        }
    }
}
