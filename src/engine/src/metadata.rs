//! What a range file says about itself.

use crate::answer::Source;
use crate::format::SectionKind;
use crate::layout::View;
use crate::signature::PublicKey;

/// What a file says about itself: numbers, sources, sections.
#[derive(Clone, Copy)]
pub struct Metadata<'a> {
    view: &'a View<'a>,
}

impl<'a> Metadata<'a> {
    pub(crate) fn of(view: &'a View<'a>) -> Metadata<'a> {
        Metadata { view }
    }

    /// Format version.
    pub fn version(&self) -> u32 {
        self.view.header.version.get()
    }

    /// Grows from build to build.
    pub fn build_number(&self) -> u64 {
        self.view.header.build_number.get()
    }

    /// Unix seconds of the newest data; 0 where no source has a date.
    pub fn created(&self) -> u64 {
        self.view.header.created.get()
    }

    /// The key that the file names as its signer's. Anyone can name any key: only
    /// [`Database::verify_signature`](crate::Database::verify_signature) says that it is true, and of a key that the caller trusts.
    pub fn signer(&self) -> Option<PublicKey> {
        self.view.signer()
    }

    /// Bytes of the file.
    pub fn file_length(&self) -> u64 {
        self.view.header.file_length.get()
    }

    /// IPv4 intervals, gaps included.
    pub fn v4_intervals(&self) -> usize {
        self.view.v4.starts.len()
    }

    /// IPv6 intervals, gaps included.
    pub fn v6_intervals(&self) -> usize {
        self.view.v6.starts_high.len()
    }

    /// Distinct answers, "unknown" included.
    pub fn answers(&self) -> usize {
        self.view.answers.len()
    }

    /// Companies.
    pub fn companies(&self) -> usize {
        self.view.companies.len()
    }

    /// Operators.
    pub fn operators(&self) -> usize {
        self.view.operators.len()
    }

    /// The sources that the file was built from, with their licences.
    pub fn sources(&self) -> impl Iterator<Item = Source<'a>> + use<'a> {
        let view = self.view;
        view.sources.iter().map(|record| Source::new(view, record))
    }

    /// Other facts, as pairs of key and value.
    pub fn facts(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let view = self.view;
        view.metadata.iter().filter_map(|fact| Some((view.string(fact.key)?, view.string(fact.value)?)))
    }

    /// Name (none for a kind this library does not know), records and bytes of each section.
    pub fn sections(&self) -> impl Iterator<Item = (Option<&'static str>, u64, u64)> + use<'a> {
        self.view.table.iter().map(|entry| {
            let name = SectionKind::from_number(entry.kind.get()).map(SectionKind::name);
            let length = entry.length.get();
            (name, length / u64::from(entry.record_width.get().max(1)), length)
        })
    }
}
