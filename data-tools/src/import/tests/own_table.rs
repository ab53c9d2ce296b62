use super::{error, read, refusals};
use crate::config::SourceKind::Table;

#[test]
fn every_column_is_read_in_any_order_and_case() {
    let table = "Name,DOMAIN,kind,country,legal_form,industry,register,register_id,lei,ASN,as_name,as_domain,as_kind,note,network\n\
        Example Foods B.V.,www.Example.com,business,nl,B.V.,62.01,kvk,12345678,506700GE1G29325QX363,AS64500,Example Telecom,telecom.example,isp,mine,1.0.0.0/24\n\
        ,,,,,,,,,,,,,,1.0.1.0/24\n\
        ,,vpn,,,,,,,,,,,,1.0.2.0-1.0.2.9\n\
        ,,,DE,,,,,,,,,,,2a00::/32\n\
        ,,hosting,DE,,,,,,64501,,,,,1.0.3.1\n";
    let (rows, counts) = read(Table, table).unwrap();
    assert_eq!(
        rows,
        [
            "1.0.0.0-1.0.0.255 of Example Foods B.V. (NL, example.com, business, B.V., 62.01, kvk, 12345678, \
             506700GE1G29325QX363) AS64500 of Example Telecom (telecom.example, access)",
            "1.0.2.0-1.0.2.9 is vpn",
            "2a00::-2a00:0:ffff:ffff:ffff:ffff:ffff:ffff in DE",
            "1.0.3.1-1.0.3.1 is hosting",
            "1.0.3.1-1.0.3.1 AS64501 in DE",
        ]
    );
    assert_eq!((counts.rows, counts.used, counts.refused_rows()), (5, 4, 0));
}

#[test]
fn ranges_come_as_two_ends_too() {
    let expected = ["1.0.0.0-1.0.0.255 of Example", "2a00::-2a00::ffff of Example"];
    for header in ["first,last,name", "start_ip,end_ip,name"] {
        let table = format!("{header}\n1.0.0.0,1.0.0.255,Example\n2a00::,2a00::ffff,Example\n");
        assert_eq!(read(Table, &table).unwrap().0, expected);
        assert_eq!(read(Table, table.replace(',', ";")).unwrap().0, expected);
        assert_eq!(read(Table, table.replace(',', "\t").replace('\n', "\r\n")).unwrap().0, expected);
        assert_eq!(read(Table, format!("\u{FEFF}{table}")).unwrap().0, expected);
    }
    let numbers = "first,last,name\n16777216,16777471,Example\n";
    assert_eq!(read(Table, numbers).unwrap().0, expected[..1]);
}

#[test]
fn downloads_of_others_are_read_as_they_are() {
    let lite = "network,country,country_code,continent,continent_code,asn,as_name,as_domain\n\
        1.0.0.0/24,Australia,AU,Oceania,OC,AS64500,\"Example Telecom, Inc.\",telecom.example\n\
        1.0.1.0/24,,,,,,,\n";
    let row = "1.0.0.0-1.0.0.255 AS64500 of Example Telecom, Inc. (telecom.example) in AU";
    let (rows, counts) = read(Table, lite).unwrap();
    assert_eq!((rows, counts.rows, counts.used), (vec![row.to_owned()], 2, 1));
    let company = "start_ip,end_ip,join_key,name,domain,type,asn,as_name,as_domain,as_type,country,later\n\
        1.0.0.0,1.0.0.3,1.0.0.0,Example University,university.example,education,AS64500,Example Telecom,telecom.example,isp,AU,x\n\
        1.0.0.4,1.0.0.7,1.0.0.0,Example Telecom,telecom.example,isp,AS64500,Example Telecom,telecom.example,inactive,AU,x\n";
    assert_eq!(
        read(Table, company).unwrap().0,
        [
            "1.0.0.0-1.0.0.3 of Example University (AU, university.example, education) AS64500 of Example Telecom \
             (telecom.example, access)",
            "1.0.0.4-1.0.0.7 of Example Telecom (AU, telecom.example, access) AS64500 of Example Telecom \
             (telecom.example)",
        ]
    );
    let geolite = "network,autonomous_system_number,autonomous_system_organization\n\
        1.0.0.0/24,64500,Example Telecom\n2a00::/32,64501,\"Example, Inc.\"\n";
    assert_eq!(
        read(Table, geolite).unwrap().0,
        [
            "1.0.0.0-1.0.0.255 AS64500 of Example Telecom",
            "2a00::-2a00:0:ffff:ffff:ffff:ffff:ffff:ffff AS64501 of Example, Inc."
        ]
    );
}

#[test]
fn a_header_that_is_not_understood_is_an_error_that_names_the_column() {
    for (header, what) in [
        ("network,nmae", "its header has an unknown column \"nmae\"; call it note if it is not to be read"),
        ("network,name,\u{7}\u{202E}x", "its header has an unknown column in place 3"),
        ("network,name,", "its header has an unknown column in place 3"),
        ("name,country", "its header has no column network, nor first and last, nor start_ip and end_ip"),
        ("first,name", "its header has no column network, nor first and last, nor start_ip and end_ip"),
        ("network,domain", "its header has none of the columns name, kind, country and asn: it says nothing"),
        ("network,name,NAME", "its header names a column twice"),
    ] {
        let error = error(Table, format!("{header}\n1.0.0.0/24,x\n"));
        assert!(error.starts_with(what), "{error}");
    }
    let long = error(Table, format!("network,name,{}\n", "x".repeat(9000)));
    assert!(long.len() < 200, "{long}");
    assert_eq!(
        read(Table, "network,name\n").unwrap_err().to_string().rsplit(": ").next(),
        Some("has no rows")
    );
}

#[test]
fn a_row_that_is_wrong_is_refused_with_its_line() {
    let good = "1.0.0.0/24,Example,example.com,business,NL,64500\n";
    let header = "network,name,domain,kind,country,asn\n";
    for (row, reason) in [
        ("1.0.0.0/24,Example,example.com,business,NL", "its number of columns is wrong"),
        ("1.0.0.0/24,Example,example.com,business,NL,64500,x", "its number of columns is wrong"),
        ("1.0.0.1/24,Example,,,,", "a prefix has bits set beyond its length"),
        ("1.0.0.9-1.0.0.1,Example,,,,", "the start lies after the end"),
        ("1.0.0.0-2a00::,Example,,,,", "start and end are of different kinds"),
        (",Example,,,,", "a network is no prefix or range"),
        ("1.0.0.0/24,Exa\u{1b}mple,,,,", "a text has control characters"),
        ("1.0.0.0/24,\"Exa\nmple\",,,,", "a text has control characters"),
        ("1.0.0.0/24,Exa\u{202e}mple,,,,", "a text has invisible or direction-changing characters"),
        ("1.0.0.0/24,Example,no domain,,,", "a domain is none"),
        ("1.0.0.0/24,Example,,shop,,", "a kind is none of those that are known"),
        ("1.0.0.0/24,Example,,,Netherlands,", "a country is not two letters"),
        ("1.0.0.0/24,Example,,,,4294967296", "an AS number is no number of 32 bits"),
        ("1.0.0.0/24,\"Example,,,,", "a quote does not close"),
    ] {
        let (rows, counts) = read(Table, format!("{header}{good}{row}\n{good}{good}")).unwrap();
        assert_eq!(refusals(&counts), [(reason, 3)], "{row}");
        assert_eq!((rows.len(), counts.rows, counts.used), (3, 4, 3), "{row}");
    }
    let latin_1 = [header.as_bytes(), good.as_bytes(), b"1.0.0.0/24,M\xfcller,,,,\n"].concat();
    assert!(refusals(&read(Table, latin_1).unwrap().1)[0].0.starts_with("a text is not UTF-8"));
    let long = format!("{header}{good}1.0.0.0/24,{},,,,\n{good}", "x".repeat(1 << 20));
    assert_eq!(refusals(&read(Table, long).unwrap().1), [("a line is longer than 64 KiB", 3)]);
    // Every kind that the documentation names, and in capitals.
    let kinds =
        "business education government nonprofit access isp hosting mobile vpn transit exchange Hosting";
    let rows: Vec<String> = kinds.split(' ').map(|kind| format!("1.0.0.0/24,Example,,{kind},,\n")).collect();
    assert_eq!(read(Table, format!("{header}{}", rows.concat())).unwrap().1.used, 12);
}
