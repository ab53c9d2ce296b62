//! The range files that the programs read.

use std::path::{Path, PathBuf};

use nameplate::{
    CompanyFields, CompanyKind, OperatorKind, SourceFields, Suppression, SuppressionList, SuppressionRule,
    Writer, publish,
};

/// A folder with the files that a program is given.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    /// Numbered files 1 and 2, and a suppression list that names their company.
    pub(crate) fn new() -> Files {
        let files = Files(tempfile::tempdir().unwrap());
        for number in [1, 2] {
            publish(numbered(number), &files.path(&number.to_string())).unwrap();
        }
        let list = files.path("list");
        SuppressionList::create(&list).unwrap();
        let rule = SuppressionRule::Company(COMPANY_ID.into());
        let entry = Suppression::new(rule, "2026-06-17", "asked").unwrap();
        assert!(SuppressionList::update(&list, |list| list.add(entry)).unwrap());
        files
    }

    /// A file of this name, whether it is there or not.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

const COMPANY_ID: &str = "lei:00000000000000000001";

/// Build `number`, whose operator is AS `number`:
///
/// ```text
/// 10.0.0.0 - 10.255.255.255       reserved, Private-Use
/// 192.0.2.0 - 192.0.2.15          Company NUMBER GmbH
/// 192.0.2.32 - 192.0.2.63         the same
/// 198.51.100.0 - 198.51.100.255   Operator NUMBER
/// 2001:db8::/64                   Company NUMBER GmbH
/// ```
fn numbered(number: u32) -> Writer {
    let mut writer = Writer::new();
    writer.build_number(number.into());
    writer.created(1_780_000_000);
    let asn = writer.source(&SourceFields {
        name: "ip-asn",
        title: Some("A table"),
        licence: Some("CC-BY-4.0"),
        attribution: Some("Example"),
        url: Some("https://example.net/"),
        date: Some("2026-06-17"),
        rows: 12,
    });
    let asn = asn.unwrap();
    let lei = writer.source(&SourceFields { name: "gleif", ..Default::default() }).unwrap();
    let operator =
        writer.operator(number, &format!("Operator {number}"), Some(OperatorKind::Access)).unwrap();
    let company = writer.company(&CompanyFields {
        id: COMPANY_ID,
        name: &format!("Company {number} GmbH"),
        kind: Some(CompanyKind::Business),
        country: Some(*b"DE"),
        domain: Some("company.example"),
        legal_form: Some("GmbH"),
        industry: Some("62.01"),
        register: Some("Amtsgericht Beispiel"),
        register_id: Some("HRB 1"),
    });
    let company = writer.company_answer(company.unwrap(), Some(operator), 90, asn.union(lei)).unwrap();
    let operator = writer.operator_answer(operator, asn).unwrap();
    let private = writer.reserved_answer("Private-Use").unwrap();
    for (first, last, answer) in [
        (0x0a00_0000, 0x0aff_ffff, private),
        (0xc000_0200, 0xc000_020f, company),
        (0xc000_0220, 0xc000_023f, company),
        (0xc633_6400, 0xc633_64ff, operator),
    ] {
        writer.push_v4(first, last, answer).unwrap();
    }
    let documentation = 0x2001_0db8_u128 << 96;
    writer.push_v6(documentation, documentation | u128::from(u64::MAX), company).unwrap();
    writer
}

/// The range file of tests/vectors.
pub(crate) fn vectors(at: &Path) {
    let config = nameplate_build::BuildConfig::read(&super::build::root().join("tests/vectors/vectors.toml"));
    let (writer, _) = nameplate_build::build(&config.unwrap(), &mut ()).unwrap();
    publish(writer, at).unwrap();
}
