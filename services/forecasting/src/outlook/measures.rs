//! What a warning's level calls for: measures by level, from a text that is shipped and hashed.
//!
//! The text is `measures 1`, then `levels | name | headline | instruction` a line, with comments between. A text is known by
//! the hash of its canonical form: one line a level and measure, both in order.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use domain::chain::is_name;
use domain::event::AlertLevel;
use proof::digest::Digest;

/// The measures that come with this service.
const SHIPPED: &str = include_str!("../../data/measures_v1.txt");
/// The first line: what the text is and the format's version.
const HEAD: &str = "measures 1";
/// Bytes of a headline, to which an order adds disease and region: it is read on a telephone.
const MAX_HEADLINE: usize = 120;
/// Bytes of an instruction: what an order has room for, several times.
const MAX_INSTRUCTION: usize = 500;

/// The words of a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) headline: String,
    pub(crate) instruction: String,
}

/// Measures by level and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Measures(BTreeMap<(AlertLevel, String), Words>);

impl Measures {
    /// What is shipped.
    pub(crate) fn shipped() -> anyhow::Result<Self> {
        Self::parse(SHIPPED)
    }

    /// Parses a text; the error names the first line that is wrong.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut lines = (1..).zip(text.lines());
        ensure!(lines.next().is_some_and(|(_, head)| head == HEAD), "line 1: the first line must be `{HEAD}`");
        let mut measures = Measures::default();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            measures.line(line).with_context(|| format!("line {number} of the measures"))?;
        }
        for level in AlertLevel::ALL {
            ensure!(measures.of(level).next().is_some(), "the level {} calls for nothing", level.name());
        }
        Ok(measures)
    }

    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        let [levels, name, headline, instruction] = line.split(" | ").collect::<Vec<_>>()[..] else {
            anyhow::bail!("expected `levels | name | headline | instruction`");
        };
        ensure!(is_name(name), "`{name}` is no name");
        let fits = |text: &str, most| !text.trim().is_empty() && text.len() <= most;
        ensure!(fits(headline, MAX_HEADLINE), "the headline is empty or longer than {MAX_HEADLINE} bytes");
        ensure!(fits(instruction, MAX_INSTRUCTION), "the instruction is empty or longer than {MAX_INSTRUCTION} bytes");
        for level in levels.split(' ') {
            let level = AlertLevel::parse(level).with_context(|| format!("`{level}` is no level"))?;
            let words = Words { headline: headline.to_owned(), instruction: instruction.to_owned() };
            let before = self.0.insert((level, name.to_owned()), words);
            ensure!(before.is_none(), "`{name}` stands twice for {}", level.name());
        }
        Ok(())
    }

    /// What a level calls for, by name.
    pub(crate) fn of(&self, level: AlertLevel) -> impl Iterator<Item = (&str, &Words)> {
        let of = self.0.iter().filter(move |((of, _), _)| *of == level);
        of.map(|((_, name), words)| (name.as_str(), words))
    }

    /// What a level calls for that does not run yet, or ran at a lower level under other words.
    pub(crate) fn to_start(&self, level: AlertLevel, running: &BTreeMap<String, AlertLevel>) -> Vec<(String, Words)> {
        let same = |name: &str, words: &Words| {
            let since = running.get(name);
            since.is_some_and(|since| *since >= level || self.0.get(&(*since, name.to_owned())) == Some(words))
        };
        let due = self.of(level).filter(|(name, words)| !same(name, words));
        due.map(|(name, words)| (name.to_owned(), words.clone())).collect()
    }

    /// SHA-256 of the canonical text.
    pub(crate) fn hash(&self) -> Digest {
        let lines = self.0.iter().map(|((level, name), words)| {
            format!("{} | {name} | {} | {}\n", level.name(), words.headline, words.instruction)
        });
        Digest::of(std::iter::once(format!("{HEAD}\n")).chain(lines).collect::<String>().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(level: AlertLevel) -> Vec<String> {
        Measures::shipped().unwrap().of(level).map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn each_level_calls_for_what_the_one_below_does_and_more() {
        assert_eq!(names(AlertLevel::Blue), ["notify"]);
        assert_eq!(names(AlertLevel::Yellow), ["notify", "situation-room"]);
        let orange = ["capacity-claims", "notify", "reserve-stock", "situation-room"];
        assert_eq!(
            (names(AlertLevel::Orange), names(AlertLevel::Red)),
            (orange.map(String::from).to_vec(), orange.map(String::from).to_vec())
        );
    }

    #[test]
    fn a_running_measure_starts_again_only_where_a_higher_level_has_other_words() {
        let measures = Measures::shipped().unwrap();
        let mut running = BTreeMap::new();
        let mut started = |level| {
            let due = measures.to_start(level, &running);
            running.extend(due.iter().map(|(name, _)| (name.clone(), level)));
            due.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(started(AlertLevel::Yellow), ["notify", "situation-room"]);
        assert_eq!(started(AlertLevel::Orange), ["capacity-claims", "reserve-stock"]);
        assert!(started(AlertLevel::Blue).is_empty() && started(AlertLevel::Orange).is_empty());
        assert_eq!(started(AlertLevel::Red).len(), 4);
        assert!(started(AlertLevel::Yellow).is_empty(), "the nation's words hold");
    }

    #[test]
    fn comments_and_order_are_no_other_version_but_a_word_is() {
        let shipped = Measures::shipped().unwrap();
        let mut lines = SHIPPED.lines().skip(1).collect::<Vec<_>>();
        lines.reverse();
        let turned = Measures::parse(&format!("{HEAD}\n# other words\n{}", lines.join("\n"))).unwrap();
        assert_eq!(turned.hash(), shipped.hash());
        let other = Measures::parse(&SHIPPED.replace("each day", "each week")).unwrap();
        assert_ne!(other.hash(), shipped.hash());
    }

    #[test]
    fn what_is_no_table_of_measures_is_refused_with_its_line() {
        let wrong = |text: &str| format!("{:#}", Measures::parse(text).unwrap_err());
        assert!(wrong("measures 2\n").contains("first line"));
        for (line, what) in [
            ("blue | notify | words", "expected"),
            ("green | notify | words | words", "no level"),
            ("blue | Not A Name | words | words", "no name"),
            ("blue | notify |  | words", "headline"),
            ("blue blue | notify | words | words", "twice"),
        ] {
            let error = wrong(&format!("{HEAD}\n{line}\n"));
            assert!(error.starts_with("line 2") && error.contains(what), "{error}");
        }
        assert!(wrong(&format!("{HEAD}\nblue | notify | words | words\n")).contains("yellow calls for nothing"));
    }
}
