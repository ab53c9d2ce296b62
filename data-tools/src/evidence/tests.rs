use std::borrow::Cow;

use super::{Evidence, Statement};
use crate::import::{Holder, NetworkRow, Organisation, Range, Role, Row, SystemRow};

fn organisation(name: &str) -> Organisation<'_> {
    Organisation { name: Cow::Borrowed(name), ..Organisation::default() }
}

fn announced(range: Range, asn: u32, name: &str) -> Row<'_> {
    let system = SystemRow { asn, holder: Some(Holder::Named(organisation(name))), country: None };
    Row::Network(NetworkRow { range, holder: None, role: Role::Unsaid, system: Some(system), country: None })
}

fn registered(range: Range, country: [u8; 2]) -> Row<'static> {
    let country = Some(country);
    Row::Network(NetworkRow { range, holder: None, role: Role::Unsaid, system: None, country })
}

fn held(range: Range, holder: Holder<'_>) -> Row<'_> {
    Row::Network(NetworkRow { range, holder: Some(holder), role: Role::Unsaid, system: None, country: None })
}

fn names(evidence: &Evidence) -> Vec<&str> {
    evidence.parties.iter().map(|party| &*party.name).collect()
}

fn holder_of(evidence: &Evidence, asn: u32) -> &str {
    &evidence.parties[evidence.systems[&asn].holder.unwrap() as usize].name
}

#[test]
fn of_one_source_the_first_word_about_an_as_stays_and_a_later_source_replaces_it() {
    let mut evidence = Evidence::default();
    evidence.take(announced(Range::V4(0, 255), 64500, "First"), 0);
    evidence.take(announced(Range::V6(0, 255), 64500, "Second"), 0);
    assert_eq!(holder_of(&evidence, 64500), "First");
    evidence.take(announced(Range::V4(0, 255), 64500, "Third"), 1);
    assert_eq!(holder_of(&evidence, 64500), "Third");
    assert_eq!(evidence.systems[&64500].sources, 0b11);
    assert_eq!(evidence.systems[&64500].shape.v4_ranges, 2);
    assert_eq!(evidence.systems[&64500].shape.v6_ranges, 1);
}

#[test]
fn a_handle_may_be_used_before_it_is_explained_but_only_in_its_own_source() {
    let mut evidence = Evidence::default();
    evidence.take(held(Range::V4(0, 255), Holder::Handle("ORG-1")), 0);
    evidence.take(held(Range::V4(0, 15), Holder::Handle("ORG-1")), 1);
    assert_eq!(names(&evidence), ["", ""]);
    evidence.take(Row::Party { handle: "ORG-1", organisation: organisation("Example Foods") }, 0);
    assert_eq!(names(&evidence), ["Example Foods", ""]);
    let Statement::Held { party, .. } = evidence.statements[evidence.holders.v4[0].value as usize] else {
        panic!("a holder");
    };
    assert_eq!(party, 0);
}

#[test]
fn one_name_with_the_same_facts_is_one_party_and_with_others_another() {
    let mut evidence = Evidence::default();
    let dutch = || Organisation { country: Some(*b"NL"), ..organisation("Example Foods") };
    for (holder, source) in
        [(organisation("Example Foods"), 0), (organisation("Example Foods"), 1), (dutch(), 0)]
    {
        evidence.take(held(Range::V4(0, 255), Holder::Named(holder)), source);
    }
    assert_eq!(names(&evidence), ["Example Foods", "Example Foods"]);
    assert_eq!(evidence.parties[0].sources, 0b11);
}

#[test]
fn an_as_gets_the_country_in_which_most_of_its_addresses_are_registered() {
    let mut evidence = Evidence::default();
    evidence.take(announced(Range::V4(0, 255), 64500, "Example"), 0);
    evidence.take(announced(Range::V6(0, (1 << 80) - 1), 64501, "Example"), 0);
    evidence.take(announced(Range::V4(1024, 2047), 64502, "Example"), 0);
    evidence.take(registered(Range::V4(0, 99), *b"NL"), 1);
    evidence.take(registered(Range::V4(100, 300), *b"DE"), 1);
    evidence.take(registered(Range::V6(0, u128::MAX), *b"FR"), 1);
    let told = SystemRow { asn: 64502, holder: None, country: Some(*b"BE") };
    evidence.take(Row::System(told), 1);
    evidence.take(registered(Range::V4(1024, 2047), *b"NL"), 1);
    evidence.settle_countries();
    let country = |asn: u32| evidence.systems[&asn].country.map(|country| country.map(char::from));
    assert_eq!(country(64500), Some(['D', 'E']));
    assert_eq!(country(64501), Some(['F', 'R']));
    assert_eq!(country(64502), Some(['B', 'E']), "the registry's own word about the AS comes first");
    let party = evidence.systems[&64500].holder.unwrap();
    assert_eq!(evidence.parties[party as usize].country, Some(*b"DE"));
}
