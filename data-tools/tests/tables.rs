//! Tables as they should be, and as they come: what is refused, and in which words.

use std::fs;
use std::path::PathBuf;

use nameplate::{Database, Status};
use nameplate_build::{BuildConfig, build};

const GOOD: &str = "192.31.0.0,192.31.0.255,64500,\"Example Telecom, Inc.\"\n";

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The database built from one table.
    fn database(&self, content: impl AsRef<[u8]>) -> Database {
        built(vec![self.write("table", content)])
    }

    /// The error of a table that is refused, without the path before it.
    fn refusal(&self, content: impl AsRef<[u8]>) -> String {
        let path = self.write("table", content);
        let config = BuildConfig::from_asn_tables(vec![path.clone()]);
        let error = build(&config, &mut ()).err().expect("refused").to_string();
        assert!(!error.contains('\n'));
        error.strip_prefix(&path.display().to_string()).expect("names the file").to_owned()
    }

    /// Why the only refused row of a table is refused, and its line; the other rows are used.
    fn refused(&self, content: impl AsRef<[u8]>) -> (&'static str, u64) {
        let path = self.write("table", content);
        let (_, report) = build(&BuildConfig::from_asn_tables(vec![path]), &mut ()).unwrap();
        let counts = &report.sources[0].counts;
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (3, 2, 1), "{:?}", counts.refused);
        let (reason, refused) = counts.refused.first_key_value().unwrap();
        (reason, refused.first_line)
    }
}

fn built(files: Vec<PathBuf>) -> Database {
    let (writer, _) = build(&BuildConfig::from_asn_tables(files), &mut ()).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    let database = Database::from_bytes(&file).unwrap();
    database.verify().unwrap();
    database
}

fn asn(database: &Database, address: &str) -> Option<u32> {
    database.lookup_text(address.as_bytes()).unwrap().operator().map(|operator| operator.asn())
}

#[test]
fn dotted_numeric_and_tab_separated_tables_say_the_same() {
    let files = Files::new();
    let tables = [
        "1.0.0.0,1.0.0.255,64500,Example Telecom\n2a00::,2a00::ffff,64501,Example Hosting\n",
        "16777216,16777471,64500,Example Telecom\n\
         55827575822966466661959896531774472192,55827575822966466661959896531774537727,64501,Example Hosting\n",
        "1.0.0.0\t1.0.0.255\t64500\tNL\tExample Telecom\n\
         1.0.1.0\t1.0.1.255\t0\tNone\tNot routed\n\
         2a00::\t2a00::ffff\t64501\tNone\tExample Hosting\n",
        "16777216\t16777471\t64500\tNL\tExample Telecom\n2a00::\t2a00::ffff\t64501\tUS\tExample Hosting\r\n",
    ];
    for table in tables {
        let database = files.database(table);
        assert_eq!(asn(&database, "1.0.0.255"), Some(64500), "{table}");
        assert_eq!(asn(&database, "1.0.1.0"), None, "{table}");
        assert_eq!(asn(&database, "2a00::1"), Some(64501), "{table}");
        assert_eq!(asn(&database, "2a00::1:0"), None, "{table}");
    }
}

#[test]
fn a_table_with_a_country_gives_the_company_its_country() {
    let database = Files::new().database("1.0.0.0\t1.0.0.255\t64500\tNL\tExample Foods B.V.\n");
    let answer = database.lookup_text(b"1.0.0.1").unwrap();
    let company = answer.company().unwrap();
    assert_eq!(answer.status(), Status::Company);
    assert_eq!(
        (company.id(), company.country(), company.legal_form()),
        ("asn:64500", Some("NL"), Some("B.V."))
    );
    assert!(answer.confidence().unwrap() <= 50);
    assert_eq!(answer.operator().unwrap().asn(), 64500);
}

#[test]
fn ipv4_and_ipv6_tables_go_into_one_file_with_one_operator_for_an_as() {
    let files = Files::new();
    let v4 = files.write("v4", "1.0.0.0,1.0.0.255,64500,Example Telecom\n");
    let v6 = files.write("v6", "2a00::,2a00::ffff,64500,Example Telecom Again\n");
    let database = built(vec![v4, v6]);
    assert_eq!(database.metadata().operators(), 1);
    let name = |address: &[u8]| database.lookup_text(address).unwrap().operator().unwrap().name().to_owned();
    assert_eq!(name(b"2a00::1"), "Example Telecom");
    assert_eq!(name(b"1.0.0.1"), "Example Telecom");
}

#[test]
fn a_persons_name_does_not_reach_the_file() {
    let path = Files::new();
    let table = path
        .write("t", "1.0.0.0,1.0.0.255,64500,Ember Ana Reimer\n1.0.1.0,1.0.1.255,64501,Example Telecom\n");
    let (writer, report) = build(&BuildConfig::from_asn_tables(vec![table]), &mut ()).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    assert_eq!(report.withheld, 1);
    assert!(!file.windows(5).any(|bytes| bytes == b"Ember"));
    let database = Database::from_bytes(&file).unwrap();
    let answer = database.lookup_text(b"1.0.0.1").unwrap();
    assert_eq!(answer.status(), Status::Unknown);
    assert!(answer.company().is_none() && answer.operator().is_none() && answer.network().is_none());
}

#[test]
fn special_purpose_addresses_are_reserved_whatever_a_table_says() {
    let database = Files::new().database("10.1.2.0,10.1.2.255,64500,Example Telecom\n");
    for (address, block) in [
        ("10.1.2.3", "Private-Use"),
        ("127.0.0.1", "Loopback"),
        ("192.0.2.1", "Documentation (TEST-NET-1)"),
        ("192.0.0.8", "IPv4 dummy address"),
        ("255.255.255.255", "Limited Broadcast"),
        ("::1", "Loopback Address"),
        ("fe80::1", "Link-Local Unicast"),
        ("2001:db8::1", "Documentation"),
        ("::ffff:10.0.0.1", "Private-Use"),
    ] {
        let answer = database.lookup_text(address.as_bytes()).unwrap();
        assert_eq!((answer.status(), answer.block()), (Status::Reserved, Some(block)), "{address}");
        assert!(answer.network().is_none());
    }
}

#[test]
fn the_most_specific_range_wins_in_whatever_order_the_rows_come() {
    let files = Files::new();
    // As in the real table, where 215.0.0.0-215.0.255.255 lies inside 215.0.0.0-215.1.3.255.
    let outer = "215.0.0.0,215.1.3.255,64500,Outer Telecom\n";
    let inner = "215.0.0.0,215.0.255.255,64501,Inner Telecom\n";
    for table in [format!("{outer}{inner}"), format!("{inner}{outer}")] {
        let database = files.database(table);
        assert_eq!(asn(&database, "215.0.0.0"), Some(64501));
        assert_eq!(asn(&database, "215.0.255.255"), Some(64501));
        assert_eq!(asn(&database, "215.1.0.0"), Some(64500));
        assert_eq!(asn(&database, "215.1.3.255"), Some(64500));
        assert_eq!(asn(&database, "215.1.4.0"), None);
    }
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let files = Files::new();
    let tables = vec![files.write("t", GOOD.repeat(3) + "1.0.0.0,1.0.0.255,64501,Example Foods GmbH\n")];
    let bytes = || {
        let (writer, _) = build(&BuildConfig::from_asn_tables(tables.clone()), &mut ()).unwrap();
        let mut file = Vec::new();
        writer.finish(&mut file).unwrap();
        file
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_row_that_is_wrong_is_refused_with_its_line_and_the_rest_is_used() {
    let files = Files::new();
    for (row, reason) in [
        ("1.0.0.x,1.0.0.255,64500,Example", "the start is no address"),
        ("1.0.0.0,1.0.0.256,64500,Example", "the end is no address"),
        ("01.0.0.0,1.0.0.255,64500,Example", "the start is no address"),
        (",1.0.0.255,64500,Example", "the start is no address"),
        ("1.0.0.255,1.0.0.0,64500,Example", "the start lies after the end"),
        ("2a00::ffff,2a00::,64500,Example", "the start lies after the end"),
        ("1.0.0.0,2a00::,64500,Example", "start and end are of different kinds"),
        ("1.0.0.0,16777471,64500,Example", "start and end are of different kinds"),
        ("1.0.0.0,1.0.0.255,64500", "its number of columns is wrong"),
        ("1.0.0.0,1.0.0.255,64500,Example,more", "its number of columns is wrong"),
        ("1.0.0.0,1.0.0.255,AX64500,Example", "an AS number is no number of 32 bits"),
        ("1.0.0.0,1.0.0.255,4294967296,Example", "an AS number is no number of 32 bits"),
        ("1.0.0.0,1.0.0.255,64500,Exa\u{7}mple", "a text has control characters"),
        ("1.0.0.0,1.0.0.255,64500,Exa\u{202e}mple", "a text has invisible or direction-changing characters"),
        ("340282366920938463463374607431768211456,1,64500,Example", "the start is no address"),
        ("1.0.0.0,1.0.0.255,64500,\"Example", "a quote does not close"),
    ] {
        assert_eq!(files.refused(format!("{GOOD}{row}\n{GOOD}")), (reason, 2), "{row}");
    }
    let latin_1 = [GOOD.as_bytes(), b"1.0.0.0,1.0.0.255,64500,M\xfcller GmbH\n", GOOD.as_bytes()].concat();
    let not_utf_8 = "a text is not UTF-8 (iconv -f latin1 -t utf8 converts)";
    assert_eq!(files.refused(latin_1), (not_utf_8, 2));
    let row = |country: &str| format!("1.0.0.0\t1.0.0.255\t64500\t{country}\tExample\n");
    let tsv = [row("NL"), row("Netherlands"), row("NL")].concat();
    assert_eq!(files.refused(tsv), ("a country is not two letters", 2));
}

#[test]
fn a_line_of_ten_megabytes_costs_itself() {
    let files = Files::new();
    let long = format!("{GOOD}1.0.0.0,1.0.0.255,64500,{}\n{GOOD}", "x".repeat(10 << 20));
    assert_eq!(files.refused(long), ("a line is longer than 64 KiB", 2));
}

#[test]
fn a_table_that_refuses_too_many_rows_is_refused_as_a_whole() {
    let files = Files::new();
    let bad = "1.0.0.x,1.0.0.255,64500,Example\n";
    assert_eq!(
        files.refusal(format!("{bad}{bad}")),
        ": 2 of 2 rows refused, most because the start is no address (first on line 1); is this the right kind of file?"
    );
    assert!(
        files
            .refusal("x".repeat(10 << 20))
            .starts_with(": 1 of 1 rows refused, most because a line is longer")
    );
    // A hundred may be wrong in any table, a tenth in a large one.
    for (good, bad_rows, taken) in [(1, 100, true), (1, 101, false), (9000, 1000, true), (9000, 1001, false)]
    {
        let table = files.write("many", format!("{}{}", GOOD.repeat(good), bad.repeat(bad_rows)));
        let built = build(&BuildConfig::from_asn_tables(vec![table]), &mut ());
        assert_eq!(built.is_ok(), taken, "{good} and {bad_rows}");
        if let Ok((_, report)) = built {
            let counts = &report.sources[0].counts;
            assert_eq!((counts.used, counts.refused_rows()), (good as u64, bad_rows as u64));
        }
    }
}

#[test]
fn a_file_without_rows_or_without_existence_is_refused() {
    let files = Files::new();
    assert_eq!(files.refusal(""), ": has no rows");
    assert_eq!(
        files.refusal("1.0.0.0\t1.0.0.255\t0\tNone\tNot routed\n"),
        ": none of its 1 rows says anything; is this the right kind of file?"
    );
    let missing = files.0.path().join("missing.csv");
    let error = build(&BuildConfig::from_asn_tables(vec![missing.clone()]), &mut ()).err().unwrap();
    assert_eq!(error.to_string(), format!("{}: No such file or directory (os error 2)", missing.display()));
}

#[test]
fn a_configuration_that_is_wrong_is_refused_with_its_line() {
    let files = Files::new();
    for (text, what) in [
        (
            "[[source]]\nkind = \"ip-asn\"\nname = \"a\"\nfiles = []\ncolour = 1\n",
            "line 5: unknown field `colour`",
        ),
        ("[[source]]\nkind = \"phone-book\"\n", "line 2: unknown variant `phone-book`"),
        ("[[source]\n", "line 1: "),
        ("", "names no [[source]]"),
    ] {
        let path = files.write("nameplate.toml", text);
        let error = BuildConfig::read(&path).unwrap_err().to_string();
        assert!(error.contains(what) && !error.contains('\n'), "{error}");
    }
    let table = files.write("t.csv", GOOD);
    let dated = format!(
        "[[source]]\nkind = \"ip-asn\"\nname = \"a\"\nfiles = [{:?}]\ndate = \"17.6.2026\"\n",
        table.display().to_string()
    );
    let config = BuildConfig::read(&files.write("nameplate.toml", dated)).unwrap();
    let error = build(&config, &mut ()).err().unwrap().to_string();
    assert_eq!(error, "source \"a\": its date is not of the form 2026-06-17");
}

#[test]
fn sources_keep_their_licence_attribution_and_date_in_the_file() {
    let files = Files::new();
    files.write("t.csv", GOOD);
    let path = files.write(
        "nameplate.toml",
        "[[source]]\nkind = \"ip-asn\"\nname = \"table\"\nfiles = [\"t.csv\"]\nlicence = \"CC-BY-4.0\"\n\
         attribution = \"Example Registry\"\ndate = \"2026-06-17\"\n",
    );
    let (writer, _) = build(&BuildConfig::read(&path).unwrap(), &mut ()).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    let database = Database::from_bytes(&file).unwrap();
    let metadata = database.metadata();
    let source = metadata.sources().next().unwrap();
    assert_eq!(
        (source.name(), source.licence(), source.attribution(), source.date(), source.rows()),
        ("table", Some("CC-BY-4.0"), Some("Example Registry"), Some("2026-06-17"), 1)
    );
    assert_eq!((metadata.build_number(), metadata.created()), (20_260_617, 1_781_654_400));
    let answer = database.lookup_text(b"192.31.0.1").unwrap();
    assert_eq!(answer.sources().map(|source| source.name()).collect::<Vec<_>>(), ["table"]);
}
