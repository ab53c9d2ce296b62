//! Files that are not whole range files: missing, foreign, cut off, of another version, with a
//! bit flipped. Each is refused with an error that says what is wrong; none makes a panic.

mod common;

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use common::*;
use nameplate::format::SectionKind;
use nameplate::{Database, Error, FormatError, OpenOptions, Status};

type Open = fn(&Path) -> Result<Database, Error>;

const WAYS_OF_OPENING: [Open; 4] = [Database::open, open_copy, open_prefaulted, open_copy_prefaulted];

fn open_copy(path: &Path) -> Result<Database, Error> {
    OpenOptions::default().copy(true).open(path)
}

fn open_prefaulted(path: &Path) -> Result<Database, Error> {
    OpenOptions::default().prefault(true).open(path)
}

fn open_copy_prefaulted(path: &Path) -> Result<Database, Error> {
    OpenOptions::default().copy(true).prefault(true).open(path)
}

fn io_error(result: Result<Database, Error>) -> (io::ErrorKind, String) {
    match result {
        Ok(_) => panic!("the file opens"),
        Err(error) => match &error {
            Error::Io { source, .. } => (source.kind(), error.to_string()),
            other => panic!("not an error of the system: {other}"),
        },
    }
}

#[test]
fn the_sample_is_a_good_file_in_each_way_of_opening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sample.npl");
    fs::write(&path, sample()).unwrap();
    for open in WAYS_OF_OPENING {
        let database = open(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(database.verify(), Ok(()));
        assert_eq!(database.lookup_text(b"192.0.2.1").unwrap().company().unwrap().id(), ZULU);
        assert_eq!(database.lookup_text(b"192.0.1.255").unwrap().status(), Status::Unknown);
    }
}

#[test]
fn the_helper_lays_a_file_out_as_the_writer_does() {
    assert_eq!(Parts::sample().assemble(), sample());
}

#[test]
fn a_missing_file_is_an_error_with_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing.npl");
    for open in WAYS_OF_OPENING {
        let (kind, message) = io_error(open(&path));
        assert_eq!(kind, io::ErrorKind::NotFound);
        assert!(message.contains("missing.npl") && message.contains("No such file"), "{message}");
    }
}

#[test]
fn a_directory_is_an_error_that_says_so() {
    let directory = tempfile::tempdir().unwrap();
    for open in WAYS_OF_OPENING {
        let (kind, message) = io_error(open(directory.path()));
        assert_eq!(kind, io::ErrorKind::IsADirectory);
        assert!(message.ends_with("is a directory, not a file"), "{message}");
    }
}

#[test]
fn an_empty_file_is_an_error_that_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("empty.npl");
    fs::write(&path, b"").unwrap();
    for open in WAYS_OF_OPENING {
        assert_eq!(format_error(open(&path)), FormatError::Empty);
    }
    assert_eq!(open_error(b""), FormatError::Empty);
    assert!(FormatError::Empty.to_string().contains("the file is empty"));
}

#[test]
fn a_file_cut_off_at_any_byte_is_an_error_that_counts_the_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.npl");
    let whole = sample();
    fs::write(&path, &whole).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for length in (0..whole.len()).rev() {
        file.set_len(length as u64).unwrap();
        // A header that is not there in full cannot say how long the file should be.
        let expected = if length < HEADER_LENGTH { HEADER_LENGTH } else { whole.len() } as u64;
        let error = match length {
            0 => FormatError::Empty,
            _ => FormatError::CutOff { expected, found: length as u64 },
        };
        for open in WAYS_OF_OPENING {
            assert_eq!(format_error(open(&path)), error, "at {length}");
        }
    }
    let message = FormatError::CutOff { expected: 192, found: 7 }.to_string();
    assert!(message.contains("cut off: 7 bytes of 192"), "{message}");
}

#[test]
fn bytes_behind_the_end_are_an_error_that_counts_them() {
    for extra in [1, 63, 64, 4096] {
        let mut file = sample();
        file.resize(file.len() + extra, 0);
        let error = FormatError::TrailingBytes { extra: extra as u64 };
        assert_eq!(open_error(&file), error);
        assert!(error.to_string().starts_with(&format!("{extra} bytes follow the end")), "{error}");
    }
}

#[test]
fn foreign_files_are_told_from_range_files() {
    let mmdb = [&b"\0\0\x01\0\0\x02"[..], &[0; 16], b"\xab\xcd\xefMaxMind.com\xe9\x4bbinary_format"].concat();
    let dos_to_unix = sample().iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
    let seven_bits = sample().iter().map(|byte| byte & 0x7f).collect::<Vec<u8>>();
    let foreign: [&[u8]; 9] = [
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
        b"start,end,asn,organisation\n",
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"\0",
        b"\x89NPX",
        &mmdb,
        &[0; 4096],
        &dos_to_unix,
        &seven_bits,
    ];
    for file in foreign {
        assert_eq!(open_error(file), FormatError::Magic, "{}", file[..file.len().min(16)].escape_ascii());
    }
    assert!(FormatError::Magic.to_string().contains("not a nameplate range file"));
}

#[test]
fn a_newer_version_asks_for_an_update_whatever_follows() {
    for found in [2, 3, 0x0100_0000, u32::MAX] {
        let mut file = sample();
        put(&mut file, header::VERSION, &found.to_le_bytes());
        let error = FormatError::NewerVersion { found, known: 1 };
        assert_eq!(open_error(&file), error, "unsealed");
        reseal(&mut file);
        assert_eq!(open_error(&file), error, "sealed");
        // A newer format may have a shorter header.
        assert_eq!(open_error(&file[..12]), error, "short");
        assert!(error.to_string().contains(&format!("format version {found}")), "{error}");
        assert!(error.to_string().contains("update nameplate"), "{error}");
    }
}

#[test]
fn version_0_never_was() {
    let mut file = sample();
    put(&mut file, header::VERSION, &0_u32.to_le_bytes());
    reseal(&mut file);
    let error = FormatError::Header { what: "format version 0" };
    assert_eq!(open_error(&file), error);
    assert!(error.to_string().contains("the header is damaged: format version 0"), "{error}");
}

/// The bytes of `range` in which some flipped bit is found neither by `open` nor by `verify`.
fn bytes_not_guarded(mut file: Vec<u8>, range: Range<usize>) -> Vec<usize> {
    let is_found = |file: &[u8]| match Database::from_bytes(file) {
        Ok(database) => database.verify().is_err(),
        Err(_) => true,
    };
    let mut is_guarded = |byte: usize| {
        (0..8).all(|bit| {
            file[byte] ^= 1 << bit;
            let found = is_found(&file);
            file[byte] ^= 1 << bit;
            found
        })
    };
    range.filter(|byte| !is_guarded(*byte)).collect()
}

#[test]
fn every_flipped_bit_of_header_and_table_is_found_but_for_the_public_key() {
    let file = sample();
    let length = get_u32(&file, header::HEADER_LENGTH) as usize;
    assert_eq!(bytes_not_guarded(file.clone(), 0..header::PUBLIC_KEY.start), []);
    assert_eq!(bytes_not_guarded(file, header::PUBLIC_KEY.end..length), []);
}

/// The seal lies outside the header's checksum, so a key that stands there alone has to be
/// refused by its own check: else an unsigned file can be made to name a signer.
#[test]
fn every_flipped_bit_of_the_public_key_is_found() {
    assert_eq!(bytes_not_guarded(sample(), header::PUBLIC_KEY), []);
}

#[test]
fn flipped_bits_outside_the_seal_are_found_by_open() {
    let mut file = sample();
    let length = get_u32(&file, header::HEADER_LENGTH) as usize;
    for byte in (0..header::CHECKSUM.end).chain(header::SEAL.end..length) {
        for bit in 0..8 {
            file[byte] ^= 1 << bit;
            assert!(Database::from_bytes(&file).is_err(), "byte {byte}, bit {bit}");
            file[byte] ^= 1 << bit;
        }
    }
}

#[test]
fn a_damaged_header_is_an_error_of_its_checksum() {
    for byte in [header::BUILD_NUMBER, header::CREATED, header::RESERVED.start, header::CHECKSUM.start] {
        let mut file = sample();
        file[byte] ^= 1;
        assert_eq!(open_error(&file), FormatError::HeaderChecksum, "byte {byte}");
    }
    assert!(FormatError::HeaderChecksum.to_string().contains("its checksum does not fit"));
}

#[test]
fn every_flipped_bit_behind_the_header_opens_is_found_by_verify_and_panics_in_no_lookup() {
    let mut file = sample();
    let edges = edges(&file);
    // The first address of each family and answer 0 are the content that `open` reads, and whether the
    // first low half is interval 0's, which no flipped bit makes of it.
    let first_records =
        [(SectionKind::V4Starts, 4), (SectionKind::V6StartsHigh, 8), (SectionKind::Answers, 64)]
            .map(|(kind, width)| (range_of(&file, kind).start, width));
    for byte in get_u32(&file, header::HEADER_LENGTH) as usize..file.len() {
        let read_by_open = first_records.iter().any(|(start, width)| (*start..start + width).contains(&byte));
        for bit in 0..8 {
            file[byte] ^= 1 << bit;
            match Database::from_bytes(&file) {
                Ok(database) => {
                    assert!(!read_by_open, "byte {byte}, bit {bit}");
                    let found = database.verify().expect_err(&format!("byte {byte}, bit {bit}"));
                    assert!(
                        matches!(found, FormatError::Section { what: "its checksum does not fit", .. })
                            || found == FormatError::Padding { offset: byte as u64 },
                        "byte {byte}, bit {bit}: {found}"
                    );
                    exercise(&database, &edges);
                }
                Err(error) => assert!(read_by_open, "byte {byte}, bit {bit}: {error}"),
            }
            file[byte] ^= 1 << bit;
        }
    }
}

#[test]
fn a_file_that_is_replaced_by_rename_leaves_the_open_one_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sample.npl");
    fs::write(&path, sample()).unwrap();
    for open in WAYS_OF_OPENING {
        let database = open(&path).unwrap_or_else(|error| panic!("{error}"));
        let newer = directory.path().join("newer");
        fs::write(&newer, file_of(nameplate::Writer::new())).unwrap();
        fs::rename(&newer, &path).unwrap();
        assert_eq!(database.lookup_text(b"192.0.2.1").unwrap().status(), Status::Company);
        assert_eq!(database.verify(), Ok(()));
        fs::write(&path, sample()).unwrap();
    }
}

#[test]
fn a_copied_file_may_be_cut_off_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sample.npl");
    fs::write(&path, sample()).unwrap();
    let database = open_copy(&path).unwrap_or_else(|error| panic!("{error}"));
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert_eq!(database.verify(), Ok(()));
    assert_eq!(database.lookup_text(b"192.0.2.1").unwrap().status(), Status::Company);
}

#[test]
fn a_database_may_be_shared_between_threads() {
    let database = open_verified(&sample());
    let statuses = std::thread::scope(|scope| {
        let threads = [(); 4]
            .map(|()| scope.spawn(|| database.lookup_text(b"2001:db8::1").map(|answer| answer.status())));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(statuses, [Ok(Status::Company); 4]);
}
