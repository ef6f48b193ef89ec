//! What an audit found: figures, and problems with their place and whoever answers for them.

use domain::chain::{ChainPath, MemberId};
use domain::materials::{DiscrepancyRecord, Handed};
use serde::Serialize;

/// Problems told one by one. A copy with more is worthless, and what they have in common shows in the first ones.
pub const MAX_PROBLEMS: usize = 1000;

/// Something that must not be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: the chain, and the file, block or leaf in it.
    #[serde(rename = "where")]
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// Whose signature is on it, or whose doing it is for sure; empty when the copy alone may have been changed.
    pub who: String,
}

/// What was looked at of one chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// Its path.
    pub chain: String,
    /// Its event leaves that were held against their block.
    pub events: u64,
    /// Its blocks that are sound in themselves.
    pub blocks: u64,
    /// Leaves of its log.
    pub size: u64,
    /// The root over them; empty when leaves are lost.
    pub root: String,
    /// Its children, when it was looked at alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// The findings about one or several chains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Event leaves held against their block.
    pub events: u64,
    /// Blocks that are sound in themselves.
    pub blocks: u64,
    /// The chains, each by itself.
    pub chains: Vec<Looked>,
    /// Whether there is no problem.
    pub ok: bool,
    /// Problems in the order of the log, at most [`MAX_PROBLEMS`] and one that says how many more there are.
    pub problems: Vec<Problem>,
    /// How fast it went.
    pub events_per_s: u64,
    /// Where a giver and a taker say different things of one hand-over and have not settled it. It is no problem of the
    /// copy: both signed what they said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub discrepancies: Vec<Discrepancy>,
    /// Texts of `proof::evidence` about cosigners who vouched for two logs; only two copies against each other give any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// A hand-over of which giver and taker say different things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// The chain.
    pub chain: String,
    /// The giver's event.
    pub hand_over: String,
    /// The taker's event.
    pub take_over: String,
    /// The giver.
    pub giver: String,
    /// The taker.
    pub taker: String,
    /// What the giver says.
    pub given: String,
    /// What the taker says.
    pub taken: String,
    /// Units they do not agree on.
    pub disputed: u64,
}

impl Discrepancy {
    pub(super) fn of(chain: &ChainPath, record: &DiscrepancyRecord) -> Self {
        let says = |handed: &Handed| {
            let Handed { item, lot, quantity, condition } = handed;
            format!("{quantity} {item} of lot {lot}, {condition}")
        };
        Discrepancy {
            chain: chain.to_string(),
            hand_over: record.hand_over.to_string(),
            take_over: record.take_over.to_string(),
            giver: record.giver.clone(),
            taker: record.taker.clone(),
            given: format!("{} gave {}", record.from, says(&record.given)),
            taken: format!("{} took {}", record.to, says(&record.taken)),
            disputed: record.disputed,
        }
    }
}

/// Collects problems of one chain.
#[derive(Debug)]
pub(super) struct Book {
    chain: String,
    problems: Vec<Problem>,
    more: u64,
    /// Problems for which those answer who vouched for the log, should it be theirs; of some only those who signed
    /// something else as well.
    vouched: Vec<(usize, Option<Vec<MemberId>>)>,
}

impl Book {
    pub(super) fn new(chain: String) -> Self {
        Book { chain, problems: Vec::new(), more: 0, vouched: Vec::new() }
    }

    /// Takes a problem; `who` is empty when nobody can be named.
    pub(super) fn problem(&mut self, place: impl AsRef<str>, what: impl Into<String>, who: impl Into<String>) {
        if self.problems.len() == MAX_PROBLEMS {
            self.more += 1;
            return;
        }
        let place = format!("{}: {}", self.chain, place.as_ref());
        self.problems.push(Problem { place, what: what.into(), who: who.into() });
    }

    /// How many problems there are; the next one has this number.
    pub(super) fn told(&self) -> usize {
        self.problems.len()
    }

    /// Says more of a problem.
    pub(super) fn add(&mut self, number: usize, more: &str) {
        if let Some(problem) = self.problems.get_mut(number) {
            problem.what.push_str(more);
        }
    }

    /// Takes a problem of the log itself: its cosigners answer for it if the log turns out to be what they signed; of
    /// these only `signers`, if they are given.
    pub(super) fn against_log(
        &mut self,
        place: impl AsRef<str>,
        what: impl Into<String>,
        signers: Option<Vec<MemberId>>,
    ) {
        if self.problems.len() < MAX_PROBLEMS {
            self.vouched.push((self.problems.len(), signers));
        }
        self.problem(place, what, "");
    }

    /// Closes the book; `cosigners` vouch for exactly the log that was looked at.
    pub(super) fn close(mut self, cosigners: Option<&[MemberId]>) -> Vec<Problem> {
        for (at, signers) in self.vouched {
            if let (Some(problem), Some(cosigners)) = (self.problems.get_mut(at), cosigners) {
                let both = |one: &&MemberId| signers.as_ref().is_none_or(|signers| signers.contains(one));
                problem.who = cosigners.iter().filter(both).cloned().collect::<Vec<_>>().join(", ");
            }
        }
        if self.more > 0 {
            let what = format!("{} more problems are not told", self.more);
            self.problems.push(Problem { place: self.chain, what, who: String::new() });
        }
        self.problems
    }
}
