//! What a visit's JSON says: read strictly, and nothing of it in an error.
//!
//! ```json
//! {"site": "shop", "address": "192.0.2.1", "url": "https://shop.example/pricing?utm_source=mail", "referrer": "https://search.example/",
//!  "title": "Prices", "consent": "company", "gpc": false, "objection": false, "visitor": "0f…", "session": "a3…",
//!  "form_domain": "example.com", "user_agent": "Mozilla/5.0 …"}
//! ```
//!
//! Only `site` and `address` are needed. An unknown key is an error: a misspelled `gpc` or `objection` would else be a signal
//! that nobody heard. `null` is as if the key were not there.

mod from_page;

use std::borrow::Cow;
use std::fmt;

use nameplate::Address;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::gate::{Consent, Level, Signals};
use crate::model::CookieId;
pub use from_page::PageHead;

/// Bytes of a visit's JSON at the most.
pub const MAX_BYTES: usize = 64 << 10;

/// Why a visit was not taken. No text quotes what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.parts().concat())]
#[non_exhaustive]
pub enum VisitError {
    /// More than [`MAX_BYTES`].
    TooLong,
    /// Bytes that are no text.
    NotUtf8,
    /// No JSON, or not an object.
    NotJson,
    /// A key that there is not.
    UnknownKey,
    /// A key twice.
    Twice,
    /// A value of another type.
    NotText(&'static str),
    /// A needed key is not there.
    Missing(&'static str),
    /// No site of this name.
    UnknownSite,
    /// No address.
    InvalidAddress,
    /// Not a URL of the web.
    InvalidUrl,
    /// A URL of another site.
    ForeignHost,
    /// No cookie's value.
    InvalidCookie(&'static str),
    /// The part before the @ came along.
    LocalPart,
    /// No domain.
    InvalidDomain,
    /// A page said what only the server may say.
    ServersWord,
    /// The site that a page names does not have the host that was asked.
    ForeignSite,
}

impl VisitError {
    /// Its text, of fixed parts.
    pub const fn parts(self) -> [&'static str; 2] {
        match self {
            VisitError::TooLong => ["a visit is at most 65536 bytes of JSON", ""],
            VisitError::NotUtf8 => ["a visit is JSON in UTF-8, and this is not UTF-8", ""],
            VisitError::NotJson => ["a visit is one JSON object", ""],
            VisitError::UnknownKey => [
                "a visit has no such key; there are: site, address, url, referrer, title, consent, gpc, objection, visitor, ",
                "session, form_domain, user_agent",
            ],
            VisitError::Twice => ["a visit has each key once", ""],
            VisitError::NotText(key) => [key, " is a text"],
            VisitError::Missing(key) => ["a visit needs ", key],
            VisitError::UnknownSite => ["the configuration has no site of this name", ""],
            VisitError::InvalidAddress => ["invalid address", ""],
            VisitError::InvalidUrl => ["url is an absolute URL with http or https, or a path from / on", ""],
            VisitError::ForeignHost => ["the url's host is not among the hosts of the site", ""],
            VisitError::InvalidCookie(key) => [key, " is 32 hexadecimal digits"],
            VisitError::LocalPart => {
                ["form_domain is what stands behind the @: the part before it must not be sent", ""]
            }
            VisitError::InvalidDomain => ["form_domain is a domain, as example.com", ""],
            VisitError::ServersWord => {
                ["a page does not say address, user_agent and objection: the server does", ""]
            }
            VisitError::ForeignSite => ["the site of this name does not have the host that was asked", ""],
        }
    }
}

/// A visitor's address, overwritten when it is dropped. It has no `Debug` that shows it, and can't be copied.
pub struct VisitorAddress {
    octets: Zeroizing<[u8; 16]>,
}

impl VisitorAddress {
    /// Takes an address into its keeping.
    pub fn new(address: Address) -> VisitorAddress {
        // As IPv4-mapped IPv6, which `Address` reads back as IPv4.
        let bits = match address {
            Address::V4(bits) => 0xffff_0000_0000 | u128::from(bits),
            Address::V6(bits) => bits,
        };
        VisitorAddress { octets: Zeroizing::new(bits.to_be_bytes()) }
    }

    /// The address, for one lookup: on the stack, where the daemon overwrites it.
    pub fn get(&self) -> Address {
        Address::from_v6_bits(u128::from_be_bytes(*self.octets))
    }
}

impl fmt::Debug for VisitorAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("VisitorAddress")
    }
}

/// A visit as it was sent. Texts are borrowed from the JSON, unless they have escapes.
#[derive(Debug)]
pub struct Visit<'a> {
    /// The site's name.
    pub site: Cow<'a, str>,
    /// Whose visit; gone with this struct.
    pub address: VisitorAddress,
    /// The page.
    pub url: Option<Cow<'a, str>>,
    /// Where the way to it came from.
    pub referrer: Option<Cow<'a, str>>,
    /// The page's title.
    pub title: Option<Cow<'a, str>>,
    /// What the gate hears.
    pub signals: Signals,
    /// The cookie `np_visitor`.
    pub visitor: Option<CookieId>,
    /// The cookie `np_session`.
    pub session: Option<CookieId>,
    /// The domain of a form's e-mail field.
    pub form_domain: Option<Cow<'a, str>>,
    /// The browser's name for itself.
    pub user_agent: Option<Cow<'a, str>>,
}

impl<'a> Visit<'a> {
    /// Reads a visit. O(bytes); allocates only for texts with escapes.
    pub fn parse(json: &'a [u8]) -> Result<Visit<'a>, VisitError> {
        Visit::of(Raw::parse(json)?, parse_address)
    }

    /// `read_address` makes the address of what the JSON says of it.
    fn of(
        raw: Raw<'a>,
        read_address: impl FnOnce(Scalar<'a>) -> Result<VisitorAddress, VisitError>,
    ) -> Result<Visit<'a>, VisitError> {
        let [
            site,
            address,
            url,
            referrer,
            title,
            consent,
            gpc,
            objection,
            visitor,
            session,
            form_domain,
            user_agent,
        ] = raw.values;
        Ok(Visit {
            site: text("site", site)?.ok_or(VisitError::Missing("site"))?,
            address: read_address(address)?,
            url: text("url", url)?,
            referrer: text("referrer", referrer)?,
            title: text("title", title)?,
            signals: Signals {
                consent: consented(&consent),
                privacy_control: is_refusal(&gpc),
                objection: is_refusal(&objection),
            },
            visitor: cookie("visitor", visitor)?,
            session: cookie("session", session)?,
            form_domain: text("form_domain", form_domain)?,
            user_agent: text("user_agent", user_agent)?,
        })
    }
}

fn text<'a>(key: &'static str, value: Scalar<'a>) -> Result<Option<Cow<'a, str>>, VisitError> {
    match value {
        Scalar::Absent => Ok(None),
        Scalar::Text(text) => Ok(Some(text)),
        Scalar::Flag(_) | Scalar::Other => Err(VisitError::NotText(key)),
    }
}

/// An address needs no escape: one with escapes would have been copied to memory that nobody overwrites.
fn parse_address(value: Scalar<'_>) -> Result<VisitorAddress, VisitError> {
    match value {
        Scalar::Absent => Err(VisitError::Missing("address")),
        Scalar::Text(Cow::Borrowed(text)) => match Address::parse(text.as_bytes()) {
            Ok(address) => Ok(VisitorAddress::new(address)),
            Err(_) => Err(VisitError::InvalidAddress),
        },
        Scalar::Text(Cow::Owned(text)) => {
            drop(Zeroizing::new(text));
            Err(VisitError::InvalidAddress)
        }
        Scalar::Flag(_) | Scalar::Other => Err(VisitError::NotText("address")),
    }
}

/// A word that is none of the levels, or no word, may be a refusal in a language that is not known here.
fn consented(value: &Scalar<'_>) -> Consent {
    match value {
        Scalar::Absent => Consent::Absent,
        Scalar::Text(word) => Level::from_name(word).map_or(Consent::Unknown, Consent::Granted),
        Scalar::Flag(_) | Scalar::Other => Consent::Unknown,
    }
}

/// Whatever is not plainly a no is a yes: `true`, `1`, `"1"`.
fn is_refusal(value: &Scalar<'_>) -> bool {
    match value {
        Scalar::Absent | Scalar::Flag(false) => false,
        Scalar::Text(text) => !matches!(&**text, "" | "0" | "false"),
        Scalar::Flag(true) | Scalar::Other => true,
    }
}

fn cookie(key: &'static str, value: Scalar<'_>) -> Result<Option<CookieId>, VisitError> {
    let Some(text) = text(key, value)? else { return Ok(None) };
    CookieId::parse(&text).map(Some).ok_or(VisitError::InvalidCookie(key))
}

impl CookieId {
    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<CookieId> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(text, 16).ok().filter(|_| digits).map(CookieId)
    }
}

/// As the cookie has it.
impl fmt::Display for CookieId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

const KEYS: [&str; 12] = [
    "site",
    "address",
    "url",
    "referrer",
    "title",
    "consent",
    "gpc",
    "objection",
    "visitor",
    "session",
    "form_domain",
    "user_agent",
];

/// A value of JSON, as far as visits have such values.
#[derive(Default)]
enum Scalar<'a> {
    #[default]
    Absent,
    Flag(bool),
    Text(Cow<'a, str>),
    Other,
}

/// The values in the order of [`KEYS`].
struct Raw<'a> {
    values: [Scalar<'a>; KEYS.len()],
    problem: Option<VisitError>,
}

impl<'a> Raw<'a> {
    fn parse(json: &'a [u8]) -> Result<Raw<'a>, VisitError> {
        if json.len() > MAX_BYTES {
            return Err(VisitError::TooLong);
        }
        let json = std::str::from_utf8(json).map_err(|_| VisitError::NotUtf8)?;
        // What serde_json says quotes the input.
        let raw: Raw<'a> = serde_json::from_str(json).map_err(|_| VisitError::NotJson)?;
        raw.problem.map_or(Ok(raw), Err)
    }
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw<'de>, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Raw<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
                let mut raw = Raw { values: Default::default(), problem: None };
                let mut seen = [false; KEYS.len()];
                while let Some(Key(place)) = map.next_key()? {
                    let Some(place) = place else {
                        raw.problem.get_or_insert(VisitError::UnknownKey);
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if std::mem::replace(&mut seen[place], true) {
                        raw.problem.get_or_insert(VisitError::Twice);
                    }
                    raw.values[place] = map.next_value()?;
                }
                Ok(raw)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A key's place among [`KEYS`].
struct Key(Option<usize>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }

            fn visit_str<E>(self, name: &str) -> Result<Key, E> {
                Ok(Key(KEYS.iter().position(|key| *key == name)))
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scalar<'de>, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Absent)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Flag(flag))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Scalar<'de>, E> {
                Ok(if number == 0 { Scalar::Flag(false) } else { Scalar::Other })
            }

            fn visit_i64<E>(self, _: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar<'de>, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests;
