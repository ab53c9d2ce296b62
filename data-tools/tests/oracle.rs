//! The whole path from a table to an answer, held against the simplest thing that could be right:
//! for an address, look at the rows, take the narrowest that covers it.
//!
//! It reads the real tables where `make data` has put them, and the sample in the repository
//! where not. The rows are parsed here once more, without the importer.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use nameplate::{Address, Database, Status};
use nameplate_build::organisation::{Class, Signs, judge};
use nameplate_build::{BuildConfig, SPECIAL_PURPOSE, build};

/// Random addresses of each family.
const RANDOM: usize = 10_000_000;

/// How many addresses are sorted and swept at a time.
const CHUNK: usize = 1_000_000;

/// A row, of either family, as 128-bit numbers.
struct Row {
    first: u128,
    last: u128,
    asn: u32,
    /// Whether the holder's name may be shown.
    shown: bool,
}

struct Table {
    /// In the order of the files.
    rows: Vec<Row>,
    /// Special-purpose blocks, as ranges and names.
    blocks: Vec<(u128, u128, &'static str)>,
    /// Largest address.
    end: u128,
    address: fn(u128) -> Address,
}

/// What the file must say.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Reserved(&'static str),
    Holder(u32),
    Unknown,
}

impl Table {
    fn expected(&self, address: u128, row: Option<&Row>) -> Expected {
        let block = self
            .blocks
            .iter()
            .filter(|(first, last, _)| *first <= address && address <= *last)
            .min_by_key(|(first, last, _)| last - first);
        match (block, row) {
            (Some((_, _, name)), _) => Expected::Reserved(name),
            (None, Some(row)) if row.shown => Expected::Holder(row.asn),
            _ => Expected::Unknown,
        }
    }

    /// Every row, for one address.
    fn linear_scan(&self, address: u128) -> Expected {
        let covering =
            self.rows.iter().enumerate().filter(|(_, row)| row.first <= address && address <= row.last);
        let narrowest = covering.min_by_key(|(place, row)| (row.last - row.first, std::cmp::Reverse(*place)));
        self.expected(address, narrowest.map(|(_, row)| row))
    }

    /// The same for many addresses: rows and addresses in ascending order, and a linear scan of
    /// the rows that have begun and not ended.
    fn sweep(&self, addresses: &mut [u128], mut check: impl FnMut(u128, Expected)) {
        addresses.sort_unstable();
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|place| self.rows[*place].first);
        let mut coming = order.into_iter().peekable();
        let mut begun: Vec<usize> = Vec::new();
        for address in addresses {
            while let Some(place) = coming.next_if(|place| self.rows[*place].first <= *address) {
                begun.push(place);
            }
            begun.retain(|place| self.rows[*place].last >= *address);
            let width = |place: &&usize| self.rows[**place].last - self.rows[**place].first;
            let narrowest = begun.iter().min_by_key(|place| (width(place), std::cmp::Reverse(**place)));
            // IPv4-mapped addresses are looked up as IPv4, whatever an IPv6 row says.
            if !matches!((self.address)(*address), Address::V4(bits) if u128::from(bits) != *address) {
                check(*address, self.expected(*address, narrowest.map(|place| &self.rows[*place])));
            }
        }
    }

    fn check(&self, database: &Database, address: u128, expected: &Expected) {
        let answer = database.lookup((self.address)(address));
        let found = match answer.status() {
            Status::Unknown => Expected::Unknown,
            Status::Reserved => Expected::Reserved(
                self.blocks
                    .iter()
                    .find(|(_, _, name)| Some(*name) == answer.block())
                    .map_or("no such block", |(_, _, name)| name),
            ),
            Status::Company | Status::Operator => {
                let network = answer.network().expect("such an answer has a network");
                let asked = IpAddr::from((self.address)(address));
                assert!(network.first <= asked && asked <= network.last);
                Expected::Holder(answer.operator().expect("the table names an AS").asn())
            }
        };
        // Addresses of a public table, not of visitors.
        assert_eq!(found, *expected, "at {:?}", (self.address)(address));
    }
}

fn configuration() -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let real = data.join("nameplate.toml");
    let whole = BuildConfig::read(&real).unwrap().sources.iter().all(|s| s.files.iter().all(|f| f.exists()));
    if whole { real } else { data.join("sample.toml") }
}

fn tables(config: &BuildConfig) -> [Table; 2] {
    let mut v4 = Table {
        rows: vec![],
        blocks: vec![],
        end: u32::MAX.into(),
        address: |bits| Address::V4(bits as u32),
    };
    let mut v6 = Table { rows: vec![], blocks: vec![], end: u128::MAX, address: Address::from_v6_bits };
    for file in config.sources.iter().flat_map(|source| &source.files) {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let mut fields = line.splitn(4, ',');
            let mut next = || fields.next().unwrap();
            let (first, last): (IpAddr, IpAddr) = (next().parse().unwrap(), next().parse().unwrap());
            let asn = next().parse().unwrap();
            let name = next();
            let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
            let name = quoted.unwrap_or(name).replace("\"\"", "\"");
            let shown = judge(&Signs { name: &name, ..Signs::default() }).class != Class::Withheld;
            let (table, first, last) = numbers(first, last, &mut v4, &mut v6);
            table.rows.push(Row { first, last, asn, shown });
        }
    }
    for block in SPECIAL_PURPOSE {
        let (first, last) = block.range();
        let (table, first, last) = numbers(first, last, &mut v4, &mut v6);
        table.blocks.push((first, last, block.name));
    }
    [v4, v6]
}

fn numbers<'a>(
    first: IpAddr,
    last: IpAddr,
    v4: &'a mut Table,
    v6: &'a mut Table,
) -> (&'a mut Table, u128, u128) {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => (v4, first.to_bits().into(), last.to_bits().into()),
        (IpAddr::V6(first), IpAddr::V6(last)) => (v6, first.to_bits(), last.to_bits()),
        _ => panic!("a range of two families"),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn next_128(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    /// Every second one from the whole space, the others inside a row: most of the IPv6 space is empty.
    fn address(&mut self, table: &Table) -> u128 {
        let bits = self.next_128();
        if self.next().is_multiple_of(2) || table.rows.is_empty() {
            return bits & table.end;
        }
        let row = &table.rows[self.next() as usize % table.rows.len()];
        match (row.last - row.first).checked_add(1) {
            Some(width) => row.first + bits % width,
            None => bits,
        }
    }
}

#[test]
fn the_file_says_what_the_rows_say() {
    let config = BuildConfig::read(&configuration()).unwrap();
    let (writer, report) = build(&config, &mut ()).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    let database = Database::from_bytes(&file).unwrap();
    database.verify().unwrap();
    let tables = tables(&config);
    let rows: usize = tables.iter().map(|table| table.rows.len()).sum();
    assert_eq!(rows as u64, report.sources.iter().map(|source| source.counts.rows).sum::<u64>());
    println!("{} rows of {}", rows, configuration().display());

    let mut random = Random(1);
    for table in &tables {
        let mut edges = vec![0, table.end];
        let ranges = table.rows.iter().map(|row| (row.first, row.last));
        for (first, last) in ranges.chain(table.blocks.iter().map(|(first, last, _)| (*first, *last))) {
            edges.extend([first.saturating_sub(1), first, last, last.saturating_add(1).min(table.end)]);
        }
        table.sweep(&mut edges, |address, expected| table.check(&database, address, &expected));

        // The sweep itself against every row, where that can be afforded.
        for _ in 0..1_000 {
            let address = random.address(table);
            table.check(&database, address, &table.linear_scan(address));
        }

        for _ in 0..RANDOM / CHUNK {
            let mut addresses: Vec<u128> = (0..CHUNK).map(|_| random.address(table)).collect();
            table.sweep(&mut addresses, |address, expected| table.check(&database, address, &expected));
        }
    }

    // IPv4-mapped addresses answer as the IPv4 address.
    for _ in 0..100_000 {
        let address = random.address(&tables[0]);
        let mapped = Address::from_v6_bits(0xffff_0000_0000 | address);
        assert_eq!(mapped, Address::V4(address as u32));
        let by_bits = database.lookup_v6(0xffff_0000_0000 | address);
        assert_eq!(by_bits, database.lookup_v4(address as u32));
    }
}
