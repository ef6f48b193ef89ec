//! q of n, whoever comes first; rivals; and words that do not count.

use proof::checkpoint::cosign;
use proof::digest::Digest;

use super::*;
use crate::chain::Chain;
use crate::rig;
use domain::genesis::KeyClass;

struct Table {
    chain: Chain,
    finality: Finality,
}

/// The set of an epoch whose cosigners are these members.
fn set(epoch: u32, members: &[usize]) -> Arc<CosignerSet> {
    let cosigner = |member: &usize| Cosigner {
        name: format!("m{member}.cn.32"),
        key: rig::secret("cn.32", &format!("m{member}"), KeyClass::Cosigner).public(),
    };
    Arc::new(CosignerSet { epoch, cosigners: members.iter().map(cosigner).collect() })
}

impl Table {
    fn new() -> Self {
        let chain = Chain::new(rig::genesis("cn.32", 4, &[]));
        Table { finality: Finality::new(set(0, &[0, 1, 2, 3]), 0), chain }
    }

    /// We have executed a height under the first set.
    fn executed(&mut self, height: u64) {
        self.finality.executed(height, self.checkpoint(height, "ours"), set(0, &[0, 1, 2, 3]));
    }

    fn checkpoint(&self, height: u64, what: &str) -> Checkpoint {
        Checkpoint { origin: self.chain.origin.clone(), size: height * 10, root: Digest::of(what.as_bytes()) }
    }

    fn word(&self, member: usize, checkpoint: &Checkpoint) -> Certificate {
        let key = rig::secret("cn.32", &format!("m{member}"), KeyClass::Cosigner);
        let cosignature = cosign(&key, &format!("m{member}.cn.32"), checkpoint, 7);
        Certificate { checkpoint: checkpoint.clone(), cosignatures: vec![cosignature] }
    }

    fn hear(&mut self, member: usize, height: u64, what: &str) -> Verdict {
        let word = self.word(member, &self.checkpoint(height, what));
        self.finality.vouch(height, word);
        self.finality.settle(vec![height])
    }
}

#[test]
fn three_of_four_make_it_final_and_lower_heights_with_it() {
    let mut table = Table::new();
    for height in [1, 2] {
        table.executed(height);
    }
    assert_eq!(table.hear(0, 2, "ours"), Verdict::Nothing);
    assert_eq!(table.hear(1, 2, "ours"), Verdict::Nothing);
    assert_eq!(table.hear(1, 2, "ours"), Verdict::Nothing, "the same word twice is one word");
    let Verdict::Final(2, certificate) = table.hear(3, 2, "ours") else { panic!("three of four are a quorum") };
    set(0, &[0, 1, 2, 3]).verify(&table.chain.origin, &certificate).unwrap();
    assert_eq!(table.finality.last(), 2);
    assert_eq!(table.hear(2, 1, "ours"), Verdict::Nothing, "what is below is final already");
}

#[test]
fn words_may_come_before_we_have_executed() {
    let mut table = Table::new();
    for member in [1, 2, 3] {
        assert_eq!(table.hear(member, 1, "ours"), Verdict::Nothing);
    }
    table.executed(1);
    assert!(matches!(table.finality.settle(vec![1]), Verdict::Final(1, _)));
}

#[test]
fn a_minority_that_differs_changes_nothing_and_a_quorum_contradicts_us() {
    let mut table = Table::new();
    table.executed(1);
    assert_eq!(table.hear(0, 1, "theirs"), Verdict::Nothing);
    assert_eq!(table.hear(1, 1, "theirs"), Verdict::Nothing);
    assert_eq!(table.hear(2, 1, "theirs"), Verdict::Contradicted(1));
}

#[test]
fn forged_words_and_strangers_do_not_count() {
    let mut table = Table::new();
    let ours = table.checkpoint(1, "ours");
    table.executed(1);
    table.hear(0, 1, "ours");
    table.hear(1, 1, "ours");
    let mut forged = table.word(2, &ours);
    forged.cosignatures[0].signature[0] ^= 1;
    table.finality.vouch(1, forged);
    assert_eq!(table.finality.settle(vec![1]), Verdict::Nothing);
    let mut renamed = table.word(2, &ours);
    renamed.cosignatures[0].name = "m9.cn.32".into();
    table.finality.vouch(1, renamed);
    assert_eq!(table.finality.settle(vec![1]), Verdict::Nothing);
    // The true word replaces the forged one.
    assert!(matches!(table.hear(2, 1, "ours"), Verdict::Final(1, _)));
}

#[test]
fn a_forged_word_does_not_take_the_place_of_a_true_one() {
    let mut table = Table::new();
    let ours = table.checkpoint(1, "ours");
    table.executed(1);
    table.hear(0, 1, "ours");
    table.hear(1, 1, "ours");
    let mut forged = table.word(1, &ours);
    forged.cosignatures[0].signature[0] ^= 1;
    table.finality.vouch(1, forged);
    assert!(matches!(table.hear(2, 1, "ours"), Verdict::Final(1, _)));
}

#[test]
fn a_whole_certificate_is_believed_only_when_it_verifies() {
    let mut table = Table::new();
    let ours = table.checkpoint(3, "ours");
    table.executed(3);
    let words = |table: &Table, checkpoint: &Checkpoint| {
        let cosignatures = (0..3).flat_map(|member| table.word(member, checkpoint).cosignatures).collect();
        Certificate { checkpoint: checkpoint.clone(), cosignatures }
    };
    let mut short = words(&table, &ours);
    short.cosignatures.pop();
    assert_eq!(table.finality.certificate(&short), Verdict::Nothing);
    let rival = words(&table, &table.checkpoint(3, "theirs"));
    assert_eq!(table.finality.certificate(&rival), Verdict::Contradicted(3));
    let good = words(&table, &ours);
    assert_eq!(table.finality.certificate(&good), Verdict::Final(3, good.clone()));
}

#[test]
fn each_height_is_judged_by_its_own_set() {
    let mut table = Table::new();
    table.executed(1);
    // From height 2 on m0 is out and m4 is in; its words may come before we know that height.
    let second = set(1, &[1, 2, 3, 4]);
    assert_eq!(table.hear(4, 2, "ours"), Verdict::Nothing);
    assert_eq!(table.finality.heard.len(), 0, "nobody of that name is known yet");
    table.finality.expect(&second);
    table.hear(4, 2, "ours");
    table.finality.executed(2, table.checkpoint(2, "ours"), Arc::clone(&second));
    for member in [0, 1] {
        assert_eq!(table.hear(member, 2, "ours"), Verdict::Nothing, "m0 cosigns no more");
    }
    assert_eq!(table.hear(4, 1, "ours"), Verdict::Nothing);
    let Verdict::Final(2, certificate) = table.hear(2, 2, "ours") else { panic!("m1, m2 and m4 are a quorum") };
    second.verify(&table.chain.origin, &certificate).unwrap();
    assert!(set(0, &[0, 1, 2, 3]).verify(&table.chain.origin, &certificate).is_err());
}

#[test]
fn a_new_cosigner_does_not_count_below_the_height_where_its_set_begins() {
    let mut table = Table::new();
    table.executed(1);
    table.finality.expect(&set(1, &[1, 2, 3, 4]));
    for member in [4, 1, 2] {
        assert_eq!(table.hear(member, 1, "ours"), Verdict::Nothing, "two of the first set have spoken");
    }
    assert!(matches!(table.hear(3, 1, "ours"), Verdict::Final(1, _)));
}

#[test]
fn a_liar_does_not_hide_that_a_quorum_contradicts_us() {
    let all = (0..7).collect::<Vec<_>>();
    let mut table = Table::new();
    table.finality = Finality::new(set(0, &all), 0);
    table.finality.executed(1, table.checkpoint(1, "ours"), set(0, &all));
    assert_eq!(table.hear(0, 1, "a third story"), Verdict::Nothing);
    for member in 1..5 {
        assert_eq!(table.hear(member, 1, "theirs"), Verdict::Nothing);
    }
    assert_eq!(table.hear(5, 1, "theirs"), Verdict::Contradicted(1));
}

#[test]
fn a_height_from_before_the_start_is_settled_once_and_only_forward() {
    let mut table = Table::new();
    table.executed(5);
    let checkpoint = table.checkpoint(3, "ours");
    let certificate = table.word(1, &checkpoint);
    assert_eq!(table.finality.certificate(&certificate), Verdict::Nothing, "it is not of the blocks since the start");
    assert_eq!(table.finality.settled(3, certificate.clone()), Verdict::Final(3, certificate.clone()));
    assert_eq!((table.finality.last(), table.finality.settled(3, certificate)), (3, Verdict::Nothing));
    for member in [0, 1, 2] {
        table.hear(member, 5, "ours");
    }
    assert_eq!(table.finality.last(), 5, "what comes later is final as ever");
}
