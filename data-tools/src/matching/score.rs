//! Two names to the probability that they name the same organisation.
//!
//! A few [`Differences`] are measured, each 0 where the names do not differ in that way; a logistic
//! function weighs them. The weights are learned from labelled pairs (`nameplate-learn`) and written
//! down in `words/match-weights.txt`. None is above 0: no difference makes two names more alike, so
//! equal names have the highest score.

use std::sync::LazyLock;

use super::name::{Forms, Meaning, Name, neighbours};
use super::vocabulary;

/// The measured differences, in the order of the weights.
pub const DIFFERENCES: [&str; 10] = [
    // A word of the one stands where the other has another word; the lesser side's weight.
    "replaced",
    // Words that one name has beyond the other; their share of its weight.
    "added",
    // Letters that differ in words that are otherwise the same; see `Pairing::misspelled`.
    "typo",
    // What the names share is common words only: how much is missing to one rare word.
    "thin",
    // Both are numbered, and not alike: `Fund IV`, `Fund V`.
    "number-differs",
    // One is numbered.
    "number-added",
    // Both name a place, and not the same.
    "place-differs",
    // One names a place.
    "place-added",
    // One carries a legal form.
    "form-missing",
    // The legal forms are of different kinds, such as a company and a foundation.
    "form-differs",
];

/// From this score on two names are the same.
pub const SAME: f64 = 0.5;

/// How two names differ; a number for each of [`DIFFERENCES`], none below 0.
pub(crate) type Differences = [f64; DIFFERENCES.len()];

pub(super) const PLACE_ADDED: usize = 7;
pub(super) const TYPO: usize = 2;
const REPLACED: usize = 0;
const ADDED: usize = 1;
pub(super) const THIN: usize = 3;
const NUMBER_DIFFERS: usize = 4;
const NUMBER_ADDED: usize = 5;
const PLACE_DIFFERS: usize = 6;
const FORM_MISSING: usize = 8;
const FORM_DIFFERS: usize = 9;

/// A shorter word is an acronym or another word: `BP`, `BD`.
const SHORTEST_MISSPELLED: usize = 3;
/// A word whose letters differ in a larger share than this is another word.
const LARGEST_TYPO: f64 = 0.34;

/// Of a word that has none, or is the second half of another word's.
const NO_PARTNER: u8 = u8::MAX;

/// Weights of the differences.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    /// Log-odds of names that do not differ.
    pub(crate) equal: f64,
    pub(crate) each: Differences,
}

static LEARNED: LazyLock<Weights> =
    LazyLock::new(|| Weights::read(include_str!("../../words/match-weights.txt")));

impl Weights {
    /// The weights that were learned.
    pub(crate) fn learned() -> &'static Weights {
        &LEARNED
    }

    /// Reads `name weight` lines.
    fn read(text: &str) -> Weights {
        let mut weights = Weights { equal: 0.0, each: [0.0; DIFFERENCES.len()] };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, value) = line.split_once(' ').expect("words/match-weights.txt: a name and a weight");
            let value = value.trim().parse().expect("words/match-weights.txt: a weight");
            match DIFFERENCES.iter().position(|difference| *difference == name) {
                Some(index) => weights.each[index] = value,
                None if name == "equal" => weights.equal = value,
                None => panic!("words/match-weights.txt: no such difference: {name}"),
            }
        }
        weights
    }

    /// The probability that names with these differences are one organisation's, 0 to 1.
    pub(crate) fn probability(&self, differences: &Differences) -> f64 {
        let sum: f64 =
            self.each.iter().zip(differences).map(|(weight, difference)| weight * difference).sum();
        1.0 / (1.0 + (-self.equal - sum).exp())
    }
}

/// The probability that two names are one organisation's, by the learned weights. About a
/// microsecond for names that share a word.
pub(crate) fn score(a: &Name, b: &Name) -> f64 {
    Weights::learned().probability(&differences(a, b))
}

/// Measures how two names differ. `differences(a, b) == differences(b, a)`.
pub(crate) fn differences(a: &Name, b: &Name) -> Differences {
    likeness(a, b).differences
}

/// What two names have in common and what not.
pub(super) struct Likeness {
    pub(super) differences: Differences,
    /// Weight of the words that both have.
    pub(super) shared: f64,
    /// Whether these stand in the same order.
    pub(super) in_order: bool,
}

/// Compares two names.
pub(super) fn likeness(a: &Name, b: &Name) -> Likeness {
    // Words are paired greedily; one order of the names makes the result the same for both.
    let pairing = if a.glued() > b.glued() { Pairing::of(b, a) } else { Pairing::of(a, b) };
    Likeness { differences: pairing.differences(), shared: pairing.shared, in_order: pairing.in_order() }
}

/// Which words of two names are the same.
struct Pairing<'a> {
    a: &'a Name,
    b: &'a Name,
    /// A bit for each word that has found its like.
    paired_a: u32,
    paired_b: u32,
    /// Weight of the words that have.
    shared: f64,
    typo: f64,
    /// The word of `b` that a word of `a` was paired with.
    partners: [u8; 32],
}

impl<'a> Pairing<'a> {
    fn of(a: &'a Name, b: &'a Name) -> Pairing<'a> {
        let mut pairing =
            Pairing { a, b, paired_a: 0, paired_b: 0, shared: 0.0, typo: 0.0, partners: [NO_PARTNER; 32] };
        if a.glued() == b.glued() && a.len() > 0 {
            pairing.pair_all();
            return pairing;
        }
        pairing.pair_equal();
        pairing.pair_glued();
        pairing.pair_misspelled();
        pairing.pair_misspelled_whole();
        pairing
    }

    fn pair_all(&mut self) {
        let free = |name: &Name, paired: u32| -> f64 {
            (0..name.len()).filter(|i| paired & 1 << i == 0).map(|i| f64::from(name.weight(i))).sum()
        };
        self.shared += free(self.a, self.paired_a).max(free(self.b, self.paired_b));
        self.paired_a = u32::MAX;
        self.paired_b = u32::MAX;
    }

    fn free(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (paired_a, paired_b, others) = (self.paired_a, self.paired_b, self.b.len());
        (0..self.a.len())
            .filter(move |i| paired_a & 1 << i == 0)
            .flat_map(move |i| (0..others).filter(move |j| paired_b & 1 << j == 0).map(move |j| (i, j)))
    }

    fn pair(&mut self, i: usize, j: usize) {
        self.paired_a |= 1 << i;
        self.paired_b |= 1 << j;
        self.partners[i] = j as u8;
        self.shared += f64::from(self.a.weight(i).max(self.b.weight(j)));
    }

    fn pair_equal(&mut self) {
        loop {
            let next = self.free().find(|(i, j)| self.equal(*i, *j));
            let Some((i, j)) = next else { return };
            self.pair(i, j);
        }
    }

    fn equal(&self, i: usize, j: usize) -> bool {
        match (self.a.meaning(i), self.b.meaning(j)) {
            (Meaning::Place(place), Meaning::Place(other)) => place == other,
            (Meaning::Number, Meaning::Number) | (Meaning::Word, Meaning::Word) => {
                self.a.word(i) == self.b.word(j)
            }
            _ => false,
        }
    }

    /// `GOOD WILL` and `GOODWILL`.
    fn pair_glued(&mut self) {
        let glued = |name: &Name, run: &std::ops::Range<usize>, word: &str| {
            let first = name.word(run.start);
            word.strip_prefix(first).is_some_and(|rest| rest == name.word(run.start + 1))
        };
        for run in neighbours(self.a.len()) {
            for j in 0..self.b.len() {
                let both = 3 << run.start;
                if self.paired_a & both == 0
                    && self.paired_b & 1 << j == 0
                    && glued(self.a, &run, self.b.word(j))
                {
                    self.paired_a |= both;
                    self.pair(run.start, j);
                }
            }
        }
        for run in neighbours(self.b.len()) {
            for i in 0..self.a.len() {
                let both = 3 << run.start;
                if self.paired_b & both == 0
                    && self.paired_a & 1 << i == 0
                    && glued(self.b, &run, self.a.word(i))
                {
                    self.paired_b |= both;
                    self.pair(i, run.start);
                }
            }
        }
    }

    fn pair_misspelled(&mut self) {
        loop {
            let best = self
                .free()
                .filter_map(|(i, j)| self.misspelled(i, j).map(|share| (share, i, j)))
                .min_by(|x, y| x.0.total_cmp(&y.0));
            let Some((share, i, j)) = best else { return };
            self.typo += share * f64::from(self.a.weight(i).max(self.b.weight(j)));
            self.pair(i, j);
        }
    }

    /// How far two words are apart, where it is little enough for a slip: the square of the letters in which
    /// they differ, for a second slip in a word is rarer than a first in another, to the word's length, of
    /// which one letter does not count, for short words differ by chance.
    fn misspelled(&self, i: usize, j: usize) -> Option<f64> {
        let (word, other) = (self.a.word(i), self.b.word(j));
        let (longer, shorter) = (word.len().max(other.len()), word.len().min(other.len()));
        let may_differ = |letters: usize| float(letters) <= LARGEST_TYPO * float(longer);
        if longer < SHORTEST_MISSPELLED || !may_differ(longer - shorter) {
            return None;
        }
        let is_number = |name: &Name, index| name.meaning(index) == Meaning::Number;
        let both_places =
            matches!((self.a.meaning(i), self.b.meaning(j)), (Meaning::Place(_), Meaning::Place(_)));
        if is_number(self.a, i) || is_number(self.b, j) || both_places {
            return None;
        }
        // A slip does not turn one common word into another; only a plural's s does.
        if is_plural(word, other) || is_plural(other, word) {
            return Some(0.0);
        }
        if vocabulary::is_common(word) && vocabulary::is_common(other) {
            return None;
        }
        let distance = strsim::osa_distance(word, other);
        may_differ(distance).then_some(float(distance * distance) / float(longer - 1))
    }

    /// Words cut differently and one slip beside: `Snow Storm`, `Snowstrom`.
    fn pair_misspelled_whole(&mut self) {
        const SHORTEST: usize = 8;
        let (a, b) = (self.a.glued(), self.b.glued());
        let (longer, shorter) = (a.len().max(b.len()), a.len().min(b.len()));
        let nothing_left = self.free().next().is_none();
        let may_differ = |distance: usize| distance <= 1;
        if nothing_left || self.a.len() == self.b.len() || shorter < SHORTEST || !may_differ(longer - shorter)
        {
            return;
        }
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<u8>>();
        if digits(a) != digits(b) {
            return;
        }
        let distance = strsim::osa_distance(a, b);
        if may_differ(distance) {
            self.typo += float(distance) / float(longer);
            self.pair_all();
        }
    }

    /// Names that were compared as a whole are in order.
    fn in_order(&self) -> bool {
        if self.paired_a == u32::MAX {
            return true;
        }
        let paired =
            (0..self.a.len()).filter(|i| self.paired_a & 1 << i != 0 && self.partners[*i] != NO_PARTNER);
        paired.map(|i| self.partners[i]).is_sorted()
    }

    fn differences(&self) -> Differences {
        let left_a = Left::of(self.a, self.paired_a);
        let left_b = Left::of(self.b, self.paired_b);
        let (more, less) = (left_a.words.max(left_b.words), left_a.words.min(left_b.words));
        let mut differences = [0.0; DIFFERENCES.len()];
        differences[REPLACED] = left_a.replaceable.min(left_b.replaceable);
        if more > less {
            differences[ADDED] = (more - less) / (self.shared + more);
        }
        differences[TYPO] = self.typo;
        let flag = |set: bool| f64::from(u8::from(set));
        differences[NUMBER_DIFFERS] = flag(left_a.numbers && left_b.numbers);
        differences[NUMBER_ADDED] = flag(left_a.numbers != left_b.numbers);
        differences[PLACE_DIFFERS] = flag(left_a.places && left_b.places);
        differences[PLACE_ADDED] = flag(left_a.places != left_b.places);
        if differences.iter().any(|difference| *difference > 0.0) {
            differences[THIN] = (1.0 - self.shared).max(0.0);
        }
        let forms = self.a.compare_forms(self.b);
        differences[FORM_MISSING] = flag(forms == Forms::OneMissing);
        differences[FORM_DIFFERS] = flag(forms == Forms::Different);
        // Names of which nothing is left to compare are alike only if they are equal.
        if self.shared == 0.0 && (self.a.len() == 0 || self.b.len() == 0) {
            differences[THIN] = 1.0;
            differences[REPLACED] = 1.0;
        }
        differences
    }
}

/// `solutions` of `solution`, `technologies` of `technology`.
fn is_plural(word: &str, of: &str) -> bool {
    let stem = |ending| word.strip_suffix(ending);
    stem("s") == Some(of) || stem("ies").is_some_and(|stem| of.strip_suffix('y') == Some(stem))
}

/// A count of letters as a number; a name has at most some thousand.
fn float(letters: usize) -> f64 {
    u32::try_from(letters).map_or(f64::MAX, f64::from)
}

/// What has no like in the other name.
struct Left {
    words: f64,
    /// What they count where another word stands in their place: even `Oil` for `Gas` is another name.
    replaceable: f64,
    numbers: bool,
    places: bool,
}

impl Left {
    fn of(name: &Name, paired: u32) -> Left {
        let mut left = Left { words: 0.0, replaceable: 0.0, numbers: false, places: false };
        for index in (0..name.len()).filter(|index| paired & 1 << index == 0) {
            match name.meaning(index) {
                Meaning::Word => {
                    let weight = f64::from(name.weight(index));
                    left.words += weight;
                    left.replaceable += f64::midpoint(weight, 1.0);
                }
                Meaning::Number => left.numbers = true,
                Meaning::Place(_) => left.places = true,
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(name: &str, other: &str) -> f64 {
        score(&Name::new(name), &Name::new(other))
    }

    #[test]
    fn what_registries_do_to_a_name_leaves_it_the_same() {
        for (name, other) in [
            ("Foobar Aktiengesellschaft", "FOOBAR AG"),
            ("The Foobar Company", "Foobar Co."),
            ("Foobar & Sons, Inc.", "Foobar and Sons Incorporated"),
            ("A.B.C. Foobar", "ABC Foobar"),
            ("Foo Bar Networks", "Foobar Networks"),
            ("Foobar-Quux", "Foobar Quux"),
            ("Foobar Intl", "Foobar International"),
            ("Foobar Solution", "Foobar Solutions"),
            ("Second Foobar", "2nd Foobar"),
            ("Foobar 21", "Foobar Twenty-One"),
            ("Foobar III", "Foobar 3"),
            ("Foobar Schweiz", "Foobar Switzerland"),
            ("Foobarquux", "Foobraquux"),
            ("ООО Фубар", "OOO Fubar"),
        ] {
            assert!(of(name, other) >= SAME, "{name} | {other}: {}", of(name, other));
        }
    }

    #[test]
    fn another_word_place_or_number_is_another_organisation() {
        for (name, other) in [
            ("Foobar Oil Company", "Foobar Gas Company"),
            ("Foobar Railway", "Foobar Railroad"),
            ("Foobar of Boston", "Foobar of Chicago"),
            ("Foobar (Spain)", "Foobar (Norway)"),
            ("Foobar", "Foobar 2"),
            ("Foobar", "Foobar Quux Baz"),
            ("Foobar Foundation", "Foobar Inc Quux"),
            ("Bank", "Trust"),
            ("", "Foobar"),
        ] {
            assert!(of(name, other) < SAME, "{name} | {other}: {}", of(name, other));
        }
    }

    #[test]
    fn no_difference_makes_names_more_alike() {
        assert!(Weights::learned().each.iter().all(|weight| *weight <= 0.0));
    }

    proptest! {
        #[test]
        fn a_score_is_symmetric_and_a_probability(
            name in "([A-Za-z]{1,8}|foo|bar|bank|2|iv|Spain|GmbH|Inc|& |[ .,-]){0,9}",
            other in "([A-Za-z]{1,8}|foo|bar|bank|2|iv|Spain|GmbH|Inc|& |[ .,-]){0,9}",
        ) {
            let score = of(&name, &other);
            prop_assert!((0.0..=1.0).contains(&score));
            prop_assert_eq!(score.to_bits(), of(&other, &name).to_bits());
            prop_assert!(score <= of("foobar", "foobar"));
        }

        #[test]
        fn equal_names_have_the_highest_score(name in "[A-Za-z]{2,8}( [A-Za-z0-9]{1,8}){0,5}") {
            prop_assert_eq!(of(&name, &name).to_bits(), of("foobar", "foobar").to_bits());
        }

        #[test]
        fn any_text_can_be_compared(name in any::<String>(), other in any::<String>()) {
            prop_assert!((0.0..=1.0).contains(&of(&name, &other)));
        }
    }
}
