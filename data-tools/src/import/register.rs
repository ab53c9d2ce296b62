//! What the importers of company registers share.

use std::borrow::Cow;

use super::row::{Organisation, Row};
use super::table::{Record, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};

/// Passes on the organisation in each record of a table.
pub(super) fn each_organisation(
    table: Table<'_>,
    each: &mut dyn FnMut(Row<'_>),
    organisation: impl for<'r> Fn(Record<'r>) -> Result<Option<Organisation<'r>>, Refusal>,
) -> Result<Counts, ImportError> {
    table.for_each(|record| {
        let organisation = organisation(record)?;
        let used = organisation.is_some();
        if let Some(organisation) = organisation {
            each(Row::Register(organisation));
        }
        Ok(used)
    })
}

/// A text, if there is one.
pub(super) fn fact(field: &[u8]) -> Result<Option<Cow<'_, str>>, Refusal> {
    Ok(text::text(field)?.map(Cow::Borrowed))
}

/// Names beside the first, each once. One that is no good text is left out: the first name is what
/// decides about the row.
pub(super) fn other_names<'r>(fields: impl IntoIterator<Item = &'r [u8]>, name: &str) -> Vec<Cow<'r, str>> {
    let mut names: Vec<Cow<'r, str>> = Vec::new();
    for other in fields.into_iter().filter_map(|field| text::text(field).ok().flatten()) {
        if other != name && !names.iter().any(|known| known == other) {
            names.push(Cow::Borrowed(other));
        }
    }
    names
}
