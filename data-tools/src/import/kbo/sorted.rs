//! Files sorted by entity number, read beside the enterprises.

use super::super::ImportError;
use super::super::table::{Dialect, Table};
use super::super::text;
use super::{Counts, Folder};
use crate::Progress;

/// A file with rows about entities.
pub(super) struct Details<'a> {
    table: Table<'a>,
    file: &'static str,
    path: std::path::PathBuf,
    number_column: usize,
    columns: [usize; 3],
    /// The row that was read last, of an entity that may come yet.
    row: Option<Row>,
    ended: bool,
}

#[derive(Default)]
struct Row {
    number: u64,
    fields: [Vec<u8>; 3],
}

impl<'a> Details<'a> {
    /// Opens a file for three of its columns; none if there is no such file.
    pub(super) fn open(
        folder: &mut Folder,
        file: &'static str,
        columns: [&str; 3],
        progress: &'a mut dyn Progress,
    ) -> Result<Option<Details<'a>>, ImportError> {
        let Some(input) = folder.input(file)? else { return Ok(None) };
        let path = input.path.clone();
        let mut table = Table::new(input, progress, |_| Dialect::CSV)?;
        let header = table.header()?;
        let number_column = header.require(&path, "EntityNumber")?;
        let [first, second, third] = columns;
        let columns =
            [header.require(&path, first)?, header.require(&path, second)?, header.require(&path, third)?];
        Ok(Some(Details { table, file, path, number_column, columns, row: None, ended: false }))
    }

    /// Calls `each` with the fields of every row about an entity. Entities are asked for in order.
    pub(super) fn each_of(
        &mut self,
        entity: u64,
        counts: &mut Counts,
        mut each: impl FnMut([&[u8]; 3]),
    ) -> Result<(), ImportError> {
        while !self.ended {
            match &self.row {
                Some(row) if row.number > entity => break,
                Some(row) if row.number == entity => {
                    let [first, second, third] = &row.fields;
                    each([first.trim_ascii(), second.trim_ascii(), third.trim_ascii()]);
                }
                _ => {}
            }
            self.advance(counts)?;
        }
        Ok(())
    }

    /// Reads what is left: a file that is not sorted or is cut off shows there at the latest.
    pub(super) fn finish(mut self, counts: &mut Counts) -> Result<(), ImportError> {
        while !self.ended {
            self.advance(counts)?;
        }
        Ok(())
    }

    fn advance(&mut self, counts: &mut Counts) -> Result<(), ImportError> {
        let Some(record) = self.table.next(counts)? else {
            self.ended = true;
            return Ok(());
        };
        let Some(number) = number(record.get(self.number_column)) else {
            counts.refuse(record.line, "an entity number has not ten digits");
            return Ok(());
        };
        let row = self.row.get_or_insert_default();
        if number < row.number {
            return Err(ImportError::file(&self.path, unsorted(self.file)));
        }
        row.number = number;
        for (field, column) in row.fields.iter_mut().zip(self.columns) {
            field.clear();
            field.extend_from_slice(record.get(column));
        }
        Ok(())
    }
}

/// What is said of a file that is not in order.
pub(super) fn unsorted(file: &str) -> String {
    format!(
        "{file} is not sorted by entity number, as KBO's files are; sort its rows and keep its header first"
    )
}

/// `0123.456.749` or `2.123.456.789` as a number of ten digits.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    let text = text::ascii(field)?;
    let fits = text.len() <= 13 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let digits = text.bytes().filter(u8::is_ascii_digit);
    let number = || digits.clone().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    (fits && digits.clone().count() == 10).then(number)
}
