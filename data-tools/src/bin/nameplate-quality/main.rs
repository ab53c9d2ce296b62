//! Measures how well the build resolves organisations, on the corpora.

mod linking;
mod pairs;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let corpus = std::env::var("NAMEPLATE_CORPUS").unwrap_or_else(|_| "../shared/data".to_owned());
    let corpus = Path::new(&corpus);
    let sources = Path::new("data/sources");
    let mut out = String::new();
    match std::env::args().nth(1).as_deref() {
        Some("linking") => linking::report(corpus, sources, &mut out)?,
        _ => pairs::report(corpus, sources, &mut out)?,
    }
    print!("{out}");
    Ok(())
}
