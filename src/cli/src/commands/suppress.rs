//! `nameplate suppress`: the list of who is not to be shown. docs/SUPPRESSION.md says what a rule hides.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use nameplate::{
    Database, InvalidNetwork, InvalidSuppression, Network, OpenOptions, Status, Suppression, SuppressionList,
    SuppressionRule,
};
use serde_json::{Map, Value};

use super::Failure;
use crate::WRONG_USAGE;
use crate::args::{SuppressAction, SuppressAdd, SuppressList, SuppressRemove, SuppressRule};

pub(super) fn run(action: SuppressAction) -> Result<ExitCode, Failure> {
    let result = match action {
        SuppressAction::Create(create) => SuppressionList::create(&create.list).map_err(Failure::from),
        SuppressAction::Add(add) => self::add(add),
        SuppressAction::Remove(remove) => self::remove(remove),
        SuppressAction::List(list) => self::list(&list),
    };
    match result {
        Err(failure) if failure.is::<InvalidNetwork>() || failure.is::<InvalidSuppression>() => {
            eprintln!("nameplate: {failure}; see nameplate suppress --help");
            Ok(ExitCode::from(WRONG_USAGE))
        }
        result => result.map(|()| ExitCode::SUCCESS),
    }
}

fn add(arguments: SuppressAdd) -> Result<(), Failure> {
    let path = &arguments.list;
    let date = arguments.date.unwrap_or_else(today);
    let entry = Suppression::new(rule(arguments.rule)?, &date, &arguments.reason)?;
    // Before the list is changed: a file that can't be read fails the command, and then nothing was.
    let hidden = arguments.db.as_deref().map(|file| what_it_hides(&entry, file)).transpose()?;
    if arguments.create {
        SuppressionList::create(path)?;
    }
    let before = SuppressionList::update(path, |list| {
        let before = list.find(entry.rule()).cloned();
        list.add(entry.clone());
        before
    })?;
    let what = in_a_line(entry.rule());
    match before {
        Some(before) => println!("there since {}: {what} ({})", before.date(), before.reason()),
        None => println!("added: {what}"),
    }
    if let Some(hidden) = hidden {
        print!("{hidden}");
    }
    Ok(())
}

/// Lines that say what of the file goes, so that a rule that misses is noticed, and a company that
/// the file has under several ids.
fn what_it_hides(entry: &Suppression, file: &Path) -> Result<String, Failure> {
    let mut list = SuppressionList::default();
    list.add(entry.clone());
    let whole = Database::open(file)?;
    let rest = OpenOptions::default().suppression(Some(&list)).open(file)?;
    let mut lines = String::new();
    let mut names = HashSet::new();
    for company in whole.companies().filter(|company| rest.company(company.id()).is_none()) {
        names.insert(company.name().to_lowercase());
        writeln!(lines, "hides the company {}: {}", company.id(), company.name())?;
    }
    let operators: HashSet<u32> = rest.operators().map(|operator| operator.asn()).collect();
    for operator in whole.operators().filter(|operator| !operators.contains(&operator.asn())) {
        writeln!(lines, "hides the operator AS{}: {}", operator.asn(), operator.name())?;
    }
    if let SuppressionRule::Network(hidden) = entry.rule() {
        let answers = whole.intervals().filter(|interval| interval.answer.status() != Status::Unknown);
        let count = answers.filter(|interval| overlap(&interval.network, hidden)).count();
        if count > 0 {
            let networks = if count == 1 { "network" } else { "networks" };
            writeln!(lines, "hides all or part of {count} {networks}")?;
        }
    }
    if lines.is_empty() {
        writeln!(lines, "hides nothing in {}", file.display())?;
    }
    for company in rest.companies().filter(|company| names.contains(&company.name().to_lowercase())) {
        writeln!(lines, "still shown under another id: {}: {}", company.id(), company.name())?;
    }
    Ok(lines)
}

fn overlap(a: &Network, b: &Network) -> bool {
    a.first.is_ipv4() == b.first.is_ipv4() && a.first <= b.last && b.first <= a.last
}

fn remove(arguments: SuppressRemove) -> Result<(), Failure> {
    let rule = rule(arguments.rule)?;
    if !SuppressionList::update(&arguments.list, |list| list.remove(&rule))? {
        let what = "has no such entry; nameplate suppress list shows what it has";
        return Err(format!("{}: {what}", arguments.list.display()).into());
    }
    println!("removed: {}", in_a_line(&rule));
    Ok(())
}

fn list(arguments: &SuppressList) -> Result<(), Failure> {
    let list = SuppressionList::open(&arguments.list)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for entry in list.entries() {
        if arguments.json {
            writeln!(out, "{}", as_json(entry))?;
        } else {
            writeln!(out, "{}\t{}\t{}", entry.date(), entry.rule(), entry.reason())?;
        }
    }
    Ok(out.flush()?)
}

/// The rule that the options name; they name exactly one.
fn rule(options: SuppressRule) -> Result<SuppressionRule, Failure> {
    Ok(match options {
        SuppressRule { id: Some(id), .. } => SuppressionRule::Company(id),
        SuppressRule { register: Some(register), number: Some(number), .. } => {
            SuppressionRule::Register { register, number }
        }
        SuppressRule { domain: Some(domain), .. } => SuppressionRule::Domain(domain),
        SuppressRule { network: Some(network), .. } => SuppressionRule::Network(network.parse::<Network>()?),
        _ => return Err("give --id, --register with --number, --domain or --network".into()),
    })
}

/// The calendar's day, wherever the machine stands: dates of one list are comparable.
fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

fn in_a_line(rule: &SuppressionRule) -> String {
    rule.to_string().replace('\t', " ")
}

fn as_json(entry: &Suppression) -> Value {
    let mut fields = Map::new();
    let mut field = |name: &str, value: &str| fields.insert(name.into(), value.into());
    field("date", entry.date());
    field("rule", entry.rule().kind());
    match entry.rule() {
        SuppressionRule::Company(id) => field("id", id),
        SuppressionRule::Register { register, number } => {
            field("register", register);
            field("number", number)
        }
        SuppressionRule::Domain(domain) => field("domain", domain),
        SuppressionRule::Network(network) => {
            field("first", &network.first.to_string());
            field("last", &network.last.to_string())
        }
    };
    field("reason", entry.reason());
    Value::Object(fields)
}
