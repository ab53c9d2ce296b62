//! Days, and periods as few spans: whole years and months, and the days that are left at both ends.
//!
//! ```text
//! 2026-05-20 to 2028-02-03:  12 days, 7 months, 2027, January 2028, 3 days
//! ```

use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::{Result, StoreError};
use crate::model::Timestamp;

/// Milliseconds of a day.
pub(super) const DAY: i64 = 86_400_000;

/// 31 December 9999, the last day that has a name.
const LAST_DAY: i64 = 2_932_896;

const MONTHS: i64 = 1 << 24;
const YEARS: i64 = 2 << 24;

/// The day of a time, in days since 1970.
pub(super) fn day_of(at: Timestamp) -> Result<i64> {
    let day = at.div_euclid(DAY);
    if (0..=LAST_DAY).contains(&day) {
        Ok(day)
    } else {
        Err(StoreError::Invalid("the time is not between the years 1970 and 9999".into()))
    }
}

/// Its date; for days beyond the calendar the nearest one.
pub(super) fn date_of(day: i64) -> Date {
    // Of Howard Hinnant's "chrono-compatible low-level date algorithms": years that begin in March.
    let days = day.clamp(0, LAST_DAY) + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date::new(year as i16, month as i8, (of_year - (153 * march + 2) / 5 + 1) as i8).unwrap_or(Date::MAX)
}

/// The day of a date.
pub(super) fn day_of_date(date: Date) -> i64 {
    let month = i64::from(date.month());
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(date.day()) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The spans a day is counted in: the day, its month, its year.
pub(super) fn spans_of(day: i64) -> [i64; 3] {
    let date = date_of(day);
    [day, month_span(date), YEARS + i64::from(date.year())]
}

fn month_span(date: Date) -> i64 {
    MONTHS + i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// The days of a month's or year's span.
pub(super) fn days_of_span(span: i64) -> RangeInclusive<i64> {
    let first =
        |year: i64, month: i64| Date::new(year as i16, month as i8 + 1, 1).map_or(LAST_DAY + 1, day_of_date);
    if span >= YEARS {
        let year = span - YEARS;
        first(year, 0)..=first(year + 1, 0) - 1
    } else if span >= MONTHS {
        let (year, month) = ((span - MONTHS) / 12, (span - MONTHS) % 12);
        let (next_year, next) = if month == 11 { (year + 1, 0) } else { (year, month + 1) };
        first(year, month)..=first(next_year, next) - 1
    } else {
        span..=span
    }
}

/// First and last day, both in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// Every day there is.
pub(super) const ALWAYS: Period = Period { first: 0, last: LAST_DAY };

impl Period {
    /// Of dates as users write them; 30 days up to today if nothing is said.
    pub(super) fn parse(from: Option<&str>, to: Option<&str>, now: Timestamp) -> Result<Period> {
        let parse = |text: &str| match text.parse::<Date>() {
            Ok(date) if (1970..=9999).contains(&date.year()) => Ok(day_of_date(date)),
            _ => Err(StoreError::Invalid("a day is written as 2026-06-17, from 1970 to 9999".into())),
        };
        let last = to.map_or_else(|| day_of(now), parse)?;
        let first = from.map_or_else(|| Ok((last - 29).max(0)), parse)?;
        if first > last {
            return Err(StoreError::Invalid("the period's first day is after its last one".into()));
        }
        Ok(Period { first, last })
    }

    /// The same period as ranges of spans, together at most 60 days, 22 months and all years.
    pub(super) fn spans(self) -> Vec<RangeInclusive<i64>> {
        let mut spans: Vec<RangeInclusive<i64>> = Vec::new();
        let mut day = self.first;
        while day <= self.last {
            let candidates = spans_of(day);
            let whole = |span: i64| {
                let days = days_of_span(span);
                *days.start() == day && *days.end() <= self.last
            };
            let span = [candidates[2], candidates[1]].into_iter().find(|span| whole(*span)).unwrap_or(day);
            day = *days_of_span(span).end() + 1;
            match spans.last_mut() {
                Some(last) if last.end() + 1 == span => *last = *last.start()..=span,
                _ => spans.push(span..=span),
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_and_dates_are_those_of_the_calendar() {
        let epoch = jiff::civil::date(1970, 1, 1);
        let mut date = epoch;
        for day in 0..60_000 {
            assert_eq!((date_of(day), day_of_date(date)), (date, day));
            date = date.tomorrow().unwrap();
        }
        assert_eq!(date_of(LAST_DAY), jiff::civil::date(9999, 12, 31));
    }

    #[test]
    fn the_example_of_the_module() {
        let period = Period::parse(Some("2026-05-20"), Some("2028-02-03"), 0).unwrap();
        let spans: i64 = period.spans().iter().map(|range| range.end() - range.start() + 1).sum();
        assert_eq!(spans, 12 + 7 + 1 + 1 + 3);
    }

    proptest! {
        #[test]
        fn spans_cover_each_day_of_a_period_once(first in 0_i64..40_000, days in 0_i64..4000) {
            let period = Period { first, last: first + days };
            let mut covered: Vec<i64> = period.spans().into_iter().flatten().flat_map(days_of_span).collect();
            covered.sort_unstable();
            prop_assert_eq!(covered, (first..=first + days).collect::<Vec<_>>());
        }
    }
}
