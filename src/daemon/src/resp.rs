//! RESP, the protocol of Redis: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
//!
//! A client speaks in arrays of bulk strings, or in *inline* lines for people at a terminal; the
//! server in the types of RESP2 or, once the client asked for it with `HELLO 3`, of RESP3.
//!
//! ```text
//! *2\r\n$6\r\nLOOKUP\r\n$9\r\n192.0.2.1\r\n          the array form of a request
//! LOOKUP 192.0.2.1\r\n                               the inline form
//! %1\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n            a map in RESP3
//! *2\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n            the same in RESP2
//! ```
//!
//! `request` and `reply` hold both directions of each: what the server reads and the client
//! writes, and the other way round. Both work on bytes in memory and know nothing of sockets.

mod reply;
mod request;

pub(crate) use reply::Writer;
pub use reply::{Malformed, Protocol, Reply, decode};
pub use request::{Arguments, Parser, ProtocolError, encode};

/// The text of a number, in the caller's memory: no allocation for a header.
pub(crate) fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[first..];
        }
    }
}

/// A number as Redis reads one: `0`, or digits that do not start with 0, with `-` before them
/// where the number is negative; nothing else, and nothing that overflows.
pub(crate) fn parse_integer(text: &[u8]) -> Option<i64> {
    if text == b"0" {
        return Some(0);
    }
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if !matches!(digits.first(), Some(b'1'..=b'9')) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if digits.len() < FEW_DIGITS {
        let number = digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        return Some(if digits.len() < text.len() { -number } else { number });
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// So many digits never overflow.
const FEW_DIGITS: usize = 18;

/// The line after a type byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// The number, and the bytes from the type byte to the line's end.
    Number(i64, usize),
    /// The line has not come in whole.
    Incomplete,
    /// What stands there is no number, or not followed by CR LF.
    Invalid,
    /// Longer than any number.
    TooLong,
}

/// Reads `<type byte><number>\r\n`. Looks at no more bytes than the longest number has.
#[inline]
pub(crate) fn header(bytes: &[u8]) -> Header {
    // Nearly all headers of requests: one or two digits.
    match bytes {
        [_, ones @ b'0'..=b'9', b'\r', b'\n', ..] => Header::Number(i64::from(ones - b'0'), 4),
        [_, tens @ b'1'..=b'9', ones @ b'0'..=b'9', b'\r', b'\n', ..] => {
            Header::Number(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'), 5)
        }
        _ => any_header(bytes),
    }
}

fn any_header(bytes: &[u8]) -> Header {
    const LONGEST: usize = "-9223372036854775808".len();
    let line = bytes.get(1..).unwrap_or_default();
    let window = &line[..line.len().min(LONGEST + 1)];
    let Some(end) = window.iter().position(|byte| *byte == b'\r') else {
        return if window.len() > LONGEST { Header::TooLong } else { Header::Incomplete };
    };
    match (parse_integer(&line[..end]), line.get(end + 1)) {
        (Some(number), Some(b'\n')) => Header::Number(number, end + 3),
        (Some(_), None) => Header::Incomplete,
        _ => Header::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_redis_reads_them() {
        let longest = ("-9223372036854775808", i64::MIN);
        for (text, number) in [
            ("0", 0),
            ("7", 7),
            ("-1", -1),
            ("-1234567", -1_234_567),
            ("9223372036854775807", i64::MAX),
            longest,
        ] {
            assert_eq!(parse_integer(text.as_bytes()), Some(number));
        }
        for text in ["", "-", "00", "01", "-0", "+1", " 1", "1 ", "1a", "9223372036854775808", "\u{661}"] {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_std_writes_them() {
        for number in [0, 1, 9, 10, 99, 100, 65_536, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }

    #[test]
    fn a_header_is_complete_only_with_its_line_end() {
        assert_eq!(header(b"*12\r\n$"), Header::Number(12, 5));
        for part in [&b"*"[..], b"*1", b"*12\r"] {
            assert_eq!(header(part), Header::Incomplete);
        }
        for part in [&b"*12\r*"[..], b"*\r\n", b"*x\r\n", b"*1 \r"] {
            assert_eq!(header(part), Header::Invalid);
        }
        assert_eq!(header(b"*-9223372036854775808\r\n"), Header::Number(i64::MIN, 23));
        assert_eq!(header(b"*000000000000000000000"), Header::TooLong);
    }
}
