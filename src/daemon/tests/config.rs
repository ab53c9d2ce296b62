//! The configuration file: the documented example, and what is told of one that is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nameplate_daemon::{Config, ConfigError};
use tempfile::TempDir;

const EXAMPLE: &str = "../../docs/nameplate-serve.example.toml";

fn example() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE)).unwrap()
}

fn read(text: &str) -> Result<Config, String> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("nameplate.toml");
    fs::write(&path, text).unwrap();
    let read = Config::read(&path).map_err(|error| error.to_string());
    let prefix = format!("{}, ", path.display());
    read.map_err(|error| error.strip_prefix(&prefix).expect("the error names the file").to_owned())
}

/// What the schema has in this table, by what it says of a key that is not there.
fn keys_of_the_schema(table: &str) -> BTreeSet<String> {
    let error = read(&format!("{table}\nno_key_has_this_name = 1")).unwrap_err();
    let listed = error.split_once("expected one of ").expect("it lists what there is").1;
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The example's keys by their tables, those that are commented out included.
fn keys_of_the_example(table: &str) -> BTreeSet<String> {
    let mut current = "";
    let mut keys = BTreeSet::new();
    let example = example();
    for line in example.lines() {
        if line.starts_with('[') {
            current = line;
        } else if let Some((key, _)) = line.split_once(" = ")
            && !key.starts_with("# ")
            && current == table
        {
            keys.insert(key.trim_start_matches('#').to_owned());
        }
    }
    keys
}

#[test]
fn the_example_has_every_key_and_the_default_of_each() {
    let mut config = read(&example()).unwrap();
    config.check().unwrap();
    // These have none.
    config.db = Config::default().db;
    config.socket = Config::default().socket;
    assert_eq!(config, Config::default());

    let tables = ["[access]", "[limits]", "[monitor]"];
    for table in tables {
        assert_eq!(keys_of_the_example(table), keys_of_the_schema(table), "{table}");
    }
    let mut top = keys_of_the_example("");
    top.extend(tables.map(|table| table.trim_matches(['[', ']']).to_owned()));
    assert_eq!(top, keys_of_the_schema(""));
}

#[test]
fn what_is_commented_out_in_the_example_can_be_commented_in() {
    let text: String = example()
        .lines()
        .map(|line| line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line))
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = read(&text).unwrap();
    assert!(config.suppress.is_some() && config.access.owner.is_some() && config.monitor.group.is_some());
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, expected) in [
        ("db = \"x\"\nsokcet = \"y\"", "line 2: unknown field `sokcet`, expected one of "),
        ("[access]\n\nallow_user = []", "line 3: unknown field `allow_user`, expected one of "),
        ("[acces]\nmode = \"0660\"", "line 1: unknown field `acces`, expected one of "),
        ("[access]\nmode = 0660", "line 2: "),
        ("[access]\nmode = 432", "line 2: "),
        ("[access]\nmode = \"rw\"", "line 2: a mode is octal digits in quotes, as \"0660\""),
        ("[access]\nmode = \"0060\"", "line 2: a mode is octal digits in quotes"),
        ("[access]\nmode = \"1660\"", "line 2: a mode is octal digits in quotes"),
        ("[monitor]\nmode = \"+660\"", "line 2: a mode is octal digits in quotes"),
        ("[access]\ngroup = true", "line 2: a user or group is a name in quotes, or a number"),
        ("[access]\n\ngroup = -1", "line 3: a user or group is a name in quotes, or a number"),
        ("[access]\nallow_users = [\"a\",\n []]", "line 2: a user or group is a name in quotes"),
        ("threads = 1\nthreads = 2", "line 2: "),
        ("[limits]\nclients = \"many\"", "line 2: "),
        ("db = \"x", "line 1: "),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(expected), "{text:?} gives {error:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Config::read(Path::new("/nowhere/nameplate.toml")).unwrap_err();
    assert!(matches!(error, ConfigError::Io { .. }));
    assert!(error.to_string().starts_with("/nowhere/nameplate.toml: "));
}
