//! Whole builds: several sources, corrections, suppression and terms, through what users call.

use std::fs;
use std::path::{Path, PathBuf};

use nameplate::{Address, Database, Suppression, SuppressionList, SuppressionRule};
use nameplate_build::{BuildConfig, BuildError, build, explain};

/// A folder with sources and their configuration.
struct World(tempfile::TempDir);

impl World {
    fn new(files: &[(&str, &str)]) -> World {
        let world = World(tempfile::tempdir().unwrap());
        for (name, content) in files {
            fs::write(world.path(name), content).unwrap();
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn config(&self) -> BuildConfig {
        BuildConfig::read(&self.path("nameplate.toml")).unwrap()
    }

    fn file(&self) -> Vec<u8> {
        let (writer, _) = build(&self.config(), &mut ()).unwrap();
        let mut file = Vec::new();
        writer.finish(&mut file).unwrap();
        file
    }

    /// The answer for an address, as a line of JSON, of a file that is verified.
    fn answer(&self, address: &str) -> String {
        let file = self.file();
        let database = Database::from_bytes(&file).unwrap();
        database.verify().unwrap();
        let mut json = String::new();
        nameplate::write_json(&database.lookup_text(address.as_bytes()).unwrap(), &mut json);
        json
    }
}

const ASN: &str = "198.18.128.0,198.19.255.255,64500,Example Telecom\n\
                   203.0.0.0,203.0.112.255,64500,Example Telecom\n\
                   203.0.114.0,203.0.114.255,64501,Example Foods Inc\n";
const TABLE: &str = "network,name,domain,kind,country\n\
                     203.0.100.16/28,Example Mill GmbH,mill.example,business,DE\n";
const GLEIF: &str = "lei\tlegal_name\tcountry\tcategory\tsubcategory\tindustry_tags\n\
                     529900T8BM49AURSDO55\tExample Foods, Incorporated\tUS\tGENERAL\t\t\n";
const SOURCES: &str = "[[source]]\nkind = \"ip-asn\"\nname = \"ip-asn\"\nfiles = [\"asn.csv\"]\ntrust = 70\n\
                       [[source]]\nkind = \"table\"\nname = \"own\"\nfiles = [\"own.csv\"]\n\
                       [[source]]\nkind = \"delegated\"\nname = \"nro\"\nfiles = [\"delegated\"]\n\
                       [[source]]\nkind = \"gleif\"\nname = \"gleif\"\nfiles = [\"lei.tsv\"]\n";
const DELEGATED: &str = "2|arin|20260617|1|19830705|20260617|+0000\n\
                         arin|*|ipv4|*|0|summary\narin|*|asn|*|1|summary\narin|*|ipv6|*|0|summary\n\
                         arin|US|asn|64501|1|20010101|assigned|x\n";

fn world(beginning: &str, more: &[(&str, &str)]) -> World {
    let configuration = format!("{beginning}\n{SOURCES}");
    let files = [
        ("nameplate.toml", &*configuration),
        ("asn.csv", ASN),
        ("own.csv", TABLE),
        ("lei.tsv", GLEIF),
        ("delegated", DELEGATED),
    ];
    World::new(&[&files, more].concat())
}

#[test]
fn sources_of_many_kinds_become_one_file() {
    let world = world("", &[]);
    let mill = world.answer("203.0.100.20");
    assert!(mill.contains("\"id\":\"domain:mill.example\"") && mill.contains("\"country\":\"DE\""), "{mill}");
    assert!(mill.contains("\"operator\":{\"asn\":64500,\"name\":\"Example Telecom\""), "{mill}");
    assert!(mill.contains("\"network\":{\"first\":\"203.0.100.16\",\"last\":\"203.0.100.31\"}"), "{mill}");
    assert!(mill.contains("\"sources\":[\"own\"]"), "{mill}");
    let foods = world.answer("203.0.114.1");
    assert!(foods.contains("\"id\":\"lei:529900T8BM49AURSDO55\""), "linked by name and country: {foods}");
    assert!(foods.contains("\"sources\":[\"ip-asn\",\"gleif\"]"), "{foods}");
    assert_eq!(world.answer("198.18.200.1"), "{\"status\":\"reserved\",\"block\":\"Benchmarking\"}");
}

#[test]
fn without_its_country_a_holder_is_not_linked() {
    let world = world("", &[("delegated", &DELEGATED.replace("64501", "64509"))]);
    assert!(world.answer("203.0.114.1").contains("\"id\":\"asn:64501\""));
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let world = world("", &[]);
    assert_eq!(world.file(), world.file());
}

#[test]
fn corrections_win_and_one_bad_row_refuses_their_file() {
    let row = |row: &str| format!("network,asn,company,is,name,kind\n{row}\n");
    let corrected = |row_text: &str| world("corrections = [\"mine.csv\"]", &[("mine.csv", &row(row_text))]);
    let answer = corrected("203.0.100.0/24,,,company,Example Bakery,business").answer("203.0.100.20");
    assert!(answer.contains("\"name\":\"Example Bakery\"") && answer.contains("\"asn\":64500"), "{answer}");
    let unknown = "{\"status\":\"unknown\"}";
    assert_eq!(corrected(",,domain:mill.example,unknown,,").answer("203.0.100.20"), unknown);
    assert_eq!(corrected(",64501,,unknown,,").answer("203.0.114.1"), unknown);
    let answer = corrected(",64501,,operator,Example Foods Hosting,hosting").answer("203.0.114.1");
    assert!(
        answer.starts_with("{\"status\":\"operator\"") && answer.contains("\"kind\":\"hosting\""),
        "{answer}"
    );
    for (bad, reason) in [
        ("203.0.100.1/24,,,unknown,,", "line 2: a prefix has bits set beyond its length; mend or delete it"),
        (
            "203.0.100.0/24,64500,,unknown,,",
            "line 2: not exactly one of network, asn and company is filled in",
        ),
        (
            "203.0.100.0/24,,,perhaps,,",
            "line 2: the column \"is\" holds none of company, operator and unknown",
        ),
        ("203.0.100.0/24,,,company,,", "line 2: a company has no name"),
        ("203.0.100.0/24,,,company,Example,hosting", "line 2: the kind of a company is one of an operator"),
        (",64500,,unknown,,\n,64500,,operator,,", "line 3: its subject was corrected before"),
    ] {
        let error = build(&corrected(bad).config(), &mut ()).err().expect("refused").to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn what_the_suppression_list_names_does_not_enter_the_file() {
    let world = world("suppress = \"list\"", &[]);
    let path = world.path("list");
    SuppressionList::create(&path).unwrap();
    let plain = world.file();
    let holds = |file: &[u8], text: &str| file.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds(&plain, "Example Mill"));
    let rule = SuppressionRule::Domain("mill.example".into());
    let entry = Suppression::new(rule, "2026-06-17", "it objected").unwrap();
    SuppressionList::update(&path, |list| list.add(entry)).unwrap();
    let without = world.file();
    assert!(!holds(&without, "Example Mill") && !holds(&without, "mill.example"));
    assert_eq!(world.answer("203.0.100.20"), "{\"status\":\"unknown\"}");
    let network = SuppressionRule::Network("203.0.114.0/25".parse().unwrap());
    let entry = Suppression::new(network, "2026-06-17", "it objected").unwrap();
    SuppressionList::update(&path, |list| list.add(entry)).unwrap();
    assert_eq!(world.answer("203.0.114.1"), "{\"status\":\"unknown\"}");
    assert!(world.answer("203.0.114.200").contains("\"first\":\"203.0.114.128\""));
    fs::remove_file(&path).unwrap();
    assert!(matches!(build(&world.config(), &mut ()), Err(BuildError::Suppression(_))));
}

#[test]
fn a_source_under_terms_is_read_only_when_they_are_accepted() {
    let whois = "inetnum: 203.0.100.64 - 203.0.100.95\nnetname: X\ndescr: Example Foundry Ltd\ncountry: GB\nstatus: ASSIGNED PA\nsource: TEST\n";
    let terms = "[[source]]\nkind = \"rpsl\"\nname = \"whois\"\nfiles = [\"whois.db\"]\n";
    let world = world(terms, &[("whois.db", whois)]);
    let mut config = world.config();
    let Err(BuildError::Terms { source_name }) = build(&config, &mut ()) else { panic!("refused") };
    assert_eq!(source_name, "whois");
    let (_, summary) = config.terms().next().unwrap();
    assert!(summary.contains("marketing"));
    config.accept_terms = true;
    let (writer, _) = build(&config, &mut ()).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    let database = Database::from_bytes(&file).unwrap();
    assert_eq!(
        database.lookup_text(b"203.0.100.70").unwrap().company().unwrap().name(),
        "Example Foundry Ltd"
    );
}

#[test]
fn an_explanation_has_every_statement_and_the_rule() {
    let world = world("", &[]);
    let address = Address::parse(b"203.0.100.20").unwrap();
    let (_, _, explanation) = explain(&world.config(), address, &mut ()).unwrap();
    let sources: Vec<&str> = explanation.statements.iter().map(|(source, _)| source.as_str()).collect();
    assert_eq!(sources, ["ip-asn", "own"]);
    assert!(explanation.statements[1].1.contains("Example Mill GmbH"));
    assert_eq!(explanation.rule.unwrap().name, "company");
    let nobody = Address::parse(b"9.9.9.9").unwrap();
    let (_, _, explanation) = explain(&world.config(), nobody, &mut ()).unwrap();
    assert!(explanation.statements.is_empty() && explanation.rule.is_none());
}

#[test]
fn the_documented_example_is_a_configuration() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/nameplate.example.toml");
    let config = BuildConfig::read(&example).unwrap();
    assert_eq!(config.sources.len(), 13);
    assert_eq!(config.terms().count(), 2);
}

#[test]
fn a_configuration_that_contradicts_itself_is_refused() {
    let source = |more: &str| format!("[[source]]\nkind = \"ip-asn\"\nname = \"a\"\nfiles = []\n{more}\n");
    for (text, reason) in [
        (source("trust = 0"), "its trust is not from 1 to 100"),
        (source("trust = 101"), "its trust is not from 1 to 100"),
        (source("lists = \"hosting\""), "lists, and only they, say what they are of"),
        (source("lists = \"zoo\""), "unknown kind"),
        (source("").replace("ip-asn", "as-list"), "lists, and only they, say what they are of"),
        (source("").repeat(2), "two sources have one name"),
        (format!("{}[companies]\nkinds = [\"access\"]", source("")), "which is no kind of company"),
        (format!("{}[companies]\ncountries = [\"nl\"]", source("")), "expected two capitals"),
        (
            (0..33).map(|n| source("").replace("\"a\"", &format!("\"a{n}\""))).collect(),
            "more than 32 sources",
        ),
    ] {
        let world = World::new(&[("nameplate.toml", &text)]);
        let error = BuildConfig::read(&world.path("nameplate.toml")).unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains('\n'), "{error}");
    }
}
