//! The first rule: what an AS holder's name alone allows to say about the AS.
//!
//! | the name | the answer |
//! |---|---|
//! | carries a legal form, and no word of access, telecom, hosting or transit trade | company |
//! | carries a legal form and such a word | operator |
//! | looks like a natural person's, or carries a sole trader's mark, and no legal form | withheld |
//! | anything else | operator |
//!
//! It knows words and nothing else: a large access provider whose name is a brand with a legal
//! form passes as a company, which is why no confidence is above [`COMPANY_CONFIDENCE`]. It errs
//! towards withholding: a short name without any word that only organisations use is treated as a
//! person's. Lists, registers and the shape of the AS are to replace it.

use std::ops::Range;
use std::sync::LazyLock;

use crate::names::{PhraseList, WordList, words};
use crate::organisation::legal_form;

/// How sure a name alone can make us that the holder itself uses the network.
pub(crate) const COMPANY_CONFIDENCE: u8 = 40;

static SOLE_TRADER_MARKS: LazyLock<PhraseList> =
    LazyLock::new(|| PhraseList::new(include_str!("../words/sole-trader.txt")));
static TRADE_WORDS: LazyLock<WordList> = LazyLock::new(|| WordList::new(include_str!("../words/trade.txt")));
static ORGANISATION_WORDS: LazyLock<WordList> =
    LazyLock::new(|| WordList::new(include_str!("../words/organisation.txt")));

/// What may be said about an AS holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An organisation that uses its network itself.
    Company,
    /// Who is behind the network is not knowable.
    Operator,
    /// Perhaps a natural person: never shown.
    Withheld,
}

/// Judges an AS holder's name. About a microsecond.
pub fn classify(name: &str) -> Verdict {
    let name = without_as_number(name);
    let words = words(name);
    let in_trade = words.iter().any(|word| TRADE_WORDS.has(word));
    if legal_form::find(&words).is_some() {
        return if in_trade { Verdict::Operator } else { Verdict::Company };
    }
    let mark = SOLE_TRADER_MARKS.find(&words);
    if !in_trade && (mark.is_some() || may_be_a_person(name, &words, mark)) {
        return Verdict::Withheld;
    }
    Verdict::Operator
}

/// Registries put the AS's own name or number before the holder's: `AS64500 - Example`.
fn without_as_number(name: &str) -> &str {
    match name.split_once(" - ") {
        Some((handle, holder)) if !handle.contains(' ') && handle.chars().any(|c| c.is_ascii_digit()) => {
            holder
        }
        _ => name,
    }
}

/// Particles of personal names; they do not count as words of one.
const PARTICLES: [&str; 27] = [
    "da", "das", "de", "del", "den", "der", "di", "do", "dos", "du", "e", "el", "la", "le", "al", "bin",
    "ibn", "ter", "ten", "van", "von", "vom", "zu", "zum", "y", "jr", "sr",
];

/// Two to four words of letters alone, none of which only organisations use.
fn may_be_a_person(name: &str, words: &[String], mark: Option<Range<usize>>) -> bool {
    let mark = mark.unwrap_or(0..0);
    let mut count = 0;
    for (index, word) in words.iter().enumerate() {
        if mark.contains(&index) || PARTICLES.contains(&word.as_str()) {
            continue;
        }
        if word.chars().any(|c| !(c.is_alphabetic() || matches!(c, '-' | '\''))) {
            return false;
        }
        if ORGANISATION_WORDS.has(word) {
            return false;
        }
        count += 1;
    }
    (2..=4).contains(&count) && !name.split_whitespace().any(|word| is_acronym(word, name))
}

/// `LG` in `LG America`, `DataBank`: capitals that no personal name has. Says nothing about names
/// in capitals throughout.
fn is_acronym(word: &str, name: &str) -> bool {
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let capitals = letters().filter(|c| c.is_uppercase()).count();
    let all_capitals = !name.chars().any(char::is_lowercase);
    if all_capitals || capitals < 2 {
        return false;
    }
    if capitals == letters().count() {
        // Surnames are often written in capitals: only what can't be spoken is an acronym.
        return !word.contains('.') && !letters().any(|c| "AEIOUY".contains(c));
    }
    // McDonald, O'Neill, Anne-Marie: a capital after a prefix, an apostrophe or a hyphen.
    let personal = ["Mc", "Mac", "De", "Di", "La", "Le", "O'", "D'"];
    !word.contains(['-', '\'']) && !personal.iter().any(|prefix| word.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_form_without_a_trade_word_is_a_company() {
        for name in [
            "Vishay Intertechnology, Inc.",
            "Basler Versicherung AG",
            "Omnicell, Inc",
            "AS64500 - Arcwood Environmental, Inc.",
            "DALMINE S.P.A.",
            "Orbico d.o.o.",
            "Specsavers Pty Ltd",
            "Nearshoring Solutions Sp. z o.o.",
            "Simac IT NL B.V.",
        ] {
            assert_eq!(classify(name), Verdict::Company, "{name}");
        }
    }

    #[test]
    fn a_trade_word_makes_an_operator_even_with_a_legal_form() {
        for name in [
            "Cloudflare, Inc.",
            "Gtelecom Pty Ltd",
            "FiberCom Ltd.",
            "Host4Geeks LLC",
            "Nossa Telecom Telecomunicacoes Ltda",
            "ARTERIA Networks Corporation",
        ] {
            assert_eq!(classify(name), Verdict::Operator, "{name}");
        }
    }

    #[test]
    fn an_organisation_without_a_legal_form_is_an_operator() {
        for name in [
            "Graz University of Music and Performing Arts",
            "Hexazn",
            "National Institute of Technology Karnataka",
            "LG CNS America",
            "AS64500 - JMM80",
            "TRIBUNAL SUPERIOR DO TRABALHO",
            "Wind River Internet",
        ] {
            assert_eq!(classify(name), Verdict::Operator, "{name}");
        }
    }

    #[test]
    fn what_may_be_a_person_is_withheld() {
        // Composed names, but for the one that the issue gives as a real case.
        for name in [
            "Ember Ana Reimer",
            "Maria van der Beispiel",
            "JOAO EXEMPLO DA SILVA",
            "jan przyklad",
            "Erika O'Musterfrau",
            "Max-Emil MUSTERMANN",
            "Ivan Ivanovich Primerov",
            "Joao Exemplo - ME",
            "FOP Primerov Ivan Ivanovich",
            "Erika Mustermann e.K.",
            "J. Q. Sample",
            "Individual entrepreneur Ivan Primerov",
        ] {
            assert_eq!(classify(name), Verdict::Withheld, "{name}");
        }
    }
}
