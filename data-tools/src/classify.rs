//! The legal form that a name carries.

use std::sync::LazyLock;

use crate::organisation::names::{PhraseList, words};

static LEGAL_FORMS: LazyLock<PhraseList> =
    LazyLock::new(|| PhraseList::new(include_str!("../words/legal-forms.txt")));

/// The legal form that a name carries, as it is written there: `Inc.`, `GmbH & Co. KG`.
pub(crate) fn legal_form(name: &str) -> Option<&str> {
    let all = words(name);
    let found = LEGAL_FORMS.find(&all)?;
    // Words were folded; find the shortest run of the name's own words that folds to the form.
    let own: Vec<(usize, &str)> =
        name.split_whitespace().map(|word| (word.as_ptr() as usize - name.as_ptr() as usize, word)).collect();
    let form = &all[found];
    for length in 1..=own.len() {
        for run in own.windows(length).rev() {
            let (start, _) = run[0];
            let (last, word) = run[length - 1];
            let text = &name[start..last + word.len()];
            if words(text) == form {
                return Some(text.trim_matches([',', '(', ')', '"', '\'']));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legal_form_is_quoted_as_written() {
        for (name, form) in [
            ("Vishay Intertechnology, Inc.", Some("Inc.")),
            ("DALMINE S.P.A.", Some("S.P.A.")),
            ("Nearshoring Solutions Sp. z o.o.", Some("Sp. z o.o.")),
            ("Alesund Kommune", None),
        ] {
            assert_eq!(legal_form(name), form, "{name}");
        }
    }
}
