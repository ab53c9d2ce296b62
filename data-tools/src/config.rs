//! What a build is made from: `nameplate.toml`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use nameplate::format::MAX_SOURCES;
use nameplate::{CompanyKind, OperatorKind};
use serde::Deserialize;

use crate::BuildError;
use crate::import::Kind;
use crate::import::terms;

/// A build's sources and numbers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildConfig {
    /// Grows from build to build; without it, the newest source's date as the number 20260617.
    pub build_number: Option<u64>,
    /// Files of corrections, relative to the configuration's directory.
    #[serde(default)]
    pub corrections: Vec<PathBuf>,
    /// The suppression list, relative to the configuration's directory.
    pub suppress: Option<PathBuf>,
    /// Which companies may be shown.
    #[serde(default)]
    pub companies: CompanySwitches,
    /// Where two sources claim the very same range, the more trusted wins, then the later one.
    #[serde(rename = "source", default)]
    pub sources: Vec<SourceConfig>,
    /// Whether the user accepts the terms of the sources that have some to accept. Not in the file:
    /// it is said anew for each build.
    #[serde(skip)]
    pub accept_terms: bool,
}

/// Switches for kinds and countries. A company that is switched off is not shown; its networks
/// are its operator's, if that is another organisation, or unknown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanySwitches {
    /// Only companies of these kinds: `["business", "education"]`. Without it, all.
    pub kinds: Option<Vec<String>>,
    /// Only companies of these countries: `["NL", "DE"]`. Without it, all and those without one.
    pub countries: Option<Vec<String>>,
    /// No companies of these countries.
    #[serde(default)]
    pub without_countries: Vec<String>,
}

/// One source: files in one grammar, of one origin, under one licence.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// The grammar of the files.
    pub kind: SourceKind,
    /// Short name, as answers show it.
    pub name: String,
    /// The files, relative to the configuration's directory.
    pub files: Vec<PathBuf>,
    /// Title for people.
    pub title: Option<String>,
    /// Licence, as an SPDX expression where there is one.
    pub licence: Option<String>,
    /// Whom the licence wants named, in its words.
    pub attribution: Option<String>,
    /// Where the source is described.
    pub url: Option<String>,
    /// Date of the data: `2026-06-17`.
    pub date: Option<String>,
    /// How far the source is trusted, 1 to 100: where two contradict each other the more trusted
    /// wins, and no company is shown with more confidence than the trust in the best source that
    /// names it.
    #[serde(default = "full_trust")]
    pub trust: u8,
    /// Of lists: what their members are.
    pub lists: Option<ListKind>,
}

fn full_trust() -> u8 {
    100
}

/// What a list's members are: one of the words that answers have for a kind, such as `hosting`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ListKind(Kind);

impl ListKind {
    pub(crate) fn kind(self) -> Kind {
        self.0
    }
}

impl TryFrom<String> for ListKind {
    type Error = String;

    fn try_from(word: String) -> Result<ListKind, String> {
        let words = || {
            let companies = CompanyKind::ALL.iter().map(|kind| kind.as_str());
            companies.chain(OperatorKind::ALL.iter().map(|kind| kind.as_str())).collect::<Vec<_>>().join(", ")
        };
        Kind::named(&word).map(ListKind).ok_or_else(|| format!("unknown kind; expected one of {}", words()))
    }
}

/// The grammars that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A table from ranges to AS numbers and holders: ip-location-db's CSV with dotted or numeric
    /// addresses, or iptoasn's TSV. Which of them a file is, is seen from its first line.
    IpAsn,
    /// ARIN's bulk whois, `arin_db.txt`. Its terms must be accepted.
    Arin,
    /// Companies House's BasicCompanyData: the companies of the United Kingdom.
    CompaniesHouse,
    /// GLEIF's level-1 golden copy: legal entities with an LEI.
    Gleif,
    /// KBO/BCE open data, zipped or unpacked: the enterprises of Belgium.
    Kbo,
    /// A regional registry's whois dump in RPSL, as `ripe.db.gz`. Its terms must be accepted.
    Rpsl,
    /// SIRENE's StockUniteLegale: the legal units of France.
    Sirene,
    /// A registry's delegated or delegated-extended statistics, or the NRO's combined file: the
    /// countries where ranges and AS numbers are registered.
    Delegated,
    /// A MaxMind DB: GeoLite2 ASN, GeoIP2 ISP and Enterprise, IPinfo.
    Mmdb,
    /// People's own CSV with a header, and IPinfo's and GeoLite2's downloads in CSV.
    Table,
    /// A list of AS numbers, one a line or CSV with a column `asn`. It needs `lists`.
    AsList,
    /// A list of prefixes, addresses or ranges, one a line or CSV. It needs `lists`.
    NetworkList,
    /// A list of domains, one a line, CSV with a column `domain`, or JSON. It needs `lists`.
    DomainList,
}

impl SourceKind {
    /// Whether its rows are records of a company register, which are compared with the holders
    /// that other sources name.
    pub(crate) fn is_register(self) -> bool {
        use SourceKind::{CompaniesHouse, Gleif, Kbo, Sirene};
        matches!(self, CompaniesHouse | Gleif | Kbo | Sirene)
    }

    fn is_list(self) -> bool {
        matches!(self, SourceKind::AsList | SourceKind::NetworkList | SourceKind::DomainList)
    }
}

impl BuildConfig {
    /// Reads a configuration file; the sources' paths become relative to its directory.
    pub fn read(path: &Path) -> Result<BuildConfig, BuildError> {
        let place = || path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| BuildError::Config { place: place(), what: error.to_string() })?;
        let mut config: BuildConfig = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let what = error.message().replace('\n', " ");
            BuildError::Config { place: format!("{}, line {line}", place()), what }
        })?;
        let directory = path.parent().unwrap_or(Path::new(""));
        let files = config.sources.iter_mut().flat_map(|source| &mut source.files);
        for file in files.chain(&mut config.corrections).chain(&mut config.suppress) {
            *file = directory.join(&*file);
        }
        config.check().map_err(|what| BuildError::Config { place: place(), what })?;
        Ok(config)
    }

    /// What cannot be, though each value for itself can.
    fn check(&self) -> Result<(), String> {
        if self.sources.is_empty() {
            return Err("names no [[source]]".into());
        }
        if self.sources.len() > MAX_SOURCES {
            return Err(format!("names more than {MAX_SOURCES} sources; one may have many files"));
        }
        for source in &self.sources {
            let name = &source.name;
            if !(1..=100).contains(&source.trust) {
                return Err(format!("source {name:?}: its trust is not from 1 to 100"));
            }
            if source.kind.is_list() != source.lists.is_some() {
                return Err(format!(
                    "source {name:?}: lists, and only they, say what they are of, as lists = \"hosting\""
                ));
            }
        }
        let names = self.sources.iter().map(|source| &source.name);
        if names.clone().collect::<HashSet<_>>().len() < self.sources.len() {
            return Err("two sources have one name".into());
        }
        let CompanySwitches { kinds, countries, without_countries } = &self.companies;
        if let Some(kind) = kinds.iter().flatten().find(|kind| CompanyKind::from_name(kind).is_none()) {
            return Err(format!("companies.kinds has {kind:?}, which is no kind of company"));
        }
        let is_country =
            |country: &&String| country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        let mut countries = countries.iter().flatten().chain(without_countries);
        match countries.find(|country| !is_country(country)) {
            Some(country) => {
                Err(format!("companies has the country {country:?}, expected two capitals as \"NL\""))
            }
            None => Ok(()),
        }
    }

    /// What the terms of the sources forbid, where they must be accepted: the source's short name and
    /// a summary.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.sources.iter().filter_map(|source| Some((source.name.as_str(), terms(source.kind)?)))
    }

    /// A build from IP-to-ASN tables alone, about whose origin nothing is stated.
    pub fn from_asn_tables(files: Vec<PathBuf>) -> BuildConfig {
        let source = SourceConfig {
            kind: SourceKind::IpAsn,
            name: "ip-asn".into(),
            files,
            title: Some("IP to ASN table".into()),
            licence: None,
            attribution: None,
            url: None,
            date: None,
            trust: full_trust(),
            lists: None,
        };
        BuildConfig { sources: vec![source], ..BuildConfig::default() }
    }
}

impl SourceConfig {
    /// The source's date, checked.
    pub(crate) fn parsed_date(&self) -> Result<Option<jiff::civil::Date>, BuildError> {
        let Some(date) = &self.date else { return Ok(None) };
        let parsed = date.parse().map_err(|_| BuildError::Config {
            place: format!("source {:?}", self.name),
            what: "its date is not of the form 2026-06-17".into(),
        })?;
        Ok(Some(parsed))
    }
}
