//! Files whose header or section table contradicts the format while every checksum is right: each
//! check of `open` alone, with the error it must give. `open` trusts nothing here, so a hostile
//! table never leads outside the file.

mod common;

use common::*;
use nameplate::format::SectionKind;
use nameplate::{Database, FormatError};
use proptest::prelude::*;

const UNFIT_LENGTH: FormatError =
    FormatError::Header { what: "its length does not fit the number of sections" };

/// The sample with one field of one entry of the section table changed, sealed again.
fn with_entry(kind: SectionKind, field: usize, value: &[u8]) -> Vec<u8> {
    let mut file = sample();
    put(&mut file, entry_of(kind) + field, value);
    reseal(&mut file);
    file
}

fn offset_of(kind: SectionKind) -> u64 {
    range_of(&sample(), kind).start as u64
}

fn length_of(kind: SectionKind) -> u64 {
    range_of(&sample(), kind).len() as u64
}

#[test]
fn the_header_is_as_long_as_its_sections_need() {
    for length in [0_u32, 191, 192, 1215, 1217, 1280, u32::MAX] {
        let mut file = sample();
        put(&mut file, header::HEADER_LENGTH, &length.to_le_bytes());
        assert_eq!(open_error(&file), UNFIT_LENGTH, "{length}");
    }
    for count in [0_u32, 14, 15, 17, 64, 65, u32::MAX] {
        let mut file = sample();
        put(&mut file, header::SECTION_COUNT, &count.to_le_bytes());
        reseal(&mut file);
        assert_eq!(open_error(&file), UNFIT_LENGTH, "{count}");
    }
    assert!(UNFIT_LENGTH.to_string().contains("does not fit the number of sections"));
}

#[test]
fn a_table_has_at_most_64_sections() {
    let with_sections = |count: usize| {
        let mut parts = Parts::sample();
        for kind in parts.sections.len() + 1..=count {
            parts.sections.push(Section { kind: kind as u32, width: 1, content: Vec::new() });
        }
        parts.assemble()
    };
    open_verified(&with_sections(64));
    assert_eq!(open_error(&with_sections(65)), UNFIT_LENGTH);
}

#[test]
fn a_table_without_sections_misses_the_first() {
    let mut parts = Parts::sample();
    parts.sections.clear();
    assert_eq!(open_error(&parts.assemble()), FormatError::MissingSection { section: "V4_STARTS" });
}

#[test]
fn a_file_that_says_it_is_longer_is_cut_off_and_one_that_says_it_is_shorter_has_trailing_bytes() {
    let length = sample().len() as u64;
    for (says, error) in [
        (length + 1, FormatError::CutOff { expected: length + 1, found: length }),
        (u64::MAX, FormatError::CutOff { expected: u64::MAX, found: length }),
        (length - 1, FormatError::TrailingBytes { extra: 1 }),
        (0, FormatError::TrailingBytes { extra: length }),
    ] {
        let mut file = sample();
        put(&mut file, header::FILE_LENGTH, &says.to_le_bytes());
        reseal(&mut file);
        assert_eq!(open_error(&file), error, "{says}");
    }
}

#[test]
fn the_file_ends_where_its_last_section_ends() {
    let mut file = sample();
    file.resize(file.len() + 64, 0);
    let length = file.len() as u64;
    put(&mut file, header::FILE_LENGTH, &length.to_le_bytes());
    reseal(&mut file);
    let error = FormatError::Header { what: "the file's length is not the last section's end" };
    assert_eq!(open_error(&file), error);
}

#[test]
fn sections_start_at_multiples_of_64_bytes() {
    for kind in SectionKind::ALL {
        for wrong in [1, 4, 32, 63] {
            let file = with_entry(kind, entry::OFFSET, &(offset_of(kind) + wrong).to_le_bytes());
            assert_eq!(open_error(&file), section_error(kind, "does not start at a multiple of 64 bytes"));
        }
    }
}

#[test]
fn sections_do_not_overlap_each_other_or_the_header() {
    // The table's last entry; then the section before, where that has bytes that can be overlapped.
    let mut before = 1088;
    for kind in SectionKind::ALL {
        for offset in [0, 64, before] {
            let file = with_entry(kind, entry::OFFSET, &u64::to_le_bytes(offset));
            assert_eq!(open_error(&file), section_error(kind, "overlaps what comes before it"), "{offset}");
        }
        if length_of(kind) > 0 {
            before = offset_of(kind);
        }
    }
}

#[test]
fn sections_stand_in_the_table_in_the_order_in_which_they_lie_in_the_file() {
    let mut file = sample();
    let (first, second) = (entry_of(SectionKind::V4Starts), entry_of(SectionKind::V4Answers));
    let row = file[first..first + ENTRY_LENGTH].to_vec();
    file.copy_within(second..second + ENTRY_LENGTH, first);
    put(&mut file, second, &row);
    reseal(&mut file);
    let error = section_error(SectionKind::V4Starts, "overlaps what comes before it");
    assert_eq!(open_error(&file), error);
}

#[test]
fn kinds_may_come_in_any_order() {
    let mut parts = Parts::sample();
    parts.sections.reverse();
    let database = open_verified(&parts.assemble());
    assert_eq!(database.lookup_text(b"192.0.2.1").unwrap().company().unwrap().id(), ZULU);
}

#[test]
fn sections_end_inside_the_file() {
    let last = SectionKind::Strings;
    let file = with_entry(last, entry::LENGTH, &(length_of(last) + 1).to_le_bytes());
    assert_eq!(open_error(&file), section_error(last, "reaches past the end of the file"));

    let beyond = (sample().len() as u64).next_multiple_of(64) + 64;
    let file = with_entry(last, entry::OFFSET, &beyond.to_le_bytes());
    assert_eq!(open_error(&file), section_error(last, "reaches past the end of the file"));

    // One byte more than there is, and an empty section behind the end.
    for kind in SectionKind::ALL {
        let rest = sample().len() as u64 - offset_of(kind);
        let file = with_entry(kind, entry::LENGTH, &(rest + 1).to_le_bytes());
        assert_eq!(open_error(&file), section_error(kind, "reaches past the end of the file"));
        let mut file = with_entry(kind, entry::OFFSET, &beyond.to_le_bytes());
        put(&mut file, entry_of(kind) + entry::LENGTH, &0_u64.to_le_bytes());
        reseal(&mut file);
        assert_eq!(open_error(&file), section_error(kind, "reaches past the end of the file"));
    }
}

#[test]
fn offset_and_length_do_not_overflow() {
    for kind in SectionKind::ALL {
        let error = section_error(kind, "its length overflows");
        assert_eq!(open_error(&with_entry(kind, entry::LENGTH, &u64::MAX.to_le_bytes())), error);
        let wraps = u64::MAX - offset_of(kind) + 1;
        assert_eq!(open_error(&with_entry(kind, entry::LENGTH, &wraps.to_le_bytes())), error);
        let fits = wraps - 1;
        let error = section_error(kind, "reaches past the end of the file");
        assert_eq!(open_error(&with_entry(kind, entry::LENGTH, &fits.to_le_bytes())), error);
    }
}

#[test]
fn a_section_holds_whole_records() {
    for kind in SectionKind::ALL {
        let error = section_error(kind, "its length is no multiple of its record width");
        let file = with_entry(kind, entry::RECORD_WIDTH, &0_u32.to_le_bytes());
        assert_eq!(open_error(&file), error, "width 0");
        if kind.record_width() == 1 {
            continue;
        }
        let mut parts = Parts::sample();
        parts.section(kind).content.push(0);
        assert_eq!(open_error(&parts.assemble()), error, "a byte more");
    }
}

#[test]
fn records_have_the_width_of_the_specification() {
    for kind in SectionKind::ALL {
        let mut parts = Parts::sample();
        let section = parts.section(kind);
        section.width = if kind.record_width() == 1 { 2 } else { 1 };
        let even = section.content.len().next_multiple_of(2);
        section.content.resize(even, b' ');
        assert_eq!(open_error(&parts.assemble()), section_error(kind, "its records have another width"));
    }
}

#[test]
fn every_section_but_the_indexes_must_be_there() {
    for kind in required() {
        let mut parts = Parts::sample();
        parts.sections.retain(|section| section.kind != kind as u32);
        let error = FormatError::MissingSection { section: kind.name() };
        assert_eq!(open_error(&parts.assemble()), error);
        assert!(error.to_string().starts_with(&format!("section {} is missing", kind.name())), "{error}");
    }
}

#[test]
fn no_section_of_version_1_is_there_twice() {
    for kind in SectionKind::ALL {
        let mut parts = Parts::sample();
        let copy = parts.section(kind).clone();
        parts.sections.push(copy);
        assert_eq!(open_error(&parts.assemble()), section_error(kind, "is there twice"));
    }
}

#[test]
fn a_file_without_one_index_or_both_is_valid_and_answers_the_same() {
    let addresses = edges(&deep());
    let expected = batch(&open_verified(&deep()), &addresses);
    for left_out in
        [&[SectionKind::V4Rank][..], &[SectionKind::V6Tree], &[SectionKind::V4Rank, SectionKind::V6Tree]]
    {
        let mut parts = Parts::of(&deep());
        parts.sections.retain(|section| left_out.iter().all(|kind| section.kind != *kind as u32));
        let file = parts.assemble();
        let listed = open_verified(&file).metadata().sections().filter_map(|(name, ..)| name).count();
        assert_eq!(listed, 16 - left_out.len());
        for (way, database) in ways_of_searching(&file) {
            exercise(&database, &addresses);
            assert!(batch(&database, &addresses) == expected, "{way}, without {left_out:?}");
        }
    }
}

#[test]
fn the_indexes_may_stand_anywhere() {
    let mut parts = Parts::of(&deep());
    parts.sections.reverse();
    let database = open_verified(&parts.assemble());
    let addresses = edges(&deep());
    assert!(batch(&database, &addresses) == batch(&open_verified(&deep()), &addresses));
}

/// A cell covers 2^6 to 2^29 addresses: seven eighths of the space, or all eight, have 2^23 to one cell
/// each, always a power of two.
#[test]
fn v4_rank_has_a_number_of_cells_that_the_format_allows() {
    let what = "not a number of cells that the format allows";
    let with_cells = |cells: usize| {
        let mut parts = Parts::sample();
        parts.section(SectionKind::V4Rank).content = vec![0; cells * 12];
        parts.assemble()
    };
    for cells in [0, 1, 2, 6, 9, 13, 15, 21, 24, 35, 896 - 7, 896 + 7, 1023, 1025] {
        assert_eq!(open_error(&with_cells(cells)), section_error(SectionKind::V4Rank, what), "{cells} cells");
    }
    for cells in [7, 8, 14, 16, 28, 896, 1024] {
        assert!(Database::from_bytes(&with_cells(cells)).is_ok(), "{cells} cells");
    }
}

/// The same, where an address has no bits for more cells; only the length can be wrong, so the
/// zeros need not be in memory, nor on the disk.
#[test]
fn v4_rank_has_at_most_2_to_26_cells() {
    for (cells, allowed) in
        [(7_u64 << 23, true), (1 << 26, true), (7 << 24, false), (1 << 27, false), (1 << 33, false)]
    {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sparse.npl");
        let mut parts = Parts::sample();
        // As the last section: what stands behind the table then is zeros alone.
        let index = parts.sections.remove(place_of(SectionKind::V4Rank));
        parts.sections.push(Section { content: Vec::new(), ..index });
        let mut file = parts.assemble();
        let row = HEADER_LENGTH + 15 * ENTRY_LENGTH;
        let length = get_u64(&file, row + entry::OFFSET) + cells * 12;
        put(&mut file, row + entry::LENGTH, &(cells * 12).to_le_bytes());
        put(&mut file, header::FILE_LENGTH, &length.to_le_bytes());
        reseal(&mut file);
        std::fs::write(&path, &file).unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let opened = Database::open(&path);
        if allowed {
            let database = opened.unwrap_or_else(|error| panic!("{error}"));
            for address in [0, 1, 63, 64, 0xdfff_ffff] {
                assert_eq!(database.lookup_v4(address), nameplate::UNKNOWN, "an empty cell finds nothing");
            }
        } else {
            let what = "not a number of cells that the format allows";
            assert_eq!(format_error(opened), section_error(SectionKind::V4Rank, what), "{cells} cells");
        }
    }
}

#[test]
fn v6_tree_has_as_many_keys_as_its_intervals_need() {
    let what = "not as many keys as the intervals need";
    let with_keys = |file: &[u8], keys: usize| {
        let mut parts = Parts::of(file);
        parts.section(SectionKind::V6Tree).content.resize(keys * 8, 0);
        parts.assemble()
    };
    // 700 starts are 88 blocks, 10 nodes above them, 2 above those, and the root.
    for (file, right) in [(sample(), 0), (deep(), 13 * 8)] {
        assert_eq!(range_of(&file, SectionKind::V6Tree).len(), right * 8);
        let wrong = [0, 1, 7, 8, 9, right - right.min(8), right - right.min(1), right + 1, right + 8, 1000];
        for keys in wrong.into_iter().filter(|keys| *keys != right) {
            let error = section_error(SectionKind::V6Tree, what);
            assert_eq!(open_error(&with_keys(&file, keys)), error, "{keys} keys");
        }
        assert!(Database::from_bytes(&with_keys(&file, right)).is_ok());
    }
}

#[test]
fn sections_of_an_unknown_kind_are_passed_over_wherever_they_stand() {
    for (kind, place) in [(17, 16), (0, 0), (1000, 6), (u32::MAX, 16)] {
        let mut parts = Parts::sample();
        parts.sections.insert(place, Section { kind, width: 3, content: b"an index".repeat(3) });
        let database = open_verified(&parts.assemble());
        exercise(&database, &edges(&sample()));
        assert_eq!(database.lookup_text(b"192.0.2.1").unwrap().company().unwrap().id(), ZULU);
        let listed = database.metadata().sections().nth(place);
        assert_eq!(listed, Some((None, 8, 24)));
    }
}

#[test]
fn sections_of_an_unknown_kind_are_held_to_the_table_and_to_their_checksum() {
    let with_unknown = |width, content: &[u8]| {
        let mut parts = Parts::sample();
        parts.sections.push(Section { kind: 17, width, content: content.to_vec() });
        parts.assemble()
    };
    let error = |what| FormatError::Section { section: "of an unknown kind", what };
    let unfit = error("its length is no multiple of its record width");
    assert_eq!(open_error(&with_unknown(3, b"four")), unfit);
    assert_eq!(open_error(&with_unknown(0, b"four")), unfit);

    let mut file = with_unknown(1, b"four");
    *file.last_mut().unwrap() ^= 1;
    let database = Database::from_bytes(&file).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(database.verify(), Err(error("its checksum does not fit")));
}

#[test]
fn the_intervals_begin_at_the_first_address() {
    let what = "the first interval does not start at the first address";
    for (changed, first, named) in [
        (SectionKind::V4Starts, 1, SectionKind::V4Starts),
        (SectionKind::V6StartsHigh, 1, SectionKind::V6StartsHigh),
        // A low half for interval 0.
        (SectionKind::V6StartsLow, 0, SectionKind::V6StartsHigh),
    ] {
        let mut parts = Parts::sample();
        parts.put_u32(changed, 0, 0, first);
        assert_eq!(open_error(&parts.assemble()), section_error(named, what));
    }
}

#[test]
fn an_address_space_has_at_least_one_interval() {
    let what = "the first interval does not start at the first address";
    for emptied in [SectionKind::V4Starts, SectionKind::V6StartsHigh] {
        let mut parts = Parts::sample();
        parts.section(emptied).content.clear();
        assert_eq!(open_error(&parts.assemble()), section_error(emptied, what));
    }
}

#[test]
fn the_columns_of_a_table_have_the_same_number_of_records() {
    let offsets = "not one offset for each company and one for the end";
    for (kind, what) in [
        (SectionKind::V4Answers, "not as many answers as intervals"),
        (SectionKind::V6LowMarks, "not one byte for each eight intervals"),
        (SectionKind::V6Answers, "not as many answers as intervals"),
        (SectionKind::NetworkOffsets, offsets),
    ] {
        let mut parts = Parts::sample();
        let section = parts.section(kind);
        let width = section.width as usize;
        section.content.truncate(section.content.len() - width);
        assert_eq!(open_error(&parts.assemble()), section_error(kind, what), "one less");
        parts.section(kind).content.extend_from_slice(&vec![0; 2 * width]);
        assert_eq!(open_error(&parts.assemble()), section_error(kind, what), "one more");
    }
    let mut parts = Parts::sample();
    parts.section(SectionKind::Companies).content.truncate(64);
    assert_eq!(open_error(&parts.assemble()), section_error(SectionKind::NetworkOffsets, offsets));
}

#[test]
fn answer_0_is_the_unknown_one() {
    let error = section_error(SectionKind::Answers, "the first answer is not the unknown one");
    for byte in 0..64 {
        let mut parts = Parts::sample();
        parts.record(SectionKind::Answers, 0)[byte] ^= 1;
        assert_eq!(open_error(&parts.assemble()), error, "byte {byte}");
    }
    let mut parts = Parts::sample();
    parts.section(SectionKind::Answers).content.clear();
    assert_eq!(open_error(&parts.assemble()), error, "no answer");
}

#[test]
fn there_are_at_most_32_sources() {
    let with_sources = |count: usize| {
        let mut parts = Parts::sample();
        let record = parts.record(SectionKind::Sources, 0).to_vec();
        parts.section(SectionKind::Sources).content = record.repeat(count);
        parts.assemble()
    };
    open_verified(&with_sources(32));
    let error = section_error(SectionKind::Sources, "more sources than an answer's evidence has bits");
    assert_eq!(open_error(&with_sources(33)), error);
}

#[test]
fn an_error_names_the_section_and_what_to_do() {
    let message = section_error(SectionKind::V4Starts, "overlaps what comes before it").to_string();
    assert_eq!(message, "section V4_STARTS: overlaps what comes before it; copy or build the file again");
}

/// A number of the kind that finds mistakes: small, at the edges of the file, or overflowing.
fn telling_number() -> impl Strategy<Value = u64> {
    let length = sample().len() as u64;
    prop_oneof![
        (0..=length / 64 + 1).prop_map(|blocks| blocks * 64),
        0..=length + 64,
        (0..64_u64).prop_map(|below| u64::MAX - below),
        any::<u64>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// A hostile table with a right checksum: whatever `open` lets pass can be asked everything.
    #[test]
    fn no_table_makes_a_reader_panic(
        changes in prop::collection::vec((0..16_usize, 0..4_usize, telling_number()), 1..4),
    ) {
        let mut file = sample();
        for (row, field, number) in changes {
            let row = HEADER_LENGTH + row * ENTRY_LENGTH;
            match field {
                0 => put(&mut file, row + entry::KIND, &(number as u32 % 18).to_le_bytes()),
                1 => put(&mut file, row + entry::RECORD_WIDTH, &(number as u32).to_le_bytes()),
                2 => put(&mut file, row + entry::OFFSET, &number.to_le_bytes()),
                _ => put(&mut file, row + entry::LENGTH, &number.to_le_bytes()),
            }
        }
        reseal(&mut file);
        if let Ok(database) = Database::from_bytes(&file) {
            exercise(&database, &edges(&sample()));
            let _ = database.verify();
        }
    }
}
