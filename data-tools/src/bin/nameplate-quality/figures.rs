//! Figures beside what is wanted of them.

use std::fmt::Write;

/// Shares with the bounds they must keep.
#[derive(Default)]
pub(crate) struct Figures(Vec<Figure>);

struct Figure {
    what: &'static str,
    share: Share,
    wanted: Wanted,
}

/// A bound on a share, in percent.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) part: u64,
    pub(crate) whole: u64,
}

impl Share {
    /// Counts one more, of the part or not.
    pub(crate) fn count(&mut self, of_the_part: bool) {
        self.part += u64::from(of_the_part);
        self.whole += 1;
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of labels are small")]
    fn percent(self) -> f64 {
        if self.whole == 0 { 0.0 } else { self.part as f64 * 100.0 / self.whole as f64 }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}% ({} of {})", self.percent(), self.part, self.whole)
    }
}

impl Figures {
    pub(crate) fn add(&mut self, what: &'static str, share: Share, wanted: Wanted) {
        self.0.push(Figure { what, share, wanted });
    }

    /// A table of all figures.
    pub(crate) fn summary(&self) -> String {
        let mut table = String::from("| figure | wanted | measured |\n|---|---|---|\n");
        for figure in &self.0 {
            let wanted = match figure.wanted {
                Wanted::AtLeast(percent) => format!("at least {percent}%"),
                Wanted::AtMost(percent) => format!("at most {percent}%"),
            };
            _ = writeln!(table, "| {} | {wanted} | {} |", figure.what, figure.share);
        }
        table
    }

    /// Those that miss what is wanted. A figure of nothing misses it.
    pub(crate) fn missed(&self) -> Vec<String> {
        let missed = |figure: &&Figure| {
            let kept = match figure.wanted {
                Wanted::AtLeast(percent) => figure.share.percent() >= percent,
                Wanted::AtMost(percent) => figure.share.percent() <= percent,
            };
            figure.share.whole == 0 || !kept
        };
        self.0.iter().filter(missed).map(|figure| format!("{}: {}", figure.what, figure.share)).collect()
    }
}
