//! Several copies: two of one chain against each other, and a parent beside its child.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::chain::Lane;
use domain::genesis::Genesis;
use proof::checkpoint::Cosigner;
use proof::digest::Digest;
use proof::evidence::Evidence;

use super::press::{Press, certify_by};
use super::*;

/// A chain of some blocks; the one at `fork` and all later ones hold other events than those of another `story`.
fn copy(dir: &Path, genesis: &Arc<Genesis>, story: u64, blocks: u64, fork: u64, signers: &[&str]) -> PathBuf {
    let mut press = Press::new(Arc::clone(genesis));
    let mut last = None;
    for height in 1..=blocks {
        let number = if height < fork { height } else { 1000 * story + height };
        let block = press.sealer.block(Lane::Normal, vec![rig::deposit(genesis, number)], None);
        last = Some(press.run(vec![block]));
    }
    let certificate = certify_by(genesis, &last.unwrap().checkpoint, signers);
    press.write(dir, &certificate)
}

#[test]
fn two_final_stories_of_one_log_name_exactly_those_who_signed_both() {
    let dir = tempfile::tempdir().unwrap();
    let genesis = rig::genesis("cn.32", 4, &[]);
    // As long as each other, so that the roots contradict; and not, so that the ends of a block do.
    for (name, blocks) in [("same", 5), ("longer", 7)] {
        let (one, two) = (dir.path().join(name).join("one"), dir.path().join(name).join("two"));
        copy(&one, &genesis, 1, 5, 3, &["m0", "m1", "m2"]);
        copy(&two, &genesis, 2, blocks, 3, &["m0", "m1", "m3"]);
        assert!(audit(&one).unwrap().ok && audit(&two).unwrap().ok, "each is sound in itself");
        let report = audit_against(&one, &two).unwrap();
        assert_eq!(report.problems.len(), 1, "{:#?}", report.problems);
        assert_eq!((report.problems[0].place.as_str(), report.problems[0].who.as_str()), ("cn.32: block 3", "m0, m1"));
        let [text] = report.evidence.as_slice() else { panic!("{:?}", report.evidence) };
        let origin = proof::checkpoint::origin("cn.32", &genesis.chain_id);
        let named = Evidence::parse(text).unwrap().check(&origin, &genesis.cosigners()).unwrap();
        assert_eq!(named.iter().map(|one: &Cosigner| one.name.as_str()).collect::<Vec<_>>(), ["m0.cn.32", "m1.cn.32"]);
        let json = serde_json::to_value(&report).unwrap();
        assert!(json["evidence"][0].as_str().unwrap().starts_with("tocsin-evidence@v1\n"));
    }
}

#[test]
fn a_copy_that_is_only_behind_and_a_made_up_one_name_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let genesis = rig::genesis("cn.32", 4, &[]);
    let signers = ["m0", "m1", "m2"];
    let place = |name: &str| dir.path().join(name);
    copy(&place("whole"), &genesis, 1, 6, 99, &signers);
    copy(&place("behind"), &genesis, 1, 4, 99, &["m1", "m2", "m3"]);
    let report = audit_against(&place("whole"), &place("behind")).unwrap();
    assert!(report.ok && report.evidence.is_empty(), "{:#?}", report.problems);
    // Nobody's signatures hold on what somebody made up.
    let made = copy(&place("made"), &genesis, 2, 6, 3, &signers);
    let note = made.join("checkpoint");
    let text = std::fs::read_to_string(&note).unwrap();
    let (text, _) = text.split_once("\n\n").unwrap();
    let other = std::fs::read_to_string(place("whole").join("cn.32/checkpoint")).unwrap();
    std::fs::write(&note, format!("{text}\n\n{}", other.split_once("\n\n").unwrap().1)).unwrap();
    let report = audit_against(&place("whole"), &place("made")).unwrap();
    let parted = report.problems.iter().find(|problem| problem.place == "cn.32: block 3").unwrap();
    assert!(parted.who.is_empty() && report.evidence.is_empty(), "{report:?}");
    assert!(report.problems.iter().any(|problem| problem.place.ends_with("made: cn.32: checkpoint")), "{report:?}");
}

#[test]
fn a_parent_and_its_child_must_speak_of_one_log() {
    let dir = tempfile::tempdir().unwrap();
    let child = rig::genesis("cn.32", 4, &[]);
    let parent = rig::genesis("cn", 4, &[&child]);
    let signers = ["m0", "m1", "m2"];
    copy(dir.path(), &parent, 1, 2, 99, &signers);
    copy(dir.path(), &child, 1, 3, 99, &signers);
    let archives = Archive::all(dir.path()).unwrap();
    assert!(look(&archives).unwrap().0.ok);
    // As if an anchor had been executed.
    let mut found = archives.iter().map(|archive| chain(archive).unwrap()).collect::<Vec<_>>();
    let (size, root) = found[1].roots.iter().map(|(size, root)| (*size, *root)).min().unwrap();
    let mut anchored = |size, root| {
        found[0].children[0].size = size;
        found[0].children[0].root = root;
        between::levels(&archives, &found)
    };
    assert_eq!(anchored(size, root), []);
    assert_eq!(anchored(1_000_000, Digest([7; 32])), [], "beyond the copy nobody can say");
    for (size, root) in [(size, Digest([7; 32])), (size + 1, root)] {
        let problems = anchored(size, root);
        assert!(problems.len() == 1 && problems[0].what.starts_with("cn holds the root"), "{problems:?}");
    }
    // A child with another genesis.
    std::fs::remove_dir_all(dir.path().join("cn.32")).unwrap();
    copy(dir.path(), &rig::genesis("cn.32", 5, &[]), 1, 3, 99, &["m0", "m1", "m2", "m3"]);
    let report = audit(dir.path()).unwrap();
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert_eq!(report.problems[0].place, "cn.32: genesis.toml");
}
