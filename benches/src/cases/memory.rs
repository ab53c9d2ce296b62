//! What the structures take.

use nameplate::format::SectionKind;

use crate::data::Data;
use crate::report::{Case, Measured};

/// IPv4: what a lookup reads, beside the raw ranges.
pub const V4_CASE: &str = "memory, IPv4 search";
/// The same for IPv6.
pub const V6_CASE: &str = "memory, IPv6 search";
/// Ranges as they come: first and last address and an id of four bytes.
pub const RAW: &str = "raw ranges (first, last, id)";
/// Index and answers.
pub const SEARCH: &str = "nameplate, index and ids";
/// Index, answers and what gives an interval's bounds.
pub const ALL: &str = "nameplate, with all first addresses";

/// All that the IPv4 search of a file may read.
pub fn v4_bytes(data: &Data) -> f64 {
    bytes(data, &[SectionKind::V4Rank, SectionKind::V4Answers, SectionKind::V4Starts])
}

fn bytes(data: &Data, kinds: &[SectionKind]) -> f64 {
    kinds.iter().map(|kind| data.section_bytes(*kind)).sum::<u64>() as f64
}

/// All there is to say about the real tables. `rivals` are subjects and their bytes.
pub fn cases(data: &Data, rivals: &[(&'static str, usize)], mmdb_bytes: u64) -> Vec<Case> {
    use SectionKind::{
        V4Answers, V4Rank, V4Starts, V6Answers, V6LowMarks, V6StartsHigh, V6StartsLow, V6Tree,
    };
    let bytes =
        |kinds: &[SectionKind]| kinds.iter().map(|kind| data.section_bytes(*kind)).sum::<u64>() as f64;
    let raw_v4 = 12 * data.v4.iter().filter(|interval| interval.id != 0).count();
    let raw_v6 = 36 * data.v6.iter().filter(|interval| interval.id != 0).count();
    let case = |name: &str, measured| Case { name: name.into(), unit: "bytes", measured };
    let all = [V4Rank, V4Starts, V4Answers, V6Tree, V6LowMarks, V6StartsHigh, V6StartsLow, V6Answers];
    let by_id = rivals.iter().map(|(name, bytes)| Measured::exact(name, false, *bytes as f64));
    vec![
        case(
            V4_CASE,
            vec![
                Measured::exact(SEARCH, true, bytes(&[V4Rank, V4Answers])),
                Measured::exact(ALL, true, v4_bytes(data)),
                Measured::exact(RAW, false, raw_v4 as f64),
            ],
        ),
        case(
            V6_CASE,
            vec![
                Measured::exact(SEARCH, true, bytes(&[V6Tree, V6LowMarks, V6StartsHigh, V6Answers])),
                Measured::exact(
                    ALL,
                    true,
                    bytes(&[V6Tree, V6LowMarks, V6StartsHigh, V6Answers, V6StartsLow]),
                ),
                Measured::exact(RAW, false, raw_v6 as f64),
            ],
        ),
        case(
            "memory, both families, ids",
            std::iter::once(Measured::exact("nameplate", true, bytes(&all))).chain(by_id).collect(),
        ),
        case(
            "memory, both families, with names (the file)",
            vec![
                Measured::exact("nameplate", true, data.database.metadata().file_length() as f64),
                Measured::exact("MMDB", false, mmdb_bytes as f64),
            ],
        ),
    ]
}
