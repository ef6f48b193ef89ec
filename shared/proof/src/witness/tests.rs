//! A witness cosigns what continues a log and nothing else, and answers as C2SP says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::checkpoint::{cosign, origin};
use crate::golden;
use crate::sign::SecretKey;
use crate::testing::{Log, NoteKey, other_leaf};

fn log_name() -> String {
    origin("cn.32", &Digest::of(b"genesis"))
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn cosigner(seed: u8) -> Cosigner {
    Cosigner { name: format!("member-{seed}.cn.32"), key: secret(seed).public() }
}

fn set() -> CosignerSet {
    CosignerSet { epoch: 0, cosigners: (1..=4).map(cosigner).collect() }
}

fn witness() -> Cosigner {
    Cosigner { name: "witness.university.example".into(), key: secret(90).public() }
}

fn log(fork: bool) -> Log {
    Log::of((0..40).map(|at| other_leaf(if fork && at >= 9 { 1000 + at } else { at })).collect())
}

fn note(log: &Log, size: u64, signers: &[u8]) -> Certificate {
    let root = if size == 0 { empty_root() } else { log.root(size) };
    let checkpoint = Checkpoint { origin: log_name(), size, root };
    let sign = |seed: &u8| cosign(&secret(*seed), &cosigner(*seed).name, &checkpoint, 1_626_739_200);
    let cosignatures = signers.iter().map(sign).collect();
    Certificate { checkpoint, cosignatures }
}

fn request(old: u64, new: u64) -> Request {
    Request { old, proof: log(false).consistency(old, new), note: note(&log(false), new, &[1, 2, 4]) }
}

fn at(size: u64) -> Option<(u64, Digest)> {
    Some((size, log(false).root(size)))
}

#[test]
fn the_example_of_c2sp_is_read_though_its_signatures_are_of_other_kinds() {
    // The example of C2SP `tlog-witness`.
    let body = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
        example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        — example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
    let request = parse(body.as_bytes()).unwrap();
    assert_eq!((request.old, request.proof.len(), request.note.checkpoint.size), (20_852_014, 4, 20_852_163));
    assert_eq!(request.note.cosignatures, []);
    assert_eq!(decide(None, &request, None), Err(WitnessRefusal::NotFound));
    assert_eq!(decide(None, &request, Some(&set())), Err(WitnessRefusal::Forbidden { wanted: 3, found: 0 }));
}

#[test]
fn a_log_that_grows_is_cosigned_again_and_again() {
    let mut known = None;
    for size in [0, 1, 7, 8, 8, 23, 40] {
        let old = known.map_or(0, |(size, _)| size);
        let request = request(old, size);
        assert_eq!(parse(request.body().as_bytes()), Ok(request.clone()));
        assert_eq!(decide(known, &request, Some(&set())), Ok(request.note.checkpoint.clone()), "{old} to {size}");
        known = Some((size, request.note.checkpoint.root));
    }
}

#[test]
fn independent_readers_take_note_and_answer() {
    let request = request(7, 23);
    let body = request.body();
    golden::text("add-checkpoint.txt", &body);
    let checkpoint = decide(at(7), &parse(body.as_bytes()).unwrap(), Some(&set())).unwrap();
    let answer = answer(&cosign(&secret(90), &witness().name, &checkpoint, 1_626_739_260));
    let cosigned = request.note.text() + &answer;
    let note = signed_note::Note::from_bytes(cosigned.as_bytes()).unwrap();
    let keys = set().cosigners.into_iter().chain([witness()]);
    let keys = keys.map(|one| Box::new(NoteKey(one)) as Box<dyn signed_note::Verifier>).collect();
    let (verified, unverified) = note.verify(&signed_note::VerifierList::new(keys)).unwrap();
    assert_eq!((verified.len(), unverified.len()), (4, 0));
    let theirs = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    let (new, old) = (theirs.hash(), tlog_tiles::Hash(log(false).root(7).0));
    let proof = request.proof.iter().map(|hash| tlog_tiles::Hash(hash.0)).collect::<Vec<_>>();
    tlog_tiles::check_tree(&proof, theirs.size(), *new, 7, old).unwrap();

    let eight = Checkpoint { size: 8, ..checkpoint.clone() };
    let mixed = format!("— nobody.example AAAAAAAA\n{answer}{answer}not a line\n");
    assert_eq!(answered(&mixed, &checkpoint, &[witness()]).len(), 2);
    assert_eq!(answered(&answer, &checkpoint, &[cosigner(1)]), []);
    assert_eq!(answered(&answer, &eight, &[witness()]), []);
}

#[test]
fn every_refusal_has_its_status_and_body() {
    let refused = |known, request: &Request| decide(known, request, Some(&set())).unwrap_err();
    let says = |refusal: &WitnessRefusal| (refusal.status(), refusal.body());

    assert_eq!(says(&decide(None, &request(0, 9), None).unwrap_err()).0, 404);

    let few = Request { note: note(&log(false), 9, &[1, 2]), ..request(0, 9) };
    assert_eq!(refused(None, &few), WitnessRefusal::Forbidden { wanted: 3, found: 2 });
    let strangers = Request { note: note(&log(false), 9, &[1, 2, 8, 9]), ..request(0, 9) };
    assert_eq!(refused(None, &strangers), WitnessRefusal::Forbidden { wanted: 3, found: 2 });
    let repeated = Request { note: note(&log(false), 9, &[1, 2, 2]), ..request(0, 9) };
    assert_eq!(says(&refused(None, &repeated)).0, 403, "one cosigner is one");
    let nobody = CosignerSet { epoch: 0, cosigners: vec![] };
    assert_eq!(decide(None, &request(0, 9), Some(&nobody)).unwrap_err().status(), 403);

    let beyond = Request { old: 10, ..request(0, 9) };
    assert_eq!(says(&refused(at(10), &beyond)).0, 400);

    for known in [None, at(6), at(8)] {
        let size = known.map_or(0, |(size, _)| size);
        let conflict = refused(known, &request(7, 9));
        assert_eq!(conflict, WitnessRefusal::Conflict(size));
        assert_eq!(says(&conflict), (409, format!("{size}\n")));
        assert_eq!(conflicting_size(&conflict.body()), Some(size));
    }
    assert_eq!(refused(at(9), &request(0, 9)), WitnessRefusal::Conflict(9), "a first request learns the size");

    let fork = log(true);
    let other_root = Request { old: 20, proof: vec![], note: note(&fork, 20, &[1, 2, 3]) };
    assert_eq!(refused(at(20), &other_root), WitnessRefusal::Conflict(20));
    let branch = Request { old: 20, proof: fork.consistency(20, 30), note: note(&fork, 30, &[1, 2, 3]) };
    assert_eq!(says(&refused(at(20), &branch)).0, 422, "the liars' branch does not continue ours");
    let unproven = Request { proof: vec![], ..request(7, 9) };
    assert_eq!(refused(at(7), &unproven), WitnessRefusal::Unprocessable);
    let needless = Request { proof: vec![Digest::default()], ..request(0, 9) };
    assert_eq!(refused(None, &needless), WitnessRefusal::Unprocessable);
    let empty = Request { note: note(&log(false), 0, &[1, 2, 3]), ..request(0, 0) };
    assert_eq!(decide(None, &empty, Some(&set())), Ok(empty.note.checkpoint.clone()));
    let mut unempty = empty;
    unempty.note.checkpoint.root = Digest::default();
    assert_eq!(says(&refused(None, &unempty)).0, 403, "its signatures are of another root");
}

#[test]
fn what_is_no_request_is_a_bad_one() {
    let good = request(7, 23).body();
    assert!(parse(good.as_bytes()).is_ok());
    let bad = |from: &str, to: &str| {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from:?}");
        assert_eq!(parse(changed.as_bytes()).unwrap_err().status(), 400, "{from:?} to {to:?}");
    };
    bad("old 7\n", "");
    bad("old 7\n", "old 07\n");
    bad("old 7\n", "old  7\n");
    bad("old 7\n", "old -7\n");
    bad("old 7\n", "old 7\r\n");
    bad("old 7\n", "old 9223372036854775808\n");
    bad("old 7\n", "old 7\nAAAA\n");
    bad("=\n", "\n");
    bad("\n\n", "\n");
    bad("\n23\n", "\n023\n");
    bad("\n23\n", "\n23\nextension\n");
    bad("— member-1", "- member-1");
    bad("— member-1", "—  member-1");
    bad("— member-1.cn.32 ", "— ");
    bad("— member-1", "— mem+ber-1");
    for end in 0..good.len() {
        // A note that lost whole signature lines is still a note; the quorum catches that one.
        let read = parse(&good.as_bytes()[..end]);
        assert!(read.is_err() || read.is_ok_and(|read| read.note.cosignatures.len() < 3), "{end} bytes");
    }
    let many = |count: usize| Request { proof: vec![Digest::default(); count], ..request(7, 23) }.body();
    assert!(parse(many(63).as_bytes()).is_ok());
    assert_eq!(parse(many(64).as_bytes()).unwrap_err().status(), 400);
    let with_lines = |count: usize| {
        let line = format!("— log.example {}\n", STANDARD.encode([1; 68]));
        request(7, 23).body() + &line.repeat(count - 3)
    };
    assert_eq!(parse(with_lines(32).as_bytes()), Ok(request(7, 23)), "unknown signatures are ignored");
    assert!(parse(with_lines(33).as_bytes()).is_err());
    assert!(parse(&vec![b'x'; MAX_REQUEST_BYTES + 1]).is_err());
    assert!(parse(&[0xff]).is_err());
    for body in ["", "9", "09\n", "9\n\n", "-9\n", "nine\n"] {
        assert_eq!(conflicting_size(body), None, "{body:?}");
    }
}

#[test]
fn no_flipped_bit_of_a_request_gets_anything_else_cosigned() {
    let request = request(7, 23);
    let mut bytes = request.body().into_bytes();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let decided = parse(&bytes).and_then(|read| decide(at(7), &read, Some(&set())));
        assert!(decided.is_err(), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

proptest! {
    /// Whatever arrives in whatever order, two cosigned checkpoints are of one history.
    #[test]
    fn a_witness_never_cosigns_two_histories(
        asked in prop::collection::vec((any::<bool>(), 0..12_u64, 1..40_u64, any::<bool>()), 1..24),
    ) {
        let (ours, fork) = (log(false), log(true));
        let mut known: Option<(u64, Digest)> = None;
        let mut forked = None;
        for (other, before, size, informed) in asked {
            let branch = if other { &fork } else { &ours };
            let old = if informed { known.map_or(0, |(size, _)| size) } else { before };
            let proof = if old <= size { branch.consistency(old, size) } else { vec![] };
            let request = Request { old, proof, note: note(branch, size, &[1, 2, 3, 4]) };
            if let Ok(checkpoint) = decide(known, &request, Some(&set())) {
                prop_assert!(known.is_none_or(|(last, _)| last <= checkpoint.size));
                known = Some((checkpoint.size, checkpoint.root));
                // The branches part at leaf 9.
                if checkpoint.size > 9 {
                    prop_assert!(*forked.get_or_insert(other) == other);
                }
            }
        }
    }
}
