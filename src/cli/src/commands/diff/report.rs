//! The changes as lines, while they are found, and the counts at the end.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::net::IpAddr;

use nameplate::{Answer, Value, write_json};
use serde_json::{Map, json};

use super::super::lookup::write_text;
use super::facts::Facts;
use super::networks::Change;

/// What else than a network can change.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Source,
    Operator,
    Company,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Source, Kind::Operator, Kind::Company];

    fn name(self) -> &'static str {
        match self {
            Kind::Source => "source",
            Kind::Operator => "operator",
            Kind::Company => "company",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Kind::Source => "sources",
            Kind::Operator => "operators",
            Kind::Company => "companies",
        }
    }

    /// The name of what tells one from another.
    fn key(self) -> &'static str {
        match self {
            Kind::Source => "name",
            Kind::Operator => "asn",
            Kind::Company => "id",
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Count {
    added: u64,
    removed: u64,
    changed: u64,
}

#[derive(Default)]
struct Networks {
    v4: u64,
    v6: u64,
    v4_addresses: u64,
}

pub(super) struct Report {
    json: bool,
    out: BufWriter<StdoutLock<'static>>,
    /// In the order of [`Kind::ALL`].
    counts: [Count; Kind::ALL.len()],
    networks: Networks,
    /// Reused for each network.
    line: String,
}

impl Report {
    pub(super) fn new(json: bool) -> Report {
        Report {
            json,
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            counts: Default::default(),
            networks: Networks::default(),
            line: String::new(),
        }
    }

    /// What the files say about themselves.
    pub(super) fn file(&mut self, old: &Facts<'_>, new: &Facts<'_>) -> io::Result<()> {
        if old == new {
            Ok(())
        } else if self.json {
            writeln!(
                self.out,
                "{}",
                json!({"change": "file", "old": json_facts(old), "new": json_facts(new)})
            )
        } else {
            writeln!(self.out, "file changed: {}", text_differences(old, new))
        }
    }

    /// One source, operator or company, with its facts in the files that have it.
    pub(super) fn entry(
        &mut self,
        kind: Kind,
        id: Value<'_>,
        old: Option<Facts<'_>>,
        new: Option<Facts<'_>>,
    ) -> io::Result<()> {
        if old == new {
            return Ok(());
        }
        let count = &mut self.counts[kind as usize];
        *match (&old, &new) {
            (None, _) => &mut count.added,
            (_, None) => &mut count.removed,
            _ => &mut count.changed,
        } += 1;
        if self.json {
            let mut line = Map::new();
            line.insert("change".into(), kind.name().into());
            line.insert(kind.key().into(), json_value(&id));
            line.extend(old.map(|facts| ("old".to_owned(), json_facts(&facts))));
            line.extend(new.map(|facts| ("new".to_owned(), json_facts(&facts))));
            return writeln!(self.out, "{}", serde_json::Value::Object(line));
        }
        let name = kind.name();
        let prefix = if matches!(kind, Kind::Operator) { "AS" } else { "" };
        match (&old, &new) {
            (Some(old), Some(new)) => {
                writeln!(self.out, "{name} {prefix}{id} changed: {}", text_differences(old, new))
            }
            (Some(facts), None) => writeln!(self.out, "{name} {prefix}{id} removed: {}", text_facts(facts)),
            (None, facts) => {
                writeln!(
                    self.out,
                    "{name} {prefix}{id} added: {}",
                    text_facts(facts.as_deref().unwrap_or(&[]))
                )
            }
        }
    }

    /// One range of addresses with its answers.
    pub(super) fn network(&mut self, change: &Change<'_>) -> io::Result<()> {
        match (change.first, change.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                self.networks.v4 += 1;
                self.networks.v4_addresses += u64::from(last.to_bits() - first.to_bits()) + 1;
            }
            _ => self.networks.v6 += 1,
        }
        let write_answer: fn(&Answer<'_>, &mut String) = if self.json { write_json } else { write_text };
        self.line.clear();
        write_answer(&change.old, &mut self.line);
        self.line.push_str(if self.json { ",\"new\":" } else { " -> " });
        write_answer(&change.new, &mut self.line);
        let (first, last, answers) = (change.first, change.last, &self.line);
        if self.json {
            writeln!(
                self.out,
                "{{\"change\":\"network\",\"first\":\"{first}\",\"last\":\"{last}\",\"old\":{answers}}}"
            )
        } else {
            writeln!(self.out, "network {first} - {last}: {answers}")
        }
    }

    /// The counts.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let Networks { v4, v6, v4_addresses } = self.networks;
        if self.json {
            let mut summary = Map::new();
            for (kind, count) in Kind::ALL.into_iter().zip(self.counts) {
                let Count { added, removed, changed } = count;
                let count = json!({"added": added, "removed": removed, "changed": changed});
                summary.insert(kind.plural().into(), count);
            }
            let networks = json!({"v4": v4, "v4_addresses": v4_addresses, "v6": v6});
            summary.insert("networks".into(), networks);
            writeln!(self.out, "{}", json!({"summary": summary}))?;
        } else {
            for (kind, Count { added, removed, changed }) in Kind::ALL.into_iter().zip(self.counts) {
                let kind = kind.plural();
                writeln!(self.out, "{kind}: {added} added, {removed} removed, {changed} changed")?;
            }
            writeln!(
                self.out,
                "networks: {v4} IPv4 with {v4_addresses} addresses and {v6} IPv6 have another answer"
            )?;
        }
        self.out.flush()
    }
}

fn json_value(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Text(text) => (*text).into(),
        Value::Number(number) => (*number).into(),
        Value::Address(address) => address.to_string().into(),
    }
}

fn json_facts(facts: &[(&'static str, Value<'_>)]) -> serde_json::Value {
    facts.iter().map(|(name, value)| ((*name).to_owned(), json_value(value))).collect::<Map<_, _>>().into()
}

/// `name Example Ltd, country NL`
fn text_facts(facts: &[(&'static str, Value<'_>)]) -> String {
    let facts: Vec<_> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    facts.join(", ")
}

/// `name Example Ltd -> Example B.V., country none -> NL`
fn text_differences(old: &Facts<'_>, new: &Facts<'_>) -> String {
    let mut names: Vec<_> = old.iter().chain(new).map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    let shown = |value: Option<Value<'_>>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
    let differences: Vec<_> = names
        .into_iter()
        .map(|name| (name, fact(old, name), fact(new, name)))
        .filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| format!("{name} {} -> {}", shown(old), shown(new)))
        .collect();
    differences.join(", ")
}

fn fact<'a>(facts: &Facts<'a>, name: &str) -> Option<Value<'a>> {
    facts.iter().find(|(fact, _)| *fact == name).map(|(_, value)| *value)
}
