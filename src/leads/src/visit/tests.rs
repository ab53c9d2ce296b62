//! What is read, what is refused, and that no text quotes it.

use proptest::prelude::*;

use super::*;

fn parse(json: &str) -> Result<Visit<'_>, VisitError> {
    Visit::parse(json.as_bytes())
}

fn with(more: &str) -> String {
    format!(r#"{{"site":"shop","address":"192.0.2.1"{more}}}"#)
}

#[test]
fn the_least_visit_grants_nothing() {
    let json = with("");
    let visit = parse(&json).unwrap();
    assert_eq!((&*visit.site, visit.address.get()), ("shop", Address::V4(0xc000_0201)));
    assert_eq!(visit.signals, Signals::default());
    assert!(visit.url.is_none() && visit.visitor.is_none() && visit.form_domain.is_none());
}

#[test]
fn every_key_arrives() {
    let json = with(
        r#","url":"/a","referrer":"r","title":"t\u00e4","consent":"sessions","gpc":true,"objection":1,
        "visitor":"000102030405060708090a0b0c0d0e0f","session":"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF","form_domain":"d","user_agent":"u""#,
    );
    let visit = parse(&json).unwrap();
    let texts = [visit.url, visit.referrer, visit.title, visit.form_domain, visit.user_agent];
    assert_eq!(texts.map(Option::unwrap), ["/a", "r", "tä", "d", "u"]);
    let consent = Consent::Granted(Level::Sessions);
    assert_eq!(visit.signals, Signals { consent, privacy_control: true, objection: true });
    assert_eq!(visit.visitor.unwrap().to_string(), "000102030405060708090a0b0c0d0e0f");
    assert_eq!(visit.session, Some(CookieId(u128::MAX)));
}

#[test]
fn signals_in_doubt_are_refusals() {
    for (value, expected) in [
        (r#""off""#, Consent::Granted(Level::Off)),
        (r#""company""#, Consent::Granted(Level::Company)),
        ("null", Consent::Absent),
        (r#""""#, Consent::Unknown),
        (r#""Company""#, Consent::Unknown),
        (r#""granted""#, Consent::Unknown),
        ("true", Consent::Unknown),
        ("3", Consent::Unknown),
        (r#"["company"]"#, Consent::Unknown),
        (r#"{"company":true}"#, Consent::Unknown),
    ] {
        assert_eq!(
            parse(&with(&format!(r#","consent":{value}"#))).unwrap().signals.consent,
            expected,
            "{value}"
        );
    }
    for (value, expected) in [
        ("false", false),
        ("null", false),
        ("0", false),
        (r#""0""#, false),
        (r#""""#, false),
        ("true", true),
        ("1", true),
        ("-1", true),
        ("0.5", true),
        (r#""1""#, true),
        (r#""no""#, true),
        ("[]", true),
        ("{}", true),
    ] {
        for key in ["gpc", "objection"] {
            let json = with(&format!(r#","{key}":{value}"#));
            let signals = parse(&json).unwrap().signals;
            assert_eq!(signals.privacy_control || signals.objection, expected, "{key} {value}");
            assert!(!(signals.privacy_control && signals.objection));
        }
    }
}

#[test]
fn what_is_wrong_is_told_and_not_quoted() {
    let long = with(&format!(r#","title":"{}""#, "x".repeat(MAX_BYTES)));
    for (json, expected) in [
        ("", VisitError::NotJson),
        ("[]", VisitError::NotJson),
        ("\"203.0.113.9\"", VisitError::NotJson),
        (r#"{"site":"shop","address":"192.0.2.1""#, VisitError::NotJson),
        (r#"{"site":"shop","address":"192.0.2.1"} x"#, VisitError::NotJson),
        (r#"{"site":"shop","address":"192.0.2.1","203.0.113.9":1}"#, VisitError::UnknownKey),
        (r#"{"site":"shop","address":"192.0.2.1","address":"192.0.2.2"}"#, VisitError::Twice),
        (r#"{"site":"shop"}"#, VisitError::Missing("address")),
        (r#"{"site":"shop","address":null}"#, VisitError::Missing("address")),
        (r#"{"address":"192.0.2.1"}"#, VisitError::Missing("site")),
        (r#"{"site":"shop","address":3221225985}"#, VisitError::NotText("address")),
        (r#"{"site":"shop","address":"192.0.2.1:80"}"#, VisitError::InvalidAddress),
        (r#"{"site":"shop","address":"192.0.2.\u0031"}"#, VisitError::InvalidAddress),
        (r#"{"site":7,"address":"192.0.2.1"}"#, VisitError::NotText("site")),
        (r#"{"site":"shop","address":"192.0.2.1","url":{"a":["b"]}}"#, VisitError::NotText("url")),
        (
            r#"{"site":"shop","address":"192.0.2.1","visitor":"203.0.113.9"}"#,
            VisitError::InvalidCookie("visitor"),
        ),
        (
            r#"{"site":"shop","address":"192.0.2.1","session":"+0102030405060708090a0b0c0d0e0f0"}"#,
            VisitError::InvalidCookie("session"),
        ),
        (&long, VisitError::TooLong),
    ] {
        let error = parse(json).unwrap_err();
        assert_eq!(error, expected, "{json}");
        assert!(!error.to_string().contains("203.0.113.9") && !format!("{error:?}").contains("203.0.113.9"));
    }
    assert_eq!(Visit::parse(b"{\"site\":\"\xff\"}").unwrap_err(), VisitError::NotUtf8);
    let deep = with(&format!(r#","title":{}"#, "[".repeat(60_000)));
    assert_eq!(parse(&deep).unwrap_err(), VisitError::NotJson);
}

#[test]
fn no_debug_text_has_the_address() {
    let json = with("");
    let shown = format!("{:?}", parse(&json).unwrap());
    assert!(shown.contains("address: VisitorAddress,") && !shown.contains("192"), "{shown}");
}

proptest! {
    #[test]
    fn random_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Visit::parse(&bytes).is_err());
    }

    #[test]
    fn any_address_is_read_back(bits in any::<u128>(), four in any::<u32>()) {
        for address in [Address::from_v6_bits(bits), Address::V4(four)] {
            prop_assert_eq!(VisitorAddress::new(address).get(), address);
        }
    }
}
