//! Given names and surnames, as the United States publish them. They never clear a name: a person whose name
//! is on no list is as much a person.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::names::entries;

/// A name's rank among given names or surnames: 0 is the commonest.
type Ranks = HashMap<&'static str, u32>;

static GIVEN: LazyLock<Ranks> = LazyLock::new(|| ranks(include_str!("../../words/given-names.txt")));
static SURNAMES: LazyLock<Ranks> = LazyLock::new(|| ranks(include_str!("../../words/surnames.txt")));

fn ranks(list: &'static str) -> Ranks {
    entries(list).zip(0..).collect()
}

/// Given names up to this rank are rarely anything else.
const COMMON_GIVEN: u32 = 2_500;
/// Surnames up to this rank are borne by some 2,500 people or more in the United States.
const COMMON_SURNAME: u32 = 8_000;

/// Given names up to this rank are sooner a given name than a word.
const USUAL_GIVEN: u32 = 9_000;

pub(crate) fn is_given(word: &str) -> bool {
    GIVEN.get(word).is_some_and(|rank| *rank < USUAL_GIVEN)
}

pub(crate) fn is_name(word: &str) -> bool {
    GIVEN.contains_key(word) || SURNAMES.contains_key(word)
}

pub(crate) fn is_common_given(word: &str) -> bool {
    GIVEN.get(word).is_some_and(|rank| *rank < COMMON_GIVEN)
}

pub(crate) fn is_common_name(word: &str) -> bool {
    is_common_given(word) || SURNAMES.get(word).is_some_and(|rank| *rank < COMMON_SURNAME)
}
