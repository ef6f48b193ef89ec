//! A block's overlay and a state that applies every event at once say the same.

use proptest::prelude::*;

use super::*;

fn key(n: u8) -> Vec<u8> {
    vec![b'k', n]
}

proptest! {
    #[test]
    fn an_overlay_reads_scans_and_counts_versions_like_the_state_it_becomes(
        base in proptest::collection::btree_map(0..12_u8, any::<u8>(), 0..8),
        writes in proptest::collection::vec((0..12_u8, proptest::option::of(any::<u8>())), 0..20),
        from in 0..12_u8,
        to in 0..12_u8,
        limit in 0..6_usize,
    ) {
        let mut state = MemoryState::default();
        state.apply(&base.into_iter().map(|(n, value)| (key(n), Some(vec![value]))).collect());
        let before = state.clone();
        let mut overlay = Overlay::new(&before);
        for (n, value) in writes {
            let write = Writes::from([(key(n), value.map(|value| vec![value]))]);
            state.apply(&write);
            overlay.apply(write).unwrap();
        }
        for n in 0..12 {
            prop_assert_eq!(overlay.get(&key(n)), state.get(&key(n)));
        }
        prop_assert_eq!(overlay.scan(&key(from), &key(to), limit), state.scan(&key(from), &key(to), limit));
        let mut became = before.clone();
        became.change(&overlay.into_changes());
        prop_assert_eq!(became, state);
    }
}

#[test]
fn a_draft_reads_its_own_writes_and_reports_what_it_read_before_them() {
    let mut state = MemoryState::default();
    state.apply(&Writes::from([(key(1), Some(codec::encode(&7_u64)))]));
    let mut draft = Draft::new(&state);
    assert_eq!(draft.get::<u64>(&key(1)).unwrap(), Some(7));
    draft.put(key(1), &8_u64);
    assert_eq!(draft.get::<u64>(&key(1)).unwrap(), Some(8));
    draft.delete(key(1));
    assert_eq!(draft.get::<u64>(&key(1)).unwrap(), None);
    assert_eq!((draft.version(&key(1)).unwrap(), draft.version(&key(2)).unwrap()), (1, 0));
    let (reads, writes) = draft.finish();
    assert_eq!((reads, writes), (vec![(key(1), 1), (key(2), 0)], Writes::from([(key(1), None)])));
}

#[test]
fn a_record_that_does_not_decode_is_a_fault() {
    let mut state = MemoryState::default();
    state.apply(&Writes::from([(key(1), Some(vec![1, 2, 3]))]));
    assert!(read::<u64>(&state, &key(1)).is_err());
    let stored = state.get(&key(1)).unwrap().unwrap();
    assert_eq!(Versioned::from_bytes(&stored.to_bytes()), Some(stored));
    assert_eq!(Versioned::from_bytes(&[0; 7]), None);
}
