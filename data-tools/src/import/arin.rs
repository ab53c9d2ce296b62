//! ARIN's bulk whois, `arin_db.txt` (ARIN, "Bulk Whois Data"): objects of `Key: value` lines, parted
//! by empty lines.
//!
//! ```text
//! OrgID:          EXAMPL
//! OrgName:        Example Foods, Inc.
//! Street:         1 Example Street
//! Country:        US
//!
//! NetHandle:      NET-192-0-2-0-1
//! OrgID:          EXAMPL
//! NetRange:       192.0.2.0 - 192.0.2.255
//! NetType:        assignment
//!
//! ASHandle:       AS64500
//! OrgID:          EXAMPL
//! ASNumber:       64500 - 64503
//! ```
//!
//! | object | says |
//! |---|---|
//! | `NetHandle`, `V6NetHandle` | a range, its role from `NetType`, its holder's handle |
//! | `ASHandle` | one or more AS, their holder's handle |
//! | `OrgID` | the organisation of a handle; a residential customer is a natural person |
//! | `POCHandle` | nothing; contacts are not even copied |
//!
//! What ARIN lists as another registry's says nothing.

use std::path::Path;

use super::input::Input;
use super::objects::{Grammar, Object, Objects};
use super::row::{Holder, NetworkRow, Organisation, Range, Role, Row, SystemRow};
use super::rpsl::handle;
use super::text::{self, Refusal};
use super::{Counts, ImportError};
use crate::Progress;

static BULK: Grammar = Grammar {
    comments: false,
    continuations: false,
    read: &["NetHandle", "V6NetHandle", "ASHandle", "OrgID"],
    ignored: &["POCHandle"],
    attributes: &["OrgID", "OrgName", "Street", "Country", "NetRange", "NetType", "ASNumber"],
};

/// Most AS numbers of one object.
const MOST_NUMBERS: u32 = 4096;

/// Organisations of ARIN's directory that stand for other registries' space.
const REGISTRIES: [&str; 5] = ["AFRINIC", "APNIC", "IANA", "LACNIC", "RIPE"];

/// Calls `each` with every network, AS and organisation.
pub(super) fn read(
    path: &Path,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    Objects::new(Input::open(path)?, progress, &BULK).for_each(|object| match object.class() {
        "ASHandle" => systems(object, each),
        "OrgID" => party(object, each),
        _ => network(object, each),
    })
}

fn network(object: &Object, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let range = text::network(object.get("NetRange"))?;
    match (object.class(), range) {
        ("NetHandle", Range::V6(..)) => return Err("a NetHandle has IPv6 addresses"),
        ("V6NetHandle", Range::V4(..)) => return Err("a V6NetHandle has IPv4 addresses"),
        _ => {}
    }
    let holder = handle(object.get("OrgID"))?.ok_or("an object has no OrgID")?;
    if REGISTRIES.contains(&&*holder) {
        return Ok(false);
    }
    let role = role(object.get("NetType"));
    let holder = Some(Holder::Handle(&holder));
    each(Row::Network(NetworkRow { range, holder, role, system: None, country: None }));
    Ok(true)
}

fn systems(object: &Object, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let (first, last) = numbers(object.get("ASNumber"))?;
    let holder = handle(object.get("OrgID"))?.ok_or("an object has no OrgID")?;
    if REGISTRIES.contains(&&*holder) {
        return Ok(false);
    }
    if last - first >= MOST_NUMBERS {
        return Err("an object has more than 4096 AS numbers");
    }
    for asn in first..=last {
        each(Row::System(SystemRow { asn, holder: Some(Holder::Handle(&holder)), country: None }));
    }
    Ok(true)
}

fn party(object: &Object, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let handle = handle(object.key())?.ok_or("an organisation has no OrgID")?;
    let Some(name) = text::text_or_latin1(object.get("OrgName"))? else { return Ok(false) };
    let country = text::country(object.get("Country"))?;
    let natural_person = is_residential(name.as_bytes()) || object.all("Street").any(is_residential);
    each(Row::Party {
        handle: &handle,
        organisation: Organisation { name, country, natural_person, ..Organisation::default() },
    });
    Ok(true)
}

/// One number or `first - last`.
fn numbers(field: &[u8]) -> Result<(u32, u32), Refusal> {
    const NO_NUMBERS: Refusal = "an object has no AS numbers, or 0";
    let text = text::ascii(field).ok_or(NO_NUMBERS)?;
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text::asn(text.trim().as_bytes())?.ok_or(NO_NUMBERS);
    let (first, last) = (number(first)?, number(last)?);
    if first > last { Err("the first AS number lies after the last") } else { Ok((first, last)) }
}

/// `allocation`, `reassignment`, and in reports `Direct Allocation`, `Reassigned`.
fn role(net_type: &[u8]) -> Role {
    let text = net_type.to_ascii_lowercase();
    if memchr::memmem::find(&text, b"alloc").is_some() {
        Role::Allocation
    } else if memchr::memmem::find(&text, b"assign").is_some() {
        Role::Assignment
    } else {
        Role::Unsaid
    }
}

/// What stands in place of a residential customer's name and street (Number Resource Policy Manual,
/// 4.2.3.7.3.2): `Private Customer - Example Networks`, `Private Residence`.
fn is_residential(field: &[u8]) -> bool {
    const WORDS: [&[u8]; 3] = [b"private customer", b"private residence", b"private address"];
    WORDS.iter().any(|words| field.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{reasons, said, survives};
    use super::*;

    const GOOD: &str = "\
# terms
ASHandle:       AS64500
OrgID:          EXAMPL
ASName:         EXAMPLE-AS
ASNumber:       64500
Comment:        first: with a colon
Comment:

OrgID:          EXAMPL
OrgName:        Example Foods, Inc. #4
Street:         1 Example Street
City:           Springfield
Country:        US

NetHandle:      NET-192-0-2-0-1
OrgID:          EXAMPL
Parent:         NET-192-0-0-0-0
NetName:        EXAMPLE-NET
NetRange:       192.0.2.0 - 192.0.2.255
NetType:        reassignment

V6NetHandle:    NET6-2001-DB8-1
OrgID:          exampl
NetRange:       2001:DB8:: - 2001:0DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF
NetType:        allocation

POCHandle:      MB1-ARIN
IsRole:         N
LastName:       Beispiel
FirstName:      Maria

";

    #[test]
    fn networks_systems_and_organisations_are_passed_on_contacts_are_not() {
        let (rows, counts) = said(read, GOOD);
        assert_eq!(
            rows,
            [
                "system 64500 handle=EXAMPL",
                "party EXAMPL name=Example Foods, Inc. #4 country=US",
                "network V4(c0000200, c00002ff) Assignment handle=EXAMPL",
                "network V6(20010db8000000000000000000000000, 20010db8ffffffffffffffffffffffff) Allocation \
                 handle=EXAMPL",
            ]
        );
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (5, 4, 0));
    }

    #[test]
    fn residential_customers_are_natural_persons() {
        for (name, street) in [
            ("Private Customer", "1 Example Street"),
            ("PRIVATE CUSTOMER - Example Networks", "1 Example Street"),
            ("Private Residence", "1 Example Street"),
            ("Maria Beispiel", "Private Residence"),
            ("Maria Beispiel", "Private Address"),
        ] {
            let (rows, _) = said(read, format!("OrgID: C01\nOrgName: {name}\nStreet: {street}\n"));
            assert_eq!(rows, [format!("party C01 name={name} person")]);
        }
        let (rows, _) = said(read, "OrgID: C01\nOrgName: Private Aviation, Inc.\nStreet: Private Road\n");
        assert_eq!(rows, ["party C01 name=Private Aviation, Inc."]);
    }

    #[test]
    fn an_as_object_may_hold_several_numbers() {
        let (rows, counts) = said(read, "ASHandle: AS64500\nOrgID: E\nASNumber: 64500 - 64502\n");
        assert_eq!(rows, ["system 64500 handle=E", "system 64501 handle=E", "system 64502 handle=E"]);
        assert_eq!((counts.rows, counts.used), (1, 1));
    }

    #[test]
    fn other_registries_space_says_nothing() {
        for registry in REGISTRIES {
            let text = format!(
                "NetHandle: N\nOrgID: {registry}\nNetRange: 198.18.0.0 - 198.19.255.255\nNetType: allocation\n\n\
                 ASHandle: A\nOrgID: {registry}\nASNumber: 1 - 4294967295\n"
            );
            let (rows, counts) = said(read, text);
            assert_eq!(rows, [""; 0]);
            assert_eq!((counts.rows, counts.used, counts.refused_rows()), (2, 0, 0));
        }
    }

    #[test]
    fn the_same_object_twice_is_passed_on_twice() {
        let (rows, counts) = said(read, "OrgID: E\nOrgName: Example AG\n\nOrgID: E\nOrgName: Example AG\n");
        assert_eq!(rows, ["party E name=Example AG"; 2]);
        assert_eq!(counts.used, 2);
    }

    #[test]
    fn what_an_object_cannot_be_is_refused() {
        let net = |class: &str, range: &str| format!("{class}: N\nOrgID: E\nNetRange: {range}\n");
        let number = |number: &str| format!("ASHandle: A\nOrgID: E\nASNumber: {number}\n");
        let party = |name: &str| format!("OrgID: E\nOrgName: {name}\n");
        for (text, reason) in [
            (net("NetHandle", "192.0.2.255 - 192.0.2.0"), "the start lies after the end"),
            (net("NetHandle", "192.0.2.0 - 2001:db8::1"), "start and end are of different kinds"),
            (net("NetHandle", "2001:db8::/32"), "a NetHandle has IPv6 addresses"),
            (net("V6NetHandle", "192.0.2.0/24"), "a V6NetHandle has IPv4 addresses"),
            (net("NetHandle", "192.0.2.0 - 192.0.2.256"), "the end is no address"),
            (net("NetHandle", ""), "a network is no prefix or range"),
            ("NetHandle: N\nNetRange: 192.0.2.0/24\n".into(), "an object has no OrgID"),
            ("ASHandle: N\nASNumber: 1\n".into(), "an object has no OrgID"),
            (number("0"), "an object has no AS numbers, or 0"),
            (number(""), "an object has no AS numbers, or 0"),
            (number("4294967296"), "an AS number is no number of 32 bits"),
            (number("64502 - 64500"), "the first AS number lies after the last"),
            (number("1 - 4294967295"), "an object has more than 4096 AS numbers"),
            ("OrgID:\nOrgName: Example AG\n".into(), "an organisation has no OrgID"),
            ("OrgID: a b\nOrgName: Example AG\n".into(), "a handle has spaces or characters beyond ASCII"),
            (party("Example\u{7}AG"), "a text has control characters"),
            (party("Example \u{202e}GA"), "a text has invisible or direction-changing characters"),
            (party(&"x".repeat(2000)), "a text is longer than 1024 bytes"),
            (party(&"x".repeat(70_000)), "a line is longer than 64 KiB"),
            ("inetnum: 192.0.2.0/24\n".into(), "an object's first attribute is of no known class"),
        ] {
            let (rows, counts) = said(read, text);
            assert_eq!(rows, [""; 0], "{reason}");
            assert_eq!(reasons(&counts), [(reason, 1, 1)]);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_loses_its_last_object() {
        let (whole, _) = said(read, GOOD);
        let cut = GOOD.find("NetType:        allocation").unwrap() + 12;
        let (rows, counts) = said(read, &GOOD[..cut]);
        assert_eq!(rows, whole[..3]);
        assert_eq!(reasons(&counts), [("the file ends within a line", 1, 22)]);
    }

    #[test]
    fn texts_may_be_latin_1() {
        let (rows, _) = said(read, b"OrgID: E\nOrgName: Beispiel K\xFCche AG\n");
        assert_eq!(rows, ["party E name=Beispiel K\u{fc}che AG"]);
    }

    #[test]
    fn damaged_files_do_not_panic() {
        survives(read, GOOD.as_bytes());
    }
}
