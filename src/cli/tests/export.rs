//! `nameplate export`: the three formats, and what happens to the file that was there.

mod common;

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Folder, Random, edges, error_line, nameplate_ok, random_table, sample, text};
use maxminddb::Reader;
use nameplate::{Address, CompanyFields, Database, SourceSet, Status, Writer, write_json};
use serde_json::Value;

#[test]
fn csv_has_a_row_for_each_network_and_names_source_and_licence() {
    let folder = Folder::new();
    let (file, _) = folder.publish("a.npl", sample());
    let csv = nameplate_ok(&["export", "--db", text(&file), "--format", "csv", "-o", "-"]);
    let header = "first,last,status,block,company_id,company_name,company_kind,company_country,company_domain,\
        company_legal_form,company_industry,company_register,company_register_id,operator_asn,operator_name,\
        operator_kind,confidence,sources,licences";
    let zulu = "company,,lei:52990000EXAMPLE00002,\"Zoë \"\"Zulu\"\", GmbH\",business,DE,zulu.example,GmbH,62.01,\
        Amtsgericht Beispiel,HRB 1,64501,Example Telecom,access,90,ip-asn;gleif,CC-BY-4.0;not stated";
    let alfa = "company,,asn:64499,'=HYPERLINK(1),,,,,,,,,,,50,ip-asn,CC-BY-4.0";
    let telecom = "operator,,,,,,,,,,,64501,Example Telecom,access,,ip-asn,CC-BY-4.0";
    let expected = [
        header.to_owned(),
        "10.0.0.0,10.255.255.255,reserved,Private-Use,,,,,,,,,,,,,,,".to_owned(),
        format!("192.0.2.0,192.0.2.255,{zulu}"),
        format!("192.0.3.0,192.0.3.0,{alfa}"),
        format!("255.255.255.255,255.255.255.255,{telecom}"),
        format!("2001:db8::,2001:db8::ffff:ffff:ffff:ffff,{zulu}"),
        format!("2001:db8:0:1::,2001:db8:0:1::100,{telecom}"),
        format!("{0},{0},{alfa}", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ];
    assert_eq!(csv.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn ndjson_begins_with_the_sources_and_says_what_lookup_says() {
    let folder = Folder::new();
    let (file, database) = folder.publish("a.npl", sample());
    let lines = nameplate_ok(&["export", "--db", text(&file), "--format", "ndjson", "-o", "-"]);
    let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let about = lines.next().unwrap();
    let source = &about["file"]["sources"][0];
    assert_eq!(about["file"]["build_number"], 7);
    assert_eq!(about["file"]["facts"]["generator"], "cli tests");
    assert_eq!((&source["name"], &source["licence"]), (&"ip-asn".into(), &"CC-BY-4.0".into()));
    assert_eq!((&source["attribution"], &source["date"]), (&"Example Registry".into(), &"2026-06-17".into()));
    let mut count = 0;
    for mut line in lines {
        count += 1;
        let first = line["network"]["first"].as_str().unwrap().to_owned();
        if line["status"] == "reserved" {
            assert_eq!((&*first, &line["network"]["last"]), ("10.0.0.0", &"10.255.255.255".into()));
            line.as_object_mut().unwrap().remove("network");
        }
        let mut answer = String::new();
        write_json(&database.lookup_text(first.as_bytes()).unwrap(), &mut answer);
        assert_eq!(line, serde_json::from_str::<Value>(&answer).unwrap());
    }
    assert_eq!(count, 7);
}

/// Whether MaxMind's reader finds what the engine finds. IPv6 addresses below 2^32 are left out:
/// IPv4 is there in every MaxMind file.
fn assert_agrees(reader: &Reader<Vec<u8>>, database: &Database, address: Address) {
    if matches!(address, Address::V6(bits) if bits >> 32 == 0) {
        return;
    }
    let answer = database.lookup(address);
    let found = reader.lookup(IpAddr::from(address)).unwrap().decode::<Value>().unwrap();
    let expected = match answer.status() {
        Status::Unknown | Status::Reserved => None,
        Status::Company | Status::Operator => {
            let mut json = String::new();
            write_json(&answer, &mut json);
            let mut map: Value = serde_json::from_str(&json).unwrap();
            map.as_object_mut().unwrap().remove("network");
            if let Some(operator) = answer.operator() {
                map["autonomous_system_number"] = operator.asn().into();
                map["autonomous_system_organization"] = operator.name().into();
            }
            Some(map)
        }
    };
    assert_eq!(found, expected, "{address:?}");
}

fn export_mmdb(folder: &Folder, writer: Writer) -> (Reader<Vec<u8>>, Database) {
    let (file, database) = folder.publish("a.npl", writer);
    let mmdb = folder.path("a.mmdb");
    nameplate_ok(&["export", "--db", text(&file), "--format", "mmdb", "-o", text(&mmdb)]);
    let reader = Reader::open_readfile(&mmdb).unwrap();
    reader.verify().unwrap();
    (reader, database)
}

#[test]
fn mmdb_says_what_the_engine_says_and_where_it_comes_from() {
    let folder = Folder::new();
    let (reader, database) = export_mmdb(&folder, sample());
    for address in edges(&database) {
        assert_agrees(&reader, &database, address);
    }
    let metadata = reader.metadata();
    assert_eq!(metadata.database_type, "nameplate-company");
    assert_eq!((metadata.binary_format_major_version, metadata.binary_format_minor_version), (2, 0));
    assert_eq!((metadata.ip_version, metadata.record_size), (6, 24));
    assert_eq!(metadata.build_epoch, 1_780_000_000);
    assert_eq!(metadata.languages, ["en"]);
    let description = &metadata.description["en"];
    for part in
        ["build 7", "ip-asn", "licence CC-BY-4.0", "Example Registry", "2026-06-17", "licence not stated"]
    {
        assert!(description.contains(part), "{part} is not in: {description}");
    }
}

#[test]
fn mmdb_answers_a_mapped_address_as_the_ipv4_one() {
    let folder = Folder::new();
    let (reader, _) = export_mmdb(&folder, sample());
    let find =
        |address: &str| reader.lookup(address.parse().unwrap()).unwrap().decode::<Value>().unwrap().unwrap();
    assert_eq!(find("::ffff:192.0.2.7"), find("192.0.2.7"));
    assert_eq!(find("192.0.2.7")["company"]["country"], "DE");
}

#[test]
fn mmdb_of_random_ranges_agrees_with_the_engine_at_every_edge_and_between() {
    let folder = Folder::new();
    for seed in 0..8 {
        let (reader, database) = export_mmdb(&folder, random_table(seed, &["Alfa", "Bravo", "Charlie"]));
        let mut random = Random(seed);
        for address in edges(&database) {
            assert_agrees(&reader, &database, address);
            assert_agrees(&reader, &database, Address::V4(random.next() as u32));
            assert_agrees(&reader, &database, Address::from_v6_bits(u128::from(random.next()) << 64));
        }
        fs::remove_file(folder.path("a.npl")).unwrap();
    }
}

/// The whole tables where `make data` has put them, else the sample.
#[test]
fn mmdb_of_real_data_agrees_with_the_engine_at_every_edge() {
    let folder = Folder::new();
    let (file, mmdb) = (folder.path("a.npl"), folder.path("a.mmdb"));
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
    let whole = data.join("sources/ip-location-db-asn").is_dir();
    let config = data.join(if whole { "nameplate.toml" } else { "sample.toml" });
    nameplate_ok(&["build", "--config", text(&config), "-o", text(&file)]);
    nameplate_ok(&["export", "--db", text(&file), "--format", "mmdb", "-o", text(&mmdb)]);
    let (reader, database) = (Reader::open_readfile(&mmdb).unwrap(), Database::open(&file).unwrap());
    reader.verify().unwrap();
    for address in edges(&database) {
        assert_agrees(&reader, &database, address);
    }
}

#[test]
fn mmdb_of_a_file_that_knows_nothing_is_a_file() {
    let folder = Folder::new();
    let (reader, database) = export_mmdb(&folder, Writer::new());
    for address in ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4", "2001:db8::1"] {
        assert_agrees(&reader, &database, Address::parse(address.as_bytes()).unwrap());
    }
}

/// 18 MB of names: the data section passes the end of 24-bit records.
#[test]
fn mmdb_takes_wider_records_when_there_is_more() {
    let folder = Folder::new();
    let mut writer = Writer::new();
    for number in 0..90 {
        let (id, name) = (format!("asn:{number}"), format!("{number} {}", "é".repeat(100_000)));
        let company = CompanyFields { id: &id, name: &name, ..Default::default() };
        let company = writer.company(&company).unwrap();
        let answer = writer.company_answer(company, None, 40, SourceSet::default()).unwrap();
        writer.push_v4(number << 8, number << 8 | 0xff, answer).unwrap();
    }
    let (reader, database) = export_mmdb(&folder, writer);
    assert_eq!(reader.metadata().record_size, 28);
    for address in edges(&database) {
        assert_agrees(&reader, &database, address);
    }
}

#[test]
fn a_file_is_replaced_as_a_whole_and_can_be_read_by_others() {
    let folder = Folder::new();
    let (file, _) = folder.publish("a.npl", sample());
    for (format, target) in [("csv", "a.csv"), ("ndjson", "a.ndjson"), ("mmdb", "a.mmdb")] {
        let target = folder.path(target);
        fs::write(&target, "old").unwrap();
        nameplate_ok(&["export", "--db", text(&file), "--format", format, "-o", text(&target)]);
        assert!(fs::read(&target).unwrap().len() > 500, "{format}");
        let mode = fs::metadata(&target).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o600, 0o600, "{format} has mode {mode:o}");
        assert_eq!(mode & 0o111, 0, "{format} has mode {mode:o}");
    }
    assert_eq!(folder.names(), ["a.csv", "a.mmdb", "a.ndjson", "a.npl"], "no temporary file is left");
}

#[test]
fn a_damaged_file_is_not_passed_on() {
    let folder = Folder::new();
    let (file, _) = folder.publish("a.npl", sample());
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let damaged = folder.path("b.npl");
    fs::write(&damaged, bytes).unwrap();
    let target = folder.path("a.mmdb");
    fs::write(&target, "old").unwrap();
    let line = error_line(&["export", "--db", text(&damaged), "--format", "mmdb", "-o", text(&target)], 1);
    assert!(line.contains("b.npl: section STRINGS: its checksum does not fit"), "{line}");
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert_eq!(folder.names(), ["a.mmdb", "a.npl", "b.npl"]);
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let folder = Folder::new();
    let (file, _) = folder.publish("a.npl", sample());
    let directory = folder.path("");
    let missing = folder.path("no/such/a.csv");
    for (target, what) in [
        ("/dev/null", "is there and is no file"),
        (text(&directory), "is there and is no file"),
        (text(&missing), "No such file or directory"),
    ] {
        let line = error_line(&["export", "--db", text(&file), "--format", "csv", "-o", target], 1);
        assert!(line.contains(target) && line.contains(what), "{line}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in [
        &["export", "--db", "a.npl", "--format", "mmdb", "-o", "-"][..],
        &["export", "--db", "a.npl", "--format", "xls", "-o", "a.xls"],
        &["export", "--db", "a.npl", "--format", "csv"],
        &["export", "--format", "csv", "-o", "-"],
    ] {
        error_line(arguments, 2);
    }
}
