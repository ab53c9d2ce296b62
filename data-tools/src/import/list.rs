//! Lists: AS numbers, networks or domains that have something in common. What that is, the source's
//! `lists` setting says.
//!
//! | list | a line each; what follows `#` or `;` is a comment | CSV |
//! |---|---|---|
//! | AS numbers | `AS64500 # why`, `64500` | with a column `asn` |
//! | networks | `192.0.2.0/24`, `192.0.2.1`, `192.0.2.0-192.0.2.9` | a prefix, or start and end, in the first columns (ipcat), or with the columns of a [table](super::own_table) |
//! | domains | `example.edu` | with a column `domain` or `domain name`, and perhaps `name` or `organization name`, and `country` |
//!
//! Domains also come as JSON (university-domains-list): an array of
//! `{"name": …, "domains": ["example.edu"], "alpha_two_code": "NL"}`; other members are not read.
//!
//! Which of them a file is, is seen from its first line.

mod json;

use std::path::Path;

use super::input::Input;
use super::lines::Lines;
use super::own_table::RangeColumns;
use super::row::{Kind, Listed, Row, Subject};
use super::table::{Dialect, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

/// Calls `each` with every AS of a list. Memory: none to speak of.
pub(super) fn read_systems(
    path: &Path,
    kind: Kind,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut say = |asn: Option<u32>| {
        let asn = asn.ok_or("an AS number is missing or 0")?;
        each(Row::Listed(Listed { subject: Subject::System(asn), kind }));
        Ok(true)
    };
    let first = first_line(path)?;
    let first = without_comment(&first);
    if first.is_empty() || text::asn(first).is_ok() {
        return plain(path, progress, |line| say(text::asn(line)?));
    }
    let mut table = Table::new(Input::open(path)?, progress, Dialect::guess)?;
    let asn = table.header()?.require(path, "asn")?;
    table.for_each(|record| say(text::asn(record.get(asn))?))
}

/// Calls `each` with every network of a list. Memory: none to speak of.
pub(super) fn read_networks(
    path: &Path,
    kind: Kind,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut say = |range| {
        each(Row::Listed(Listed { subject: Subject::Network(range), kind }));
        Ok(true)
    };
    let first = first_line(path)?;
    let first = without_comment(&first);
    if first.is_empty() || text::network(first).is_ok() {
        return plain(path, progress, |line| say(text::network(line)?));
    }
    let mut table = Table::new(Input::open(path)?, progress, Dialect::guess)?;
    let delimiter = Dialect::guess(first).delimiter;
    let mut fields = first.split(|byte| *byte == delimiter).map(<[u8]>::trim_ascii);
    let mut field = || unquoted(fields.next().unwrap_or_default());
    let (one, two) = (field(), field());
    let columns = if text::range(one, two).is_ok() {
        RangeColumns::Ends(0, 1)
    } else if text::network(one).is_ok() {
        RangeColumns::Network(0)
    } else {
        let header = table.header()?;
        RangeColumns::of(&header).ok_or_else(|| {
            ImportError::file(
                path,
                "is no list of networks: its first line has none, nor a header that names one",
            )
        })?
    };
    table.for_each(|record| say(columns.range(record)?))
}

/// Calls `each` with every domain of a list. Memory: for JSON, its largest element.
pub(super) fn read_domains(
    path: &Path,
    kind: Kind,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let first = first_line(path)?;
    if first.trim_ascii_start().starts_with(b"[") {
        return json::read(path, kind, progress, each);
    }
    let first = without_comment(&first);
    if first.is_empty() || text::ascii(first).is_some_and(|text| text::domain(text).is_some()) {
        return plain(path, progress, |line| {
            let domain = text::domain_field(line)?.ok_or("a domain is missing")?;
            each(Row::ListedDomain { domain: &domain, name: None, country: None, kind });
            Ok(true)
        });
    }
    let mut table = Table::new(Input::open(path)?, progress, Dialect::guess)?;
    let header = table.header()?;
    let column = |names: [&str; 2]| names.into_iter().find_map(|name| header.column(name));
    let domain = match column(["domain name", "domain"]) {
        Some(column) => column,
        None => header.require(path, "domain")?,
    };
    let name = column(["organization name", "name"]);
    let country = column(["country_code", "country"]);
    table.for_each(|record| {
        let domain = text::domain_field(record.get(domain))?.ok_or("a domain is missing")?;
        let name = text::text(record.at(name))?;
        let country = text::country(record.at(country))?;
        each(Row::ListedDomain { domain: &domain, name, country, kind });
        Ok(true)
    })
}

/// The lines of a list, without comments.
fn plain(
    path: &Path,
    progress: &mut dyn Progress,
    mut each: impl FnMut(&[u8]) -> Result<bool, Refusal>,
) -> Result<Counts, ImportError> {
    Lines::new(Input::open(path)?, progress).for_each(|line| match without_comment(line) {
        b"" => Ok(None),
        member => each(member).map(Some),
    })
}

fn unquoted(field: &[u8]) -> &[u8] {
    field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field)
}

fn without_comment(line: &[u8]) -> &[u8] {
    line.split(|byte| matches!(byte, b'#' | b';')).next().unwrap_or_default().trim_ascii()
}

/// The first line; of one that is too long, its beginning.
fn first_line(path: &Path) -> Result<Vec<u8>, ImportError> {
    let mut nothing = ();
    Ok(Lines::new(Input::open(path)?, &mut nothing).peek()?.to_vec())
}
