use super::{corpus, error, read, read_file, refusals};
use crate::config::SourceConfig;
use crate::config::SourceKind::{AsList, DomainList, NetworkList};

#[test]
fn as_numbers_come_one_a_line_or_in_a_column() {
    let expected = ["AS64500 is hosting", "AS64501 is hosting"];
    for list in [
        "AS64500 # Example, NL\n\n# none\nAS64501\t# Example\n",
        "64500\nas64501",
        "# a comment first\nAS64500\nAS64501\n",
        "ASN,Entity\n64500,\"Example, NL\"\nAS64501,Example\n",
        "\u{FEFF}Entity;ASN\r\nExample;64500\r\nExample;64501\r\n",
    ] {
        let (rows, counts) = read(AsList, list).unwrap();
        assert_eq!(rows, expected, "{list}");
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (2, 2, 0));
    }
    let (_, counts) = read(AsList, "AS64500\nAS0\n\nAS4294967296\nAS1 2\nAS\x1b1\nM\u{fc}ller\n").unwrap();
    let expected = [("an AS number is missing or 0", 2), ("an AS number is no number of 32 bits", 4)];
    assert_eq!(refusals(&counts), expected);
    assert_eq!(counts.refused_rows(), 5);
    let (_, counts) = read(AsList, "asn,name\n64500,a\n64501\n64502,b,c\n").unwrap();
    assert_eq!(refusals(&counts), [("its number of columns is wrong", 3)]);
    assert_eq!(error(AsList, "64500,Example\n"), "its header has no column \"asn\"");
}

#[test]
fn networks_come_as_prefixes_ends_or_in_columns() {
    let expected = ["1.0.0.0-1.0.0.255 is hosting", "2a00::-2a00::ffff is hosting"];
    for list in [
        "1.0.0.0/24 # Example\n\n2a00::/112\n",
        "; a comment\n1.0.0.0/24 ; SBL1\n2a00::/112 ; SBL2\n",
        "1.0.0.0-1.0.0.255\n2a00:: - 2a00::ffff\n",
        "1.0.0.0,1.0.0.255,Example,http://example.com/\n2a00::,2a00::ffff,\"Example, Inc.\",x\n",
        "\"1.0.0.0\",\"1.0.0.255\"\n\"2a00::\",\"2a00::ffff\"\n",
        "1.0.0.0/24,Example\n2a00::/112,Example\n",
        "name,network\nExample,1.0.0.0/24\nExample,2a00::/112\n",
        "start_ip,end_ip\n1.0.0.0,1.0.0.255\n2a00::,2a00::ffff\n",
    ] {
        let (rows, counts) = read(NetworkList, list).unwrap();
        assert_eq!(rows, expected, "{list}");
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (2, 2, 0));
    }
    let (rows, counts) =
        read(NetworkList, "1.0.0.1\n1.0.0.1/24\n1.0.0.9-1.0.0.1\n1.0.0.0-2a00::\nx\n").unwrap();
    assert_eq!(rows, ["1.0.0.1-1.0.0.1 is hosting"]);
    assert_eq!(
        refusals(&counts),
        [
            ("a network is no prefix or range", 5),
            ("a prefix has bits set beyond its length", 2),
            ("start and end are of different kinds", 4),
            ("the start lies after the end", 3),
        ]
    );
    assert!(error(NetworkList, "what,ever\n1,2\n").starts_with("is no list of networks"));
}

#[test]
fn domains_come_one_a_line_in_a_column_or_as_json() {
    let (rows, _) = read(DomainList, "Example.edu # Example\nwww.example.org\n").unwrap();
    assert_eq!(rows, ["example.edu is hosting", "example.org is hosting"]);
    let csv = "Domain name,Domain type,Organization name,country\nexample.gov,City,\"Example, City of\",US\nexample.org,x,,\n";
    let (rows, _) = read(DomainList, csv).unwrap();
    assert_eq!(rows, ["example.gov of Example, City of in US is hosting", "example.org is hosting"]);
    let json = r#" [{"name":"Universität Example","domains":["uni.example","www.u.example"],"alpha_two_code":"DE","web_pages":[{}]},
        {"domains":["uni2.example"],"alpha_two_code":null}, {"domains":[]}]"#;
    let (rows, counts) = read(DomainList, json).unwrap();
    assert_eq!(
        rows,
        [
            "uni.example of Universität Example in DE is hosting",
            "u.example of Universität Example in DE is hosting",
            "uni2.example is hosting"
        ]
    );
    assert_eq!((counts.rows, counts.used, counts.refused_rows()), (3, 2, 0));
    assert_eq!(error(DomainList, "name,url\na,b\n"), "its header has no column \"domain\"");
    assert_eq!(refusals(&read(DomainList, "a.example\nb\n").unwrap().1), [("a domain is none", 2)]);
}

#[test]
fn json_that_is_wrong_costs_the_element_or_the_file() {
    let good = r#"{"name":"Example","domains":["uni.example"]}"#;
    for (element, reason) in [
        (r#"{"name":"Example"}"#, "an element has no list of domains"),
        (r#"{"domains":"uni.example"}"#, "an element has no list of domains"),
        (r#"{"domains":[1]}"#, "a domain is none"),
        (r#"{"domains":["a b"]}"#, "a domain is none"),
        (r#"{"domains":["a.example"],"name":7}"#, "a name or country is no text"),
        (r#"{"domains":["a.example"],"name":"\u0007"}"#, "a text has control characters"),
        (
            r#"{"domains":["a.example"],"name":"\u202e"}"#,
            "a text has invisible or direction-changing characters",
        ),
        (r#"{"domains":["a.example"],"alpha_two_code":"DEU"}"#, "a country is not two letters"),
    ] {
        let (rows, counts) = read(DomainList, format!("[{good},\n{element},\n{good}]")).unwrap();
        assert_eq!((refusals(&counts), rows.len()), (vec![(reason, 2)], 2), "{element}");
    }
    let whole = format!("[{good},\n{good}]\n");
    for length in 1..whole.len() - 2 {
        assert!(error(DomainList, &whole[..length]).starts_with("cannot be read, at line"), "{length}");
    }
    let wrong =
        [format!("[{good},[]]"), format!("[{good}]x"), "[1]".into(), "[\"\u{e9}\"]".into(), "[".repeat(9999)];
    for wrong in wrong {
        assert!(
            error(DomainList, &wrong).ends_with("it is no JSON array of objects"),
            "{}",
            &wrong[..9.min(wrong.len())]
        );
    }
    let latin_1 = [b"[{\"domains\":[\"a.example\"],\"name\":\"M\xfcller\"}]".as_slice()].concat();
    assert!(error(DomainList, latin_1).ends_with("it is no JSON array of objects"));
    let long = format!("[{good},\n{{\"name\":\"{}\"}}]", "x".repeat(70_000));
    assert_eq!(error(DomainList, long), "an element is longer than 64 KiB");
}

#[test]
fn a_list_has_to_say_of_what() {
    let source: SourceConfig = toml::from_str("kind = \"as-list\"\nname = \"l\"\nfiles = [\"f\"]").unwrap();
    let result = crate::import::import(&source, std::path::Path::new("f"), &mut (), &mut |_| ());
    let expected = "f: is a list: its source has to say of what, as lists = \"hosting\"";
    assert_eq!(result.unwrap_err().to_string(), expected);
    let text = "kind = \"domain-list\"\nname = \"l\"\nfiles = [\"f\"]\nlists = \"shops\"";
    let error = toml::from_str::<SourceConfig>(text).unwrap_err().message().to_owned();
    assert!(error.starts_with("unknown kind; expected one of business, education"), "{error}");
    assert!(toml::from_str::<SourceConfig>(&text.replace("shops", "education")).unwrap().lists.is_some());
}

#[test]
fn real_lists_are_read_whole() {
    let Some(folder) = corpus("lists") else { return };
    let text = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    for list in ["x4bnet-lists/input/datacenter/ASN.txt", "x4bnet-lists/input/vpn/ASN.txt"] {
        let members = text(list).lines().filter(|line| line.starts_with("AS")).count();
        let (rows, counts) = read_file(AsList, &folder.join(list)).unwrap();
        assert_eq!((rows.len(), counts.refused_rows()), (members, 0), "{list}");
        assert!(members > 5);
    }
    // One row has a space before its quote and so a comma too many.
    let (rows, counts) = read_file(AsList, &folder.join("bad-asn-list/bad-asn-list.csv")).unwrap();
    let lines = text("bad-asn-list/bad-asn-list.csv").lines().filter(|line| !line.is_empty()).count() - 1;
    assert_eq!(rows.len() + 1, lines);
    assert_eq!(counts.refused_rows(), 1);
    for list in [
        "x4bnet-lists/output/datacenter/ipv4.txt",
        "x4bnet-lists/output/datacenter/ipv6.txt",
        "x4bnet-lists/output/vpn/ipv4.txt",
        "x4bnet-lists/output/vpn/ipv6.txt",
        "ipranges/all/ipv4_merged.txt",
        "ipranges/all/ipv6_merged.txt",
        "ipcat/datacenters.csv",
    ] {
        let (rows, counts) = read_file(NetworkList, &folder.join(list)).unwrap();
        let members = text(list).lines().filter(|line| !line.is_empty()).count();
        assert_eq!((rows.len(), counts.refused_rows()), (members, 0), "{list}");
    }
    let (rows, counts) = read_file(DomainList, &folder.join("dotgov/current-full.csv")).unwrap();
    assert_eq!((rows.len(), counts.refused_rows()), (text("dotgov/current-full.csv").lines().count() - 1, 0));
    let json = text("university-domains/world_universities_and_domains.json");
    let parsed: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    // Four names have quotation marks of another encoding, which are control characters here.
    let is_right =
        |element: &&serde_json::Value| !element["name"].as_str().unwrap().contains(char::is_control);
    let right: Vec<&serde_json::Value> = parsed.iter().filter(is_right).collect();
    let domains: usize = right.iter().map(|element| element["domains"].as_array().unwrap().len()).sum();
    let list = folder.join("university-domains/world_universities_and_domains.json");
    let (rows, counts) = read_file(DomainList, &list).unwrap();
    assert_eq!((counts.rows as usize, counts.refused_rows()), (parsed.len(), 4));
    assert_eq!(parsed.len() - right.len(), 4);
    assert_eq!(rows.len(), domains);
    let Some(labels) = corpus("labels/asn-kind") else { return };
    for list in ["education.csv", "hosting.csv", "isp.csv", "vpn.csv"] {
        let (rows, counts) = read_file(AsList, &labels.join(list)).unwrap();
        let lines = std::fs::read_to_string(labels.join(list)).unwrap().lines().count() - 1;
        assert_eq!((rows.len(), counts.refused_rows()), (lines, 0), "{list}");
    }
}
