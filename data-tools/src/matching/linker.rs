//! Links holders of networks to records of company registers.
//!
//! The holders, of which there are thousands to millions, are indexed by their rarest words; the
//! records, of which there are millions, stream by, and each is compared with the few holders that
//! share a rare word with it. Memory grows with the holders alone, time with the records.
//!
//! A link is stricter than "the same name": see [`Linker::judge`].

use std::borrow::Cow;

use hashbrown::HashMap;

use super::name::{Forms, Name};
use super::score::{self, Likeness, Weights};
use crate::import::{Country, Organisation};

/// Below this probability there is no link. A slip in a word of nine letters is above it, one in a
/// shorter word below, and so is any word too many.
pub(crate) const LINK: f64 = 0.97;

/// A word that stands in more holders' names than this finds none of them: it says too little, and
/// comparing with so many would make the time grow with the holders.
const MOST_HOLDERS: usize = 100;
/// How many of a holder's words, its rarest, find it.
const KEYS: usize = 2;
/// Shared words that weigh less than this are common ones, of which many have their name: then the
/// legal form has to be the same, too.
const THIN: f64 = 0.6;
/// Scores that differ by less than one step are equal.
const STEPS: f64 = 200.0;

/// Number of a holder; the caller's.
pub(crate) type HolderId = u32;

/// What became of a holder.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Outcome {
    /// No record has its name.
    #[default]
    None,
    Link(Box<Link>),
    /// Two records have its name; which one it is can't be told.
    Ambiguous,
    /// A register has its name as a natural person's: it must not be shown.
    Person,
}

/// The record that a holder is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    /// All that the register says.
    pub(crate) record: Organisation<'static>,
    /// Which sources say it: bit n for the nth.
    pub(crate) sources: u32,
    /// The probability that the names are one organisation's, less a little for a legal form that
    /// is missing or translated; at least [`LINK`].
    pub(crate) score: f64,
}

/// The outcomes of all holders.
#[derive(Debug, Default)]
pub(crate) struct Links(Vec<(HolderId, Outcome)>);

impl Links {
    /// What became of a holder.
    #[cfg(test)]
    pub(crate) fn get(&self, holder: HolderId) -> &Outcome {
        match self.0.binary_search_by_key(&holder, |(id, _)| *id) {
            Ok(index) => &self.0[index].1,
            Err(_) => &Outcome::None,
        }
    }

    /// All holders, by their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(HolderId, Outcome)> {
        self.0.iter()
    }
}

/// Whether a link needs the holder's country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountryRule {
    /// It must be known and the record's.
    Required,
    /// Names alone decide. For measuring; a link found so is not to be shown.
    Ignored,
}

/// The holders and what the records so far say of them.
pub(crate) struct Linker {
    rule: CountryRule,
    holders: Vec<Holder>,
    /// A place in `lists` for each rare word, and for each name without spaces.
    index: HashMap<Box<str>, u32>,
    lists: Vec<Vec<u32>>,
    /// The last record that a holder was compared with.
    seen: Vec<u32>,
    names_seen: u32,
}

struct Holder {
    id: HolderId,
    name: Name,
    country: Option<Country>,
    best: Option<(i32, Box<Link>)>,
    ambiguous: bool,
    person: bool,
}

impl Linker {
    /// Indexes the holders. Some 700 bytes with its link, and ten microseconds, for each.
    pub(crate) fn new<'a>(
        holders: impl Iterator<Item = (HolderId, &'a str, Option<Country>)>,
        rule: CountryRule,
    ) -> Linker {
        let holders: Vec<Holder> = holders
            .filter(|(_, _, country)| country.is_some() || rule == CountryRule::Ignored)
            .map(|(id, name, country)| Holder {
                id,
                name: Name::new(name),
                country,
                best: None,
                ambiguous: false,
                person: false,
            })
            .collect();
        let mut linker = Linker {
            rule,
            seen: vec![0; holders.len()],
            holders,
            index: HashMap::new(),
            lists: Vec::new(),
            names_seen: 0,
        };
        linker.index();
        linker
    }

    fn index(&mut self) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for word in self.holders.iter().flat_map(|holder| holder.name.words()) {
            *counts.entry(word).or_default() += 1;
        }
        for (number, holder) in self.holders.iter().enumerate() {
            let mut words: Vec<(u32, &str)> = holder.name.words().map(|word| (counts[word], word)).collect();
            words.sort_unstable();
            words.dedup();
            words.retain(|(count, _)| *count as usize <= MOST_HOLDERS);
            let glued = holder.name.glued();
            let keys = words.iter().take(KEYS).map(|(_, word)| *word);
            for key in keys.filter(|word| *word != glued).chain([glued]) {
                let list = self.index.get(key).copied().unwrap_or_else(|| {
                    self.lists.push(Vec::new());
                    self.index.insert(key.into(), self.lists.len() as u32 - 1);
                    self.lists.len() as u32 - 1
                });
                self.lists[list as usize].push(number as u32);
            }
        }
    }

    /// Compares a register's record with the holders that may be it. Some microseconds; at most
    /// [`MOST_HOLDERS`] holders for each of its words.
    pub(crate) fn offer(&mut self, record: &Organisation<'_>, source: u8) {
        if record.country.is_none() && self.rule == CountryRule::Required {
            return;
        }
        self.offer_name(&record.name, record, source, 0);
        for name in &record.other_names {
            self.offer_name(name, record, source, 1);
        }
    }

    /// A name that is not the record's first counts a step less.
    fn offer_name(&mut self, name: &str, record: &Organisation<'_>, source: u8, less: i32) {
        let name = Name::new(name);
        self.names_seen = self.names_seen.wrapping_add(1);
        for key in name.words().chain([name.glued()]) {
            let Some(list) = self.index.get(key) else { continue };
            // The list of names that are equal without their spaces has no limit; equal names in one
            // country are few.
            for number in &self.lists[*list as usize] {
                let holder = &mut self.holders[*number as usize];
                let seen = &mut self.seen[*number as usize];
                if *seen == self.names_seen
                    || (self.rule == CountryRule::Required && holder.country != record.country)
                {
                    continue;
                }
                *seen = self.names_seen;
                if record.natural_person {
                    holder.person |= !holder.name.has_form() && holder.name.glued() == name.glued();
                } else if let Some(score) = judge(&holder.name, &name, record.country) {
                    holder.keep(record, source, score, less);
                }
            }
        }
    }

    /// What the records have shown.
    pub(crate) fn finish(self) -> Links {
        let outcome = |holder: Holder| match holder.best {
            _ if holder.person => (holder.id, Outcome::Person),
            _ if holder.ambiguous => (holder.id, Outcome::Ambiguous),
            Some((_, link)) => (holder.id, Outcome::Link(link)),
            None => (holder.id, Outcome::None),
        };
        let mut links: Vec<(HolderId, Outcome)> = self.holders.into_iter().map(outcome).collect();
        links.sort_by_key(|(id, _)| *id);
        Links(links)
    }
}

/// The score of a holder and a record that may be it, if it is good enough for a link. Beyond the
/// names' likeness:
///
/// - Both have the same numbers. The labels that the weights are learned from call `Fund IV` and
///   `Fund V` the same; a register does not.
/// - A place that one name has more must be the record's country: `Foo Deutschland` is `Foo` in
///   Germany, and no other `Foo`.
/// - Two legal forms of the record's country that differ are two companies; an English word for the
///   country's form is a translation.
/// - The words stand in the same order, and a slip is forgiven only where the legal form and the cut into
///   words are the same.
/// - If all they share is common words, the legal form is the same.
fn judge(holder: &Name, record: &Name, country: Option<Country>) -> Option<f64> {
    // One word may be misspelled; of names with more words apart, only those that are cut otherwise are alike.
    const MOST_APART: u32 = 2;
    if holder.glued() != record.glued() && holder.words_apart(record) > MOST_APART
        || holder.numbers() != record.numbers()
    {
        return None;
    }
    let Likeness { mut differences, shared, in_order } = score::likeness(holder, record);
    let same_form = holder.compare_forms(record) == Forms::Same;
    let slip = differences[score::TYPO] > 0.0;
    if !in_order || slip && (!same_form || holder.len() != record.len()) {
        return None;
    }
    if differences[score::PLACE_ADDED] > 0.0 {
        let country = country?;
        let beside = |name: &Name| name.places_beside(country).count();
        if beside(holder) != beside(record) {
            return None;
        }
        differences[score::PLACE_ADDED] = 0.0;
        differences[score::THIN] = 0.0;
    }
    let probability = Weights::learned().probability(&differences);
    let less = match holder.compare_forms(record) {
        Forms::Same => 0.0,
        _ if shared < THIN => return None,
        Forms::OneMissing => 1.0 / STEPS,
        Forms::Alike => {
            if !is_translation(holder, record, country?) {
                return None;
            }
            1.0 / STEPS
        }
        Forms::Different => return None,
    };
    (probability - less >= LINK).then_some(probability - less)
}

/// Whether one of two legal forms is an English word for the other, which is the country's:
/// `Foo Ltd.` for a Polish Sp. z o.o. Where the law speaks English nobody translates.
fn is_translation(a: &Name, b: &Name, country: Country) -> bool {
    const ENGLISH: [Country; 4] = [*b"GB", *b"US", *b"AU", *b"IN"];
    let is_english = |name: &Name| ENGLISH.iter().any(|country| name.has_form_of(*country));
    let translates =
        |own: &Name, other: &Name| own.has_form_of(country) && !is_english(own) && is_english(other);
    translates(a, b) || translates(b, a)
}

impl Link {
    /// Another source's record of the same company.
    fn add(&mut self, other: &Organisation<'_>, sources: u32) {
        fill(&mut self.record, other);
        self.sources |= sources;
    }
}

impl Holder {
    fn keep(&mut self, record: &Organisation<'_>, source: u8, score: f64, less: i32) {
        let level = (score * STEPS).round() as i32 - less;
        match &mut self.best {
            Some((best, link)) if *best == level => {
                if same_record(&link.record, record) {
                    link.add(record, 1 << source);
                } else {
                    self.ambiguous = true;
                }
            }
            Some((best, link)) if *best > level => {
                // Another register's record of the same company adds what it knows.
                if same_record(&link.record, record) {
                    link.add(record, 1 << source);
                }
            }
            worse => {
                let mut kept = Link { record: owned(record), sources: 1 << source, score };
                if let Some((_, link)) = worse
                    && same_record(&link.record, record)
                {
                    kept.add(&link.record, link.sources);
                }
                *worse = Some((level, Box::new(kept)));
                self.ambiguous = false;
            }
        }
    }
}

/// Whether two records are one company's: by the LEI where both have one, else by the number in a
/// register, whose name and leading zeros differ from source to source.
fn same_record(a: &Organisation<'_>, b: &Organisation<'_>) -> bool {
    if let (Some(lei), Some(other)) = (&a.lei, &b.lei) {
        return lei == other;
    }
    let number = |record: &Organisation<'_>| {
        record.register_id.as_ref().map(|number| number.trim_start_matches('0').to_ascii_uppercase())
    };
    a.country == b.country && number(a).is_some() && number(a) == number(b)
}

/// Adds to a record what another one of the same company knows beyond it.
fn fill(record: &mut Organisation<'static>, other: &Organisation<'_>) {
    fn text(fact: &mut Option<Cow<'static, str>>, other: Option<&Cow<'_, str>>) {
        if fact.is_none() {
            *fact = owned_text(other);
        }
    }
    text(&mut record.domain, other.domain.as_ref());
    text(&mut record.legal_form, other.legal_form.as_ref());
    text(&mut record.industry, other.industry.as_ref());
    text(&mut record.lei, other.lei.as_ref());
    record.kind = record.kind.or(other.kind);
    if record.register_id.is_none() {
        text(&mut record.register, other.register.as_ref());
        text(&mut record.register_id, other.register_id.as_ref());
    }
}

fn owned_text(text: Option<&Cow<'_, str>>) -> Option<Cow<'static, str>> {
    text.map(|text| Cow::Owned(text.clone().into_owned()))
}

fn owned(record: &Organisation<'_>) -> Organisation<'static> {
    Organisation {
        name: Cow::Owned(record.name.clone().into_owned()),
        other_names: Vec::new(),
        country: record.country,
        domain: owned_text(record.domain.as_ref()),
        kind: record.kind,
        legal_form: owned_text(record.legal_form.as_ref()),
        industry: owned_text(record.industry.as_ref()),
        register: owned_text(record.register.as_ref()),
        register_id: owned_text(record.register_id.as_ref()),
        lei: owned_text(record.lei.as_ref()),
        natural_person: record.natural_person,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(name: &'static str, country: Option<Country>, lei: &'static str) -> Organisation<'static> {
        Organisation { name: name.into(), country, lei: Some(lei.into()), ..Organisation::default() }
    }

    /// The outcome for one holder.
    fn outcome(holder: &str, country: Option<Country>, records: &[Organisation<'_>]) -> Outcome {
        let mut linker = Linker::new([(7, holder, country)].into_iter(), CountryRule::Required);
        for record in records {
            linker.offer(record, 0);
        }
        linker.finish().get(7).clone()
    }

    fn lei(outcome: &Outcome) -> Option<&str> {
        match outcome {
            Outcome::Link(link) => link.record.lei.as_deref(),
            _ => None,
        }
    }

    const DE: Option<Country> = Some(*b"DE");

    #[test]
    fn the_same_name_in_the_same_country_is_a_link() {
        for (holder, name) in [
            ("Foobar GmbH", "FOOBAR GMBH"),
            ("Foobar GmbH", "Foobar Gesellschaft mit beschränkter Haftung"),
            ("Foobar", "Foobar GmbH"),
            ("Foobar Ltd.", "Foobar GmbH"),
            ("Foobar LLC", "Foobar GmbH"),
            ("Foobar Deutschland GmbH", "Foobar GmbH"),
            ("Foobar Germany GmbH", "Foobar Deutschland GmbH"),
            ("Foo-Bar Netze GmbH", "Foobar Netze GmbH"),
            ("Foobarquuxbaz Netze GmbH", "Foobarquuxbax Netze GmbH"),
        ] {
            assert_eq!(lei(&outcome(holder, DE, &[record(name, DE, "L1")])), Some("L1"), "{holder} | {name}");
        }
    }

    #[test]
    fn what_may_be_another_company_is_no_link() {
        for (holder, country, name, other_country) in [
            ("Foobar GmbH", DE, "Foobar GmbH", Some(*b"AT")),
            ("Foobar GmbH", None, "Foobar GmbH", DE),
            ("Foobar GmbH", DE, "Foobar GmbH", None),
            ("Foobar GmbH", DE, "Foobar AG", DE),
            ("Foobar SAS", DE, "Foobar GmbH", DE),
            ("Foobar SE", DE, "Foobar GmbH", DE),
            ("Foobar Inc", Some(*b"US"), "Foobar LLC", Some(*b"US")),
            ("Foobar Corporation", Some(*b"AU"), "Foobar Pty Ltd", Some(*b"AU")),
            ("Foobar GmbH", DE, "Foobar Schweiz GmbH", DE),
            ("Foobar 1 GmbH", DE, "Foobar 2 GmbH", DE),
            ("Foobar IV GmbH", DE, "Foobar V GmbH", DE),
            ("Foobar GmbH", DE, "Foobar Holding GmbH", DE),
            ("Foobar GmbH", DE, "Foobaz GmbH", DE),
            // Once taken for a slip in names that are cut differently.
            ("NAB Investment Holdings GmbH", DE, "M & A Investment Holdings GmbH", DE),
            ("Foobars Netze GmbH", DE, "Foobarx Netze GmbH", DE),
            ("Foobar Quux GmbH", DE, "Quux Foobar GmbH", DE),
            ("Global Services", DE, "Global Services GmbH", DE),
        ] {
            let found = outcome(holder, country, &[record(name, other_country, "L1")]);
            assert_eq!(found, Outcome::None, "{holder} | {name}");
        }
    }

    #[test]
    fn two_records_of_one_name_are_no_link_unless_they_are_one_company() {
        let (first, second) = (record("Foobar GmbH", DE, "L1"), record("FOOBAR GmbH", DE, "L2"));
        assert_eq!(outcome("Foobar GmbH", DE, &[first.clone(), second.clone()]), Outcome::Ambiguous);
        assert_eq!(outcome("Foobar GmbH", DE, &[second, first.clone()]), Outcome::Ambiguous);
        let numbered = Organisation { register_id: Some("0012".into()), ..first };
        let other = Organisation {
            name: "Foobar GmbH".into(),
            country: DE,
            register_id: Some("12".into()),
            industry: Some("62.01".into()),
            ..Organisation::default()
        };
        let found = outcome("Foobar GmbH", DE, &[numbered, other]);
        let Outcome::Link(link) = found else { panic!("{found:?}") };
        assert_eq!(
            (link.record.lei.as_deref(), link.record.industry.as_deref()),
            (Some("L1"), Some("62.01"))
        );
    }

    #[test]
    fn the_record_with_the_legal_form_of_the_holder_is_the_better_one() {
        let records = [record("Foobar", DE, "L1"), record("Foobar GmbH", DE, "L2")];
        assert_eq!(lei(&outcome("Foobar GmbH", DE, &records)), Some("L2"));
        assert_eq!(lei(&outcome("Foobar", DE, &records)), Some("L1"));
    }

    #[test]
    fn a_natural_person_of_the_name_forbids_it() {
        let person = Organisation { natural_person: true, ..record("Foobar", DE, "L1") };
        let company = record("Foobar", DE, "L2");
        assert_eq!(outcome("Foobar", DE, &[company.clone(), person.clone()]), Outcome::Person);
        assert_eq!(outcome("Foobar", DE, std::slice::from_ref(&person)), Outcome::Person);
        // A legal form says that the holder is not that person.
        assert_eq!(lei(&outcome("Foobar GmbH", DE, &[person, company])), Some("L2"));
    }

    #[test]
    fn former_names_link_where_no_present_name_does() {
        let former =
            Organisation { other_names: vec!["Foobar GmbH".into()], ..record("Quux GmbH", DE, "L1") };
        assert_eq!(lei(&outcome("Foobar GmbH", DE, std::slice::from_ref(&former))), Some("L1"));
        let present = record("Foobar GmbH", DE, "L2");
        assert_eq!(lei(&outcome("Foobar GmbH", DE, &[former, present])), Some("L2"));
    }

    #[test]
    fn a_common_word_finds_nobody_but_equal_names() {
        let names: Vec<String> = (0..2 * MOST_HOLDERS).map(|i| format!("Foobar {i}x{i}")).collect();
        let holders = names.iter().enumerate().map(|(i, name)| (i as u32, name.as_str(), DE));
        let mut linker = Linker::new(holders.chain([(999, "Foobar", DE)]), CountryRule::Required);
        assert!(linker.lists[linker.index["foobar"] as usize].len() == 1);
        linker.offer(&record("Foobar", DE, "L1"), 0);
        assert_eq!(lei(linker.finish().get(999)), Some("L1"));
    }

    proptest! {
        #[test]
        fn the_order_of_records_does_not_matter(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
            let names = ["Foobar", "Foobar GmbH", "Foobar Ltd", "Quux GmbH", "Quux", "Quux AG"];
            let leis = ["L0", "L1", "L2", "L3", "L4", "L5"];
            let holders = ["Foobar", "Foobar GmbH", "Quux", "Quux AG", "Quux SE"];
            let links = |order: &[usize]| -> Vec<(HolderId, Outcome)> {
                let numbered = (0..).zip(holders).map(|(number, name)| (number, name, DE));
                let mut linker = Linker::new(numbered, CountryRule::Required);
                for index in order {
                    linker.offer(&record(names[*index], DE, leis[*index]), 0);
                }
                linker.finish().0
            };
            prop_assert_eq!(links(&order), links(&[0, 1, 2, 3, 4, 5]));
        }

        #[test]
        fn any_text_may_be_a_holder_or_a_record(holder in any::<String>(), name in any::<String>()) {
            let mut linker = Linker::new([(1, holder.as_str(), DE)].into_iter(), CountryRule::Required);
            linker.offer(&Organisation { name: name.into(), country: DE, ..Organisation::default() }, 0);
            linker.finish();
        }
    }
}
