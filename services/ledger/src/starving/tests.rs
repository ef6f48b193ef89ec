//! Who is convicted, and who is not.

use super::*;

fn key(number: u8) -> PublicKey {
    PublicKey([number; 32])
}

/// Blocks at one a second; each lane has what is put into it, `hide` is a lane that the sealer leaves.
struct Chain {
    watch: Watch,
    height: u64,
    now_ms: u64,
    next: [u64; 3],
    moved: [u64; 3],
    waiting: [u64; 3],
}

impl Chain {
    fn new() -> Self {
        Chain { watch: Watch::default(), height: 0, now_ms: 1_000_000, next: [1; 3], moved: [0; 3], waiting: [0; 3] }
    }

    /// Everybody sees what is in the streams.
    fn look(&mut self) {
        for (place, lane) in Lane::ALL.into_iter().enumerate() {
            if self.waiting[place] > 0 {
                self.watch.waits(lane, self.next[place], self.now_ms);
            }
        }
    }

    fn block(&mut self, sealer: u8, leaves: &[Lane]) -> Vec<(PublicKey, Victim, u64)> {
        self.height += 1;
        self.now_ms += 4_000;
        let mut lanes = self.next.map(LaneRange::empty);
        for (place, lane) in Lane::ALL.into_iter().enumerate() {
            if self.waiting[place] > 0 && !leaves.contains(&lane) {
                lanes[place].last += self.waiting[place];
                self.next[place] += self.waiting[place];
                self.waiting[place] = 0;
                self.moved[place] = self.height;
            }
        }
        let block = Sealed { height: self.height, sealer: key(sealer), lanes, moved: self.moved };
        self.watch.sealed(&block, self.now_ms);
        self.look();
        self.watch.convicted().collect()
    }
}

#[test]
fn a_sealer_that_leaves_a_lane_is_convicted_after_eight_blocks_and_half_a_minute() {
    let mut chain = Chain::new();
    chain.waiting = [1, 1, 1];
    assert_eq!(chain.block(1, &[]), []);
    chain.waiting = [1, 0, 0];
    assert_eq!(chain.block(1, &[Lane::Urgent]), [], "nobody had seen the message before");
    for _ in 0..STARVED_BLOCKS {
        chain.waiting[2] = 1;
        assert_eq!(chain.block(1, &[Lane::Urgent]), [], "block {}", chain.height);
    }
    // 8 blocks at 4 s are 28 s from the first to the last.
    let convicted = chain.block(1, &[Lane::Urgent]);
    assert_eq!(convicted, [(key(1), Victim::Lane(Lane::Urgent), 1)], "since height 1 the lane stands");
    // Who looks only now and then, or began later, says the same height.
    let mut late = Chain { watch: Watch::default(), ..chain };
    for _ in 0..10 {
        late.block(1, &[Lane::Urgent]);
    }
    assert_eq!(late.watch.convicted().collect::<Vec<_>>(), convicted);
}

#[test]
fn many_blocks_in_a_moment_and_few_in_a_long_time_convict_nobody() {
    let mut chain = Chain::new();
    chain.waiting = [1, 0, 0];
    chain.look();
    chain.now_ms += SEEN_MS;
    for _ in 0..100 {
        chain.now_ms -= 3_990;
        assert_eq!(chain.block(1, &[Lane::Urgent]), []);
    }
    let mut chain = Chain::new();
    chain.waiting = [1, 0, 0];
    chain.look();
    for _ in 0..STARVED_BLOCKS - 1 {
        chain.now_ms += 600_000;
        assert_eq!(chain.block(1, &[Lane::Urgent]), []);
    }
}

#[test]
fn an_empty_lane_a_fresh_message_and_a_block_that_takes_one_begin_anew() {
    for what in 0..3 {
        let mut chain = Chain::new();
        for round in 0..40 {
            match what {
                // Nothing is there.
                0 => {}
                // What is there came just now: nobody could see it before the block.
                1 => {
                    chain.waiting = [1, 0, 0];
                    chain.watch.waiting = [None; 3];
                }
                // Each seventh block takes what is there.
                _ => chain.waiting = [1, 0, 0],
            }
            let leaves: &[Lane] = if what == 2 && round % 7 == 0 { &[] } else { &[Lane::Urgent] };
            assert_eq!(chain.block(1, leaves), [], "{what} {round}");
        }
    }
}

#[test]
fn each_sealer_answers_for_its_own_blocks() {
    let mut chain = Chain::new();
    for _ in 0..30 {
        // The honest one takes everything, so nothing is left for long.
        chain.waiting = [1, 1, 1];
        assert_eq!(chain.block(1, &[Lane::Urgent]), []);
        assert_eq!(chain.block(2, &[]), []);
    }
    // Two that starve together are convicted together; one that has just begun is not.
    for _ in 0..10 {
        chain.waiting = [1, 1, 1];
        chain.block(1, &[Lane::High]);
        chain.block(3, &[Lane::High]);
    }
    chain.block(4, &[Lane::High]);
    let convicted = chain.watch.convicted().map(|(sealer, victim, _)| (sealer, victim)).collect::<Vec<_>>();
    assert_eq!(convicted, [(key(1), Victim::Lane(Lane::High)), (key(3), Victim::Lane(Lane::High))]);
    chain.watch.forget(&key(1));
    assert_eq!(chain.watch.convicted().count(), 1);
}

#[test]
fn false_holes_convict_unless_the_node_is_served_meanwhile() {
    let mut watch = Watch::default();
    let block = |height| Sealed { height, sealer: key(1), lanes: [1; 3].map(LaneRange::empty), moved: [0; 3] };
    for number in 1..=20 {
        watch.hidden(&block(number), key(9), number * 5_000);
        if number % 5 == 0 {
            assert!(watch.hides(&key(1)));
            watch.served(key(1), key(9));
        }
        assert_eq!(watch.convicted().count(), 0, "{number}");
    }
    for number in 21..=28 {
        watch.hidden(&block(number), key(9), number * 5_000);
    }
    assert_eq!(watch.convicted().collect::<Vec<_>>(), [(key(1), Victim::Node(key(9)), 20)]);
}
