//! What a file says about itself.

use std::mem::offset_of;

use crate::database::{Held, Snapshot};
use crate::handle;
use crate::memory::{Sized32, SizedPlace, Text};
use crate::status::NAMEPLATE_ERROR_NOT_FOUND;

/// Numbers about a snapshot's file. It is the caller's, who sets `size`, and holds nothing of the library.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Metadata {
    /// Set by the caller: `sizeof(nameplate_metadata_t)`.
    pub size: u32,
    /// Version of the file's format.
    pub format_version: u32,
    /// Grows from build to build.
    pub build_number: u64,
    /// Which of the files that the database has opened, from 1.
    pub generation: u64,
    /// Unix seconds of the newest data; 0 where no source has a date.
    pub created: u64,
    /// Bytes of the file.
    pub file_length: u64,
    /// IPv4 intervals, gaps included.
    pub v4_intervals: u64,
    /// IPv6 intervals, gaps included.
    pub v6_intervals: u64,
    /// Answers: ids are below this.
    pub answers: u64,
    /// Companies.
    pub companies: u64,
    /// Operators.
    pub operators: u64,
    /// Sources, for `nameplate_source`: at most 32.
    pub sources: u64,
}

// SAFETY: repr(C), begins with its size, integers alone.
unsafe impl Sized32 for Metadata {
    const FIRST: usize = offset_of!(Metadata, sources) + size_of::<u64>();
}

/// A source that a file was built from. It is the caller's, who sets `size`; its texts are lent by the snapshot.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Source {
    /// Set by the caller: `sizeof(nameplate_source_t)`.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Rows that were used.
    pub rows: u64,
    /// Short name, as answers show it: `ip-asn`.
    pub name: Text,
    /// Title for people.
    pub title: Text,
    /// Licence.
    pub licence: Text,
    /// Whom the licence wants named, wherever the data is shown.
    pub attribution: Text,
    /// Where the source is described.
    pub url: Text,
    /// Date of the data, as `2026-06-17`.
    pub date: Text,
}

// SAFETY: repr(C), begins with its size, integers and texts alone.
unsafe impl Sized32 for Source {
    const FIRST: usize = offset_of!(Source, date) + size_of::<Text>();
}

/// Writes what a snapshot's file says about itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_metadata(snapshot: *const Snapshot, metadata: *mut Metadata) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (held, place): (&Held, _) = unsafe { (handle::value(snapshot)?, SizedPlace::new(metadata)?) };
        let file = held.engine().metadata();
        place.write(&Metadata {
            size: 0,
            format_version: file.version(),
            build_number: file.build_number(),
            generation: held.generation(),
            created: file.created(),
            file_length: file.file_length(),
            v4_intervals: file.v4_intervals() as u64,
            v6_intervals: file.v6_intervals() as u64,
            answers: file.answers() as u64,
            companies: file.companies() as u64,
            operators: file.operators() as u64,
            sources: file.sources().count() as u64,
        });
        Ok(())
    })
}

/// Writes source `index` of a snapshot's file, from 0; behind the last one, `NAMEPLATE_ERROR_NOT_FOUND`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_source(snapshot: *const Snapshot, index: u32, source: *mut Source) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (held, place): (&Held, _) = unsafe { (handle::value(snapshot)?, SizedPlace::new(source)?) };
        let found = held.engine().metadata().sources().nth(index as usize);
        let found = found.ok_or(NAMEPLATE_ERROR_NOT_FOUND)?;
        place.write(&Source {
            size: 0,
            reserved: 0,
            rows: found.rows(),
            name: Text::of(Some(found.name())),
            title: Text::of(found.title()),
            licence: Text::of(found.licence()),
            attribution: Text::of(found.attribution()),
            url: Text::of(found.url()),
            date: Text::of(found.date()),
        });
        Ok(())
    })
}
