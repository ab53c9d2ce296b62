//! From a reference into the string pool, or from an answer's record, to text.
//!
//! Checking a short string for UTF-8 takes longer than finding it. So the pool is checked as a
//! whole when the first string is asked for, which takes a fraction of a millisecond for a real
//! file and keeps `open` O(1); from then on a string needs only its two ends looked at. In a file
//! whose pool is no UTF-8 (which `verify` refuses) each string is checked by itself.
//!
//! A name that stands in its answer's record is checked at every use, and nearly always that is one
//! look at the whole field for a byte above ASCII: three vectors of a cache line that is read anyway.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU8, Ordering};

use hashbrown::HashTable;
use zerocopy::little_endian::U32;

use crate::format::{NAME_BYTES, NAME_OF_ANSWER, StringRef};

const UNCHECKED: u8 = 0;
const UTF8: u8 = 1;
const NOT_UTF8: u8 = 2;

/// The pool, viewed in a file.
pub(crate) struct StringPool<'a> {
    bytes: &'a [u8],
    /// What is known of `bytes`. No lock guards it: threads that ask at the same time check the
    /// same bytes to the same end, and a process that forks meanwhile leaves nothing held.
    state: AtomicU8,
}

impl<'a> StringPool<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> StringPool<'a> {
        StringPool { bytes, state: AtomicU8::new(UNCHECKED) }
    }

    /// The pool's bytes.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The string; none where the reference is empty, out of bounds or no UTF-8.
    #[inline]
    pub(crate) fn get(&self, reference: StringRef) -> Option<&'a str> {
        let start = reference.offset.get() as usize;
        let length = reference.length.get() as usize;
        if length == 0 {
            return None;
        }
        let range = start..start.checked_add(length)?;
        match self.text() {
            Some(text) => text.get(range),
            None => std::str::from_utf8(self.bytes.get(range)?).ok(),
        }
    }

    /// The pool as text, if it is text.
    #[inline]
    fn text(&self) -> Option<&'a str> {
        match self.state.load(Ordering::Relaxed) {
            // SAFETY: the state says so only after `from_utf8` has checked these same bytes, and
            // the file's bytes do not change while it is open (the contract of `Database::open`).
            UTF8 => Some(unsafe { std::str::from_utf8_unchecked(self.bytes) }),
            NOT_UTF8 => None,
            _ => self.check(),
        }
    }

    #[cold]
    fn check(&self) -> Option<&'a str> {
        let text = std::str::from_utf8(self.bytes).ok();
        self.state.store(if text.is_some() { UTF8 } else { NOT_UTF8 }, Ordering::Relaxed);
        text
    }
}

/// The first `length` bytes of an answer's name field as text; none where it is empty, longer than
/// the field or no UTF-8.
#[inline]
pub(crate) fn text_in_record(field: &[u8; NAME_BYTES], length: u8) -> Option<&str> {
    let bytes = field.get(..usize::from(length)).filter(|bytes| !bytes.is_empty())?;
    if is_ascii(field) {
        // SAFETY: no byte of the field is above 127, and ASCII is UTF-8.
        Some(unsafe { std::str::from_utf8_unchecked(bytes) })
    } else {
        checked(bytes)
    }
}

/// Whether no byte of the whole field is above ASCII.
#[inline(always)]
pub(crate) fn is_ascii(field: &[u8; NAME_BYTES]) -> bool {
    let (words, _) = field.as_chunks();
    words.iter().fold(0, |bits, word| bits | u64::from_ne_bytes(*word)) & ABOVE_ASCII == 0
}

/// The highest bit of eight bytes.
const ABOVE_ASCII: u64 = 0x8080_8080_8080_8080;

#[cold]
fn checked(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The pool has no room for another string.
#[derive(Debug)]
pub(crate) struct PoolFull;

/// A pool in the making: each distinct string once, in the order of first use.
#[derive(Default)]
pub(crate) struct StringPoolBuilder {
    bytes: Vec<u8>,
    refs: HashTable<StringRef>,
    hasher: RandomState,
}

impl StringPoolBuilder {
    pub(crate) fn get(&self, reference: StringRef) -> &[u8] {
        get_string(&self.bytes, reference)
    }

    pub(crate) fn intern_option(&mut self, text: Option<&str>) -> Result<StringRef, PoolFull> {
        self.intern(text.unwrap_or_default())
    }

    /// The empty string is the absent one.
    pub(crate) fn intern(&mut self, text: &str) -> Result<StringRef, PoolFull> {
        if text.is_empty() {
            return Ok(StringRef::default());
        }
        let StringPoolBuilder { bytes, refs, hasher } = self;
        let hash = hasher.hash_one(text.as_bytes());
        if let Some(found) = refs.find(hash, |reference| get_string(bytes, *reference) == text.as_bytes()) {
            return Ok(*found);
        }
        let end = bytes.len() + text.len();
        // No string is as long as `NAME_OF_ANSWER`.
        if end >= NAME_OF_ANSWER as usize {
            return Err(PoolFull);
        }
        let reference =
            StringRef { offset: U32::new(bytes.len() as u32), length: U32::new(text.len() as u32) };
        bytes.extend_from_slice(text.as_bytes());
        refs.insert_unique(hash, reference, |reference| hasher.hash_one(get_string(bytes, *reference)));
        Ok(reference)
    }
}

/// A string of a pool that is known to have it.
pub(crate) fn get_string(bytes: &[u8], reference: StringRef) -> &[u8] {
    let start = reference.offset.get() as usize;
    &bytes[start..start + reference.length.get() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WriteError;

    fn reference(offset: u32, length: u32) -> StringRef {
        StringRef { offset: U32::new(offset), length: U32::new(length) }
    }

    /// A good pool is checked as a whole, any other string by string: both must say the same.
    #[test]
    fn a_string_is_whole_utf_8_inside_the_pool_whatever_else_stands_there() {
        for pool in ["Zoë BV".as_bytes(), b"Zo\xc3\xab BV\xff"] {
            let pool = StringPool::new(pool);
            for _ in 0..2 {
                assert_eq!(pool.get(reference(0, 4)), Some("Zoë"));
                assert_eq!(pool.get(reference(5, 2)), Some("BV"));
                assert_eq!(pool.get(reference(0, 3)), None, "ends within a character");
                assert_eq!(pool.get(reference(3, 2)), None, "starts within a character");
                assert_eq!(pool.get(reference(5, 0)), None, "there is no empty string");
                assert_eq!(pool.get(reference(6, 3)), None, "reaches past the pool");
                assert_eq!(pool.get(reference(u32::MAX, u32::MAX)), None);
            }
        }
    }

    #[test]
    fn a_name_in_a_record_is_its_length_of_utf_8_whatever_stands_behind_it() {
        for behind in [0, b'x', 0xff] {
            let mut field = [behind; NAME_BYTES];
            field[..7].copy_from_slice("Zoë BV".as_bytes());
            assert_eq!(text_in_record(&field, 7), Some("Zoë BV"));
            assert_eq!(text_in_record(&field, 2), Some("Zo"));
            assert_eq!(text_in_record(&field, 3), None, "ends within a character");
            assert_eq!(text_in_record(&field, 0), None, "there is no empty name");
            let whole = (behind < 0x80).then_some(NAME_BYTES);
            assert_eq!(text_in_record(&field, NAME_BYTES as u8).map(str::len), whole);
            assert_eq!(text_in_record(&field, NAME_BYTES as u8 + 1), None, "longer than the field");
        }
        assert_eq!(text_in_record(&[b'x'; NAME_BYTES], 48).map(str::len), Some(48));
    }

    #[test]
    fn equal_strings_are_one() {
        let mut pool = StringPoolBuilder::default();
        let one = pool.intern("Telecom").unwrap();
        let two = pool.intern("Tele").unwrap();
        assert!(one != two);
        for number in 0..1000 {
            pool.intern(&number.to_string()).unwrap();
        }
        assert!(pool.intern("Telecom").unwrap() == one && pool.intern("Tele").unwrap() == two);
        assert_eq!((pool.get(one), pool.get(two)), (&b"Telecom"[..], &b"Tele"[..]));
        assert!(pool.intern_option(None).unwrap() == StringRef::default(), "the absent string");
        assert!(pool.intern("").unwrap() == StringRef::default(), "the empty string is the absent one");
    }

    /// The pool's zeros are never touched, so they take no memory.
    #[test]
    fn more_text_than_offsets_reach_is_an_error() {
        let full = vec![0; u32::MAX as usize];
        let mut pool = StringPoolBuilder { bytes: full, ..StringPoolBuilder::default() };
        let error = WriteError::from(pool.intern("a").err().unwrap());
        assert_eq!(error.to_string(), "the format holds at most 4 GiB of text; split the input");
        assert!(pool.intern("").unwrap() == StringRef::default());
    }
}
