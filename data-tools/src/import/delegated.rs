//! The registries' statistics: where ranges and AS numbers are registered.
//!
//! Plain and extended files of AFRINIC, APNIC, ARIN, LACNIC and RIPE NCC, and the NRO's combined
//! file (RIR Statistics Exchange Format, APNIC; delegated-extended). Fields are separated by `|`,
//! comments begin with `#`:
//!
//! ```text
//! header   2.3|apnic|20190909|300||20190906|+1000   version|registry|serial|records|start|end|offset
//! summary  apnic|*|asn|*|100|summary
//! record   apnic|AU|ipv4|1.0.0.0|256|20110811|assigned|A9173591
//!          registry|country|type|start|value|date|status[|opaque-id[|extensions]]
//! ```
//!
//! The value is a number of addresses for ipv4 (no power of two need be), a prefix length for ipv6
//! and a number of AS numbers for asn. The opaque id says which records share a holder; as it
//! gives no name, it is not kept. What is `available` or `reserved` nobody holds.
//!
//! A summary that promises more records of a type than there are says that the file is cut off.
//! More than promised is fine: IANA's file leaves records out of its count.

use std::path::Path;

use nameplate::Address;

use super::input::Input;
use super::lines::Lines;
use super::row::{NetworkRow, Role, Row, SystemRow};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

/// The most AS numbers that a file may give to countries: a record stands for any number of them,
/// and some 120,000 are given out in all.
const MOST_SYSTEMS: u32 = 1 << 22;

/// Calls `each` with every range and AS that has a country. Memory: none to speak of.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut tally = Tally { promised: [0; 3], read: [0; 3], systems_left: MOST_SYSTEMS };
    let counts = Lines::new(Input::open(path)?, progress).for_each(|line| tally.line(line, each))?;
    for (resource, (promised, read)) in RESOURCES.iter().zip(tally.promised.iter().zip(tally.read)) {
        if *promised > read {
            let what = format!(
                "is cut off: its summary says {promised} {resource} records, {read} were found; get it again"
            );
            return Err(ImportError::file(path, what));
        }
    }
    Ok(counts)
}

const RESOURCES: [&str; 3] = ["asn", "ipv4", "ipv6"];

struct Tally {
    /// Records by the summary lines, by type. Several files in one are added up.
    promised: [u64; 3],
    /// Records seen, refused ones included.
    read: [u64; 3],
    systems_left: u32,
}

impl Tally {
    /// A line: none if it is no record.
    fn line(&mut self, line: &[u8], each: &mut dyn FnMut(Row<'_>)) -> Result<Option<bool>, Refusal> {
        if line.starts_with(b"#") {
            return Ok(None);
        }
        // The last field takes whatever extensions there are.
        let mut fields = [&b""[..]; 8];
        let mut count = 0;
        for (field, part) in fields.iter_mut().zip(line.splitn(8, |byte| *byte == b'|')) {
            *field = part.trim_ascii();
            count += 1;
        }
        let resource = RESOURCES.iter().position(|name| name.as_bytes() == fields[2]);
        if fields[0].first().is_some_and(u8::is_ascii_digit) {
            let version = fields[0] == b"2" || fields[0].starts_with(b"2.");
            return if version { Ok(None) } else { Err("a header is of another version than 2") };
        }
        if count == 6 && fields[5] == b"summary" {
            let resource = resource.ok_or(NO_TYPE)?;
            let promised: u64 = number(fields[4]).ok_or("a summary has no count")?.into();
            self.promised[resource] = self.promised[resource].saturating_add(promised);
            return Ok(None);
        }
        if count < 7 {
            return Err("a record has fewer than 7 fields");
        }
        let resource = resource.ok_or(NO_TYPE)?;
        self.read[resource] += 1;
        self.record(&fields, each).map(Some)
    }

    fn record(&mut self, fields: &[&[u8]; 8], each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
        let [_, country, resource, start, value, _, status, _] = *fields;
        let held = match status {
            b"allocated" | b"assigned" => true,
            b"available" | b"reserved" | b"ianapool" | b"ietf" => false,
            _ => return Err("a record's status is none of those that are known"),
        };
        let country = text::country(country)?.filter(|_| held);
        let value = number(value).ok_or("a record's value is no number")?;
        let range = match (resource, Address::parse(start)) {
            (b"asn", _) => {
                let first = number(start).ok_or("an AS number is no number of 32 bits")?;
                let count = value.checked_sub(1).ok_or(NOTHING)?;
                let last = first.checked_add(count).ok_or("a count goes beyond the last AS number")?;
                let Some(country) = country else { return Ok(false) };
                self.systems_left = self
                    .systems_left
                    .checked_sub(value)
                    .ok_or("the file gives more AS numbers to countries than there can be")?;
                // AS 0 is none.
                for asn in first.max(1)..=last {
                    each(Row::System(SystemRow { asn, holder: None, country: Some(country) }));
                }
                return Ok(last > 0);
            }
            (b"ipv4", Ok(Address::V4(first))) => {
                let count = value.checked_sub(1).ok_or(NOTHING)?;
                text::v4(first, first.checked_add(count).ok_or("a count goes beyond the last address")?)?
            }
            (b"ipv6", Ok(Address::V6(first))) => {
                let length = u8::try_from(value).map_err(|_| "a prefix is longer than an address")?;
                text::prefix_v6(first, length)?
            }
            _ => return Err("the start is no address of its type"),
        };
        if country.is_none() {
            return Ok(false);
        }
        each(Row::Network(NetworkRow { range, holder: None, role: Role::Unsaid, system: None, country }));
        Ok(true)
    }
}

const NO_TYPE: Refusal = "a record's type is none of asn, ipv4 and ipv6";
const NOTHING: Refusal = "a record is about nothing: its value is 0";

fn number(field: &[u8]) -> Option<u32> {
    let digits = !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    text::ascii(field).filter(|_| digits)?.parse().ok()
}
