//! The real tables: ids and names, every stream, every rival.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use memmap2::MmapMut;
use nameplate::{Database, OpenOptions};

use crate::Result;
use crate::cases::{Plan, small};
use crate::data::Data;
use crate::measure::{Order, Subject, compare};
use crate::memory::held;
use crate::report::Case;
use crate::streams::Stream;
use crate::subjects::dir_24_8::{Dir24_8, Pages};
use crate::subjects::sorted_vec::SortedVec;
use crate::subjects::{ip_network_table, maxminddb, ours, poptrie, prefix_trie, v4_prefixes, v6_prefixes};

/// The subjects' names: cases and figures refer to them.
pub const PREFIX_TRIE: &str = "crate prefix-trie";
/// The crate of that name.
pub const POPTRIE: &str = "crate poptrie";
/// The crate of that name.
pub const IP_NETWORK_TABLE: &str = "crate ip_network_table";
/// Binary search, one address at a time.
pub const SORTED_VEC: &str = "sorted Vec";
/// Binary search, a group at a time.
pub const SORTED_VEC_BATCH: &str = "sorted Vec, batch";
/// The limit, one address at a time.
pub const DIR: &str = "DIR-24-8";
/// The limit, a group at a time.
pub const DIR_BATCH: &str = "DIR-24-8, batch";
/// The limit, a group at a time, in huge pages.
pub const DIR_HUGE_BATCH: &str = "DIR-24-8, huge pages, batch";
/// The crate, decoding one field.
pub const MAXMINDDB_PATH: &str = "crate maxminddb, path";
/// The crate, decoding the record.
pub const MAXMINDDB_STRUCT: &str = "crate maxminddb, struct";
/// The crate, decoding one field, in memory that asks for huge pages.
pub const MAXMINDDB_HUGE: &str = "crate maxminddb, huge pages, path";
/// The C library.
pub const LIBMAXMINDDB: &str = "C libmaxminddb";

/// Everything that answers beside us, and the heap that each holds.
pub struct Rivals {
    prefix_trie: prefix_trie::Tries,
    poptrie: poptrie::Tries,
    ip_network_table: ip_network_table::Table,
    sorted_v4: SortedVec<u32>,
    sorted_v6: SortedVec<u128>,
    dir: Dir24_8,
    dir_huge: Dir24_8,
    maxminddb: maxminddb::Mmdb,
    maxminddb_huge: maxminddb::Mmdb<MmapMut>,
    #[cfg(feature = "libmaxminddb")]
    pub(crate) libmaxminddb: crate::subjects::libmaxminddb::Mmdb,
    /// Subject and bytes.
    pub bytes: Vec<(&'static str, usize)>,
}

impl Rivals {
    /// Builds all from the intervals; the MMDB has been written from the same.
    pub fn build(data: &Data, mmdb: &Path) -> Result<Rivals> {
        let (v4, v6) = (|| v4_prefixes(&data.v4), || v6_prefixes(&data.v6));
        let (prefix_trie, prefix_trie_bytes) = held(|| prefix_trie::Tries::new(v4(), v6()));
        let (poptrie, poptrie_bytes) = held(|| poptrie::Tries::new(v4(), v6()));
        let (table, table_bytes) = held(|| ip_network_table::Table::new(v4(), v6()));
        let (sorted_v4, sorted_v4_bytes) = held(|| SortedVec::new(&data.v4));
        let (sorted_v6, sorted_v6_bytes) = held(|| SortedVec::new(&data.v6));
        let dir = Dir24_8::new(&data.v4, Pages::Small)?;
        let bytes = vec![
            (PREFIX_TRIE, prefix_trie_bytes),
            (POPTRIE, poptrie_bytes),
            (IP_NETWORK_TABLE, table_bytes),
            (SORTED_VEC, sorted_v4_bytes + sorted_v6_bytes),
            ("DIR-24-8 (IPv4 alone)", dir.bytes()),
        ];
        Ok(Rivals {
            prefix_trie,
            poptrie,
            ip_network_table: table?,
            sorted_v4,
            sorted_v6,
            dir,
            dir_huge: Dir24_8::new(&data.v4, Pages::Huge)?,
            maxminddb: maxminddb::Mmdb::open(mmdb)?,
            maxminddb_huge: maxminddb::Mmdb::open_in_huge_pages(mmdb)?,
            #[cfg(feature = "libmaxminddb")]
            libmaxminddb: crate::subjects::libmaxminddb::Mmdb::open(mmdb)?,
            bytes,
        })
    }

    fn ids_v4(&self) -> Vec<Subject<'_, u32>> {
        vec![
            Subject::id(PREFIX_TRIE, |address| self.prefix_trie.lookup_v4(address)),
            Subject::id(POPTRIE, |address| self.poptrie.lookup_v4(address)),
            Subject::id(IP_NETWORK_TABLE, |address| self.ip_network_table.lookup_v4(address)),
            Subject::id(SORTED_VEC, |address| self.sorted_v4.lookup(address)),
            Subject::id_batch(SORTED_VEC_BATCH, |addresses: &[u32], ids: &mut [u32]| {
                self.sorted_v4.lookup_batch(addresses, ids);
            }),
            Subject::id(DIR, |address| self.dir.lookup(address)),
            Subject::id_batch(DIR_BATCH, |addresses: &[u32], ids: &mut [u32]| {
                self.dir.lookup_batch(addresses, ids);
            }),
            Subject::id_batch(DIR_HUGE_BATCH, |addresses: &[u32], ids: &mut [u32]| {
                self.dir_huge.lookup_batch(addresses, ids);
            }),
        ]
    }

    fn ids_v6(&self) -> Vec<Subject<'_, u128>> {
        vec![
            Subject::id(PREFIX_TRIE, |address| self.prefix_trie.lookup_v6(address)),
            Subject::id(POPTRIE, |address| self.poptrie.lookup_v6(address)),
            Subject::id(IP_NETWORK_TABLE, |address| self.ip_network_table.lookup_v6(address)),
            Subject::id(SORTED_VEC, |address| self.sorted_v6.lookup(address)),
            Subject::id_batch(SORTED_VEC_BATCH, |addresses: &[u128], ids: &mut [u32]| {
                self.sorted_v6.lookup_batch(addresses, ids);
            }),
        ]
    }

    fn names_v4(&self) -> Vec<Subject<'_, u32>> {
        let ip = |address| IpAddr::V4(Ipv4Addr::from_bits(address));
        vec![
            Subject::name(MAXMINDDB_PATH, move |address| self.maxminddb.name_by_path(ip(address))),
            Subject::name(MAXMINDDB_STRUCT, move |address| self.maxminddb.name_by_struct(ip(address))),
            Subject::name(MAXMINDDB_HUGE, move |address| self.maxminddb_huge.name_by_path(ip(address))),
            #[cfg(feature = "libmaxminddb")]
            Subject::name(LIBMAXMINDDB, |address| self.libmaxminddb.name_v4(address)),
        ]
    }

    fn names_v6(&self) -> Vec<Subject<'_, u128>> {
        let ip = |address| IpAddr::V6(Ipv6Addr::from_bits(address));
        vec![
            Subject::name(MAXMINDDB_PATH, move |address| self.maxminddb.name_by_path(ip(address))),
            Subject::name(MAXMINDDB_STRUCT, move |address| self.maxminddb.name_by_struct(ip(address))),
            Subject::name(MAXMINDDB_HUGE, move |address| self.maxminddb_huge.name_by_path(ip(address))),
            #[cfg(feature = "libmaxminddb")]
            Subject::name(LIBMAXMINDDB, |address| self.libmaxminddb.name_v6(address)),
        ]
    }

    /// Texts end in NUL, for C; the others leave it away.
    fn names_text<'a>(&'a self, database: &'a Database) -> Vec<Subject<'a, &'a str>> {
        let text = |text: &'a str| &text[..text.len() - 1];
        let ours = move |query| ours::name_of_text(database, text(query));
        vec![
            Subject::name(ours::ONE, ours).ours(),
            Subject::name(MAXMINDDB_PATH, move |query| {
                text(query).parse().map_or(&[], |address| self.maxminddb.name_by_path(address))
            }),
            #[cfg(feature = "libmaxminddb")]
            Subject::name(LIBMAXMINDDB, |query| self.libmaxminddb.name_text(query)),
        ]
    }
}

/// The name of a case on the real tables.
pub fn case_name(family: &str, answer: &str, stream: Stream) -> String {
    format!("{family}, {answer}, {}", stream.name())
}

/// Measures all cases of the plan.
pub fn measure(data: &Data, rivals: &Rivals, plan: &Plan, mut hear: impl FnMut(Case)) -> Result<()> {
    let database = &data.database;
    let copy = OpenOptions::default().copy(true).open(&data.path)?;
    let (hits_v4, hits_v6) = (data.v4_hits(), data.v6_hits());
    if plan.wants("opening the file") {
        hear(small::opening(data, plan.rounds)?);
    }
    for stream in Stream::ALL {
        let order = if stream == Stream::Dependent { Order::Dependent } else { Order::Free };
        let v4 = stream.draw(&hits_v4, plan.length);
        let v6 = stream.draw(&hits_v6, plan.length);
        let name = |family, answer| case_name(family, answer, stream);
        let mut run_v4 = |answer, subjects: &[Subject<'_, u32>]| -> Result<()> {
            let case = name("IPv4", answer);
            if plan.wants(&case) {
                hear(compare(&case, subjects, &v4, order, plan.rounds)?);
            }
            Ok(())
        };
        run_v4("name", &joined(ours::names_v4(database, &copy), rivals.names_v4()))?;
        run_v4("id", &joined(ours::ids_v4(database, &copy), rivals.ids_v4()))?;
        let mut run_v6 = |answer, subjects: &[Subject<'_, u128>]| -> Result<()> {
            let case = name("IPv6", answer);
            if plan.wants(&case) {
                hear(compare(&case, subjects, &v6, order, plan.rounds)?);
            }
            Ok(())
        };
        run_v6("name", &joined(ours::names_v6(database, &copy), rivals.names_v6()))?;
        run_v6("id", &joined(ours::ids_v6(database, &copy), rivals.ids_v6()))?;
        if stream == Stream::Range {
            let texts_v4: Vec<String> =
                v4.iter().map(|bits| format!("{}\0", Ipv4Addr::from_bits(*bits))).collect();
            let texts_v6: Vec<String> =
                v6.iter().map(|bits| format!("{}\0", Ipv6Addr::from_bits(*bits))).collect();
            for (family, texts) in [("IPv4", &texts_v4), ("IPv6", &texts_v6)] {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let case = name(family, "reading the text");
                if plan.wants(&case) {
                    hear(small::parsing(&case, &texts, plan.rounds)?);
                }
                let case = name(family, "name from text");
                if plan.wants(&case) {
                    hear(compare(&case, &rivals.names_text(database), &texts, order, plan.rounds)?);
                }
            }
        }
    }
    Ok(())
}

/// Fails unless every subject gives the same answer at both ends of every range.
pub fn check_edges(data: &Data, rivals: &Rivals) -> Result<()> {
    let database = &data.database;
    let copy = OpenOptions::default().copy(true).open(&data.path)?;
    let edges_v4: Vec<u32> = data.v4.iter().flat_map(|range| [range.first, range.last]).collect();
    // As in `Data::v6_hits`, without what an MMDB and we keep for IPv4.
    let ranges = data.v6.iter().filter(|range| range.first >> 48 != 0);
    let edges_v6: Vec<u128> = ranges.flat_map(|range| [range.first, range.last]).collect();
    let (v4, v6) = (&edges_v4[..], &edges_v6[..]);
    compare("IPv4 edges", &joined(ours::ids_v4(database, &copy), rivals.ids_v4()), v4, Order::Free, 0)?;
    compare("IPv4 edges", &joined(ours::names_v4(database, &copy), rivals.names_v4()), v4, Order::Free, 0)?;
    compare("IPv6 edges", &joined(ours::ids_v6(database, &copy), rivals.ids_v6()), v6, Order::Free, 0)?;
    compare("IPv6 edges", &joined(ours::names_v6(database, &copy), rivals.names_v6()), v6, Order::Free, 0)?;
    Ok(())
}

fn joined<T>(mut first: Vec<T>, second: Vec<T>) -> Vec<T> {
    first.extend(second);
    first
}
