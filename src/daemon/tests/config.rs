//! The configuration file: the documented example, and what is told of one that is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nameplate_daemon::{Config, ConfigError};
use nameplate_leads::outgoing::config::{OutgoingConfig, Repeat};
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
    let listed = error.split_once("expected ").expect("it lists what there is").1;
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The example's keys by their tables, those that are commented out included.
fn keys_of_the_example(table: &str) -> BTreeSet<String> {
    let mut current = "";
    let mut keys = BTreeSet::new();
    let example = example();
    for line in example.lines() {
        if line.starts_with('[') || line.starts_with("#[") {
            current = line.trim_start_matches('#');
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
    top.extend(["leads", "web"].map(str::to_owned));
    assert_eq!(top, keys_of_the_schema(""));
}

#[test]
fn the_example_has_every_key_of_leads_and_the_default_of_each() {
    let tables = [
        "[leads]",
        "[leads.proxies]",
        "[leads.bots]",
        "[leads.retention]",
        "[leads.score]",
        "[[leads.sites]]",
        "[[leads.sites.page_groups]]",
        "[leads.outgoing]",
        "[leads.outgoing.mail]",
        "[[leads.targets]]",
    ];
    have_the_keys_of_the_schema(&tables);

    let leads = read(&uncommented()).unwrap().leads.unwrap();
    leads.check().unwrap();
    let least = "[leads]\nstore = \"x\"\n[[leads.sites]]\nname = \"shop\"\nhosts = []";
    let defaults = read(least).unwrap().leads.unwrap();
    let header = (leads.proxies.header, defaults.proxies.header);
    assert_eq!(header.0, header.1);
    assert_eq!(leads.bots, defaults.bots);
    assert_eq!(leads.retention, defaults.retention);
    assert_eq!(leads.score, defaults.score);
    let outgoing = OutgoingConfig { allow: Vec::new(), certificates: None, mail: None, ..leads.outgoing };
    assert_eq!(outgoing, defaults.outgoing);
    assert!(defaults.targets.is_empty() && leads.targets[0].repeat == Repeat::default());
    assert_eq!(leads.freemail, defaults.freemail);
    assert_eq!(leads.sites[0].policy(), defaults.sites[0].policy());
}

#[test]
fn the_example_has_every_key_of_web_and_the_default_of_each() {
    have_the_keys_of_the_schema(&["[web]", "[web.sessions]", "[web.objection]", "[web.limits]"]);
    let web = read(&uncommented()).unwrap().web.unwrap();
    web.check().unwrap();
    let mut expected = read("[web]\nlisten = \"127.0.0.1:8420\"").unwrap().web.unwrap();
    // These have none.
    expected.hosts = web.hosts.clone();
    expected.tls = web.tls.clone();
    expected.objection.resolver = web.objection.resolver;
    assert_eq!(web, expected);
}

/// Of these tables the example has every key, and no other.
fn have_the_keys_of_the_schema(tables: &[&str]) {
    let name = |table: &str| table.trim_matches(['[', ']']).rsplit('.').next().unwrap().to_owned();
    for table in tables {
        let mut keys = keys_of_the_example(table);
        // Tables within this one.
        let below = format!("{}.", table.trim_matches(['[', ']']));
        keys.extend(
            tables
                .iter()
                .filter(|other| {
                    other
                        .trim_matches(['[', ']'])
                        .strip_prefix(&below)
                        .is_some_and(|rest| !rest.contains('.'))
                })
                .map(|other| name(other)),
        );
        let before = if table.ends_with("groups]]") { "[[leads.sites]]\n" } else { "" };
        assert_eq!(keys, keys_of_the_schema(&format!("{before}{table}")), "{table}");
    }
}

fn uncommented() -> String {
    example()
        .lines()
        .map(|line| line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn what_is_commented_out_in_the_example_can_be_commented_in() {
    let config = read(&uncommented()).unwrap();
    config.check().unwrap();
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
        ("[leads]\nstore = \"x\"\nsites = 1", "line 3: "),
        ("[leads]\nstore = \"x\"\n\nown_networks = [\"192.0.2.1/24\"]", "line 4: a network is a CIDR prefix"),
        (
            "[leads]\nstore = \"x\"\n[[leads.sites]]\nname = \"a\"\nhosts = []\nhighest = 1",
            "line 6: unknown field `highest`",
        ),
        ("[leads]\nstore = \"x\"\n[leads.retention]\nvisits = 1", "line 4: unknown field `visits`"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(expected), "{text:?} gives {error:?}");
    }
}

#[test]
fn leads_need_a_list_for_objections_and_values_that_hold_together() {
    let leads = "[leads]\nstore = \"x\"\n[[leads.sites]]\nname = \"a\"\nhosts = [\"a.example\"]\n";
    for (text, expected) in [
        (format!("db = \"x\"\n{leads}"), "suppress: with [leads] there is a list"),
        (
            format!("db = \"x\"\nsuppress = \"y\"\n{leads}[leads.retention]\nbackup_days = 31"),
            "leads.retention.backup_days: 1 to 30",
        ),
    ] {
        let error = read(&text).unwrap().check().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    read(&format!("db = \"x\"\nsuppress = \"y\"\n{leads}")).unwrap().check().unwrap();
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Config::read(Path::new("/nowhere/nameplate.toml")).unwrap_err();
    assert!(matches!(error, ConfigError::Io { .. }));
    assert!(error.to_string().starts_with("/nowhere/nameplate.toml: "));
}
