//! What pages over a period share: the form for site and days, shares of a whole, numbers that can be read.

use nameplate_leads::model::FilteredQuery;

use super::companies::Choice;
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::period::PeriodWords;

/// The form; its fields are the template's, `period_form.html`.
pub(super) struct PeriodForm {
    pub(super) words: &'static PeriodWords,
    pub(super) action: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) sites: Vec<Choice>,
}

/// What such a page is asked.
pub(super) fn asked(call: &Call) -> Result<FilteredQuery, Problem> {
    call.query.only(&["site", "from", "to"])?;
    Ok(FilteredQuery {
        sites: call.query.all("site").filter(|site| !site.is_empty()).map(str::to_owned).collect(),
        from: call.query.get("from")?.map(str::to_owned),
        to: call.query.get("to")?.map(str::to_owned),
    })
}

impl PeriodForm {
    pub(super) fn new(app: &App, call: &Call, asked: &FilteredQuery, action: &'static str) -> PeriodForm {
        let sites = app.leads().config().sites.iter().map(|site| Choice {
            chosen: asked.sites.contains(&site.name),
            value: site.name.clone(),
            name: site.name.clone(),
        });
        PeriodForm {
            words: PeriodWords::of(call.language),
            action,
            from: asked.from.clone().unwrap_or_default(),
            to: asked.to.clone().unwrap_or_default(),
            sites: sites.collect(),
        }
    }
}

/// A part of a whole in percent, as text and as the width of a bar.
#[derive(Clone)]
pub(super) struct Percent {
    pub(super) text: String,
    pub(super) width: String,
}

/// A part of a whole, 0 to 1; of nothing it is 0.
#[expect(clippy::cast_precision_loss, reason = "nobody sees the fifteenth digit of a share")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

pub(super) fn percent(part: u64, whole: u64) -> Percent {
    let share = ratio(part, whole) * 100.0;
    // What is there is not told to be nothing.
    let text = if part > 0 && share < 0.1 { "< 0.1 %".into() } else { format!("{share:.1} %") };
    Percent { text, width: format!("{share:.2}") }
}

/// With narrow spaces between the thousands, which all four languages understand.
pub(super) fn counted(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_shares_can_be_read() {
        assert_eq!(counted(0), "0");
        assert_eq!(counted(999), "999");
        assert_eq!(counted(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(percent(1, 3).text, "33.3 %");
        assert_eq!(percent(1, 1_000_000).text, "< 0.1 %");
        assert_eq!((percent(0, 0).text, percent(5, 5).width), ("0.0 %".to_owned(), "100.00".to_owned()));
    }
}
