//! Reads a play: strictly, a sentence a line, every error with the number of its line. `cast` reads who takes part, `act`
//! what members do, `check` what must be so.
//!
//! A member's name in the text is its id on its chain in lower case. No two members of a play have one name, so that a
//! sentence need not say the chain.

mod act;
mod cast;
mod check;
mod goods;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use domain::chain::{ChainPath, is_name};
use domain::genesis::NodeRole;
use domain::time::{DAY_MS, Millis};
use tocsin::demo::scenario::{Chain, Member};

use crate::play::{Line, Play, Seat, Sentence};
use crate::words::{Misread, Words};

/// Reads the text of a play.
pub fn play(text: &str) -> anyhow::Result<Play> {
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.lines()) {
        if let Err(why) = reader.line(number, line) {
            bail!("line {number}: {why}");
        }
    }
    reader.end()
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    disease: Option<(String, String)>,
    begins: Option<Millis>,
    chains: Vec<Chain>,
    seats: BTreeMap<String, Seat>,
    automatic: BTreeSet<String>,
    /// Names of events that a line above gave.
    called: BTreeSet<String>,
    lines: Vec<Line>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Misread> {
        let mut words = Words::of(line)?;
        if words.is_empty() {
            return Ok(());
        }
        // What stands indented belongs to the chain above it.
        if line.starts_with(' ') {
            self.of_chain(&mut words)?;
        } else if !self.heading(&mut words)? {
            let sentence = self.sentence(&mut words)?;
            self.lines.push(Line { number, text: line.trim().to_owned(), sentence });
        }
        words.end()
    }

    fn end(self) -> anyhow::Result<Play> {
        let (Some(disease), Some(begins)) = (self.disease, self.begins) else {
            bail!("a play says its disease and when it begins");
        };
        let Reader { chains, seats, automatic, lines, .. } = self;
        if !lines.iter().any(|line| matches!(line.sentence, Sentence::Then(_))) {
            bail!("a play in which nothing must be so shows nothing");
        }
        Ok(Play { disease, begins, chains, seats, automatic, lines })
    }

    fn sentence(&mut self, words: &mut Words) -> Result<Sentence, Misread> {
        if words.take("after") {
            return Ok(Sentence::After(duration(words)?));
        }
        if words.take("then") {
            return Ok(Sentence::Then(self.check(words)?));
        }
        if let Some(chain) = self.chain_in(words) {
            words.must("falls silent")?;
            return Ok(Sentence::Falls(chain));
        }
        let who = self.member(words)?;
        if words.take("starts its services") {
            return Ok(Sentence::Starts(who));
        }
        self.act(words, who).map(Sentence::Act)
    }

    /// A member that was introduced above.
    fn member(&self, words: &mut Words) -> Result<String, Misread> {
        let known = |word: &str| self.seats.contains_key(word).then(|| word.to_owned());
        words.parsed("the name of a member", known)
    }

    fn chain(&self, words: &mut Words) -> Result<String, Misread> {
        self.chain_in(words).ok_or_else(|| words.expected("the path of a chain"))
    }

    /// The chain whose path comes next, if one does.
    fn chain_in(&self, words: &mut Words) -> Option<String> {
        let known = |word: &str| self.chains.iter().find(|chain| chain.path == word).map(|chain| chain.path.clone());
        words.parsed("the path of a chain", known).ok()
    }

    /// An event that a line above named.
    fn event(&self, words: &mut Words) -> Result<String, Misread> {
        let name = words.quoted("the name of an event")?;
        if self.called.contains(&name) { Ok(name) } else { Err(format!("nothing above is called \"{name}\"")) }
    }
}

/// `4 hours`, in milliseconds.
fn duration(words: &mut Words) -> Result<u64, Misread> {
    let count = words.number("a number")?;
    let unit = words.parsed("`minutes`, `hours` or `days`", |word| match word.strip_suffix('s').unwrap_or(word) {
        "minute" => Some(60_000),
        "hour" => Some(3_600_000),
        "day" => Some(DAY_MS),
        _ => None,
    })?;
    Ok(count * unit)
}

/// A name of the vocabulary: a role, a facility, a reason code.
fn name(words: &mut Words, what: &str) -> Result<String, Misread> {
    words.parsed(what, |word| is_name(word).then(|| word.to_owned()))
}

fn path(words: &mut Words) -> Result<String, Misread> {
    words.parsed("the path of a chain", |word| ChainPath::parse(word).map(|path| path.to_string()))
}

/// `master, epidemiologist, sector health, cosigns`: the node role first, then any of the rest.
fn membership(words: &mut Words, id: &str, title: String) -> Result<Member, Misread> {
    let node_role = words.parsed("common, management, master or supervisor", NodeRole::parse)?;
    let mut member = Member {
        id: id.to_lowercase(),
        name: title,
        node_role: node_role.name().to_owned(),
        roles: Vec::new(),
        sector: String::new(),
        regions: Vec::new(),
        cosigner: false,
    };
    loop {
        let before = words.clone();
        if !words.take(",") {
            break;
        }
        if words.take("called") {
            *words = before;
            break;
        }
        if words.take("sector") {
            member.sector = name(words, "a sector")?;
        } else if words.take("cosigns") {
            member.cosigner = true;
        } else {
            member.roles.push(name(words, "a professional role")?);
        }
    }
    if member.sector.is_empty() {
        return Err(format!("{id} has no sector"));
    }
    Ok(member)
}
