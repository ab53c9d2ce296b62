//! RPSL dumps of the regional registries, as `ripe.db.gz` (RFC 2622 section 2, RFC 4012; the RIPE
//! Database documentation; APNIC, AFRINIC, ARIN's IRR and LACNIC write it alike).
//!
//! ```text
//! inetnum:        192.0.2.0 - 192.0.2.255        # not aligned to a prefix
//! netname:        EXAMPLE-NET
//! descr:          Example Foods GmbH
//! descr:          Example Street 1
//! country:        DE
//! org:            ORG-EF1-RIPE
//! status:         ASSIGNED PA
//! source:         RIPE
//! ```
//!
//! Attributes are parted by line ends, objects by empty lines. A line that begins with a space, a tab
//! or `+` continues the value before it; `#` begins a comment; lines that begin with `%` or `#` are the
//! server's; a class that begins with `*` was deleted. Values are UTF-8 or else Latin-1. LACNIC shortens
//! prefixes (`24.232/16`), puts IPv6 into `inetnum` too, and names holders in `owner`.
//!
//! | object | says |
//! |---|---|
//! | `inetnum`, `inet6num` | a range, its role from `status`, its holder: `org`, else `owner`, else the first `descr` |
//! | `aut-num` | an AS and its holder, likewise |
//! | `organisation` | the organisation of a handle |
//! | all others | nothing; persons and roles are not even copied |
//!
//! `netname` and `as-name` are labels, not names. Dummified texts are no names either. A range without a
//! holder is passed on all the same: it stands before the wider one around it.

use std::borrow::Cow;
use std::path::Path;

use super::input::Input;
use super::objects::{Grammar, Object, Objects};
use super::row::{Country, Holder, NetworkRow, Organisation, Range, Role, Row, SystemRow};
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

static RPSL: Grammar = Grammar {
    comments: true,
    continuations: true,
    read: &["inetnum", "inet6num", "aut-num", "organisation"],
    ignored: &[
        "as-block",
        "as-set",
        "domain",
        "filter-set",
        "inet-rtr",
        "irt",
        "key-cert",
        "limerick",
        "mntner",
        "nic-hdl",
        "peering-set",
        "person",
        "poem",
        "poetic-form",
        "role",
        "route",
        "route6",
        "route-set",
        "rtr-set",
    ],
    attributes: &["org", "owner", "descr", "country", "status", "netname", "org-name", "reg-nr"],
};

/// Calls `each` with every network, AS and organisation.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    Objects::new(Input::open(path)?, progress, &RPSL).for_each(|object| match object.class() {
        "aut-num" => system(object, each),
        "organisation" => party(object, each),
        _ => network(object, each),
    })
}

fn network(object: &Object, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let range = range(object)?;
    let Some(role) = role(object.get("status")) else { return Ok(false) };
    if is_registry_block(range, object.get("netname")) {
        return Ok(false);
    }
    let country = country(object)?;
    with_holder(object, country, |holder| {
        each(Row::Network(NetworkRow { range, holder, role, system: None, country }));
    })?;
    Ok(true)
}

fn system(object: &Object, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let asn = text::asn(object.key())?.ok_or("an AS has no number, or 0")?;
    let country = country(object)?;
    with_holder(object, country, |holder| each(Row::System(SystemRow { asn, holder, country })))?;
    Ok(true)
}

fn party(object: &Object, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let handle = handle(object.key())?.ok_or("an organisation has no handle")?;
    let Some(name) = name(object.get("org-name"))? else { return Ok(false) };
    let register_id = text::text_or_latin1(object.get("reg-nr"))?;
    let organisation =
        Organisation { name, country: country(object)?, register_id, ..Organisation::default() };
    each(Row::Party { handle: &handle, organisation });
    Ok(true)
}

/// Calls `each` with the holder, if the object names one.
fn with_holder(
    object: &Object,
    country: Option<Country>,
    each: impl FnOnce(Option<Holder<'_>>),
) -> Result<(), Refusal> {
    if let Some(handle) = handle(object.get("org"))? {
        each(Some(Holder::Handle(&handle)));
        return Ok(());
    }
    let owner = object.get("owner");
    let first = if owner.is_empty() { object.get("descr") } else { owner };
    let named = name(first)?.map(|name| Organisation { name, country, ..Organisation::default() });
    each(named.map(Holder::Named));
    Ok(())
}

/// A handle in capitals: RPSL names have no case.
pub(super) fn handle(field: &[u8]) -> Result<Option<Cow<'_, str>>, Refusal> {
    const NO_HANDLE: Refusal = "a handle has spaces or characters beyond ASCII";
    let text = text::ascii(field).ok_or(NO_HANDLE)?;
    if text.bytes().any(|byte| !byte.is_ascii_graphic()) || text.len() > 100 {
        return Err(NO_HANDLE);
    }
    Ok(match text {
        "" => None,
        text if text.bytes().any(|byte| byte.is_ascii_lowercase()) => {
            Some(Cow::Owned(text.to_ascii_uppercase()))
        }
        text => Some(Cow::Borrowed(text)),
    })
}

/// Texts that stand where a name was taken out or never was, in lower case: the RIPE Database's
/// dummified objects, and what registries write for space that another registry manages.
const NO_NAMES: [&str; 8] = [
    "dummified",
    "dummy address for",
    "early registration addresses",
    "imported inetnum object for",
    "ipv4 address block not managed by",
    "not allocated by",
    "this is an automatically created object",
    "to determine the registration information",
];

fn name(field: &[u8]) -> Result<Option<Cow<'_, str>>, Refusal> {
    let begins = |text: &str, start: &str| {
        text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
    };
    let named = |text: &Cow<'_, str>| {
        text.chars().any(char::is_alphabetic) && !NO_NAMES.iter().any(|start| begins(text, start))
    };
    Ok(text::text_or_latin1(field)?.filter(named))
}

/// The country, if it is but one.
fn country(object: &Object) -> Result<Option<Country>, Refusal> {
    let mut country = None;
    for field in object.all("country") {
        let next = text::country(field)?;
        if country.is_some_and(|country| country != next) {
            return Ok(None);
        }
        country = Some(next);
    }
    Ok(country.flatten())
}

fn range(object: &Object) -> Result<Range, Refusal> {
    let key = object.key();
    let range = match padded(key) {
        Some(prefix) => text::network(prefix.as_bytes()),
        None => text::network(key),
    }?;
    match (object.class(), range) {
        ("inet6num", Range::V4(..)) => Err("an inet6num has IPv4 addresses"),
        _ => Ok(range),
    }
}

/// LACNIC leaves out trailing zeros: `24.232/16`.
fn padded(key: &[u8]) -> Option<String> {
    let (address, length) = text::ascii(key)?.split_once('/')?;
    let octets = address.split('.').count();
    let shortened = octets < 4 && address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    shortened.then(|| format!("{address}{}/{length}", ".0".repeat(4 - octets)))
}

/// What a status says that a range is for; none for space that nobody holds.
///
/// `ALLOCATED-ASSIGNED PA` is an allocation with one user. `LEGACY` and `EARLY-REGISTRATION` tell
/// since when, not what for.
fn role(status: &[u8]) -> Option<Role> {
    const ROLES: [(&str, Option<Role>); 24] = [
        ("ALLOCATED UNSPECIFIED", None),
        ("AVAILABLE", None),
        ("RESERVED", None),
        ("UNALLOCATED", None),
        ("ALLOCATED PA", Some(Role::Allocation)),
        ("ALLOCATED PI", Some(Role::Allocation)),
        ("ALLOCATED PORTABLE", Some(Role::Allocation)),
        ("ALLOCATED NON-PORTABLE", Some(Role::Allocation)),
        ("ALLOCATED-BY-RIR", Some(Role::Allocation)),
        ("ALLOCATED-BY-LIR", Some(Role::Allocation)),
        ("LIR-PARTITIONED PA", Some(Role::Allocation)),
        ("LIR-PARTITIONED PI", Some(Role::Allocation)),
        // A pool of equal assignments: whoever is named gives them out.
        ("AGGREGATED-BY-LIR", Some(Role::Allocation)),
        ("ALLOCATED", Some(Role::Allocation)),
        ("REALLOCATED", Some(Role::Allocation)),
        ("ALLOCATED-ASSIGNED PA", Some(Role::Assignment)),
        ("SUB-ALLOCATED PA", Some(Role::Assignment)),
        ("ASSIGNED", Some(Role::Assignment)),
        ("REASSIGNED", Some(Role::Assignment)),
        ("ASSIGNED PA", Some(Role::Assignment)),
        ("ASSIGNED PI", Some(Role::Assignment)),
        ("ASSIGNED ANYCAST", Some(Role::Assignment)),
        ("ASSIGNED PORTABLE", Some(Role::Assignment)),
        ("ASSIGNED NON-PORTABLE", Some(Role::Assignment)),
    ];
    let known = ROLES.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(status));
    known.map_or(Some(Role::Unsaid), |(_, role)| *role)
}

/// Whether a range stands for what a registry does or does not manage. No holder has more than a /8
/// or, in IPv6, a /16.
fn is_registry_block(range: Range, netname: &[u8]) -> bool {
    const PLACEHOLDERS: [&[u8]; 4] =
        [b"IANA-", b"NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK", b"ERX-NETBLOCK", b"STUB-"];
    let begins =
        |start: &&[u8]| netname.get(..start.len()).is_some_and(|netname| netname.eq_ignore_ascii_case(start));
    let wide = match range {
        Range::V4(first, last) => last - first >= 1 << 24,
        Range::V6(first, last) => last - first >= 1 << 112,
    };
    wide || PLACEHOLDERS.iter().any(begins)
}

#[cfg(test)]
mod tests;
