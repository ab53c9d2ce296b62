//! The AS table of `data/sources`: the name and shape of every AS.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use nameplate_build::organisation::Shape;

use crate::Failure;

/// What the table says of an AS.
pub(crate) struct System {
    /// The name of its holder: the first one given.
    pub(crate) name: String,
    /// What it announces.
    pub(crate) shape: Shape,
}

/// AS numbers with what the table says of them.
pub(crate) type Table = HashMap<u32, System>;

/// Reads `asn-ipv4.csv` and `asn-ipv6.csv` in the folder `ip-location-db-asn`.
pub(crate) fn read(sources: &Path) -> Result<Table, Failure> {
    let folder = sources.join("ip-location-db-asn");
    let mut table = Table::new();
    for file in ["asn-ipv4.csv", "asn-ipv6.csv"] {
        let path = folder.join(file);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_path(&path)
            .map_err(|error| format!("{}: {error}; run make data first", path.display()))?;
        for row in reader.records() {
            let row = row?;
            let [first, last, asn, name] = [0, 1, 2, 3].map(|column| row.get(column).unwrap_or_default());
            let system = table
                .entry(asn.parse()?)
                .or_insert_with(|| System { name: name.to_owned(), shape: Shape::default() });
            if first.contains(':') {
                let bits = |text: &str| text.parse::<Ipv6Addr>().map(Ipv6Addr::to_bits);
                system.shape.add_v6(bits(first)?, bits(last)?);
            } else {
                let bits = |text: &str| text.parse::<Ipv4Addr>().map(Ipv4Addr::to_bits);
                system.shape.add_v4(bits(first)?, bits(last)?);
            }
        }
    }
    Ok(table)
}
