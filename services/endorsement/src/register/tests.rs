//! What the register keeps over restarts, new keys and large commits.

use super::*;

fn passed(n: u8, lane: Lane, len: usize) -> Passed {
    Passed {
        id: Digest::of(&[n]),
        signed: vec![n; len],
        lane,
        dry_run_height: 7,
        reads: vec![(b"chain".to_vec(), 3)],
        writes: vec![b"event/x".to_vec()],
    }
}

fn open(dir: &Path) -> Register {
    Register::open(dir, Digest::of(b"chain")).unwrap()
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

#[test]
fn given_a_restart_then_numbers_go_on_and_receipts_are_repeated_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = open(dir.path());
    let first = register.commit(vec![passed(1, Lane::Normal, 100)], Millis(1000), &key(1)).unwrap();
    drop(register);
    let mut register = open(dir.path());
    let stored = register.receipts.get(Digest::of(&[1]).as_bytes()).unwrap().unwrap();
    assert_eq!(stored[..], first.receipts[0].0[..]);
    let second = register.commit(vec![passed(2, Lane::Normal, 100)], Millis(2000), &key(1)).unwrap();
    assert_eq!((first.bundles[0].number, second.bundles[0].number), (1, 2));
    assert_eq!(register.unsealed(Lane::Normal, UNSEALED_BYTES).unwrap().len(), 2);
    let oldest = register.unsealed(Lane::Normal, 1).unwrap();
    assert_eq!(oldest.iter().map(|ready| ready.number).collect::<Vec<_>>(), [1], "the oldest within the bound");
}

#[test]
fn given_a_new_key_then_it_counts_for_itself_and_the_old_ones_bundles_stay() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = open(dir.path());
    let numbers = [1, 1, 2, 1].into_iter().zip(1..).map(|(seed, n)| {
        let made = register.commit(vec![passed(n, Lane::Normal, 100)], Millis(1000), &key(seed)).unwrap();
        (made.bundles[0].endorser == key(seed).public(), made.bundles[0].number)
    });
    assert_eq!(numbers.collect::<Vec<_>>(), [(true, 1), (true, 2), (true, 1), (true, 3)]);
    let unsealed = register.unsealed(Lane::Normal, UNSEALED_BYTES).unwrap();
    let of = |seed| unsealed.iter().filter(|ready| ready.endorser == key(seed).public()).count();
    assert_eq!((of(1), of(2)), (3, 1));
}

#[test]
fn given_mixed_lanes_and_large_events_then_each_bundle_keeps_its_bounds_and_each_event_finds_its_bundle() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = open(dir.path());
    let events = (0..100).map(|n| passed(n, if n % 3 == 0 { Lane::Urgent } else { Lane::Normal }, 5000)).collect();
    let made = register.commit(events, Millis(1000), &key(1)).unwrap();
    assert_eq!(made.receipts.len(), 100);
    for ready in &made.bundles {
        assert!(ready.signed.len() <= wire::bundle::MAX_MESSAGE_BYTES, "{}", ready.signed.len());
    }
    for (n, (_, bundle)) in made.receipts.iter().enumerate() {
        let expected = if n % 3 == 0 { Lane::Urgent } else { Lane::Normal };
        assert_eq!(made.bundles[*bundle].lane, expected);
    }
}

#[test]
fn given_receipts_past_their_keeping_then_a_commit_prunes_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = open(dir.path());
    register.commit(vec![passed(1, Lane::High, 10)], Millis(1000), &key(1)).unwrap();
    register.commit(vec![passed(2, Lane::High, 10)], Millis(1001 + RECEIPTS_KEPT_MS), &key(1)).unwrap();
    assert!(register.receipts.get(Digest::of(&[1]).as_bytes()).unwrap().is_none());
    assert!(register.receipts.get(Digest::of(&[2]).as_bytes()).unwrap().is_some());
}
