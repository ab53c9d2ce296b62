//! The signs that a name carries: which entries of which list under `words/` stand in it.
//!
//! All lists are one automaton over the name's words, so that reading a name is one pass however many
//! lists there are. A name becomes ` ^ graz university of music $ `; then the entries
//!
//! ```text
//! college          is  " college "      a word
//! universi*        is  " universi"      the beginning of a word
//! *bank            is  "bank "          the end of a word
//! *telecom*        is  "telecom"        anywhere
//! ^city of         is  " ^ city of "    at the name's beginning
//! com$             is  " com $ "        at its end
//! ```

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::names::{entries, words};
use super::person_names::is_name;

/// A list under `words/`, or what it is a sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Education,
    Government,
    Nonprofit,
    Business,
    Access,
    Mobile,
    Hosting,
    Vpn,
    Transit,
    Exchange,
    /// Of the operators' trade, of no kind in particular.
    Trade,
    /// Of an organisation, of no kind in particular.
    Organisation,
    /// Of a sole trader.
    SoleTrader,
    /// Form of address, degree, calling of one person.
    Title,
    /// A street, floor or district.
    Address,
}

const LISTS: [(Sign, &str); 15] = [
    (Sign::Education, include_str!("../../words/education.txt")),
    (Sign::Government, include_str!("../../words/government.txt")),
    (Sign::Nonprofit, include_str!("../../words/nonprofit.txt")),
    (Sign::Business, include_str!("../../words/business.txt")),
    (Sign::Access, include_str!("../../words/access.txt")),
    (Sign::Mobile, include_str!("../../words/mobile.txt")),
    (Sign::Hosting, include_str!("../../words/hosting.txt")),
    (Sign::Vpn, include_str!("../../words/vpn.txt")),
    (Sign::Transit, include_str!("../../words/transit.txt")),
    (Sign::Exchange, include_str!("../../words/exchange.txt")),
    (Sign::Trade, include_str!("../../words/trade.txt")),
    (Sign::Organisation, include_str!("../../words/organisation.txt")),
    (Sign::SoleTrader, include_str!("../../words/sole-trader.txt")),
    (Sign::Title, include_str!("../../words/titles.txt")),
    (Sign::Address, include_str!("../../words/address.txt")),
];

/// A set of signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignSet(u16);

impl SignSet {
    /// Says that a name is an organisation's.
    pub(crate) const OF_ORGANISATIONS: SignSet = SignSet((1 << Sign::SoleTrader as u16) - 1);
    /// Says what kind of organisation.
    pub(crate) const OF_KINDS: SignSet = SignSet((1 << Sign::Trade as u16) - 1);

    /// Says that it uses its network itself.
    pub(crate) const OF_COMPANIES: SignSet = SignSet((1 << Sign::Access as u16) - 1);

    pub(crate) fn has(self, sign: Sign) -> bool {
        self.0 >> sign as u16 & 1 == 1
    }

    pub(crate) fn meets(self, other: SignSet) -> bool {
        self.0 & other.0 != 0
    }

    fn add(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u16;
    }

    fn join(&mut self, other: SignSet) {
        self.0 |= other.0;
    }
}

/// A name, read: its words and their signs.
#[derive(Debug)]
pub(crate) struct Reading {
    /// ` ^ graz university of music $ `
    text: String,
    words: Vec<Word>,
    /// Signs that outweigh all others.
    pub(crate) decisive: SignSet,
    /// Signs that count whatever else stands in the name. The decisive ones are among them.
    pub(crate) strong: SignSet,
    /// Signs that count where no strong one does.
    pub(crate) weak: SignSet,
}

#[derive(Debug)]
struct Word {
    place: Range<usize>,
    strong: SignSet,
    weak: SignSet,
}

impl Reading {
    /// Reads a name. Some microseconds for names of usual length.
    pub(crate) fn new(name: &str) -> Reading {
        let (text, places) = spaced(name);
        let words = places.into_iter().map(|place| Word {
            place,
            strong: SignSet::default(),
            weak: SignSet::default(),
        });
        let mut reading = Reading {
            words: words.collect(),
            decisive: SignSet::default(),
            strong: SignSet::default(),
            weak: SignSet::default(),
            text: String::new(),
        };
        let lists = &*ALL;
        for found in lists.automaton.find_overlapping_iter(&text) {
            let entry = lists.entries[found.pattern().as_usize()];
            let first = reading.words.partition_point(|word| word.place.end <= found.start());
            // "Patel" ends like a telephone company: what is a name is no sign by a part of it alone.
            let part_of_a_name = || {
                let is_part = |word: &&Word| word.place.start < found.start() || found.end() < word.place.end;
                reading
                    .words
                    .get(first)
                    .filter(is_part)
                    .is_some_and(|word| is_name(&text[word.place.clone()]))
            };
            if entry.open && part_of_a_name() {
                continue;
            }
            match entry.weight {
                Weight::Weak => reading.weak.add(entry.sign),
                Weight::Strong => reading.strong.add(entry.sign),
                Weight::Decisive => {
                    reading.strong.add(entry.sign);
                    reading.decisive.add(entry.sign);
                }
            }
            for word in reading.words[first..].iter_mut().take_while(|word| word.place.start < found.end()) {
                let signs = if entry.weight == Weight::Weak { &mut word.weak } else { &mut word.strong };
                signs.add(entry.sign);
            }
        }
        reading.text = text;
        reading
    }

    /// Each word, in lower case and without accents, with its signs, strong or weak.
    pub(crate) fn words(&self) -> impl DoubleEndedIterator<Item = (&str, SignSet)> + Clone {
        self.words.iter().map(|word| {
            let mut signs = word.strong;
            signs.join(word.weak);
            (&self.text[word.place.clone()], signs)
        })
    }

    /// The words without a strong sign of a kind, for [`super::score`].
    pub(crate) fn other_words(&self) -> impl Iterator<Item = &str> {
        let plain = |word: &&Word| !word.strong.meets(SignSet::OF_KINDS);
        self.words.iter().filter(plain).map(|word| &self.text[word.place.clone()])
    }
}

/// The text that entries are sought in, and where its words stand.
fn spaced(name: &str) -> (String, Vec<Range<usize>>) {
    let mut text = String::with_capacity(name.len() + 8);
    let mut places = Vec::new();
    text.push_str(" ^ ");
    for word in words(name).iter().flat_map(|word| word.split(['-', '/'])) {
        if !word.is_empty() {
            places.push(text.len()..text.len() + word.len());
            text.push_str(word);
            text.push(' ');
        }
    }
    text.push_str("$ ");
    (text, places)
}

struct Lists {
    automaton: AhoCorasick,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    sign: Sign,
    weight: Weight,
    /// It stands for a part of a word.
    open: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// `?` before the entry.
    Weak,
    Strong,
    /// `!` before the entry.
    Decisive,
}

/// An entry without its weight's mark, and the weight.
fn weighed(entry: &str) -> (&str, Weight) {
    match (entry.strip_prefix('?'), entry.strip_prefix('!')) {
        (Some(entry), _) => (entry, Weight::Weak),
        (_, Some(entry)) => (entry, Weight::Decisive),
        _ => (entry, Weight::Strong),
    }
}

static ALL: LazyLock<Lists> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let mut found = Vec::new();
    for (sign, list) in LISTS {
        for entry in entries(list) {
            let (entry, weight) = weighed(entry);
            patterns.push(pattern(entry));
            found.push(Entry { sign, weight, open: entry.starts_with('*') || entry.ends_with('*') });
        }
    }
    let automaton = AhoCorasick::new(patterns).expect("the lists are small and part of the program");
    Lists { automaton, entries: found }
});

/// An entry as it is sought in the spaced text.
fn pattern(entry: &str) -> String {
    let open_start = entry.starts_with('*');
    let open_end = entry.ends_with('*');
    let first = entry.starts_with('^');
    let last = entry.ends_with('$');
    let (spaced, _) = spaced(entry.trim_matches(['*', '^', '$']));
    let body = spaced.trim_matches([' ', '^', '$']);
    let before = if first {
        " ^ "
    } else if open_start {
        ""
    } else {
        " "
    };
    let after = if last {
        " $ "
    } else if open_end {
        ""
    } else {
        " "
    };
    format!("{before}{body}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strong(name: &str, sign: Sign) -> bool {
        Reading::new(name).strong.has(sign)
    }

    #[test]
    fn an_entry_is_sought_where_it_may_stand() {
        for (entry, sought) in [
            ("college", " college "),
            ("universi*", " universi"),
            ("*bank", "bank "),
            ("*telecom*", "telecom"),
            ("^city of", " ^ city of "),
            ("e.V.$", " ev $ "),
            ("wi-fi", " wi fi "),
        ] {
            assert_eq!(pattern(entry), sought, "{entry}");
        }
    }

    #[test]
    fn signs_are_found_in_many_languages() {
        for (name, sign) in [
            ("Graz University of Music and Performing Arts", Sign::Education),
            ("Technische Hochschule Ingolstadt", Sign::Education),
            ("École Normale Supérieure", Sign::Education),
            ("Prefeitura Municipal de Exemplo", Sign::Government),
            ("Ministerstwo Finansow", Sign::Government),
            ("Chaos Computer Club e.V.", Sign::Nonprofit),
            ("Volksbank Beispiel eG", Sign::Business),
            ("Wi-Fi Beispiel", Sign::Access),
            ("FiberCom Ltd.", Sign::Access),
            ("Host4Geeks LLC", Sign::Hosting),
            ("Beispiel-IX", Sign::Exchange),
            ("Dr. Erika Mustermann", Sign::Title),
            ("FOP Primerov Ivan Ivanovich", Sign::SoleTrader),
        ] {
            assert!(strong(name, sign), "{name}: {sign:?}");
        }
        assert!(!strong("Banksia Growers", Sign::Business));
    }

    #[test]
    fn words_know_their_own_signs() {
        let reading = Reading::new("Erika University");
        let words: Vec<(&str, bool)> =
            reading.words().map(|(word, signs)| (word, signs.meets(SignSet::OF_KINDS))).collect();
        assert_eq!(words, [("erika", false), ("university", true)]);
        assert_eq!(reading.other_words().collect::<Vec<_>>(), ["erika"]);
    }

    /// A pattern without a letter would stand in every name.
    #[test]
    fn no_entry_is_empty_and_none_stands_twice_in_a_list() {
        for (sign, list) in LISTS {
            let mut seen = std::collections::HashSet::new();
            for entry in entries(list) {
                assert!(pattern(weighed(entry).0).chars().any(char::is_alphanumeric), "{sign:?}");
                assert!(seen.insert(entry), "{sign:?}: {entry}");
            }
        }
    }
}
