//! `nameplate suppress`: the list of who is not to be shown. docs/SUPPRESSION.md says what a rule hides.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use nameplate::{InvalidNetwork, InvalidSuppression, Network, Suppression, SuppressionList, SuppressionRule};
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
    Ok(())
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
