//! The figures for names of organisations, on the labelled pairs of the corpus (`NAMEPLATE_CORPUS`,
//! default `../shared/data` beside the project).

use std::path::PathBuf;

use nameplate_build::matching::learn::is_organisation;
use nameplate_build::matching::{SAME, same_name};

/// The labelled pairs of organisations; none, said loudly, where there is no corpus.
fn labelled() -> Option<Vec<(String, String, bool)>> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let corpus = std::env::var_os("NAMEPLATE_CORPUS").map_or_else(beside, PathBuf::from);
    let path = corpus.join("labels/name-pairs/pairs.csv");
    let Ok(mut reader) = csv::Reader::from_path(&path) else {
        eprintln!("SKIPPED: {} is missing; set NAMEPLATE_CORPUS", path.display());
        return None;
    };
    let pairs = reader.records().map(|row| row.expect("a row of CSV"));
    let organisations = pairs.filter(|row| is_organisation(&row[0]));
    Some(organisations.map(|row| (row[1].to_owned(), row[2].to_owned(), &row[3] == "true")).collect())
}

#[test]
fn precision_and_recall_are_what_is_promised() {
    let Some(pairs) = labelled() else { return };
    let count = |label: bool, judged: bool| {
        let right = pairs.iter().filter(|(a, b, same)| *same == label && (same_name(a, b) >= SAME) == judged);
        f64::from(u32::try_from(right.count()).unwrap())
    };
    let (found, missed, wrong) = (count(true, true), count(true, false), count(false, true));
    let (precision, recall) = (found / (found + wrong), found / (found + missed));
    assert!(precision >= 0.93 && recall >= 0.85, "precision {precision:.3}, recall {recall:.3}");
}
