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
}
