//! Companies House, "Free Company Data Product" (BasicCompanyData): the companies on the register of
//! the United Kingdom, CSV with a header whose names may begin with a space, usually zipped.
//!
//! ```text
//! CompanyName, CompanyNumber,…,CompanyCategory,CompanyStatus,CountryOfOrigin,…,SICCode.SicText_1,…
//! "EXAMPLE FOODS LIMITED","00000001",…,"Private Limited Company","Active","United Kingdom",…
//! ```
//!
//! Used are companies that trade: active ones, and such as are run by an administrator. Sole traders
//! are not on this register.

use std::path::Path;

use nameplate::CompanyKind;

use super::input::Input;
use super::register::{each_organisation, fact, other_names};
use super::row::{Kind, Organisation, Row};
use super::table::{Dialect, Header, Record, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

/// Calls `each` with every company.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut table = Table::new(Input::open(path)?, progress, |_| Dialect::CSV)?;
    let header = table.header()?;
    let columns = Columns::find(&header, path)?;
    each_organisation(table, each, |record| columns.organisation(record))
}

/// Where the columns are.
struct Columns {
    name: usize,
    number: usize,
    category: usize,
    status: usize,
    origin: Option<usize>,
    industry: Option<usize>,
    former_names: Vec<usize>,
}

impl Columns {
    fn find(header: &Header, path: &Path) -> Result<Columns, ImportError> {
        let former = |number| header.column(&format!("PreviousName_{number}.CompanyName"));
        Ok(Columns {
            name: header.require(path, "CompanyName")?,
            number: header.require(path, "CompanyNumber")?,
            category: header.require(path, "CompanyCategory")?,
            status: header.require(path, "CompanyStatus")?,
            origin: header.column("CountryOfOrigin"),
            industry: header.column("SICCode.SicText_1"),
            former_names: (1..).map_while(former).collect(),
        })
    }

    fn organisation<'r>(&self, record: Record<'r>) -> Result<Option<Organisation<'r>>, Refusal> {
        let number = number(record.get(self.number))?;
        if !trades(record.get(self.status)) {
            return Ok(None);
        }
        let name = fact(record.get(self.name))?.ok_or("a company has no name")?;
        let legal_form = fact(record.get(self.category))?;
        let charitable =
            legal_form.as_deref().is_some_and(|form| form.contains("Charitable Incorporated Organisation"));
        let former = self.former_names.iter().map(|column| record.get(*column));
        Ok(Some(Organisation {
            other_names: other_names(former, &name),
            name,
            // Companies from abroad are registered for their branches.
            country: is_british(record.at(self.origin)).then_some(*b"GB"),
            kind: charitable.then_some(Kind::Company(CompanyKind::Nonprofit)),
            legal_form,
            industry: industry(record.at(self.industry)).map(Into::into),
            register: Some("companies-house".into()),
            register_id: Some(number.into()),
            ..Organisation::default()
        }))
    }
}

/// `01234567`, `SC123456`: eight capitals and digits.
fn number(field: &[u8]) -> Result<&str, Refusal> {
    const NO_NUMBER: Refusal = "a company number has not eight capitals and digits";
    let number = text::ascii(field).ok_or(NO_NUMBER)?;
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if number.len() == 8 && number.bytes().all(fits) { Ok(number) } else { Err(NO_NUMBER) }
}

fn trades(status: &[u8]) -> bool {
    const TRADING: [&[u8]; 5] = [
        b"active",
        b"in administration",
        b"administration order",
        b"live but receiver manager",
        b"voluntary arrangement",
    ];
    let status = status.trim_ascii();
    TRADING
        .iter()
        .any(|begin| status.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin)))
}

fn is_british(origin: &[u8]) -> bool {
    const PARTS: [&[u8]; 9] = [
        b"",
        b"united kingdom",
        b"great britain",
        b"england",
        b"wales",
        b"england & wales",
        b"scotland",
        b"northern ireland",
        b"uk",
    ];
    PARTS.iter().any(|part| origin.trim_ascii().eq_ignore_ascii_case(part))
}

/// The code of `62020 - Information technology consultancy activities`; 99999 is a dormant company.
fn industry(field: &[u8]) -> Option<&str> {
    let code = text::ascii(field)?.split(' ').next()?;
    (code.len() == 5 && code != "99999" && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{file_error, reasons, said, survives};
    use super::*;

    const HEADER: &str = "CompanyName, CompanyNumber,RegAddress.CareOf,CompanyCategory,CompanyStatus,CountryOfOrigin,\
                          SICCode.SicText_1,PreviousName_1.CONDATE, PreviousName_1.CompanyName, PreviousName_2.CompanyName\n";

    fn with_header(rows: &str) -> String {
        format!("{HEADER}{rows}")
    }

    const GOOD: &str = "\
\"EXAMPLE FOODS LIMITED\",\"01234567\",\"\",\"Private Limited Company\",\"Active\",\"United Kingdom\",\
\"62020 - Information technology consultancy activities\",\"01/02/2003\",\"EXAMPLE BREAD LTD\",\"\"\n\
\"EXAMPLE RELIEF\",\"CE000001\",\"\",\"Charitable Incorporated Organisation\",\"Active - Proposal to Strike off\",\"\",\
\"None Supplied\",\"\",\"\",\"\"\n\
\"BEISPIEL AG\",\"FC000001\",\"\",\"Overseas company\",\"Active\",\"GERMANY\",\"99999 - Dormant Company\",\"\",\"\",\"\"\n\
\"EXAMPLE PAST LTD\",\"SC000001\",\"\",\"Private Limited Company\",\"Liquidation\",\"United Kingdom\",\"\",\"\",\"\",\"\"\n";

    #[test]
    fn companies_that_trade_are_passed_on() {
        let (rows, counts) = said(read, with_header(GOOD));
        assert_eq!(
            rows,
            [
                "register name=EXAMPLE FOODS LIMITED also=EXAMPLE BREAD LTD country=GB form=Private Limited Company \
                 industry=62020 register=companies-house id=01234567",
                "register name=EXAMPLE RELIEF country=GB form=Charitable Incorporated Organisation \
                 register=companies-house id=CE000001 kind=Company(Nonprofit)",
                "register name=BEISPIEL AG form=Overseas company register=companies-house id=FC000001",
            ]
        );
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (4, 3, 0));
    }

    #[test]
    fn columns_are_found_by_name_and_unknown_ones_passed_over() {
        let text = "Extra,CompanyStatus,CompanyNumber,CompanyCategory,CompanyName\n\
                    x,ACTIVE,00000001,Private Limited Company,EXAMPLE LTD\n";
        let (rows, _) = said(read, text);
        assert_eq!(
            rows,
            [
                "register name=EXAMPLE LTD country=GB form=Private Limited Company register=companies-house id=00000001"
            ]
        );
        assert_eq!(
            file_error(read, "CompanyName,CompanyStatus\n"),
            "its header has no column \"CompanyNumber\""
        );
        assert_eq!(file_error(read, "a,b,a\n"), "its header names a column twice");
    }

    #[test]
    fn what_a_row_cannot_be_is_refused() {
        let row = |name: &str, number: &str| format!("{name},{number},,Ltd,Active,,,,,\n");
        let no_number = "a company number has not eight capitals and digits";
        for (text, reason) in [
            (row("EXAMPLE LTD", "1234567"), no_number),
            (row("EXAMPLE LTD", ""), no_number),
            (row("EXAMPLE LTD", "0123456x"), no_number),
            (row(" ", "01234567"), "a company has no name"),
            (row("EXAMPLE\u{7}LTD", "01234567"), "a text has control characters"),
            (row("EX\u{202e}DTL", "01234567"), "a text has invisible or direction-changing characters"),
            (row(&"X".repeat(2000), "01234567"), "a text is longer than 1024 bytes"),
            (row(&"X".repeat(70_000), "01234567"), "a line is longer than 64 KiB"),
            ("EXAMPLE LTD,01234567\n".into(), "its number of columns is wrong"),
        ] {
            let (rows, counts) = said(read, with_header(&text));
            assert_eq!(rows, [""; 0], "{reason}");
            assert_eq!(reasons(&counts), [(reason, 1, 2)]);
        }
        let latin1 = [HEADER.as_bytes(), b"K\xDCCHE LTD,01234567,,Ltd,Active,,,,,\n"].concat();
        let (rows, counts) = said(read, latin1);
        assert_eq!((rows.len(), counts.refused_rows()), (0, 1));
    }

    #[test]
    fn a_file_that_is_cut_off_loses_its_last_row_and_duplicates_stay() {
        let (whole, _) = said(read, with_header(GOOD));
        let text = with_header(&GOOD.repeat(2));
        let (rows, _) = said(read, &text);
        assert_eq!(rows, [whole.clone(), whole.clone()].concat());
        let cut = text.rfind("BEISPIEL AG").unwrap() + 20;
        let (rows, counts) = said(read, &text[..cut]);
        assert_eq!(rows, [&whole[..], &whole[..2]].concat());
        assert_eq!(counts.refused_rows(), 1);
    }

    #[test]
    fn damaged_files_do_not_panic() {
        survives(read, with_header(GOOD).as_bytes());
    }
}
