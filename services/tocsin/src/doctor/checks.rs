//! What is wrong with a chain, from what its ledgers, streams and notes say. Pure: `doctor` gathers, this judges.
//!
//! A check that had nothing to look at says so and what it needs; it is then neither well nor in trouble.

mod members;

pub use members::needed;

use domain::genesis::quorum;
use domain::record::KeyRecord;
use domain::report::duty::DutyRecord;
use domain::time::{DAY_MS, Millis};
use serde::Serialize;

/// Blocks a cosigner may be behind the highest: a second of the fastest chain.
const LAG_BLOCKS: u64 = 64;
/// How far a cosigner's clock may be from the middle of the others: chain time is their lower median, and a window of
/// minutes should not hang on one clock.
const SKEW_S: u64 = 5;
/// A chain whose newest time is a week from this machine's clock does not live by it: a play of the past, a copy, or one
/// that seals nothing any more, since sentinels alone would make it seal a block a day.
const FAR_MS: u64 = 7 * DAY_MS;
/// Below this a ledger may soon not commit any more: a busy city's day.
const LOW_DISK_BYTES: u64 = 4 << 30;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// There was nothing to look at.
    #[serde(rename = "not looked at")]
    NotLooked,
    /// It will hurt.
    Warn,
    /// It hurts.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `cosigners`, `keys`, `sentinels`, `duties`, `clocks`, `streams`, `disk`, `finality`.
    pub check: &'static str,
    pub level: Level,
    /// A member or stream; empty when it is about the chain.
    pub who: String,
    pub what: String,
    /// What to do about it; empty when nothing is to be done.
    pub todo: String,
}

/// What a check came to.
enum Looked {
    /// It had nothing to look at; what it needs.
    AtNothing(&'static str),
    At(Vec<Finding>),
}

/// A cosigner as it was found.
#[derive(Clone, Debug, Default)]
pub struct Cosigner {
    pub member: String,
    /// The last block it executed; `None` when it did not answer.
    pub height: Option<u64>,
    /// Why it stopped cosigning.
    pub halted: Option<String>,
    /// The height of its last cosignature and the time in it.
    pub cosigned: Option<(u64, u64)>,
}

/// A stream as it was found.
#[derive(Clone, Debug)]
pub struct Stream {
    pub name: String,
    /// First and last sequence and how many messages; `None` when it is not there.
    pub state: Option<(u64, u64, u64)>,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub height: u64,
    pub final_height: u64,
    /// This machine's clock.
    pub wall: Millis,
    /// The newest time of the chain.
    pub chain_time: Millis,
    pub cosigners: Vec<Cosigner>,
    pub streams: Vec<Stream>,
    /// Keys that somebody needs, see [`needed`].
    pub keys: Vec<KeyRecord>,
    /// Members that have reported, and when each did last within what was looked through.
    pub heard: Vec<(String, Option<Millis>)>,
    /// Who owes reports.
    pub duties: Vec<DutyRecord>,
    /// Bytes free where the data is.
    pub free_bytes: Option<u64>,
}

impl Facts {
    /// What counts as now, and whose clock says so.
    fn now(&self) -> (Millis, &'static str) {
        match self.is_far() {
            true => (self.chain_time, "the chain's clock"),
            false => (self.wall.max(self.chain_time), "this machine's clock"),
        }
    }

    fn is_far(&self) -> bool {
        self.wall.0.abs_diff(self.chain_time.0) > FAR_MS
    }
}

/// Judges what was found; one finding that all is well, or was not looked at, for every check without another.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let checks: [(&'static str, Looked); 8] = [
        ("finality", Looked::At(finality(facts))),
        ("cosigners", cosigners(facts)),
        ("clocks", clocks(facts)),
        ("streams", streams(facts)),
        ("keys", members::keys(facts)),
        ("sentinels", members::sentinels(facts)),
        ("duties", members::duties(facts)),
        ("disk", disk(facts)),
    ];
    let mut findings = Vec::new();
    for (check, looked) in checks {
        match looked {
            Looked::AtNothing(needs) => {
                findings.push(found(check, Level::NotLooked, "", format!("not looked at: {needs}"), ""));
            }
            Looked::At(trouble) if trouble.is_empty() => {
                findings.push(found(check, Level::Ok, "", "as it should be".into(), ""));
            }
            Looked::At(trouble) => findings.extend(trouble),
        }
    }
    findings
}

fn found(check: &'static str, level: Level, who: &str, what: String, todo: &str) -> Finding {
    Finding { check, level, who: who.to_owned(), what, todo: todo.to_owned() }
}

fn finality(facts: &Facts) -> Vec<Finding> {
    let behind = facts.height.saturating_sub(facts.final_height);
    let answering = facts.cosigners.iter().filter(|one| one.height.is_some() && one.halted.is_none()).count();
    let needed = quorum(facts.cosigners.len());
    let mut findings = Vec::new();
    if answering < needed {
        let what = format!("{answering} of {} cosigners answer, {needed} make a block final", facts.cosigners.len());
        findings.push(found("finality", Level::Fail, "", what, "Start the ledgers that do not answer"));
    }
    if behind > LAG_BLOCKS {
        let what = format!("{behind} blocks are sealed and not final");
        findings.push(found(
            "finality",
            Level::Fail,
            "",
            what,
            "Look at the cosigners below, then into their ledgers' logs",
        ));
    }
    findings
}

fn cosigners(facts: &Facts) -> Looked {
    if facts.cosigners.is_empty() {
        return Looked::AtNothing("the chain names no cosigner");
    }
    let mut findings = Vec::new();
    for Cosigner { member, height, halted, cosigned } in &facts.cosigners {
        let mut say = |level, what: String, todo| findings.push(found("cosigners", level, member, what, todo));
        match height {
            None => {
                say(Level::Fail, "its ledger does not answer".into(), "Start it, or mend its way to the nats-server")
            }
            Some(height) if facts.height.saturating_sub(*height) > LAG_BLOCKS => {
                let what = format!("its ledger is {} blocks behind", facts.height - height);
                say(Level::Warn, what, "Let it catch up; if it does not, look at its disk and log");
            }
            Some(_) => {}
        }
        if let Some(why) = halted {
            say(
                Level::Fail,
                format!("it stopped cosigning: {why}"),
                "Its log says what to do; do it before it starts again",
            );
        }
        match cosigned {
            None => {
                let what = "it has not cosigned anything that is still on the stream".into();
                say(Level::Warn, what, "See that its ledger runs, with the cosigner key that the chain names");
            }
            Some((at, _)) if facts.height.saturating_sub(*at) > LAG_BLOCKS => {
                let what = format!("its last cosignature is {} blocks behind", facts.height - at);
                say(Level::Warn, what, "See that its ledger runs, and look into its log");
            }
            Some(_) => {}
        }
    }
    Looked::At(findings)
}

/// Cosignatures of one height are made within moments of each other; a time far from their middle is a clock's fault.
fn clocks(facts: &Facts) -> Looked {
    let mut findings = Vec::new();
    if facts.is_far() {
        let what = format!(
            "the newest time of the chain is {} and this machine's is {}; silence is measured by the chain's clock",
            facts.chain_time, facts.wall
        );
        let todo = "In a play of the past that is as it should be; elsewhere, find out why nothing is sealed";
        findings.push(found("clocks", Level::Warn, "", what, todo));
    }
    let newest = facts.cosigners.iter().filter_map(|one| one.cosigned).map(|(height, _)| height).max();
    let of_newest = |one: &&Cosigner| one.cosigned.is_some_and(|(height, _)| Some(height) == newest);
    let times = facts.cosigners.iter().filter(of_newest).filter_map(|one| one.cosigned).map(|(_, at)| at);
    let mut times = times.collect::<Vec<_>>();
    times.sort_unstable();
    let middle = times.get(times.len().saturating_sub(1) / 2).copied().filter(|_| times.len() > 1);
    let Some(middle) = middle else {
        return match findings.is_empty() {
            true => Looked::AtNothing("no two cosigners have cosigned the newest block; ask again"),
            false => Looked::At(findings),
        };
    };
    let skewed = facts.cosigners.iter().filter(of_newest).filter_map(|one| {
        let (_, at) = one.cosigned.filter(|(_, at)| at.abs_diff(middle) > SKEW_S)?;
        let what = format!("its clock is {} s from the middle of the cosigners", at.abs_diff(middle));
        Some(found("clocks", Level::Warn, &one.member, what, "Set its clock, and have it kept (NTP)"))
    });
    findings.extend(skewed);
    Looked::At(findings)
}

fn streams(facts: &Facts) -> Looked {
    if facts.streams.is_empty() {
        return Looked::AtNothing("no stream was asked for");
    }
    let mut findings = Vec::new();
    for Stream { name, state } in &facts.streams {
        let mut say = |level, what: String, todo| findings.push(found("streams", level, name, what, todo));
        match state {
            None => {
                let todo = "Start `tocsin run credentials` or a service of the house, which make it";
                say(Level::Fail, "the stream is not there".into(), todo);
            }
            Some((first, last, messages)) => {
                let holes = (last + 1).saturating_sub(*first).saturating_sub(*messages);
                if holes > 0 && *messages > 0 {
                    let todo = "Ledgers give lost blocks back by themselves; look at the nats-server's disk";
                    say(Level::Warn, format!("{holes} messages are missing in it"), todo);
                }
            }
        }
    }
    Looked::At(findings)
}

fn disk(facts: &Facts) -> Looked {
    let Some(free) = facts.free_bytes else { return Looked::AtNothing("give --data") };
    let what = format!("{} MiB are free where the data is", free >> 20);
    let low =
        (free < LOW_DISK_BYTES).then(|| found("disk", Level::Warn, "", what, "Make room before a ledger must stop"));
    Looked::At(low.into_iter().collect())
}

#[cfg(test)]
mod tests;
