//! Values of a query in the words of the domain: days, instants, names, ids and words of a list.

use std::fmt::Display;

use domain::chain::is_name;
use domain::event::EventId;
use domain::field::{is_disease_code, is_region};
use domain::refusal::Code;
use domain::time::{Date, Millis};

use crate::rest::Problem;

/// A parameter with a value that it does not take.
pub fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(Code::BadQuery, detail)
}

/// A value, if it is asked for, or the sentence `<name> is <what>`.
fn read<T>(
    asked: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    name: &str,
    what: impl Display,
) -> Result<Option<T>, Problem> {
    asked.map(|text| parse(text).ok_or_else(|| bad(format!("{name} is {what}")))).transpose()
}

/// A day.
pub fn day(name: &str, asked: Option<&str>) -> Result<Option<Date>, Problem> {
    read(asked, Date::parse, name, "a day, YYYY-MM-DD")
}

/// An instant of chain time.
pub fn instant(name: &str, asked: Option<&str>) -> Result<Option<Millis>, Problem> {
    read(asked, Millis::parse, name, "a UTC time, YYYY-MM-DDThh:mm:ss[.mmm]Z")
}

/// An event id.
pub fn id(name: &str, asked: Option<&str>) -> Result<Option<EventId>, Problem> {
    read(asked, EventId::parse, name, "an event id, 64 lower-case hex digits")
}

/// A name, as rows and keys are made of: of a facility, an item, a lot.
pub fn name(name: &str, asked: Option<String>) -> Result<Option<String>, Problem> {
    let is = |text: &str| is_name(text).then_some(());
    read(asked.as_deref(), is, name, "1 to 64 of a-z, 0-9 and -")?;
    Ok(asked)
}

/// A disease by its code.
pub fn disease(asked: &str) -> Result<(), Problem> {
    if is_disease_code(asked) { Ok(()) } else { Err(bad("disease is an ICD-10 code, e.g. U07.1")) }
}

/// A region by its code.
pub fn region(asked: &str) -> Result<(), Problem> {
    if is_region(asked) { Ok(()) } else { Err(bad("region is a code of GB/T 2260 or ISO 3166-2, e.g. 320100")) }
}

/// One of what is taken, by the word for it.
pub fn one_of<'a, T: Copy>(name: &str, asked: &str, taken: &[T], word: impl Fn(T) -> &'a str) -> Result<T, Problem> {
    taken.iter().copied().find(|one| word(*one) == asked).ok_or_else(|| {
        let words = taken.iter().map(|one| word(*one)).collect::<Vec<_>>();
        bad(format!("{name} is one of {}", words.join(", ")))
    })
}

/// Whether what is asked for, if anything, is what there is.
pub fn fits<T: PartialEq + ?Sized>(asked: Option<&T>, has: &T) -> bool {
    asked.is_none_or(|asked| asked == has)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T: std::fmt::Debug>(answer: Result<T, Problem>) -> String {
        let problem = answer.unwrap_err();
        assert_eq!(problem.code(), "BAD_QUERY");
        problem.json()["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn what_is_not_asked_for_is_no_mistake() {
        assert_eq!(day("from", None).unwrap(), None);
        assert_eq!(instant("as_of", None).unwrap(), None);
        assert_eq!(id("request", None).unwrap(), None);
        assert_eq!(name("item", None).unwrap(), None);
        assert!(fits(None, "mask") && fits(Some("mask"), "mask") && !fits(Some("gown"), "mask"));
    }

    #[test]
    fn a_value_is_read_or_told_what_it_is() {
        assert_eq!(day("from", Some("1970-01-03")).unwrap(), Some(Date(2)));
        assert_eq!(instant("as_of", Some("1970-01-01T00:00:01Z")).unwrap(), Some(Millis(1000)));
        assert_eq!(name("item", Some("mask".to_owned())).unwrap().as_deref(), Some("mask"));
        assert_eq!(told(day("from", Some("2021-02-30"))), "from is a day, YYYY-MM-DD");
        assert_eq!(told(instant("as_of", Some("today"))), "as_of is a UTC time, YYYY-MM-DDThh:mm:ss[.mmm]Z");
        assert_eq!(told(id("request", Some("7"))), "request is an event id, 64 lower-case hex digits");
        assert_eq!(told(name("item", Some("a/b".to_owned()))), "item is 1 to 64 of a-z, 0-9 and -");
    }

    #[test]
    fn a_disease_and_a_region_are_codes() {
        disease("U07.1").unwrap();
        region("320100").unwrap();
        assert!(told(disease("flu")).starts_with("disease is an ICD-10 code"));
        assert!(told(region("a/b")).starts_with("region is a code"));
    }

    #[test]
    fn a_word_is_one_of_those_taken() {
        let words = ["day", "week"];
        assert_eq!(one_of("cadence", "week", &words, |word| word).unwrap(), "week");
        assert_eq!(told(one_of("cadence", "hour", &words, |word| word)), "cadence is one of day, week");
    }
}
