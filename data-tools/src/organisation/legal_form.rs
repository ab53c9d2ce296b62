//! Legal forms: where a name carries one, which it is, and what is left without it.
//!
//! The list `words/legal-forms.txt` says for each form its spellings, the places in a name where it
//! may stand, its kind and the countries that know it. Spellings are compared by their letters
//! alone, so `S.à r.l.`, `SARL` and `S A R L` are one, whatever cut the name into words.

use std::borrow::Borrow;
use std::ops::Range;
use std::sync::LazyLock;

use hashbrown::HashMap;

use super::normal::Words;
use crate::import::Country;

static FORMS: LazyLock<LegalForms> =
    LazyLock::new(|| LegalForms::new(include_str!("../../words/legal-forms.txt")));

/// A legal form, in all its spellings.
#[derive(Debug)]
pub(crate) struct LegalForm {
    /// Its full name in its language.
    pub(crate) name: &'static str,
    pub(crate) kind: FormKind,
    /// Where it is used, with the ISO 20275 code that it has there, if it is one.
    pub(crate) countries: Vec<(Country, Option<&'static str>)>,
}

/// What a legal form says of who carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormKind {
    /// Private companies with limited liability.
    Limited,
    /// Companies with shares.
    Shares,
    /// What North America calls corporations.
    Corporation,
    Partnership,
    Cooperative,
    Association,
    Foundation,
    /// Enterprises of a state or a town.
    State,
    /// No legal form, but left out like one when names are compared: `& Co.`
    Style,
    /// The name beside it is a natural person's, or stands for one.
    SoleTrader,
}

/// Where a form stands in a name's words, and which forms it may be. Forms of different countries
/// can share a spelling: `SA` has five lines in the list.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) words: Range<usize>,
    pub(crate) forms: &'static [u16],
}

impl Found {
    /// The forms that the spelling may stand for.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &'static LegalForm> {
        self.forms.iter().map(|form| form_of(*form))
    }

    fn is(&self, kind: FormKind) -> bool {
        self.forms().all(|form| form.kind == kind)
    }
}

/// The form of a number from [`Found::forms`].
pub(crate) fn form_of(number: u16) -> &'static LegalForm {
    &FORMS.forms[usize::from(number)]
}

/// Whether a word (lower case, Latin) is a form that may stand last in a name.
pub(super) fn is_last_word(word: &str) -> bool {
    FORMS.spellings.get(word).is_some_and(|spelling| spelling.last)
}

/// The legal form in a name's words, as [`Words`] or as `names::words` cuts them. Not a sole
/// trader's, and never the whole name. The last form counts, then the first, then one inside.
pub(crate) fn find<W: Borrow<str>>(words: &[W]) -> Option<Range<usize>> {
    let keys: Vec<String> = words.iter().map(|word| key(word.borrow())).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let is_form = |found: &Found| !found.is(FormKind::Style) && !found.is(FormKind::SoleTrader);
    FORMS.cut(&keys).into_iter().find(is_form).map(|found| found.words)
}

/// The legal form that a name carries, as it is written there: `Inc.`, `GmbH & Co. KG`.
pub(crate) fn as_written(name: &str) -> Option<&str> {
    let words = Words::of(name);
    let all: Vec<&str> = words.iter().collect();
    let mut place = words.place(find(&all)?);
    // The dot of an abbreviation belongs to it.
    if name[place.end..].starts_with('.') {
        place.end += 1;
    }
    Some(&name[place])
}

/// The full name of the legal form that has this code in ISO 20275, in its language and lower case.
/// One pass over the list, a few hundred forms.
pub(crate) fn by_code(code: &str) -> Option<&'static str> {
    let has = |form: &&LegalForm| form.countries.iter().any(|(_, own)| *own == Some(code));
    FORMS.forms.iter().find(has).map(|form| form.name)
}

/// Where all forms stand in a name's words, the outermost first.
pub(crate) fn all_in(words: &[&str]) -> Vec<Found> {
    FORMS.cut(words)
}

/// What is left of a name's words without their forms, as ranges in order; never nothing.
pub(crate) fn without(length: usize, found: &[Found]) -> Vec<Range<usize>> {
    let mut taken: Vec<Range<usize>> = found.iter().map(|found| found.words.clone()).collect();
    taken.sort_by_key(|words| words.start);
    let mut from = 0;
    let mut left = Vec::with_capacity(taken.len() + 1);
    for words in taken {
        left.push(from..words.start);
        from = words.end;
    }
    left.push(from..length);
    left.retain(|words| !words.is_empty());
    left
}

struct LegalForms {
    forms: Vec<LegalForm>,
    spellings: HashMap<String, Spelling>,
    /// All spellings, sorted: tells what none begins with.
    sorted: Vec<String>,
    /// Words of the longest spelling. A cut that leaves letters alone makes more words of it.
    longest: usize,
}

#[derive(Clone, Debug, Default)]
struct Spelling {
    forms: Vec<u16>,
    first: bool,
    inside: bool,
    last: bool,
}

impl LegalForms {
    fn new(text: &'static str) -> LegalForms {
        let mut forms =
            LegalForms { forms: Vec::new(), spellings: HashMap::new(), sorted: Vec::new(), longest: 0 };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut fields = line.split(" | ");
            let mut field = || fields.next().expect("a line has four fields");
            let (name, kind, countries, spellings) = (field(), field(), field(), field());
            let number = u16::try_from(forms.forms.len()).expect("a few hundred forms");
            forms.forms.push(LegalForm {
                name,
                kind: kind_of(kind),
                countries: countries.split(' ').map(country_of).collect(),
            });
            for written in spellings.split(", ") {
                forms.add(written, number);
            }
        }
        forms.add_slips();
        forms.sorted = forms.spellings.keys().cloned().collect();
        forms.sorted.sort_unstable();
        forms
    }

    /// Long spellings with a letter left out: `Aktiengeselschaft`.
    fn add_slips(&mut self) {
        const LONG: usize = 12;
        let long = self.spellings.iter().filter(|(written, _)| written.len() >= LONG);
        let mut slips: Vec<(String, Spelling)> = long
            .flat_map(|(written, spelling)| {
                (1..written.len()).map(|at| ([&written[..at], &written[at + 1..]].concat(), spelling.clone()))
            })
            .collect();
        // One slip can be of two spellings; which one it is taken for must not depend on a hash's seed.
        slips.sort_by(|a, b| (&a.0, &a.1.forms).cmp(&(&b.0, &b.1.forms)));
        for (slip, spelling) in slips {
            self.spellings.entry(slip).or_insert(spelling);
        }
    }

    fn add(&mut self, written: &'static str, number: u16) {
        // Cutting a word in capitals asks this list, which is not there yet.
        assert!(!written.contains(|c: char| c.is_ascii_uppercase()), "words/legal-forms.txt: a capital");
        let (first, last) = (written.starts_with('^'), written.ends_with('$'));
        let text = written.trim_matches(['^', '$']);
        self.longest = self.longest.max(Words::of(text).len());
        let spelling = self.spellings.entry(key(text)).or_default();
        spelling.first |= first;
        spelling.last |= last || !first;
        spelling.inside |= !first && !last;
        if !spelling.forms.contains(&number) {
            spelling.forms.push(number);
        }
    }

    /// Cuts forms off the end, then, if there were none, off the beginning; if there are none at
    /// either end, finds the last one inside. A word is left in any case.
    fn cut(&'static self, words: &[&str]) -> Vec<Found> {
        let mut found = Vec::new();
        let mut end = words.len();
        while let Some(form) = self.at_the_end(&words[..end]) {
            end = form.words.start;
            // `Foo & Co`, `Foo und Co`: what bound the form to the name goes with it.
            if end > 1 && matches!(words[end - 1], "and" | "und" | "et") {
                end -= 1;
            }
            found.push(Found { words: end..form.words.end, ..form });
        }
        let proper = found.iter().any(|found| !found.is(FormKind::Style));
        if !proper && let Some(form) = self.at_the_beginning(&words[..end]) {
            found.push(form);
        } else if !proper && let Some(form) = self.inside(&words[..end]) {
            found.push(form);
        }
        found
    }

    fn at_the_end(&'static self, words: &[&str]) -> Option<Found> {
        let longest = self.longest.min(words.len().saturating_sub(1));
        (1..=longest).rev().find_map(|length| self.look_up(words, words.len() - length, length, |s| s.last))
    }

    fn at_the_beginning(&'static self, words: &[&str]) -> Option<Found> {
        let longest = self.longest.min(words.len().saturating_sub(1));
        (1..=longest).rev().find_map(|length| self.look_up(words, 0, length, |spelling| spelling.first))
    }

    fn inside(&'static self, words: &[&str]) -> Option<Found> {
        let longest = self.longest.min(words.len().saturating_sub(2));
        (1..=longest).rev().find_map(|length| {
            (1..words.len() - length)
                .rev()
                .find_map(|start| self.look_up(words, start, length, |spelling| spelling.inside))
        })
    }

    /// Whether a spelling begins so. Most words of names begin none, which spares looking further.
    fn begins_with(&self, beginning: &str) -> bool {
        let at = self.sorted.partition_point(|spelling| spelling.as_str() < beginning);
        self.sorted.get(at).is_some_and(|spelling| spelling.starts_with(beginning))
    }

    fn look_up(
        &'static self,
        words: &[&str],
        start: usize,
        length: usize,
        may_stand: impl Fn(&Spelling) -> bool,
    ) -> Option<Found> {
        let range = start..start + length;
        let run = &words[range.clone()];
        let spelling = match run {
            [word] => self.spellings.get(*word),
            [first, ..] if self.begins_with(first) => self.spellings.get(run.concat().as_str()),
            _ => None,
        }?;
        may_stand(spelling).then_some(Found { words: range, forms: &spelling.forms })
    }
}

/// What spellings are compared by.
fn key(written: &str) -> String {
    if written.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return written.to_owned();
    }
    Words::of(written).iter().collect()
}

fn kind_of(text: &str) -> FormKind {
    match text {
        "limited" => FormKind::Limited,
        "shares" => FormKind::Shares,
        "corporation" => FormKind::Corporation,
        "partnership" => FormKind::Partnership,
        "cooperative" => FormKind::Cooperative,
        "association" => FormKind::Association,
        "foundation" => FormKind::Foundation,
        "state" => FormKind::State,
        "style" => FormKind::Style,
        "sole-trader" => FormKind::SoleTrader,
        other => panic!("words/legal-forms.txt: no such kind: {other}"),
    }
}

fn country_of(text: &'static str) -> (Country, Option<&'static str>) {
    let (country, code) = match text.split_once(':') {
        Some((country, code)) => (country, Some(code)),
        None => (text, None),
    };
    (country.as_bytes().try_into().expect("words/legal-forms.txt: a country is two letters"), code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words that are left, and the name of the first form that was cut off.
    fn split(name: &str) -> (String, Option<&'static str>) {
        let words = Words::of(name);
        let all: Vec<&str> = words.iter().collect();
        let found = all_in(&all);
        let core = without(all.len(), &found).into_iter().flat_map(|range| all[range].to_vec());
        let core: Vec<&str> = core.collect();
        (core.join(" "), found.first().and_then(|found| found.forms().next()).map(|form| form.name))
    }

    #[test]
    fn all_spellings_of_a_form_are_one() {
        for (names, core, form) in [
            (
                &["Siemens AG", "SiemensAG", "Siemens Aktiengesellschaft", "Siemens Aktiengeselschaft"][..],
                "siemens",
                "aktiengesellschaft",
            ),
            (
                &["OAO Foo", "Open Joint Stock Company Foo", "Foo JSC", "ОАО «Foo»", "JSC Foo", "Foo, PJSC"],
                "foo",
                "joint stock company",
            ),
            (&["Foo Inc.", "Foo, Incorporated", "FOO INC"], "foo", "incorporated"),
            (
                &["Foo S.à r.l.", "Foo SARL", "Foo S.A.R.L.", "Foo s. a r. l."],
                "foo",
                "société à responsabilité limitée",
            ),
            (
                &[
                    "Foo Sp. z o.o.",
                    "Foo Sp.z o.o.",
                    "Foo SP ZOO",
                    "Foo Spółka z ograniczoną odpowiedzialnością",
                ],
                "foo",
                "spółka z ograniczoną odpowiedzialnością",
            ),
            (
                &["ООО Фу", "OOO Fu", "Fu o.O.O.", "Общество с ограниченной ответственностью \"Фу\""],
                "fu",
                "общество с ограниченной ответственностью",
            ),
            (&["Foo S.A. de C.V.", "FOO SA DE CV"], "foo", "sociedad anónima de capital variable"),
            (&["Foo GmbH & Co. KG", "Foo GmbH und Co KG", "Foo GmbH & Co.KG"], "foo", "gmbh & co. kg"),
            (&["PT Foo Bar", "PT. FOO BAR"], "foo bar", "perseroan terbatas"),
            (&["Foo Co., Ltd.", "Foo Company Limited", "FOO LTD"], "foo", "private limited company"),
            (&["Foo LLC", "Foo L.L.C.", "Foo Limited Liability Company"], "foo", "limited liability company"),
        ] {
            for name in names {
                let (left, found) = split(name);
                assert!(
                    found.is_some_and(|found| found == form) || same_line(name, form),
                    "{name}: {found:?}"
                );
                assert_eq!(left, core, "{name}");
            }
        }
    }

    /// Whether a form is among those that the name's spelling stands for.
    fn same_line(name: &str, form: &str) -> bool {
        let words = Words::of(name);
        let all: Vec<&str> = words.iter().collect();
        all_in(&all).iter().any(|found| found.forms().any(|other| other.name == form))
    }

    #[test]
    fn a_form_stands_where_it_may() {
        for (name, core) in [
            ("PT Foo", "foo"),
            ("AS Foo", "foo"),
            ("Foo AS", "foo"),
            ("AS Foo Bar AS", "as foo bar"),
            ("Foo AG Bar", "foo ag bar"),
            ("Foo GmbH Zweigniederlassung Wien", "foo zweigniederlassung wien"),
            ("SAS Institute Inc.", "sas institute"),
            ("Trading as Foo Bar", "trading as foo bar"),
            ("AT&T Corp.", "at and t"),
            ("Limited", "limited"),
            ("Limited Inc", "limited"),
            ("Goldman Sachs & Co. LLC", "goldman sachs"),
            ("TACTICAL MISSILES CORPORATION JOINT STOCK COMPANY", "tactical missiles"),
            ("", ""),
        ] {
            assert_eq!(split(name).0, core, "{name}");
        }
    }

    #[test]
    fn the_legal_form_is_quoted_as_written() {
        for (name, form) in [
            ("Vishay Intertechnology, Inc.", Some("Inc.")),
            ("DALMINE S.P.A.", Some("S.P.A.")),
            ("Nearshoring Solutions Sp. z o.o.", Some("Sp. z o.o.")),
            ("Foo GmbH & Co. KG", Some("GmbH & Co. KG")),
            ("«Фу» ООО", Some("ООО")),
            ("Alesund Kommune", None),
            ("Foo Company", None),
            ("Erika Mustermann e.K.", None),
        ] {
            assert_eq!(as_written(name), form, "{name}");
        }
    }

    #[test]
    fn codes_and_countries_are_what_iso_20275_says() {
        let words = ["foo", "gmbh"];
        let form = all_in(&words)[0].forms().next().unwrap();
        assert_eq!(form.kind, FormKind::Limited);
        assert!(form.countries.contains(&(*b"DE", Some("2HBR"))));
        for form in &FORMS.forms {
            assert!(form.countries.iter().all(|(country, _)| country.iter().all(u8::is_ascii_uppercase)));
            let codes = form.countries.iter().filter_map(|(_, code)| *code);
            assert!(codes.into_iter().all(|code| code.len() == 4), "{}", form.name);
        }
    }

    proptest! {
        #[test]
        fn core_and_forms_make_the_name(name in "([A-Za-zЖ]{1,6}|inc|GmbH|& Co|KG|S\\.A\\.|OOO|sp z oo|[ .,'-]){0,9}") {
            let words = Words::of(&name);
            let all: Vec<&str> = words.iter().collect();
            let found = all_in(&all);
            let mut covered: Vec<Range<usize>> = without(all.len(), &found);
            prop_assert_eq!(covered.is_empty(), all.is_empty());
            covered.extend(found.into_iter().map(|found| found.words));
            covered.sort_by_key(|range| range.start);
            let again: Vec<usize> = covered.into_iter().flatten().collect();
            prop_assert_eq!(again, (0..all.len()).collect::<Vec<_>>());
        }

        #[test]
        fn any_text_may_carry_a_form(name in any::<String>()) {
            if let Some(form) = as_written(&name) {
                prop_assert!(name.contains(form) && form.len() < name.len());
            }
        }
    }
}
