//! The line of JSON: parsed by another library, it says what the fields say; its keys stand in
//! the contract's order; nothing is null or empty.

mod common;

use common::*;
use nameplate::format::SectionKind;
use nameplate::{
    Address, Answer, CompanyFields, Database, OperatorKind, SourceFields, SourceSet, Status, Value, Writer,
    for_each_field, write_json,
};
use proptest::prelude::*;

fn line(answer: &Answer<'_>) -> String {
    let mut line = String::new();
    write_json(answer, &mut line);
    line
}

fn line_of(database: &Database, address: &str) -> String {
    line(&database.lookup_text(address.as_bytes()).unwrap())
}

/// The JSON that the flat fields make, put together by another library.
fn rebuilt(answer: &Answer<'_>) -> serde_json::Value {
    let mut object = serde_json::Map::new();
    for_each_field(answer, |field, value| {
        let name = field.name();
        let value = match value {
            Value::Text(text) => text.into(),
            Value::Number(number) => number.into(),
            Value::Address(address) => address.to_string().into(),
        };
        let empty_object = || serde_json::Value::Object(serde_json::Map::new());
        if name == "sources" {
            let sources = object.entry(name).or_insert_with(|| serde_json::Value::Array(Vec::new()));
            sources.as_array_mut().unwrap().push(value);
        } else if let Some((group, key)) = name.split_once('.') {
            let group = object.entry(group).or_insert_with(empty_object);
            assert_eq!(group.as_object_mut().unwrap().insert(key.into(), value), None, "{name} comes twice");
        } else {
            assert_eq!(object.insert(name.into(), value), None, "{name} comes twice");
        }
    });
    serde_json::Value::Object(object)
}

#[track_caller]
fn has_no_null_and_nothing_empty(value: &serde_json::Value) {
    match value {
        serde_json::Value::Null => panic!("null"),
        serde_json::Value::String(text) => assert!(!text.is_empty(), "an empty text"),
        serde_json::Value::Array(items) => {
            assert!(!items.is_empty(), "an empty list");
            items.iter().for_each(has_no_null_and_nothing_empty);
        }
        serde_json::Value::Object(members) => {
            assert!(!members.is_empty(), "an empty group");
            members.values().for_each(has_no_null_and_nothing_empty);
        }
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

#[test]
fn a_company_has_the_keys_of_the_contract_in_its_order() {
    let database = open_verified(&sample());
    assert_eq!(
        line_of(&database, "192.0.2.1"),
        concat!(
            r#"{"status":"company","company":{"id":"lei:52990000EXAMPLE00002","name":"Zoë Zulu GmbH","#,
            r#""kind":"business","country":"DE","domain":"zulu.example","legal_form":"GmbH","#,
            r#""industry":"62.01","register":"Amtsgericht Beispiel","register_id":"HRB 1"},"#,
            r#""operator":{"asn":64501,"name":"Example Telecom","kind":"access"},"#,
            r#""network":{"first":"192.0.2.0","last":"192.0.2.255"},"#,
            r#""confidence":90,"sources":["ip-asn","gleif"]}"#,
        )
    );
}

#[test]
fn a_company_of_which_little_is_known_has_no_other_keys() {
    let database = open_verified(&sample());
    assert_eq!(
        line_of(&database, "2001:db8:0:1::100"),
        concat!(
            r#"{"status":"company","company":{"id":"asn:64499","name":"Alfa B.V."},"#,
            r#""network":{"first":"2001:db8:0:1::100","last":"2001:db8:0:1::100"},"#,
            r#""confidence":50,"sources":["ip-asn"]}"#,
        )
    );
}

#[test]
fn an_operator_has_the_keys_of_the_contract_in_its_order() {
    let database = open_verified(&sample());
    assert_eq!(
        line_of(&database, "198.51.100.7"),
        concat!(
            r#"{"status":"operator","operator":{"asn":64501,"name":"Example Telecom","kind":"access"},"#,
            r#""network":{"first":"198.51.100.0","last":"198.51.100.255"},"sources":["ip-asn"]}"#,
        )
    );
    assert_eq!(
        line_of(&database, "255.255.255.255"),
        concat!(
            r#"{"status":"operator","operator":{"asn":64500,"name":"Example Hosting"},"#,
            r#""network":{"first":"255.255.255.255","last":"255.255.255.255"},"sources":["ip-asn"]}"#,
        )
    );
}

#[test]
fn unknown_says_nothing_more() {
    let database = open_verified(&sample());
    for address in ["0.0.0.0", "192.0.1.255", "::", "::ffff:192.0.4.1", "2001:db8:0:2::"] {
        assert_eq!(line_of(&database, address), r#"{"status":"unknown"}"#, "{address}");
    }
}

#[test]
fn reserved_says_the_block_and_nothing_more() {
    let database = open_verified(&sample());
    assert_eq!(line_of(&database, "10.1.2.3"), r#"{"status":"reserved","block":"Private-Use"}"#);
}

#[test]
fn an_answer_by_id_has_no_network() {
    let database = open_verified(&sample());
    let id = database.lookup_v4(0xc633_6407);
    assert_eq!(
        line(&database.answer(id).unwrap()),
        concat!(
            r#"{"status":"operator","operator":{"asn":64501,"name":"Example Telecom","kind":"access"},"#,
            r#""sources":["ip-asn"]}"#,
        )
    );
}

#[test]
fn an_operator_answer_without_sources_has_no_list_of_them() {
    let mut writer = Writer::new();
    let operator = writer.operator(64500, "Telecom", Some(OperatorKind::Vpn)).unwrap();
    let answer = writer.operator_answer(operator, SourceSet::default()).unwrap();
    writer.push_v4(0, u32::MAX, answer).unwrap();
    let database = open_verified(&file_of(writer));
    assert_eq!(
        line_of(&database, "0.0.0.0"),
        concat!(
            r#"{"status":"operator","operator":{"asn":64500,"name":"Telecom","kind":"vpn"},"#,
            r#""network":{"first":"0.0.0.0","last":"255.255.255.255"}}"#,
        )
    );
}

#[test]
fn each_line_parses_to_what_the_fields_say() {
    let file = sample();
    let database = open_verified(&file);
    let mut statuses = Vec::new();
    for address in edges(&file) {
        let answer = database.lookup(address);
        let parsed: serde_json::Value = serde_json::from_str(&line(&answer)).unwrap();
        assert_eq!(parsed, rebuilt(&answer));
        assert_eq!(parsed["status"], answer.status().as_str());
        has_no_null_and_nothing_empty(&parsed);
        statuses.push(answer.status());
    }
    for status in Status::ALL {
        assert!(statuses.contains(status), "no {status} among the edges");
    }
}

#[test]
fn a_line_is_appended_to_what_is_there() {
    let database = open_verified(&sample());
    let mut lines = String::from("{");
    for _ in 0..2 {
        write_json(&database.lookup(Address::V4(0x0a00_0000)), &mut lines);
        lines.push('\n');
    }
    let line = r#"{"status":"reserved","block":"Private-Use"}"#;
    assert_eq!(lines, format!("{{{line}\n{line}\n"));
}

/// The line for a company and operator that are called so.
fn line_named(name: &str) -> String {
    let mut writer = Writer::new();
    let source = writer.source(&SourceFields { name, ..Default::default() }).unwrap();
    let operator = writer.operator(64500, name, None).unwrap();
    let company =
        writer.company(&CompanyFields { id: name, name, domain: Some(name), ..Default::default() }).unwrap();
    let answer = writer.company_answer(company, Some(operator), 100, source).unwrap();
    writer.push_v4(0, u32::MAX, answer).unwrap();
    let database = open_verified(&file_of(writer));
    line_of(&database, "192.0.2.1")
}

#[test]
fn quotes_backslashes_and_control_characters_are_escaped() {
    for (name, escaped) in [
        ("a \"quoted\" name", r#"a \"quoted\" name"#),
        (r"back\slash\", r"back\\slash\\"),
        ("\0\u{1}\u{1f}", r"\u0000\u0001\u001f"),
        ("line\r\nend\ttab", r"line\u000d\u000aend\u0009tab"),
        ("\u{7f} ä € 𝄞 \u{2028}", "\u{7f} ä € 𝄞 \u{2028}"),
        ("},{[", "},{["),
    ] {
        let line = line_named(name);
        assert!(line.contains(&format!(r#""name":"{escaped}""#)), "{line}");
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        for text in [
            &parsed["company"]["id"],
            &parsed["company"]["name"],
            &parsed["company"]["domain"],
            &parsed["operator"]["name"],
            &parsed["sources"][0],
        ] {
            assert_eq!(text, name);
        }
    }
}

proptest! {
    #[test]
    fn any_name_comes_back_from_one_line(
        name in prop::collection::vec(
            prop_oneof![any::<char>(), prop::char::range('\0', '\u{7f}')],
            1..20,
        ).prop_map(String::from_iter),
    ) {
        let line = line_named(&name);
        prop_assert!(!line.contains(|character: char| character < ' '));
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(&parsed["company"]["name"], &name);
        prop_assert_eq!(&parsed["operator"]["name"], &name);
    }
}

/// The contract: absent facts are absent keys, never null or "". The writer refuses an operator or
/// a source without a name; a damaged file may still have one.
#[test]
fn what_has_no_name_has_no_empty_text() {
    let mut parts = Parts::sample();
    let operators = parts.section(SectionKind::Operators).content.len() / 16;
    for operator in 0..operators {
        parts.put(SectionKind::Operators, operator, 8, &[0; 8]);
    }
    let sources = parts.section(SectionKind::Sources).content.len() / 64;
    for source in 0..sources {
        parts.put(SectionKind::Sources, source, 0, &[0; 8]);
    }
    let database = Database::from_bytes(&parts.assemble()).unwrap();
    for address in ["192.0.2.1", "2001:db8:0:1::", "192.0.3.0", "10.0.0.0", "11.0.0.0"] {
        let line = line_of(&database, address);
        has_no_null_and_nothing_empty(&serde_json::from_str(&line).unwrap());
    }
}
