//! Fields: bytes of a file to what they mean. Reasons name what is wrong and never quote it.

use std::borrow::Cow;

use nameplate::{Address, OperatorKind};

use super::row::{Country, Kind, Range};

/// Why a row is refused.
pub(super) type Refusal = &'static str;

/// Longest text that is kept, in bytes.
const LONGEST_TEXT: usize = 1024;

/// A text in UTF-8, trimmed; none if nothing is left.
pub(super) fn text(field: &[u8]) -> Result<Option<&str>, Refusal> {
    let text = std::str::from_utf8(field)
        .map_err(|_| "a text is not UTF-8 (iconv -f latin1 -t utf8 converts)")?
        .trim();
    checked(text)?;
    Ok((!text.is_empty()).then_some(text))
}

/// A text in UTF-8 or, where it is not, in Latin-1.
pub(super) fn text_or_latin1(field: &[u8]) -> Result<Option<Cow<'_, str>>, Refusal> {
    let text = if let Ok(text) = std::str::from_utf8(field) {
        Cow::Borrowed(text.trim())
    } else {
        let text: String = field.iter().map(|byte| char::from(*byte)).collect();
        Cow::Owned(text.trim().to_owned())
    };
    checked(&text)?;
    Ok((!text.is_empty()).then_some(text))
}

fn checked(text: &str) -> Result<(), Refusal> {
    if text.len() > LONGEST_TEXT {
        return Err("a text is longer than 1024 bytes");
    }
    // ASCII is nearly everything, and one pass over bytes settles it.
    let ascii = text.is_ascii();
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("a text has control characters");
    }
    if !ascii && text.chars().any(char::is_control) {
        return Err("a text has control characters");
    }
    if !ascii && text.chars().any(is_deceptive) {
        return Err("a text has invisible or direction-changing characters");
    }
    Ok(())
}

/// Bidi controls, zero-width characters, line separators and tags: they make a name look like another (UTR 36).
fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' | '\u{FFFD}' | '\u{E0000}'..='\u{E007F}')
}

/// ASCII, trimmed.
pub(super) fn ascii(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok().filter(|text| text.is_ascii()).map(str::trim)
}

/// A country; none for an empty field, `None`, `ZZ` (unknown) and `EU`, `AP` (regions).
pub(super) fn country(field: &[u8]) -> Result<Option<Country>, Refusal> {
    match field.trim_ascii() {
        b"" | b"None" => Ok(None),
        [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
            let country = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
            Ok((!matches!(&country, b"ZZ" | b"EU" | b"AP")).then_some(country))
        }
        _ => Err("a country is not two letters"),
    }
}

/// A domain in lower case without `http://`, `www.` and what follows the host. An address is none.
pub(super) fn domain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("https://").or(text.strip_prefix("http://")).unwrap_or(&text);
    let host = text.split(['/', '?', '#', ':']).next()?.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let (_, last) = host.rsplit_once('.')?;
    let number = last.bytes().all(|byte| byte.is_ascii_digit());
    (host.len() <= 253 && !number && host.split('.').all(label)).then(|| host.to_owned())
}

/// The domain in a field; none if it is empty.
pub(super) fn domain_field(field: &[u8]) -> Result<Option<String>, Refusal> {
    match text(field)? {
        Some(text) => domain(text).map(Some).ok_or("a domain is none"),
        None => Ok(None),
    }
}

/// What kind of organisation: the words of answers, and IPinfo's `isp` for access and `inactive`
/// for nothing.
pub(super) fn kind(field: &[u8]) -> Result<Option<Kind>, Refusal> {
    match ascii(field).ok_or(NO_KIND)?.to_ascii_lowercase().as_str() {
        "" | "inactive" => Ok(None),
        "isp" => Ok(Some(Kind::Operator(OperatorKind::Access))),
        word => Kind::named(word).map(Some).ok_or(NO_KIND),
    }
}

const NO_KIND: Refusal = "a kind is none of those that are known";

/// A legal entity identifier: 18 letters and digits and two check digits (ISO 17442, ISO 7064).
pub(super) fn lei(field: &[u8]) -> Result<Option<String>, Refusal> {
    const NO_LEI: Refusal = "an LEI is none: its length or its check digits are wrong";
    let text = ascii(field).ok_or(NO_LEI)?.to_ascii_uppercase();
    if text.is_empty() {
        return Ok(None);
    }
    let remainder = text.chars().try_fold(0, |remainder, character| {
        let digit = character.to_digit(36)?;
        Some((remainder * if digit < 10 { 10 } else { 100 } + digit) % 97)
    });
    if text.len() == 20 && remainder == Some(1) { Ok(Some(text)) } else { Err(NO_LEI) }
}

/// An AS number, with or without `AS` before it. 0 means none.
pub(super) fn asn(field: &[u8]) -> Result<Option<u32>, Refusal> {
    let text = ascii(field).ok_or(NO_ASN)?;
    let digits = match text.get(..2) {
        Some(letters) if letters.eq_ignore_ascii_case("as") => &text[2..],
        _ => text,
    };
    match digits {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map(|asn| (asn != 0).then_some(asn)).map_err(|_| NO_ASN)
        }
        _ => Err(NO_ASN),
    }
}

const NO_ASN: Refusal = "an AS number is no number of 32 bits";

/// A range from its two ends: addresses, or integers as `-num` tables have them. An integer that
/// fits 32 bits is an IPv4 address, unless the other end does not fit.
pub(super) fn range(first: &[u8], last: &[u8]) -> Result<Range, Refusal> {
    let first = bound(first).ok_or("the start is no address")?;
    let last = bound(last).ok_or("the end is no address")?;
    match (first, last) {
        (Bound::Address(Address::V4(first)), Bound::Address(Address::V4(last))) => v4(first, last),
        (Bound::Address(Address::V6(first)), Bound::Address(Address::V6(last))) => v6(first, last),
        (Bound::Integer(first), Bound::Integer(last)) => match (u32::try_from(first), u32::try_from(last)) {
            (Ok(first), Ok(last)) => v4(first, last),
            _ => v6(first, last),
        },
        _ => Err("start and end are of different kinds"),
    }
}

/// A range of IPv4 addresses.
pub(super) fn v4(first: u32, last: u32) -> Result<Range, Refusal> {
    if first > last { Err(OUT_OF_ORDER) } else { Ok(Range::V4(first, last)) }
}

/// A range of IPv6 addresses.
pub(super) fn v6(first: u128, last: u128) -> Result<Range, Refusal> {
    if first > last { Err(OUT_OF_ORDER) } else { Ok(Range::V6(first, last)) }
}

const OUT_OF_ORDER: Refusal = "the start lies after the end";

/// A range from a prefix (`192.0.2.0/24`), from an address alone, or from `first - last`.
pub(super) fn network(field: &[u8]) -> Result<Range, Refusal> {
    let text = ascii(field).ok_or(NO_NETWORK)?;
    if let Some((first, last)) = text.split_once('-') {
        return range(first.trim().as_bytes(), last.trim().as_bytes());
    }
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => {
            let digits = (1..=3).contains(&length.len()) && length.bytes().all(|byte| byte.is_ascii_digit());
            (address.trim(), Some(length.parse::<u8>().ok().filter(|_| digits).ok_or(NO_NETWORK)?))
        }
        None => (text, None),
    };
    match Address::parse(address.as_bytes()).map_err(|_| NO_NETWORK)? {
        // `::ffff:192.0.2.0/120` is 192.0.2.0/24.
        Address::V4(first) if address.contains(':') => {
            prefix_v4(first, length.unwrap_or(128).checked_sub(96).ok_or(NO_NETWORK)?)
        }
        Address::V4(first) => prefix_v4(first, length.unwrap_or(32)),
        Address::V6(first) => prefix_v6(first, length.unwrap_or(128)),
    }
}

const NO_NETWORK: Refusal = "a network is no prefix or range";
const BITS_SET: Refusal = "a prefix has bits set beyond its length";

/// A prefix as a range.
pub(super) fn prefix_v4(first: u32, length: u8) -> Result<Range, Refusal> {
    let host = match length {
        0 => u32::MAX,
        1..=32 => (1_u64 << (32 - length)) as u32 - 1,
        _ => return Err(NO_NETWORK),
    };
    if first & host == 0 { Ok(Range::V4(first, first | host)) } else { Err(BITS_SET) }
}

/// A prefix as a range.
pub(super) fn prefix_v6(first: u128, length: u8) -> Result<Range, Refusal> {
    let host = match length {
        0 => u128::MAX,
        1..=127 => (1_u128 << (128 - length)) - 1,
        128 => 0,
        _ => return Err(NO_NETWORK),
    };
    if first & host == 0 { Ok(Range::V6(first, first | host)) } else { Err(BITS_SET) }
}

#[derive(Clone, Copy)]
enum Bound {
    Address(Address),
    Integer(u128),
}

fn bound(field: &[u8]) -> Option<Bound> {
    let field = field.trim_ascii();
    if !field.is_empty() && field.iter().all(u8::is_ascii_digit) {
        return ascii(field)?.parse().ok().map(Bound::Integer);
    }
    Address::parse(field).ok().map(Bound::Address)
}
