//! Crate `maxminddb` on an MMDB in memory, with the name borrowed from it. Its documentation
//! offers two ways: decoding a struct, and decoding one field by its path, which skips the others.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use maxminddb::{LookupResult, PathElement, Reader};
use memmap2::{Advice, MmapMut};
use serde::Deserialize;

use crate::Result;

/// An open MMDB.
pub struct Mmdb<M: AsRef<[u8]> = Vec<u8>>(Reader<M>);

/// The record as a user who wants the name declares it.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    name: &'a str,
}

impl Mmdb {
    /// Reads the file into memory, as the documentation shows it.
    pub fn open(path: &Path) -> Result<Mmdb> {
        Ok(Mmdb(Reader::open_readfile(path)?))
    }
}

impl Mmdb<MmapMut> {
    /// Reads the file into memory that asks for huge pages, which the crate does not do by itself.
    pub fn open_in_huge_pages(path: &Path) -> Result<Mmdb<MmapMut>> {
        let file = fs::read(path)?;
        let mut memory = MmapMut::map_anon(file.len())?;
        memory.advise(Advice::HugePage)?;
        memory.copy_from_slice(&file);
        Ok(Mmdb(Reader::from_source(memory)?))
    }
}

impl<M: AsRef<[u8]>> Mmdb<M> {
    /// The name by its path; "" where there is none.
    #[inline]
    pub fn name_by_path(&self, address: IpAddr) -> &[u8] {
        let name = self.find(address).and_then(|found| found.decode_path(&[PathElement::Key("name")]).ok());
        name.flatten().map_or(&[], |name: &str| name.as_bytes())
    }

    /// The name by decoding the record; "" where there is none.
    #[inline]
    pub fn name_by_struct(&self, address: IpAddr) -> &[u8] {
        let record = self.find(address).and_then(|found| found.decode().ok());
        record.flatten().map_or(&[], |record: Record<'_>| record.name.as_bytes())
    }

    #[inline]
    fn find(&self, address: IpAddr) -> Option<LookupResult<'_, M>> {
        self.0.lookup(address).ok()
    }
}
