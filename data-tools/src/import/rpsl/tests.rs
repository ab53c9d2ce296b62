use std::collections::BTreeMap;
use std::io::Read as _;

use super::super::testing::{corpus, reasons, said, said_of, survives};
use super::*;

const GOOD: &str = "\
# terms

inetnum:        192.0.2.0 - 192.0.2.127
netname:        EXAMPLE-NET
descr:          Example Foods GmbH # customer
                and Sons
descr:          Example Street 1
country:        de
status:         Assigned PA
source:         RIPE

% Tags relating to '192.0.2.0 - 192.0.2.127'

inet6num:       2001:db8::/32
netname:        EXAMPLE6
org:            org-ef1-ripe
descr:          Example Customers
country:        DE
country:        FR
status:         ALLOCATED-BY-RIR
source:         RIPE

aut-num:        AS64500
as-name:        EXAMPLE-AS
descr:          Example Hosting
org:            ORG-EF1-RIPE
import:         from AS64501
 accept ANY
source:         RIPE

organisation:   ORG-EF1-RIPE
org-name:       Example Foods GmbH
org-type:       OTHER
reg-nr:         HRB 12345
country:        DE
address:        Example Street 1
e-mail:         office@example.com
source:         RIPE

person:         Maria Beispiel
address:        Example Street 1
nic-hdl:        MB1-RIPE

route:          192.0.2.0/24
descr:          Example route
origin:         AS64500

";

#[test]
fn networks_systems_and_organisations_are_passed_on_persons_are_not() {
    let (rows, counts) = said(read, GOOD);
    assert_eq!(
        rows,
        [
            "network V4(c0000200, c000027f) Assignment name=Example Foods GmbH and Sons country=DE in=DE",
            "network V6(20010db8000000000000000000000000, 20010db8ffffffffffffffffffffffff) Allocation \
             handle=ORG-EF1-RIPE",
            "system 64500 handle=ORG-EF1-RIPE",
            "party ORG-EF1-RIPE name=Example Foods GmbH country=DE id=HRB 12345",
        ]
    );
    assert_eq!((counts.rows, counts.used, counts.refused_rows()), (6, 4, 0));
}

#[test]
fn a_status_gives_the_role() {
    for (status, role) in [
        ("ALLOCATED PA", "Allocation"),
        ("allocated portable", "Allocation"),
        ("ALLOCATED-BY-LIR", "Allocation"),
        ("LIR-PARTITIONED PA", "Allocation"),
        ("AGGREGATED-BY-LIR", "Allocation"),
        ("reallocated", "Allocation"),
        ("ALLOCATED-ASSIGNED PA", "Assignment"),
        ("ASSIGNED   PI", "Assignment"),
        ("ASSIGNED NON-PORTABLE", "Assignment"),
        ("SUB-ALLOCATED PA", "Assignment"),
        ("reassigned", "Assignment"),
        ("LEGACY", "Unsaid"),
        ("EARLY-REGISTRATION", "Unsaid"),
        ("", "Unsaid"),
        ("SOMETHING NEW", "Unsaid"),
    ] {
        let (rows, _) = said(read, format!("inetnum: 192.0.2.0/24\nstatus: {status}\n"));
        assert_eq!(rows, [format!("network V4(c0000200, c00002ff) {role}")], "{status}");
    }
}

#[test]
fn what_stands_for_a_registry_says_nothing() {
    for text in [
        "inetnum: 0.0.0.0 - 255.255.255.255\ndescr: Example AG\nstatus: LEGACY\n",
        "inetnum: 198.0.0.0 - 199.0.0.0\ndescr: Example AG\n",
        "inet6num: ::/0\ndescr: Example AG\nstatus: ALLOCATED-BY-RIR\n",
        "inet6num: 2000::/15\ndescr: Example AG\nstatus: ALLOCATED-BY-RIR\n",
        "inetnum: 192.0.2.0/24\ndescr: Example AG\nstatus: Allocated Unspecified\n",
        "inetnum: 192.0.2.0/24\ndescr: Example AG\nnetname: NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK\n",
        "inetnum: 192.0.2.0/24\ndescr: Example AG\nnetname: iana-blk\n",
        "inetnum: 192.0.2.0/24\ndescr: Example AG\nnetname: ERX-NETBLOCK\n",
        "organisation: ORG-E1-RIPE\norg-name: Dummified\n",
        "organisation: ORG-E1-RIPE\norg-type: OTHER\n",
    ] {
        let (rows, counts) = said(read, text);
        assert_eq!(rows, [""; 0], "{text}");
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (1, 0, 0), "{text}");
    }
    // The widest that a holder has.
    let (rows, _) = said(read, "inetnum: 10.0.0.0 - 10.255.255.255\norg: O\n\ninet6num: 3fff::/16\norg: O\n");
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_text_that_is_no_name_names_no_holder() {
    let nobody = "network V4(c0000200, c00002ff) Unsaid";
    for descr in [
        "Dummified",
        "dummy address for ORG-E1-RIPE",
        "***************",
        "1019 - 12",
        "# a comment",
        "",
        "Imported inetnum object for EXAMPLE",
        "IPv4 address block not managed by the RIPE NCC",
    ] {
        let (rows, counts) = said(read, format!("inetnum: 192.0.2.0/24\nnetname: NET\ndescr: {descr}\n"));
        assert_eq!(rows, [nobody], "{descr}");
        // It still stands before the range around it.
        assert_eq!(counts.used, 1);
    }
    let (rows, _) = said(read, "inetnum: 192.0.2.0/24\ndescr: D\u{fc}mmified Foods\n");
    assert_eq!(rows, [format!("{nobody} name=D\u{fc}mmified Foods")]);
}

#[test]
fn lacnic_shortens_prefixes_names_owners_and_keeps_ipv6_in_inetnum() {
    let text = "inetnum: 24.232.16/24\nowner: Example SA\ndescr: no\nresponsible: Maria Beispiel\ncountry: AR\n\n\
                inetnum: 24.232/16\nowner: Example SA\n\ninetnum: 24/8\nowner: Example SA\n\n\
                inetnum: 2001:db8:2000::/48\nowner: Example SA\n\naut-num: 64500\nowner: Example SA\ncountry: MX\n";
    let (rows, _) = said(read, text);
    assert_eq!(
        rows,
        [
            "network V4(18e81000, 18e810ff) Unsaid name=Example SA country=AR in=AR",
            "network V4(18e80000, 18e8ffff) Unsaid name=Example SA",
            "network V4(18000000, 18ffffff) Unsaid name=Example SA",
            "network V6(20010db8200000000000000000000000, 20010db82000ffffffffffffffffffff) Unsaid \
             name=Example SA",
            "system 64500 name=Example SA country=MX in=MX",
        ]
    );
}

#[test]
fn the_same_object_twice_is_passed_on_twice() {
    let (rows, counts) = said(read, "aut-num: AS1\norg: O\n\naut-num: AS1\norg: O\n");
    assert_eq!(rows, ["system 1 handle=O"; 2]);
    assert_eq!(counts.used, 2);
}

#[test]
fn what_an_object_cannot_be_is_refused() {
    let net = |range: &str| format!("inetnum: {range}\n");
    let descr = |descr: &str| format!("inetnum: 192.0.2.0/24\ndescr: {descr}\n");
    for (text, reason) in [
        (net("192.0.2.255 - 192.0.2.0"), "the start lies after the end"),
        (net("192.0.2.0 - 2001:db8::1"), "start and end are of different kinds"),
        (net("192.0.2.0 - 192.0.2.300"), "the end is no address"),
        (net("192.0.2.1/24"), "a prefix has bits set beyond its length"),
        (net("192.0.2/33"), "a network is no prefix or range"),
        (net(""), "a network is no prefix or range"),
        ("inet6num: 192.0.2.0/24\n".into(), "an inet6num has IPv4 addresses"),
        ("aut-num: AS0\n".into(), "an AS has no number, or 0"),
        ("aut-num: AS4294967296\n".into(), "an AS number is no number of 32 bits"),
        ("aut-num: ASX\n".into(), "an AS number is no number of 32 bits"),
        ("organisation:\norg-name: Example AG\n".into(), "an organisation has no handle"),
        (format!("{}country: Germany\n", net("192.0.2.0/24")), "a country is not two letters"),
        (format!("{}org: A B\n", net("192.0.2.0/24")), "a handle has spaces or characters beyond ASCII"),
        (descr("Example\u{7}AG"), "a text has control characters"),
        (descr("Example \u{202e}GA"), "a text has invisible or direction-changing characters"),
        (descr(&"x".repeat(2000)), "a text is longer than 1024 bytes"),
        (descr(&"x".repeat(70_000)), "a line is longer than 64 KiB"),
        ("OrgID: EXAMPL\n".into(), "an object's first attribute is of no known class"),
        ("{\"inetnum\":\"192.0.2.0/24\"}\n".into(), "a line is no attribute: it has no name and colon"),
    ] {
        let (rows, counts) = said(read, text);
        assert_eq!(rows, [""; 0], "{reason}");
        assert_eq!(reasons(&counts), [(reason, 1, 1)]);
    }
}

#[test]
fn damaged_files_do_not_panic() {
    survives(read, GOOD.as_bytes());
}

/// First attributes and their counts, by splitting at empty lines: another way than the reader's.
fn classes(text: &str) -> BTreeMap<String, usize> {
    let comment = |line: &&str| !line.starts_with('%') && !line.starts_with('#');
    let text = text.lines().filter(comment).collect::<Vec<_>>().join("\n");
    let mut classes = BTreeMap::new();
    for object in text.split("\n\n").map(str::trim_start).filter(|object| !object.is_empty()) {
        *classes.entry(object.split(':').next().unwrap().to_owned()).or_default() += 1;
    }
    classes
}

#[test]
fn the_corpus_is_read_whole() {
    let Some(folder) = corpus("rpsl") else { return };
    // Networks, AS and organisations that say something, counted by grep; of TEST.db's 68 networks
    // two are the whole address space and one is of status ALLOCATED UNSPECIFIED.
    for (file, networks, systems, parties) in [
        ("TEST.db", 65, 34, 33),
        ("AS3257.txt", 0, 1, 0),
        ("ripe.test.gz", 0, 0, 0),
        ("apnic.test.gz", 0, 0, 0),
        ("afrinic.test.gz", 2, 0, 0),
        ("lacnic.test", 2, 1, 0),
    ] {
        let path = folder.join(file);
        let mut bytes = Vec::new();
        Input::open(&path).unwrap().reader.read_to_end(&mut bytes).unwrap();
        let classes = classes(&String::from_utf8_lossy(&bytes));
        let (rows, counts) = said_of(read, &path).unwrap();
        let count = |start: &str| rows.iter().filter(|row| row.starts_with(start)).count();
        assert_eq!(counts.rows as usize, classes.values().sum::<usize>(), "{file}: {classes:?}");
        assert_eq!(reasons(&counts), [], "{file}");
        assert_eq!(
            (count("network"), count("system"), count("party")),
            (networks, systems, parties),
            "{file}"
        );
        assert_eq!(counts.used as usize, networks + systems + parties, "{file}");
        // No person of the file has come through: neither under the name nor under the handle.
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some(person) = line.strip_prefix("person:").map(str::trim) else { continue };
            assert!(!rows.iter().any(|row| row.contains(person)), "{file}");
        }
    }
    let (rows, _) = said_of(read, &folder.join("lacnic.test")).unwrap();
    let funding = "FUNDA\u{c7}\u{c3}O DE AMPARO \u{c0} PESQUISA DO ESTADO S\u{c3}O PAULO";
    assert_eq!(rows[0], format!("system 278 name={funding} country=MX in=MX"));
    assert_eq!(rows[1], "network V4(18e81000, 18e810ff) Allocation name=Description country=AR in=AR");
}
