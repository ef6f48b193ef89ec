//! What is wrong with a chain, from what its ledgers, streams and notes say. Pure: `doctor` gathers, this judges.

use domain::genesis::quorum;
use domain::record::KeyRecord;
use domain::time::{DAY_MS, Millis};
use serde::Serialize;

/// Blocks a cosigner may be behind the highest: a second of the fastest chain.
const LAG_BLOCKS: u64 = 64;
/// How far a cosigner's clock may be from the middle of the others: chain time is their lower median, and a window of
/// minutes should not hang on one clock.
const SKEW_S: u64 = 5;
/// A sentinel owes a report or a signed zero a day; half a day late is a sign.
const SILENT_MS: u64 = DAY_MS + DAY_MS / 2;
/// A key that ends within as many blocks should have a successor by now: a day of a chain with a block every 5 s.
const ENDING_BLOCKS: u64 = 17_280;
/// Below this a ledger may soon not commit any more: a busy city's day.
const LOW_DISK_BYTES: u64 = 4 << 30;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It will hurt.
    Warn,
    /// It hurts.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `cosigners`, `keys`, `sentinels`, `clocks`, `streams`, `disk`, `finality`.
    pub check: &'static str,
    pub level: Level,
    /// A member or stream; empty when it is about the chain.
    pub who: String,
    pub what: String,
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
    pub now: Millis,
    pub cosigners: Vec<Cosigner>,
    pub streams: Vec<Stream>,
    pub keys: Vec<KeyRecord>,
    /// Members that report, and when each was heard last within what was looked through.
    pub heard: Vec<(String, Option<Millis>)>,
    /// Bytes free where the data is.
    pub free_bytes: Option<u64>,
}

/// Judges what was found; one finding that all is well for every check without another.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let checks: [(&'static str, Vec<Finding>); 7] = [
        ("finality", finality(facts)),
        ("cosigners", cosigners(facts)),
        ("clocks", clocks(facts)),
        ("streams", streams(facts)),
        ("keys", keys(facts)),
        ("sentinels", sentinels(facts)),
        ("disk", disk(facts)),
    ];
    let mut findings = Vec::new();
    for (check, found) in checks {
        if found.is_empty() {
            findings.push(Finding { check, level: Level::Ok, who: String::new(), what: "as it should be".into() });
        }
        findings.extend(found);
    }
    findings
}

fn found(check: &'static str, level: Level, who: &str, what: String) -> Finding {
    Finding { check, level, who: who.to_owned(), what }
}

fn finality(facts: &Facts) -> Vec<Finding> {
    let behind = facts.height.saturating_sub(facts.final_height);
    let answering = facts.cosigners.iter().filter(|one| one.height.is_some() && one.halted.is_none()).count();
    let needed = quorum(facts.cosigners.len());
    let mut findings = Vec::new();
    if answering < needed {
        let what = format!("{answering} of {} cosigners answer, {needed} make a block final", facts.cosigners.len());
        findings.push(found("finality", Level::Fail, "", what));
    }
    if behind > LAG_BLOCKS {
        findings.push(found("finality", Level::Fail, "", format!("{behind} blocks are sealed and not final")));
    }
    findings
}

fn cosigners(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Cosigner { member, height, halted, cosigned } in &facts.cosigners {
        let mut say = |level, what: String| findings.push(found("cosigners", level, member, what));
        match height {
            None => say(Level::Fail, "its ledger does not answer".into()),
            Some(height) if facts.height.saturating_sub(*height) > LAG_BLOCKS => {
                say(Level::Warn, format!("its ledger is {} blocks behind", facts.height - height));
            }
            Some(_) => {}
        }
        if let Some(why) = halted {
            say(Level::Fail, format!("it stopped cosigning: {why}"));
        }
        match cosigned {
            None => say(Level::Warn, "it has not cosigned anything that is still on the stream".into()),
            Some((at, _)) if facts.height.saturating_sub(*at) > LAG_BLOCKS => {
                say(Level::Warn, format!("its last cosignature is {} blocks behind", facts.height - at));
            }
            Some(_) => {}
        }
    }
    findings
}

/// Cosignatures of one height are made within moments of each other; a time far from their middle is a clock's fault.
fn clocks(facts: &Facts) -> Vec<Finding> {
    let newest = facts.cosigners.iter().filter_map(|one| one.cosigned).map(|(height, _)| height).max();
    let of_newest = |one: &&Cosigner| one.cosigned.is_some_and(|(height, _)| Some(height) == newest);
    let mut times = facts.cosigners.iter().filter(of_newest).filter_map(|one| one.cosigned).map(|(_, at)| at);
    let mut times = times.by_ref().collect::<Vec<_>>();
    times.sort_unstable();
    let Some(middle) = times.get(times.len().saturating_sub(1) / 2).copied() else { return Vec::new() };
    let skewed = facts.cosigners.iter().filter(of_newest).filter_map(|one| {
        let (_, at) = one.cosigned.filter(|(_, at)| at.abs_diff(middle) > SKEW_S)?;
        let what = format!("its clock is {} s from the middle of the cosigners", at.abs_diff(middle));
        Some(found("clocks", Level::Warn, &one.member, what))
    });
    skewed.collect()
}

fn streams(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Stream { name, state } in &facts.streams {
        match state {
            None => findings.push(found("streams", Level::Fail, name, "the stream is not there".into())),
            Some((first, last, messages)) => {
                let holes = (last + 1).saturating_sub(*first).saturating_sub(*messages);
                if holes > 0 && *messages > 0 {
                    findings.push(found("streams", Level::Warn, name, format!("{holes} messages are missing in it")));
                }
            }
        }
    }
    findings
}

fn keys(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in &facts.keys {
        let Some(left) = key.until.map(|until| until.saturating_sub(facts.height)).filter(|left| *left > 0) else {
            continue;
        };
        let lasts =
            |other: &&KeyRecord| other.member == key.member && other.class == key.class && other.until.is_none();
        if left <= ENDING_BLOCKS && !facts.keys.iter().any(|other| lasts(&other)) {
            let what = format!("its last {} key ends in {left} blocks", key.class.name());
            findings.push(found("keys", Level::Warn, &key.member, what));
        }
    }
    findings
}

fn sentinels(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (member, heard) in &facts.heard {
        let what = match heard {
            None => "it has reported nothing in the part of the log that was looked through".to_owned(),
            Some(at) if facts.now.0.saturating_sub(at.0) > SILENT_MS => format!("it reported last at {at}"),
            Some(_) => continue,
        };
        findings.push(found("sentinels", Level::Warn, member, what));
    }
    findings
}

fn disk(facts: &Facts) -> Vec<Finding> {
    let low = facts.free_bytes.filter(|free| *free < LOW_DISK_BYTES);
    low.map(|free| found("disk", Level::Warn, "", format!("{} MiB are free where the data is", free >> 20)))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::genesis::KeyClass;

    use super::*;

    fn cosigner(member: &str) -> Cosigner {
        Cosigner { member: member.into(), height: Some(1000), halted: None, cosigned: Some((1000, 50)) }
    }

    fn facts() -> Facts {
        let stream = Stream { name: "blocks".into(), state: Some((1, 1000, 1000)) };
        Facts {
            height: 1000,
            final_height: 1000,
            now: Millis(10 * DAY_MS),
            cosigners: ["a", "b", "c", "d"].map(cosigner).into(),
            streams: vec![stream],
            keys: Vec::new(),
            heard: vec![("hospital".into(), Some(Millis(10 * DAY_MS - 1000)))],
            free_bytes: Some(1 << 40),
        }
    }

    /// What is found beside what is well, as (check, who).
    fn troubles(change: impl Fn(&mut Facts)) -> Vec<(&'static str, String)> {
        let mut facts = facts();
        change(&mut facts);
        let findings = judge(&facts).into_iter().filter(|finding| finding.level != Level::Ok);
        findings.map(|finding| (finding.check, finding.who)).collect()
    }

    #[test]
    fn a_sound_chain_has_one_good_line_a_check() {
        assert_eq!(troubles(|_| {}), []);
        assert_eq!(judge(&facts()).len(), 7);
    }

    #[test]
    fn every_trouble_names_whom_it_is_about() {
        let key =
            |until| KeyRecord { member: "a".into(), class: KeyClass::Author, since: 0, until, suspect_since: None };
        assert_eq!(troubles(|f| f.cosigners[1].height = None), [("cosigners", "b".into())]);
        assert_eq!(troubles(|f| f.cosigners[1].height = Some(900)), [("cosigners", "b".into())]);
        assert_eq!(troubles(|f| f.cosigners[2].halted = Some("x".into())), [("cosigners", "c".into())]);
        assert_eq!(troubles(|f| f.cosigners[3].cosigned = Some((900, 50))), [("cosigners", "d".into())]);
        assert_eq!(troubles(|f| f.cosigners[3].cosigned = Some((1000, 58))), [("clocks", "d".into())]);
        assert_eq!(troubles(|f| f.streams[0].state = Some((1, 1000, 998))), [("streams", "blocks".into())]);
        assert_eq!(troubles(|f| f.streams[0].state = None), [("streams", "blocks".into())]);
        assert_eq!(troubles(|f| f.keys = vec![key(Some(1100))]), [("keys", "a".into())]);
        assert_eq!(troubles(|f| f.keys = vec![key(Some(1100)), key(None)]), []);
        assert_eq!(troubles(|f| f.heard[0].1 = None), [("sentinels", "hospital".into())]);
        assert_eq!(troubles(|f| f.heard[0].1 = Some(Millis(8 * DAY_MS))), [("sentinels", "hospital".into())]);
        assert_eq!(troubles(|f| f.free_bytes = Some(1 << 20)), [("disk", String::new())]);
        assert_eq!(troubles(|f| f.final_height = 900), [("finality", String::new())]);
        let two_gone = |f: &mut Facts| f.cosigners.iter_mut().take(2).for_each(|one| one.height = None);
        assert_eq!(troubles(two_gone)[0], ("finality", String::new()));
    }
}
