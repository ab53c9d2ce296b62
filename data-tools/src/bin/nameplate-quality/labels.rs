//! The labelled AS numbers and names, which stand beside the project (`NAMEPLATE_CORPUS`).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::Failure;

/// Where the labels stand: `NAMEPLATE_CORPUS`, or `../shared/data` beside the project.
pub(crate) fn corpus() -> PathBuf {
    std::env::var_os("NAMEPLATE_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from)
}

/// What a labelled AS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Access,
    Hosting,
    Vpn,
    Education,
}

impl Label {
    /// All labels, with the file that holds each.
    pub(crate) const ALL: [(Label, &str); 4] = [
        (Label::Access, "isp.csv"),
        (Label::Hosting, "hosting.csv"),
        (Label::Vpn, "vpn.csv"),
        (Label::Education, "education.csv"),
    ];
}

/// One labelled AS.
#[derive(Debug)]
pub(crate) struct LabelledSystem {
    pub(crate) asn: u32,
    /// Its name in the list of labels, for where the AS table does not have it.
    pub(crate) name: String,
    pub(crate) kind: Label,
}

/// Reads all labelled AS numbers, in the order of [`Label::ALL`] and of the files.
pub(crate) fn systems(corpus: &Path) -> Result<Vec<LabelledSystem>, Failure> {
    let mut systems = Vec::new();
    for (kind, file) in Label::ALL {
        let path = corpus.join("labels/asn-kind").join(file);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_path(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        for row in reader.records() {
            let row = row?;
            let (asn, name) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
            systems.push(LabelledSystem { asn: asn.trim().parse()?, name: name.to_owned(), kind });
        }
    }
    Ok(systems)
}

/// A legal entity with an LEI.
pub(crate) struct LegalEntity {
    pub(crate) name: String,
    #[allow(dead_code, reason = "training takes as many of each country")]
    pub(crate) country: String,
}

/// The legal entities of GLEIF's category `GENERAL`: no funds, branches, sole traders or governments.
pub(crate) fn legal_entities(corpus: &Path) -> Result<Vec<LegalEntity>, Failure> {
    let path = corpus.join("registers/gleif/lei_names.tsv.gz");
    let file = std::fs::File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut entities = Vec::new();
    for line in BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines() {
        let line = line?;
        let mut columns = line.split('\t').skip(1);
        if let (Some(name), Some(country), Some("GENERAL")) = (columns.next(), columns.next(), columns.next())
        {
            entities.push(LegalEntity { name: name.to_owned(), country: country.to_owned() });
        }
    }
    Ok(entities)
}

/// A name's letters and digits in lower case: what is equal in it is the same name.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a label is of the 60% that the rules were developed on: by a hash (FNV-1a) of what is labelled, an
/// AS number in decimal or a name. The rest was looked at in numbers only.
pub(crate) fn is_development(labelled: &str) -> bool {
    let hash = labelled.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32) % 10 < 6
}
