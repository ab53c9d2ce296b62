//! People's own tables, and others' tables that look like them: CSV (or TSV, or with semicolons)
//! whose header names the columns, in any order and any case.
//!
//! | column | holds |
//! |---|---|
//! | `network` | a prefix, an address, or `first-last` |
//! | `first`, `last`, or `start_ip`, `end_ip` | the two ends instead, as addresses or integers |
//! | `name`, `domain`, `country`, `legal_form`, `industry`, `register`, `register_id`, `lei` | who uses the range |
//! | `kind` or `type` | business, education, government, nonprofit, access (or isp), hosting, mobile, vpn, transit, exchange |
//! | `asn`, `as_name`, `as_domain`, `as_kind` or `as_type` | the AS, and who holds it |
//! | `note` | whatever one likes; it is not read |
//!
//! A range is needed, and at least one column that says something. Any other column is an error, so
//! that a slip of the pen does not lose a column; but downloads may gain columns: a header with
//! one of [`DOWNLOADS`] is one of
//!
//! ```text
//! IPinfo lite     network,country,country_code,continent,continent_code,asn,as_name,as_domain
//! IPinfo company  start_ip,end_ip,join_key,name,domain,type,asn,as_name,as_domain,as_type,country
//! GeoLite2 ASN    network,autonomous_system_number,autonomous_system_organization
//! ```
//!
//! and its further columns are not read. Where there is a `country_code`, `country` holds words.

use std::path::Path;

use super::input::Input;
use super::row::{self, Organisation, Range, Row, SystemRow};
use super::table::{Dialect, Header, Record, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

/// Columns that only downloads have.
const DOWNLOADS: [&str; 4] = ["join_key", "continent_code", "as_type", "autonomous_system_number"];

/// Calls `each` with every row that says something about its range. Memory: none to speak of.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut table = Table::new(Input::open(path)?, progress, Dialect::guess)?;
    let header = table.header()?;
    let columns = Columns::of(&header, path)?;
    table.for_each(|record| columns.row(record, each))
}

/// Which columns hold the two ends of a range, or all of it.
#[derive(Clone, Copy)]
pub(super) enum RangeColumns {
    Network(usize),
    Ends(usize, usize),
}

impl RangeColumns {
    /// The columns by the names that tables have for them.
    pub(super) fn of(header: &Header) -> Option<RangeColumns> {
        let ends = |first, last| Some(RangeColumns::Ends(header.column(first)?, header.column(last)?));
        let network = header.column("network").map(RangeColumns::Network);
        network.or_else(|| ends("first", "last")).or_else(|| ends("start_ip", "end_ip"))
    }

    pub(super) fn range(self, record: Record<'_>) -> Result<Range, Refusal> {
        match self {
            RangeColumns::Network(column) => text::network(record.get(column)),
            RangeColumns::Ends(first, last) => text::range(record.get(first), record.get(last)),
        }
    }
}

struct Columns {
    range: RangeColumns,
    name: Option<usize>,
    domain: Option<usize>,
    kind: Option<usize>,
    country: Option<usize>,
    legal_form: Option<usize>,
    industry: Option<usize>,
    register: Option<usize>,
    register_id: Option<usize>,
    lei: Option<usize>,
    asn: Option<usize>,
    as_name: Option<usize>,
    as_domain: Option<usize>,
    as_kind: Option<usize>,
}

impl Columns {
    fn of(header: &Header, path: &Path) -> Result<Columns, ImportError> {
        let ranges = ["network", "first", "last", "start_ip", "end_ip"];
        let mut known = Known { header, seen: [&ranges[..], &["note"]].concat() };
        let columns = Columns {
            range: RangeColumns::of(header).ok_or_else(|| {
                let what = "its header has no column network, nor first and last, nor start_ip and end_ip";
                ImportError::file(path, what)
            })?,
            name: known.column(&["name"]),
            domain: known.column(&["domain"]),
            kind: known.column(&["kind", "type"]),
            country: known.column(&["country_code", "country"]),
            legal_form: known.column(&["legal_form"]),
            industry: known.column(&["industry"]),
            register: known.column(&["register"]),
            register_id: known.column(&["register_id"]),
            lei: known.column(&["lei"]),
            asn: known.column(&["asn", "autonomous_system_number"]),
            as_name: known.column(&["as_name", "autonomous_system_organization"]),
            as_domain: known.column(&["as_domain"]),
            as_kind: known.column(&["as_kind", "as_type"]),
        };
        known.refuse_others(path)?;
        if [columns.name, columns.kind, columns.country, columns.asn].iter().all(Option::is_none) {
            let what = "its header has none of the columns name, kind, country and asn: it says nothing";
            return Err(ImportError::file(path, what));
        }
        Ok(columns)
    }

    fn row(&self, record: Record<'_>, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
        let text = |column| text::text(record.at(column));
        let range = self.range.range(record)?;
        let system = self.system(record)?;
        let organisation = Organisation {
            name: text(self.name)?.unwrap_or_default().into(),
            other_names: Vec::new(),
            country: text::country(record.at(self.country))?,
            domain: text::domain_field(record.at(self.domain))?.map(Into::into),
            kind: text::kind(record.at(self.kind))?,
            legal_form: text(self.legal_form)?.map(Into::into),
            industry: text(self.industry)?.map(Into::into),
            register: text(self.register)?.map(Into::into),
            register_id: text(self.register_id)?.map(Into::into),
            lei: text::lei(record.at(self.lei))?.map(Into::into),
            natural_person: false,
        };
        Ok(row::say(range, organisation, system, each))
    }

    fn system<'r>(&self, record: Record<'r>) -> Result<Option<SystemRow<'r>>, Refusal> {
        let asn = text::asn(record.at(self.asn))?;
        let name = text::text(record.at(self.as_name))?;
        let domain = text::domain_field(record.at(self.as_domain))?;
        let kind = text::kind(record.at(self.as_kind))?;
        Ok(asn.map(|asn| SystemRow::held_by(asn, name, domain, kind)))
    }
}

/// A header, and the names that have been asked for.
struct Known<'h> {
    header: &'h Header,
    seen: Vec<&'static str>,
}

impl Known<'_> {
    /// The column with the first of the names that is there.
    fn column(&mut self, names: &[&'static str]) -> Option<usize> {
        self.seen.extend(names);
        names.iter().find_map(|name| self.header.column(name))
    }

    fn refuse_others(&self, path: &Path) -> Result<(), ImportError> {
        if DOWNLOADS.iter().any(|name| self.header.column(name).is_some()) {
            return Ok(());
        }
        let is_known = |name: &str| self.seen.iter().any(|seen| seen.eq_ignore_ascii_case(name));
        let Some(column) = self.header.names().iter().position(|name| !is_known(name)) else { return Ok(()) };
        // A name is told if it looks like one: what stands there may be anything.
        let name = &self.header.names()[column];
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte);
        let place = if (1..=40).contains(&name.len()) && name.bytes().all(is_plain) {
            format!("{name:?}")
        } else {
            format!("in place {}", column + 1)
        };
        let what = format!("its header has an unknown column {place}; call it note if it is not to be read");
        Err(ImportError::file(path, what))
    }
}
