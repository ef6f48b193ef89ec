#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test panics")]

use super::*;

fn table() -> Table {
    Table::shipped().unwrap()
}

#[test]
fn at_least_forty_diseases_and_all_of_china_s_classes_are_there() {
    let table = table();
    assert_eq!(table.rows().len(), 58);
    let of = |class: Class| table.rows().iter().filter(|row| row.class == class).count();
    assert_eq!([of(Class::A), of(Class::BAsA), of(Class::B), of(Class::C), of(Class::Unlisted)], [3, 4, 27, 12, 12]);
}

#[test]
fn covid_is_as_the_definitions_say() {
    let table = table();
    let covid = table.of("U07.1").unwrap();
    let incubation = covid.incubation.as_ref().unwrap();
    let serial = covid.serial.as_ref().unwrap();
    assert_eq!((covid.name.as_str(), incubation.value.max), ("COVID-19", 14));
    assert_eq!(serial.value, SerialInterval { mean: 4.7, sd: Some(3.3) });
    assert_eq!(covid.alarm.as_ref().unwrap().value, Alarm::Fixed);
    assert_eq!(serial.sources[1].key, "assumed");
}

#[test]
fn ebola_ends_after_42_days() {
    let table = table();
    assert_eq!(2 * table.of("A98.4").unwrap().incubation.as_ref().unwrap().value.max, 42);
}

#[test]
fn a_finer_code_finds_its_disease_and_a_stranger_finds_none() {
    let table = table();
    let name = |code: &str| table.of(code).map(|row| row.name.clone());
    assert_eq!(name("B05.9").as_deref(), Some("Measles"));
    assert_eq!(name("A20.2").as_deref(), Some("Pneumonic plague"));
    assert_eq!(name("B17.10").as_deref(), Some("Hepatitis C"));
    assert_eq!(name("B0"), None);
    assert_eq!(name("B051"), None);
    assert_eq!(name("Z99"), None);
}

#[test]
fn every_figure_names_a_source_that_is_listed() {
    let known: Vec<_> = SOURCES.lines().filter_map(|line| line.split_once(',')).map(|(key, _)| key).collect();
    let mut used = Vec::new();
    for row in table().rows() {
        let all = [
            row.incubation.as_ref().map(|cited| &cited.sources),
            row.serial.as_ref().map(|cited| &cited.sources),
            row.alarm.as_ref().map(|cited| &cited.sources),
            row.institution.as_ref().map(|cited| &cited.sources),
        ];
        for source in all.into_iter().flatten().flatten() {
            assert!(known.contains(&source.key.as_str()), "{}: {} is not listed", row.code, source.key);
            used.push(source.key.clone());
        }
    }
    for key in known.iter().filter(|key| !key.starts_with('#')) {
        assert!(used.iter().any(|other| other == key), "{key} carries no figure");
    }
}

#[test]
fn what_was_not_read_says_so() {
    let table = table();
    let sars = table.of("U04.9").unwrap().serial.clone().unwrap();
    assert_eq!(sars.sources[0].standing, Standing::ToBeChecked);
    let plague = table.of("A20.0").unwrap().incubation.clone().unwrap();
    assert_eq!(plague.sources[0].standing, Standing::Middle);
    let typhoid = table.of("A01").unwrap().institution.clone().unwrap();
    assert_eq!((typhoid.value, typhoid.sources[0].standing), (5, Standing::Read));
}

#[test]
fn a_table_is_named_by_its_bytes() {
    assert_ne!(table().hash(), Table::parse(&SHIPPED.replace("COVID-19,", "Covid,")).unwrap().hash());
    assert_eq!(table().hash(), table().hash());
}

#[test]
fn an_error_says_where() {
    let wrong = |from: &str, to: &str| Table::parse(&SHIPPED.replace(from, to)).unwrap_err().to_string();
    assert_eq!(wrong("Cholera,A,", "Cholera,D,"), "line 11, field 3: `D` is no word of this field");
    assert_eq!(wrong("1.4,5,azman2013", "9,5,azman2013").split(": ").next(), Some("line 11, field 7"));
    assert_eq!(wrong("1.4,5,azman2013", "1.4,5,-"), "line 11, field 8: the figure has no source");
    assert_eq!(wrong("1.4,5,azman2013", "-,-,azman2013"), "line 11, field 8: a source, but no figure");
    assert_eq!(wrong("1.4,5,azman2013", "NaN,5,azman2013"), "line 11, field 6: `NaN` is no number of days");
    assert_eq!(wrong("A00,", "A20.0,"), "line 11, field 1: A20.0 stands twice");
    assert_eq!(wrong("A00,Cholera", "A00"), "line 11, field 0: 14 fields, 15 are due");
}
