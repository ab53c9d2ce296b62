use std::fs;
use std::io::Write as _;

use super::super::testing::{reasons, said_of, survives};
use super::*;

const ENTERPRISES: &str = "\"EnterpriseNumber\",\"Status\",\"JuridicalSituation\",\"TypeOfEnterprise\",\
                           \"JuridicalForm\",\"JuridicalFormCAC\",\"StartDate\"\n\
                           \"0200.000.043\",\"AC\",\"000\",\"2\",\"014\",\"\",\"01-01-2001\"\n\
                           \"0200.000.142\",\"AC\",\"000\",\"1\",\"\",\"\",\"01-01-2001\"\n\
                           \"0200.000.241\",\"AC\",\"000\",\"2\",\"030\",\"\",\"01-01-2001\"\n\
                           \"0200.000.340\",\"AC\",\"000\",\"2\",\"014\",\"\",\"01-01-2001\"\n\
                           \"1000.000.021\",\"ST\",\"000\",\"2\",\"014\",\"\",\"01-01-2001\"\n";
const DENOMINATIONS: &str = "\"EntityNumber\",\"Language\",\"TypeOfDenomination\",\"Denomination\"\n\
                             \"0200.000.043\",\"2\",\"002\",\"EXF\"\n\
                             \"0200.000.043\",\"2\",\"001\",\"Example Foods NV\"\n\
                             \"0200.000.043\",\"1\",\"001\",\"Exemple Aliments SA\"\n\
                             \"0200.000.043\",\"2\",\"003\",\"Example Foods NV\"\n\
                             \"0200.000.142\",\"0\",\"001\",\"Beispiel Maria\"\n\
                             \"0200.000.241\",\"0\",\"001\",\"Beispiel GmbH\"\n\
                             \"1000.000.021\",\"0\",\"001\",\"Past NV\"\n\
                             \"2.000.000.012\",\"0\",\"003\",\"Shop\"\n";
const ADDRESSES: &str = "\"EntityNumber\",\"TypeOfAddress\",\"CountryNL\",\"CountryFR\",\"Zipcode\",\"DateStrikingOff\"\n\
                         \"0200.000.043\",\"REGO\",\"\",\"\",\"1000\",\"\"\n\
                         \"0200.000.043\",\"BAET\",\"Nederland\",\"Pays-Bas\",\"1000\",\"\"\n\
                         \"0200.000.241\",\"REGO\",\"Duitsland (Bondsrep.)\",\"Allemagne\",\"\",\"\"\n";
const ACTIVITIES: &str = "\"EntityNumber\",\"ActivityGroup\",\"NaceVersion\",\"NaceCode\",\"Classification\"\n\
                          \"0200.000.043\",\"001\",\"2003\",\"15811\",\"MAIN\"\n\
                          \"0200.000.043\",\"001\",\"2008\",\"10711\",\"MAIN\"\n\
                          \"0200.000.043\",\"001\",\"2025\",\"47241\",\"SECO\"\n";
const CONTACTS: &str = "\"EntityNumber\",\"EntityContact\",\"ContactType\",\"Value\"\n\
                        \"0200.000.043\",\"ENT\",\"TEL\",\"012345\"\n\
                        \"0200.000.043\",\"ENT\",\"EMAIL\",\"office@example.org\"\n\
                        \"0200.000.043\",\"ENT\",\"WEB\",\"https://www.Example.com/foods\"\n\
                        \"2.000.000.012\",\"EST\",\"WEB\",\"shop.example\"\n";
const FILES: [(&str, &str); 5] = [
    ("enterprise.csv", ENTERPRISES),
    ("denomination.csv", DENOMINATIONS),
    ("address.csv", ADDRESSES),
    ("activity.csv", ACTIVITIES),
    ("contact.csv", CONTACTS),
];

const SAID: [&str; 3] = [
    "register name=Example Foods NV also=EXF also=Exemple Aliments SA country=BE domain=example.com form=014 \
     industry=10711 register=kbo id=0200000043",
    "register name=Beispiel Maria country=BE register=kbo id=0200000142 person",
    "register name=Beispiel GmbH country=DE form=030 register=kbo id=0200000241",
];

/// What is said of a folder of these files, one of them replaced.
fn said_with(name: &str, content: &str) -> Result<(Vec<String>, Counts), String> {
    let folder = tempfile::tempdir().unwrap();
    for (file, own) in FILES {
        fs::write(folder.path().join(file), if file == name { content } else { own }).unwrap();
    }
    said_of(read, folder.path()).map_err(|error| error.to_string())
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_folder_and_a_zip_say_the_same() {
    let (rows, counts) = said_with("", "").unwrap();
    assert_eq!(rows, SAID);
    assert_eq!((counts.rows, counts.used, counts.refused_rows()), (5, 3, 0));
    let (zip_rows, zip_counts) = super::super::testing::said(read, zipped(&FILES));
    assert_eq!((zip_rows, zip_counts), (rows, counts));
}

#[test]
fn only_enterprises_and_denominations_must_be_there() {
    let (rows, _) = super::super::testing::said(read, zipped(&FILES[..2]));
    assert_eq!(
        rows[0],
        "register name=Example Foods NV also=EXF also=Exemple Aliments SA country=BE form=014 register=kbo id=0200000043"
    );
    for (files, message) in [(&FILES[..1], "has no denomination.csv"), (&FILES[1..], "has no enterprise.csv")]
    {
        assert_eq!(super::super::testing::file_error(read, zipped(files)), message);
    }
    assert_eq!(
        super::super::testing::file_error(read, ENTERPRISES),
        "is neither a zip archive nor a folder of KBO's files"
    );
}

#[test]
fn a_file_that_is_not_sorted_is_refused() {
    for (name, content) in FILES {
        let (header, rows) = content.split_once('\n').unwrap();
        let turned: Vec<&str> = rows.lines().rev().collect();
        let turned = format!("{header}\n{}\n", turned.join("\n"));
        let numbers: std::collections::BTreeSet<&str> = rows.lines().map(|row| &row[..14]).collect();
        if numbers.len() > 1 {
            let error = said_with(name, &turned).unwrap_err();
            assert!(error.contains(&format!("{name} is not sorted by entity number")), "{error}");
        }
    }
}

#[test]
fn a_row_that_cannot_be_is_refused_and_the_others_stay() {
    for (number, reason) in [
        ("0200.000.044", "an enterprise number's check digits are wrong"),
        ("0200.000.04", "an enterprise number has not ten digits"),
        ("", "an enterprise number has not ten digits"),
    ] {
        let (rows, counts) =
            said_with("enterprise.csv", &ENTERPRISES.replace("0200.000.043", number)).unwrap();
        assert_eq!(rows, SAID[1..]);
        assert_eq!(reasons(&counts), [(reason, 1, 2)]);
    }
    let text = ENTERPRISES.replace("\"2\",\"030\"", "\"3\",\"030\"");
    let (rows, counts) = said_with("enterprise.csv", &text).unwrap();
    assert_eq!(rows, SAID[..2]);
    assert_eq!(reasons(&counts), [("a type of enterprise is neither 1 nor 2", 1, 4)]);

    let text = DENOMINATIONS.replace("\"0200.000.043\",\"2\",\"002\"", "\"200\",\"2\",\"002\"");
    let (rows, counts) = said_with("denomination.csv", &text).unwrap();
    assert_eq!(rows[0], SAID[0].replace(" also=EXF", ""));
    assert_eq!(reasons(&counts), [("an entity number has not ten digits", 1, 2)]);

    let text = DENOMINATIONS.replace("\"Exemple Aliments SA\"", "\"Exemple\"x,y");
    let (_, counts) = said_with("denomination.csv", &text).unwrap();
    assert_eq!(reasons(&counts), [("its number of columns is wrong", 1, 4)]);
}

#[test]
fn texts_that_are_no_good_are_left_out() {
    let huge = "x".repeat(70_000);
    for name in ["EX\u{7}", "EX\u{202e}F", "", &"x".repeat(2000), &huge] {
        let (rows, _) = said_with("denomination.csv", &DENOMINATIONS.replace("EXF", name)).unwrap();
        assert_eq!(rows[0], SAID[0].replace(" also=EXF", ""));
    }
}

#[test]
fn the_same_row_twice_is_passed_on_twice() {
    let line = ENTERPRISES.lines().nth(1).unwrap();
    let text = ENTERPRISES.replacen(line, &format!("{line}\n{line}"), 1);
    let (rows, counts) = said_with("enterprise.csv", &text).unwrap();
    // Its names went with the first.
    assert_eq!(rows, SAID);
    assert_eq!((counts.rows, counts.used), (6, 3));
}

#[test]
fn a_file_that_is_cut_off_loses_what_is_missing() {
    let cut = ENTERPRISES.find("\"0200.000.241\"").unwrap() + 20;
    let (rows, counts) = said_with("enterprise.csv", &ENTERPRISES[..cut]).unwrap();
    assert_eq!(rows, SAID[..2]);
    assert_eq!(counts.refused_rows(), 1);
    let zip = zipped(&FILES);
    super::super::testing::file_error(read, &zip[..zip.len() / 2]);
}

#[test]
fn a_header_must_have_what_decides() {
    let error = said_with("contact.csv", "\"EntityNumber\",\"Value\"\n").unwrap_err();
    assert!(error.ends_with("contact.csv: its header has no column \"ContactType\""), "{error}");
}

#[test]
fn damaged_archives_do_not_panic() {
    survives(read, &zipped(&FILES));
}

#[test]
fn damaged_files_do_not_panic() {
    // Each file in turn, as a folder has them.
    for damaged in 0..FILES.len() {
        fn read_damaged<const AT: usize>(
            path: &Path,
            progress: &mut dyn Progress,
            each: &mut dyn FnMut(Row<'_>),
        ) -> Result<Counts, ImportError> {
            let folder = tempfile::tempdir().unwrap();
            for (index, (name, content)) in FILES.iter().enumerate() {
                let bytes = if index == AT { fs::read(path).unwrap() } else { content.as_bytes().to_vec() };
                fs::write(folder.path().join(name), bytes).unwrap();
            }
            read(folder.path(), progress, each)
        }
        let read =
            [read_damaged::<0>, read_damaged::<1>, read_damaged::<2>, read_damaged::<3>, read_damaged::<4>]
                [damaged];
        survives(read, FILES[damaged].1.as_bytes());
    }
}
