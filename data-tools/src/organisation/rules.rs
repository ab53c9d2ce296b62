//! The rules, in the order in which they are asked.

use nameplate::CompanyKind;

use super::kind::NameKind;
use super::person::Likeness;
use super::signs::{Sign, SignSet};
use super::{Case, Class, Kind, industry};

/// One rule.
pub struct Rule {
    /// Its name, as answers' explanations and `docs/RESOLUTION.md` give it.
    pub name: &'static str,
    /// When it decides, and what.
    pub says: &'static str,
    /// How sure a verdict by it is, 0 to 100.
    pub confidence: u8,
    pub(super) decide: fn(&Case<'_>) -> Option<Class>,
}

/// A holder of so many IPv4 addresses is no natural person, if it is called by a single word.
const MANY_ADDRESSES: u64 = 4_096;
/// Nor is one of so many, whatever its name.
const VERY_MANY_ADDRESSES: u64 = 65_536;
/// Businesses with more than a /14 sell access to it.
const ACCESS_ADDRESSES: u64 = 1 << 18;
/// From so many ranges on, a holder is an organisation.
const MANY_RANGES: u32 = 64;
/// A score from here on is an operator's. Chosen on the development part of the labels.
const OPERATOR_SCORE: f32 = 0.75;

const fn rule(
    name: &'static str,
    confidence: u8,
    says: &'static str,
    decide: fn(&Case<'_>) -> Option<Class>,
) -> Rule {
    Rule { name, says, confidence, decide }
}

/// The rules. The first that decides, decides.
pub const RULES: &[Rule] = &[
    rule("natural-person", 100, "a source says that it is a natural person: withheld", |case| {
        case.signs.natural_person.then_some(Class::Withheld)
    }),
    rule("no-name", 100, "no name, or none with a letter: withheld", |case| {
        (!case.signs.name.chars().any(char::is_alphabetic)).then_some(Class::Withheld)
    }),
    rule(
        "sole-trader",
        95,
        "a sole trader's mark (`FOP`, `e.K.`, `trading as`), or a mark that firms bear as well (`ME`) beside what may be a person's name; no legal form, register entry or source that says otherwise: withheld",
        |case| {
            let marked = case.reading.strong.has(Sign::SoleTrader) || case.trades;
            let perhaps = case.reading.weak.has(Sign::SoleTrader) && case.likeness > Likeness::No;
            (!case.is_organisation() && (marked || perhaps)).then_some(Class::Withheld)
        },
    ),
    rule(
        "likely-person",
        95,
        "a person's name by its shape and by a known given name or a form of address; no legal form, register entry or source that says otherwise, and not 65,536 IPv4 addresses: withheld",
        |case| {
            (case.likeness == Likeness::Likely && case.may_be_a_person(VERY_MANY_ADDRESSES))
                .then_some(Class::Withheld)
        },
    ),
    rule(
        "possible-person",
        70,
        "two to four plain words; no legal form, register entry or source that says otherwise, and not 65,536 IPv4 addresses: withheld",
        |case| {
            (case.likeness == Likeness::Possible && case.may_be_a_person(VERY_MANY_ADDRESSES))
                .then_some(Class::Withheld)
        },
    ),
    rule(
        "single-name",
        60,
        "one word that is a given name or surname; no legal form, register entry or source that says otherwise, and not 4,096 IPv4 addresses: withheld",
        |case| {
            (case.likeness == Likeness::OneWord && case.may_be_a_person(MANY_ADDRESSES))
                .then_some(Class::Withheld)
        },
    ),
    rule(
        "postal-address",
        70,
        "a number and a street, floor or district instead of a name, and no legal form: withheld",
        |case| (case.is_postal_address() && !case.is_organisation()).then_some(Class::Withheld),
    ),
    rule("declared", 95, "a source says what it is: that", |case| case.signs.declared.map(class)),
    rule("listed-operator", 90, "a list says that its AS or network is an operator's: that", |case| {
        case.signs.listed.iter().find(|kind| matches!(kind, Kind::Operator(_))).copied().map(class)
    }),
    rule("listed", 90, "a list says that its AS or network is a company's: that", |case| {
        case.signs.listed.first().copied().map(class)
    }),
    rule("domain", 90, "a list of domains says what it is: that", |case| case.signs.domain_kind.map(class)),
    rule(
        "industry-operator",
        85,
        "its industry is telecommunications (61: access, 61.2: mobile) or hosting (63.10, 63.11): that",
        |case| match case.signs.industry.and_then(industry::kind)? {
            kind @ Kind::Operator(_) => Some(class(kind)),
            Kind::Company(_) => None,
        },
    ),
    rule("exchange-name", 80, "a sign of an internet exchange in the name: operator, exchange", |case| {
        case.named(Sign::Exchange)
    }),
    rule("education-name", 90, "a sign of education in the name: company, education", |case| {
        case.named(Sign::Education)
    }),
    rule("government-name", 85, "a sign of government in the name: company, government", |case| {
        case.named(Sign::Government)
    }),
    rule(
        "industry",
        85,
        "its industry is public administration (84: government), education (85), a membership organisation (94: nonprofit), or any other: business",
        |case| case.signs.industry.and_then(industry::kind).map(class),
    ),
    rule(
        "trade-name",
        85,
        "a sign of access, mobile, hosting, VPN or transit in the name: operator of that kind",
        |case| match case.strong? {
            kind @ NameKind::Operator(Some(_)) => Some(named_class(kind)),
            _ => None,
        },
    ),
    rule(
        "nonprofit-name",
        75,
        "a sign of a body that seeks no profit in the name: company, nonprofit",
        |case| case.named(Sign::Nonprofit),
    ),
    rule("business-name", 70, "a sign of a business in the name: company, business", |case| {
        case.named(Sign::Business)
    }),
    rule("large-network", 60, "more than 262,144 IPv4 addresses (a /14): operator", |case| {
        (case.shape().v4_addresses > ACCESS_ADDRESSES).then_some(Class::Operator(None))
    }),
    rule(
        "weak-public-name",
        60,
        "a weak sign of education or government in the name, none of any other kind, and no legal form: company of that kind",
        |case| match case.weak.filter(|_| !case.legal_form)? {
            kind @ NameKind::Company(CompanyKind::Education | CompanyKind::Government) => {
                Some(named_class(kind))
            }
            _ => None,
        },
    ),
    rule("operator-score", 60, "name and network look like an operator's: operator", |case| {
        (case.score() >= OPERATOR_SCORE).then_some(Class::Operator(None))
    }),
    rule(
        "weak-name",
        50,
        "a weak sign of a business or of a body that seeks no profit in the name: company of that kind",
        |case| match case.weak? {
            kind @ NameKind::Company(_) => Some(named_class(kind)),
            NameKind::Operator(_) => None,
        },
    ),
    rule("organisation", 50, "a legal form or register entry: company, business", |case| {
        (case.legal_form || case.signs.registered).then_some(Class::Company(CompanyKind::Business))
    }),
    rule(
        "organisation-word",
        40,
        "a word that only organisations use in the name: company, business",
        |case| {
            let signs = SignSet::OF_ORGANISATIONS;
            let word = case.reading.words().any(|(_, of)| of.has(Sign::Organisation) && of.meets(signs));
            word.then_some(Class::Company(CompanyKind::Business))
        },
    ),
    rule("untold", 30, "anything else: operator", |_| Some(Class::Operator(None))),
];

impl Case<'_> {
    /// Nothing but the name speaks of an organisation, and the network is not so large that it must be one's.
    fn may_be_a_person(&self, addresses: u64) -> bool {
        let shape = self.shape();
        !self.is_organisation() && shape.v4_addresses < addresses && shape.v4_ranges < MANY_RANGES
    }

    /// Registries' rows hold a line of an address here and there where a name should stand.
    fn is_postal_address(&self) -> bool {
        let has_number = self.signs.name.chars().any(|c| c.is_ascii_digit());
        has_number && self.strong.is_none() && self.reading.strong.has(Sign::Address)
    }

    /// The verdict of the name's strongest sign, if that is this one.
    fn named(&self, sign: Sign) -> Option<Class> {
        let strongest = self.strong?;
        (self.reading.strong.has(sign) && super::kind::says(sign) == Some(strongest))
            .then(|| named_class(strongest))
    }
}

fn class(kind: Kind) -> Class {
    match kind {
        Kind::Company(kind) => Class::Company(kind),
        Kind::Operator(kind) => Class::Operator(Some(kind)),
    }
}

fn named_class(kind: NameKind) -> Class {
    match kind {
        NameKind::Company(kind) => Class::Company(kind),
        NameKind::Operator(kind) => Class::Operator(kind),
    }
}
