//! The score: one number for how much a company was interested, made of what it did.
//!
//! ```text
//! score = visits + page views + time + recency + page groups, at most 100, rounded down
//!
//! visits      weight x min(visits, full) / full
//! page views  weight x min(page views, full) / full
//! time        weight x min(seconds, full) / full
//! recency     weight x max(full - days since the last page view, 0) / full
//! page groups the points of each group of which a page was looked at, once
//! ```
//!
//! All of it counts in the period that is asked for. The configuration has each weight and each `full`; a weight of 0
//! leaves a part out. It says nothing of who is worth anything: a company's size, country or industry is for segments.

use serde::Deserialize;

/// How scores are made. `[leads.score]` in the configuration, and the points of the page groups.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreFormula {
    /// Visits; full at 5 unless configured.
    pub visits: Part,
    /// Page views; full at 20.
    pub page_views: Part,
    /// Seconds on the site; full at 600.
    pub seconds: Part,
    /// Days since the last page view; nothing from 14 on.
    pub recency: Part,
    /// The page groups of all sites that have points.
    #[serde(skip)]
    pub groups: Vec<GroupPoints>,
}

/// One part of the formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Points at the most, 0 to 100.
    pub weight: u32,
    /// Where that is reached; at least 1. For recency: where there are none left.
    pub full: u32,
}

/// A page group with points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPoints {
    /// The group's name.
    pub name: String,
    /// 1 to 100.
    pub points: u32,
}

/// What a company did in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behaviour<'a> {
    /// Visits.
    pub visits: u64,
    /// Page views.
    pub page_views: u64,
    /// Seconds on the site.
    pub seconds: u64,
    /// Whole days since the last page view.
    pub days_since_last: u64,
    /// Names of the page groups that were looked at, each once.
    pub groups: Vec<&'a str>,
}

impl Default for ScoreFormula {
    fn default() -> ScoreFormula {
        ScoreFormula {
            visits: Part { weight: 25, full: 5 },
            page_views: Part { weight: 25, full: 20 },
            seconds: Part { weight: 20, full: 600 },
            recency: Part { weight: 30, full: 14 },
            groups: Vec::new(),
        }
    }
}

impl ScoreFormula {
    /// The score, 0 to 100. O(groups).
    pub fn score(&self, did: &Behaviour<'_>) -> u8 {
        let left = u64::from(self.recency.full).saturating_sub(did.days_since_last);
        let groups = self.groups.iter().filter(|group| did.groups.contains(&group.name.as_str()));
        let points = self.visits.points(did.visits)
            + self.page_views.points(did.page_views)
            + self.seconds.points(did.seconds)
            + self.recency.points(left)
            + groups.map(|group| u64::from(group.points) * Part::SCALE).sum::<u64>();
        (points / Part::SCALE).min(100) as u8
    }
}

impl Part {
    /// Points are counted in thousandths: parts of points add up before the sum is rounded.
    const SCALE: u64 = 1000;

    fn points(self, value: u64) -> u64 {
        let full = u64::from(self.full.max(1));
        u64::from(self.weight) * Self::SCALE * value.min(full) / full
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn did(visits: u64, page_views: u64, seconds: u64, days_since_last: u64) -> Behaviour<'static> {
        Behaviour { visits, page_views, seconds, days_since_last, groups: Vec::new() }
    }

    #[test]
    fn scores_worked_out_by_hand() {
        let formula = ScoreFormula::default();
        for (did, score) in [
            (did(0, 0, 0, 1000), 0),
            (did(5, 20, 600, 0), 100),
            (did(500, 2000, 60_000, 0), 100),
            // 5 + 1.25 + 0 + 30
            (did(1, 1, 0, 0), 36),
            // 10 + 12.5 + 4 + 15
            (did(2, 10, 120, 7), 41),
            // 25 + 25 + 20 + 30 * 1 / 14
            (did(5, 20, 600, 13), 72),
            (did(5, 20, 600, 14), 70),
        ] {
            assert_eq!(formula.score(&did), score, "{did:?}");
        }
    }

    #[test]
    fn a_page_group_gives_its_points_once() {
        let groups = vec![
            GroupPoints { name: "pricing".into(), points: 15 },
            GroupPoints { name: "jobs".into(), points: 80 },
        ];
        let formula = ScoreFormula { groups, ..ScoreFormula::default() };
        let mut did = did(1, 1, 0, 0);
        did.groups = vec!["pricing", "blog"];
        assert_eq!(formula.score(&did), 51);
        did.groups.push("jobs");
        assert_eq!(formula.score(&did), 100);
    }

    proptest! {
        #[test]
        fn whoever_did_more_and_later_has_no_lower_score(
            a in (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()),
            b in (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()),
        ) {
            let more = did(a.0.max(b.0), a.1.max(b.1), a.2.max(b.2), a.3.min(b.3));
            let less = did(a.0, a.1, a.2, a.3);
            let formula = ScoreFormula::default();
            prop_assert!(formula.score(&more) >= formula.score(&less));
            prop_assert!(formula.score(&more) <= 100);
        }
    }
}
