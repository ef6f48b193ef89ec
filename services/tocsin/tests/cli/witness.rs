//! `tocsin witness`: an outside witness as its own process, which forgets nothing when it is killed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use domain::genesis::{KeyClass, cosigner_name};
use host::keys::KeyRing;
use proof::checkpoint::{Certificate, Checkpoint, Cosignature, Cosigner, cosign, origin};
use proof::digest::Digest;
use proof::merkle::{leaf_hash, node_hash};
use proof::witness::Request;

use crate::place::{CHAIN, MANAGER, MEMBERS, PATIENCE, Place, Running, arg, assert_config, output, tocsin};

const NAME: &str = "witness.university.example";

/// The chain's log of two leaves, of which the second is this story's.
fn note(place: &Place, size: u64, story: &[u8]) -> (Certificate, Vec<Digest>) {
    let (first, second) = (leaf_hash(b"first"), leaf_hash(story));
    let root = if size == 1 { first } else { node_hash(&first, &second) };
    let checkpoint = Checkpoint { origin: origin(CHAIN, &place.genesis.chain_id), size, root };
    let cosignatures = MEMBERS[..3].iter().map(|member| {
        let ring = KeyRing::load(&place.path(&format!("{member}.toml"))).unwrap();
        let name = cosigner_name(member, &place.genesis.chain);
        cosign(&ring.secret(KeyClass::Cosigner).unwrap(), &name, &checkpoint, 1_626_739_200)
    });
    let cosignatures = cosignatures.collect();
    (Certificate { checkpoint, cosignatures }, vec![second])
}

fn request(place: &Place, old: u64, size: u64, story: &[u8]) -> String {
    let (note, proof) = note(place, size, story);
    let proof = if old == 1 && size == 2 { proof } else { Vec::new() };
    Request { old, proof, note }.body()
}

/// Posts to a witness; the status and the body.
fn post(address: SocketAddr, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn start(place: &Place) -> Running {
    let mut command = tocsin();
    command.args(["witness", "--listen", "127.0.0.1:0", "--name", NAME]);
    command.args(["--keys", arg(&place.path("university.toml")), "--data", arg(&place.path("memory"))]);
    command.args(["--log", arg(&place.path("chain.toml"))]);
    Running::start(&mut command)
}

#[test]
fn a_witness_that_was_killed_goes_on_where_it_was_and_takes_no_other_branch() {
    let place = Place::new();
    let keys = place.path("university.toml");
    assert!(
        output(&["keys", "new", "--member", "university", "--class", "cosigner", "--out", arg(&keys)]).status.success()
    );
    let key = KeyRing::load(&keys).unwrap().secret(KeyClass::Cosigner).unwrap().public();
    let witness = Cosigner { name: NAME.to_owned(), key };

    let running = start(&place);
    let (status, line) = post(running.address, &request(&place, 0, 1, b"one"));
    assert_eq!(status, 200, "{line}");
    assert_eq!(post(running.address, &request(&place, 1, 2, b"one")).0, 200);
    running.signal("KILL");
    let (ended, _) = running.ended(PATIENCE);
    assert!(!ended.success());

    let running = start(&place);
    assert_eq!(post(running.address, &request(&place, 1, 2, b"other")), (409, "2\n".to_owned()));
    assert_eq!(post(running.address, &request(&place, 2, 2, b"other")), (409, "2\n".to_owned()));
    let (status, line) = post(running.address, &request(&place, 2, 2, b"one"));
    assert_eq!(status, 200);
    let word = Cosignature::parse(line.trim_end()).unwrap();
    assert!(word.verify(&witness, &note(&place, 2, b"one").0.checkpoint));
    running.signal("TERM");
    let (ended, said) = running.ended(PATIENCE);
    assert!(ended.success(), "{said:#?}");
    let said = said.join("\n");
    assert!(said.contains("two stories") && MEMBERS[..3].iter().all(|liar| said.contains(liar)), "{said}");
    assert!(!said.contains(MEMBERS[3]), "{said}");
}

#[test]
fn what_cannot_witness_is_said_before_it_listens() {
    let place = Place::new();
    let run = |keys: &str, more: &[&str]| {
        let mut command = tocsin();
        command.args([
            "witness",
            "--listen",
            "127.0.0.1:0",
            "--keys",
            arg(&place.path(keys)),
            "--data",
            arg(&place.path("w")),
        ]);
        command.args(["--log", arg(&place.path("chain.toml"))]).args(more).output().unwrap()
    };
    assert_config(&run("nobody.toml", &[]), "nobody.toml");
    KeyRing::generate_of("client", &[KeyClass::Client]).unwrap().save(&place.path("client.toml")).unwrap();
    assert_config(&run("client.toml", &[]), "no cosigner key");
    KeyRing::generate_of("uni", &[KeyClass::Cosigner]).unwrap().save(&place.path("uni.toml")).unwrap();
    assert_config(&run("uni.toml", &["--name", "two words"]), "--name");
    assert_config(&run("uni.toml", &["--log", arg(&place.path("uni.toml"))]), "uni.toml");
    let manager = run(&format!("{MANAGER}.toml"), &[]);
    assert_eq!(manager.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&manager.stderr).contains("a witness has one of its own"));
}
