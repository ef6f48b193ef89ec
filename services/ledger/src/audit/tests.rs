//! Archives whole and damaged: the whole one has no problem, and every kind of damage is named where it is.

mod copies;
mod damage;
mod deliveries;
mod measure;
mod press;

use std::path::Path;

use self::press::Press;
use super::archive::Archive;
use super::report::Problem;
use super::*;
use crate::rig;

fn problems(dir: &Path) -> Vec<Problem> {
    let report = audit(dir).unwrap();
    assert_eq!(report.ok, report.problems.is_empty());
    report.problems
}

#[test]
fn an_untouched_archive_has_no_problem() {
    let dir = tempfile::tempdir().unwrap();
    let (press, certificate) = Press::history(rig::genesis("cn.32", 4, &[]));
    let place = press.write(dir.path(), &certificate);
    let report = audit(dir.path()).unwrap();
    assert_eq!(report.problems, []);
    // Each round has 50 deposits, a forged event and a count; the repeat has no leaf; the junk message has one.
    assert_eq!((report.ok, report.blocks, report.events), (true, 14, 6 * 52 + 1));
    assert_eq!(audit(&place).unwrap().events, report.events, "the chain's own directory does as well");
    let [Looked { chain, events, blocks, size, root, .. }] = report.chains.as_slice() else { panic!("{report:?}") };
    assert_eq!((chain.as_str(), *events, *blocks), ("cn.32", report.events, report.blocks));
    assert_eq!((*size, root), (certificate.checkpoint.size, &certificate.checkpoint.root.to_string()));
    let json = serde_json::to_value(&report).unwrap();
    let keys = json.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(keys, ["blocks", "chains", "events", "events_per_s", "ok", "problems"]);
}

#[test]
fn an_archive_of_nothing_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(audit(dir.path()).unwrap_err().to_string().contains("no archived chain"));
    assert!(audit(&dir.path().join("nowhere")).is_err());
    std::fs::write(dir.path().join("genesis.toml"), "chain = 1").unwrap();
    assert!(audit(dir.path()).is_err());
}

#[test]
fn leaves_and_blocks_are_read_one_by_one_too() {
    let dir = tempfile::tempdir().unwrap();
    let (press, certificate) = Press::history(rig::genesis("cn.32", 4, &[]));
    let archive = Archive::open(&press.write(dir.path(), &certificate)).unwrap();
    let size = certificate.checkpoint.size;
    let last = archive.entry(size - 1, size).unwrap();
    assert!(matches!(Leaf::from_bytes(&last), Some(Leaf::Block(leaf)) if leaf.height == 14));
    assert!(archive.entry(size, size).is_err());
    assert_eq!((archive.extent(Kind::Entries), archive.extent(Kind::Blocks)), (size, 14));
    let mut replay = replay::Replay::new(archive.genesis.clone());
    for next in archive.blocks(14) {
        let archive::Next::Block(_, bytes) = next else { panic!("{next:?}") };
        replay.step(&proof::block::Block::from_bytes(&bytes).unwrap()).unwrap();
    }
    assert_eq!(replay.size(), size);
}
