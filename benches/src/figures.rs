//! The ratios to reach, and what of them was measured.

use crate::cases::memory::{RAW, SEARCH, V4_CASE, V6_CASE};
use crate::cases::real::{
    DIR, DIR_BATCH, DIR_HUGE_BATCH, IP_NETWORK_TABLE, LIBMAXMINDDB, MAXMINDDB_HUGE, MAXMINDDB_PATH,
    MAXMINDDB_STRUCT, POPTRIE, PREFIX_TRIE, SORTED_VEC, SORTED_VEC_BATCH,
};
use crate::cases::{bindings, build, leads, scale, socket, visits};
use crate::report::Case;
use crate::subjects::ours::{BATCH, COPY, COPY_BATCH, ONE};

/// Which ratios are good.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// How many times better we are than the rival: so many at least.
    AtLeast(f64),
    /// How many times longer we take than the rival, or than ourselves on the real table: so many at the most.
    AtMost(f64),
    /// Bytes: so many at the most.
    BytesAtMost(f64),
    /// Stated for comparison.
    Nothing,
}

use Wanted::{AtLeast, AtMost, BytesAtMost, Nothing};

/// One ratio to reach: what the table calls it and against whom, what is wanted, and which case, which
/// of our ways and which rivals it is taken from.
type Row = (&'static str, &'static str, Wanted, &'static str, &'static str, &'static [&'static str]);

const V4_NAME: &str = "IPv4, name, random range";
const V4_ID: &str = "IPv4, id, random range";
const V6_NAME: &str = "IPv6, name, random range";
const V6_ID: &str = "IPv6, id, random range";
// As in `cases::capi`, which is there only where libmaxminddb is.
const C_ABI: &str = "nameplate, C ABI";
const C_ABI_BATCH: &str = "nameplate, C ABI, batch";
const MAXMINDDB: &[&str] = &[MAXMINDDB_PATH, MAXMINDDB_STRUCT];
const INDEX_CRATES: &[&str] = &[PREFIX_TRIE, POPTRIE, IP_NETWORK_TABLE];

#[rustfmt::skip]
const ROWS: [Row; 56] = [
    ("IPv4, with the name, one at a time", "crate `maxminddb` with the name", AtLeast(20.0), V4_NAME, ONE, MAXMINDDB),
    ("the same, both in private memory and asking for huge pages", "the same", Nothing, V4_NAME, COPY, &[MAXMINDDB_HUGE]),
    ("IPv4, with the name, batch", "the same", AtLeast(40.0), V4_NAME, BATCH, MAXMINDDB),
    ("the same, both in private memory and asking for huge pages", "the same", Nothing, V4_NAME, COPY_BATCH, &[MAXMINDDB_HUGE]),
    ("IPv4, id, one at a time", "fastest index crate", AtLeast(4.0), V4_ID, ONE, INDEX_CRATES),
    ("IPv4, id, batch", "DIR-24-8 batch", AtLeast(1.0), V4_ID, BATCH, &[DIR_BATCH]),
    ("the same, both in private memory and asking for huge pages", "the same", Nothing, V4_ID, COPY_BATCH, &[DIR_HUGE_BATCH]),
    ("IPv6, with the name, one at a time", "crate `maxminddb` with the name", AtLeast(9.0), V6_NAME, ONE, MAXMINDDB),
    ("the same, both in private memory and asking for huge pages", "the same", Nothing, V6_NAME, COPY, &[MAXMINDDB_HUGE]),
    ("IPv6, with the name, batch", "the same", AtLeast(28.0), V6_NAME, BATCH, MAXMINDDB),
    ("the same, both in private memory and asking for huge pages", "the same", Nothing, V6_NAME, COPY_BATCH, &[MAXMINDDB_HUGE]),
    ("IPv6, id, one at a time", "fastest index crate", AtLeast(3.0), V6_ID, ONE, INDEX_CRATES),
    ("10M IPv4 ranges, id, batch", "DIR-24-8 batch", AtLeast(0.7), scale::V4, BATCH, &[DIR_BATCH]),
    ("the same, both in private memory and asking for huge pages", "the same", Nothing, scale::V4_HUGE, COPY_BATCH, &[DIR_HUGE_BATCH]),
    ("10M IPv4 ranges, memory", "DIR-24-8", AtLeast(40.0), scale::V4_MEMORY, ONE, &[DIR]),
    ("5M IPv6 ranges, id, batch", "binary search", AtLeast(10.0), scale::V6, BATCH, &[SORTED_VEC]),
    ("the same", "binary search in batches with prefetch", Nothing, scale::V6, BATCH, &[SORTED_VEC_BATCH]),
    ("building 10M + 5M ranges", "writing the same as MMDB, crate `mmdb-writer`: ten times what a tenth takes", AtLeast(10.0), build::WHOLE, ONE, &[build::MMDB_WRITER_SCALED]),
    ("building 1M + 0.5M ranges", "the same, not scaled", Nothing, build::TENTH, ONE, &[build::MMDB_WRITER]),
    ("building 10M + 5M ranges", "crate `maxminddb-writer`, which merges nothing", Nothing, build::WHOLE, ONE, &[build::MAXMINDDB_WRITER]),
    ("growing from 0.5M to 10M ranges", "own time per batch lookup", AtMost(8.0), scale::GROWTH, BATCH, &[]),
    ("C ABI, IPv4, with the name", "`MMDB_lookup_sockaddr`, `MMDB_aget_value`", AtLeast(15.0), "C ABI, IPv4, name, random range", C_ABI, &[LIBMAXMINDDB]),
    ("C ABI, IPv6, with the name", "the same", AtLeast(15.0), "C ABI, IPv6, name, random range", C_ABI, &[LIBMAXMINDDB]),
    ("C ABI, IPv4 text, with the name", "`MMDB_lookup_string`, `MMDB_aget_value`", AtLeast(8.0), "C ABI, IPv4, name from text, random range", C_ABI, &[LIBMAXMINDDB]),
    ("C ABI, IPv6 text, with the name", "the same", AtLeast(8.0), "C ABI, IPv6, name from text, random range", C_ABI, &[LIBMAXMINDDB]),
    ("C ABI, IPv4, with the name", "the engine's call: nanoseconds more", AtMost(5.0), "C ABI, added to the engine's call, IPv4, random range", C_ABI, &[]),
    ("the same, each waiting for the last answer", "the same", AtMost(5.0), "C ABI, added to the engine's call, IPv4, dependent", C_ABI, &[]),
    ("C ABI, IPv6, with the name", "the same", AtMost(5.0), "C ABI, added to the engine's call, IPv6, random range", C_ABI, &[]),
    ("the same, each waiting for the last answer", "the same", AtMost(5.0), "C ABI, added to the engine's call, IPv6, dependent", C_ABI, &[]),
    ("C ABI, IPv4, id, batch", "the engine's own batch", AtLeast(0.9), "C ABI, IPv4, id, batch, random range", C_ABI_BATCH, &[BATCH]),
    ("C ABI, IPv6, id, batch", "the same, from bytes in network order", AtLeast(0.9), "C ABI, IPv6, id from bytes, batch, random range", C_ABI_BATCH, &[BATCH]),
    ("IPv4 search structure", "the raw ranges", AtLeast(1.0), V4_CASE, SEARCH, &[RAW]),
    ("IPv6 search structure", "the raw ranges", AtLeast(1.0), V6_CASE, SEARCH, &[RAW]),
    ("socket, one `LOOKUP` at a time, p50", "its time, that of a raw echo being 1", AtMost(1.25), socket::P50, socket::LOOKUP, &[socket::ECHO]),
    ("the same, p99", "the same", AtMost(1.25), socket::P99, socket::LOOKUP, &[socket::ECHO]),
    ("the same, p50", "Redis `GET`", Nothing, socket::P50, socket::LOOKUP, &[socket::GET]),
    ("the same, p99", "Redis `GET`", Nothing, socket::P99, socket::LOOKUP, &[socket::GET]),
    ("socket, `LOOKUP`, pipeline 16, one connection", "Redis `GET`", AtLeast(1.0), socket::PIPELINE_16, socket::LOOKUP, &[socket::GET]),
    ("the same, pipeline 128", "the same", AtLeast(1.0), socket::PIPELINE_128, socket::LOOKUP, &[socket::GET]),
    ("the same, pipeline 512", "the same", AtLeast(1.0), socket::PIPELINE_512, socket::LOOKUP, &[socket::GET]),
    ("the same, pipeline 16, 50 connections", "the same", AtLeast(1.0), socket::CLIENTS, socket::LOOKUP, &[socket::GET]),
    ("socket, `MLOOKUP` of 100", "Redis `MGET` of 100", AtLeast(1.0), socket::MANY, socket::MLOOKUP, &[socket::MGET]),
    ("the same, four requests under way", "the same", AtLeast(1.0), socket::MANY_AHEAD, socket::MLOOKUP, &[socket::MGET]),
    ("socket, `LOOKUPPACKED` of 4096", "Redis `GET` at its best pipeline", AtLeast(25.0), socket::PACKED_4096, socket::PACKED, &socket::GETS),
    ("the same", "Redis `MGET` of 100", Nothing, socket::PACKED_4096, socket::PACKED, &[socket::MGET]),
    ("socket, `LOOKUPPACKED` of 256", "Redis `GET` at its best pipeline", Nothing, socket::PACKED_256, socket::PACKED, &socket::GETS),
    ("the same", "Redis `MGET` of 100", Nothing, socket::PACKED_256, socket::PACKED, &[socket::MGET]),
    ("daemon, memory beyond the file, idle", "", BytesAtMost(socket::IDLE_LIMIT), socket::IDLE, socket::DAEMON, &[]),
    ("the same, 1,000 clients", "", BytesAtMost(socket::CONNECTED_LIMIT), socket::CONNECTED, socket::DAEMON, &[]),
    ("leads, a visit into the store, synced and in the tables", "the same rows in batches into a plain table of SQLite", AtLeast(0.5), leads::RECORD, leads::STORE, &[leads::PLAIN]),
    ("the same, nanoseconds", "20,000 a second", AtMost(50_000.0), leads::RECORD, leads::STORE, &[]),
    ("leads, acknowledgement, p99, 20,000 visits a second", "milliseconds", AtMost(25.0), leads::P99, leads::STORE, &[]),
    ("the same, p50", "milliseconds", Nothing, leads::P50, leads::STORE, &[]),
    ("leads, a page of companies, the slowest of all orders and periods", "milliseconds", AtMost(100.0), leads::COMPANIES, leads::STORE, &[]),
    ("lookups at pipeline 128 while 1,000 visits a second arrive", "the same daemon without them", AtLeast(visits::LEAST), visits::BESIDE, visits::WITH, &[visits::ALONE]),
    ("leads, memory of the store", "", BytesAtMost(200e6), leads::MEMORY, leads::STORE, &[]),
];

const PYTHON_RIVAL: &[&str] = &["maxminddb (C), get"];
const NODE_RIVALS: &[&str] = &["maxmind", "mmdb-lib"];
const PHP_RIVAL: &[&str] = &["maxminddb extension, get"];
const PREDIS_GET: &[&str] = &["Predis, GET"];
const PREDIS_MGET: &[&str] = &["Predis, MGET"];

/// The languages' packages.
#[rustfmt::skip]
const BINDINGS: &[Row] = &[
    ("Python `lookup`, IPv4", "`maxminddb`'s C extension, `get`", AtLeast(5.0), bindings::PYTHON, "nameplate, lookup", PYTHON_RIVAL),
    ("the same, the file copied", "the same", Nothing, bindings::PYTHON, "nameplate with copy=True, lookup", PYTHON_RIVAL),
    ("Python `lookup_many`, names, 1,000 in a call", "the same", AtLeast(15.0), bindings::PYTHON, "nameplate, lookup_many by 1,000, names", PYTHON_RIVAL),
    ("the same, answers", "the same", Nothing, bindings::PYTHON, "nameplate, lookup_many by 1,000, answers", PYTHON_RIVAL),
    ("Python `lookup_arrow`, names", "the same", AtLeast(40.0), bindings::PYTHON, "nameplate, lookup_arrow, names", PYTHON_RIVAL),
    ("the same, all fields", "the same", Nothing, bindings::PYTHON, "nameplate, lookup_arrow, all fields", PYTHON_RIVAL),
    ("Python `lookup`, IPv6", "the same", Nothing, bindings::PYTHON_V6, "nameplate, lookup", PYTHON_RIVAL),
    ("Python `lookup_many`, IPv6, names", "the same", Nothing, bindings::PYTHON_V6, "nameplate, lookup_many by 1,000, names", PYTHON_RIVAL),
    ("Python `lookup_arrow`, IPv6, names", "the same", Nothing, bindings::PYTHON_V6, "nameplate, lookup_arrow, names", PYTHON_RIVAL),
    ("Python `Client`, one at a time", "redis-py, `GET`", AtLeast(1.0), bindings::PYTHON_SOCKET, "nameplate, Client", &["redis-py, GET"]),
    ("the same, 1,000 at once", "redis-py, `MGET` of 1,000", AtLeast(1.0), bindings::PYTHON_SOCKET_MANY, "nameplate, Client", &["redis-py, MGET"]),
    ("Node `lookup`, IPv4", "`maxmind` with its cache, and `mmdb-lib`", AtLeast(10.0), bindings::NODE, "nameplate, lookup", NODE_RIVALS),
    ("Node `lookupMany`", "the same", Nothing, bindings::NODE, "nameplate, lookupMany", NODE_RIVALS),
    ("Node `lookupPacked`, ids", "the same", AtLeast(100.0), bindings::NODE, "nameplate, lookupPacked", NODE_RIVALS),
    ("the same, with the names", "the same", Nothing, bindings::NODE, "nameplate, lookupPacked, and the names", NODE_RIVALS),
    ("Node `Client`, one at a time", "ioredis, `GET`", AtLeast(1.0), bindings::NODE_SOCKET, "nameplate, Client", &["ioredis, GET"]),
    ("the same, 1,000 at once", "ioredis, `MGET` of 1,000", AtLeast(1.0), bindings::NODE_SOCKET_MANY, "nameplate, Client", &["ioredis, MGET"]),
    ("the same, without networks", "the same", Nothing, bindings::NODE_SOCKET_MANY, "nameplate, Client, without networks", &["ioredis, MGET"]),
    ("PHP extension `lookup`, IPv4", "`maxminddb`'s extension, `get`", AtLeast(6.0), bindings::PHP, "nameplate extension, lookup", PHP_RIVAL),
    ("the same, addresses by Zipf's law", "the same", Nothing, bindings::PHP_ZIPF, "nameplate extension, lookup", PHP_RIVAL),
    ("PHP extension `lookupMany`, 1,000 in a call", "the same", Nothing, bindings::PHP, "nameplate extension, lookupMany by 1,000", PHP_RIVAL),
    ("PHP extension `names`, 1,000 in a call", "the same", Nothing, bindings::PHP, "nameplate extension, names by 1,000", PHP_RIVAL),
    ("PHP through FFI `lookup`, IPv4", "the same", AtLeast(2.0), bindings::PHP_FFI, "nameplate through FFI, lookup", PHP_RIVAL),
    ("the same, addresses by Zipf's law", "the same", Nothing, bindings::PHP_FFI_ZIPF, "nameplate through FFI, lookup", PHP_RIVAL),
    ("PHP through FFI `names`, 1,000 in a call", "the same", Nothing, bindings::PHP_FFI, "nameplate through FFI, names by 1,000", PHP_RIVAL),
    ("PHP `Client`, one at a time", "Predis, `GET`", AtLeast(1.0), bindings::PHP_SOCKET, "nameplate, Client", PREDIS_GET),
    ("the same, `names`, 1,000 at once", "Predis, `MGET` of 1,000", AtLeast(1.0), bindings::PHP_SOCKET_MANY, "nameplate, Client, names", PREDIS_MGET),
    ("the same, `lookupMany`, 1,000 at once", "the same", AtLeast(1.0), bindings::PHP_SOCKET_MANY, "nameplate, Client, lookupMany", PREDIS_MGET),
    ("WordPress, a page with the page script", "the same page without the plugin: nanoseconds more", AtMost(1e6), bindings::WORDPRESS_PAGE, bindings::WORDPRESS_PLUGIN, &[]),
    ("WordPress, the page script's request", "WordPress's answer to a route that there is not: nanoseconds more", AtMost(3e6), bindings::WORDPRESS_VISIT, bindings::WORDPRESS_PLUGIN, &[]),
    ("the same, until php-fpm's process is free", "the same", Nothing, bindings::WORDPRESS_WORKER, bindings::WORDPRESS_PLUGIN, &[]),
    ("WordPress, a page whose theme asks for the company", "the same page without the plugin: nanoseconds more", Nothing, bindings::WORDPRESS_TAG, bindings::WORDPRESS_PLUGIN, &[]),
    ("the same, the daemon silent", "the same", AtMost(50e6), bindings::WORDPRESS_SILENT, bindings::WORDPRESS_PLUGIN, &[]),
    ("the same, the daemon's answer without an end", "the same", AtMost(50e6), bindings::WORDPRESS_SLOW, bindings::WORDPRESS_PLUGIN, &[]),
    ("the same, no daemon", "the same", AtMost(50e6), bindings::WORDPRESS_STOPPED, bindings::WORDPRESS_PLUGIN, &[]),
    ("the same, no daemon and a broken range file", "the same", AtMost(50e6), bindings::WORDPRESS_BROKEN, bindings::WORDPRESS_PLUGIN, &[]),
];

/// One ratio to reach, and what was measured.
pub struct Figure {
    /// What is measured.
    pub case: &'static str,
    /// Against whom.
    pub against: &'static str,
    /// The ratio to reach.
    pub wanted: Wanted,
    /// The ratio that was measured.
    pub measured: Option<f64>,
}

impl Figure {
    /// Whether the measured ratio is as wanted; none where that is not the question.
    pub fn reached(&self) -> Option<bool> {
        match self.wanted {
            AtLeast(wanted) => Some(self.measured? >= wanted),
            AtMost(wanted) | BytesAtMost(wanted) => Some(self.measured? <= wanted),
            Nothing => None,
        }
    }
}

/// The table of figures to reach, filled from what was measured. Where a row names several rivals,
/// the quickest counts; where it names none, our own value is the ratio.
pub fn figures(cases: &[Case]) -> Vec<Figure> {
    let measured = |wanted: Wanted, case: &str, ours: &str, rivals: &[&str]| {
        let case = cases.iter().find(|measured| measured.name == case)?;
        let ours = case.subject(ours)?;
        if rivals.is_empty() {
            return Some(ours.value());
        }
        let ratios = rivals.iter().filter_map(|rival| Some(ours.better_than(case.subject(rival)?)));
        let worst = ratios.min_by(f64::total_cmp)?;
        Some(if matches!(wanted, AtMost(_)) { worst.recip() } else { worst })
    };
    ROWS.iter()
        .chain(BINDINGS)
        .map(|(name, against, wanted, case, ours, rivals)| Figure {
            case: name,
            against,
            wanted: *wanted,
            measured: measured(*wanted, case, ours, rivals),
        })
        .collect()
}
