//! Which register record an organisation of a network registry is.
//!
//! ```text
//! name -> normal::Words -> Name (core words with weights, places, numbers, legal form)
//!                            |
//!      holders' Names -> Linker index <- records' Names, one at a time
//!                            |
//!                      score::compare -> Differences -> Weights -> probability
//! ```
//!
//! `docs/RESOLUTION.md` says why, and with what result.

pub mod learn;
pub(crate) mod linker;
pub(crate) mod name;
pub(crate) mod score;
pub(crate) mod vocabulary;

use std::borrow::Cow;
use std::collections::BTreeSet;

use linker::{CountryRule, Linker, Outcome};
use name::Name;

use crate::import::Organisation;
pub use score::{DIFFERENCES, SAME};

/// The probability, 0 to 1, that two names are one organisation's. Some microseconds; to compare a
/// name with many, make a [`Name`] of it once.
pub fn same_name(name: &str, other: &str) -> f64 {
    score::score(&Name::new(name), &Name::new(other))
}

/// How two names differ, in the order of [`DIFFERENCES`]: what the weights are learned from.
pub fn differences(name: &str, other: &str) -> [f64; DIFFERENCES.len()] {
    score::differences(&Name::new(name), &Name::new(other))
}

/// The words of a name as they are counted: without legal form, numbers, places, connecting words.
pub fn words_of(name: &str) -> BTreeSet<String> {
    Name::new(name).plain_words().map(str::to_owned).collect()
}

/// A link that a [`LinkTrial`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialLink {
    /// The number of the name that was linked.
    pub holder: u32,
    /// The record's name.
    pub name: String,
    /// The record's country.
    pub country: Option<[u8; 2]>,
    /// How good the link is, to 1.
    pub score: f64,
}

/// Links names to records, for measuring: the build does the same with all that a register says.
pub struct LinkTrial(Linker);

impl LinkTrial {
    /// Indexes names. With `country_required` only those with a country can be linked.
    pub fn new<'a>(
        names: impl Iterator<Item = (u32, &'a str, Option<[u8; 2]>)>,
        country_required: bool,
    ) -> LinkTrial {
        LinkTrial(Linker::new(
            names,
            if country_required { CountryRule::Required } else { CountryRule::Ignored },
        ))
    }

    /// Offers a record: its name, country and LEI.
    pub fn offer(&mut self, name: &str, country: Option<[u8; 2]>, lei: &str) {
        self.0.offer(
            &Organisation {
                name: Cow::Borrowed(name),
                country,
                lei: Some(Cow::Borrowed(lei)),
                ..Organisation::default()
            },
            0,
        );
    }

    /// The links, by the names' numbers, and how many names are ambiguous.
    pub fn finish(self) -> (Vec<TrialLink>, usize) {
        let links = self.0.finish();
        let found = links.iter().filter_map(|(id, outcome)| match outcome {
            Outcome::Link(link) => Some(TrialLink {
                holder: *id,
                name: link.record.name.to_string(),
                country: link.record.country,
                score: link.score,
            }),
            _ => None,
        });
        let ambiguous = links.iter().filter(|(_, outcome)| *outcome == Outcome::Ambiguous).count();
        (found.collect(), ambiguous)
    }
}
