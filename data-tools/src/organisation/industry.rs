//! Industries as registers give them, to kinds.
//!
//! NACE Rev. 2 and 2.1 (European Union), NAF (France: NACE with a letter), SIC 2007 (United Kingdom) and
//! SBI (Netherlands) share their first four digits; the national digits behind them are of no use here.
//! NACE Rev. 2.1 moved broadcasting and content into division 60, software and data services into 62 and
//! 63, and kept the divisions below.

use nameplate::{CompanyKind, OperatorKind};

use crate::import::Kind;

/// Beginnings of codes, the longer before the shorter, and what they say.
///
/// | code | NACE Rev. 2 | kind |
/// |---|---|---|
/// | 61.2 | wireless telecommunications | mobile |
/// | 61.3 | satellite telecommunications | access |
/// | 61 | telecommunications | access |
/// | 63.11, 63.10 | data processing, hosting and related activities | hosting |
/// | 84 | public administration and defence | government |
/// | 85 | education | education |
/// | 94 | membership organisations | nonprofit |
/// | 99 | extraterritorial organisations | government |
const CODES: [(&str, Kind); 8] = [
    ("6311", Kind::Operator(OperatorKind::Hosting)),
    ("6310", Kind::Operator(OperatorKind::Hosting)),
    ("612", Kind::Operator(OperatorKind::Mobile)),
    ("61", Kind::Operator(OperatorKind::Access)),
    ("84", Kind::Company(CompanyKind::Government)),
    ("85", Kind::Company(CompanyKind::Education)),
    ("94", Kind::Company(CompanyKind::Nonprofit)),
    ("99", Kind::Company(CompanyKind::Government)),
];

/// What an industry's code says: `61.10`, `6110Z`, `62020 - Information technology consultancy activities`.
/// Codes that the table leaves out are businesses'; a text without a code of at least two digits says
/// nothing, nor do UK SIC's codes of dormant and residents' companies (99999, 98000).
pub(crate) fn kind(industry: &str) -> Option<Kind> {
    let code: String = industry
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '.')
        .filter(char::is_ascii_digit)
        .collect();
    if !(2..=6).contains(&code.len()) || code == "99999" {
        return None;
    }
    let named = CODES.iter().find(|(beginning, _)| code.starts_with(beginning));
    let division: u8 = code[..2].parse().ok()?;
    match named {
        Some((_, kind)) => Some(*kind),
        None if (1..=96).contains(&division) => Some(Kind::Company(CompanyKind::Business)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_registers_are_read() {
        for (industry, expected) in [
            ("61.10", Some(Kind::Operator(OperatorKind::Access))),
            ("6110Z", Some(Kind::Operator(OperatorKind::Access))),
            ("61200 - Wireless telecommunications activities", Some(Kind::Operator(OperatorKind::Mobile))),
            ("63.11Z", Some(Kind::Operator(OperatorKind::Hosting))),
            (
                "63110 - Data processing, hosting and related activities",
                Some(Kind::Operator(OperatorKind::Hosting)),
            ),
            ("63.12", Some(Kind::Company(CompanyKind::Business))),
            ("85.42", Some(Kind::Company(CompanyKind::Education))),
            ("84110", Some(Kind::Company(CompanyKind::Government))),
            ("94.99Z", Some(Kind::Company(CompanyKind::Nonprofit))),
            (
                "62020 - Information technology consultancy activities",
                Some(Kind::Company(CompanyKind::Business)),
            ),
            ("99999 - Dormant Company", None),
            ("98000 - Residents property management", None),
            ("None Supplied", None),
            ("", None),
            ("00.00", None),
            ("6", None),
        ] {
            assert_eq!(kind(industry), expected, "{industry}");
        }
    }
}
