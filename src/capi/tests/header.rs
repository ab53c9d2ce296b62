//! The header is what cbindgen makes of the sources, and is committed.

use std::fs;
use std::path::Path;

const HEADER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../include/nameplate.h");

fn generated() -> String {
    let crate_directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(crate_directory.join("cbindgen.toml")).unwrap();
    let bindings =
        cbindgen::Builder::new().with_crate(crate_directory).with_config(config).generate().unwrap();
    let mut header = Vec::new();
    bindings.write(&mut header);
    String::from_utf8(header).unwrap()
}

/// `make header` sets the variable.
#[test]
fn the_committed_header_is_the_generated_one() {
    let generated = generated();
    if std::env::var_os("NAMEPLATE_WRITE_HEADER").is_some() {
        fs::write(HEADER, &generated).unwrap();
    }
    let committed = fs::read_to_string(HEADER).unwrap_or_default();
    assert!(committed == generated, "include/nameplate.h is not what the sources say: run make header");
}
