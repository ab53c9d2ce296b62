//! Exports as somebody else's reader reads them: Python's `csv` and `json`.

use std::convert::Infallible;
use std::process::Command;

use nameplate_leads::export::{PERMITTED_USE, write_csv, write_ndjson};
use nameplate_leads::model::{CompanyFacts, Lead, LeadStatus, SourceFact};

/// Reads both files, and says what it read as JSON.
const READER: &str = r#"
import csv, json, sys
csv.field_size_limit(1 << 30)
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file, strict=True))
with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
    lines = [json.loads(line) for line in file]
dangerous = "=+-@\t\r\n"
json.dump({
    "names": [row["company_name"] for row in rows],
    "begins_as_formula": [field for row in rows for field in row.values() if field[:1] and field[0] in dangerous],
    "use": sorted({row["permitted_use"] for row in rows} | {line["provenance"]["permitted_use"] for line in lines}),
    "licences": sorted({row["licences"] for row in rows}),
    "line_names": [line["company"]["name"] for line in lines],
}, sys.stdout)
"#;

fn lead(name: &str) -> Lead {
    Lead {
        company: CompanyFacts {
            id: format!("domain:{name}"),
            name: name.into(),
            confidence: 40,
            sources: vec![SourceFact {
                name: "ip-asn".into(),
                title: Some(name.into()),
                date: Some("2026-06-17".into()),
                licence: Some("CC-BY-4.0".into()),
                attribution: Some(name.into()),
            }],
            ..CompanyFacts::default()
        },
        visits: 1,
        sessions: 0,
        page_views: 1,
        seconds: 0,
        first_seen: 0,
        last_seen: 0,
        score: 1,
        tags: vec![name.into()],
        status: LeadStatus::New,
        owner: Some(name.into()),
    }
}

#[test]
fn python_reads_what_was_there_and_sees_no_formula() {
    let long = "x,\"\r\n".repeat(200_000);
    let names = [
        "Example GmbH",
        "=1+1",
        "\"=1+1",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r\n=1",
        "＝1",
        "'=1",
        "a\"b,c;d\r\ne",
        "ünïcødé \u{202e}",
        "",
        &long,
    ];
    let folder = tempfile::tempdir().unwrap();
    let (csv, ndjson) = (folder.path().join("leads.csv"), folder.path().join("leads.ndjson"));
    let leads = || names.iter().map(|name| Ok::<_, Infallible>(lead(name)));
    write_csv(leads(), std::fs::File::create(&csv).unwrap()).unwrap();
    write_ndjson(leads(), std::fs::File::create(&ndjson).unwrap()).unwrap();
    let read = Command::new("python3").arg("-c").arg(READER).args([&csv, &ndjson]).output().expect("python3");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let read: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    let restored: Vec<&str> = read["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .map(|name| name.strip_prefix('\'').unwrap_or(name))
        .collect();
    assert_eq!(restored, names);
    assert_eq!(read["begins_as_formula"], serde_json::json!([]));
    assert_eq!(read["line_names"], serde_json::json!(names));
    assert_eq!(read["use"], serde_json::json!([PERMITTED_USE]));
    assert_eq!(read["licences"], serde_json::json!(["CC-BY-4.0"]));
}
