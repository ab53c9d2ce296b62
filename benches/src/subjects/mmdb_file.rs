//! Writes MMDB files with the two crates that can: the rivals' data, and rivals in building.
//!
//! A record is `{"asn": uint32, "name": string}`, the first only where there is an AS. IPv4 lies
//! at `::/96`, as in MaxMind's own files; the aliases of IPv4 are left out, for one of them
//! (Teredo) is a range of the table.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use mmdb_writer::{Ipv4Aliasing, Value, Writer};
use serde::Serialize;

use crate::Result;
use crate::data::Interval;
use crate::subjects::{v4_prefixes, v6_prefixes};

/// What an answer id stands for.
#[derive(Clone, Copy, Serialize)]
pub struct Record<'a> {
    /// AS number, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    /// Name of the organisation.
    pub name: &'a str,
}

/// With crate `mmdb-writer`, by the way that it has for ranges.
pub fn with_mmdb_writer<'a>(
    v4: &[Interval<u32>],
    v6: &[Interval<u128>],
    record: impl Fn(u32) -> Record<'a>,
) -> Result<Vec<u8>> {
    let mut writer = Writer::builder("nameplate-bench").ipv4_aliasing(Ipv4Aliasing::Disabled).build();
    let value = |id: u32| {
        let Record { asn, name } = record(id);
        let asn = asn.map(|asn| ("asn", Value::from(asn)));
        Value::map(asn.into_iter().chain([("name", Value::from(name))]))
    };
    for interval in v4.iter().filter(|interval| interval.id != 0) {
        let [first, last] = [interval.first, interval.last].map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
        writer.insert_range(first, last, &value(interval.id))?;
    }
    for interval in v6.iter().filter(|interval| interval.id != 0) {
        let [first, last] = [interval.first, interval.last].map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)));
        writer.insert_range(first, last, &value(interval.id))?;
    }
    Ok(writer.to_bytes()?)
}

/// With crate `maxminddb-writer`, which merges nothing and leaves it to the caller to write each
/// record once.
pub fn with_maxminddb_writer<'a>(
    v4: &[Interval<u32>],
    v6: &[Interval<u128>],
    record: impl Fn(u32) -> Record<'a>,
) -> Result<Vec<u8>> {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V6;
    database.metadata.database_type = "nameplate-bench".into();
    database.metadata.binary_format_major_version = 2;
    let mut written = HashMap::new();
    let v4 = v4_prefixes(v4).map(|(address, length, id)| (u128::from(address), 96 + length, id));
    for (address, length, id) in v4.chain(v6_prefixes(v6)) {
        let data = match written.get(&id) {
            Some(data) => *data,
            None => {
                *written.entry(id).or_insert(database.insert_value(record(id)).map_err(|e| e.to_string())?)
            }
        };
        let address = IpAddr::V6(Ipv6Addr::from_bits(address));
        database.insert_node(IpAddrWithMask::new(address, length), data);
    }
    database.write_to(Vec::new()).map_err(|error| error.to_string().into())
}
