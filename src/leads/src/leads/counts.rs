//! What visits were decided as: numbers for the metrics, and never a company.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::gate::{Level, Reason};
use crate::model::Filtered;

const REASONS: usize = Filtered::ALL.len() + 2;

/// Counts since the start.
#[derive(Default)]
pub struct VisitCounts {
    decided: [[AtomicU64; REASONS]; Level::ALL.len()],
    refused: AtomicU64,
    lost: AtomicU64,
    shown: AtomicU64,
}

impl VisitCounts {
    pub(super) fn count(&self, level: Level, reason: Reason) {
        self.decided[level as usize][place(reason)].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn shown(&self) {
        self.shown.fetch_add(1, Ordering::Relaxed);
    }

    /// Visits by level: each level and how many.
    pub fn levels(&self) -> impl Iterator<Item = (Level, u64)> + '_ {
        Level::ALL.into_iter().map(|level| {
            (level, self.decided[level as usize].iter().map(|count| count.load(Ordering::Relaxed)).sum())
        })
    }

    /// Visits by reason, all levels together: `granted` and `legitimate_interest` are those that became a company's.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        let lowered = Filtered::ALL.into_iter().map(Reason::Lowered);
        [Reason::Granted, Reason::LegitimateInterest].into_iter().chain(lowered).map(|reason| {
            let of = |level: &[AtomicU64; REASONS]| level[place(reason)].load(Ordering::Relaxed);
            (reason, self.decided.iter().map(of).sum())
        })
    }

    /// Visits that became a company's and can be read from the store: whoever watches it looks again when this has grown.
    pub fn shown_visits(&self) -> u64 {
        self.shown.load(Ordering::Relaxed)
    }

    /// Visits that were none: what was sent did not hold together.
    pub fn refusals(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Visits that the store could not keep.
    pub fn losses(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

fn place(reason: Reason) -> usize {
    match reason {
        Reason::Granted => 0,
        Reason::LegitimateInterest => 1,
        Reason::Lowered(why) => 2 + why as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_place_and_a_name_of_its_own() {
        let counts = VisitCounts::default();
        let names: std::collections::BTreeSet<_> =
            counts.reasons().map(|(reason, _)| reason.name()).collect();
        assert_eq!(names.len(), REASONS);
        for (number, (reason, _)) in (1..).zip(counts.reasons()) {
            (0..number).for_each(|_| counts.count(Level::Company, reason));
        }
        for (number, (reason, count)) in (1..).zip(counts.reasons()) {
            assert_eq!(count, number, "{}", reason.name());
        }
        let sum: u64 = (1..=REASONS as u64).sum();
        let levels: Vec<_> = counts.levels().map(|(level, count)| (level.name(), count)).collect();
        assert_eq!(levels, [("off", 0), ("count", 0), ("company", sum), ("sessions", 0)]);
    }

    #[test]
    fn words_are_those_of_the_json() {
        for why in Filtered::ALL {
            assert_eq!(serde_json::to_string(&why).unwrap(), format!("\"{}\"", why.name()));
        }
    }
}
