//! Which names sound like operators': a linear score, learned.
//!
//! Firms that sell access are called after it in many ways that no list holds (`Fartel`, `Gigaprime`), and
//! their networks have other shapes than those of firms that use one. The score adds up small weights of
//! a name's words, of three to five letters in a row, and of its network's shape. It is asked only where
//! lists decide nothing: words that are signs of a kind are left out of it, when it is learned as when
//! it is used.
//!
//! `train/score.rs` learns the weights in `weights/score.txt`, which says from what.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::names::entries;
use super::signs::{Reading, Sign};
use super::{Shape, names};

static WEIGHTS: LazyLock<HashMap<&'static str, f32>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (feature, weight) = line.rsplit_once(' ')?;
        Some((feature, weight.parse::<f32>().ok()?))
    };
    entries(include_str!("../../weights/score.txt")).filter_map(line).collect()
});

/// Log-odds that an organisation of this name and network is an operator, as far as both tell:
/// above 0 rather an operator, below rather a firm that uses its network itself.
pub(crate) fn score(reading: &Reading, shape: Option<Shape>) -> f32 {
    let mut sum = 0.0;
    features(reading, shape, &mut |feature| sum += WEIGHTS.get(feature).unwrap_or(&0.0));
    sum
}

/// The longest and shortest run of letters that has a weight.
const RUNS: std::ops::RangeInclusive<usize> = 3..=5;
/// Names are read so far; what is longer is no better known for it.
const LONGEST_NAME: usize = 24;

/// Calls `each` with every feature of an organisation. Features of words: `=word` for a whole word, and runs
/// of letters with `^` and `$` at a word's ends. Features of the network: `v4-addresses:10` for 2^10 addresses
/// and so on.
pub(crate) fn features(reading: &Reading, shape: Option<Shape>, each: &mut dyn FnMut(&str)) {
    each("always");
    let mut marked = String::new();
    for word in reading.other_words().take(LONGEST_NAME) {
        marked.clear();
        marked.push('=');
        marked.push_str(word);
        each(&marked);
        marked.replace_range(..1, "^");
        marked.push('$');
        let places: Vec<usize> = marked.char_indices().map(|(at, _)| at).chain([marked.len()]).collect();
        for run in RUNS {
            for ends in places.windows(run + 1) {
                each(&marked[ends[0]..ends[run]]);
            }
        }
    }
    if reading.strong.has(Sign::Trade) {
        each("sign:trade");
    }
    if let Some(shape) = shape {
        let steps: [(&str, u64); 4] = [
            ("v4-addresses", shape.v4_addresses),
            ("v4-ranges", shape.v4_ranges.into()),
            ("v6-networks", shape.v6_networks),
            ("v6-ranges", shape.v6_ranges.into()),
        ];
        for (what, size) in steps {
            each(&format!("{what}:{}", names::magnitude(size)));
        }
    }
}
