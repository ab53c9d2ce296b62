//! Names as words, and lists of phrases.

/// A name cut into words: lower case, Latin accents removed, `S.A.` and `s. r. o.` as `sa` and `sro`.
/// Hyphens and slashes inside a word stay.
pub(crate) fn words(name: &str) -> Vec<String> {
    let folded: String = name.chars().flat_map(fold).collect();
    let mut words: Vec<String> = Vec::new();
    let mut joinable = false;
    for word in folded.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '/' | '\''))) {
        let word = word.trim_matches(['-', '/', '\'']);
        if word.is_empty() {
            continue;
        }
        // Single letters in a row are an abbreviation that was spelled with dots or spaces.
        let single = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
        match words.last_mut() {
            Some(last) if single && joinable => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
        joinable = single;
    }
    words
}

/// The power of two that a size is near: 0 for 0, 1 for 1, 2 for 2 and 3, 3 for 4 to 7.
pub(crate) fn magnitude(size: u64) -> u32 {
    u64::BITS - size.leading_zeros()
}

/// Lower case without the accents of Latin letters; a dot vanishes, so that `s.a.` is one word.
fn fold(character: char) -> impl Iterator<Item = char> {
    let plain = match character {
        '.' => "",
        'À'..='Å' | 'à'..='å' | 'Ā' | 'ā' | 'Ă' | 'ă' | 'Ą' | 'ą' => "a",
        'Ç' | 'ç' | 'Ć' | 'ć' | 'Č' | 'č' => "c",
        'Ď' | 'ď' | 'Đ' | 'đ' => "d",
        'È'..='Ë' | 'è'..='ë' | 'Ē' | 'ē' | 'Ę' | 'ę' | 'Ě' | 'ě' => "e",
        'Ğ' | 'ğ' => "g",
        'Ì'..='Ï' | 'ì'..='ï' | 'Ī' | 'ī' | 'İ' | 'ı' => "i",
        'Ł' | 'ł' => "l",
        'Ñ' | 'ñ' | 'Ń' | 'ń' | 'Ň' | 'ň' => "n",
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ő' | 'ő' => "o",
        'Ř' | 'ř' => "r",
        'Ś' | 'ś' | 'Ş' | 'ş' | 'Š' | 'š' | 'Ș' | 'ș' => "s",
        'Ť' | 'ť' | 'Ț' | 'ț' => "t",
        'Ù'..='Ü' | 'ù'..='ü' | 'Ū' | 'ū' | 'Ů' | 'ů' | 'Ű' | 'ű' => "u",
        'Ý' | 'ý' | 'ÿ' => "y",
        'Ź' | 'ź' | 'Ż' | 'ż' | 'Ž' | 'ž' => "z",
        'ß' => "ss",
        _ => return Folded::Other(character.to_lowercase()),
    };
    Folded::Plain(plain.chars())
}

enum Folded {
    Plain(std::str::Chars<'static>),
    Other(std::char::ToLowercase),
}

impl Iterator for Folded {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Folded::Plain(chars) => chars.next(),
            Folded::Other(chars) => chars.next(),
        }
    }
}

/// The entries of a word list: a line each, `#` begins a comment line.
pub(crate) fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Phrases of one or more words, some bound to the beginning (`^`) or the end (`$`) of a name.
pub(crate) struct PhraseList(Vec<Phrase>);

struct Phrase {
    words: Vec<&'static str>,
    first_only: bool,
    last_only: bool,
}

impl PhraseList {
    pub(crate) fn new(text: &'static str) -> PhraseList {
        let phrase = |entry: &'static str| Phrase {
            first_only: entry.starts_with('^'),
            last_only: entry.ends_with('$'),
            words: entry.trim_matches(['^', '$']).split(' ').collect(),
        };
        let mut phrases: Vec<Phrase> = entries(text).map(phrase).collect();
        // The longest first, so that what is found is the whole form.
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        PhraseList(phrases)
    }

    /// Where the longest phrase stands in a name's words. A phrase is never the whole name.
    pub(crate) fn find(&self, words: &[String]) -> Option<std::ops::Range<usize>> {
        self.0.iter().find_map(|phrase| {
            let length = phrase.words.len();
            if words.len() <= length {
                return None;
            }
            let last = words.len() - length;
            let places = match (phrase.first_only, phrase.last_only) {
                (true, _) => 0..1,
                (_, true) => last..last + 1,
                _ => 0..last + 1,
            };
            places
                .rev()
                .find(|at| words[*at..at + length].iter().zip(&phrase.words).all(|(word, part)| word == part))
                .map(|at| at..at + length)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_are_one_word_however_they_are_spelled() {
        for name in ["Foo S.A.", "Foo S. A.", "FOO SA", "foo s a"] {
            assert_eq!(words(name), ["foo", "sa"], "{name}");
        }
        assert_eq!(words("Foo Sp. z o.o."), ["foo", "sp", "z", "oo"]);
        assert_eq!(words("Müller & Söhne GmbH"), ["muller", "sohne", "gmbh"]);
        assert_eq!(words("Foo A/S"), ["foo", "a/s"]);
    }

    #[test]
    fn a_phrase_is_found_where_it_may_stand() {
        let list = PhraseList::new("# comment\nas$\n^pt\nsp z oo\nlimited\n");
        let find = |name| list.find(&words(name));
        assert_eq!(find("Foo AS"), Some(1..2));
        assert_eq!(find("AS Foo"), None);
        assert_eq!(find("PT Foo"), Some(0..1));
        assert_eq!(find("Foo PT"), None);
        assert_eq!(find("Foo Sp. z o.o."), Some(1..4));
        assert_eq!(find("Limited"), None);
    }
}
