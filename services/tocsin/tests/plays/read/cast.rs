//! Who takes part: the disease, the beginning, the chains with their members and policies.

use domain::governance::CLASSES;
use domain::record::Kind;
use domain::time::Millis;
use tocsin::demo::scenario::{Chain, Policy};

use super::{Reader, duration, membership, path};
use crate::play::Seat;
use crate::words::{Misread, Words};

/// The version of the rules of every play's chains.
const RULES_VERSION: u32 = 2;

impl Reader {
    /// A line about the whole play or the first line of a chain; false when it is none.
    pub(super) fn heading(&mut self, words: &mut Words) -> Result<bool, Misread> {
        if words.take("the disease is") {
            let title = words.quoted("the name of the disease")?;
            words.must(", code")?;
            self.disease = Some((words.word("an ICD-10 code")?, title));
        } else if words.take("the play begins") {
            let (day, time) = (words.word("a day")?, words.word("a time such as 08:00")?);
            let at = Millis::parse(&format!("{day}T{time}:00Z"));
            self.begins = Some(at.ok_or_else(|| "a play begins on a day and at a time that exist".to_owned())?);
        } else if words.take("chain") {
            let begins = self.begins.ok_or_else(|| "the play begins before its chains do".to_owned())?;
            let chain = Chain {
                path: path(words)?,
                name: words.quoted("the name of the chain")?,
                regions: vec![{
                    words.must(", region")?;
                    words.word("the code of a region")?
                }],
                genesis_time: begins.to_string(),
                rules_version: RULES_VERSION,
                policy: Default::default(),
                members: Vec::new(),
                duties: Vec::new(),
            };
            if self.chains.iter().any(|known| known.path == chain.path) {
                return Err(format!("the chain {} stands above already", chain.path));
            }
            self.chains.push(chain);
        } else {
            return Ok(false);
        }
        if self.lines.is_empty() { Ok(true) } else { Err("who takes part is said before anything happens".to_owned()) }
    }

    /// An indented line: a policy or a member of the chain above, or who of its members endorses automatically.
    pub(super) fn of_chain(&mut self, words: &mut Words) -> Result<(), Misread> {
        if words.take("policy") {
            let class = words.parsed("a class of policy", policy_class)?;
            words.must(":")?;
            let policy = policy(words)?;
            let chain = self.chains.last_mut().ok_or("no chain stands above")?;
            return match chain.policy.insert(class.clone(), policy) {
                None => Ok(()),
                Some(_) => Err(format!("the policy of {class} stands above already")),
            };
        }
        if words.take("automatic endorsement by") {
            let who = self.member(words)?;
            self.automatic.insert(who);
            return Ok(());
        }
        let text_name = words.word("`policy`, `automatic endorsement by` or the name of a member")?;
        let title = words.quoted("what the member is")?;
        words.must(":")?;
        let member = membership(words, &text_name, title)?;
        let chain = self.chains.last_mut().ok_or("no chain stands above")?;
        chain.members.push(member.clone());
        let seat = Seat { chain: chain.path.clone(), member };
        self.seat(text_name, seat)
    }

    /// Gives a member its place; no other may have its name.
    pub(super) fn seat(&mut self, text_name: String, seat: Seat) -> Result<(), Misread> {
        match self.seats.insert(text_name.clone(), seat) {
            None => Ok(()),
            Some(_) => Err(format!("{text_name} takes part already")),
        }
    }
}

/// `"n_of(...)"`, and if wanted `, decided within 24 hours`.
pub(super) fn policy(words: &mut Words) -> Result<Policy, Misread> {
    let rule = words.quoted("a policy")?;
    let deadline_ms = if words.take(", decided within") { duration(words)? } else { 0 };
    Ok(Policy { rule, deadline_ms })
}

/// A class of policy: a kind of report or a class of proposal.
pub(super) fn policy_class(word: &str) -> Option<String> {
    let known = CLASSES.contains(&word) || Kind::parse(word).is_some_and(Kind::judged);
    known.then(|| word.to_owned())
}
