//! What all importers rest on: input, lines, tables, fields.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

use super::{error, read, refusals};
use crate::config::SourceKind::IpAsn;
use crate::import::input::{Archive, Input};
use crate::import::lines::{LONGEST_LINE, Line, Lines};
use crate::import::row::Range;
use crate::import::table::{Dialect, Table};
use crate::import::text;
use crate::import::{Counts, ImportError};

const TABLE: &str = "1.0.0.0,1.0.0.255,64500,Example Telecom\n1.0.1.0,1.0.1.255,64501,Example Hosting\n";
const DAMAGED: &str = "the compressed data are damaged or cut off";

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The file `TABLE` in every wrapping.
fn wrapped() -> [(&'static str, Vec<u8>); 4] {
    [
        ("gzip", gzip(TABLE.as_bytes())),
        ("zstd", zstd::encode_all(TABLE.as_bytes(), 3).unwrap()),
        ("zip", zip(&[("table.csv", TABLE.as_bytes())], zip::CompressionMethod::Deflated)),
        ("stored zip", zip(&[("table.csv", TABLE.as_bytes())], zip::CompressionMethod::Stored)),
    ]
}

#[test]
fn a_compressed_file_says_what_the_plain_one_says() {
    let (plain, counts) = read(IpAsn, TABLE).unwrap();
    assert_eq!(plain.len(), 2);
    for (name, file) in wrapped() {
        assert_eq!(read(IpAsn, file).unwrap(), (plain.clone(), counts.clone()), "{name}");
    }
    let twice = [gzip(TABLE.as_bytes()), gzip(TABLE.as_bytes())].concat();
    assert_eq!(read(IpAsn, twice).unwrap().1.used, 4, "gzip files may be joined (RFC 1952, 2.2)");
}

#[test]
fn a_compressed_file_cut_off_anywhere_is_refused_as_a_whole() {
    for (name, file) in wrapped() {
        // Two bytes say what it is; four for zstd and zip.
        for length in if name == "gzip" { 2 } else { 4 }..file.len() {
            let error = error(IpAsn, &file[..length]);
            let damaged = error == DAMAGED || error.starts_with("a damaged zip archive");
            assert!(damaged, "{name} of {} cut to {length}: {error}", file.len());
        }
    }
}

#[test]
fn a_flipped_bit_in_compressed_data_is_found_by_the_checksum() {
    for (name, mut file) in wrapped() {
        if name == "zstd" {
            continue; // It carries no checksum unless asked to.
        }
        // Inside the data of all three: headers and directories take less at either end.
        let middle = if name == "gzip" { file.len() / 2 } else { 60 };
        file[middle] ^= 4;
        let what = error(IpAsn, &file);
        assert!(what == DAMAGED || what.contains("damaged or cut off"), "{name}: {what}");
    }
}

#[test]
fn a_small_file_that_decompresses_to_very_much_is_refused() {
    let zeros = || io::repeat(b' ').take(400 << 20);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    io::copy(&mut zeros(), &mut gzip).unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bomb", SimpleFileOptions::default()).unwrap();
    io::copy(&mut zeros(), &mut zip).unwrap();
    let bombs =
        [gzip.finish().unwrap(), zip.finish().unwrap().into_inner(), zstd::encode_all(zeros(), 1).unwrap()];
    for bomb in bombs {
        assert!(bomb.len() < 1 << 20);
        assert!(error(IpAsn, bomb).starts_with("decompresses to more than 200 times its size"));
    }
}

#[test]
fn of_an_archive_with_several_files_the_importer_has_to_choose() {
    let file = zip(&[("a.csv", b"a"), ("b.csv", b"bb"), ("folder/", b"")], zip::CompressionMethod::Deflated);
    assert_eq!(error(IpAsn, &file), "a zip archive of 2 files, expected one; unpack it and name the files");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, file).unwrap();
    assert!(Input::is_archive(&path).unwrap());
    let mut archive = Archive::open(&path).unwrap();
    let mut names = archive.names().unwrap();
    names.sort();
    assert_eq!(names, ["a.csv", "b.csv"]);
    // Both streams at once.
    let (mut a, mut b) = (archive.read("a.csv").unwrap(), archive.read("b.csv").unwrap());
    let (mut text_a, mut text_b) = (String::new(), String::new());
    a.reader.read_to_string(&mut text_a).unwrap();
    b.reader.read_to_string(&mut text_b).unwrap();
    assert_eq!((text_a.as_str(), text_b.as_str()), ("a", "bb"));
    assert!(archive.read("c.csv").is_err());
}

#[test]
fn a_folder_an_empty_file_and_a_missing_file_are_errors_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| Input::open(path).map(|_| ()).unwrap_err().to_string();
    assert!(open(folder.path()).ends_with("Is a directory (os error 21)"));
    assert!(open(&folder.path().join("none")).ends_with("No such file or directory (os error 2)"));
    for empty in [&b""[..], b"\n", b"\xef\xbb\xbf", &gzip(b"")] {
        assert_eq!(read(IpAsn, empty).unwrap_err().to_string().rsplit_once(": ").unwrap().1, "has no rows");
    }
}

/// Lines from a reader that makes them, so that no test needs the disk for a gigabyte.
fn lines(reader: impl Read + 'static) -> Input {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty");
    File::create(&path).unwrap();
    let reader = Box::new(BufReader::new(reader));
    Input { reader, path: PathBuf::from("made"), ..Input::open(&path).unwrap() }
}

#[test]
fn a_line_of_a_gigabyte_costs_itself_and_no_memory() {
    let long = Cursor::new("1.0.0.0,1.0.0.255\n").chain(io::repeat(b'x').take(1 << 30));
    let input = lines(long.chain(Cursor::new("\n2.0.0.0,2.0.0.255\n")));
    let mut nothing = ();
    let mut seen = Vec::new();
    let table = Table::new(input, &mut nothing, |_| Dialect::CSV).unwrap();
    let counts = table.for_each(|record| {
        seen.push((record.line, text::range(record.get(0), record.get(1))?));
        Ok(true)
    });
    assert_eq!(seen, [(1, Range::V4(1 << 24, (1 << 24) + 255)), (3, Range::V4(2 << 24, (2 << 24) + 255))]);
    assert_eq!(refusals(&counts.unwrap()), [("a line is longer than 64 KiB", 2)]);
    assert!(peak_memory() < 900 << 20, "{}", peak_memory());
}

/// Bytes that this process has had at its largest, all tests in it together.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn the_longest_line_is_read_and_a_byte_more_is_not() {
    for mark in ["", "\u{FEFF}"] {
        for (length, end, read) in [
            (LONGEST_LINE - 1, "\n", true),
            (LONGEST_LINE, "", true),
            (LONGEST_LINE, "\n", false),
            (LONGEST_LINE + 1, "", false),
            (3 * LONGEST_LINE, "\n", false),
        ] {
            let length = length - mark.len();
            let content = format!("{mark}{}{end}next\n", "x".repeat(length));
            let content =
                if end.is_empty() { content.trim_end_matches("next\n").to_owned() } else { content };
            let mut nothing = ();
            let mut lines = Lines::new(lines(Cursor::new(content)), &mut nothing);
            assert!(lines.peek().unwrap().starts_with(b"xxx"));
            assert_eq!(lines.number(), 0);
            match lines.next().unwrap().unwrap() {
                Line::Bytes(line) => assert!(read && line.len() == length + end.len()),
                Line::TooLong => assert!(!read, "{length} {end:?} {mark:?}"),
            }
            assert_eq!(lines.number(), 1);
            let next = lines.next().unwrap();
            assert_eq!(matches!(next, Some(Line::Bytes(b"next\n"))), !end.is_empty());
        }
    }
}

/// The records of a CSV table: line, and fields joined by `|`.
fn records(content: impl Into<Vec<u8>>) -> (Vec<(u64, String)>, Counts) {
    let mut nothing = ();
    let mut table = Table::new(lines(Cursor::new(content.into())), &mut nothing, |_| Dialect::CSV).unwrap();
    table.expect_columns(2);
    let mut records = Vec::new();
    let counts = table.for_each(|record| {
        let fields: Vec<_> =
            (0..record.len()).map(|column| String::from_utf8_lossy(record.get(column))).collect();
        records.push((record.line, fields.join("|")));
        Ok(true)
    });
    (records, counts.unwrap())
}

fn record(line: u64, fields: &str) -> (u64, String) {
    (line, fields.to_owned())
}

#[test]
fn records_are_split_as_rfc_4180_says() {
    let (seen, counts) = records("a,b\r\n\"c,c\",\"d\"\"d\"\n\n\"e\ne\",f\ng,");
    let expected = ["1 a|b", "2 c,c|d\"d", "4 e\ne|f", "6 g|"];
    assert_eq!(seen.iter().map(|(line, fields)| format!("{line} {fields}")).collect::<Vec<_>>(), expected);
    assert!(counts.refused.is_empty());
    assert_eq!(records("\u{FEFF}a,b\n").0, [record(1, "a|b")]);
}

#[test]
fn a_record_with_too_few_or_too_many_columns_is_refused() {
    let (seen, counts) = records("a,b\nc\nd,e,f\ng,h\n");
    assert_eq!(seen, [record(1, "a|b"), record(4, "g|h")]);
    assert_eq!(refusals(&counts), [("its number of columns is wrong", 2)]);
    assert_eq!(counts.refused_rows(), 2);
    let (seen, counts) = records(format!("a,b\n{}\nc,d\n", ",".repeat(2048)));
    assert_eq!(seen, [record(1, "a|b"), record(3, "c|d")]);
    assert_eq!(refusals(&counts), [("it has more than 2048 columns", 2)]);
}

#[test]
fn a_quote_that_never_closes_costs_one_row() {
    const REASON: &str = "a quote does not close";
    // Nothing closes it up to the end.
    let (seen, counts) = records("a,b\nc,\"d\ne,f\ng,h\n");
    assert_eq!(seen, [record(1, "a|b"), record(3, "e|f"), record(4, "g|h")]);
    assert_eq!(refusals(&counts), [(REASON, 2)]);
    // A later field in quotes seems to close it.
    let (seen, counts) = records("a,b\nc,\"d\ne,f\ng,\"h\"\n\"i\",j\n");
    assert_eq!(seen, [record(1, "a|b"), record(3, "e|f"), record(4, "g|h"), record(5, "i|j")]);
    assert_eq!(refusals(&counts), [(REASON, 2)]);
    // A line that is too long lies inside.
    let (seen, counts) = records(format!("c,\"d\ne,f\n{}\ng,h\n", "x".repeat(LONGEST_LINE)));
    assert_eq!(seen, [record(2, "e|f"), record(4, "g|h")]);
    assert_eq!(refusals(&counts), [("a line is longer than 64 KiB", 3), (REASON, 1)]);
    // More follows than a record may hold.
    let many: Vec<String> = (0..100_000).map(|row| format!("{row},x\n")).collect();
    let (seen, counts) = records(format!("c,\"d\n{}", many.concat()));
    assert_eq!(seen.len(), 100_000);
    assert_eq!((&seen[0], &seen[99_999]), (&record(2, "0|x"), &record(100_001, "99999|x")));
    assert_eq!(refusals(&counts), [(REASON, 1)]);
}

#[test]
fn a_carriage_return_inside_a_line_does_not_hide_what_follows() {
    let (seen, counts) = records("a,b\nc,d\re,f\ng,h\r\n");
    assert_eq!(seen, [record(1, "a|b"), record(3, "g|h")]);
    assert_eq!(refusals(&counts), [("a line has a carriage return that does not end it", 2)]);
}

#[test]
fn a_file_in_which_every_line_opens_a_quote_is_given_up_in_good_time() {
    // Each line closes the quote of the one before and opens its own.
    let mut nothing = ();
    let table = Table::new(lines(Cursor::new("x\",\"\n".repeat(4 << 20))), &mut nothing, |_| Dialect::CSV);
    let error = table.unwrap().for_each(|_| Ok(true)).unwrap_err();
    assert!(
        matches!(error, ImportError::File { what, .. } if what.starts_with("too many quotes do not close"))
    );
}

#[test]
fn a_header_is_found_by_its_names_and_refused_where_one_comes_twice() {
    let header = |content: &str| {
        let mut nothing = ();
        let input = lines(Cursor::new(content.to_owned()));
        let mut table = Table::new(input, &mut nothing, Dialect::guess)?;
        let header = table.header()?;
        Ok::<_, ImportError>((header.column("b"), header.require(Path::new("file"), "c").is_ok()))
    };
    assert_eq!(header("\u{FEFF}a, B ,c\n").unwrap(), (Some(1), true));
    assert_eq!(header("a;b\n").unwrap(), (Some(1), false));
    assert_eq!(header("a\tb\tc\n").unwrap(), (Some(1), true));
    assert_eq!(header("b\n").unwrap(), (Some(0), false));
    let message = |content: &str| header(content).unwrap_err().to_string();
    assert_eq!(message("a,b,A\n"), "made: its header names a column twice");
    assert_eq!(message("a,\"b\n"), "made: its header cannot be read: a quote does not close");
    assert_eq!(message(""), "made: has no rows");
}

#[test]
fn texts_are_utf_8_without_control_and_direction_characters() {
    assert_eq!(text::text(" Käse & Söhne GmbH ".as_bytes()), Ok(Some("Käse & Söhne GmbH")));
    assert_eq!(text::text(b" "), Ok(None));
    assert!(text::text(b"M\xfcller").unwrap_err().starts_with("a text is not UTF-8"));
    assert_eq!(text::text_or_latin1(b"M\xfcller").unwrap().unwrap(), "Müller");
    for control in ["a\0b", "a\tb", "a\x1b[31mb", "a\nb", "a\x7fb", "a\u{85}b"] {
        assert_eq!(text::text(control.as_bytes()), Err("a text has control characters"), "{control:?}");
    }
    for deceptive in
        ["a\u{202E}b", "a\u{2066}b", "a\u{200B}b", "\u{FEFF}a", "a\u{FFFD}", "a\u{2028}b", "a\u{E0041}"]
    {
        let reason = "a text has invisible or direction-changing characters";
        assert_eq!(text::text(deceptive.as_bytes()), Err(reason), "{deceptive:?}");
        assert_eq!(text::text_or_latin1(deceptive.as_bytes()), Err(reason), "{deceptive:?}");
    }
    assert_eq!(text::text("x".repeat(1025).as_bytes()), Err("a text is longer than 1024 bytes"));
}

#[test]
fn domains_are_hosts_in_lower_case() {
    for (text, domain) in [
        ("https://www.Example.com/about?x#y", Some("example.com")),
        ("example.com.", Some("example.com")),
        ("example.com:8080", Some("example.com")),
        ("BÜCHER.example", Some("bücher.example")),
        ("localhost", None),
        ("192.0.2.1", None),
        ("-a.example", None),
        ("a..example", None),
        ("a b.example", None),
        ("person@example.com", None),
        ("\u{202E}a.example", None),
        ("", None),
    ] {
        assert_eq!(text::domain(text).as_deref(), domain, "{text}");
    }
}

#[test]
fn networks_are_prefixes_addresses_and_ranges() {
    let v4 = |first: u32, last: u32| Ok(Range::V4(first, last));
    for (field, network) in [
        ("1.0.0.0/24", v4(1 << 24, (1 << 24) | 255)),
        ("0.0.0.0/0", v4(0, u32::MAX)),
        ("1.0.0.0", v4(1 << 24, 1 << 24)),
        ("1.0.0.0 - 1.0.0.9", v4(1 << 24, (1 << 24) | 9)),
        ("::ffff:1.0.0.0/120", v4(1 << 24, (1 << 24) | 255)),
        ("::ffff:1.0.0.0", v4(1 << 24, 1 << 24)),
        ("::/0", Ok(Range::V6(0, u128::MAX))),
        ("2a00::/128", Ok(Range::V6(0x2a00 << 112, 0x2a00 << 112))),
    ] {
        assert_eq!(text::network(field.as_bytes()), network, "{field}");
    }
    for (field, reason) in [
        ("1.0.0.1/24", "a prefix has bits set beyond its length"),
        ("1.0.0.0/33", "a network is no prefix or range"),
        ("1.0.0.0/+8", "a network is no prefix or range"),
        ("1.0.0.0/", "a network is no prefix or range"),
        ("::ffff:1.0.0.0/24", "a network is no prefix or range"),
        ("2a00::/129", "a network is no prefix or range"),
        ("1.0.0.9-1.0.0.0", "the start lies after the end"),
        ("1.0.0.0-2a00::", "start and end are of different kinds"),
        ("", "a network is no prefix or range"),
    ] {
        assert_eq!(text::network(field.as_bytes()), Err(reason), "{field}");
    }
}

#[test]
fn an_lei_has_its_check_digits() {
    // GLEIF's own, and ISO 17442's form of it.
    assert_eq!(text::lei(b"506700GE1G29325QX363"), Ok(Some("506700GE1G29325QX363".to_owned())));
    assert_eq!(text::lei(b" 506700ge1g29325qx363 "), Ok(Some("506700GE1G29325QX363".to_owned())));
    assert_eq!(text::lei(b""), Ok(None));
    for wrong in
        ["506700GE1G29325QX364", "506700GE1G29325QX36", "506700GE1G29325QX3630", "5067-0GE1G29325QX363"]
    {
        assert!(text::lei(wrong.as_bytes()).is_err(), "{wrong}");
    }
}
