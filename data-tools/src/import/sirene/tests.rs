use super::super::testing::{corpus, file_error, reasons, said, said_of, survives};
use super::*;

const HEADER: &str = "siren,statutDiffusionUniteLegale,sigleUniteLegale,prenom1UniteLegale,prenomUsuelUniteLegale,\
                      pseudonymeUniteLegale,etatAdministratifUniteLegale,nomUniteLegale,nomUsageUniteLegale,\
                      denominationUniteLegale,denominationUsuelle1UniteLegale,denominationUsuelle2UniteLegale,\
                      denominationUsuelle3UniteLegale,categorieJuridiqueUniteLegale,activitePrincipaleUniteLegale\n";

const GOOD: &str = "\
123456782,O,EXF,,,,A,,,EXAMPLE FOODS,EXAMPLE BREAD,,EXAMPLE FOODS,5710,10.71A\n\
123456782,O,,MARIE,ANNE MARIE,,A,EXEMPLE,MODELE,,CHEZ EXEMPLE,,,1000,56.10A\n\
123456782,P,,[ND],[ND],,A,[ND],[ND],,[ND],,,1000,[ND]\n\
123456782,O,,,,,C,,,EXAMPLE PAST,,,,5710,10.71A\n\
123456782,O,,,,,A,,,UNIVERSITE EXEMPLE,,,,7383,85.42Z\n";

fn with_header(rows: &str) -> String {
    format!("{HEADER}{rows}")
}

#[test]
fn units_that_have_not_ended_are_passed_on_and_persons_are_marked() {
    let (rows, counts) = said(read, with_header(GOOD));
    assert_eq!(
        rows,
        [
            "register name=EXAMPLE FOODS also=EXF also=EXAMPLE BREAD country=FR form=5710 industry=10.71A \
             register=sirene id=123456782",
            "register name=ANNE MARIE MODELE also=MODELE ANNE MARIE also=ANNE MARIE EXEMPLE also=EXEMPLE ANNE MARIE \
             also=CHEZ EXEMPLE country=FR form=1000 industry=56.10A register=sirene id=123456782 person",
            "register name=UNIVERSITE EXEMPLE country=FR form=7383 industry=85.42Z register=sirene id=123456782 \
             kind=Company(Education)",
        ]
    );
    assert_eq!((counts.rows, counts.used, counts.refused_rows()), (5, 3, 0));
}

#[test]
fn partial_diffusion_and_groups_of_persons_are_natural_persons() {
    for (diffusion, category, person) in [
        ("P", "5710", true),
        ("O", "1000", true),
        ("O", "1300", true),
        ("O", "2110", true),
        ("O", "2385", true),
        ("O", "2120", false),
        ("O", "5710", false),
    ] {
        let row = format!("123456782,{diffusion},,,,,A,,,EXAMPLE,,,,{category},\n");
        let (rows, _) = said(read, with_header(&row));
        assert_eq!(rows[0].ends_with(" person"), person, "{diffusion} {category}");
    }
}

#[test]
fn a_person_with_a_trade_name_is_known_under_both() {
    let row = "123456782,O,,MARIE,,,A,EXEMPLE,,BOULANGERIE EXEMPLE,,,,1000,\n";
    let (rows, _) = said(read, with_header(row));
    let name = "name=BOULANGERIE EXEMPLE also=MARIE EXEMPLE also=EXEMPLE MARIE";
    assert_eq!(rows, [format!("register {name} country=FR form=1000 register=sirene id=123456782 person")]);
}

#[test]
fn a_legal_category_gives_the_kind() {
    for (category, kind) in
        [("7210", "Government"), ("7331", "Education"), ("9220", "Nonprofit"), ("9300", "Nonprofit")]
    {
        let (rows, _) = said(read, with_header(&format!("123456782,O,,,,,A,,,EXAMPLE,,,,{category},\n")));
        assert!(rows[0].ends_with(&format!("kind=Company({kind})")), "{category}");
    }
}

#[test]
fn what_a_row_cannot_be_is_refused() {
    let row = |siren: &str, name: &str| format!("{siren},O,,,,,A,,,{name},,,,5710,\n");
    for (text, reason) in [
        (row("123456783", "EXAMPLE"), "a SIREN's check digit is wrong"),
        (row("132456782", "EXAMPLE"), "a SIREN's check digit is wrong"),
        (row("12345678", "EXAMPLE"), "a SIREN has not nine digits"),
        (row("12345678X", "EXAMPLE"), "a SIREN has not nine digits"),
        (row("", "EXAMPLE"), "a SIREN has not nine digits"),
        (row("123456782", "EX\u{7}"), "a text has control characters"),
        (row("123456782", "EX\u{202e}"), "a text has invisible or direction-changing characters"),
        (row("123456782", &"X".repeat(2000)), "a text is longer than 1024 bytes"),
        (row("123456782", &"X".repeat(70_000)), "a line is longer than 64 KiB"),
        ("123456782,O,,,,,A,,,EXAMPLE,,,,571,\n".into(), "a legal category has not four digits"),
        ("123456782,O\n".into(), "its number of columns is wrong"),
    ] {
        let (rows, counts) = said(read, with_header(&text));
        assert_eq!(rows, [""; 0], "{reason}");
        assert_eq!(reasons(&counts), [(reason, 1, 2)]);
    }
    let latin1 = [HEADER.as_bytes(), b"123456782,O,,,,,A,,,SOCI\xC9T\xC9,,,,5710,\n"].concat();
    let (_, counts) = said(read, latin1);
    assert_eq!(counts.refused_rows(), 1);
}

#[test]
fn a_file_that_is_cut_off_loses_its_last_row_and_duplicates_stay() {
    let text = with_header(&GOOD.repeat(2));
    let (whole, _) = said(read, &text);
    assert_eq!(whole[..3], whole[3..]);
    let (rows, counts) = said(read, &text[..text.len() - 20]);
    assert_eq!(rows, whole[..5]);
    assert_eq!(counts.refused_rows(), 1);
}

#[test]
fn a_header_must_have_what_decides() {
    assert_eq!(file_error(read, "siren,nic\n"), "its header has no column \"statutDiffusionUniteLegale\"");
    let extra = HEADER.replace("siren,", "societeMissionUniteLegale,siren,");
    let (rows, _) = said(read, format!("{extra}x,123456782,O,,,,,A,,,EXAMPLE,,,,5710,\n"));
    assert_eq!(rows, ["register name=EXAMPLE country=FR form=5710 register=sirene id=123456782"]);
}

#[test]
fn damaged_files_do_not_panic() {
    survives(read, with_header(GOOD).as_bytes());
}

#[test]
fn the_corpus_is_read_whole() {
    let Some(folder) = corpus("registers/sirene") else { return };
    let path = folder.join("sireneULTestData.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|own| *own == name).unwrap();
    // Its values are scrambled: check digits are worked out here by the rule's table of doubled digits.
    let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let (mut all, mut wrong, mut used) = (0, 0, 0);
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let digits: Vec<usize> =
            fields[column("siren")].bytes().map(|byte| usize::from(byte - b'0')).collect();
        let sum: usize =
            (0..9).map(|place| if place % 2 == 1 { doubled[digits[place]] } else { digits[place] }).sum();
        let named = !fields[column("denominationUniteLegale")].is_empty()
            || !fields[column("sigleUniteLegale")].is_empty();
        all += 1;
        if !sum.is_multiple_of(10) {
            wrong += 1;
        } else if fields[column("etatAdministratifUniteLegale")] == "A" && named {
            used += 1;
        }
    }
    let (rows, counts) = said_of(read, &path).unwrap();
    assert_eq!(
        (counts.rows, counts.refused_rows(), counts.used, rows.len() as u64),
        (all, wrong, used, used)
    );
    // The columns of real files are found in the fixture's header.
    let real = format!("{}\n123456782{}\n", header.join(","), ",".repeat(header.len() - 1));
    assert_eq!(said(read, real).1.refused_rows(), 0);
}
