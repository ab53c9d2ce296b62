//! Evidence: what all sources say about networks, AS numbers and their holders, kept until it can
//! be resolved.
//!
//! Statements about ranges stand in three layers, each of which may overlap itself:
//!
//! ```text
//! holders         who holds or uses a range; lists' words; corrections; reserved blocks
//! announcements   which AS announces it
//! registrations   in which country it is registered
//! ```
//!
//! Memory: 16 bytes for an IPv4 statement, 48 for an IPv6 one, some 60 and its name for a holder.

mod tally;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::flatten::{Claim, Rank};
use crate::import::{
    Country, Holder, Kind, Listed, NetworkRow, Organisation, Range, Role, Row, Subject, SystemRow,
};
use crate::matching::linker::{Links, Outcome};
use crate::organisation::Shape;
use crate::organisation::names::words;

use tally::Tally;

/// Position of a [`Party`].
pub(crate) type PartyId = u32;

/// An organisation that a source names as a holder.
#[derive(Debug, Default)]
pub(crate) struct Party {
    /// Empty while only a handle is known.
    pub(crate) name: Box<str>,
    pub(crate) country: Option<Country>,
    pub(crate) kind: Option<Kind>,
    pub(crate) natural_person: bool,
    /// Country of the first network whose row names this holder by a handle.
    network_country: Option<Country>,
    /// Which sources name it: bit n for the nth.
    pub(crate) sources: u32,
    pub(crate) details: Option<Box<Details>>,
}

/// What only few sources know of a holder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) domain: Option<Box<str>>,
    pub(crate) legal_form: Option<Box<str>>,
    pub(crate) industry: Option<Box<str>>,
    pub(crate) register: Option<Box<str>>,
    pub(crate) register_id: Option<Box<str>>,
    pub(crate) lei: Option<Box<str>>,
}

impl Details {
    /// These, and where something is not known, the other's.
    fn or(self, other: Details) -> Details {
        Details {
            domain: self.domain.or(other.domain),
            legal_form: self.legal_form.or(other.legal_form),
            industry: self.industry.or(other.industry),
            register: self.register.or(other.register),
            register_id: self.register_id.or(other.register_id),
            lei: self.lei.or(other.lei),
        }
    }
}

/// An AS.
#[derive(Debug, Default)]
pub(crate) struct System {
    /// Who holds it.
    pub(crate) holder: Option<PartyId>,
    /// The source that says so.
    named_by: Option<u8>,
    pub(crate) country: Option<Country>,
    /// What lists say of it.
    pub(crate) listed: Vec<Kind>,
    /// What it announces.
    pub(crate) shape: Shape,
    /// Which sources name it.
    pub(crate) sources: u32,
}

/// What a claim about a range says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Statement {
    /// It is held by a party.
    Held { party: PartyId, role: Role, source: u8 },
    /// It is announced by an AS.
    Announced { asn: u32, source: u8 },
    /// It is registered in a country.
    Registered { country: Country },
    /// A list says what it is used for.
    Listed { kind: Kind, source: u8 },
    /// A correction: its position.
    Corrected(u32),
    /// A special-purpose block: its position.
    Reserved(u32),
    /// It must not be shown.
    Suppressed,
}

/// Claims of both families.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub(crate) v4: Vec<Claim<u32, u32>>,
    pub(crate) v6: Vec<Claim<u128, u32>>,
}

impl Claims {
    pub(crate) fn push(&mut self, range: Range, rank: Rank, value: u32) {
        match range {
            Range::V4(first, last) => self.v4.push(Claim { first, last, rank, value }),
            Range::V6(first, last) => self.v6.push(Claim { first, last, rank, value }),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        (self.v4.len() + self.v6.len()) as u64
    }
}

/// All evidence of a build.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) parties: Vec<Party>,
    pub(crate) systems: HashMap<u32, System>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) holders: Claims,
    pub(crate) announcements: Claims,
    pub(crate) registrations: Claims,
    /// What lists say of domains.
    domains: HashMap<Box<str>, Kind>,
    /// What the same lists say of the organisations that they name with a domain: the words of the
    /// name, and the country.
    listed_names: HashMap<String, (Option<Country>, Kind)>,
    statement_ids: HashMap<Statement, u32>,
    by_handle: HashMap<(u8, Box<str>), PartyId>,
    by_name: HashTable<PartyId>,
    hasher: DefaultHashBuilder,
}

impl Evidence {
    /// Takes one row of a source. Register records are not evidence about networks: they are
    /// compared with the holders afterwards.
    pub(crate) fn take(&mut self, row: Row<'_>, source: u8) {
        match row {
            Row::Network(row) => self.network(&row, source),
            Row::System(row) => self.system(&row, source),
            Row::Party { handle, organisation } => {
                let party = self.handle(handle, source);
                self.describe(party, &organisation, source);
            }
            Row::Listed(Listed { subject: Subject::System(asn), kind }) => {
                let listed = &mut self.systems.entry(asn).or_default().listed;
                if !listed.contains(&kind) {
                    listed.push(kind);
                }
            }
            Row::Listed(Listed { subject: Subject::Network(range), kind }) => {
                self.claim(range, Rank::Source, Statement::Listed { kind, source });
            }
            Row::ListedDomain { domain, name, country, kind } => {
                self.domains.entry(domain.into()).or_insert(kind);
                if let Some(name) = name {
                    self.listed_names.entry(words(name).join(" ")).or_insert((country, kind));
                }
            }
            Row::Register(_) => {}
        }
    }

    /// Claims in the layer of holders.
    pub(crate) fn claim(&mut self, range: Range, rank: Rank, statement: Statement) {
        let value = self.statement(statement);
        self.holders.push(range, rank, value);
    }

    /// What lists of domains say of a party: by its domain, or by its name in its country.
    pub(crate) fn listed_as(&self, party: &Party) -> Option<Kind> {
        let domain = party.details.as_deref().and_then(|details| details.domain.as_deref());
        if let Some(kind) = domain.and_then(|domain| self.domains.get(domain)) {
            return Some(*kind);
        }
        if self.listed_names.is_empty() {
            return None;
        }
        let (country, kind) = self.listed_names.get(&words(&party.name).join(" "))?;
        let contradicts = country.is_some() && party.country.is_some() && *country != party.country;
        (!contradicts).then_some(*kind)
    }

    /// The layers of holders and announcements, to be swept; the rest of the evidence stays.
    pub(crate) fn take_layers(&mut self) -> (Claims, Claims) {
        (std::mem::take(&mut self.holders), std::mem::take(&mut self.announcements))
    }

    /// The holders that a register may know: named, not known to be a person, and without a
    /// register's number of their own. Number, name, country.
    pub(crate) fn unlinked(&self) -> impl Iterator<Item = (PartyId, &str, Option<Country>)> {
        let wanted = |party: &Party| {
            let details = party.details.as_deref();
            let numbered = |details: &Details| details.lei.is_some() || details.register_id.is_some();
            !party.name.is_empty() && !party.natural_person && !details.is_some_and(numbered)
        };
        let parties = self.parties.iter().zip(0..).filter(move |(party, _)| wanted(party));
        parties.map(|(party, id)| (id, &*party.name, party.country))
    }

    /// Adds to the holders what the registers know of them; returns how many were linked.
    pub(crate) fn link(&mut self, links: &Links) -> u64 {
        let mut linked = 0;
        for (holder, outcome) in links.iter() {
            let party = &mut self.parties[*holder as usize];
            match outcome {
                Outcome::Link(link) => {
                    linked += 1;
                    let registered = details(&link.record).unwrap_or_default();
                    let known = party.details.take().map(|details| *details).unwrap_or_default();
                    party.details = Some(Box::new(known.or(registered)));
                    party.kind = party.kind.or(link.record.kind);
                    party.sources |= link.sources;
                }
                Outcome::Person => party.natural_person = true,
                Outcome::Ambiguous | Outcome::None => {}
            }
        }
        linked
    }

    /// Gives an AS of unknown country the one in which most of what it announces is registered, and
    /// its holder the country of the AS.
    pub(crate) fn settle_countries(&mut self) {
        let mut tally = Tally::default();
        let Claims { v4, v6 } = std::mem::take(&mut self.registrations);
        tally.sweep(v4, &mut self.announcements.v4, &self.statements, |count: u32| u64::from(count) + 1);
        // An IPv6 network is counted in /48s: addresses would overflow.
        tally.sweep(v6, &mut self.announcements.v6, &self.statements, |count| (count >> 80) as u64 + 1);
        for (asn, country) in tally.countries() {
            let system = self.systems.entry(asn).or_default();
            system.country = system.country.or(Some(country));
        }
        for party in &mut self.parties {
            party.country = party.country.or(party.network_country);
        }
        for system in self.systems.values() {
            if let Some(party) = system.holder {
                let party = &mut self.parties[party as usize];
                party.country = party.country.or(system.country);
            }
        }
    }

    fn network(&mut self, row: &NetworkRow<'_>, source: u8) {
        if let Some(system) = &row.system {
            self.system(system, source);
            let shape = &mut self.systems.entry(system.asn).or_default().shape;
            match row.range {
                Range::V4(first, last) => shape.add_v4(first, last),
                Range::V6(first, last) => shape.add_v6(first, last),
            }
            let value = self.statement(Statement::Announced { asn: system.asn, source });
            self.announcements.push(row.range, Rank::Source, value);
        }
        if let Some(holder) = &row.holder {
            let party = self.party(holder, source);
            if let Holder::Handle(_) = holder {
                // The organisation's own country, if its object gives one, comes first.
                let hint = &mut self.parties[party as usize].network_country;
                *hint = hint.or(row.country);
            }
            self.claim(row.range, Rank::Source, Statement::Held { party, role: row.role, source });
        }
        if row.holder.is_none()
            && row.system.is_none()
            && let Some(country) = row.country
        {
            let value = self.statement(Statement::Registered { country });
            self.registrations.push(row.range, Rank::Source, value);
        }
    }

    fn system(&mut self, row: &SystemRow<'_>, source: u8) {
        // Of a source its first word stays; a later source, which is no less trusted, replaces it.
        let known = self.systems.get(&row.asn).filter(|system| system.named_by == Some(source));
        let known = known.and_then(|system| system.holder);
        let holder = match (&row.holder, known) {
            (_, Some(party)) => Some(party),
            (Some(Holder::Handle(handle)), None) => Some(self.handle(handle, source)),
            // A name alone does not make the holders of two AS numbers one.
            (Some(Holder::Named(organisation)), None) => Some(self.add_party(organisation, source)),
            (None, None) => None,
        };
        let system = self.systems.entry(row.asn).or_default();
        if holder.is_some() {
            system.holder = holder;
            system.named_by = Some(source);
        }
        system.country = row.country.or(system.country);
        system.sources |= 1 << source;
    }

    fn party(&mut self, holder: &Holder<'_>, source: u8) -> PartyId {
        match holder {
            Holder::Handle(handle) => self.handle(handle, source),
            Holder::Named(organisation) => self.named(organisation, source),
        }
    }

    fn handle(&mut self, handle: &str, source: u8) -> PartyId {
        if let Some(party) = self.by_handle.get(&(source, Box::from(handle))) {
            return *party;
        }
        let party = self.parties.len() as PartyId;
        self.parties.push(Party::default());
        self.by_handle.insert((source, handle.into()), party);
        party
    }

    /// The party of a name: two rows with the same name, country, domain and register number mean one.
    fn named(&mut self, organisation: &Organisation<'_>, source: u8) -> PartyId {
        let hash = self.hasher.hash_one(&*organisation.name);
        let same = |party: &PartyId| {
            let party = &self.parties[*party as usize];
            *party.name == *organisation.name
                && party.country == organisation.country
                && party.kind == organisation.kind
                && party.details.as_deref() == details(organisation).as_ref()
        };
        if let Some(party) = self.by_name.find(hash, same) {
            self.parties[*party as usize].sources |= 1 << source;
            return *party;
        }
        let party = self.add_party(organisation, source);
        let (parties, hasher) = (&self.parties, &self.hasher);
        self.by_name.insert_unique(hash, party, |party| hasher.hash_one(&*parties[*party as usize].name));
        party
    }

    fn add_party(&mut self, organisation: &Organisation<'_>, source: u8) -> PartyId {
        let party = self.parties.len() as PartyId;
        self.parties.push(Party::default());
        self.describe(party, organisation, source);
        party
    }

    /// Writes down what a source says of a party. What is known already stays.
    fn describe(&mut self, party: PartyId, organisation: &Organisation<'_>, source: u8) {
        let party = &mut self.parties[party as usize];
        if party.name.is_empty() {
            party.name = (&*organisation.name).into();
        }
        party.country = party.country.or(organisation.country);
        party.kind = party.kind.or(organisation.kind);
        party.natural_person |= organisation.natural_person;
        party.sources |= 1 << source;
        if party.details.is_none() {
            party.details = details(organisation).map(Box::new);
        }
    }

    fn statement(&mut self, statement: Statement) -> u32 {
        let next = self.statements.len() as u32;
        let id = *self.statement_ids.entry(statement).or_insert(next);
        if id == next {
            self.statements.push(statement);
        }
        id
    }
}

/// The details of an organisation, if it has any.
pub(crate) fn details(organisation: &Organisation<'_>) -> Option<Details> {
    let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(Box::from);
    let details = Details {
        domain: own(&organisation.domain),
        legal_form: own(&organisation.legal_form),
        industry: own(&organisation.industry),
        register: own(&organisation.register),
        register_id: own(&organisation.register_id),
        lei: own(&organisation.lei),
    };
    (details != Details::default()).then_some(details)
}
