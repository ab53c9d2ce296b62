//! What importers say: the words that all sources share.

use std::borrow::Cow;

use nameplate::{CompanyKind, OperatorKind};

/// A range of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Range {
    /// IPv4, in host order.
    V4(u32, u32),
    /// IPv6, in host order.
    V6(u128, u128),
}

/// ISO 3166-1 alpha-2 in capitals.
pub(crate) type Country = [u8; 2];

/// One statement of a source.
// A row is passed on and never kept, so that its size is of no account.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub(crate) enum Row<'a> {
    /// About a range.
    Network(NetworkRow<'a>),
    /// About an AS, wherever it is announced.
    System(SystemRow<'a>),
    /// An organisation under the handle by which the same source's network and AS rows name it.
    /// It may come before or after them.
    Party { handle: &'a str, organisation: Organisation<'a> },
    /// A record of a company register. It names no network.
    Register(Organisation<'a>),
    /// A list's member.
    Listed(Listed),
    /// A domain that a list gives a kind.
    ListedDomain { domain: &'a str, name: Option<&'a str>, country: Option<Country>, kind: Kind },
}

/// What is said about a range.
#[derive(Clone, Debug)]
pub(crate) struct NetworkRow<'a> {
    pub(crate) range: Range,
    /// Who holds or uses it, if the source says so.
    pub(crate) holder: Option<Holder<'a>>,
    /// What the holder does with it, if the source says so.
    pub(crate) role: Role,
    /// The AS that announces it, if the source says so.
    pub(crate) system: Option<SystemRow<'a>>,
    /// Where the range is registered, when no holder is named.
    pub(crate) country: Option<Country>,
}

/// A holder, named or by a handle of the same source.
#[derive(Clone, Debug)]
pub(crate) enum Holder<'a> {
    Named(Organisation<'a>),
    Handle(&'a str),
}

/// What a registry says that a range is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Not said.
    #[default]
    Unsaid,
    /// Given to a registry's member to give on (RPSL ALLOCATED, ARIN allocation).
    Allocation,
    /// Given to its user (RPSL ASSIGNED, SUB-ALLOCATED; ARIN assignment, reassignment).
    Assignment,
}

/// What is said about an AS.
#[derive(Clone, Debug)]
pub(crate) struct SystemRow<'a> {
    /// Never 0.
    pub(crate) asn: u32,
    /// Who holds it.
    pub(crate) holder: Option<Holder<'a>>,
    /// Where it is registered, when no holder is named.
    pub(crate) country: Option<Country>,
}

/// An organisation as a source describes it. Texts are trimmed, not empty, and without control
/// characters or bidi marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Organisation<'a> {
    pub(crate) name: Cow<'a, str>,
    /// Former, trading, short and transliterated names.
    pub(crate) other_names: Vec<Cow<'a, str>>,
    pub(crate) country: Option<Country>,
    /// Lower case, without `www.`.
    pub(crate) domain: Option<Cow<'a, str>>,
    pub(crate) kind: Option<Kind>,
    pub(crate) legal_form: Option<Cow<'a, str>>,
    /// An industry's code or words, as the register gives it.
    pub(crate) industry: Option<Cow<'a, str>>,
    /// The register's name (`companies-house`, `kvk`, `sirene`) or a GLEIF registration authority.
    pub(crate) register: Option<Cow<'a, str>>,
    /// The number there.
    pub(crate) register_id: Option<Cow<'a, str>>,
    pub(crate) lei: Option<Cow<'a, str>>,
    /// Definitely a natural person or sole trader: its name must never be shown.
    pub(crate) natural_person: bool,
}

/// What kind of organisation: one that may be a visitor, or one that gives visitors access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Uses its network itself.
    Company(CompanyKind),
    /// Gives others access.
    Operator(OperatorKind),
}

impl Kind {
    /// The kind that answers call by this word.
    pub(crate) fn named(word: &str) -> Option<Kind> {
        let operator = || OperatorKind::from_name(word).map(Kind::Operator);
        CompanyKind::from_name(word).map(Kind::Company).or_else(operator)
    }
}

/// A member of a list, and what the list says it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) subject: Subject,
    pub(crate) kind: Kind,
}

/// What a list can name beside domains.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    System(u32),
    Network(Range),
}

/// Says what a table knows about a range: who holds it, its AS, its country. The organisation's
/// name may be empty: then its country is the range's, and its kind makes the row a list's. Whether
/// there was anything to say.
pub(super) fn say<'a>(
    range: Range,
    organisation: Organisation<'a>,
    system: Option<SystemRow<'a>>,
    each: &mut dyn FnMut(Row<'_>),
) -> bool {
    let (country, kind) = (organisation.country, organisation.kind);
    let holder = Some(organisation).filter(|organisation| !organisation.name.is_empty());
    let country = country.filter(|_| holder.is_none());
    let listed = kind.filter(|_| holder.is_none());
    if let Some(kind) = listed {
        each(Row::Listed(Listed { subject: Subject::Network(range), kind }));
    }
    let named = holder.is_some() || system.is_some() || country.is_some();
    if named {
        let holder = holder.map(Holder::Named);
        each(Row::Network(NetworkRow { range, holder, role: Role::Unsaid, system, country }));
    }
    named || listed.is_some()
}

impl<'a> SystemRow<'a> {
    /// An AS, and its holder where the name is known.
    pub(super) fn held_by(
        asn: u32,
        name: Option<&'a str>,
        domain: Option<String>,
        kind: Option<Kind>,
    ) -> Self {
        let holder = name.map(|name| {
            let domain = domain.map(Cow::Owned);
            Holder::Named(Organisation { name: name.into(), domain, kind, ..Organisation::default() })
        });
        SystemRow { asn, holder, country: None }
    }
}
