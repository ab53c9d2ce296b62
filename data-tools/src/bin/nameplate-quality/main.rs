//! `make quality`: measures classification, person filter and matching on labelled names, and writes
//! `docs/QUALITY.md`.
//!
//! ```sh
//! NAMEPLATE_CORPUS=../shared/data cargo run --release -p nameplate-build --bin nameplate-quality -- docs/QUALITY.md
//! ```
//!
//! With `--check` in the place of a file it writes nothing and fails if a figure misses what is wanted.
//! The same labels, table and rules give the same bytes.

mod figures;
mod kinds;
mod labels;
mod linking;
mod pairs;
mod persons;
mod table;

use std::path::Path;
use std::process::ExitCode;

use figures::Figures;

/// What went wrong, for people.
type Failure = Box<dyn std::error::Error>;

const OPENING: &str = "\
# Quality

Measured by `make quality`, which writes this page. The labels stand beside the project (`NAMEPLATE_CORPUS`) and are no
part of it. Names are judged by the rules of [RESOLUTION.md](RESOLUTION.md).

The rules and weights were developed on a random 60% of the labels (*development*: by a hash of the AS number or name);
of the rest (*held out*) only figures were looked at. Labels of another folder are split the same way, which means
nothing there.

";

fn main() -> ExitCode {
    match run() {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(missed) => {
            for figure in &missed {
                eprintln!("nameplate-quality: {figure}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("nameplate-quality: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The figures that miss what is wanted.
fn run() -> Result<Vec<String>, Failure> {
    let target = std::env::args().nth(1);
    let corpus = labels::corpus();
    let sources = std::env::var_os("NAMEPLATE_SOURCES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/sources"),
        std::path::PathBuf::from,
    );
    let mut figures = Figures::default();
    let mut report = String::from(OPENING);
    kinds::report(&corpus, &sources, &mut report, &mut figures)?;
    persons::report(&corpus, &mut report, &mut figures)?;
    pairs::report(&corpus, &mut report, &mut figures)?;
    // Times and memory are no figures that a check could hold.
    if target.as_deref() != Some("--check") {
        linking::report(&corpus, &sources, &mut report)?;
    }

    let summary = figures.summary();
    let report = report.replacen("\n\n", &format!("\n\n{summary}\n"), 1);
    print!("{report}");
    match target.as_deref() {
        Some("--check") => Ok(figures.missed()),
        Some(path) => {
            std::fs::write(path, report).map_err(|error| format!("{path}: {error}"))?;
            Ok(Vec::new())
        }
        None => Ok(Vec::new()),
    }
}
