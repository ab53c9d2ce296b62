//! What the targets share: taking a range file apart, putting it together again, and its seal.
//!
//! Written with the numbers of docs/FORMAT.md and not with the engine's types, so that the fuzzer
//! makes the files that the document describes, also where the engine should have it wrong.

use sha2::{Digest, Sha256};

const HEADER: usize = 192;
const ENTRY: usize = 64;
const ALIGNMENT: usize = 64;
const MOST_SECTIONS: usize = 64;

/// A section as the mutator sees it.
#[derive(Clone)]
pub struct Section {
    /// Which section it is, as `V4_STARTS` is 1.
    pub kind: u32,
    /// Bytes of one record.
    pub record_width: u32,
    /// The records.
    pub content: Vec<u8>,
}

/// The sections of a file, as far as its table can be followed.
pub fn sections(file: &[u8]) -> Vec<Section> {
    (0..section_count(file))
        .filter_map(|number| {
            let entry = file.get(HEADER + ENTRY * number..HEADER + ENTRY * (number + 1))?;
            Some(Section {
                kind: u32_at(entry, 0)?,
                record_width: u32_at(entry, 4)?,
                content: content(file, entry)?.to_vec(),
            })
        })
        .collect()
}

/// A sealed file of these sections, in this order. The numbers of the header that nothing depends
/// on come from `header`.
pub fn assemble(header: &[u8], sections: &[Section]) -> Vec<u8> {
    let mut file = header.get(..HEADER).map_or_else(|| vec![0; HEADER], <[u8]>::to_vec);
    file[40..44].copy_from_slice(&(sections.len() as u32).to_le_bytes());
    file.resize(HEADER + ENTRY * sections.len(), 0);
    for (number, section) in sections.iter().enumerate() {
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        let offset = file.len() as u64;
        let entry = &mut file[HEADER + ENTRY * number..][..ENTRY];
        entry[0..4].copy_from_slice(&section.kind.to_le_bytes());
        entry[4..8].copy_from_slice(&section.record_width.to_le_bytes());
        entry[8..16].copy_from_slice(&offset.to_le_bytes());
        entry[16..24].copy_from_slice(&(section.content.len() as u64).to_le_bytes());
        file.extend_from_slice(&section.content);
    }
    reseal(&mut file);
    file
}

/// Sets what anybody who changes a file can set: the lengths that follow from its size, and the
/// checksums of sections and header. What else is wrong stays wrong. Without this no change would
/// get past the checksums, and the fuzzer would test SHA-256.
pub fn reseal(file: &mut [u8]) {
    if file.len() < HEADER {
        return;
    }
    let count = section_count(file);
    let length = HEADER + ENTRY * count;
    let file_length = file.len() as u64;
    file[12..16].copy_from_slice(&(length as u32).to_le_bytes());
    file[16..24].copy_from_slice(&file_length.to_le_bytes());
    if file.len() < length {
        return;
    }
    for number in 0..count {
        let at = HEADER + ENTRY * number;
        if let Some(content) = content(file, &file[at..at + ENTRY]) {
            let checksum = Sha256::digest(content);
            file[at + 32..at + 64].copy_from_slice(&checksum);
        }
    }
    let mut sealed = file[..length].to_vec();
    sealed[64..192].fill(0);
    let checksum = Sha256::digest(&sealed);
    file[64..96].copy_from_slice(&checksum);
}

/// First addresses of intervals, at most `most` of each family, as the file's bytes have them.
pub fn starts(file: &[u8], most: usize) -> (Vec<u32>, Vec<u128>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    let sections = sections(file);
    let content = |kind| sections.iter().filter(move |section| section.kind == kind).map(|s| &s.content);
    for starts in content(1) {
        let numbers = starts.as_chunks().0.iter().copied().map(u32::from_le_bytes);
        v4.extend(numbers.take(most));
    }
    for high in content(3) {
        let halves = high.as_chunks().0.iter().copied().map(u64::from_le_bytes);
        v6.extend(halves.take(most).map(|high| u128::from(high) << 64));
    }
    for half in content(4).flat_map(|low| low.as_chunks::<12>().0) {
        let [interval, low @ ..] = half.as_chunks::<4>().0 else { continue };
        let low = low.as_flattened().iter().rev().fold(0, |low, byte| low << 8 | u128::from(*byte));
        if let Some(start) = v6.get_mut(u32::from_le_bytes(*interval) as usize) {
            *start |= low;
        }
    }
    (v4, v6)
}

fn section_count(file: &[u8]) -> usize {
    u32_at(file, 40).map_or(0, |count| count as usize).min(MOST_SECTIONS)
}

/// The bytes that an entry of the table names; none where the file does not have them.
fn content<'a>(file: &'a [u8], entry: &[u8]) -> Option<&'a [u8]> {
    let number = |at: usize| -> Option<usize> {
        usize::try_from(u64::from_le_bytes(entry.get(at..at + 8)?.try_into().ok()?)).ok()
    };
    let (offset, length) = (number(8)?, number(16)?);
    file.get(offset..offset.checked_add(length)?)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
