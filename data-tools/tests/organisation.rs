//! Every rule of `organisation::RULES`, and what must hold of all names.

use nameplate::{CompanyKind, OperatorKind};
use nameplate_build::organisation::{Class, Kind, RULES, Shape, Signs, Verdict, judge};
use proptest::prelude::*;

const BUSINESS: Class = Class::Company(CompanyKind::Business);
const EDUCATION: Class = Class::Company(CompanyKind::Education);
const GOVERNMENT: Class = Class::Company(CompanyKind::Government);
const NONPROFIT: Class = Class::Company(CompanyKind::Nonprofit);
const ACCESS: Class = Class::Operator(Some(OperatorKind::Access));
const HOSTING: Class = Class::Operator(Some(OperatorKind::Hosting));
const LISTED: [Kind; 1] = [Kind::Operator(OperatorKind::Hosting)];
const LISTED_COMPANY: [Kind; 1] = [Kind::Company(CompanyKind::Nonprofit)];

#[allow(clippy::unnecessary_wraps, reason = "as `Signs` has it")]
fn small() -> Option<Shape> {
    Some(Shape { v4_ranges: 1, v4_addresses: 256, ..Shape::default() })
}

#[allow(clippy::unnecessary_wraps, reason = "as `Signs` has it")]
fn large() -> Option<Shape> {
    Some(Shape { v4_ranges: 40, v4_addresses: 1 << 20, v6_ranges: 2, v6_networks: 1 << 17 })
}

fn named(name: &str) -> Signs<'_> {
    Signs { name, ..Signs::default() }
}

/// Organisations, what must be said of them, and by which rule. Names of persons are composed, but for the one that
/// the issue gives.
fn cases() -> Vec<(Signs<'static>, Class, &'static str)> {
    vec![
        (Signs { natural_person: true, ..named("Beispiel Telecom GmbH") }, Class::Withheld, "natural-person"),
        (Signs { natural_person: true, registered: true, ..named("X") }, Class::Withheld, "natural-person"),
        (named(""), Class::Withheld, "no-name"),
        (named("17-909-2028"), Class::Withheld, "no-name"),
        (named("FOP Primerov Ivan Ivanovich"), Class::Withheld, "sole-trader"),
        (named("Erika Mustermann trading as Beispielhost"), Class::Withheld, "sole-trader"),
        (named("Joao Exemplo - ME"), Class::Withheld, "sole-trader"),
        (Signs { shape: small(), ..named("Ember Ana Reimer") }, Class::Withheld, "likely-person"),
        (named("Tiago Silva Provedores"), Class::Withheld, "likely-person"),
        (Signs { listed: &LISTED, ..named("Erika Mustermann") }, Class::Withheld, "likely-person"),
        (Signs { shape: small(), ..named("Zxqvya Wxyzova") }, Class::Withheld, "possible-person"),
        (Signs { shape: small(), ..named("GARNER") }, Class::Withheld, "single-name"),
        (named("99 Sample Street, Exampleville"), Class::Withheld, "postal-address"),
        (
            Signs { declared: Some(Kind::Company(CompanyKind::Education)), ..named("Zxqvya Wxyzova") },
            EDUCATION,
            "declared",
        ),
        (Signs { listed: &LISTED, ..named("Beispiel GmbH") }, HOSTING, "listed-operator"),
        (Signs { listed: &LISTED_COMPANY, ..named("Beispiel Telecom GmbH") }, NONPROFIT, "listed"),
        (
            Signs { domain_kind: Some(Kind::Company(CompanyKind::Government)), ..named("Beispiel Telecom") },
            GOVERNMENT,
            "domain",
        ),
        (
            Signs { industry: Some("61.10"), ..named("Beispiel University Press GmbH") },
            ACCESS,
            "industry-operator",
        ),
        (
            named("Mauritius Internet Exchange Point"),
            Class::Operator(Some(OperatorKind::Exchange)),
            "exchange-name",
        ),
        (named("Beijing University of Posts and Telecommunications"), EDUCATION, "education-name"),
        (named("Prefeitura Municipal de Exemplo"), GOVERNMENT, "government-name"),
        (Signs { industry: Some("25.50 - Forging"), ..named("Beispiel Telecom GmbH") }, BUSINESS, "industry"),
        (named("Beispiel Telecom GmbH"), ACCESS, "trade-name"),
        (named("Host4Geeks LLC"), HOSTING, "trade-name"),
        (named("Castle VPN"), Class::Operator(Some(OperatorKind::Vpn)), "trade-name"),
        (named("Chaos Computer Club e.V."), NONPROFIT, "nonprofit-name"),
        (named("Michigan State University Federal Credit Union"), BUSINESS, "business-name"),
        (Signs { shape: large(), ..named("Beispiel Inc.") }, Class::Operator(None), "large-network"),
        (Signs { shape: small(), ..named("Johnson County Iowa") }, GOVERNMENT, "weak-public-name"),
        (
            Signs { shape: small(), ..named("PT Gigaprima Netlintang") },
            Class::Operator(None),
            "operator-score",
        ),
        (Signs { shape: small(), ..named("Covenant Medical Center, Inc.") }, BUSINESS, "weak-name"),
        (Signs { shape: small(), ..named("Vishay Intertechnology, Inc.") }, BUSINESS, "organisation"),
        (Signs { shape: small(), ..named("Unum Group") }, BUSINESS, "organisation-word"),
        (Signs { shape: small(), ..named("AFBA") }, Class::Operator(None), "untold"),
    ]
}

#[test]
fn each_rule_decides_what_it_says() {
    for (signs, class, rule) in cases() {
        let verdict = judge(&signs);
        assert_eq!((verdict.class, verdict.rule), (class, rule), "{}", signs.name);
    }
}

#[test]
fn each_rule_has_a_case() {
    for rule in RULES {
        assert!(cases().iter().any(|(_, _, decided)| *decided == rule.name), "{}", rule.name);
    }
}

#[test]
fn a_large_network_shows_that_a_name_is_no_persons() {
    for name in ["Apple", "Orange", "Siemens", "Toyota", "Telia", "Ziggo Beispiel"] {
        let class = judge(&Signs { shape: large(), ..named(name) }).class;
        assert_ne!(class, Class::Withheld, "{name}");
    }
}

#[test]
fn a_trader_is_judged_by_his_own_name() {
    assert_ne!(judge(&named("Beispiel Ltd trading as Erika Mustermann")).class, Class::Withheld);
    assert_eq!(judge(&named("Erika Mustermann trading as Beispiel Ltd")).class, Class::Withheld);
    assert_ne!(judge(&named("Beispiel Networks trading as Beispiel")).class, Class::Withheld);
}

/// The rules are written for people in one place, and that is not another one than the code's.
#[test]
fn the_page_has_the_rules_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RESOLUTION.md");
    let page = std::fs::read_to_string(path).expect("docs/RESOLUTION.md");
    let rows: Vec<String> = RULES
        .iter()
        .map(|rule| format!("| `{}` | {} | {} |", rule.name, rule.says, rule.confidence))
        .collect();
    let table = rows.join("\n");
    assert!(page.contains(&table), "docs/RESOLUTION.md should hold:\n{table}");
}

fn decided_by_a_rule(verdict: Verdict) -> bool {
    verdict.confidence <= 100 && RULES.iter().any(|rule| rule.name == verdict.rule)
}

#[test]
fn names_of_any_length_and_content_are_judged() {
    let long = "Beispiel ".repeat(1_200);
    let controls = "\u{0}\u{7f}\u{202e}A\n\t\u{301}";
    for name in ["", " ", "\u{0}", controls, &long, "- - -", "(", "\")", "a - ", " trading as ", "-X Y"] {
        assert!(decided_by_a_rule(judge(&named(name))), "{name:?}");
    }
}

proptest! {
    #[test]
    fn any_name_is_judged(name in ".{0,80}", ranges in 0_u32..100, addresses in any::<u64>()) {
        let shape = Shape { v4_ranges: ranges, v4_addresses: addresses, v6_ranges: ranges, v6_networks: addresses };
        let verdict = judge(&Signs { shape: Some(shape), ..named(&name) });
        prop_assert!(decided_by_a_rule(verdict));
    }

    #[test]
    fn a_natural_person_is_always_withheld(name in ".{0,40}", registered in any::<bool>()) {
        let declared = Some(Kind::Company(CompanyKind::Business));
        let signs = Signs { natural_person: true, registered, declared, shape: large(), ..named(&name) };
        prop_assert_eq!(judge(&signs).class, Class::Withheld);
    }

    /// Whatever is withheld, adding a legal form withholds no more.
    #[test]
    fn a_legal_form_withholds_nothing(words in prop::collection::vec("[A-Z]?[a-z]{1,9}", 1..5)) {
        let name = words.join(" ");
        let formal = format!("{name} GmbH");
        let (before, after) = (judge(&named(&name)), judge(&named(&formal)));
        prop_assert!(after.class != Class::Withheld || before.class == Class::Withheld, "{}", formal);
        prop_assert_ne!(after.class, Class::Withheld, "{}", formal);
    }

    /// A person's name stays withheld in any order and case.
    #[test]
    fn case_does_not_hide_a_person(words in prop::collection::vec("[b-df-hj-np-tv-z][aeiou][bdfgk][aeiou]", 2..4)
    ) {
        let name = words.join(" ");
        let upper = name.to_uppercase();
        prop_assert_eq!(judge(&named(&name)).class, judge(&named(&upper)).class);
    }
}
