//! GLEIF's level-1 data, "who is who": legal entities with an LEI (LEI-CDF 3.1).
//!
//! The golden copy is CSV with a header of some 340 columns, usually zipped. Columns are found by name:
//!
//! ```text
//! LEI,Entity.LegalName,Entity.LegalName.xmllang,Entity.OtherEntityNames.OtherEntityName.1,…
//! ```
//!
//! A shorter table with tabs and without quotes is read too: `lei legal_name country category subcategory …`.
//!
//! | not used | why |
//! |---|---|
//! | entity status other than `ACTIVE` | it has ended |
//! | registration status other than `ISSUED`, `LAPSED` or in transfer | duplicate, annulled or merged. A lapsed one was not renewed, which says nothing against the company |
//! | category `FUND` | funds hold no networks, and their names would be taken for others' |
//!
//! The legal form is the ELF code (ISO 20275) as it stands; the category `SOLE_PROPRIETOR` and the forms
//! in `words/elf-sole-traders.txt` are natural persons.

use std::path::Path;
use std::sync::LazyLock;

use nameplate::CompanyKind;

use super::input::Input;
use super::register::{each_organisation, fact, other_names};
use super::row::{Kind, Organisation, Row};
use super::table::{Dialect, Header, Record, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

/// Registration statuses of records that stand for a company of their own.
const STANDING: [&[u8]; 4] = [b"ISSUED", b"LAPSED", b"PENDING_TRANSFER", b"PENDING_ARCHIVAL"];

/// ELF codes of natural persons, sorted.
static SOLE_TRADERS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../words/elf-sole-traders.txt").lines();
    // Each line is a country and its codes.
    let lines = lines.filter(|line| !line.starts_with('#'));
    let mut codes: Vec<&str> = lines.flat_map(|line| line.split(' ').skip(1)).collect();
    codes.sort_unstable();
    codes
});

/// Calls `each` with every legal entity.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut table = Table::new(Input::open(path)?, progress, |start| {
        let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if first.contains(&b'\t') { Dialect::TSV } else { Dialect::CSV }
    })?;
    let header = table.header()?;
    let columns = Columns::find(&header, path)?;
    each_organisation(table, each, |record| columns.organisation(record))
}

/// Where the columns are.
struct Columns {
    lei: usize,
    name: usize,
    other_names: Vec<usize>,
    country: Option<usize>,
    jurisdiction: Option<usize>,
    category: usize,
    form: Option<usize>,
    authority: Option<usize>,
    authority_id: Option<usize>,
    /// Not in the short table, which has no entities that have ended.
    statuses: Option<[usize; 2]>,
}

impl Columns {
    fn find(header: &Header, path: &Path) -> Result<Columns, ImportError> {
        let lei = header.require(path, "LEI")?;
        if let Some(name) = header.column("legal_name") {
            return Ok(Columns {
                lei,
                name,
                other_names: Vec::new(),
                country: Some(header.require(path, "country")?),
                jurisdiction: None,
                category: header.require(path, "category")?,
                form: None,
                authority: None,
                authority_id: None,
                statuses: None,
            });
        }
        let numbered =
            |prefix: &'static str| (1..).map_while(move |number| header.column(&format!("{prefix}{number}")));
        let others = numbered("Entity.OtherEntityNames.OtherEntityName.");
        let transliterated = numbered("Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName.");
        let authority = header.column("Entity.RegistrationAuthority.RegistrationAuthorityID");
        let authority_id = header.column("Entity.RegistrationAuthority.RegistrationAuthorityEntityID");
        Ok(Columns {
            lei,
            name: header.require(path, "Entity.LegalName")?,
            other_names: others.chain(transliterated).collect(),
            country: header.column("Entity.LegalAddress.Country"),
            jurisdiction: header.column("Entity.LegalJurisdiction"),
            category: header.require(path, "Entity.EntityCategory")?,
            form: header.column("Entity.LegalForm.EntityLegalFormCode"),
            authority,
            authority_id,
            statuses: Some([
                header.require(path, "Entity.EntityStatus")?,
                header.require(path, "Registration.RegistrationStatus")?,
            ]),
        })
    }

    fn organisation<'r>(&self, record: Record<'r>) -> Result<Option<Organisation<'r>>, Refusal> {
        let lei = lei(record.get(self.lei))?;
        if let Some([entity, registration]) = self.statuses {
            let standing = STANDING.contains(&record.get(registration).trim_ascii());
            if record.get(entity).trim_ascii() != b"ACTIVE" || !standing {
                return Ok(None);
            }
        }
        let category = record.get(self.category).trim_ascii();
        if category == b"FUND" {
            return Ok(None);
        }
        let name = fact(record.get(self.name))?.ok_or("an entity has no name")?;
        // A jurisdiction is a country or a part of one: `US-DE`.
        let jurisdiction = record.at(self.jurisdiction).trim_ascii();
        let country = match text::country(record.at(self.country))? {
            None => text::country(jurisdiction.split(|byte| *byte == b'-').next().unwrap_or_default())?,
            country => country,
        };
        // 9999: has no legal form; 8888: has one that has no code yet.
        let legal_form = fact(record.at(self.form))?.filter(|form| form != "9999" && form != "8888");
        let sole_trader = legal_form.as_deref().is_some_and(|form| SOLE_TRADERS.binary_search(&form).is_ok());
        // RA999999: is in no register; RA888888 and RA777777: in one that has no code yet.
        let placeholder = |register: &str| matches!(register, "RA999999" | "RA888888" | "RA777777");
        let register = fact(record.at(self.authority))?.filter(|register| !placeholder(register));
        let register_id = if register.is_some() { fact(record.at(self.authority_id))? } else { None };
        let others = self.other_names.iter().map(|column| record.get(*column));
        Ok(Some(Organisation {
            other_names: other_names(others, &name),
            name,
            country,
            kind: kind(category).map(Kind::Company),
            legal_form,
            register,
            register_id,
            lei: Some(lei.into()),
            natural_person: category == b"SOLE_PROPRIETOR" || sole_trader,
            ..Organisation::default()
        }))
    }
}

fn kind(category: &[u8]) -> Option<CompanyKind> {
    match category {
        b"RESIDENT_GOVERNMENT_ENTITY" => Some(CompanyKind::Government),
        b"INTERNATIONAL_ORGANIZATION" => Some(CompanyKind::Nonprofit),
        _ => None,
    }
}

/// An LEI whose check digits are right (ISO 17442-1: ISO 7064 MOD 97-10 over letters as 10 to 35).
fn lei(field: &[u8]) -> Result<&str, Refusal> {
    let lei = text::ascii(field).ok_or("an LEI is not ASCII")?;
    if lei.len() != 20 {
        return Err("an LEI has not 20 characters");
    }
    let remainder = lei.bytes().try_fold(0, |remainder, byte| match byte {
        b'0'..=b'9' => Some((remainder * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((remainder * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    });
    match remainder {
        Some(1) => Ok(lei),
        Some(_) => Err("an LEI's check digits are wrong"),
        None => Err("an LEI has other characters than capitals and digits"),
    }
}

#[cfg(test)]
mod tests;
