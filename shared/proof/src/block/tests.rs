//! Blocks as a ledger meets them: sealed well, sealed badly, changed on the way.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Certificate, Checkpoint, cosign, origin};
use crate::exclusion::{ExclusionCertificate, vote};
use crate::golden;

fn chain() -> ChainId {
    Digest::of(b"genesis")
}

fn sealer() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

fn certificate() -> Certificate {
    let checkpoint = Checkpoint { origin: origin("cn.32", &chain()), size: 12, root: Digest::of(b"root") };
    let cosignature = cosign(&SecretKey::from_seed(&[9; 32]), "cdc.cn.32", &checkpoint, 1_626_739_200);
    Certificate { checkpoint, cosignatures: vec![cosignature] }
}

/// Block 1: two urgent bundles, none of high, of normal one beside a hole.
fn header() -> Header {
    let range = |first, last, holes| LaneRange { first, last, holes };
    Header {
        version: VERSION,
        chain: chain(),
        height: 1,
        previous: Tip::genesis(&chain()).hash,
        sealer: sealer().public(),
        lanes: [range(1, 2, vec![]), LaneRange::empty(1), range(1, 2, vec![1])],
        events: 5,
        body: Digest::default(),
        rules_version: 1,
        sealed_at_ms: 1_626_739_200_123,
        certificate: Some(certificate()),
        exclusion: None,
    }
}

fn exclusion(votes: usize) -> ExclusionCertificate {
    let vote = vote(&SecretKey::from_seed(&[9; 32]), &chain(), &sealer().public(), 1, "cdc.cn.32");
    ExclusionCertificate { sealer: sealer().public(), height: 1, votes: vec![vote; votes] }
}

fn bundles() -> Vec<Vec<u8>> {
    vec![b"urgent 1".to_vec(), b"urgent 2".to_vec(), b"normal 2".to_vec()]
}

fn block() -> Block {
    Block::seal(header(), bundles(), &sealer())
}

fn sealed(change: impl FnOnce(&mut Header)) -> Block {
    let mut header = header();
    change(&mut header);
    Block::seal(header, bundles(), &sealer())
}

#[test]
fn the_bytes_and_hash_of_a_block_are_golden() {
    let block = block();
    golden::bytes("block.hex", &block.to_bytes());
    golden::text("block-hash.txt", &format!("{}\n", block.hash()));
    assert_eq!(Block::from_bytes(&block.to_bytes()), Ok(block.clone()));
    assert_eq!(block.header.hash(), block.hash());
    assert_eq!(block.check_alone(&chain()), Ok(()));
    assert_eq!(block.check_follows(&Tip::genesis(&chain())), Ok(()));
    assert_eq!(block.tip(), Tip { height: 1, hash: block.hash(), next: [3, 1, 3] });
    assert_eq!(block.tip(), Tip::after(&block.header));
}

#[test]
fn the_bytes_of_a_block_without_room_for_an_exclusion_are_still_read() {
    let old = golden::read("block-v1.hex");
    let block = Block::from_bytes(&old).unwrap();
    assert_eq!((block.header.version, &block.header.exclusion), (1, &None));
    assert_eq!(block.check_alone(&chain()), Ok(()));
    assert_eq!(block.to_bytes(), old);
    assert_eq!(block.header.to_bytes(), block.header_bytes);
    assert_eq!(block.header, Header { version: 1, body: block.header.body, ..header() });
    assert_eq!(sealed(|header| header.version = 1).header.version, VERSION);
    for version in [0, VERSION + 1] {
        assert_eq!(Header::from_bytes(&Header { version, ..header() }.to_bytes()), None);
    }
}

#[test]
fn any_flipped_bit_of_a_block_is_detected() {
    let bytes = sealed(|header| header.exclusion = Some(exclusion(1))).to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let verdict = Block::from_bytes(&bytes).and_then(|block| block.check_alone(&chain()));
        assert!(verdict.is_err(), "bit {bit}");
    }
}

#[test]
fn bytes_cut_short_or_followed_by_anything_are_refused() {
    let bytes = block().to_bytes();
    for end in 0..bytes.len() {
        let verdict = Block::from_bytes(&bytes[..end]).and_then(|block| block.check_alone(&chain()));
        assert!(verdict.is_err(), "{end} bytes");
    }
    assert_eq!(Block::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(BlockError::Malformed("bundle")));
    let longer = Block::from_bytes(&[bytes.as_slice(), &[0; 4]].concat()).unwrap();
    assert_eq!(longer.check_alone(&chain()), Err(BlockError::Count { wanted: 3, found: 4 }));
}

#[test]
fn what_a_block_shows_of_itself_is_checked() {
    assert_eq!(block().check_alone(&Digest::of(b"other")), Err(BlockError::Chain));
    let other = Block { bundles: vec![b"urgent 1".to_vec(), b"forged".to_vec(), b"normal 2".to_vec()], ..block() };
    assert_eq!(other.check_alone(&chain()), Err(BlockError::Body));
    let swapped = Block { bundles: bundles().into_iter().rev().collect(), ..block() };
    assert_eq!(swapped.check_alone(&chain()), Err(BlockError::Body));
    let forged = Block { signature: SecretKey::from_seed(&[8; 32]).sign_raw(b"no"), ..block() };
    assert_eq!(forged.check_alone(&chain()), Err(BlockError::Signature));
    let fewer = sealed(|header| header.lanes[0].last = 1);
    assert_eq!(fewer.check_alone(&chain()), Err(BlockError::Count { wanted: 2, found: 3 }));
    let many = sealed(|header| header.events = MAX_EVENTS + 1);
    assert_eq!(many.check_alone(&chain()), Err(BlockError::TooLarge("events")));
}

#[test]
fn ranges_run_forwards_and_their_holes_are_inside_and_ascending() {
    let wrong: [fn(&mut LaneRange); 6] = [
        |range| range.first = 0,
        |range| *range = LaneRange { first: 5, last: 3, holes: vec![] },
        |range| range.holes = vec![0],
        |range| range.holes = vec![3],
        |range| range.holes = vec![2, 1],
        |range| range.holes = vec![1, 1],
    ];
    for change in wrong {
        let block = sealed(|header| change(&mut header.lanes[2]));
        assert_eq!(block.check_alone(&chain()), Err(BlockError::Range { lane: 2 }));
        assert_eq!(Block::from_bytes(&block.to_bytes()), Err(BlockError::Malformed("header")));
    }
}

#[test]
fn bounds_hold_at_their_number_and_not_one_further() {
    let with = |count: usize, size: usize| {
        let mut header = header();
        header.lanes =
            [LaneRange { first: 1, last: count as u64, holes: vec![] }, LaneRange::empty(1), LaneRange::empty(1)];
        let block = Block::seal(header, vec![vec![0; size]; count], &sealer());
        Block::from_bytes(&block.to_bytes()).and_then(|block| block.check_alone(&chain()))
    };
    assert_eq!(with(MAX_BUNDLES, 1), Ok(()));
    assert_eq!(with(MAX_BUNDLES + 1, 1), Err(BlockError::TooLarge("bundles")));
    assert_eq!(with(4, MAX_BODY_BYTES / 4), Ok(()));
    assert_eq!(with(4, MAX_BODY_BYTES / 4 + 1), Err(BlockError::TooLarge("body bytes")));
    assert_eq!(with(5, MAX_BODY_BYTES / 2), Err(BlockError::TooLarge("bytes")));

    let mut long = certificate();
    long.cosignatures = vec![long.cosignatures[0].clone(); 400];
    let long = sealed(|header| header.certificate = Some(long));
    assert_eq!(long.check_alone(&chain()), Err(BlockError::TooLarge("header bytes")));
    assert_eq!(Block::from_bytes(&long.to_bytes()), Err(BlockError::Malformed("header length")));

    let excluding = |votes| sealed(|header| header.exclusion = Some(exclusion(votes)));
    assert_eq!(Block::from_bytes(&excluding(16).to_bytes()), Ok(excluding(16)));
    assert_eq!(Block::from_bytes(&excluding(17).to_bytes()), Err(BlockError::Malformed("header")));

    let holes = |count: u64| LaneRange { first: 1, last: count, holes: (1..=count).collect() };
    let full = MAX_HOLES as u64;
    let lost = |count| {
        sealed(|header| header.lanes = [holes(count), holes(full), LaneRange { last: full + 3, ..holes(full) }])
    };
    assert_eq!(lost(full).check_alone(&chain()), Ok(()));
    assert_eq!(Block::from_bytes(&lost(full).to_bytes()), Ok(lost(full)));
    assert_eq!(lost(full + 1).check_alone(&chain()), Err(BlockError::Range { lane: 0 }));
}

#[test]
fn a_block_follows_only_its_chains_end() {
    let tip = block().tip();
    let next = |change: fn(&mut Header)| {
        let mut header = header();
        header.height = 2;
        header.previous = block().hash();
        header.lanes = [LaneRange::empty(3), LaneRange::empty(1), LaneRange { first: 3, last: 3, holes: vec![] }];
        change(&mut header);
        Block::seal(header, vec![b"normal 3".to_vec()], &sealer()).check_follows(&tip)
    };
    assert_eq!(next(|_| ()), Ok(()));
    assert_eq!(next(|header| header.height = 3), Err(BlockError::Height { wanted: 2, found: 3 }));
    assert_eq!(next(|header| header.previous = Digest::of(b"fork")), Err(BlockError::Previous));
    let skipped = next(|header| header.lanes[2] = LaneRange { first: 4, last: 4, holes: vec![] });
    assert_eq!(skipped, Err(BlockError::Lane { lane: 2, wanted: 3, found: 4 }));
    let repeated = next(|header| header.lanes[0] = LaneRange::empty(2));
    assert_eq!(repeated, Err(BlockError::Lane { lane: 0, wanted: 3, found: 2 }));
    let first = Block::seal(Header { height: 1, ..header() }, bundles(), &sealer());
    assert_eq!(first.check_follows(&Tip::genesis(&Digest::of(b"other"))), Err(BlockError::Previous));
}

prop_compose! {
    fn any_range()(first in 1..1000_u64, length in 0..40_u64, lost in prop::collection::btree_set(0..40_u64, 0..10)) -> LaneRange {
        let holes = lost.into_iter().filter(|at| *at < length).map(|at| first + at).collect();
        LaneRange { first, last: first + length - 1, holes }
    }
}

proptest! {
    #[test]
    fn headers_have_one_byte_string_each(
        lanes in [any_range(), any_range(), any_range()],
        height in 1..=u64::MAX,
        events: u32,
        sealed_at_ms: u64,
        final_below: bool,
        votes in 0..4_usize,
        version in 1..=VERSION,
        flip in any::<prop::sample::Index>(),
    ) {
        let certificate = final_below.then(certificate);
        let exclusion = (version > 1 && votes > 0).then(|| exclusion(votes));
        let written = Header { version, lanes, height, events, sealed_at_ms, certificate, exclusion, ..header() };
        let mut bytes = written.to_bytes();
        prop_assert_eq!(Header::from_bytes(&bytes), Some(written));
        let bit = flip.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Some(read) = Header::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }

    #[test]
    fn the_sequences_of_a_range_are_it_without_its_holes(range in any_range()) {
        let sequences = range.sequences().collect::<Vec<_>>();
        prop_assert_eq!(sequences.len() as u64, range.bundles());
        let wanted = (range.first..=range.last).filter(|at| !range.holes.contains(at)).collect::<Vec<_>>();
        prop_assert_eq!(sequences, wanted);
    }
}
