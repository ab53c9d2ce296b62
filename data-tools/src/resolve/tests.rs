//! The rules, each met by statements made for it.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use nameplate::{CompanyKind, Suppression, SuppressionList, SuppressionRule};

use super::{Decision, RULES, Rules};
use crate::config::CompanySwitches;
use crate::evidence::{Evidence, Statement};
use crate::flatten::{Rank, overlay};
use crate::import::{
    Corrections, Holder, Kind, Listed, NetworkRow, Organisation, Range, Role, Row, Saying, Subject, SystemRow,
};

const ALL: &str = "198.51.100.0-198.51.100.255";
const PART: &str = "198.51.100.16-198.51.100.23";

/// Statements, and what follows from them for 198.51.100.20.
#[derive(Default)]
struct World {
    evidence: Evidence,
    corrections: Corrections,
    switches: CompanySwitches,
    suppression: Option<SuppressionList>,
    trust: Vec<u8>,
}

fn range(text: &str) -> Range {
    let (first, last) = text.split_once('-').unwrap();
    let bits = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
    Range::V4(bits(first), bits(last))
}

fn organisation(name: &str) -> Organisation<'_> {
    Organisation { name: Cow::Borrowed(name), ..Organisation::default() }
}

impl World {
    fn announced(mut self, by: &str, asn: u32, what: &str) -> World {
        let system = SystemRow { asn, holder: Some(Holder::Named(organisation(by))), country: None };
        let row = NetworkRow {
            range: range(what),
            holder: None,
            role: Role::Unsaid,
            system: Some(system),
            country: None,
        };
        self.evidence.take(Row::Network(row), 0);
        self
    }

    fn held_by(mut self, holder: Organisation<'_>, what: &str) -> World {
        let holder = Some(Holder::Named(holder));
        let row =
            NetworkRow { range: range(what), holder, role: Role::Assignment, system: None, country: None };
        self.evidence.take(Row::Network(row), 1);
        self
    }

    fn held(self, by: &str, what: &str) -> World {
        self.held_by(organisation(by), what)
    }

    fn listed(mut self, subject: Subject, kind: nameplate::OperatorKind) -> World {
        self.evidence.take(Row::Listed(Listed { subject, kind: Kind::Operator(kind) }), 0);
        self
    }

    fn corrected(mut self, what: &str, saying: Saying) -> World {
        let position = self.corrections.sayings.len() as u32;
        self.corrections.sayings.push(saying);
        self.evidence.claim(range(what), Rank::Correction, Statement::Corrected(position));
        self
    }

    /// The rule that decides, and the answer in short.
    fn decided(&mut self) -> (&'static str, String) {
        let (mut holders, mut announcements) = self.evidence.take_layers();
        let rules = Rules {
            evidence: &self.evidence,
            corrections: &self.corrections,
            switches: &self.switches,
            suppression: self.suppression.as_ref(),
            trust: if self.trust.is_empty() { vec![100, 100] } else { self.trust.clone() },
        };
        let address = Ipv4Addr::new(198, 51, 100, 20).to_bits();
        let mut found = None;
        overlay(&mut holders.v4, &mut announcements.v4, |first, last, upper, lower| {
            if (first..=last).contains(&address) {
                found = Some(rules.decide(upper, lower));
            }
            Ok::<_, ()>(())
        })
        .unwrap();
        let decided = found.expect("something is said of the address");
        let answer = match decided.decision {
            Decision::Unknown => "unknown".into(),
            Decision::Reserved(_) => "reserved".into(),
            Decision::Operator { asn } => match rules.operator(asn) {
                Some((name, _)) => format!("operator {name}"),
                None => "unknown".into(),
            },
            Decision::Company { company, asn, .. } => {
                let behind = asn.and_then(|asn| rules.operator(asn)).map_or("nobody", |(name, _)| name);
                format!("company {} before {behind}", company.name)
            }
        };
        (decided.rule.name, answer)
    }

    fn decides(&mut self, rule: &str, answer: &str) {
        assert_eq!(
            self.decided(),
            (RULES.iter().find(|own| own.name == rule).unwrap().name, answer.to_owned())
        );
    }
}

#[test]
fn the_holder_of_an_as_is_judged_by_its_name() {
    let world = World::default;
    world().announced("Example Telecom", 64500, ALL).decides("operator", "operator Example Telecom");
    world()
        .announced("Example Foods, Inc.", 64500, ALL)
        .decides("company", "company Example Foods, Inc. before Example Foods, Inc.");
    world().announced("Ember Ana Reimer", 64500, ALL).decides("person", "unknown");
}

#[test]
fn a_company_inside_an_operators_network_stands_in_front_of_it() {
    World::default()
        .announced("Example Telecom", 64500, ALL)
        .held("Example Foods, Inc.", PART)
        .decides("company", "company Example Foods, Inc. before Example Telecom");
}

#[test]
fn a_holder_of_a_wider_range_does_not_hide_who_announces_a_narrower_one() {
    World::default()
        .announced("Example Foods, Inc.", 64500, PART)
        .held("Example Telecom", ALL)
        .decides("company", "company Example Foods, Inc. before Example Foods, Inc.");
}

#[test]
fn a_person_inside_an_operators_network_is_the_operators_customer() {
    World::default()
        .announced("Example Telecom", 64500, ALL)
        .held("Ember Ana Reimer", PART)
        .decides("person", "operator Example Telecom");
    let person = Organisation { natural_person: true, ..organisation("Example Foods, Inc.") };
    World::default()
        .announced("Example Telecom", 64500, ALL)
        .held_by(person, PART)
        .decides("person", "operator Example Telecom");
}

#[test]
fn a_company_in_the_network_of_a_person_has_no_operator() {
    World::default()
        .announced("Ember Ana Reimer", 64500, ALL)
        .held("Example Foods, Inc.", PART)
        .decides("company", "company Example Foods, Inc. before nobody");
}

#[test]
fn an_operator_without_an_as_cannot_be_named() {
    World::default().held("Example Telecom", ALL).decides("operator", "unknown");
}

#[test]
fn a_listed_network_is_an_operators_but_for_narrower_holders() {
    let hosting = |what| Subject::Network(range(what));
    World::default()
        .announced("Example Foods, Inc.", 64500, ALL)
        .listed(hosting(PART), nameplate::OperatorKind::Hosting)
        .decides("listed-network", "operator Example Foods, Inc.");
    World::default()
        .announced("Example Telecom", 64500, ALL)
        .listed(hosting(ALL), nameplate::OperatorKind::Hosting)
        .held("Example Foods, Inc.", PART)
        .decides("company", "company Example Foods, Inc. before Example Telecom");
}

#[test]
fn corrections_win_over_all_sources_whatever_their_width() {
    let company =
        || Saying::Company(Box::new(Organisation { name: "Example Mill".into(), ..Organisation::default() }));
    let world =
        || World::default().announced("Example Telecom", 64500, ALL).held("Example Foods, Inc.", PART);
    world().corrected(ALL, company()).decides("corrected", "company Example Mill before Example Telecom");
    world().corrected(ALL, Saying::Unknown).decides("corrected", "unknown");
    world()
        .corrected(ALL, Saying::Operator { name: None, kind: None })
        .decides("corrected", "operator Example Telecom");
}

#[test]
fn kinds_and_countries_can_be_switched_off() {
    let foods = || Organisation { country: Some(*b"NL"), ..organisation("Example Foods B.V.") };
    let world = || World::default().announced("Example Telecom", 64500, ALL).held_by(foods(), PART);
    let off = |switches: CompanySwitches| {
        let mut world = world();
        world.switches = switches;
        world.decided().0
    };
    let countries = |countries: &[&str]| Some(countries.iter().map(ToString::to_string).collect());
    assert_eq!(off(CompanySwitches::default()), "company");
    assert_eq!(
        off(CompanySwitches { kinds: countries(&["education"]), ..Default::default() }),
        "switched-off"
    );
    assert_eq!(off(CompanySwitches { kinds: countries(&["business"]), ..Default::default() }), "company");
    assert_eq!(off(CompanySwitches { countries: countries(&["DE"]), ..Default::default() }), "switched-off");
    assert_eq!(off(CompanySwitches { countries: countries(&["NL"]), ..Default::default() }), "company");
    let without = CompanySwitches { without_countries: vec!["NL".into()], ..Default::default() };
    assert_eq!(off(without), "switched-off");
}

#[test]
fn a_suppressed_company_is_unknown_whoever_announces_its_network() {
    let list = || {
        let mut list = SuppressionList::default();
        let rule = SuppressionRule::Company("name:example-foods-inc".into());
        assert!(list.add(Suppression::new(rule, "2026-06-17", "it objected").unwrap()));
        list
    };
    let mut world =
        World::default().announced("Example Telecom", 64500, ALL).held("Example Foods, Inc.", PART);
    world.suppression = Some(list());
    world.decides("suppressed-company", "unknown");
    let named = Organisation { name: "Example Foods, Inc.".into(), ..Organisation::default() };
    let mut world = World::default()
        .announced("Example Telecom", 64500, ALL)
        .corrected(PART, Saying::Company(Box::new(named)));
    world.suppression = Some(list());
    world.decides("suppressed-company", "unknown");
}

#[test]
fn a_companys_id_is_its_register_number_before_its_lei_its_domain_and_its_as() {
    let id = |holder: Organisation<'_>| {
        let mut world = World::default().held_by(holder, ALL);
        let (holders, _) = world.evidence.take_layers();
        let rules = Rules {
            evidence: &world.evidence,
            corrections: &world.corrections,
            switches: &world.switches,
            suppression: None,
            trust: vec![100, 100],
        };
        match rules.decide(holders.v4.first(), None).decision {
            Decision::Company { company, .. } => {
                assert_eq!(company.kind, CompanyKind::Business);
                company.id
            }
            other => panic!("{other:?}"),
        }
    };
    let named = || organisation("Example Foods B.V.");
    let domain = || Some("foods.example".into());
    let lei = || Some("00000000000000000000".into());
    let (register, register_id) = (|| Some("kvk".into()), || Some("12345678".into()));
    assert_eq!(id(named()), "name:example-foods-bv");
    assert_eq!(id(Organisation { country: Some(*b"NL"), ..named() }), "name:nl:example-foods-bv");
    assert_eq!(id(Organisation { domain: domain(), ..named() }), "domain:foods.example");
    assert_eq!(id(Organisation { domain: domain(), lei: lei(), ..named() }), "lei:00000000000000000000");
    let all = Organisation {
        domain: domain(),
        lei: lei(),
        register: register(),
        register_id: register_id(),
        ..named()
    };
    assert_eq!(id(all), "kvk:12345678");
}

#[test]
fn confidence_is_no_higher_than_the_trust_in_the_best_source() {
    let mut world = World::default().held("Example Foods, Inc.", ALL);
    world.trust = vec![100, 7];
    let (holders, _) = world.evidence.take_layers();
    let rules = Rules {
        evidence: &world.evidence,
        corrections: &world.corrections,
        switches: &world.switches,
        suppression: None,
        trust: world.trust.clone(),
    };
    let decided = rules.decide(holders.v4.first(), None);
    assert!(matches!(decided.decision, Decision::Company { confidence: 7, .. }));
}

#[test]
fn the_document_has_every_rule() {
    let document = include_str!("../../../docs/RESOLUTION.md");
    for rule in RULES {
        let row = format!("| `{}` | {} | {} |", rule.name, rule.when, rule.answer);
        assert!(document.contains(&row), "docs/RESOLUTION.md lacks: {row}");
    }
}
