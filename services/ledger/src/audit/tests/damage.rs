//! What is changed, and what the audit says of it.

use std::path::Path;

use domain::chain::Lane;
use proof::block::Block;
use tempfile::TempDir;

use super::press::{Press, certify};
use super::{audit, problems};
use crate::audit::report::Problem;
use crate::rig;

struct Place {
    _dir: TempDir,
    press: Press,
    at: std::path::PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let (press, certificate) = Press::history(rig::genesis("cn.32", 4, &[]));
    let at = press.write(dir.path(), &certificate);
    Place { _dir: dir, press, at }
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(file).unwrap();
    change(&mut bytes);
    std::fs::write(file, bytes).unwrap();
}

/// The only problem there is.
fn only(at: &Path) -> Problem {
    let mut found = problems(at);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// Where in its file the block of a height begins.
fn block_at(blocks: &[Block], height: usize) -> usize {
    blocks[..height - 1].iter().map(|block| 4 + block.to_bytes().len()).sum()
}

#[test]
fn a_changed_byte_of_a_block_is_named_at_its_block_and_nothing_else_is() {
    let place = place();
    let file = place.at.join("block/000.p/14");
    let begins = block_at(&place.press.blocks, 5);
    // Somewhere in its bundles, in its header's signature, in its header.
    let header = place.press.blocks[4].header_bytes.len();
    for at in [4 + 4 + header + 64 + 300, 4 + 4 + header + 20, 4 + 4 + 60] {
        let bytes = std::fs::read(&file).unwrap();
        change(&file, |bytes| bytes[begins + at] ^= 1);
        let problem = only(&place.at);
        assert_eq!((problem.place.as_str(), problem.who.as_str()), ("cn.32: block 5", ""), "{problem:?}");
        assert!(problem.what.contains("from here on nothing is executed"), "{problem:?}");
        std::fs::write(&file, bytes).unwrap();
    }
    // A length: where the next block begins is lost too.
    change(&file, |bytes| bytes[begins + 1] ^= 1);
    let found = problems(&place.at);
    assert!(found[0].place == "cn.32: block 5" && found[0].what.contains("block/000.p/14"), "{found:?}");
    // A file that is gone.
    std::fs::remove_file(&file).unwrap();
    let problem = only(&place.at);
    assert!(problem.place == "cn.32: block 1" && problem.what.contains("blocks 1 to 14"), "{problem:?}");
    let report = audit(&place.at).unwrap();
    assert_eq!((report.blocks, report.events), (0, 0), "nothing was looked at");
}

/// Seen to fail: before, each block of such a file was a problem of its own, and a block of another place was its sealer's
/// and the cosigners' of the log.
#[test]
fn a_file_of_other_blocks_is_one_problem_that_nobody_is_named_for() {
    let place = place();
    let (other, _) = Press::history(rig::genesis("cn.33", 4, &[]));
    let mut late = place.press.blocks.clone();
    late.rotate_left(1);
    for blocks in [&other.blocks, &late] {
        place.press.write_blocks(&place.at, blocks);
        let problem = only(&place.at);
        assert_eq!((problem.place.as_str(), problem.who.as_str()), ("cn.32: block 1", ""), "{problem:?}");
        assert!(problem.what.contains("13 more blocks of block/000.p/14"), "{problem:?}");
        let report = audit(&place.at).unwrap();
        assert_eq!((report.blocks, report.events), (0, 0), "none of them is of this log");
    }
}

#[test]
fn a_changed_byte_of_an_entry_is_named_at_its_entry() {
    let place = place();
    change(&place.at.join("tile/entries/000"), |bytes| bytes[2 + 40] ^= 1);
    let problem = only(&place.at);
    assert_eq!(problem.place, "cn.32: tile/entries/000, number 0");
    change(&place.at.join("tile/entries/000"), |bytes| bytes[2 + 40] ^= 1);
    // Its length: the frames do not fit any more, and the tiles still say what the leaves are.
    change(&place.at.join("tile/entries/000"), |bytes| bytes[1] ^= 1);
    assert_eq!(only(&place.at).place, "cn.32: tile/entries/000");
}

#[test]
fn two_events_that_change_places_in_the_log_are_named_both() {
    let place = place();
    change(&place.at.join("tile/entries/000"), |bytes| {
        let entry = 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        let (one, two) = bytes[..2 * entry].split_at_mut(entry);
        one.swap_with_slice(two);
    });
    let found = problems(&place.at);
    let places = found.iter().map(|problem| problem.place.as_str()).collect::<Vec<_>>();
    assert_eq!(places, ["cn.32: tile/entries/000, number 0", "cn.32: tile/entries/000, number 1"]);
}

#[test]
fn a_changed_byte_of_a_tile_is_named_at_its_hash() {
    let place = place();
    for (path, at, named) in
        [("tile/0/000", 32 * 7 + 3, "tile/0/000, number 7"), ("tile/1/000.p/1", 0, "tile/1/000.p/1, number 0")]
    {
        change(&place.at.join(path), |bytes| bytes[at] ^= 1);
        assert_eq!(only(&place.at).place, format!("cn.32: {named}"));
        change(&place.at.join(path), |bytes| bytes[at] ^= 1);
    }
    change(&place.at.join("tile/0/000"), |bytes| bytes.truncate(8191));
    assert_eq!(only(&place.at).place, "cn.32: tile/0/000");
    std::fs::remove_file(place.at.join("tile/0/000")).unwrap();
    assert_eq!(only(&place.at).place, "cn.32: tile/0/000");
}

#[test]
fn any_changed_byte_of_the_checkpoint_is_named_there() {
    let place = place();
    let file = place.at.join("checkpoint");
    let length = std::fs::read(&file).unwrap().len();
    for at in (0..length).step_by(9) {
        change(&file, |bytes| bytes[at] ^= 1);
        let found = problems(&place.at);
        let about = |problem: &&Problem| problem.place == "cn.32: checkpoint" && problem.who.is_empty();
        assert!(found.iter().any(|problem| about(&problem)), "byte {at}: {found:?}");
        change(&file, |bytes| bytes[at] ^= 1);
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(only(&place.at).place, "cn.32: checkpoint");
}

#[test]
fn a_checkpoint_of_another_log_is_no_checkpoint_of_this_one() {
    let place = place();
    let text = std::fs::read_to_string(place.at.join("checkpoint")).unwrap();
    let mut other = proof::checkpoint::Certificate::parse(&text).unwrap().checkpoint;
    other.root = proof::digest::Digest([7; 32]);
    std::fs::write(place.at.join("checkpoint"), certify(&place.press.genesis, &other).text()).unwrap();
    let problem = only(&place.at);
    assert!(problem.place == "cn.32: checkpoint" && problem.what.contains("with root"), "{problem:?}");
}

#[test]
fn a_bundle_that_no_sealer_took_is_named_with_its_node() {
    let dir = tempfile::tempdir().unwrap();
    let mut press = Press::new(rig::genesis("cn.32", 4, &[]));
    let genesis = press.genesis.clone();
    let first = press.sealer.block(Lane::Normal, vec![rig::deposit(&genesis, 1)], None);
    // The second bundle is made and never sealed: the chain goes on as if it had not been.
    let tip = press.sealer.tip.clone();
    press.sealer.block(Lane::Normal, vec![rig::deposit(&genesis, 2)], None);
    press.sealer.tip = tip;
    let third = press.sealer.block(Lane::Normal, vec![rig::deposit(&genesis, 3)], None);
    let certificate = press.run(vec![first, third]);
    let problem = only(&press.write(dir.path(), &certificate));
    assert_eq!((problem.place.as_str(), problem.who.as_str()), ("cn.32: bundles of m0 in lane normal", "m0"));
    assert!(problem.what.starts_with("numbers 2 are missing"), "{problem:?}");
}

#[test]
fn a_block_that_its_sealer_signed_twice_is_named_with_the_sealer() {
    let place = place();
    let mut blocks = place.press.blocks.clone();
    // The same place in the chain, without its bundle.
    let mut rival = rig::Sealer::new(&place.press.genesis);
    rival.tip = blocks[3].tip();
    blocks[4] = rival.block(Lane::Normal, Vec::new(), None);
    place.press.write_blocks(&place.at, &blocks);
    let found = problems(&place.at);
    assert_eq!((found[0].place.as_str(), found[0].who.as_str()), ("cn.32: block 5", "m0"), "{found:#?}");
}

#[test]
fn a_lane_that_skips_a_sequence_is_named_at_its_block() {
    let dir = tempfile::tempdir().unwrap();
    let mut press = Press::new(rig::genesis("cn.32", 4, &[]));
    let genesis = press.genesis.clone();
    let first = press.sealer.block(Lane::Normal, vec![rig::deposit(&genesis, 1)], None);
    press.sealer.tip.next[2] += 1;
    let second = press.sealer.block(Lane::Normal, vec![rig::deposit(&genesis, 2)], None);
    let certificate = press.run(vec![first, second]);
    let problem = only(&press.write(dir.path(), &certificate));
    assert_eq!((problem.place.as_str(), problem.who.as_str()), ("cn.32: block 2", "m0"));
    assert!(problem.what.contains("lane 2 begins at sequence 3 where 2 follows"), "{problem:?}");
}
