//! IP-to-ASN tables.
//!
//! ip-location-db, CSV without header, addresses as text or (`-num`) as integers:
//! `1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."`
//!
//! iptoasn, TSV without header or quotes, AS 0 for what is not routed:
//! `1.0.0.0 <TAB> 1.0.0.255 <TAB> 13335 <TAB> US <TAB> CLOUDFLARENET`
//!
//! Which of the two a file is, is seen from its first line: only TSV has tabs.

use std::borrow::Cow;
use std::path::Path;

use super::input::Input;
use super::row::{Holder, NetworkRow, Organisation, Role, Row, SystemRow};
use super::table::{Dialect, Record, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

/// Calls `each` with every row that names an AS.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut tabs = false;
    let mut table = Table::new(Input::open(path)?, progress, |start| {
        tabs = start.split(|byte| *byte == b'\n').next().unwrap_or_default().contains(&b'\t');
        if tabs { Dialect::TSV } else { Dialect::CSV }
    })?;
    table.expect_columns(if tabs { 5 } else { 4 });
    table.for_each(|record| {
        let row = row(record, tabs)?;
        let used = row.is_some();
        if let Some(row) = row {
            each(Row::Network(row));
        }
        Ok(used)
    })
}

/// The row in a record; none where the record says that nobody holds the range.
fn row(record: Record<'_>, tabs: bool) -> Result<Option<NetworkRow<'_>>, Refusal> {
    let (name_column, country) = if tabs { (4, text::country(record.get(3))?) } else { (3, None) };
    let range = text::range(record.get(0), record.get(1))?;
    let asn = text::asn(record.get(2))?;
    let name = text::text(record.get(name_column))?;
    let (Some(asn), Some(name)) = (asn, name) else { return Ok(None) };
    let holder = Organisation { name: Cow::Borrowed(name), country, ..Organisation::default() };
    let system = SystemRow { asn, holder: Some(Holder::Named(holder)), country };
    Ok(Some(NetworkRow { range, holder: None, role: Role::Unsaid, system: Some(system), country }))
}
