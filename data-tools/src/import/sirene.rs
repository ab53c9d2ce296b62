//! SIRENE, the register of the French statistical office: `StockUniteLegale`, CSV with a header,
//! usually zipped (INSEE, "Base Sirene, dessin de fichier StockUniteLegale").
//!
//! ```text
//! siren,statutDiffusionUniteLegale,…,etatAdministratifUniteLegale,nomUniteLegale,…,denominationUniteLegale,…
//! 123456782,O,…,A,,…,EXAMPLE FOODS,…
//! ```
//!
//! Used are units that have not ended (`etatAdministratif` A). Natural persons are those whose legal
//! category begins with 1 (*entrepreneur individuel*), whose diffusion is partial (P), and groups of
//! persons that are no entity of their own. Their names are passed on, marked, so that a network's
//! holder of this name can be withheld; they never come into a file. `[ND]` stands for what is kept back.

use std::borrow::Cow;
use std::path::Path;

use nameplate::CompanyKind;

use super::input::Input;
use super::register::{each_organisation, fact, other_names};
use super::row::{Kind, Organisation, Row};
use super::table::{Dialect, Header, Record, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

/// Calls `each` with every legal unit.
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
    siren: usize,
    diffusion: usize,
    state: usize,
    category: usize,
    industry: Option<usize>,
    name: usize,
    /// Acronym and usual names.
    other_names: Vec<usize>,
    given_names: Vec<usize>,
    surnames: Vec<usize>,
}

impl Columns {
    fn find(header: &Header, path: &Path) -> Result<Columns, ImportError> {
        let present = |names: &[&str]| names.iter().filter_map(|name| header.column(name)).collect();
        Ok(Columns {
            siren: header.require(path, "siren")?,
            diffusion: header.require(path, "statutDiffusionUniteLegale")?,
            state: header.require(path, "etatAdministratifUniteLegale")?,
            category: header.require(path, "categorieJuridiqueUniteLegale")?,
            industry: header.column("activitePrincipaleUniteLegale"),
            name: header.require(path, "denominationUniteLegale")?,
            other_names: present(&[
                "sigleUniteLegale",
                "denominationUsuelle1UniteLegale",
                "denominationUsuelle2UniteLegale",
                "denominationUsuelle3UniteLegale",
                "pseudonymeUniteLegale",
            ]),
            given_names: present(&["prenomUsuelUniteLegale", "prenom1UniteLegale"]),
            surnames: present(&["nomUsageUniteLegale", "nomUniteLegale"]),
        })
    }

    fn organisation<'r>(&self, record: Record<'r>) -> Result<Option<Organisation<'r>>, Refusal> {
        let siren = siren(record.get(self.siren))?;
        if record.get(self.state).trim_ascii() != b"A" {
            return Ok(None);
        }
        let category = category(record.get(self.category))?;
        let natural_person = is_natural(category) || record.get(self.diffusion).trim_ascii() == b"P";
        let others = self.other_names.iter().map(|column| said(record.get(*column)));
        let mut names = Vec::from_iter(fact(said(record.get(self.name)))?);
        if natural_person {
            names.extend(self.personal_names(record)?);
        }
        let others = other_names(others, names.first().map_or("", |name| name));
        names.extend(others);
        let mut names = names.into_iter();
        let Some(name) = names.next() else { return Ok(None) };
        Ok(Some(Organisation {
            name,
            other_names: names.collect(),
            country: Some(*b"FR"),
            kind: kind(category).map(Kind::Company),
            legal_form: Some(category.into()),
            industry: fact(said(record.at(self.industry)))?,
            register: Some("sirene".into()),
            register_id: Some(siren.into()),
            natural_person,
            ..Organisation::default()
        }))
    }

    /// `given surname` and `surname given`, by use and by birth.
    fn personal_names<'r>(&self, record: Record<'r>) -> Result<Vec<Cow<'r, str>>, Refusal> {
        let first = |columns: &[usize]| {
            columns.iter().map(|column| said(record.get(*column))).find(|field| !field.is_empty())
        };
        let given = text::text(first(&self.given_names).unwrap_or_default())?.unwrap_or_default();
        let mut names: Vec<Cow<'r, str>> = Vec::new();
        for column in &self.surnames {
            let Some(surname) = text::text(said(record.get(*column)))? else { continue };
            for name in [format!("{given} {surname}"), format!("{surname} {given}")] {
                let name = name.trim().to_owned();
                if !names.iter().any(|known| *known == name) {
                    names.push(name.into());
                }
            }
        }
        Ok(names)
    }
}

/// A field, unless it is kept back.
fn said(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    if field == b"[ND]" { &[] } else { field }
}

/// Nine digits, the last of which checks the others (ISO/IEC 7812-1, Luhn).
fn siren(field: &[u8]) -> Result<&str, Refusal> {
    let siren = text::ascii(field).ok_or("a SIREN has not nine digits")?;
    if siren.len() != 9 || !siren.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a SIREN has not nine digits");
    }
    let digit = |(place, byte): (usize, u8)| match (byte - b'0', place % 2) {
        (digit, 1) if digit > 4 => digit * 2 - 9,
        (digit, 1) => digit * 2,
        (digit, _) => digit,
    };
    let sum: u8 = siren.bytes().enumerate().map(digit).sum();
    if sum.is_multiple_of(10) { Ok(siren) } else { Err("a SIREN's check digit is wrong") }
}

/// Four digits.
fn category(field: &[u8]) -> Result<&str, Refusal> {
    let category = text::ascii(field).unwrap_or_default();
    let fits = category.len() == 4 && category.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(category) } else { Err("a legal category has not four digits") }
}

/// Natural persons in business, undivided estates and partnerships between natural persons (INSEE,
/// "Catégories juridiques", level III).
fn is_natural(category: &str) -> bool {
    category.starts_with('1') || matches!(category, "2110" | "2210" | "2310" | "2385")
}

/// What a legal category tells beyond business: state and local bodies, universities and schools,
/// associations and foundations.
fn kind(category: &str) -> Option<CompanyKind> {
    match category {
        "7331" | "7383" => Some(CompanyKind::Education),
        _ if category.starts_with('7') => Some(CompanyKind::Government),
        _ if category.starts_with("92") || category.starts_with("93") => Some(CompanyKind::Nonprofit),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
