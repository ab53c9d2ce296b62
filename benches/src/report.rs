//! What was measured, and the three forms in which it goes out: `report.json` for programs, a table
//! on the terminal, and RESULTS.md.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::Result;
use crate::figures::{Figure, Wanted};

/// One comparison: subjects and rivals under the same conditions, in the same turns.
#[derive(Clone, Debug)]
pub struct Case {
    /// What was measured.
    pub name: String,
    /// Of all values; less is better.
    pub unit: &'static str,
    /// Each subject's value.
    pub measured: Vec<Measured>,
}

/// One subject in a case.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Who.
    pub subject: String,
    /// Whether it is this project's.
    pub ours: bool,
    /// The value of each round.
    pub rounds: Vec<f64>,
}

impl Measured {
    /// A value that does not vary.
    pub fn exact(subject: &str, ours: bool, value: f64) -> Measured {
        Measured { subject: subject.into(), ours, rounds: vec![value] }
    }

    /// Median of the rounds.
    pub fn value(&self) -> f64 {
        median(self.rounds.clone())
    }

    /// The quickest round: on a noisy machine, how far the median may be off.
    fn lowest(&self) -> f64 {
        self.rounds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// How many times better this one is than a rival: the median of the rounds' ratios, for what
    /// slows a round down slows both. Without common rounds, the ratio of the medians.
    pub fn better_than(&self, rival: &Measured) -> f64 {
        if self.rounds.len() != rival.rounds.len() {
            return rival.value() / self.value();
        }
        median(rival.rounds.iter().zip(&self.rounds).map(|(rival, own)| rival / own).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

impl Case {
    /// The subject of this name.
    pub fn subject(&self, name: &str) -> Option<&Measured> {
        self.measured.iter().find(|measured| measured.subject == name)
    }
}

/// One pair of subject and rival, as `report.json` has it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    case: &'a str,
    subject: &'a str,
    value: f64,
    unit: &'a str,
    rival: Option<&'a str>,
    rival_value: Option<f64>,
    /// How many times better the subject is.
    ratio: Option<f64>,
}

/// Each of ours with each rival of its case; alone where it has none.
fn rows(case: &Case) -> Vec<Row<'_>> {
    let (ours, rivals): (Vec<_>, Vec<_>) = case.measured.iter().partition(|measured| measured.ours);
    let mut rows = Vec::new();
    for ours in ours {
        let row = |rival: Option<&'_ Measured>| Row {
            case: &case.name,
            subject: &ours.subject,
            value: ours.value(),
            unit: case.unit,
            rival: None,
            rival_value: rival.map(Measured::value),
            ratio: rival.map(|rival| ours.better_than(rival)),
        };
        rows.extend(rivals.iter().map(|rival| Row { rival: Some(&rival.subject), ..row(Some(rival)) }));
        if rivals.is_empty() {
            rows.push(row(None));
        }
    }
    rows
}

/// Writes `report.json`.
pub fn write_json(cases: &[Case], path: &Path) -> Result<()> {
    let rows: Vec<Row<'_>> = cases.iter().flat_map(rows).collect();
    fs::write(path, serde_json::to_string_pretty(&rows)? + "\n")?;
    Ok(())
}

/// A value with three digits that count.
pub fn shown(value: f64, unit: &str) -> String {
    match unit {
        "bytes" if value >= 1e9 => format!("{:.2} GB", value / 1e9),
        "bytes" => format!("{:.2} MB", value / 1e6),
        _ if value >= 99.95 => format!("{value:.0} {unit}"),
        _ if value >= 9.995 => format!("{value:.1} {unit}"),
        _ => format!("{value:.2} {unit}"),
    }
}

/// One case for the terminal.
pub fn text(case: &Case) -> String {
    let mut out = format!("{}\n", case.name);
    for measured in &case.measured {
        let mark = if measured.ours { '*' } else { ' ' };
        let (value, lowest) = (shown(measured.value(), case.unit), shown(measured.lowest(), case.unit));
        let lowest = if lowest == value { String::new() } else { format!("   (quickest {lowest})") };
        // Writing to a String can't fail.
        let _ = writeln!(out, "  {mark} {:<36} {value:>16}{lowest}", measured.subject);
    }
    out
}

/// One case for RESULTS.md.
fn markdown(case: &Case) -> String {
    let ours = case.measured.iter().filter(|measured| measured.ours);
    let ours: Vec<&Measured> = ours.collect();
    let mut out = format!("\n### {}\n\n| | median | quickest |", case.name);
    let rivals = case.measured.iter().any(|measured| !measured.ours);
    let columns = if rivals { &ours[..] } else { &[] };
    for ours in columns {
        let _ = write!(out, " {} is better by |", ours.subject);
    }
    let _ = write!(out, "\n|---|---:|---:|{}", "---:|".repeat(columns.len()));
    for measured in &case.measured {
        let Measured { subject, ours, .. } = measured;
        let name = if *ours { format!("**{subject}**") } else { subject.clone() };
        let (value, lowest) = (shown(measured.value(), case.unit), shown(measured.lowest(), case.unit));
        let lowest = if lowest == value { String::new() } else { lowest };
        let _ = write!(out, "\n| {name} | {value} | {lowest} |");
        for column in columns {
            let ratio = if *ours { String::new() } else { format!("{:.1}", column.better_than(measured)) };
            let _ = write!(out, " {ratio} |");
        }
    }
    out + "\n"
}

/// The figures to reach, as a Markdown table.
pub fn figures_table(figures: &[Figure]) -> String {
    let mut out =
        "| case | ours against | to reach | measured | reached |\n|---|---|---:|---:|---|".to_owned();
    for figure in figures {
        let wanted = match figure.wanted {
            Wanted::AtLeast(wanted) => format!("≥ {wanted}"),
            Wanted::AtMost(wanted) => format!("≤ {wanted}"),
            Wanted::BytesAtMost(wanted) => format!("≤ {}", shown(wanted, "bytes")),
            Wanted::Nothing => String::new(),
        };
        let number = |measured| match figure.wanted {
            Wanted::BytesAtMost(_) => shown(measured, "bytes"),
            _ => format!("{measured:.2}"),
        };
        let measured = figure.measured.map_or("not measured".into(), number);
        let reached = match figure.reached() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let Figure { case, against, .. } = figure;
        // Writing to a String can't fail.
        let _ = write!(out, "\n| {case} | {against} | {wanted} | {measured} | {reached} |");
    }
    out
}

/// Fills the template: prose stays, figures change. A placeholder is a line of its own.
pub fn write_results(
    template: &Path,
    out: &Path,
    machine: &str,
    cases: &[Case],
    figures: &[Figure],
) -> Result<()> {
    let tables: String = cases.iter().map(markdown).collect();
    let text = fs::read_to_string(template)?
        .replace("{{machine}}", machine.trim_end())
        .replace("{{figures}}", &figures_table(figures))
        .replace("{{tables}}", tables.trim());
    fs::write(out, text)?;
    Ok(())
}
