//! The person filter, on labelled names. Persons' names are counted and never printed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use nameplate_build::organisation::{Class, Signs, Verdict, has_legal_form, judge};

use crate::Failure;
use crate::figures::{Figures, Share, Wanted};
use crate::labels;

/// Mistakes shown.
const WORST: usize = 25;

/// Writes the chapter. Wants of persons at most 1% shown as companies and 15% as operators, and of companies with
/// a legal form at most 1% withheld.
pub(crate) fn report(corpus: &Path, out: &mut String, figures: &mut Figures) -> Result<(), Failure> {
    let persons = Names::read(&corpus.join("labels/person-or-company/person.txt"))?;
    let companies = Names::read(&corpus.join("labels/person-or-company/company.txt"))?;
    let formal = companies.only(has_legal_form);

    let as_company =
        |names: &Names, part| names.share(part, |verdict| matches!(verdict.class, Class::Company(_)));
    let as_operator =
        |names: &Names, part| names.share(part, |verdict| matches!(verdict.class, Class::Operator(_)));
    let withheld = |names: &Names, part| names.share(part, |verdict| verdict.class == Class::Withheld);
    figures.add("persons shown as companies", as_company(&persons, None), Wanted::AtMost(1.0));
    figures.add("persons shown as operators", as_operator(&persons, None), Wanted::AtMost(15.0));
    figures.add("companies with a legal form withheld", withheld(&formal, None), Wanted::AtMost(1.0));

    out.push_str(
        "\n## The person filter\n\nNames of persons and companies, mostly of the United States, judged by nothing but the name.\n\n\
         | | all | development | held out |\n|---|---|---|---|\n",
    );
    let parts = [None, Some(true), Some(false)];
    let mut row = |what: &str, of: &dyn Fn(Option<bool>) -> Share| {
        let [all, development, held_out] = parts.map(of);
        _ = writeln!(out, "| {what} | {all} | {development} | {held_out} |");
    };
    row("persons shown as companies", &|part| as_company(&persons, part));
    row("persons shown as operators", &|part| as_operator(&persons, part));
    row("persons withheld", &|part| withheld(&persons, part));
    row("companies with a legal form withheld", &|part| withheld(&formal, part));
    row("companies shown as companies", &|part| as_company(&companies, part));
    row("companies shown as operators", &|part| as_operator(&companies, part));
    row("companies withheld", &|part| withheld(&companies, part));

    out.push_str("\nBy which rules persons are shown or withheld; their names are not printed.\n\n| rule | persons |\n|---|---|\n");
    for (rule, count) in persons.rules() {
        _ = writeln!(out, "| {rule} | {count} |");
    }
    let mut wrong: Vec<&Judged> =
        companies.0.iter().filter(|name| name.verdict.class == Class::Withheld).collect();
    wrong.sort_by_key(|name| {
        (std::cmp::Reverse((has_legal_form(&name.name), name.verdict.confidence)), &name.name)
    });
    // Firms that are called like a person alone are left out: the label may be wrong.
    let printable: Vec<&&Judged> = wrong.iter().filter(|name| name.verdict.rule != "likely-person").collect();
    _ = writeln!(
        out,
        "\n### The worst mistakes\n\nCompanies withheld, those with a legal form first; {} of {}. Names that a given name makes look like a \
         person's are not printed.\n\n| name | rule | confidence |\n|---|---|---|",
        printable.len().min(WORST),
        wrong.len()
    );
    for name in printable.into_iter().take(WORST) {
        _ = writeln!(
            out,
            "| {} | {} | {} |",
            name.name.replace('|', "/"),
            name.verdict.rule,
            name.verdict.confidence
        );
    }
    Ok(())
}

/// Labelled names and what was said of them.
struct Names(Vec<Judged>);

#[derive(Clone)]
struct Judged {
    name: String,
    development: bool,
    verdict: Verdict,
}

impl Names {
    fn read(path: &Path) -> Result<Names, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let judged = |name: &str| Judged {
            name: name.to_owned(),
            development: labels::is_development(name),
            verdict: judge(&Signs { name, ..Signs::default() }),
        };
        Ok(Names(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(judged).collect()))
    }

    fn only(&self, of: impl Fn(&str) -> bool) -> Names {
        Names(self.0.iter().filter(|name| of(&name.name)).cloned().collect())
    }

    /// Of all names, of those of development, or of the others.
    fn share(&self, development: Option<bool>, of: impl Fn(Verdict) -> bool) -> Share {
        let mut share = Share::default();
        let names = self.0.iter().filter(|name| development.is_none_or(|part| part == name.development));
        names.for_each(|name| share.count(of(name.verdict)));
        share
    }

    fn rules(&self) -> BTreeMap<&'static str, u64> {
        let mut rules = BTreeMap::new();
        self.0.iter().for_each(|name| *rules.entry(name.verdict.rule).or_default() += 1);
        rules
    }
}
