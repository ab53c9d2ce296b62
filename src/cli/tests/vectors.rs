//! The cases of tests/vectors through the engine and through the command line. tests/vectors/README.md says what
//! stands in the file; the C ABI runs it in src/capi/tests.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Folder, nameplate, text};
use nameplate::{Address, Database, OpenOptions, SuppressionList, write_json};

/// One line of the file.
struct Vector {
    suppressed: bool,
    asks: String,
    input: Vec<u8>,
    wanted: String,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn vectors() -> Vec<Vector> {
    let file = fs::read_to_string(directory().join("vectors.tsv")).unwrap();
    let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let vectors: Vec<Vector> = lines
        .map(|line| {
            let [world, asks, input, wanted] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("not four columns: {line}");
            };
            assert!(world == "whole" || world == "suppressed", "{line}");
            let (asks, wanted) = (asks.to_owned(), wanted.to_owned());
            Vector { suppressed: world == "suppressed", asks, input: unescaped(input), wanted }
        })
        .collect();
    assert!(vectors.len() > 500, "there were more");
    vectors
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    bytes
}

fn build(folder: &Folder) -> PathBuf {
    let file = folder.path("vectors.npl");
    let config = directory().join("vectors.toml");
    let built = nameplate(&["build", "--config", text(&config), "-o", text(&file)]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    file
}

#[test]
fn the_engine_answers_as_the_vectors_say() {
    let folder = Folder::new();
    let file = build(&folder);
    let whole = Database::open(&file).unwrap();
    let list = SuppressionList::open(&directory().join("suppress.list")).unwrap();
    let suppressed = OpenOptions::default().suppression(Some(&list)).open(&file).unwrap();
    for Vector { suppressed: of_list, asks, input, wanted } in vectors() {
        let database = if of_list { &suppressed } else { &whole };
        let shown = String::from_utf8_lossy(&input);
        let found = match asks.as_str() {
            "lookup" => Address::parse(&input).map_or("invalid".to_owned(), |address| {
                let mut json = String::new();
                write_json(&database.lookup(address), &mut json);
                json
            }),
            "networks" => {
                let id = std::str::from_utf8(&input).unwrap_or_default();
                let ranges = database.networks(id).map(|range| format!("{}-{}", range.first, range.last));
                let ranges: Vec<String> = ranges.collect();
                if ranges.is_empty() { "none".to_owned() } else { ranges.join(" ") }
            }
            other => panic!("{other}"),
        };
        assert_eq!(found, wanted, "{asks} {shown}, suppressed: {of_list}");
    }
}

/// All lines at once, by standard input; what holds a line's end can't be asked so.
#[test]
fn the_command_line_answers_as_the_vectors_say() {
    let folder = Folder::new();
    let file = build(&folder);
    for suppressed in [false, true] {
        let asked: Vec<Vector> = vectors()
            .into_iter()
            .filter(|vector| vector.suppressed == suppressed && vector.asks == "lookup")
            .filter(|vector| !vector.input.contains(&b'\n'))
            .collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_nameplate"));
        command.args(["lookup", "--json", "--db", text(&file)]);
        if suppressed {
            command.arg("--suppress").arg(directory().join("suppress.list"));
        }
        let mut child = command.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input: Vec<u8> = asked.iter().flat_map(|vector| [&vector.input[..], b"\n"].concat()).collect();
        let mut standard_input = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || standard_input.write_all(&input).unwrap());
        let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        writer.join().unwrap();
        assert_eq!(output.lines().count(), asked.len());
        for (number, (found, vector)) in (1..).zip(output.lines().zip(&asked)) {
            let refusal = format!(r#"{{"error":"invalid address","line":{number}}}"#);
            let wanted = if vector.wanted == "invalid" { &refusal } else { &vector.wanted };
            assert_eq!(found, wanted, "line {number}");
        }
    }
}
