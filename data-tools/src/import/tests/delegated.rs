use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::{corpus, error, read, read_file, refusals};
use crate::config::SourceKind::Delegated;
use crate::import::delegated;

const EXTENDED: &str = "\
#
# A licence.
2.3|apnic|20190909|5||20190906|+1000
apnic|*|asn|*|2|summary
apnic|*|ipv4|*|2|summary
apnic|*|ipv6|*|2|summary
apnic|JP|asn|64500|3|20020801|allocated|A91E66F2
apnic||asn|64600|400||available|
apnic|AU|ipv4|1.0.0.0|768|20110811|assigned|A9173591|e-stats
apnic|ZZ|ipv4|1.0.4.0|1024||reserved|
apnic|NZ|ipv6|2400::|32|00000000|allocated|A917D135
apnic|EU|ipv6|2401::|32|20110811|allocated|A917D135
";

#[test]
fn countries_of_ranges_and_systems_are_read_and_nothing_else() {
    let expected = [
        "AS64500 in JP",
        "AS64501 in JP",
        "AS64502 in JP",
        "1.0.0.0-1.0.2.255 in AU",
        "2400::-2400:0:ffff:ffff:ffff:ffff:ffff:ffff in NZ",
    ];
    let (rows, counts) = read(Delegated, EXTENDED).unwrap();
    assert_eq!(rows, expected);
    // Nobody holds two, and one belongs to a region.
    assert_eq!((counts.rows, counts.used, counts.refused_rows()), (6, 3, 0));
    let plain = EXTENDED.replace("|A91E66F2", "").replace("|A9173591|e-stats", "").replace("|A917D135", "");
    assert_eq!(read(Delegated, plain.replace('\n', "\r\n")).unwrap().0, expected);
}

#[test]
fn a_file_that_is_cut_off_is_refused_by_its_summary() {
    for (left_out, what) in [
        (1, "its summary says 2 ipv6 records, 1 were found"),
        (3, "its summary says 2 ipv4 records, 1 were found"),
        (6, "its summary says 2 asn records, 0 were found"),
    ] {
        let lines: Vec<&str> = EXTENDED.lines().collect();
        let error = error(Delegated, lines[..lines.len() - left_out].join("\n"));
        assert!(error.contains(what) && error.starts_with("is cut off"), "{error}");
    }
    // In the middle of the last line.
    assert!(error(Delegated, &EXTENDED[..EXTENDED.len() - 40]).starts_with("is cut off"));
    // More than promised is fine.
    assert!(read(Delegated, EXTENDED.replace("|asn|*|2|", "|asn|*|1|")).is_ok());
}

#[test]
fn files_in_one_add_up() {
    let other = "2|ripencc|1|1|19830705|20190908|+0200\nripencc|*|asn|*|1|summary\nripencc|DE|asn|28|1|19930901|allocated\n";
    let both = format!("{EXTENDED}{other}");
    assert_eq!(read(Delegated, &both).unwrap().1.used, 4);
    let cut = both.trim_end().rsplit_once('\n').unwrap().0;
    assert!(error(Delegated, cut).contains("its summary says 3 asn records, 2 were found"));
}

#[test]
fn a_record_that_is_wrong_is_refused_with_its_line() {
    for (record, reason) in [
        ("apnic|JP|ipv4|1.0.0.0|256|20020801", "a record has fewer than 7 fields"),
        ("apnic|JP|ipv5|1.0.0.0|256|20020801|allocated", "a record's type is none of asn, ipv4 and ipv6"),
        ("apnic|JP|ipv4|1.0.0.0|256|20020801|lost", "a record's status is none of those that are known"),
        ("apnic|JPN|ipv4|1.0.0.0|256|20020801|allocated", "a country is not two letters"),
        ("apnic|JP|ipv4|1.0.0.0|0|20020801|allocated", "a record is about nothing: its value is 0"),
        ("apnic|JP|asn|64500|0|20020801|allocated", "a record is about nothing: its value is 0"),
        ("apnic|JP|ipv4|1.0.0.0|-1|20020801|allocated", "a record's value is no number"),
        ("apnic|JP|ipv4|1.0.0.0|+1|20020801|allocated", "a record's value is no number"),
        ("apnic|JP|ipv4|1.0.0.0|99999999999|20020801|allocated", "a record's value is no number"),
        ("apnic|JP|ipv4|255.0.0.0|16777217|20020801|allocated", "a count goes beyond the last address"),
        ("apnic|JP|ipv4|2400::|256|20020801|allocated", "the start is no address of its type"),
        ("apnic|JP|ipv6|1.0.0.0|32|20020801|allocated", "the start is no address of its type"),
        ("apnic|JP|ipv6|::ffff:1.0.0.0|128|20020801|allocated", "the start is no address of its type"),
        ("apnic|JP|ipv6|2400::|129|20020801|allocated", "a network is no prefix or range"),
        ("apnic|JP|ipv6|2400::|256|20020801|allocated", "a prefix is longer than an address"),
        ("apnic|JP|ipv6|2400::1|32|20020801|allocated", "a prefix has bits set beyond its length"),
        ("apnic|JP|asn|4294967295|2|20020801|allocated", "a count goes beyond the last AS number"),
        (
            "apnic|JP|asn|1|4194305|20020801|allocated",
            "the file gives more AS numbers to countries than there can be",
        ),
        ("apnic|JP|asn|1.0|1|20020801|allocated", "an AS number is no number of 32 bits"),
        ("apnic|\u{fffd}|asn|1|1|20020801|allocated", "a country is not two letters"),
        ("3|apnic|20190909|5||20190906|+1000", "a header is of another version than 2"),
        ("apnic|*|asn|*|many|summary", "a summary has no count"),
    ] {
        let (rows, counts) = read(Delegated, format!("{EXTENDED}{record}\n{EXTENDED}")).unwrap();
        assert_eq!(refusals(&counts), [(reason, 13)], "{record}");
        assert_eq!(rows.len(), 10);
    }
}

#[test]
fn a_file_cannot_name_systems_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "apnic|JP|asn|1|1048576|20020801|allocated\n".repeat(6)).unwrap();
    let mut systems = 0;
    let counts = delegated::read(&path, &mut (), &mut |_| systems += 1).unwrap();
    assert_eq!((systems, counts.used, counts.refused_rows()), (4 << 20, 4, 2));
    assert_eq!(read(Delegated, "apnic|JP|asn|0|2|20020801|allocated\n").unwrap().0, ["AS1 in JP"]);
    let available = read(Delegated, format!("{EXTENDED}iana||asn|401309|4199598691||available|\n")).unwrap();
    assert_eq!(available.1.refused_rows(), 0);
}

#[test]
fn another_kind_of_file_is_refused_as_a_whole() {
    assert!(error(Delegated, "1.0.0.0,1.0.0.255,64500,Example\n".repeat(9)).contains("9 of 9 rows refused"));
    assert!(error(Delegated, "x".repeat(10 << 20)).contains("a line is longer than 64 KiB"));
    assert!(
        error(Delegated, "apnic|ZZ|ipv4|1.0.4.0|1024||reserved|\n")
            .contains("none of its 1 rows says anything")
    );
}

#[test]
fn real_files_are_read_whole() {
    let Some(folder) = corpus("delegated") else { return };
    let mut files = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("delegated-") {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).unwrap();
        let mut text = String::new();
        if path.extension().is_some_and(|extension| extension == "gz") {
            MultiGzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(bytes).unwrap();
        }
        // Counted once more, without the importer.
        let (mut used, mut systems, mut ranges, mut all) = (0, 0, 0, 0);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('|').collect();
            if fields.len() < 7 || fields[2].parse::<u64>().is_ok() {
                continue;
            }
            all += 1;
            let held = line.contains("|allocated") || line.contains("|assigned");
            if held && !["", "ZZ", "EU", "AP"].contains(&fields[1]) {
                used += 1;
                match fields[2] {
                    "asn" => systems += fields[4].parse::<usize>().unwrap(),
                    _ => ranges += 1,
                }
            }
        }
        match read_file(Delegated, &path) {
            Ok((rows, counts)) => {
                assert_eq!((counts.rows, counts.used, counts.refused_rows()), (all, used, 0), "{name}");
                assert_eq!(rows.iter().filter(|row| row.starts_with("AS")).count(), systems, "{name}");
                assert_eq!(rows.iter().filter(|row| !row.starts_with("AS")).count(), ranges, "{name}");
            }
            // IANA's names registries, not countries.
            Err(error) => {
                assert!(used == 0 && error.to_string().contains("says anything"), "{name}: {error}");
            }
        }
    }
    assert_eq!(files, 8);
}
