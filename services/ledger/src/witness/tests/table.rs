//! Every status of the specification, with its content type and body.

use super::*;

#[actix_web::test]
async fn every_status_of_the_specification_is_answered_in_its_words() {
    let (dir, genesis) = (tempfile::tempdir().unwrap(), genesis());
    let other = rig::genesis("cn.33", 4, &[]);
    let outside = open(dir.path(), &[&genesis]);
    let story = Story::of(&genesis, 1);
    let text = "text/plain; charset=utf-8";
    let ask = |old, size| story.request(&genesis, old, size, &QUORUM);

    let (status, media, line) = add(&outside, &ask(0, 10)).await;
    assert_eq!((status, media.as_str()), (200, text));
    assert_eq!(lines_of(&signed(&story.checkpoint(10), &line), vec![university().cosigner()]), (1, 0));
    assert!(line.starts_with("— witness.university.example ") && line.ends_with('\n') && line.lines().count() == 1);
    assert_eq!(add(&outside, &ask(10, 20)).await.0, 200);
    assert_eq!(add(&outside, &ask(20, 20)).await.0, 200, "the same again");

    let few = Request { note: note(&genesis, story.checkpoint(30), &["m0", "m3"]), ..ask(20, 30) };
    let strangers = Request { note: note(&other, story.checkpoint(30), &QUORUM), ..ask(20, 30) };
    let mut forged = ask(20, 30);
    forged.note.cosignatures[1].signature[7] ^= 1;
    let mut twice = ask(20, 30);
    twice.note.cosignatures[2] = twice.note.cosignatures[0].clone();
    let unknown = Story::of(&other, 1).request(&other, 0, 10, &QUORUM);
    let mut bent = ask(20, 30);
    bent.proof[0].0[0] ^= 1;
    let mut longer = ask(20, 30);
    longer.proof.push(Digest([0; 32]));
    let said = |request: &Request| request.body().into_bytes();
    let body = ask(20, 30).body();
    let size = "text/x.tlog.size";
    let cases: Vec<(&str, Vec<u8>, u16, &str, &str)> = vec![
        ("nothing", Vec::new(), 400, text, ""),
        ("no text", vec![0xff; 40], 400, text, ""),
        ("too long", vec![b'x'; 65 * 1024], 400, text, ""),
        ("no old size", body.replacen("old 20", "old  20", 1).into(), 400, text, ""),
        ("a number with a zero before it", body.replacen("old 20", "old 020", 1).into(), 400, text, ""),
        ("CRLF", body.replace('\n', "\r\n").into(), 400, text, ""),
        ("no note", body.split("\n\n").next().unwrap().into(), 400, text, ""),
        ("64 hashes", said(&Request { proof: vec![Digest([1; 32]); 64], ..ask(20, 30) }), 400, text, ""),
        ("old beyond the checkpoint", said(&ask(40, 30)), 400, text, ""),
        ("fewer than the log's quorum", said(&few), 403, text, ""),
        ("another chain's cosigners", said(&strangers), 403, text, ""),
        ("a forged signature", said(&forged), 403, text, ""),
        ("one signature twice", said(&twice), 403, text, ""),
        ("a log that is not watched", said(&unknown), 404, text, ""),
        ("an older size than the last", said(&ask(10, 30)), 409, size, "20\n"),
        ("from the beginning", said(&ask(0, 30)), 409, size, "20\n"),
        ("a smaller checkpoint", said(&ask(10, 12)), 409, size, "20\n"),
        (
            "another root of the same size",
            said(&Story::of(&genesis, 2).request(&genesis, 20, 20, &QUORUM)),
            409,
            size,
            "20\n",
        ),
        ("a proof that does not hold", said(&bent), 422, text, ""),
        ("a proof with more", said(&longer), 422, text, ""),
        ("another log that goes on", said(&Story::of(&genesis, 2).request(&genesis, 20, 30, &QUORUM)), 422, text, ""),
    ];
    for (what, body, status, media, words) in cases {
        let told = post(&outside, "/add-checkpoint", body).await;
        assert_eq!((told.0, told.1.as_str()), (status, media), "{what}: {}", told.2);
        assert!(if words.is_empty() { told.2.len() > 5 } else { told.2 == words }, "{what}: {:?}", told.2);
    }
    assert_eq!(add(&outside, &ask(20, 30)).await.0, 200, "no refusal moved anything");
}

#[actix_web::test]
async fn extra_lines_of_other_keys_and_kinds_are_passed_over() {
    let (dir, genesis) = (tempfile::tempdir().unwrap(), genesis());
    let outside = open(dir.path(), &[&genesis]);
    let body = Story::of(&genesis, 1).request(&genesis, 0, 10, &QUORUM).body();
    let odd = "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    assert_eq!(post(&outside, "/add-checkpoint", format!("{body}{odd}")).await.0, 200);
    let (_, lines) = body.rsplit_once("\n\n").unwrap();
    let first = lines.lines().next().unwrap();
    let renamed = format!("{body}{}\n", first.replacen("m0.cn.32", "m9.cn.32", 1));
    let again = renamed.replacen("old 0", "old 10", 1);
    assert_eq!(post(&outside, "/add-checkpoint", again).await.0, 200);
}

#[actix_web::test]
async fn a_key_that_cosigns_a_log_cannot_witness_it() {
    let (dir, genesis) = (tempfile::tempdir().unwrap(), genesis());
    let signer = Signer { name: "else".to_owned(), secret: rig::secret("cn.32", "m2", KeyClass::Cosigner) };
    let logs = [(*genesis).clone()];
    let error = Outside::open(dir.path().join("w"), signer, &logs, Clock::wall()).err().unwrap();
    assert!(error.to_string().contains("a cosigner of cn.32"), "{error}");
}
