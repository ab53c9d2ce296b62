//! Classification, on labelled AS numbers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

use nameplate::{CompanyKind, OperatorKind};
use nameplate_build::organisation::{Class, Kind, Shape, Signs, Verdict, judge};

use crate::Failure;
use crate::figures::{Figures, Share, Wanted};
use crate::labels::{self, Label, LabelledSystem};
use crate::table::{self, System, Table};

/// Mistakes shown.
const WORST: usize = 25;

/// Writes the chapter. Wants 93% right as operator or company, and 90% of education right by kind.
pub(crate) fn report(
    corpus: &Path,
    sources: &Path,
    out: &mut String,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let table = table::read(sources)?;
    let lists = lists(corpus)?;
    let cases: Vec<Case> =
        labels::systems(corpus)?.into_iter().map(|label| Case::new(label, &table, &lists)).collect();

    let right = |part: &dyn Fn(&Case) -> bool, verdict: fn(&Case) -> Verdict| {
        share(&cases, part, |case| is_right(case.label.kind, verdict(case).class))
    };
    let by_kind = |part: &dyn Fn(&Case) -> bool, verdict: fn(&Case) -> Verdict| {
        let education = |case: &Case| part(case) && case.label.kind == Label::Education;
        share(&cases, &education, |case| verdict(case).class == Class::Company(CompanyKind::Education))
    };
    let all = &|_: &Case| true;
    figures.add(
        "operator or company, of labelled AS numbers",
        right(all, |case| case.verdict),
        Wanted::AtLeast(93.0),
    );
    figures.add(
        "education, of AS numbers labelled so",
        by_kind(all, |case| case.verdict),
        Wanted::AtLeast(90.0),
    );

    out.push_str(
        "\n## Classification\n\nAS numbers labelled access provider, hosting or VPN are right as operators, those labelled education as \
         companies. What is withheld is counted as wrong. Each is judged by its holder's name and the shape of its \
         networks in the AS table (`data/sources`), or by the label's name where the table does not have it; in the last column with the \
         lists of data centres and VPNs as well.\n\n\
         | | all | development | held out | all, with lists |\n|---|---|---|---|---|\n",
    );
    let development = &|case: &Case| case.development;
    let held_out = &|case: &Case| !case.development;
    let without: fn(&Case) -> Verdict = |case| case.verdict;
    let with: fn(&Case) -> Verdict = |case| case.with_lists;
    _ = writeln!(
        out,
        "| operator or company | {} | {} | {} | {} |",
        right(all, without),
        right(development, without),
        right(held_out, without),
        right(all, with)
    );
    for (kind, what) in LABELS {
        let of = |part: &dyn Fn(&Case) -> bool, verdict| {
            right(&|case: &Case| part(case) && case.label.kind == kind, verdict)
        };
        _ = writeln!(
            out,
            "| labelled {what} | {} | {} | {} | {} |",
            of(all, without),
            of(development, without),
            of(held_out, without),
            of(all, with)
        );
    }
    _ = writeln!(
        out,
        "| education by kind | {} | {} | {} | {} |",
        by_kind(all, without),
        by_kind(development, without),
        by_kind(held_out, without),
        by_kind(all, with)
    );
    confusion(&cases, out);
    worst(&cases, out);
    businesses(corpus, &table, out)?;
    whole_table(&table, out);
    Ok(())
}

const LABELS: [(Label, &str); 4] = [
    (Label::Access, "access"),
    (Label::Hosting, "hosting"),
    (Label::Vpn, "VPN"),
    (Label::Education, "education"),
];

/// A labelled AS and what was said of it.
struct Case {
    label: LabelledSystem,
    name: String,
    shape: Option<Shape>,
    development: bool,
    verdict: Verdict,
    with_lists: Verdict,
}

impl Case {
    fn new(label: LabelledSystem, table: &Table, lists: &HashMap<u32, Vec<Kind>>) -> Case {
        let system = table.get(&label.asn);
        let name = system.map_or_else(|| label.name.clone(), |system| system.name.clone());
        let shape = system.map(|system| system.shape);
        let signs = Signs { name: &name, shape, ..Signs::default() };
        let listed = lists.get(&label.asn).map(Vec::as_slice).unwrap_or_default();
        Case {
            development: labels::is_development(&label.asn.to_string()),
            verdict: judge(&signs),
            with_lists: judge(&Signs { listed, ..signs }),
            shape,
            name,
            label,
        }
    }
}

fn is_right(label: Label, class: Class) -> bool {
    match class {
        Class::Company(_) => label == Label::Education,
        Class::Operator(_) => label != Label::Education,
        Class::Withheld => false,
    }
}

fn share(cases: &[Case], part: &dyn Fn(&Case) -> bool, right: impl Fn(&Case) -> bool) -> Share {
    let mut share = Share::default();
    cases.iter().filter(|case| part(case)).for_each(|case| share.count(right(case)));
    share
}

/// AS numbers that lists call data centres or VPNs.
fn lists(corpus: &Path) -> Result<HashMap<u32, Vec<Kind>>, Failure> {
    let mut lists: HashMap<u32, Vec<Kind>> = HashMap::new();
    for (folder, kind) in [("vpn", OperatorKind::Vpn), ("datacenter", OperatorKind::Hosting)] {
        let path = corpus.join("lists/x4bnet-lists/input").join(folder).join("ASN.txt");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let number = |line: &str| line.strip_prefix("AS")?.split([' ', '#', '\t']).next()?.parse().ok();
        for asn in text.lines().filter_map(number) {
            lists.entry(asn).or_default().push(Kind::Operator(kind));
        }
    }
    Ok(lists)
}

fn said(class: Class) -> &'static str {
    match class {
        Class::Company(CompanyKind::Business) => "business",
        Class::Company(CompanyKind::Education) => "education",
        Class::Company(CompanyKind::Government) => "government",
        Class::Company(CompanyKind::Nonprofit) => "nonprofit",
        Class::Operator(Some(OperatorKind::Access)) => "access",
        Class::Operator(Some(OperatorKind::Hosting)) => "hosting",
        Class::Operator(Some(OperatorKind::Mobile)) => "mobile",
        Class::Operator(Some(OperatorKind::Vpn)) => "VPN",
        Class::Operator(Some(OperatorKind::Transit)) => "transit",
        Class::Operator(Some(OperatorKind::Exchange)) => "exchange",
        Class::Operator(None) => "operator",
        Class::Withheld => "withheld",
    }
}

const SAID: [&str; 12] = [
    "access",
    "hosting",
    "mobile",
    "VPN",
    "transit",
    "exchange",
    "operator",
    "business",
    "education",
    "government",
    "nonprofit",
    "withheld",
];

fn confusion(cases: &[Case], out: &mut String) {
    out.push_str("\n### What was said of what\n\n| labelled |");
    for said in SAID {
        _ = write!(out, " {said} |");
    }
    _ = writeln!(out, "\n|---|{}", "---|".repeat(SAID.len()));
    for (kind, what) in LABELS {
        _ = write!(out, "| {what} |");
        for column in SAID {
            let of = |case: &&Case| case.label.kind == kind && said(case.verdict.class) == column;
            _ = write!(out, " {} |", cases.iter().filter(of).count());
        }
        out.push('\n');
    }
}

/// The surest mistakes. Withheld names stay unnamed: they may be natural persons'.
fn worst(cases: &[Case], out: &mut String) {
    let mut wrong: Vec<&Case> = cases
        .iter()
        .filter(|case| {
            !is_right(case.label.kind, case.verdict.class) && case.verdict.class != Class::Withheld
        })
        .collect();
    let size = |case: &Case| case.shape.unwrap_or_default().v4_addresses;
    wrong.sort_by_key(|case| (std::cmp::Reverse((case.verdict.confidence, size(case))), case.label.asn));
    _ = writeln!(
        out,
        "\n### The worst mistakes\n\nThe surest ones, and of those the largest networks; {} of {}. Names that were withheld are not printed.\n\n\
         | AS | name | labelled | said | rule | confidence | IPv4 addresses |\n|---|---|---|---|---|---|---|",
        wrong.len().min(WORST),
        wrong.len()
    );
    for case in wrong.into_iter().take(WORST) {
        let what = LABELS.iter().find(|(kind, _)| *kind == case.label.kind).map_or("", |(_, what)| what);
        _ = writeln!(
            out,
            "| {} | {} | {what} | {} | {} | {} | {} |",
            case.label.asn,
            case.name.replace('|', "/"),
            said(case.verdict.class),
            case.verdict.rule,
            case.verdict.confidence,
            size(case),
        );
    }
}

/// No label says that an AS is a business's. In their place: holders called exactly as a legal entity.
fn businesses(corpus: &Path, table: &Table, out: &mut String) -> Result<(), Failure> {
    let entities: HashSet<String> =
        labels::legal_entities(corpus)?.iter().map(|entity| labels::plain(&entity.name)).collect();
    let labelled: HashSet<u32> = labels::systems(corpus)?.iter().map(|label| label.asn).collect();
    let mut counts: [BTreeMap<&str, u64>; 2] = Default::default();
    let mut wholes = [0_u64; 2];
    for (asn, system) in table.iter().filter(|(asn, _)| !labelled.contains(asn)) {
        if entities.contains(&labels::plain(&system.name)) {
            let part = usize::from(!labels::is_development(&asn.to_string()));
            *counts[part].entry(group(judged(system).class)).or_default() += 1;
            wholes[part] += 1;
        }
    }
    out.push_str(
        "\n### Businesses\n\nNone of the labels is of a business. In their place, holders of AS numbers that are called exactly as a legal \
         entity with an LEI: most are businesses, but access providers are among them, so this shows only that \
         businesses are not all passed off as operators.\n\n| | development | held out |\n|---|---|---|\n",
    );
    for group in ["company", "operator", "withheld"] {
        let share =
            |part: usize| Share { part: counts[part].get(group).copied().unwrap_or(0), whole: wholes[part] };
        _ = writeln!(out, "| {group} | {} | {} |", share(0), share(1));
    }
    Ok(())
}

fn group(class: Class) -> &'static str {
    match class {
        Class::Company(_) => "company",
        Class::Operator(_) => "operator",
        Class::Withheld => "withheld",
    }
}

fn judged(system: &System) -> Verdict {
    judge(&Signs { name: &system.name, shape: Some(system.shape), ..Signs::default() })
}

/// What is said of every AS of the table.
fn whole_table(table: &Table, out: &mut String) {
    let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for system in table.values() {
        let verdict = judged(system);
        *classes.entry(said(verdict.class)).or_default() += 1;
        *rules.entry(verdict.rule).or_default() += 1;
    }
    let whole = table.len() as u64;
    out.push_str("\n### The whole AS table\n\n| said | AS numbers |\n|---|---|\n");
    for said in SAID {
        let part = classes.get(said).copied().unwrap_or(0);
        _ = writeln!(out, "| {said} | {} |", Share { part, whole });
    }
    out.push_str("\n| by rule | AS numbers |\n|---|---|\n");
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
    for (rule, part) in rules {
        _ = writeln!(out, "| {rule} | {} |", Share { part, whole });
    }
}
