//! The data section: values, each distinct text, map and array once, with pointers to it wherever
//! it occurs again.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// A value of the format; the kinds that are needed here.
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Uint16(u16),
    Uint32(u32),
    Uint64(u64),
    Map(Vec<(&'a str, Value<'a>)>),
    Array(Vec<Value<'a>>),
}

/// Type numbers; those from 8 on stand in a byte of their own.
const POINTER: u8 = 1;
const TEXT: u8 = 2;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;

/// What a size can say; the rest of a longer text is left out.
const LONGEST: usize = 65_821 + 0xff_ffff;

/// Longer text is pointed to: a pointer takes 2 to 5 bytes.
const INLINE_TEXT: usize = 3;

impl Value<'_> {
    /// The value with all that is in it, without a pointer.
    pub(super) fn encode_whole(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out, &mut |inner, out| out.extend(inner.encode_whole()));
        out
    }

    /// Appends the value; `write_inner` appends what a map or an array holds.
    fn encode(&self, out: &mut Vec<u8>, write_inner: &mut dyn FnMut(&Value<'_>, &mut Vec<u8>)) {
        match self {
            Value::Text(text) => encode_text(text, out),
            Value::Uint16(number) => encode_number(UINT16, (*number).into(), out),
            Value::Uint32(number) => encode_number(UINT32, (*number).into(), out),
            Value::Uint64(number) => encode_number(UINT64, *number, out),
            Value::Map(pairs) => {
                encode_control(MAP, pairs.len(), out);
                for (key, value) in pairs {
                    write_inner(&Value::Text((*key).into()), out);
                    write_inner(value, out);
                }
            }
            Value::Array(values) => {
                encode_control(ARRAY, values.len(), out);
                for value in values {
                    write_inner(value, out);
                }
            }
        }
    }
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    let text = &text[..text.floor_char_boundary(LONGEST)];
    encode_control(TEXT, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Big-endian, without leading zeros: zero is no byte at all.
fn encode_number(kind: u8, number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let significant = &bytes[number.leading_zeros() as usize / 8..];
    encode_control(kind, significant.len(), out);
    out.extend_from_slice(significant);
}

/// Type and size. Sizes from 29 on stand in 1, 2 or 3 bytes behind the control byte.
fn encode_control(kind: u8, size: usize, out: &mut Vec<u8>) {
    let size = size as u32;
    let (in_control, rest, rest_bytes) = match size {
        0..29 => (size, 0, 0),
        29..285 => (29, size - 29, 1),
        285..65_821 => (30, size - 285, 2),
        _ => (31, size - 65_821, 3),
    };
    let type_bits = if kind < 8 { kind << 5 } else { 0 };
    out.push(type_bits | in_control as u8);
    if kind >= 8 {
        out.push(kind - 7);
    }
    out.extend_from_slice(&rest.to_be_bytes()[4 - rest_bytes..]);
}

/// A pointer to an offset in the data section: as few bytes as it needs, each length counting from
/// where the shorter ones end.
fn encode_pointer(offset: u32, out: &mut Vec<u8>) {
    let (size, rest, low_bytes) = match offset {
        0..0x800 => (0, offset, 1),
        0x800..0x8_0800 => (1, offset - 0x800, 2),
        0x8_0800..0x808_0800 => (2, offset - 0x8_0800, 3),
        _ => (3, offset, 4),
    };
    let high = if low_bytes == 4 { 0 } else { (rest >> (8 * low_bytes)) as u8 };
    out.push(POINTER << 5 | size << 3 | high);
    out.extend_from_slice(&rest.to_be_bytes()[4 - low_bytes..]);
}

/// Collects values.
#[derive(Default)]
pub(super) struct DataSection {
    bytes: Vec<u8>,
    /// Where each distinct value starts, and how long it is.
    known: HashTable<(u32, u32)>,
    hasher: RandomState,
}

impl DataSection {
    /// Where the value stands; written if it is new. What it holds stands before it, and so two
    /// equal values have equal bytes.
    pub(super) fn place(&mut self, value: &Value<'_>) -> u32 {
        let mut encoded = Vec::new();
        value.encode(&mut encoded, &mut |inner, out| self.refer(inner, out));
        self.place_encoded(&encoded)
    }

    /// Appends a value that stands in another: a small one itself, else a pointer to it.
    fn refer(&mut self, value: &Value<'_>, out: &mut Vec<u8>) {
        match value {
            Value::Uint16(_) | Value::Uint32(_) | Value::Uint64(_) => out.extend(value.encode_whole()),
            Value::Text(text) if text.len() <= INLINE_TEXT => encode_text(text, out),
            Value::Text(_) | Value::Map(_) | Value::Array(_) => encode_pointer(self.place(value), out),
        }
    }

    fn place_encoded(&mut self, encoded: &[u8]) -> u32 {
        let DataSection { bytes, known, hasher } = self;
        let at = |place: &(u32, u32)| &bytes[place.0 as usize..][..place.1 as usize];
        let hash = hasher.hash_one(encoded);
        if let Some((offset, _)) = known.find(hash, |place| at(place) == encoded) {
            return *offset;
        }
        // Past 4 GiB the offset is wrong, and the section too large to be written.
        let place = (bytes.len() as u32, encoded.len() as u32);
        known.insert_unique(hash, place, |place| hasher.hash_one(at(place)));
        bytes.extend_from_slice(encoded);
        place.0
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification and both ends of each length.
    #[test]
    fn sizes_and_pointers_are_those_of_the_specification() {
        let control = |size| {
            let mut out = Vec::new();
            encode_control(TEXT, size, &mut out);
            out
        };
        assert_eq!(control(0), [0x40]);
        assert_eq!(control(28), [0x5c]);
        assert_eq!(control(29), [0x5d, 0]);
        assert_eq!(control(284), [0x5d, 255]);
        assert_eq!(control(285), [0x5e, 0, 0]);
        assert_eq!(control(65_820), [0x5e, 255, 255]);
        assert_eq!(control(65_821), [0x5f, 0, 0, 0]);
        let pointer = |offset| {
            let mut out = Vec::new();
            encode_pointer(offset, &mut out);
            out
        };
        assert_eq!(pointer(0), [0x20, 0]);
        assert_eq!(pointer(2047), [0x27, 255]);
        assert_eq!(pointer(2048), [0x28, 0, 0]);
        assert_eq!(pointer(526_335), [0x2f, 255, 255]);
        assert_eq!(pointer(526_336), [0x30, 0, 0, 0]);
        assert_eq!(pointer(134_744_063), [0x37, 255, 255, 255]);
        assert_eq!(pointer(134_744_064), [0x38, 8, 8, 8, 0]);
    }

    #[test]
    fn longer_text_than_a_size_can_say_ends_there() {
        let encoded = Value::Text("é".repeat(LONGEST / 2 + 1).into()).encode_whole();
        assert_eq!(encoded[..4], [0x5f, 0xff, 0xff, 0xff]);
        assert_eq!(encoded.len(), 4 + LONGEST);
    }

    #[test]
    fn numbers_have_no_leading_zeros() {
        assert_eq!(Value::Uint16(0).encode_whole(), [0xa0]);
        assert_eq!(Value::Uint16(90).encode_whole(), [0xa1, 90]);
        assert_eq!(Value::Uint32(64_500).encode_whole(), [0xc2, 0xfb, 0xf4]);
        assert_eq!(Value::Uint64(1 << 32).encode_whole(), [5, 2, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn what_occurs_again_is_written_once() {
        let map = || Value::Map(vec![("name", Value::Text("Example Telecom".into()))]);
        let mut data = DataSection::default();
        let first = data.place(&map());
        let outer = data.place(&Value::Map(vec![("operator", map()), ("company", map())]));
        assert_eq!(data.place(&map()), first);
        assert_ne!(outer, first);
        let bytes = data.into_bytes();
        let times = bytes.windows(7).filter(|window| *window == b"Telecom").count();
        assert_eq!(times, 1);
    }
}
