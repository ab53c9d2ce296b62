//! Requests: parsed as they come in, and written for a client.
//!
//! The parser goes over each byte once, however the bytes are cut: it remembers how far it got in
//! the request at hand. It holds no bytes itself; the request stays in the connection's buffer and
//! the arguments are places in it.

use super::{Header, decimal, header};
use crate::config::Limits;
use crate::limits::{MAX_ARGUMENTS, MAX_INLINE_BYTES};

/// Argument places kept for the next request; larger requests give theirs back.
const KEEP_ARGUMENTS: usize = 64;

/// Bytes of an empty argument.
const SHORTEST_BULK: usize = "$0\r\n\r\n".len();

/// Why a client's bytes are no request. The connection cannot go on: where the next request would
/// begin is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum ProtocolError {
    /// After `*`: no number, or more arguments than allowed.
    ArrayLength,
    /// After `*`: a line longer than any number.
    ArrayHeader,
    /// Something other than a bulk string in the array, as an array in the array.
    NotBulk,
    /// After `$`: no number, or a negative one.
    BulkLength,
    /// After `$`: more than a request may have.
    BulkTooBig,
    /// After `$`: a line longer than any number.
    BulkHeader,
    /// A bulk string is not followed by CR LF: its length was wrong.
    BulkEnd,
    /// The arguments together exceed a request's bytes.
    TooBig,
    /// An inline request without an end.
    InlineTooBig,
    /// An inline request with a quote that is not closed, or with text right after a closing one.
    Quotes,
}

impl ProtocolError {
    /// The text of Redis, without the input that Redis quotes in some.
    pub const fn as_str(self) -> &'static str {
        match self {
            ProtocolError::ArrayLength => "invalid multibulk length",
            ProtocolError::ArrayHeader => "too big mbulk count string",
            ProtocolError::NotBulk => "expected '$'",
            ProtocolError::BulkLength | ProtocolError::BulkTooBig => "invalid bulk length",
            ProtocolError::BulkHeader => "too big bulk count string",
            ProtocolError::BulkEnd => "expected CRLF after bulk string",
            ProtocolError::TooBig => "too big request",
            ProtocolError::InlineTooBig => "too big inline request",
            ProtocolError::Quotes => "unbalanced quotes in request",
        }
    }
}

/// The place of an argument, counted from the request's first byte. Requests are short enough for
/// 32 bits.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }
}

#[derive(Clone, Copy, Debug, Default)]
enum Form {
    /// Nothing of the request is known.
    #[default]
    Unknown,
    /// An array, with this many arguments to come.
    Array(usize),
    Inline,
    /// The request was handed out; the next bytes are another one.
    Done,
}

/// Finds requests in a connection's bytes.
pub struct Parser {
    /// Bytes that a request may have.
    limit: usize,
    form: Form,
    /// Bytes of the request that need not be looked at again.
    position: usize,
    spans: Vec<Span>,
}

impl Default for Parser {
    fn default() -> Parser {
        Parser::new(Limits::default().request_bytes)
    }
}

impl Parser {
    /// Refuses requests of more than `limit` bytes, which is less than 4 GiB.
    pub fn new(limit: usize) -> Parser {
        Parser { limit, form: Form::default(), position: 0, spans: Vec::new() }
    }

    /// Looks for a whole request at the start of `bytes`. Some is its length: its arguments are
    /// [`arguments`](Self::arguments) now, and the next call wants the bytes that follow it. None:
    /// the next call wants the same bytes and some more behind them.
    ///
    /// A request may have no arguments (an empty line, an empty array); it has no reply.
    ///
    /// An inline request's quotes and escapes are resolved in place.
    pub fn parse(&mut self, bytes: &mut [u8]) -> Result<Option<usize>, ProtocolError> {
        if matches!(self.form, Form::Done) {
            self.form = Form::Unknown;
            self.position = 0;
            self.spans.clear();
            self.spans.shrink_to(KEEP_ARGUMENTS);
        }
        if matches!(self.form, Form::Unknown) {
            match bytes.first() {
                None => return Ok(None),
                Some(b'*') => match array_header(bytes)? {
                    None => return Ok(None),
                    Some((count, position)) => {
                        self.form = Form::Array(count);
                        self.position = position;
                    }
                },
                Some(_) => self.form = Form::Inline,
            }
        }
        let complete = match self.form {
            Form::Array(count) => self.parse_array(count, bytes)?,
            _ => self.parse_inline(bytes)?,
        };
        Ok(complete.then(|| {
            self.form = Form::Done;
            self.position
        }))
    }

    /// The arguments of the request at the start of `bytes`, which the last call found complete.
    pub fn arguments<'a>(&'a self, bytes: &'a [u8]) -> Arguments<'a> {
        Arguments { bytes, spans: &self.spans }
    }

    /// An argument of that request, for whoever overwrites it; empty where there is none.
    pub fn argument_mut<'a>(&self, bytes: &'a mut [u8], index: usize) -> &'a mut [u8] {
        let span = self.spans.get(index);
        span.and_then(|span| bytes.get_mut(span.start as usize..span.end as usize)).unwrap_or_default()
    }

    fn parse_array(&mut self, mut missing: usize, bytes: &[u8]) -> Result<bool, ProtocolError> {
        while missing > 0 {
            self.form = Form::Array(missing);
            if self.position + missing * SHORTEST_BULK > self.limit {
                return Err(ProtocolError::TooBig);
            }
            let rest = &bytes[self.position..];
            match rest.first() {
                None => return Ok(false),
                Some(b'$') => {}
                Some(_) => return Err(ProtocolError::NotBulk),
            }
            let (length, header_length) = match header(rest) {
                Header::Number(length, header_length) => (length, header_length),
                Header::Incomplete => return Ok(false),
                Header::Invalid => return Err(ProtocolError::BulkLength),
                Header::TooLong => return Err(ProtocolError::BulkHeader),
            };
            // Refused when claimed, not when it has come in.
            let length = usize::try_from(length).map_err(|_| ProtocolError::BulkLength)?;
            if length > self.limit {
                return Err(ProtocolError::BulkTooBig);
            }
            let start = self.position + header_length;
            let end = start + length;
            if end + 2 > self.limit {
                return Err(ProtocolError::TooBig);
            }
            match bytes.get(end..end + 2) {
                None => return Ok(false),
                Some(b"\r\n") => {}
                Some(_) => return Err(ProtocolError::BulkEnd),
            }
            self.spans.push(Span::new(start, end));
            self.position = end + 2;
            missing -= 1;
        }
        Ok(true)
    }

    fn parse_inline(&mut self, bytes: &mut [u8]) -> Result<bool, ProtocolError> {
        let line_end = bytes[self.position..].iter().position(|byte| *byte == b'\n');
        let line_length = line_end.map_or(bytes.len(), |end| self.position + end);
        if line_length > MAX_INLINE_BYTES {
            return Err(ProtocolError::InlineTooBig);
        }
        if line_end.is_none() {
            self.position = line_length;
            return Ok(false);
        }
        self.position = line_length + 1;
        let line = &mut bytes[..line_length];
        split_inline(line, &mut self.spans)?;
        Ok(true)
    }
}

/// The number of arguments and the header's length. As in Redis, a negative count is an empty
/// request.
fn array_header(bytes: &[u8]) -> Result<Option<(usize, usize)>, ProtocolError> {
    match header(bytes) {
        Header::Number(count, length) => match usize::try_from(count.max(0)) {
            Ok(count) if count <= MAX_ARGUMENTS => Ok(Some((count, length))),
            _ => Err(ProtocolError::ArrayLength),
        },
        Header::Incomplete => Ok(None),
        Header::Invalid => Err(ProtocolError::ArrayLength),
        Header::TooLong => Err(ProtocolError::ArrayHeader),
    }
}

/// Splits a line at blanks as Redis' `sdssplitargs`: `"…"` knows `\n \r \t \b \a \xHH` and takes any
/// other escaped character as it is, `'…'` knows only `\'`. What is decoded is never longer than
/// what was written, so it is put where it stood.
fn split_inline(line: &mut [u8], spans: &mut Vec<Span>) -> Result<(), ProtocolError> {
    let is_blank = |byte: u8| byte.is_ascii_whitespace() || byte == b'\0' || byte == 0x0b;
    let mut read = 0;
    loop {
        while read < line.len() && is_blank(line[read]) {
            read += 1;
        }
        if read == line.len() {
            return Ok(());
        }
        let start = read;
        let mut write = read;
        while read < line.len() && !is_blank(line[read]) {
            match line[read] {
                quote @ (b'"' | b'\'') => {
                    read = unquote(line, read + 1, &mut write, quote)?;
                    if read < line.len() && !is_blank(line[read]) {
                        return Err(ProtocolError::Quotes);
                    }
                }
                byte => {
                    line[write] = byte;
                    write += 1;
                    read += 1;
                }
            }
        }
        spans.push(Span::new(start, write));
    }
}

/// Decodes from `read`, the byte after the opening quote, to `write`; the byte after the closing one.
fn unquote(line: &mut [u8], mut read: usize, write: &mut usize, quote: u8) -> Result<usize, ProtocolError> {
    loop {
        let (byte, length) = match &line[read..] {
            [] => return Err(ProtocolError::Quotes),
            [b'\\', b'\'', ..] if quote == b'\'' => (b'\'', 2),
            [b'\\', b'x', high, low, ..] if quote == b'"' && is_hex(*high) && is_hex(*low) => {
                (hex_value(*high) << 4 | hex_value(*low), 4)
            }
            [b'\\', escaped, ..] if quote == b'"' => (unescape(*escaped), 2),
            [byte, ..] if *byte == quote => return Ok(read + 1),
            [byte, ..] => (*byte, 1),
        };
        line[*write] = byte;
        *write += 1;
        read += length;
    }
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn hex_value(byte: u8) -> u8 {
    char::from(byte).to_digit(16).map_or(0, |digit| digit as u8)
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

/// A request's arguments, the command's name first.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    bytes: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Arguments<'a> {
    /// How many, the name included.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is not even a name.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Argument `index`, the name being 0; empty where there is none.
    pub fn get(&self, index: usize) -> &'a [u8] {
        self.spans.get(index).map(|span| self.text(*span)).unwrap_or_default()
    }

    /// The arguments from `index` on.
    pub fn from(&self, index: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (arguments, spans) = (*self, self.spans.get(index..).unwrap_or_default());
        spans.iter().map(move |span| arguments.text(*span))
    }

    fn text(&self, span: Span) -> &'a [u8] {
        self.bytes.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// Appends a request in array form, for a client to send.
///
/// ```
/// let mut request = Vec::new();
/// nameplate_daemon::resp::encode(&[b"LOOKUP", b"192.0.2.1"], &mut request);
/// assert_eq!(request, b"*2\r\n$6\r\nLOOKUP\r\n$9\r\n192.0.2.1\r\n");
/// ```
pub fn encode(arguments: &[&[u8]], out: &mut Vec<u8>) {
    let header = |kind: u8, number: usize, out: &mut Vec<u8>| {
        out.push(kind);
        out.extend_from_slice(decimal(number as u64, &mut [0; 20]));
        out.extend_from_slice(b"\r\n");
    };
    header(b'*', arguments.len(), out);
    for argument in arguments {
        header(b'$', argument.len(), out);
        out.extend_from_slice(argument);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAX_REQUEST_BYTES: usize = 1 << 20;

    /// Everything that the parser finds when the bytes come in pieces cut at `cuts`.
    fn parse_in_pieces(bytes: &[u8], cuts: &[usize]) -> (Vec<Vec<Vec<u8>>>, Option<ProtocolError>) {
        let mut parser = Parser::default();
        let (mut requests, mut held) = (Vec::new(), Vec::new());
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        let mut fed = 0;
        for end in ends {
            held.extend_from_slice(&bytes[fed..end]);
            fed = end;
            loop {
                match parser.parse(&mut held) {
                    Ok(Some(length)) => {
                        assert!(length > 0, "a request has bytes");
                        requests.push(parser.arguments(&held).from(0).map(<[u8]>::to_vec).collect());
                        held.drain(..length);
                    }
                    Ok(None) => break,
                    Err(error) => return (requests, Some(error)),
                }
            }
        }
        (requests, None)
    }

    fn parse(bytes: &[u8]) -> (Vec<Vec<Vec<u8>>>, Option<ProtocolError>) {
        parse_in_pieces(bytes, &[])
    }

    #[test]
    fn inline_quotes_and_escapes_are_those_of_redis() {
        let (requests, error) =
            parse(b"  a \"b c\" 'd\\'e\\n' \"\\x41\\xzz\\n\\\\\" pre\"post\" \"\"\r\n\r\n\nPING\n");
        assert_eq!(error, None);
        let expected: [&[&[u8]]; 4] =
            [&[b"a", b"b c", b"d'e\\n", b"Axzz\n\\", b"prepost", b""], &[], &[], &[b"PING"]];
        assert_eq!(requests, expected);
    }

    #[test]
    fn quotes_must_be_closed_and_followed_by_a_blank() {
        for line in [&b"a \"b\n"[..], b"'a\n", b"\"a\"b\n", b"'a'b\n", b"\"a\\\n"] {
            assert_eq!(parse(line).1, Some(ProtocolError::Quotes));
        }
    }

    #[test]
    fn what_is_too_much_is_refused_when_claimed() {
        use ProtocolError::{
            ArrayHeader, ArrayLength, BulkHeader, BulkLength, BulkTooBig, InlineTooBig, NotBulk, TooBig,
        };
        let inline = vec![b'a'; MAX_INLINE_BYTES + 1];
        let almost = format!("*3\r\n$4\r\nPING\r\n${MAX_REQUEST_BYTES}\r\n");
        let cases: [(&[u8], ProtocolError); 14] = [
            (b"*4294967296\r\n", ArrayLength),
            (b"*65537\r\n", ArrayLength),
            (b"*x\r\n", ArrayLength),
            (b"*\r\n", ArrayLength),
            (b"*1\rx", ArrayLength),
            (b"*1111111111111111111111", ArrayHeader),
            (b"*1\r\n$4294967296\r\n", BulkTooBig),
            (b"*1\r\n$-1\r\n", BulkLength),
            (b"*1\r\n$x\r\n", BulkLength),
            (b"*1\r\n$1111111111111111111111", BulkHeader),
            (b"*1\r\n*1\r\n$4\r\nPING\r\n", NotBulk),
            (b"*1\r\n:1\r\n", NotBulk),
            (almost.as_bytes(), TooBig),
            (&inline, InlineTooBig),
        ];
        for (bytes, error) in cases {
            assert_eq!(parse(bytes), (Vec::new(), Some(error)));
        }
        assert_eq!(parse(b"*1\r\n$4\r\nPINGxx"), (Vec::new(), Some(ProtocolError::BulkEnd)));
    }

    #[test]
    fn the_largest_allowed_requests_are_read() {
        let name: &[u8] = b"ECHO";
        let text = vec![b'x'; MAX_REQUEST_BYTES - "*2\r\n$4\r\nECHO\r\n$1048541\r\n\r\n".len()];
        let mut bytes = Vec::new();
        encode(&[name, &text], &mut bytes);
        assert_eq!(bytes.len(), MAX_REQUEST_BYTES);
        assert_eq!(parse(&bytes), (vec![vec![name.to_vec(), text]], None));

        let many = vec![&b""[..]; MAX_ARGUMENTS];
        let mut bytes = Vec::new();
        encode(&many, &mut bytes);
        assert_eq!(parse(&bytes).0[0].len(), MAX_ARGUMENTS);
    }

    #[test]
    fn empty_and_negative_arrays_are_empty_requests() {
        assert_eq!(parse(b"*0\r\n*-1\r\n"), (vec![Vec::new(), Vec::new()], None));
    }

    /// Bytes that look like requests often enough to get deep into the parser.
    fn plausible() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"*1\r\n".to_vec()),
            Just(b"*2\r\n$4\r\nPING\r\n".to_vec()),
            Just(b"$1\r\na\r\n".to_vec()),
            Just(b"$0\r\n\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"PING \"a\\x41\" 'b'\r\n".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..8),
            proptest::collection::vec(proptest::sample::select(&b"*$-019\r\n\"'\\x "[..]), 0..8),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_are_requests_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            parse(&bytes);
        }

        #[test]
        fn where_the_input_is_cut_does_not_matter(
            bytes in plausible(),
            cuts in proptest::collection::vec(any::<usize>(), 0..20),
        ) {
            prop_assert_eq!(parse_in_pieces(&bytes, &cuts), parse(&bytes));
        }

        #[test]
        fn what_is_encoded_is_parsed(
            requests in proptest::collection::vec(
                proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 1..6), 0..5),
        ) {
            let mut bytes = Vec::new();
            for request in &requests {
                encode(&request.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut bytes);
            }
            let every: Vec<usize> = (0..bytes.len()).collect();
            prop_assert_eq!(parse_in_pieces(&bytes, &every), (requests, None));
        }
    }
}
