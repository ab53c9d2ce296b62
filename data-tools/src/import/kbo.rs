//! KBO/BCE open data, the Belgian register: a zip or a folder of CSV files with headers (FPS Economy,
//! "Cookbook KBO Open Data").
//!
//! ```text
//! enterprise.csv    "EnterpriseNumber","Status","JuridicalSituation","TypeOfEnterprise","JuridicalForm",…
//! denomination.csv  "EntityNumber","Language","TypeOfDenomination","Denomination"
//! address.csv       "EntityNumber","TypeOfAddress","CountryNL",…,"DateStrikingOff"
//! activity.csv      "EntityNumber","ActivityGroup","NaceVersion","NaceCode","Classification"
//! contact.csv       "EntityNumber","EntityContact","ContactType","Value"
//! ```
//!
//! The files are sorted by number, enterprises before establishments (`2.…`), so that one pass over all of
//! them joins them: a file that is not sorted is refused. Only the first two must be there.
//!
//! Used are active enterprises (`AC`) with a name. Type 1 is a natural person. The name is the first
//! denomination of type 001; abbreviations, trade names and the name in other languages are other names.

mod sorted;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::input::{Archive, Input};
use super::row::{Country, Organisation, Row};
use super::table::{Dialect, Record, Table};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;
use sorted::{Details, number};

/// Most rows of one enterprise in one file that are looked at.
const MOST_DETAILS: usize = 64;

/// Calls `each` with every enterprise.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let mut folder = Folder::open(path)?;
    let mut silent = [(); 4];
    let [first, second, third, fourth] = &mut silent;
    let required = |name: &str| ImportError::file(path, format!("has no {name}"));

    let enterprises = folder.input("enterprise.csv")?.ok_or_else(|| required("enterprise.csv"))?;
    let mut enterprises = Table::new(enterprises, progress, |_| Dialect::CSV)?;
    let columns = Columns::find(&mut enterprises, path)?;
    let mut names = Details::open(
        &mut folder,
        "denomination.csv",
        ["TypeOfDenomination", "Denomination", "Language"],
        first,
    )?
    .ok_or_else(|| required("denomination.csv"))?;
    let mut addresses =
        Details::open(&mut folder, "address.csv", ["TypeOfAddress", "CountryNL", "DateStrikingOff"], second)?;
    let mut activities =
        Details::open(&mut folder, "activity.csv", ["Classification", "NaceCode", "NaceVersion"], third)?;
    let mut contacts =
        Details::open(&mut folder, "contact.csv", ["ContactType", "Value", "EntityContact"], fourth)?;

    let mut counts = Counts::default();
    let mut last = 0;
    while let Some(record) = enterprises.next(&mut counts)? {
        let line = record.line;
        let enterprise = match columns.enterprise(record) {
            Ok(enterprise) => enterprise,
            Err(reason) => {
                counts.refuse(line, reason);
                continue;
            }
        };
        if enterprise.number < last {
            return Err(ImportError::file(path, sorted::unsorted("enterprise.csv")));
        }
        last = enterprise.number;
        let mut found = Found::default();
        names.each_of(enterprise.number, &mut counts, |fields| found.name(fields))?;
        if let Some(addresses) = &mut addresses {
            addresses.each_of(enterprise.number, &mut counts, |fields| found.address(fields))?;
        }
        if let Some(activities) = &mut activities {
            activities.each_of(enterprise.number, &mut counts, |fields| found.activity(fields))?;
        }
        if let Some(contacts) = &mut contacts {
            contacts.each_of(enterprise.number, &mut counts, |fields| found.contact(fields))?;
        }
        counts.rows += 1;
        if let Some(organisation) = enterprise.organisation(found) {
            counts.used += 1;
            each(Row::Register(organisation));
        }
    }
    // What is left is of establishments, unless a file is not sorted.
    for details in [Some(names), addresses, activities, contacts].into_iter().flatten() {
        details.finish(&mut counts)?;
    }
    Ok(counts)
}

/// A zip archive, or a folder with its files.
enum Folder {
    Unpacked(PathBuf),
    Zip(Archive),
}

impl Folder {
    fn open(path: &Path) -> Result<Folder, ImportError> {
        if std::fs::metadata(path).map_err(ImportError::io(path))?.is_dir() {
            Ok(Folder::Unpacked(path.into()))
        } else if Input::is_archive(path)? {
            Ok(Folder::Zip(Archive::open(path)?))
        } else {
            Err(ImportError::file(path, "is neither a zip archive nor a folder of KBO's files"))
        }
    }

    /// One of its files; none if it is not there.
    fn input(&mut self, name: &str) -> Result<Option<Input>, ImportError> {
        match self {
            Folder::Unpacked(path) => {
                let path = path.join(name);
                if path.is_file() { Input::open(&path).map(Some) } else { Ok(None) }
            }
            Folder::Zip(archive) => {
                let names = archive.names()?;
                let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
                let found = names.iter().find(|path| file(path).eq_ignore_ascii_case(name));
                found.map(|path| archive.read(path)).transpose()
            }
        }
    }
}

/// Where enterprise.csv has its columns.
struct Columns {
    number: usize,
    status: usize,
    kind: usize,
    form: usize,
}

struct Enterprise {
    number: u64,
    active: bool,
    natural_person: bool,
    form: Option<String>,
}

impl Columns {
    fn find(table: &mut Table<'_>, path: &Path) -> Result<Columns, ImportError> {
        let header = table.header()?;
        Ok(Columns {
            number: header.require(path, "EnterpriseNumber")?,
            status: header.require(path, "Status")?,
            kind: header.require(path, "TypeOfEnterprise")?,
            form: header.require(path, "JuridicalForm")?,
        })
    }

    fn enterprise(&self, record: Record<'_>) -> Result<Enterprise, Refusal> {
        let number = number(record.get(self.number)).ok_or("an enterprise number has not ten digits")?;
        // 97 less the remainder of the first eight digits.
        if 97 - number / 100 % 97 != number % 100 {
            return Err("an enterprise number's check digits are wrong");
        }
        let natural_person = match record.get(self.kind).trim_ascii() {
            b"1" => true,
            b"2" => false,
            _ => return Err("a type of enterprise is neither 1 nor 2"),
        };
        let active = record.get(self.status).trim_ascii() == b"AC";
        let form = text::text(record.get(self.form))?.map(str::to_owned);
        Ok(Enterprise { number, active, natural_person, form })
    }
}

impl Enterprise {
    fn organisation(self, found: Found) -> Option<Organisation<'static>> {
        let mut names = found.names.into_iter();
        let name = names.next().filter(|_| self.active)?;
        Some(Organisation {
            name: name.into(),
            other_names: names.map(Cow::Owned).collect(),
            country: if found.abroad { found.country } else { Some(*b"BE") },
            domain: found.domain.map(Cow::Owned),
            legal_form: self.form.map(Cow::Owned),
            industry: found.industry.map(|(_, code)| code.into()),
            register: Some("kbo".into()),
            register_id: Some(format!("{:010}", self.number).into()),
            natural_person: self.natural_person,
            ..Organisation::default()
        })
    }
}

/// What the other files tell about an enterprise. A text that is no good is left out.
#[derive(Default)]
struct Found {
    /// The first of type 001 stands first.
    names: Vec<String>,
    named: bool,
    abroad: bool,
    country: Option<Country>,
    /// The version of the code list, and the code.
    industry: Option<(u32, String)>,
    domain: Option<String>,
}

impl Found {
    fn name(&mut self, [kind, name, _]: [&[u8]; 3]) {
        let Ok(Some(name)) = text::text(name) else { return };
        let first = !self.named && kind == b"001";
        if first {
            self.names.retain(|known| known != name);
            self.names.insert(0, name.to_owned());
            self.named = true;
        } else if self.names.len() < MOST_DETAILS && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Belgian addresses name no country.
    fn address(&mut self, [kind, country, ended]: [&[u8]; 3]) {
        if kind == b"REGO" && ended.is_empty() && !country.is_empty() {
            self.abroad = true;
            self.country = country_named(country);
        }
    }

    /// The main activity, by the newest code list.
    fn activity(&mut self, [class, code, version]: [&[u8]; 3]) {
        let version = text::ascii(version).and_then(|version| version.parse().ok()).unwrap_or(0);
        let code = text::ascii(code).filter(|code| !code.is_empty() && code.len() <= 10);
        let newer = self.industry.as_ref().is_none_or(|(known, _)| version > *known);
        if let Some(code) = code.filter(|_| class == b"MAIN" && newer) {
            self.industry = Some((version, code.to_owned()));
        }
    }

    fn contact(&mut self, [kind, value, _]: [&[u8]; 3]) {
        if kind == b"WEB" && self.domain.is_none() {
            self.domain = text::text(value).ok().flatten().and_then(text::domain);
        }
    }
}

/// The country of a Dutch name; KBO gives no codes. None for all but the commonest.
fn country_named(name: &[u8]) -> Option<Country> {
    const NAMES: [(&str, &Country); 12] = [
        ("Nederland", b"NL"),
        ("Frankrijk", b"FR"),
        ("Duitsland", b"DE"),
        ("Luxemburg", b"LU"),
        ("Groothertogdom Luxemburg", b"LU"),
        ("Verenigd Koninkrijk", b"GB"),
        ("Ierland", b"IE"),
        ("Zwitserland", b"CH"),
        ("Spanje", b"ES"),
        ("Italië", b"IT"),
        ("Verenigde Staten", b"US"),
        ("België", b"BE"),
    ];
    let name = text::text(name).ok().flatten()?;
    NAMES.iter().find(|(known, _)| name.starts_with(known)).map(|(_, country)| **country)
}

#[cfg(test)]
mod tests;
