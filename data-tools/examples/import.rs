//! Reads one file as a source of a kind and prints what became of its rows and how long it took:
//!
//! ```text
//! cargo run --release -p nameplate-build --example import -- rpsl ripe.db.gz
//! ```

use std::path::Path;
use std::time::Instant;

use nameplate_build::{BuildConfig, check};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, file] = &arguments[..] else {
        return Err("usage: import KIND FILE, with a kind as in nameplate.toml".into());
    };
    // A kind is spelled as in a configuration.
    let source = format!("[[source]]\nkind = {kind:?}\nname = \"file\"\nfiles = []\n");
    let config: BuildConfig = toml::from_str(&source)?;
    let began = Instant::now();
    let counts = check(&config.sources[0], Path::new(file), &mut ())?;
    let took = began.elapsed();
    let refused = counts.refused_rows();
    println!("{} rows, {} used, {refused} refused, {took:.1?}", counts.rows, counts.used);
    for (reason, refused) in &counts.refused {
        println!("{} rows: {reason}, first on line {}", refused.count, refused.first_line);
    }
    Ok(())
}
