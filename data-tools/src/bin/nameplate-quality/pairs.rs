//! Names compared with labelled pairs: `labels/name-pairs/pairs.csv` of the corpus.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use nameplate_build::matching::SAME;
use nameplate_build::matching::learn::{Example, Model, is_organisation};

use crate::figures::{Figures, Share, Wanted};

/// A labelled pair and whether it is of organisations; the corpus has ships, too.
struct Labelled {
    example: Example,
    organisation: bool,
    category: String,
}

/// Folds of the cross-validation.
const FOLDS: usize = 10;

/// Appends the confusion table, the cross-validated figures and the worst mistakes.
pub(crate) fn report(corpus: &Path, out: &mut String, figures: &mut Figures) -> Result<(), Box<dyn Error>> {
    let path = corpus.join("labels/name-pairs/pairs.csv");
    let labelled = read(&path)?;
    writeln!(out, "## Names of organisations: the same or not\n")?;
    let model = Model::in_use();
    writeln!(
        out,
        "| pairs | same, found | same, missed | other, taken for same | other, found | precision | recall | F1 |\n|---|---|---|---|---|---|---|---|"
    )?;
    let organisations = || labelled.iter().filter(|pair| pair.organisation);
    let table = Table::of(organisations(), &model);
    table.row("organisations", out)?;
    let share = |part: u32, other: u32| Share { part: part.into(), whole: (part + other).into() };
    figures.add("pairs of organisations: precision", share(table.found, table.wrong), Wanted::AtLeast(93.0));
    figures.add("pairs of organisations: recall", share(table.found, table.missed), Wanted::AtLeast(85.0));
    Table::of(labelled.iter(), &model).row("all, with ships", out)?;
    crossed(&organisations().collect::<Vec<_>>()).row("organisations, cross-validated", out)?;
    crossed(&labelled.iter().collect::<Vec<_>>()).row("all, cross-validated", out)?;

    writeln!(out, "\nMistakes, the worst first (score, label, names):\n")?;
    let mut mistakes: Vec<(f64, &Labelled)> = labelled
        .iter()
        .map(|pair| (model.probability(&pair.example.name, &pair.example.other), pair))
        .filter(|(score, pair)| (*score >= SAME) != pair.example.same)
        .collect();
    mistakes.sort_by(|a, b| (b.0 - 0.5).abs().total_cmp(&(a.0 - 0.5).abs()));
    for (score, pair) in mistakes {
        let label = if pair.example.same { "same" } else { "other" };
        writeln!(
            out,
            "- {score:.2}, {label}: {} | {} ({})",
            pair.example.name, pair.example.other, pair.category
        )?;
    }
    writeln!(out)?;
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Labelled>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut labelled = Vec::new();
    for row in reader.records() {
        let row = row?;
        let field = |index: usize| row.get(index).unwrap_or_default();
        labelled.push(Labelled {
            organisation: is_organisation(field(0)),
            example: Example {
                name: field(1).to_owned(),
                other: field(2).to_owned(),
                same: field(3) == "true",
            },
            category: field(4).to_owned(),
        });
    }
    Ok(labelled)
}

/// How pairs were judged by weights that were learned without them.
fn crossed(labelled: &[&Labelled]) -> Table {
    let mut table = Table::default();
    for fold in 0..FOLDS {
        let held_out = |index: &usize| index % FOLDS == fold;
        let rest = labelled.iter().enumerate().filter(|(index, _)| !held_out(index));
        let model = Model::learn(rest.map(|(_, pair)| &pair.example));
        let judged = labelled.iter().enumerate().filter(|(index, _)| held_out(index)).map(|(_, pair)| *pair);
        table.add(&Table::of(judged, &model));
    }
    table
}

#[derive(Default)]
struct Table {
    found: u32,
    missed: u32,
    wrong: u32,
    other: u32,
}

impl Table {
    fn of<'a>(labelled: impl Iterator<Item = &'a Labelled>, model: &Model) -> Table {
        let mut table = Table::default();
        for pair in labelled {
            let judged = model.same(&pair.example.name, &pair.example.other);
            match (pair.example.same, judged) {
                (true, true) => table.found += 1,
                (true, false) => table.missed += 1,
                (false, true) => table.wrong += 1,
                (false, false) => table.other += 1,
            }
        }
        table
    }

    fn add(&mut self, other: &Table) {
        self.found += other.found;
        self.missed += other.missed;
        self.wrong += other.wrong;
        self.other += other.other;
    }

    fn row(&self, title: &str, out: &mut String) -> std::fmt::Result {
        let Table { found, missed, wrong, other } = *self;
        let precision = f64::from(found) / f64::from((found + wrong).max(1));
        let recall = f64::from(found) / f64::from((found + missed).max(1));
        let f1 = 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE);
        writeln!(
            out,
            "| {title} | {found} | {missed} | {wrong} | {other} | {precision:.3} | {recall:.3} | {f1:.3} |"
        )
    }
}
