//! What words in names mean for comparing them: how common they are, which are spellings of one
//! another, which are places, and which are numbers.

use std::sync::LazyLock;

use hashbrown::HashMap;

use crate::import::Country;

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::new);

/// Words that say nothing of who carries the name.
const CONNECTING: [&str; 17] = [
    "the", "and", "of", "for", "in", "und", "et", "e", "y", "de", "del", "des", "di", "da", "do", "la", "le",
];

/// A place that names of organisations hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its line in the list.
    pub(crate) number: u16,
    /// The country, if it is one.
    pub(crate) country: Option<Country>,
}

struct Vocabulary {
    /// How much seeing a word in two names says, for words that are common.
    weights: HashMap<&'static str, f32>,
    variants: HashMap<&'static str, &'static str>,
    places: HashMap<&'static str, Place>,
    /// The first words of places of several words, with the longest's length.
    place_beginnings: HashMap<&'static str, usize>,
    numbers: HashMap<&'static str, u32>,
}

impl Vocabulary {
    fn new() -> Vocabulary {
        let weights = weights(include_str!("../../words/common-words.txt"));
        let mut variants = HashMap::new();
        for line in lines(include_str!("../../words/variants.txt")) {
            let (first, others) = line.split_once(' ').expect("words/variants.txt: two words a line");
            variants.extend(others.split(' ').map(|other| (other, first)));
        }
        let (mut places, mut place_beginnings) = (HashMap::new(), HashMap::new());
        for (number, line) in lines(include_str!("../../words/places.txt")).enumerate() {
            let (code, names) = line.split_once(' ').expect("words/places.txt: a code and names");
            let country = (code != "-").then(|| {
                let bytes: [u8; 2] = code.as_bytes().try_into().expect("words/places.txt: two letters");
                bytes.map(|letter| letter.to_ascii_uppercase())
            });
            for name in names.split(", ") {
                if let Some((first, _)) = name.split_once(' ') {
                    let longest: &mut usize = place_beginnings.entry(first).or_default();
                    *longest = name.split(' ').count().max(*longest);
                }
                places.insert(name, Place { number: number as u16, country });
            }
        }
        Vocabulary { weights, variants, places, place_beginnings, numbers: number_words() }
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reads `word count` lines after a line `names N`: the weight of a word is its information in
/// relation to that of a word that stands in one name only, `ln(N / count) / ln(N)`.
fn weights(text: &'static str) -> HashMap<&'static str, f32> {
    let mut counts = lines(text).map(|line| {
        let (word, count) = line.split_once(' ').expect("words/common-words.txt: a word and a count");
        (word, count.parse::<f32>().expect("words/common-words.txt: a count"))
    });
    let (_, names) = counts.next().expect("words/common-words.txt: the number of names");
    counts.map(|(word, count)| (word, ((names / count).ln() / names.ln()).clamp(0.05, 1.0))).collect()
}

/// Whether a word only connects others.
pub(super) fn is_connecting(word: &str) -> bool {
    CONNECTING.contains(&word)
}

/// How much a word says of who carries the name, above 0 to 1 for a word that is not common.
pub(super) fn weight(word: &str) -> f32 {
    VOCABULARY.weights.get(word).copied().unwrap_or(1.0)
}

/// Whether a word is a common one, which a slip of the pen in another does not make.
pub(super) fn is_common(word: &str) -> bool {
    VOCABULARY.weights.contains_key(word)
}

/// The spelling of a word that stands for all its spellings.
pub(super) fn main_spelling(word: &str) -> &str {
    VOCABULARY.variants.get(word).copied().unwrap_or(word)
}

/// The place that the words begin with, and of how many words.
pub(super) fn place(words: &[&str]) -> Option<(Place, usize)> {
    let longest = VOCABULARY.place_beginnings.get(words[0]).map_or(1, |longest| words.len().min(*longest));
    (1..=longest).rev().find_map(|length| {
        let place = match length {
            1 => VOCABULARY.places.get(words[0]),
            _ => VOCABULARY.places.get(words[..length].join(" ").as_str()),
        };
        place.map(|place| (*place, length))
    })
}

/// The number that the words begin with, and of how many words: `forty four`, `2nd`, `iii`.
/// A single letter is a Roman numeral only as the last word of several.
pub(super) fn number(words: &[&str], first: bool) -> Option<(u32, usize)> {
    let word = words[0];
    if let Some(number) = digits(word).or_else(|| unit(word)) {
        return Some((number, 1));
    }
    if let Some(tens) = tens(word) {
        let units = words.get(1).and_then(|next| digits(next).or_else(|| unit(next)));
        return Some(match units.filter(|units| (1..10).contains(units)) {
            Some(units) => (tens + units, 2),
            None => (tens, 1),
        });
    }
    let lone = word.len() == 1 && (first || words.len() > 1);
    roman(word).filter(|_| !lone && !first).map(|number| (number, 1))
}

/// `44`, `44th`, `1st`; leading zeros do not count.
fn digits(word: &str) -> Option<u32> {
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    matches!(&word[number.len()..], "" | "st" | "nd" | "rd" | "th").then(|| number.parse().ok()).flatten()
}

fn unit(word: &str) -> Option<u32> {
    VOCABULARY.numbers.get(word).copied()
}

fn number_words() -> HashMap<&'static str, u32> {
    const CARDINAL: [&str; 19] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const ORDINAL: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
        "eleventh", "twelfth",
    ];
    CARDINAL.into_iter().zip(1..).chain(ORDINAL.into_iter().zip(1..)).collect()
}

fn tens(word: &str) -> Option<u32> {
    // `fourty` and `ninty` are about as common as the right spellings.
    Some(match word {
        "twenty" => 20,
        "thirty" => 30,
        "forty" | "fourty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" | "ninty" => 90,
        _ => return None,
    })
}

/// Roman numerals to 39, as series of funds and companies have them.
fn roman(word: &str) -> Option<u32> {
    const UNITS: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
    if !word.bytes().all(|letter| matches!(letter, b'i' | b'v' | b'x')) {
        return None;
    }
    let rest = word.trim_start_matches('x');
    let tens = word.len() - rest.len();
    // `ix` has its own x; `x`, `xx` and `xxx` have no units.
    let units = UNITS.iter().position(|unit| *unit == rest)?;
    let number = tens * 10 + units;
    (tens <= 3 && number > 0).then_some(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_digits_and_roman_numerals_are_one() {
        for (words, number_found) in [
            (&["44"][..], Some((44, 1))),
            (&["forty", "four"], Some((44, 2))),
            (&["fourty", "4"], Some((44, 2))),
            (&["forty", "thieves"], Some((40, 1))),
            (&["1st"], Some((1, 1))),
            (&["first"], Some((1, 1))),
            (&["viii"], Some((8, 1))),
            (&["ix"], Some((9, 1))),
            (&["xiv"], Some((14, 1))),
            (&["v"], Some((5, 1))),
            (&["v", "net"], None),
            (&["3com"], None),
            (&["mix"], None),
        ] {
            assert_eq!(number(words, false), number_found, "{words:?}");
        }
        assert_eq!(number(&["x"], true), None);
        assert_eq!(number(&["xi", "an"], true), None);
    }

    #[test]
    fn the_lists_are_of_words_as_names_are_cut() {
        use crate::organisation::normal::Words;
        for name in VOCABULARY.places.keys().chain(VOCABULARY.weights.keys()) {
            assert_eq!(Words::of(name).iter().collect::<Vec<_>>().join(" "), *name);
        }
        for (other, first) in &VOCABULARY.variants {
            assert!(!VOCABULARY.variants.contains_key(first), "{first}: is a spelling of another word, too");
            assert_ne!(other, first);
        }
    }

    #[test]
    fn a_common_word_says_less_than_a_rare_one() {
        assert!(weight("group") < weight("petroleum") && weight("petroleum") < weight("hathaway"));
    }
}
