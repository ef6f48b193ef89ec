//! The thresholds of the rules and their text: a head, then one `name number` a line, every name once, comments between.
//! A text is named by the hash of its canonical form, so that comments and order do not make it another version.

use domain::event::EventId as Digest;
use thiserror::Error;

/// The thresholds that come with this crate, each with its source.
pub const SHIPPED: &str = include_str!("../../data/level_rules_v1.txt");
/// The first line: what the text is and the format's version.
const HEAD: &str = "level-rules 1";
/// No threshold is larger; sums of products of two stay far inside 64 bits.
const LARGEST: u32 = 1_000_000;

/// The thresholds. A value reaches a threshold when it is at least as large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// P(Rt > 1) in thousandths.
    pub spreading_per_mille: u32,
    /// Provinces that are several.
    pub provinces: u32,
    /// Prefectures that are several.
    pub prefectures: u32,
    /// Counties that are several.
    pub counties: u32,
    /// Days of the window of plague and anthrax.
    pub window_days: u32,
    /// Pneumonic plague or pulmonary anthrax in a county within the window: level II.
    pub inhaled_county: u32,
    /// Bubonic plague in a prefecture within the window: level II.
    pub bubonic_prefecture: u32,
    /// Bubonic plague in a county within the window: level III.
    pub bubonic_county: u32,
    /// Cholera in a prefecture in a week: level II.
    pub cholera_prefecture: u32,
    /// Cholera in a county in a week: level III.
    pub cholera_county: u32,
    /// A week's cases in thousandths of the usual, exceeded in several counties: level II.
    pub excess_several_per_mille: u32,
    /// The same in one county: level III.
    pub excess_one_per_mille: u32,
    /// Cases a county's week must have before it exceeds anything.
    pub excess_cases: u32,
}

/// Where a threshold is kept.
type Place = fn(&mut Rules) -> &mut u32;

/// Every threshold by its name, in canonical order.
const NAMES: [(&str, Place); 13] = [
    ("spreading-per-mille", |rules| &mut rules.spreading_per_mille),
    ("provinces", |rules| &mut rules.provinces),
    ("prefectures", |rules| &mut rules.prefectures),
    ("counties", |rules| &mut rules.counties),
    ("window-days", |rules| &mut rules.window_days),
    ("inhaled-county", |rules| &mut rules.inhaled_county),
    ("bubonic-prefecture", |rules| &mut rules.bubonic_prefecture),
    ("bubonic-county", |rules| &mut rules.bubonic_county),
    ("cholera-prefecture", |rules| &mut rules.cholera_prefecture),
    ("cholera-county", |rules| &mut rules.cholera_county),
    ("excess-several-per-mille", |rules| &mut rules.excess_several_per_mille),
    ("excess-one-per-mille", |rules| &mut rules.excess_one_per_mille),
    ("excess-cases", |rules| &mut rules.excess_cases),
];

/// Why a text is no set of thresholds.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}, column {column}: {what}")]
pub struct RulesError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

impl Rules {
    /// The thresholds that come with this crate.
    ///
    /// # Errors
    /// Never for the text as committed: a test parses it.
    pub fn shipped() -> Result<Self, RulesError> {
        Rules::parse(SHIPPED)
    }

    /// Parses a text.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let mut lines = (1..).zip(text.lines());
        let wrong = |line, column, what: String| Err(RulesError { line, column, what });
        if lines.next().is_none_or(|(_, head)| head != HEAD) {
            return wrong(1, 1, format!("the first line must be `{HEAD}`"));
        }
        let mut rules = Rules::default();
        let mut after = 2;
        for (line, content) in lines {
            after = line + 1;
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let (name, number) = content.split_once(' ').unwrap_or((content, ""));
            let Some((_, place)) = NAMES.iter().find(|(known, _)| *known == name) else {
                return wrong(line, 1, format!("`{name}` is no threshold"));
            };
            let place = place(&mut rules);
            if *place != 0 {
                return wrong(line, 1, format!("`{name}` stands twice"));
            }
            match whole(number) {
                Some(value) => *place = value,
                None => {
                    let what = format!("expected a whole number from 1 to {LARGEST} without leading zeros");
                    return wrong(line, name.chars().count() + 2, what);
                }
            }
        }
        match NAMES.iter().find(|(_, place)| *place(&mut rules) == 0) {
            Some((missing, _)) => wrong(after, 1, format!("`{missing}` is missing")),
            None => Ok(rules),
        }
    }

    /// The canonical text: every threshold in its order, without comments.
    pub fn print(&self) -> String {
        let mut rules = *self;
        let lines = NAMES.iter().map(|(name, place)| format!("{name} {}\n", place(&mut rules)));
        std::iter::once(format!("{HEAD}\n")).chain(lines).collect()
    }

    /// SHA-256 of the canonical text: the name by which a chain activates it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.print().as_bytes())
    }
}

fn whole(text: &str) -> Option<u32> {
    let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && *number <= LARGEST)
}
