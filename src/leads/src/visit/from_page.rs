//! A visit that the page's own script sent, past no server of the site: what the script says is in the JSON, the rest is in the request's head.
//!
//! Of what decides, a page may only say less than the server sees: Global Privacy Control holds if either has it, and the address, the
//! objection and the user agent are the server's alone.

use std::borrow::Cow;

use nameplate::Address;

use super::{KEYS, Raw, Scalar, Visit, VisitError, VisitorAddress};

/// What the server knows of a page view.
#[derive(Debug)]
pub struct PageHead<'a> {
    /// The host that was asked, without its port.
    pub host: &'a str,
    /// Where it came from; none where that can't be told, and then the visit is no company's.
    pub address: Option<&'a VisitorAddress>,
    /// The header `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// The header `Sec-GPC`.
    pub privacy_control: bool,
    /// The cookie `np_objection`.
    pub objection: bool,
}

/// The unspecified address, which is nobody's: its answer is `reserved`.
const NOBODY: Address = Address::V6(0);

/// What a page does not say.
const SERVERS: [&str; 3] = ["address", "user_agent", "objection"];

impl<'a> Visit<'a> {
    /// Reads what a page sent. The site is what the page calls itself, or empty: the host has to decide.
    pub(crate) fn from_page(json: &'a [u8], head: &'a PageHead<'_>) -> Result<Visit<'a>, VisitError> {
        let mut raw = Raw::parse(json)?;
        for (key, value) in KEYS.iter().zip(&mut raw.values) {
            match (*key, &*value) {
                (key, said) if SERVERS.contains(&key) && !matches!(said, Scalar::Absent) => {
                    return Err(VisitError::ServersWord);
                }
                ("site", Scalar::Absent) => *value = Scalar::Text(Cow::Borrowed("")),
                ("user_agent", _) => {
                    *value = head.user_agent.map_or(Scalar::Absent, |name| Scalar::Text(Cow::Borrowed(name)));
                }
                _ => {}
            }
        }
        let address = head.address.map_or(NOBODY, VisitorAddress::get);
        let mut visit = Visit::of(raw, |_| Ok(VisitorAddress::new(address)))?;
        visit.signals.privacy_control |= head.privacy_control;
        visit.signals.objection = head.objection;
        Ok(visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Consent, Level};

    fn head() -> PageHead<'static> {
        let address = Box::leak(Box::new(VisitorAddress::new(Address::parse(b"192.0.2.7").unwrap())));
        PageHead {
            host: "shop.example",
            address: Some(address),
            user_agent: Some("Mozilla"),
            privacy_control: false,
            objection: false,
        }
    }

    #[test]
    fn the_head_says_who_and_the_page_what() {
        let head = head();
        let visit = Visit::from_page(br#"{"site":"shop","url":"/p","consent":"company"}"#, &head).unwrap();
        assert_eq!(visit.address.get(), Address::parse(b"192.0.2.7").unwrap());
        assert_eq!((&*visit.site, visit.user_agent.as_deref()), ("shop", Some("Mozilla")));
        assert_eq!(visit.signals.consent, Consent::Granted(Level::Company));
        assert!(!visit.signals.privacy_control && !visit.signals.objection);
        let nameless = Visit::from_page(b"{}", &head).unwrap();
        assert_eq!((&*nameless.site, nameless.signals.consent), ("", Consent::Absent));
    }

    #[test]
    fn a_page_can_say_less_and_never_more() {
        for json in [
            r#"{"address":"198.51.100.1"}"#,
            r#"{"user_agent":"x"}"#,
            r#"{"objection":false}"#,
            r#"{"objection":true}"#,
        ] {
            assert_eq!(
                Visit::from_page(json.as_bytes(), &head()).unwrap_err(),
                VisitError::ServersWord,
                "{json}"
            );
        }
        let strict = PageHead { privacy_control: true, objection: true, ..head() };
        let visit = Visit::from_page(br#"{"gpc":false}"#, &strict).unwrap();
        assert!(visit.signals.privacy_control && visit.signals.objection);
        let said = head();
        assert!(Visit::from_page(br#"{"gpc":true}"#, &said).unwrap().signals.privacy_control);
    }

    #[test]
    fn without_an_address_it_is_nobodys() {
        let unknown = PageHead { address: None, ..head() };
        assert_eq!(Visit::from_page(b"{}", &unknown).unwrap().address.get(), NOBODY);
    }
}
