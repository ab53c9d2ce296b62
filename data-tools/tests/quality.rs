//! The figures that are wanted, on the labels beside the project.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_wanted_figures_are_reached() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let corpus =
        std::env::var_os("NAMEPLATE_CORPUS").map_or_else(|| project.join("../shared/data"), PathBuf::from);
    for needed in [corpus.join("labels"), project.join("data/sources/ip-location-db-asn")] {
        if !needed.exists() {
            eprintln!(
                "SKIPPED: the figures of docs/QUALITY.md were not checked: {} is missing",
                needed.display()
            );
            return;
        }
    }
    let run = Command::new(env!("CARGO_BIN_EXE_nameplate-quality"))
        .arg("--check")
        .env("NAMEPLATE_CORPUS", corpus)
        .output()
        .expect("nameplate-quality runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
