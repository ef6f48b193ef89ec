//! Two branches never both get a witness's cosignature, and who signed both is named.

use proof::evidence::Evidence;
use tempfile::TempDir;

use super::*;

/// Seen to fail with the defence switched off: with nothing kept before the answer (`judge` returning early), the witness
/// that comes back has forgotten what it signed; with `proof::witness::decide` not comparing sizes and roots, it signs the
/// other branch at once.
#[actix_web::test]
async fn two_branches_never_both_get_a_cosignature_even_across_restarts() {
    let (dir, genesis) = (tempfile::tempdir().unwrap(), genesis());
    let (x, y) = (Story::of(&genesis, 1), Story::of(&genesis, 2));
    let ask = |story: &Story, old, size| story.request(&genesis, old, size, &QUORUM);
    let restart = |dir: &TempDir| open(dir.path(), &[&genesis]);
    // What both have in common, then X, with a restart before every question.
    for (story, old, size, status) in [
        (&y, 0, 8, 200),
        (&x, 8, 20, 200),
        (&y, 8, 20, 409),
        (&y, 20, 20, 409),
        (&y, 0, 20, 409),
        (&y, 20, 30, 422),
        (&y, 8, 30, 409),
        (&x, 20, 30, 200),
        (&y, 30, 30, 409),
        (&y, 30, 40, 422),
        (&x, 30, 40, 200),
    ] {
        let (told, _, body) = add(&restart(&dir), &ask(story, old, size)).await;
        assert_eq!(told, status, "{old} to {size}: {body}");
        let line = Cosignature::parse(body.trim_end());
        let by_witness = line.is_some_and(|line| line.verify(&university().cosigner(), &story.checkpoint(size)));
        assert_eq!(by_witness, status == 200);
    }
}

#[actix_web::test]
async fn who_signed_two_stories_of_one_size_is_named_and_nobody_else() {
    let (dir, genesis) = (tempfile::tempdir().unwrap(), genesis());
    let (x, y) = (Story::of(&genesis, 1), Story::of(&genesis, 2));
    let outside = open(dir.path(), &[&genesis]);
    assert_eq!(add(&outside, &x.request(&genesis, 0, 20, &["m0", "m1", "m2"])).await.0, 200);
    assert_eq!(noticed(&outside).await.len(), 0);
    assert_eq!(add(&outside, &y.request(&genesis, 20, 20, &["m1", "m2", "m3"])).await.0, 409);
    let forks = noticed(&outside).await;
    assert_eq!(forks.len(), 1, "{forks:?}");
    assert_eq!((&forks[0]["size"], &forks[0]["named"]), (&20.into(), &serde_json::json!(["m1.cn.32", "m2.cn.32"])));
    let evidence = Evidence::parse(forks[0]["evidence"].as_str().unwrap()).unwrap();
    let named = evidence.check(forks[0]["origin"].as_str().unwrap(), &genesis.cosigners()).unwrap();
    assert_eq!(named.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["m1.cn.32", "m2.cn.32"]);

    // One liar is enough to be named, though nobody would believe the branch; and it is told once.
    let lone = y.request(&genesis, 20, 20, &["m0"]);
    for _ in 0..2 {
        assert_eq!(add(&outside, &lone).await.0, 403);
    }
    // A branch that was refused is remembered, so that it is held against what comes later at its size.
    assert_eq!(add(&outside, &y.request(&genesis, 20, 30, &["m1", "m2", "m3"])).await.0, 422);
    assert_eq!(add(&outside, &x.request(&genesis, 20, 30, &["m0", "m1", "m3"])).await.0, 200);
    // Honest cosigners who only went on are named by nothing.
    assert_eq!(add(&outside, &x.request(&genesis, 30, 40, &["m0", "m2", "m3"])).await.0, 200);
    let outside = {
        drop(outside);
        open(dir.path(), &[&genesis])
    };
    let named = noticed(&outside).await.into_iter().map(|fork| fork["named"].clone()).collect::<Vec<_>>();
    let wanted = [
        serde_json::json!(["m1.cn.32", "m2.cn.32"]),
        serde_json::json!(["m0.cn.32"]),
        serde_json::json!(["m1.cn.32", "m3.cn.32"]),
    ];
    assert_eq!(named, wanted);
}

#[actix_web::test]
async fn notes_and_forks_are_bounded() {
    let (dir, genesis) = (tempfile::tempdir().unwrap(), genesis());
    let witness = Witness::open(dir.path(), Clock::stepped(rig::START)).unwrap();
    let story = Story::of(&genesis, 1);
    witness.with(|book| {
        for size in 1..=300 {
            let checkpoint = Checkpoint { size, ..story.checkpoint(1) };
            let one = note(&genesis, checkpoint, &["m0"]);
            book.keep(&one, true).unwrap();
        }
        let origin = &story.origin;
        assert!(book.notes(origin, 44).unwrap().is_empty(), "the smallest sizes went");
        assert_eq!((book.notes(origin, 45).unwrap().len(), book.notes(origin, 300).unwrap().len()), (1, 1));
        assert_eq!(book.last(origin).unwrap().unwrap().0, 300);
        let fork = |size| Fork { origin: origin.clone(), size, named: vec!["m0".into()], evidence: "e".into() };
        let kept = (0..100).filter(|size| book.keep_fork(&fork(*size)).unwrap()).count();
        assert_eq!((kept, book.forks().unwrap().len()), (64, 64));
    });
}
