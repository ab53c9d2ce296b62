//! What registries demand of those who use their data. Where this says something, a source is read only
//! for operators who state that they have the right.

use crate::config::SourceKind;

/// What must be accepted before a source of a kind may be read; none where nothing must.
///
/// A summary for people, not the terms themselves: those that were agreed upon with the registry hold.
pub(crate) fn terms(kind: SourceKind) -> Option<&'static str> {
    match kind {
        SourceKind::Rpsl => Some(RPSL),
        SourceKind::Arin => Some(ARIN),
        _ => None,
    }
}

const RPSL: &str = "\
Whois dumps of regional internet registries may be used only as their registries allow:
- RIPE NCC, \"RIPE Database Terms and Conditions\", article 4.4, and \"RIPE Database Acceptable Use Policy\": not for \
advertising, direct marketing, marketing research or similar purposes; no copy of a significant part without consent; \
personal data stay protected.
  https://www.ripe.net/manage-ips-and-asns/db/support/documentation/ripe-database-acceptable-use-policy/
- APNIC, \"APNIC Whois Database Acceptable Use Agreement\": only for internet operations that APNIC approved; not to \
target advertising, nor for marketing lists or other commercial applications; not passed on in bulk.
  https://www.apnic.net/manage-ip/using-whois/bulk-access/copyright/
- AFRINIC, \"Terms of Use - AFRINIC WHOIS Database\" and \"AfriNIC Bulk WHOIS Data\": for internet operations and technical \
research; not for advertising, direct marketing or marketing research; bulk data are not redistributed.
  https://afrinic.net/whois/terms
- LACNIC, \"Policy Manual\", bulk WHOIS: only for technical research and internet operations, upon a signed request.
  https://www.lacnic.net/688/2/lacnic/
Recognising a website's visitors may fall under what they forbid. Whoever goes on has the right to this use, in \
writing or by law, and keeps the file built from it within that right.";

const ARIN: &str = "\
ARIN's bulk whois may be used only as ARIN allows (\"Whois Terms of Use\" and the agreement on bulk whois data): for \
internet operations and technical research; not as part of a commercial service or product, nor for advertising, direct \
marketing, marketing research or similar purposes; neither the bulk data nor what is derived from them is passed on \
without ARIN's written permission.
  https://www.arin.net/whois_tou.html
Recognising a website's visitors may fall under what it forbids. Whoever goes on has the right to this use, in writing \
or by law, and keeps the file built from it within that right.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_data_need_their_terms_accepted_and_open_registers_do_not() {
        for kind in [SourceKind::Rpsl, SourceKind::Arin] {
            let terms = terms(kind).expect("has terms");
            assert!(terms.contains("marketing") && terms.contains("https://"));
        }
        for kind in [SourceKind::Gleif, SourceKind::CompaniesHouse, SourceKind::Sirene, SourceKind::Kbo] {
            assert_eq!(terms(kind), None);
        }
    }
}
