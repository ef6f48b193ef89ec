//! An outside witness follows a log's cosigners when it is shown how they changed.

use proof::handover::{CosignerSet, Handover};
use proof::leaf::{CosignersLeaf, Leaf};
use proof::merkle::inclusion;

use super::super::words::handovers_body;
use super::*;

/// The cosigner of a member with a key of a later epoch.
fn renewed(member: &str, epoch: u32) -> (Cosigner, SecretKey) {
    let secret = SecretKey::from_seed(&Digest::of_parts(&[member.as_bytes(), &epoch.to_be_bytes()]).0);
    (Cosigner { name: format!("{member}.cn.32"), key: secret.public() }, secret)
}

fn vouch(checkpoint: &Checkpoint, signers: &[(Cosigner, SecretKey)]) -> Certificate {
    let word = |(cosigner, secret): &(Cosigner, SecretKey)| cosign(secret, &cosigner.name, checkpoint, 1_626_739_200);
    Certificate { checkpoint: checkpoint.clone(), cosignatures: signers.iter().map(word).collect() }
}

/// A log whose leaves 3 and 9 name new sets.
struct Changing {
    origin: String,
    leaves: Vec<Vec<u8>>,
    nodes: Vec<Node>,
    sets: Vec<Vec<(Cosigner, SecretKey)>>,
}

impl Nodes for Changing {
    type Error = std::convert::Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Self::Error> {
        Ok(self.nodes.iter().find(|node| (node.level, node.index) == (level, index)).map(|node| node.hash))
    }
}

impl Changing {
    fn new(genesis: &Genesis) -> Self {
        let first = ["m0", "m1", "m2", "m3"].map(|member| {
            let secret = rig::secret("cn.32", member, KeyClass::Cosigner);
            (Cosigner { name: format!("{member}.cn.32"), key: secret.public() }, secret)
        });
        let later = |epoch| ["m0", "m1", "m2", "m4"].map(|member| renewed(member, epoch)).to_vec();
        let sets = vec![first.to_vec(), later(1), later(2)];
        let set = |epoch: usize| {
            let cosigners = sets[epoch].iter().map(|(cosigner, _)| cosigner.clone()).collect();
            let epoch = u32::try_from(epoch).unwrap();
            Leaf::Cosigners(CosignersLeaf { height: 1, epoch, cosigners, relays: Vec::new() }).to_bytes()
        };
        let leaves = (0..32_u64).map(|at| match at {
            3 => set(1),
            9 => set(2),
            at => at.to_be_bytes().to_vec(),
        });
        let leaves = leaves.collect::<Vec<_>>();
        let (mut frontier, mut nodes) = (Frontier::default(), Vec::new());
        leaves.iter().for_each(|leaf| frontier.append(leaf_hash(leaf), &mut nodes));
        Changing { origin: origin("cn.32", &genesis.chain_id), leaves, nodes, sets }
    }

    fn certificate(&self, size: u64, epoch: usize) -> Certificate {
        let checkpoint = Checkpoint { origin: self.origin.clone(), size, root: root_at(self, size).unwrap() };
        vouch(&checkpoint, &self.sets[epoch][..3])
    }

    fn handover(&self, index: u64, size: u64, by: usize) -> Handover {
        let inclusion = inclusion(self, index, size).unwrap();
        let leaf = self.leaves[usize::try_from(index).unwrap()].clone();
        Handover { certificate: self.certificate(size, by), leaf, index, inclusion }
    }

    fn request(&self, old: u64, size: u64, epoch: usize) -> Request {
        Request { old, proof: consistency(self, old, size).unwrap(), note: self.certificate(size, epoch) }
    }
}

#[actix_web::test]
async fn handovers_shown_lead_to_the_newest_set_and_are_remembered() {
    let (dir, genesis) = (tempfile::tempdir().unwrap(), genesis());
    let log = Changing::new(&genesis);
    let (one, two) = (log.handover(3, 6, 0), log.handover(9, 12, 1));
    let show = async |outside: &Outside, handovers: &[Handover]| {
        post(outside, "/add-handovers", handovers_body(&log.origin, handovers)).await
    };
    let outside = open(dir.path(), &[&genesis]);
    assert_eq!(add(&outside, &log.request(0, 6, 0)).await.0, 200);
    assert_eq!(show(&outside, &[]).await, (200, "text/plain; charset=utf-8".into(), "0\n".into()));
    assert_eq!(add(&outside, &log.request(6, 8, 1)).await.0, 403, "nobody showed it the new set");

    assert_eq!(show(&outside, std::slice::from_ref(&two)).await.0, 422, "the set between is missing");
    let by_themselves = log.handover(3, 6, 1);
    assert_eq!(show(&outside, &[by_themselves]).await.0, 422, "nobody names himself");
    let not_there = Handover { leaf: log.leaves[9].clone(), ..one.clone() };
    assert_eq!(show(&outside, &[not_there]).await.0, 422);
    assert_eq!(show(&outside, &[]).await.2, "0\n");
    assert_eq!(post(&outside, "/add-handovers", "tocsin/cn.32/0000000000000000\n\n").await.0, 404);
    for bad in [String::new(), log.origin.clone(), format!("{}\n\nhandover x\n", log.origin), "x".repeat(300_000)] {
        assert_eq!(post(&outside, "/add-handovers", bad).await.0, 400);
    }

    assert_eq!(show(&outside, std::slice::from_ref(&one)).await.2, "1\n");
    assert_eq!(add(&outside, &log.request(6, 8, 0)).await.0, 403, "the old set's word counts no more");
    assert_eq!(add(&outside, &log.request(6, 8, 1)).await.0, 200);
    drop(outside);
    let outside = open(dir.path(), &[&genesis]);
    assert_eq!(show(&outside, &[]).await.2, "1\n");
    assert_eq!(show(&outside, &[one, two]).await.2, "2\n", "what it knows is passed over");
    assert_eq!(add(&outside, &log.request(8, 20, 2)).await.0, 200);
    drop(outside);
    let witness = Witness::open(&dir.path().join("witness"), Clock::stepped(rig::START)).unwrap();
    let kept = witness.with(|book| book.newest(&log.origin)).unwrap();
    let cosigners = log.sets[2].iter().map(|(cosigner, _)| cosigner.clone()).collect();
    assert_eq!(kept, Some(CosignerSet { epoch: 2, cosigners }));
    assert_eq!(witness.with(|book| book.cosigners(&log.origin)).unwrap().len(), 12, "every set it ever knew");
}
