//! Learns what `words/common-words.txt` and `words/match-weights.txt` say and writes it to standard
//! output. The same inputs give the same output. First the words, for the weights rest on them:
//!
//! ```text
//! nameplate-learn words lei_names.tsv.gz asn-ipv4.csv asn-ipv6.csv > data-tools/words/common-words.txt
//! nameplate-learn weights pairs.csv > data-tools/words/match-weights.txt
//! ```

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::ExitCode;

use flate2::read::GzDecoder;
use nameplate_build::matching::learn::{Example, Model, is_organisation};
use nameplate_build::matching::{SAME, words_of};

/// A word of fewer names is not common.
const COMMON: u32 = 150;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["words", names, ref tables @ ..] => words(names, tables),
        ["weights", labelled] => weights(labelled),
        _ => Err("usage: nameplate-learn words NAMES.tsv.gz TABLE.csv... | weights PAIRS.csv".into()),
    };
    match done {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("nameplate-learn: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts in how many names each word stands.
fn words(register: &str, tables: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for line in BufReader::new(GzDecoder::new(open(register)?)).lines().skip(1) {
        names.extend(line?.split('\t').nth(1).map(str::to_owned));
    }
    for table in tables {
        for row in csv::ReaderBuilder::new().has_headers(false).from_reader(open(table)?).records() {
            names.extend(row?.get(3).map(str::to_owned));
        }
    }
    let mut counts: HashMap<String, u32> = HashMap::new();
    for name in &names {
        for word in words_of(name) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut common: Vec<(String, u32)> = counts.into_iter().filter(|(_, count)| *count >= COMMON).collect();
    common.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut text = format!(
        "# Words of organisations' names and in how many names they stand, of those in {COMMON} and more.\n\
         # Counted by nameplate-learn in LEI names (GLEIF, CC0) and AS holders' names (ip-location-db, CC BY 4.0).\n\
         # Legal forms, numbers, places and connecting words are left out; spellings after variants.txt.\n\
         names {}\n",
        names.len()
    );
    for (word, count) in common {
        writeln!(text, "{word} {count}")?;
    }
    Ok(text)
}

/// Learns the weights from labelled pairs of organisations.
fn weights(labelled: &str) -> Result<String, Box<dyn Error>> {
    let mut examples = Vec::new();
    for row in csv::Reader::from_reader(open(labelled)?).records() {
        let row = row?;
        if is_organisation(&row[0]) {
            examples.push(Example {
                name: row[1].to_owned(),
                other: row[2].to_owned(),
                same: &row[3] == "true",
            });
        }
    }
    Ok(format!(
        "# Weights of the differences between two names; the sum is the log-odds that they name one organisation.\n\
         # \"equal\" is the log-odds of names that do not differ. From {SAME} on they are the same; a link to a\n\
         # register needs more (matching/linker.rs). Learned by nameplate-learn: logistic regression with the\n\
         # priors in matching/learn.rs, on {} labelled pairs of organisations (nomenklatura's name checks, MIT).\n{}",
        examples.len(),
        Model::learn(&examples).written()
    ))
}

fn open(path: &str) -> Result<File, Box<dyn Error>> {
    File::open(path).map_err(|error| format!("{path}: {error}").into())
}
