//! Names cut into words that can be compared: Latin letters without accents, lower case, `S.A.` as
//! one word, `&` as `and`. Each word knows where it stands in the name.

use std::ops::Range;

use super::legal_form;

/// A name's words in one string.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    text: String,
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    /// In `Words::text`.
    text: Range<usize>,
    /// In the name, in bytes.
    place: Range<usize>,
}

impl Words {
    /// Cuts a name. Any text is a name; control characters are spaces. Linear in its length.
    ///
    /// - Letters of other scripts are transliterated; combining marks and apostrophes vanish.
    /// - Letters with dots between them are one word (`S.p.A.`), and so are single letters with
    ///   spaces or slashes between them (`S. A.`, `A/S`). All else that is no letter or digit separates.
    /// - A legal form in capitals that is stuck to a word is cut off: `SiemensAG`.
    pub(crate) fn of(name: &str) -> Words {
        let mut cutter = Cutter { name, words: Words::default(), open: None, letters: 0, joinable: false };
        cutter.words.text.reserve(name.len());
        for (at, character) in name.char_indices() {
            let end = at + character.len_utf8();
            match character {
                'a'..='z' | '0'..='9' => cutter.push(character, at..end),
                'A'..='Z' => {
                    if cutter.letters >= 3
                        && name[..at].ends_with(|before: char| before.is_lowercase())
                        && ends_in_form(&name[at..])
                    {
                        cutter.close();
                    }
                    cutter.push(character.to_ascii_lowercase(), at..end);
                }
                '&' | '+' => cutter.sign("and", at..end),
                '%' => cutter.sign("percent", at..end),
                '\'' | '\u{2019}' | '`' => {}
                '.' if cutter.letters == 1 && single_follows(&name[end..]) => cutter.letters = 0,
                character if character.is_ascii() => cutter.close(),
                character => cutter.transliterate(character, at..end),
            }
        }
        cutter.close();
        cutter.words
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// All words, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.words.iter().map(|word| &self.text[word.text.clone()])
    }

    /// Where some words in a row stand in the name, in bytes.
    pub(crate) fn place(&self, words: Range<usize>) -> Range<usize> {
        match self.words.get(words) {
            Some([first, .., last]) => first.place.start..last.place.end,
            Some([only]) => only.place.clone(),
            _ => 0..0,
        }
    }
}

struct Cutter<'a> {
    name: &'a str,
    words: Words,
    /// The word that is being read.
    open: Option<Word>,
    /// Its letters since its beginning or its last dot.
    letters: usize,
    /// The last closed word is a single letter.
    joinable: bool,
}

impl Cutter<'_> {
    fn push(&mut self, character: char, place: Range<usize>) {
        let from = self.words.text.len();
        let word = self.open.get_or_insert_with(|| Word { text: from..from, place: place.clone() });
        self.words.text.push(character);
        word.text.end = self.words.text.len();
        word.place.end = place.end;
        self.letters += 1;
    }

    fn close(&mut self) {
        self.letters = 0;
        let Some(word) = self.open.take() else { return };
        let text = &self.words.text[word.text.clone()];
        let single = text.len() == 1 && text.as_bytes()[0].is_ascii_alphabetic();
        match self.words.words.last_mut() {
            Some(last) if single && self.joinable => {
                last.text.end = word.text.end;
                last.place.end = word.place.end;
            }
            _ => self.words.words.push(word),
        }
        self.joinable = single;
    }

    /// A sign that is spoken as a word.
    fn sign(&mut self, spoken: &str, place: Range<usize>) {
        self.close();
        for character in spoken.chars() {
            self.push(character, place.clone());
        }
        self.close();
    }

    fn transliterate(&mut self, character: char, place: Range<usize>) {
        match deunicode::deunicode_char(character) {
            // Of a letter only the Latin letters count: the soft sign becomes an apostrophe.
            Some(latin) if character.is_alphanumeric() => {
                for character in latin.chars() {
                    match character.to_ascii_lowercase() {
                        plain @ ('a'..='z' | '0'..='9') => self.push(plain, place.clone()),
                        ' ' => self.close(),
                        _ => {}
                    }
                }
            }
            // Combining marks have no text of their own.
            Some("") => {}
            _ if is_apostrophe(character) => {}
            _ => self.close(),
        }
        debug_assert!(place.end <= self.name.len());
    }
}

fn is_apostrophe(character: char) -> bool {
    matches!(
        character,
        '\u{2018}' | '\u{201B}' | '\u{02BC}' | '\u{00B4}' | '\u{02B9}' | '\u{05F4}' | '\u{05F3}'
    )
}

/// Whether the text begins with one letter alone.
fn single_follows(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && !chars.next().is_some_and(char::is_alphanumeric)
}

/// Whether the text begins with a word in capitals that is a legal form: the `AG` of `SiemensAG`.
fn ends_in_form(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    let word = &text[..end];
    word.len() >= 2
        && word.bytes().all(|byte| byte.is_ascii_uppercase())
        && legal_form::is_last_word(&word.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(name: &str) -> Vec<String> {
        Words::of(name).iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_spelling_does_not_change_the_words() {
        for (names, expected) in [
            (&["Foo S.A.", "Foo S. A.", "FOO SA", "foo s a", "Foo S/A"][..], &["foo", "sa"][..]),
            (&["A.B.C. Company", "ABC Company", "A B C company"], &["abc", "company"]),
            (&["Foo Sp. z o.o.", "FOO SP.Z O.O.", "Foo sp z oo"], &["foo", "sp", "z", "oo"]),
            (
                &["Müller & Söhne", "MULLER AND SOHNE", "Mu\u{308}ller + So\u{308}hne"],
                &["muller", "and", "sohne"],
            ),
            (&["Al Qa'ida", "Al-Qa\u{2019}ida"], &["al", "qaida"]),
            (&["Газпром", "GAZPROM"], &["gazprom"]),
            (&["Альянс", "Alians"], &["alians"]),
            (&["Ελλάς", "ELLAS"], &["ellas"]),
            (&["Coca-Cola", "Coca Cola"], &["coca", "cola"]),
            (&["J. Smith", "J.Smith"], &["j", "smith"]),
            (&["Amazon.com", "Amazon Com"], &["amazon", "com"]),
            (&["SiemensAG", "Siemens AG"], &["siemens", "ag"]),
            (&["Straße", "STRASSE"], &["strasse"]),
            (&["3%ers"], &["3", "percent", "ers"]),
            (&["", " - ", "..."], &[]),
        ] {
            for name in names {
                assert_eq!(words(name), expected, "{name}");
            }
        }
    }

    #[test]
    fn capitals_inside_a_word_that_are_no_legal_form_stay() {
        assert_eq!(words("DataBANK"), ["databank"]);
        assert_eq!(words("YouTV"), ["youtv"]);
    }

    #[test]
    fn words_know_their_place() {
        let name = "«Łódź» Sp. z o.o., Polska";
        let words = Words::of(name);
        assert_eq!(&name[words.place(0..1)], "Łódź");
        assert_eq!(&name[words.place(1..4)], "Sp. z o.o");
        assert_eq!(words.place(2..2), 0..0);
    }

    proptest! {
        #[test]
        fn any_text_has_words_in_order_and_in_place(name in any::<String>()) {
            let words = Words::of(&name);
            let mut end = 0;
            for index in 0..words.len() {
                let place = words.place(index..index + 1);
                prop_assert!(place.start >= end || index == 0 || words.place(index - 1..index).end >= place.start);
                prop_assert!(name.is_char_boundary(place.start) && name.is_char_boundary(place.end));
                end = place.end;
                let word = words.iter().nth(index).unwrap();
                prop_assert!(!word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            }
        }

        #[test]
        fn cutting_again_changes_nothing(name in any::<String>()) {
            let once: Vec<String> = words(&name);
            let again = words(&once.join(" "));
            // Single letters beside one another join; there are none left that were apart.
            prop_assert_eq!(once.concat(), again.concat());
        }
    }
}
