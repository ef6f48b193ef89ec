//! A witness over HTTP, status by status; two stories, restarts, children; and the way from a ledger to its witnesses.

mod children;
mod forks;
mod outside;
mod submitting;
mod table;

use std::path::Path;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{App, test, web};
use domain::genesis::{Genesis, KeyClass};
use host::clock::Clock;
use proof::checkpoint::{Certificate, Checkpoint, Cosignature, Cosigner, cosign, origin};
use proof::digest::Digest;
use proof::merkle::{Frontier, Node, Nodes, consistency, leaf_hash, root_at};
use proof::sign::SecretKey;
use proof::witness::Request;
use signed_note::Verifier;

use super::outside::{Outside, routes};
use super::*;
use crate::rig;

/// A log in memory: leaves that are only numbers, and the tree over them.
pub(super) struct Story {
    origin: String,
    nodes: Vec<Node>,
}

impl Nodes for Story {
    type Error = std::convert::Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Self::Error> {
        Ok(self.nodes.iter().find(|node| (node.level, node.index) == (level, index)).map(|node| node.hash))
    }
}

impl Story {
    /// The story of a chain's log: it parts from that of another `turn` at leaf 8.
    pub(super) fn of(genesis: &Genesis, turn: u64) -> Self {
        let (mut frontier, mut nodes) = (Frontier::default(), Vec::new());
        for number in 0..64_u64 {
            let leaf = if number < 8 { number } else { 1000 * turn + number };
            frontier.append(leaf_hash(&leaf.to_be_bytes()), &mut nodes);
        }
        Story { origin: origin(genesis.chain.as_str(), &genesis.chain_id), nodes }
    }

    pub(super) fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), size, root: root_at(self, size).unwrap() }
    }

    /// The request that shows the log of `size` leaves, vouched for by these members of the chain.
    pub(super) fn request(&self, genesis: &Genesis, old: u64, size: u64, signers: &[&str]) -> Request {
        let proof = if old <= size { consistency(self, old, size).unwrap() } else { Vec::new() };
        Request { old, proof, note: note(genesis, self.checkpoint(size), signers) }
    }
}

/// A checkpoint with these members' cosignatures.
pub(super) fn note(genesis: &Genesis, checkpoint: Checkpoint, signers: &[&str]) -> Certificate {
    let chain = genesis.chain.as_str();
    let word = |member: &&str| {
        let secret = rig::secret(chain, member, KeyClass::Cosigner);
        cosign(&secret, &format!("{member}.{chain}"), &checkpoint, rig::START.seconds())
    };
    let cosignatures = signers.iter().map(word).collect();
    Certificate { checkpoint, cosignatures }
}

pub(super) const QUORUM: [&str; 3] = ["m0", "m1", "m2"];

pub(super) fn university() -> Signer {
    Signer { name: "witness.university.example".to_owned(), secret: SecretKey::from_seed(&[77; 32]) }
}

pub(super) fn open(dir: &Path, logs: &[&Genesis]) -> Outside {
    let logs = logs.iter().map(|genesis| (*genesis).clone()).collect::<Vec<_>>();
    Outside::open(dir.join("witness"), university(), &logs, Clock::stepped(rig::START)).unwrap()
}

/// An answer: status, content type, body.
pub(super) type Told = (u16, String, String);

/// Posts a body to an outside witness, through its routes.
pub(super) async fn post(outside: &Outside, path: &str, body: impl Into<Vec<u8>>) -> Told {
    let app = test::init_service(App::new().app_data(web::Data::new(outside.clone())).configure(routes)).await;
    let request = test::TestRequest::post().uri(path).set_payload(body.into()).to_request();
    told(test::call_service(&app, request).await).await
}

pub(super) async fn told(response: actix_web::dev::ServiceResponse) -> Told {
    let (status, media) = (response.status(), response.headers().get(CONTENT_TYPE).cloned());
    let media = media.map(|media| media.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
    (status.as_u16(), media, body)
}

pub(super) async fn add(outside: &Outside, request: &Request) -> Told {
    post(outside, "/add-checkpoint", request.body()).await
}

pub(super) async fn noticed(outside: &Outside) -> Vec<serde_json::Value> {
    let app = test::init_service(App::new().app_data(web::Data::new(outside.clone())).configure(routes)).await;
    let response = test::call_service(&app, test::TestRequest::get().uri("/forks").to_request()).await;
    assert_eq!(response.status(), StatusCode::OK);
    test::read_body_json(response).await
}

/// A `cosignature/v1` verifier written from the specification alone, for the independent note reader.
pub(super) struct NoteKey(pub(super) Cosigner);

impl Verifier for NoteKey {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn key_id(&self) -> u32 {
        signed_note::key_id(&self.0.name, &[&[0x04], self.0.key.0.as_slice()].concat())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let (time, signature) = signature.split_first_chunk::<8>().unwrap();
        let head = format!("cosignature/v1\ntime {}\n", u64::from_be_bytes(*time));
        self.0.key.verify_raw(&[head.as_bytes(), message].concat(), signature.try_into().unwrap())
    }
}

/// How many lines of a note are by these keys, and how many by others, as an independent reader says.
pub(super) fn lines_of(note: &str, keys: Vec<Cosigner>) -> (usize, usize) {
    let note = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    let keys = keys.into_iter().map(|key| Box::new(NoteKey(key)) as Box<dyn Verifier>).collect();
    let (verified, unverified) = note.verify(&signed_note::VerifierList::new(keys)).unwrap();
    (verified.len(), unverified.len())
}

/// The checkpoint's text with the line that a witness answered.
pub(super) fn signed(checkpoint: &Checkpoint, line: &str) -> String {
    format!("{}\n{line}", checkpoint.text())
}

pub(super) fn genesis() -> Arc<Genesis> {
    rig::genesis("cn.32", 4, &[])
}
