//! May a name be a natural person's? Denies by default: what has a person's shape and no sign of an
//! organisation may be one.
//!
//! Lists of given names and surnames make sure of some names that the shape alone can't tell: single
//! words (`GARNER`), and words that are signs of organisations and surnames as well (`Mary Church`).
//! They are the United States' and never clear a name: a person whose name is on no list is caught by
//! the shape.

use super::person_names::{is_common_given, is_common_name, is_given, is_name};
use super::signs::{Reading, Sign, SignSet};

/// How a name stands to natural persons. In order: the later, the surer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// Not a person's name.
    No,
    /// One word that is a given name or surname: a person, or a firm named after one.
    OneWord,
    /// The shape of a person's name: a few plain words.
    Possible,
    /// The shape, and words that are known as given names or are forms of address.
    Likely,
}

/// Particles of personal names, and what joins two persons' names.
const PARTICLES: [&str; 37] = [
    "da", "das", "de", "del", "den", "der", "di", "do", "dos", "du", "e", "el", "la", "le", "al", "bin",
    "ibn", "binti", "bint", "abu", "abd", "st", "ter", "ten", "van", "von", "vom", "zu", "zum", "y", "and",
    "und", "et", "i", "d", "o", "oglu",
];

/// How a name, read, stands to natural persons.
pub(crate) fn likeness(name: &str, reading: &Reading) -> Likeness {
    if let Some(plain) = without_nickname(name) {
        return likeness(&plain, &Reading::new(&plain));
    }
    let own = likeness_of_words(name, reading);
    match without_handle(name) {
        Some(holder) => own.max(likeness_of_words(holder, &Reading::new(holder))),
        None => own,
    }
}

fn likeness_of_words(name: &str, reading: &Reading) -> Likeness {
    let mut shape = PersonShape::default();
    for (word, signs) in reading.words() {
        shape.add(word, signs);
    }
    if shape.has_title && shape.signs == 0 && (1..=6).contains(&shape.words) {
        return Likeness::Likely;
    }
    // Brazil's sole traders are called by their names and personal numbers.
    if shape.has_personal_number && shape.words > 0 {
        return Likeness::Likely;
    }
    if (shape.has_number && shape.given == 0) || shape.words > 8 {
        return Likeness::No;
    }
    if shape.words + shape.signs == 1 && shape.initials == 0 && shape.known == 1 {
        return Likeness::OneWord;
    }
    // "Jason D Hartline": an initial between two words, whatever they are signs of.
    if shape.first_is_given && shape.initials > 0 && shape.words + shape.signs == 2 {
        return Likeness::Likely;
    }
    if shape.has_title && shape.given > 0 && !reading.strong.meets(SignSet::OF_KINDS) {
        return Likeness::Likely;
    }
    if shape.signs > 0 {
        // "Mary Church", "Jason Bell": every word is a common name, the first one a given name.
        let all_names = shape.words + shape.signs == shape.common_names && shape.signs_are_names;
        let few = (2..=3).contains(&(shape.words + shape.signs));
        if all_names && few && shape.first_is_given {
            return Likeness::Likely;
        }
        // "Tiago Silva Provedores": a person's name before or after the trade.
        let two_names =
            shape.words >= 2 && shape.known_words == shape.words && shape.given > 0 && shape.common_names > 0;
        return if two_names && !shape.public_sign { Likeness::Likely } else { Likeness::No };
    }
    match shape.words {
        1 if shape.initials == 0 => Likeness::No,
        // What looks like an acronym clears no name of which another word is a known one: "HaoYu Deng".
        1..=4 if shape.known_words == 0 && has_acronym(name) => Likeness::No,
        1..=8 if shape.given > 0 => Likeness::Likely,
        1..=4 => Likeness::Possible,
        5..=8 if shape.has_mark => Likeness::Possible,
        _ => Likeness::No,
    }
}

/// `Erika Mustermann` in `ERIKA-AS Erika Mustermann`: the name without a registry's name of the AS, if one stands
/// before it.
fn without_handle(name: &str) -> Option<&str> {
    let (handle, holder) = name.split_once(' ')?;
    let is_handle = handle.contains(['-', '_']) && !handle.chars().any(char::is_lowercase);
    is_handle.then(|| holder.trim_start_matches(['-', ' ']))
}

/// `John (Jack) Sample`, `Erika "The Sample" Mustermann`: the name without what stands between quotes or brackets
/// inside it, if something does.
fn without_nickname(name: &str) -> Option<String> {
    let open = name.find(['"', '(', '\u{201c}'])?;
    let close = name.rfind(['"', ')', '\u{201d}'])?;
    let (before, after) = (name[..open].trim(), name.get(close..)?);
    let after = after.trim_start_matches(['"', ')', '\u{201d}']).trim();
    (open < close && !before.is_empty() && !after.is_empty()).then(|| format!("{before} {after}"))
}

/// What a person's name is made of.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a sign of its own")]
struct PersonShape {
    /// Words that may be given names or surnames.
    words: usize,
    /// Those known as given names.
    given: usize,
    /// Those known as given names or surnames.
    known_words: usize,
    /// The same among signs of organisations and particles too.
    known: usize,
    /// Common names, among signs of organisations too.
    common_names: usize,
    initials: usize,
    has_title: bool,
    /// Words that are signs of organisations.
    signs: usize,
    signs_are_names: bool,
    /// One of them is of a body that is often called after a person or saint.
    public_sign: bool,
    first_is_given: bool,
    /// A sole trader's mark stands in it.
    has_mark: bool,
    /// A word that is not of letters alone stands in it.
    has_number: bool,
    /// One of eleven digits.
    has_personal_number: bool,
}

impl PersonShape {
    fn add(&mut self, word: &str, signs: SignSet) {
        let first = self.words + self.signs == 0;
        if signs.has(Sign::Title) {
            self.has_title = true;
            return;
        }
        if signs.has(Sign::SoleTrader) {
            self.has_mark = true;
            return;
        }
        self.known += usize::from(is_name(word));
        if PARTICLES.contains(&word) {
            return;
        }
        if signs.meets(SignSet::OF_ORGANISATIONS) {
            self.signs_are_names = (self.signs == 0 || self.signs_are_names) && is_common_name(word);
            self.signs += 1;
            self.public_sign |= signs.meets(SignSet::OF_COMPANIES);
        } else if word.chars().any(|c| !(c.is_alphabetic() || c == '\'')) {
            self.has_number = true;
            self.has_personal_number |= word.len() == 11 && word.bytes().all(|byte| byte.is_ascii_digit());
            return;
        } else if word.chars().count() == 1 {
            self.initials += 1;
            return;
        } else {
            self.words += 1;
            self.given += usize::from(is_given(word));
            self.known_words += usize::from(is_name(word));
        }
        self.common_names += usize::from(is_common_name(word));
        self.first_is_given |= first && is_common_given(word);
    }
}

/// `LG` in `LG America`, `DataBank`: capitals that no personal name has. Says nothing about names in
/// capitals throughout.
fn has_acronym(name: &str) -> bool {
    name.chars().any(char::is_lowercase) && name.split_whitespace().any(is_acronym)
}

fn is_acronym(word: &str) -> bool {
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let capitals = letters().filter(|c| c.is_uppercase()).count();
    if capitals < 2 {
        return false;
    }
    if capitals == letters().count() {
        // Surnames are often written in capitals: only what can't be spoken is an acronym.
        return capitals > 2 && !word.contains('.') && !letters().any(|c| "AEIOUY".contains(c));
    }
    // McDonald, O'Neill, Anne-Marie: a capital after a prefix, an apostrophe or a hyphen.
    let personal = ["Mc", "Mac", "De", "Di", "La", "Le", "Van", "Fitz", "O'", "D'"];
    !word.contains(['-', '\'', '(', '.']) && !personal.iter().any(|prefix| word.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(name: &str) -> Likeness {
        likeness(name, &Reading::new(name))
    }

    #[test]
    fn the_shape_of_a_persons_name_is_seen_in_many_languages() {
        // Composed names, but for the one that the issue gives as a real case.
        for name in [
            "Ember Ana Reimer",
            "Maria van der Beispiel",
            "JOAO EXEMPLO DA SILVA",
            "jan przyklad",
            "Erika O'Musterfrau",
            "Max-Emil MUSTERMANN",
            "Ivan Ivanovich Primerov",
            "MUSTERMANN, Erika M.",
            "Sample, J. Q.",
            "Dr. and Mrs. John Q. Sample",
            "Abu Contoh bin Misal",
            "Zxqvya Wxyzova",
            "Mary Church",
            "Jason Bell",
            "ERIKA-AS Zxqvya Wxyzova",
            "ANA EXEMPLO 01234567890",
            "Erika \"The Sample\" Mustermann",
            "HaoYu Sample",
            "Jason Q Hartline",
        ] {
            assert!(like(name) >= Likeness::Possible, "{name}");
        }
    }

    #[test]
    fn one_known_name_is_not_enough_to_tell() {
        for name in ["GARNER", "Siemens", "Lindsey"] {
            assert_eq!(like(name), Likeness::OneWord, "{name}");
        }
    }

    #[test]
    fn what_only_organisations_are_called_is_no_person() {
        for name in [
            "Graz University of Music",
            "LG CNS America",
            "DataBank Somewhere",
            "Hexazn",
            "Holy Rosary Church",
            "Sector 125",
            "Green Mountain Electric",
            "",
        ] {
            assert_eq!(like(name), Likeness::No, "{name}");
        }
    }
}
