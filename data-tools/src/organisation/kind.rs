//! What kind of organisation a name's signs speak of.

use nameplate::{CompanyKind, OperatorKind};

use super::signs::{Sign, SignSet};

/// What a set of signs says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameKind {
    Company(CompanyKind),
    /// An operator, and of what kind where the signs tell.
    Operator(Option<OperatorKind>),
}

/// Which sign wins where a name carries several, the strongest first.
///
/// A university of telecommunications is a university, and a city's broadband network is seldom called after the
/// city alone, so the public kinds stand before the trade; a telephone cooperative or a bank's data centre
/// sells to others, so the trade stands before the other kinds.
const ORDER: [(Sign, NameKind); 11] = [
    (Sign::Exchange, NameKind::Operator(Some(OperatorKind::Exchange))),
    (Sign::Education, NameKind::Company(CompanyKind::Education)),
    (Sign::Government, NameKind::Company(CompanyKind::Government)),
    (Sign::Vpn, NameKind::Operator(Some(OperatorKind::Vpn))),
    (Sign::Mobile, NameKind::Operator(Some(OperatorKind::Mobile))),
    (Sign::Access, NameKind::Operator(Some(OperatorKind::Access))),
    (Sign::Hosting, NameKind::Operator(Some(OperatorKind::Hosting))),
    (Sign::Transit, NameKind::Operator(Some(OperatorKind::Transit))),
    (Sign::Nonprofit, NameKind::Company(CompanyKind::Nonprofit)),
    (Sign::Business, NameKind::Company(CompanyKind::Business)),
    (Sign::Trade, NameKind::Operator(None)),
];

/// The kind that the signs speak of.
pub(crate) fn of(signs: SignSet) -> Option<NameKind> {
    ORDER.iter().find(|(sign, _)| signs.has(*sign)).map(|(_, kind)| *kind)
}

/// What one sign says.
pub(crate) fn says(sign: Sign) -> Option<NameKind> {
    ORDER.iter().find(|(of, _)| *of == sign).map(|(_, kind)| *kind)
}
