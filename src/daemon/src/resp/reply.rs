//! Replies: written in the protocol that the client chose, and decoded for a client.

use nameplate::Field;

use super::{Header, ProtocolError, decimal, header};
use crate::buffer::Buffer;

/// What a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// What every client starts with: maps and sets are arrays.
    #[default]
    Resp2,
    /// After `HELLO 3`: maps, sets, null and verbatim strings have types of their own.
    Resp3,
}

impl Protocol {
    /// The number in `HELLO`.
    pub const fn number(self) -> i64 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// Where a map's header will go.
#[derive(Clone, Copy)]
pub(crate) struct Mark(usize);

/// Appends replies to a buffer.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) buffer: Buffer,
    pub(crate) protocol: Protocol,
}

impl Writer {
    /// A short fixed text.
    pub(crate) fn simple(&mut self, text: &'static str) {
        self.line(b'+', &[text]);
    }

    /// An error. Its parts are fixed texts: an error cannot quote what a client sent.
    pub(crate) fn error(&mut self, parts: &[&'static str]) {
        self.line(b'-', parts);
    }

    /// The last reply of a connection whose bytes make no sense.
    pub(crate) fn protocol_error(&mut self, error: ProtocolError) {
        self.error(&["ERR Protocol error: ", error.as_str()]);
    }

    pub(crate) fn integer(&mut self, number: i64) {
        self.buffer.put(if number < 0 { b":-" } else { b":" });
        self.buffer.put(decimal(number.unsigned_abs(), &mut [0; 20]));
        self.buffer.put(b"\r\n");
    }

    /// Text or bytes.
    pub(crate) fn bulk(&mut self, bytes: &[u8]) {
        self.buffer.append(BULK_FRAME + bytes.len(), |out| put_bulk(bytes, out));
    }

    /// A field's name and its value.
    #[inline]
    pub(crate) fn pair(&mut self, field: Field, value: &[u8]) {
        self.buffer.append(NAME + BULK_FRAME + value.len(), |out| {
            let (name, length) = &NAMES[field as usize];
            out[..NAME].copy_from_slice(name);
            length + put_bulk(value, &mut out[*length..])
        });
    }

    /// Text or bytes in parts; `length` is the sum of theirs.
    pub(crate) fn bulk_parts<'a>(&mut self, length: usize, parts: impl Iterator<Item = &'a [u8]>) {
        self.bulk_start(length);
        for part in parts {
            self.bulk_part(part);
        }
        self.bulk_end();
    }

    /// Begins a bulk string of `length` bytes, which [`bulk_part`](Self::bulk_part) then gives and
    /// [`bulk_end`](Self::bulk_end) ends: a long one can so be written out in between.
    pub(crate) fn bulk_start(&mut self, length: usize) {
        self.header(b'$', length);
    }

    pub(crate) fn bulk_part(&mut self, part: &[u8]) {
        self.buffer.put(part);
    }

    /// Numbers as a part of it, each as four bytes, little-endian.
    pub(crate) fn bulk_numbers(&mut self, numbers: &[u32]) {
        self.buffer.append(size_of_val(numbers), |out| {
            let (places, _) = out.as_chunks_mut();
            for (place, number) in places.iter_mut().zip(numbers) {
                *place = number.to_le_bytes();
            }
            size_of_val(numbers)
        });
    }

    pub(crate) fn bulk_end(&mut self) {
        self.buffer.put(b"\r\n");
    }

    /// Text for people, as `INFO` is.
    pub(crate) fn verbatim(&mut self, text: &str) {
        const FORMAT: &[u8] = b"txt:";
        match self.protocol {
            Protocol::Resp2 => self.bulk(text.as_bytes()),
            Protocol::Resp3 => {
                self.header(b'=', FORMAT.len() + text.len());
                self.buffer.put(FORMAT);
                self.buffer.put(text.as_bytes());
                self.buffer.put(b"\r\n");
            }
        }
    }

    /// No text.
    pub(crate) fn null(&mut self) {
        self.buffer.put(if self.protocol == Protocol::Resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// No array.
    pub(crate) fn null_array(&mut self) {
        self.buffer.put(if self.protocol == Protocol::Resp3 { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// The header of `count` replies.
    pub(crate) fn array(&mut self, count: usize) {
        self.header(b'*', count);
    }

    /// The header of `count` replies without order.
    pub(crate) fn set(&mut self, count: usize) {
        self.header(if self.protocol == Protocol::Resp3 { b'~' } else { b'*' }, count);
    }

    /// The header of `pairs` keys and values.
    pub(crate) fn map(&mut self, pairs: usize) {
        let (kind, count) = self.map_header(pairs);
        self.header(kind, count);
    }

    fn map_header(&self, pairs: usize) -> (u8, usize) {
        match self.protocol {
            Protocol::Resp2 => (b'*', pairs * 2),
            Protocol::Resp3 => (b'%', pairs),
        }
    }

    /// Begins a map of which it is not yet known how many keys it has: at most 49. So the fields of an answer
    /// are gone through once.
    pub(crate) fn map_start(&mut self) -> Mark {
        let mark = Mark(self.buffer.len());
        self.buffer.put(MAP_HEADER);
        mark
    }

    /// Says that what was written since `mark` are the keys and values of `pairs`.
    pub(crate) fn map_end(&mut self, mark: Mark, pairs: usize) {
        let (kind, count) = self.map_header(pairs);
        let header = &mut self.buffer.filled_mut()[mark.0..][..MAP_HEADER.len()];
        header[0] = kind;
        header[1] = b'0' + (count / 10 % 10) as u8;
        header[2] = b'0' + (count % 10) as u8;
        if count < 10 {
            // RESP has no leading zeros. Only answers with hardly a field come here.
            self.buffer.remove(mark.0 + 1);
        }
    }

    fn header(&mut self, kind: u8, number: usize) {
        self.buffer.put(&[kind]);
        self.buffer.put(decimal(number as u64, &mut [0; 20]));
        self.buffer.put(b"\r\n");
    }

    fn line(&mut self, kind: u8, parts: &[&str]) {
        self.buffer.put(&[kind]);
        for part in parts {
            self.buffer.put(part.as_bytes());
        }
        self.buffer.put(b"\r\n");
    }
}

/// The most that a bulk string has beyond its bytes: `$18446744073709551615\r\n` and `\r\n`.
const BULK_FRAME: usize = 25;

/// The header of a map with two digits, which become known later.
const MAP_HEADER: &[u8] = b"*00\r\n";

/// Bytes in which every field's name fits as a bulk string. Copying always so many is quicker than
/// copying as many as it takes.
const NAME: usize = 32;

/// The names of the fields as bulk strings, and how long each is.
static NAMES: [([u8; NAME], usize); Field::ALL.len()] = {
    let mut names = [([0; NAME], 0); Field::ALL.len()];
    let mut field = 0;
    while field < names.len() {
        let name = Field::ALL[field].name().as_bytes();
        let (start, length) = short_header(name.len());
        let mut bulk = [0; NAME];
        let mut at = 0;
        while at < length + name.len() + 2 {
            bulk[at] = match at {
                _ if at < length => start[at],
                _ if at < length + name.len() => name[at - length],
                _ => b"\r\n"[at - length - name.len()],
            };
            at += 1;
        }
        names[field] = (bulk, length + name.len() + 2);
        field += 1;
    }
    names
};

/// Lengths below this have a header in a table.
const SHORT: usize = 100;

/// `$42\r\n` for each, and how long that is.
static SHORT_HEADERS: [([u8; 8], usize); SHORT] = {
    let mut headers = [([0; 8], 0); SHORT];
    let mut length = 0;
    while length < SHORT {
        headers[length] = short_header(length);
        length += 1;
    }
    headers
};

const fn short_header(length: usize) -> ([u8; 8], usize) {
    let (tens, ones) = (b'0' + (length / 10) as u8, b'0' + (length % 10) as u8);
    if length < 10 {
        ([b'$', ones, b'\r', b'\n', 0, 0, 0, 0], 4)
    } else {
        ([b'$', tens, ones, b'\r', b'\n', 0, 0, 0], 5)
    }
}

/// Writes a bulk string to the front of `out`, which has [`BULK_FRAME`] more bytes than the string; how many
/// bytes. What it leaves behind the string is zeros.
#[inline]
fn put_bulk(bytes: &[u8], out: &mut [u8]) -> usize {
    let length = bytes.len();
    let start = match SHORT_HEADERS.get(length) {
        Some((header, start)) => {
            out[..8].copy_from_slice(header);
            *start
        }
        None => put_long_header(length, out),
    };
    let end = start + length;
    out[start..end].copy_from_slice(bytes);
    out[end..end + 2].copy_from_slice(b"\r\n");
    end + 2
}

#[cold]
fn put_long_header(length: usize, out: &mut [u8]) -> usize {
    let mut digits = [0; 20];
    let digits = decimal(length as u64, &mut digits);
    let end = digits.len() + 1;
    out[0] = b'$';
    out[1..end].copy_from_slice(digits);
    out[end..end + 2].copy_from_slice(b"\r\n");
    end + 2
}

/// A reply as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A short text.
    Simple(String),
    /// What the server refused, and why.
    Error(String),
    /// A whole number.
    Integer(i64),
    /// Bytes, verbatim text included (with its format).
    Bulk(Vec<u8>),
    /// Nothing.
    Null,
    /// An array or a set.
    Array(Vec<Reply>),
    /// Keys and values (RESP3).
    Map(Vec<(Reply, Reply)>),
}

/// The bytes are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's bytes are no RESP reply")]
pub struct Malformed;

/// How deep replies may be nested: no server of ours nests deeper, and a stack is finite.
const DEEPEST: usize = 16;

/// Decodes the reply at the start of `bytes` and says how long it is. None: more bytes are needed.
///
/// ```
/// use nameplate_daemon::resp::{Reply, decode};
/// assert_eq!(decode(b":42\r\n+OK"), Ok(Some((Reply::Integer(42), 5))));
/// assert_eq!(decode(b"$5\r\nhel"), Ok(None));
/// ```
pub fn decode(bytes: &[u8]) -> Result<Option<(Reply, usize)>, Malformed> {
    let mut position = 0;
    match decode_at(bytes, &mut position, DEEPEST) {
        Ok(reply) => Ok(Some((reply, position))),
        Err(Stop::Incomplete) => Ok(None),
        Err(Stop::Malformed) => Err(Malformed),
    }
}

enum Stop {
    Incomplete,
    Malformed,
}

fn decode_at(bytes: &[u8], position: &mut usize, depth: usize) -> Result<Reply, Stop> {
    let rest = &bytes[*position..];
    let kind = *rest.first().ok_or(Stop::Incomplete)?;
    if matches!(kind, b'+' | b'-' | b'_') {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or(Stop::Incomplete)?;
        let text = String::from_utf8_lossy(&rest[1..end]).into_owned();
        *position += end + 2;
        return Ok(match kind {
            b'+' => Reply::Simple(text),
            b'-' => Reply::Error(text),
            _ => Reply::Null,
        });
    }
    if !b":$=*~%".contains(&kind) {
        return Err(Stop::Malformed);
    }
    let number = match header(rest) {
        Header::Number(number, length) => {
            *position += length;
            number
        }
        Header::Incomplete => return Err(Stop::Incomplete),
        Header::Invalid | Header::TooLong => return Err(Stop::Malformed),
    };
    if kind == b':' {
        return Ok(Reply::Integer(number));
    }
    if number == -1 {
        return Ok(Reply::Null);
    }
    let count = usize::try_from(number).map_err(|_| Stop::Malformed)?;
    if matches!(kind, b'$' | b'=') {
        return bulk_at(bytes, position, count);
    }
    // Not with the claimed capacity: the claim may be a lie.
    let depth = depth.checked_sub(1).ok_or(Stop::Malformed)?;
    let mut next = || decode_at(bytes, position, depth);
    if kind == b'%' {
        (0..count).map(|_| Ok((next()?, next()?))).collect::<Result<_, _>>().map(Reply::Map)
    } else {
        (0..count).map(|_| next()).collect::<Result<_, _>>().map(Reply::Array)
    }
}

fn bulk_at(bytes: &[u8], position: &mut usize, length: usize) -> Result<Reply, Stop> {
    let end = position.checked_add(length).ok_or(Stop::Malformed)?;
    let line_end = end.checked_add(2).ok_or(Stop::Malformed)?;
    let content = bytes.get(*position..line_end).ok_or(Stop::Incomplete)?;
    let (content, tail) = content.split_at(length);
    if tail != b"\r\n" {
        return Err(Stop::Malformed);
    }
    *position = line_end;
    Ok(Reply::Bulk(content.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(protocol: Protocol, write: impl Fn(&mut Writer)) -> String {
        let mut writer = Writer { protocol, ..Writer::default() };
        write(&mut writer);
        String::from_utf8(writer.buffer.filled().to_vec()).unwrap()
    }

    #[test]
    fn each_type_has_its_form_in_each_protocol() {
        type Case = (fn(&mut Writer), &'static str, &'static str);
        let cases: [Case; 11] = [
            (|out| out.simple("OK"), "+OK\r\n", "+OK\r\n"),
            (|out| out.error(&["ERR ", "no"]), "-ERR no\r\n", "-ERR no\r\n"),
            (|out| out.integer(-12), ":-12\r\n", ":-12\r\n"),
            (|out| out.integer(i64::MIN), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"),
            (|out| out.bulk(b""), "$0\r\n\r\n", "$0\r\n\r\n"),
            (|out| out.verbatim("hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"),
            (Writer::null, "$-1\r\n", "_\r\n"),
            (Writer::null_array, "*-1\r\n", "_\r\n"),
            (|out| out.array(2), "*2\r\n", "*2\r\n"),
            (|out| out.set(2), "*2\r\n", "~2\r\n"),
            (|out| out.map(7), "*14\r\n", "%7\r\n"),
        ];
        for (write, resp2, resp3) in cases {
            assert_eq!(written(Protocol::Resp2, write), resp2);
            assert_eq!(written(Protocol::Resp3, write), resp3);
        }
    }

    #[test]
    fn the_length_of_a_map_can_be_said_at_its_end() {
        for pairs in [0, 1, 4, 5, 9, 10, 49] {
            let write = |out: &mut Writer| {
                out.integer(0);
                let mark = out.map_start();
                (0..2 * pairs).for_each(|_| out.integer(7));
                out.map_end(mark, pairs);
                out.integer(1);
            };
            let content = ":7\r\n".repeat(2 * pairs);
            assert_eq!(written(Protocol::Resp2, write), format!(":0\r\n*{}\r\n{content}:1\r\n", 2 * pairs));
            assert_eq!(written(Protocol::Resp3, write), format!(":0\r\n%{pairs}\r\n{content}:1\r\n"));
        }
    }

    #[test]
    fn replies_are_decoded_only_when_whole() {
        let bytes = b"*4\r\n$2\r\nab\r\n%1\r\n+k\r\n:1\r\n_\r\n-ERR x\r\n";
        let expected = Reply::Array(vec![
            Reply::Bulk(b"ab".to_vec()),
            Reply::Map(vec![(Reply::Simple("k".into()), Reply::Integer(1))]),
            Reply::Null,
            Reply::Error("ERR x".into()),
        ]);
        assert_eq!(decode(bytes), Ok(Some((expected, bytes.len()))));
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), Ok(None), "{end} bytes");
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        let deep = "*1\r\n".repeat(10_000);
        for bytes in [&b"x"[..], b"$-2\r\n", b"$1\r\nabc", b"*x\r\n", deep.as_bytes()] {
            assert_eq!(decode(bytes), Err(Malformed));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_reply_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = decode(&bytes);
        }
    }
}
