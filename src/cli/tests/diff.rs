//! `nameplate diff`: what is a change, what is none, and how both are told.

mod common;

use std::fs;
use std::path::Path;

use common::{Folder, edges, error_line, nameplate_ok, random_table, sample, text};
use nameplate::{Address, Answer, CompanyFields, Database, OperatorKind, SourceFields, SourceSet, Writer};
use serde_json::{Value, json};

fn diff_json(old: &Path, new: &Path) -> Vec<Value> {
    let lines = nameplate_ok(&["diff", text(old), text(new), "--json"]);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Two companies, two operators, one source; `new` makes a file in which one of each went, came or
/// changed.
fn build(new: bool) -> Writer {
    let mut writer = Writer::new();
    writer.build_number(if new { 8 } else { 7 });
    writer.created(if new { 1_780_086_400 } else { 1_780_000_000 });
    let date = Some(if new { "2026-06-18" } else { "2026-06-17" });
    let source =
        SourceFields { name: "ip-asn", licence: Some("CC-BY-4.0"), date, rows: 3, ..Default::default() };
    let source = writer.source(&source).unwrap();
    let name = if new { "Example Fibre" } else { "Example Telecom" };
    let telecom = writer.operator(64_500, name, Some(OperatorKind::Access)).unwrap();
    let telecom = writer.operator_answer(telecom, source).unwrap();
    let country = new.then_some(*b"NL");
    let stays = CompanyFields { id: "asn:2", name: "Stays Ltd", country, ..Default::default() };
    let stays = writer.company(&stays).unwrap();
    let stays = writer.company_answer(stays, None, 40, source).unwrap();
    let (id, name) = if new { ("asn:3", "Comes Ltd") } else { ("asn:1", "Goes Ltd") };
    let other = writer.company(&CompanyFields { id, name, ..Default::default() }).unwrap();
    let other = writer.company_answer(other, None, 40, source).unwrap();
    writer.push_v4(0x0100_0000, 0x0100_00ff, telecom).unwrap();
    writer.push_v4(0x0200_0000, 0x0200_00ff, stays).unwrap();
    writer.push_v4(0x0300_0000, 0x0300_00ff, other).unwrap();
    writer.push_v6(1 << 96, (1 << 96) + 1, if new { stays } else { other }).unwrap();
    writer
}

#[test]
fn text_names_each_change_and_counts_them() {
    let folder = Folder::new();
    let ((old, _), (new, _)) = (folder.publish("old", build(false)), folder.publish("new", build(true)));
    let expected = "\
file changed: build_number 7 -> 8, created 1780000000 -> 1780086400
source ip-asn changed: date 2026-06-17 -> 2026-06-18
operator AS64500 changed: name Example Telecom -> Example Fibre
company asn:1 removed: name Goes Ltd
company asn:2 changed: country none -> NL
company asn:3 added: name Comes Ltd
network 1.0.0.0 - 1.0.0.255: operator: Example Telecom [AS64500, access] -> operator: Example Fibre [AS64500, access]
network 3.0.0.0 - 3.0.0.255: company: Goes Ltd [asn:1, confidence 40] -> company: Comes Ltd [asn:3, confidence 40]
network 0:1:: - 0:1::1: company: Goes Ltd [asn:1, confidence 40] -> company: Stays Ltd [asn:2, NL, confidence 40]
sources: 0 added, 0 removed, 1 changed
operators: 0 added, 0 removed, 1 changed
companies: 1 added, 1 removed, 1 changed
networks: 2 IPv4 with 512 addresses and 1 IPv6 have another answer
";
    assert_eq!(nameplate_ok(&["diff", text(&old), text(&new)]), expected);
}

#[test]
fn json_has_an_object_for_each_change_and_a_summary() {
    let folder = Folder::new();
    let ((old, _), (new, _)) = (folder.publish("old", build(false)), folder.publish("new", build(true)));
    let source = |date| json!({"licence": "CC-BY-4.0", "date": date, "rows": 3});
    let operator = |name| json!({"name": name, "kind": "access"});
    let operator_answer = |name| json!({"status": "operator", "operator": {"asn": 64500, "name": name, "kind": "access"}, "sources": ["ip-asn"]});
    let company =
        |company| json!({"status": "company", "company": company, "confidence": 40, "sources": ["ip-asn"]});
    let expected = [
        json!({"change": "file", "old": {"build_number": 7, "created": 1_780_000_000}, "new": {"build_number": 8, "created": 1_780_086_400}}),
        json!({"change": "source", "name": "ip-asn", "old": source("2026-06-17"), "new": source("2026-06-18")}),
        json!({"change": "operator", "asn": 64500, "old": operator("Example Telecom"), "new": operator("Example Fibre")}),
        json!({"change": "company", "id": "asn:1", "old": {"name": "Goes Ltd"}}),
        json!({"change": "company", "id": "asn:2", "old": {"name": "Stays Ltd"}, "new": {"name": "Stays Ltd", "country": "NL"}}),
        json!({"change": "company", "id": "asn:3", "new": {"name": "Comes Ltd"}}),
        json!({"change": "network", "first": "1.0.0.0", "last": "1.0.0.255",
            "old": operator_answer("Example Telecom"), "new": operator_answer("Example Fibre")}),
        json!({"change": "network", "first": "3.0.0.0", "last": "3.0.0.255",
            "old": company(json!({"id": "asn:1", "name": "Goes Ltd"})), "new": company(json!({"id": "asn:3", "name": "Comes Ltd"}))}),
        json!({"change": "network", "first": "0:1::", "last": "0:1::1",
            "old": company(json!({"id": "asn:1", "name": "Goes Ltd"})),
            "new": company(json!({"id": "asn:2", "name": "Stays Ltd", "country": "NL"}))}),
        json!({"summary": {
            "sources": {"added": 0, "removed": 0, "changed": 1},
            "operators": {"added": 0, "removed": 0, "changed": 1},
            "companies": {"added": 1, "removed": 1, "changed": 1},
            "networks": {"v4": 2, "v4_addresses": 512, "v6": 1},
        }}),
    ];
    assert_eq!(diff_json(&old, &new), expected);
}

#[test]
fn a_file_does_not_differ_from_itself_however_its_answers_are_numbered() {
    let folder = Folder::new();
    let (file, _) = folder.publish("a", sample());
    let summary = "\
sources: 0 added, 0 removed, 0 changed
operators: 0 added, 0 removed, 0 changed
companies: 0 added, 0 removed, 0 changed
networks: 0 IPv4 with 0 addresses and 0 IPv6 have another answer
";
    assert_eq!(nameplate_ok(&["diff", text(&file), text(&file)]), summary);
    // The same networks, their operators written in the other order.
    let write = |numbers: [u32; 2]| {
        let mut writer = Writer::new();
        let mut answers = numbers.map(|number| {
            let operator = writer.operator(number, &format!("Operator {number}"), None).unwrap();
            (number, writer.operator_answer(operator, SourceSet::default()).unwrap())
        });
        answers.sort_by_key(|(number, _)| *number);
        for (number, answer) in answers {
            writer.push_v4(number, number, answer).unwrap();
        }
        writer
    };
    let ((one, _), (two, _)) = (folder.publish("b", write([1, 2])), folder.publish("c", write([2, 1])));
    assert_eq!(nameplate_ok(&["diff", text(&one), text(&two)]), summary);
}

/// What a diff compares, as one value.
fn content(answer: &Answer<'_>) -> (&'static str, Option<(u32, String)>) {
    let operator = answer.operator().map(|operator| (operator.asn(), operator.name().to_owned()));
    (answer.status().as_str(), operator)
}

#[test]
fn random_files_differ_at_exactly_the_addresses_that_diff_names() {
    let folder = Folder::new();
    for seed in 0..8 {
        let file_name = |number| format!("{seed} {number}");
        let (old, old_file) =
            folder.publish(&file_name(1), random_table(seed, &["Alfa", "Bravo", "Charlie"]));
        let (new, new_file) = folder.publish(&file_name(2), random_table(seed / 2 + 100, &["Alfa", "Beta"]));
        let (old_file, new_file): (Database, Database) = (old_file, new_file);
        let ranges: Vec<(Address, Address)> = diff_json(&old, &new)
            .iter()
            .filter(|line| line["change"] == "network")
            .map(|line| {
                let end = |name: &str| Address::parse(line[name].as_str().unwrap().as_bytes()).unwrap();
                (end("first"), end("last"))
            })
            .collect();
        assert!(ranges.len() > 100);
        let number = |address: Address| match address {
            Address::V4(bits) => (4, u128::from(bits)),
            Address::V6(bits) => (6, bits),
        };
        let contents = |address| (content(&old_file.lookup(address)), content(&new_file.lookup(address)));
        for pair in ranges.windows(2) {
            let (end, next) = (number(pair[0].1), number(pair[1].0));
            assert!(end < next, "ascending, without overlap");
            let touch = end.0 == next.0 && end.1 + 1 == next.1;
            assert!(!touch || contents(pair[0].1) != contents(pair[1].0), "one change is told once");
        }
        for address in edges(&old_file).into_iter().chain(edges(&new_file)) {
            let place = ranges.partition_point(|(first, _)| number(*first) <= number(address));
            let named = place > 0 && number(ranges[place - 1].1) >= number(address);
            let (before, after) = contents(address);
            assert_eq!(named, before != after, "{address:?}");
        }
    }
}

#[test]
fn a_damaged_file_is_named_and_not_compared() {
    let folder = Folder::new();
    let (file, _) = folder.publish("a", sample());
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let damaged = folder.path("b");
    fs::write(&damaged, bytes).unwrap();
    for arguments in [["diff", text(&file), text(&damaged)], ["diff", text(&damaged), text(&file)]] {
        let line = error_line(&arguments, 1);
        assert!(line.contains(text(&damaged)), "{line}");
    }
    error_line(&["diff", text(&file)], 2);
}
