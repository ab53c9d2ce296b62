//! A name as it is compared: its words without the legal form, weighed, places and numbers known.

use std::ops::Range;

use super::vocabulary::{self, Place};
use crate::import::Country;
use crate::organisation::legal_form::{self, FormKind, form_of};
use crate::organisation::normal::Words;

/// Words beyond these are not compared. Names of more are rare, and comparing is quadratic.
const MOST_WORDS: usize = 24;

/// A name ready to be compared. About 150 bytes for a name of four words.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    text: Box<str>,
    words: Box<[Word]>,
    /// The legal forms that its form's spelling may stand for; empty without one.
    forms: &'static [u16],
    /// See [`Name::words_apart`].
    signature: u64,
}

#[derive(Clone, Copy, Debug)]
struct Word {
    start: u16,
    end: u16,
    weight: f32,
    meaning: Meaning,
}

/// What a word of a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Word,
    /// A number; its text is its digits, however it was written.
    Number,
    Place(Place),
}

impl Name {
    /// Makes a name ready. About two microseconds.
    pub(crate) fn new(name: &str) -> Name {
        let words = Words::of(name);
        let all: Vec<&str> = words.iter().collect();
        let found = legal_form::all_in(&all);
        let core: Vec<&str> = legal_form::without(all.len(), &found)
            .into_iter()
            .flat_map(|range| &all[range])
            .copied()
            .collect();
        let proper = found.iter().find(|found| found.forms().any(|form| form.kind != FormKind::Style));
        let mut made =
            Maker { text: String::with_capacity(name.len()), words: Vec::with_capacity(core.len()) };
        made.add_all(&core, true);
        if made.words.is_empty() {
            made.add_all(&core, false);
        }
        Name {
            signature: made.signature(),
            text: made.text.into(),
            words: made.words.into(),
            forms: proper.map_or(&[][..], |found| found.forms),
        }
    }

    /// The words that are compared, in order.
    pub(crate) fn words(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.words.iter().map(|word| self.text_of(word))
    }

    /// The words that are neither numbers nor places.
    pub(crate) fn plain_words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter(|word| word.meaning == Meaning::Word).map(|word| self.text_of(word))
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn word(&self, index: usize) -> &str {
        self.text_of(&self.words[index])
    }

    pub(super) fn weight(&self, index: usize) -> f32 {
        self.words[index].weight
    }

    pub(super) fn meaning(&self, index: usize) -> Meaning {
        self.words[index].meaning
    }

    fn text_of(&self, word: &Word) -> &str {
        &self.text[usize::from(word.start)..usize::from(word.end)]
    }

    /// The words without spaces.
    pub(crate) fn glued(&self) -> &str {
        &self.text
    }

    /// At least so many words stand in one of the names only, places left out. Costs nothing: each word
    /// sets one of 64 bits.
    pub(super) fn words_apart(&self, other: &Name) -> u32 {
        (self.signature ^ other.signature).count_ones()
    }

    /// The numbers in it, sorted.
    pub(crate) fn numbers(&self) -> Vec<&str> {
        let numbers = (0..self.len()).filter(|index| self.meaning(*index) == Meaning::Number);
        let mut numbers: Vec<&str> = numbers.map(|index| self.word(index)).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Whether it carries a legal form.
    pub(crate) fn has_form(&self) -> bool {
        !self.forms.is_empty()
    }

    /// Whether its legal form is one of a country's.
    pub(super) fn has_form_of(&self, country: Country) -> bool {
        self.forms.iter().any(|form| form_of(*form).countries.iter().any(|(known, _)| *known == country))
    }

    /// The countries and other places in it that are not the given one.
    pub(super) fn places_beside(&self, country: Country) -> impl Iterator<Item = Place> {
        self.words.iter().filter_map(move |word| match word.meaning {
            Meaning::Place(place) if place.country != Some(country) => Some(place),
            _ => None,
        })
    }

    /// Whether both carry a legal form, and what that says.
    pub(super) fn compare_forms(&self, other: &Name) -> Forms {
        match (self.forms, other.forms) {
            ([], []) => Forms::Same,
            ([], _) | (_, []) => Forms::OneMissing,
            (some, others) if some.iter().any(|form| others.contains(form)) => Forms::Same,
            (some, others) => {
                let kind = |form: &u16| family(form_of(*form).kind);
                if some.iter().any(|form| others.iter().any(|other| kind(form) == kind(other))) {
                    Forms::Alike
                } else {
                    Forms::Different
                }
            }
        }
    }
}

/// How the legal forms of two names go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// The same, or none.
    Same,
    /// Forms of one kind: the one may be the other's translation.
    Alike,
    /// One name has none.
    OneMissing,
    Different,
}

/// Kinds that registries mix up when they translate a legal form.
fn family(kind: FormKind) -> u8 {
    match kind {
        FormKind::Limited | FormKind::Shares | FormKind::Corporation | FormKind::Style => 0,
        FormKind::Partnership => 1,
        FormKind::Cooperative => 2,
        FormKind::Association | FormKind::Foundation => 3,
        FormKind::State => 4,
        FormKind::SoleTrader => 5,
    }
}

struct Maker {
    text: String,
    words: Vec<Word>,
}

impl Maker {
    fn signature(&self) -> u64 {
        let bit = |word: &Word| {
            // FNV-1a: the same on every machine.
            let text = &self.text.as_bytes()[usize::from(word.start)..usize::from(word.end)];
            let hash = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
            });
            1 << (hash >> 58)
        };
        let compared = self.words.iter().filter(|word| !matches!(word.meaning, Meaning::Place(_)));
        compared.map(bit).fold(0, |all, bit: u64| all | bit)
    }

    fn add_all(&mut self, core: &[&str], leave_out_connecting: bool) {
        let mut at = 0;
        while at < core.len() && self.words.len() < MOST_WORDS {
            let rest = &core[at..];
            at += 1;
            if let Some((number, length)) = vocabulary::number(rest, self.words.is_empty()) {
                at += length - 1;
                self.add(&number.to_string(), 0.5, Meaning::Number);
            } else if leave_out_connecting && vocabulary::is_connecting(rest[0]) {
            } else if let Some((place, length)) = vocabulary::place(rest) {
                at += length - 1;
                let text = rest[..length].concat();
                self.add(&text, vocabulary::weight(rest[0]).min(0.6), Meaning::Place(place));
            } else {
                let word = vocabulary::main_spelling(rest[0]);
                // `AHL1` names one of a series as a number does.
                let series = word.bytes().any(|byte| byte.is_ascii_digit()) && !self.words.is_empty();
                self.add(
                    word,
                    vocabulary::weight(word),
                    if series { Meaning::Number } else { Meaning::Word },
                );
            }
        }
    }

    fn add(&mut self, text: &str, weight: f32, meaning: Meaning) {
        let start = self.text.len();
        let (Ok(start), Ok(end)) = (u16::try_from(start), u16::try_from(start + text.len())) else { return };
        self.text.push_str(text);
        self.words.push(Word { start, end, weight, meaning });
    }
}

/// Runs of words that are next to one another, for `GOOD WILL` and `GOODWILL`.
pub(super) fn neighbours(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length.saturating_sub(1)).map(|first| first..first + 2)
}
