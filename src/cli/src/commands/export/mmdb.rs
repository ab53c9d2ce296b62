//! A MaxMind DB file, version 2.0 of the format (<https://maxmind.github.io/MaxMind-DB/>).
//!
//! ```text
//! | search tree | 16 zeros | data section | "\xab\xcd\xefMaxMind.com" | metadata |
//! ```
//!
//! The tree leads from the bits of an IPv6 address to a record in the data section; IPv4 addresses
//! are those of ::/96. Written here rather than with a library: what there is puts 2002::/16 and
//! 2001::/32 on the IPv4 tree too, where a range file has answers of its own, and holds every
//! network as a value of its own before it writes the first byte. From sorted ranges that leave no
//! gap the tree comes out in one pass.

mod data;
mod tree;

use std::collections::HashMap;
use std::io::{self, Write};
use std::iter;
use std::net::IpAddr;

use nameplate::{Answer, Database, Field, Interval, Metadata, Status, Value as FieldValue, for_each_field};

use super::NO_LICENCE;
use data::{DataSection, Value};
use tree::{Leaf, MAPPED_FIRST, MAPPED_LAST, Range, RecordSize, Tree};

const DATABASE_TYPE: &str = "nameplate-company";

/// Between tree and data, so that a reader can find where the data begins.
const SEPARATOR: [u8; 16] = [0; 16];

const METADATA_MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

pub(super) fn write(database: &Database, out: &mut dyn Write) -> io::Result<()> {
    let mut records = Records::default();
    let tree = Tree::new(
        ranges(database).map(|(last, interval)| Range { last, leaf: records.leaf(interval.as_ref()) }),
    );
    let data = records.data.into_bytes();
    let too_large = || io::Error::other("too much for the MaxMind format's 32-bit records; export csv");
    let size = RecordSize::least(&tree, data.len()).ok_or_else(too_large)?;
    tree.write(size, out)?;
    out.write_all(&SEPARATOR)?;
    out.write_all(&data)?;
    out.write_all(METADATA_MARKER)?;
    out.write_all(&metadata(database.metadata(), &tree, size).encode_whole())
}

/// The ranges of the whole IPv6 space, each by its last address: IPv4 in its place ::/96, nothing
/// of its own at ::ffff:0:0/96, and the file's IPv6 intervals everywhere else.
fn ranges(database: &Database) -> impl Iterator<Item = (u128, Option<Interval<'_>>)> {
    let v6 = |from: u128, to: u128| {
        database
            .intervals_v6()
            .skip_while(move |interval| bits(interval.network.last) < from)
            .take_while(move |interval| bits(interval.network.first) <= to)
            .map(move |interval| (bits(interval.network.last).min(to), Some(interval)))
    };
    let v4 = database.intervals_v4().map(|interval| (bits(interval.network.last), Some(interval)));
    v4.chain(v6(1 << 32, MAPPED_FIRST - 1))
        .chain(iter::once((MAPPED_LAST, None)))
        .chain(v6(MAPPED_LAST + 1, u128::MAX))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The answers written so far.
#[derive(Default)]
struct Records {
    data: DataSection,
    /// By answer id.
    leaves: HashMap<u32, Leaf>,
}

impl Records {
    /// What the tree holds for an interval; without one, for ::ffff:0:0/96.
    fn leaf(&mut self, interval: Option<&Interval<'_>>) -> Leaf {
        let Some(interval) = interval else { return Leaf::Ipv4 };
        *self.leaves.entry(interval.answer_id).or_insert_with(|| match interval.answer.status() {
            Status::Company | Status::Operator => Leaf::Data(self.data.place(&record(&interval.answer))),
            Status::Unknown | Status::Reserved => Leaf::Nothing,
        })
    }
}

/// An answer as a map, as in JSON, and with the two keys of MaxMind's own ASN databases, so that
/// programs made for those find what they look for.
fn record<'a>(answer: &Answer<'a>) -> Value<'a> {
    let mut map: Vec<(&'a str, Value<'a>)> = Vec::new();
    for_each_field(answer, |field, value| {
        let name = field.name();
        let value = match value {
            FieldValue::Text(text) => Value::Text(text.into()),
            FieldValue::Number(number) if field == Field::Confidence => Value::Uint16(number as u16),
            FieldValue::Number(number) => Value::Uint32(number as u32),
            FieldValue::Address(_) => return,
        };
        let (group, key) = name.split_once('.').map_or((name, None), |(group, key)| (group, Some(key)));
        // The fields of a group follow one another.
        match (map.last_mut(), key) {
            (Some((last, Value::Map(pairs))), Some(key)) if *last == group => pairs.push((key, value)),
            (Some((last, Value::Array(values))), None) if *last == group => values.push(value),
            (_, Some(key)) => map.push((group, Value::Map(vec![(key, value)]))),
            (_, None) if group == "sources" => map.push((group, Value::Array(vec![value]))),
            (_, None) => map.push((group, value)),
        }
    });
    if let Some(operator) = answer.operator() {
        map.push(("autonomous_system_number", Value::Uint32(operator.asn())));
        if !operator.name().is_empty() {
            map.push(("autonomous_system_organization", Value::Text(operator.name().into())));
        }
    }
    Value::Map(map)
}

fn metadata<'a>(file: Metadata<'a>, tree: &Tree, size: RecordSize) -> Value<'a> {
    Value::Map(vec![
        ("binary_format_major_version", Value::Uint16(2)),
        ("binary_format_minor_version", Value::Uint16(0)),
        ("build_epoch", Value::Uint64(file.created())),
        ("database_type", Value::Text(DATABASE_TYPE.into())),
        ("description", Value::Map(vec![("en", Value::Text(description(file).into()))])),
        ("ip_version", Value::Uint16(6)),
        ("languages", Value::Array(vec![Value::Text("en".into())])),
        ("node_count", Value::Uint32(tree.nodes())),
        ("record_size", Value::Uint16(size.bits())),
    ])
}

/// Where the data comes from and what may be done with it: the one place for it in this format.
fn description(file: Metadata<'_>) -> String {
    let sources: Vec<String> = file
        .sources()
        .map(|source| {
            let mut facts = vec![source.title().unwrap_or(source.name()).to_owned()];
            facts.push(format!("licence {}", source.licence().unwrap_or(NO_LICENCE)));
            facts.extend(
                [source.attribution(), source.url(), source.date()].into_iter().flatten().map(str::to_owned),
            );
            format!("{} ({})", source.name(), facts.join(", "))
        })
        .collect();
    format!(
        "Companies and operators by network, nameplate build {}; sources: {}",
        file.build_number(),
        sources.join("; ")
    )
}
