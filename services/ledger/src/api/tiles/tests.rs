//! Independent crates read a served log: a note reader takes the checkpoint, and the Go checksum database's algorithms
//! prove every leaf and the log's growth from the tiles alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{App, test, web};
use domain::chain::Lane;
use host::rest::Desks;
use proof::block::Block;
use proof::checkpoint::Cosigner;
use proof::digest::Digest;
use signed_note::Verifier;
use tlog_tiles::{Tile, TileHashReader, TileReader, tlog};

use crate::audit::piece::{Kind, Piece, levels};
use crate::desk::Desk;
use crate::live::{Town, end, until};
use crate::rig::{self, Sealer};

/// A `cosignature/v1` verifier written from the specification alone, for the independent note reader.
struct Witness(Cosigner);

impl Verifier for Witness {
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

/// Everything fetched, by path below the log's prefix.
#[derive(Default)]
struct Fetched(BTreeMap<String, Vec<u8>>);

impl TileReader for Fetched {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        // That library writes the height into its paths, which C2SP fixes and leaves out.
        let path = |tile: &Tile| tile.path().replacen("tile/8/", "tile/", 1);
        Ok(tiles.iter().map(|tile| self.0[&path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

impl Fetched {
    /// The leaves, from the entry bundles alone.
    fn entries(&self, size: u64) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for piece in Piece::all(Kind::Entries, size) {
            let mut rest = self.0[&piece.path()].as_slice();
            while let Some((length, after)) = rest.split_first_chunk::<2>() {
                let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
                entries.push(entry.to_vec());
                rest = after;
            }
        }
        entries
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn independent_crates_verify_the_served_log_from_its_tiles_alone() {
    let town = Town::new().await;
    let genesis = rig::genesis("cn", 1, &[]);
    let node = town.node(&genesis, "m0");
    let desk = crate::start(node.clone(), None).await.unwrap();
    let mut sealer = Sealer::new(&genesis);
    let mut sealed = Vec::new();
    let desks = web::Data::from(Arc::new(Desks::new().with(genesis.chain.clone(), desk.clone())));
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let app = test::init_service(App::new().app_data(desks).configure(crate::api::routes)).await;
            let ask = async |path: &str| {
                let uri = format!("/v1/chains/cn/{path}");
                let response = test::call_service(&app, test::TestRequest::get().uri(&uri).to_request()).await;
                let cached = response.headers().get(CACHE_CONTROL).map(|value| value.to_str().unwrap().to_owned());
                (response.status(), cached.unwrap_or_default(), test::read_body(response).await.to_vec())
            };
            let (status, ..) = ask("tlog/checkpoint").await;
            assert_eq!(status, StatusCode::NOT_FOUND, "nothing is final yet");
            let mut before: Option<tlog_tiles::Checkpoint> = None;
            // One level-0 tile that is not whole; then a whole one, and a level above.
            for (round, blocks) in [(0, 2), (1, 5)] {
                for number in 0..blocks {
                    let first = 1000 * round + 100 * number;
                    let events = (first..first + 60).map(|number| rig::deposit(&genesis, number)).collect();
                    let block = sealer.block(Lane::Normal, events, None);
                    town.publish(&genesis, &block).await;
                    sealed.push(block);
                }
                let height = sealer.tip.height;
                until(&desk, "final", |status| status.final_height == height).await;

                let (_, cached, note) = ask("tlog/checkpoint").await;
                assert_eq!(cached, "no-cache");
                let note = signed_note::Note::from_bytes(&note).unwrap();
                let witnesses = genesis.cosigners().into_iter().map(|one| Box::new(Witness(one)) as Box<dyn Verifier>);
                let (verified, unverified) = note.verify(&signed_note::VerifierList::new(witnesses.collect())).unwrap();
                assert_eq!((verified.len(), unverified.len()), (1, 0));
                let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
                let size = checkpoint.size();
                assert_eq!(size, sealed.len() as u64 * 61);

                let mut fetched = Fetched::default();
                let tiles = levels(size).map(Kind::Hashes).chain([Kind::Entries, Kind::Blocks]);
                for piece in tiles.flat_map(|kind| Piece::all(kind, kind.total(size, height))) {
                    let (status, cached, bytes) = ask(&format!("tlog/{}", piece.path())).await;
                    assert_eq!((status, cached.contains("immutable")), (StatusCode::OK, true), "{}", piece.path());
                    fetched.0.insert(piece.path(), bytes);
                }
                check(&fetched, &checkpoint, before.as_ref());
                let framed = sealed.iter().flat_map(|block: &Block| {
                    let mut framed = Vec::new();
                    proof::digest::put_lp(&mut framed, &block.to_bytes());
                    framed
                });
                let kept = Piece::holding(Kind::Blocks, 0, height).unwrap().path();
                assert!(framed.eq(fetched.0[&kept].iter().copied()));
                before = Some(checkpoint);
            }
            refuses(&desk, ask).await;
            let (_, _, file) = ask("genesis").await;
            assert_eq!(Digest::of(&file), genesis.chain_id);
        })
        .await;
    end(&node, desk).await;
}

/// Every leaf is in the tree, and the tree begins with the one before, by the tiles alone.
fn check(fetched: &Fetched, checkpoint: &tlog_tiles::Checkpoint, before: Option<&tlog_tiles::Checkpoint>) {
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    let reader = TileHashReader::new(size, root, fetched);
    let entries = fetched.entries(size);
    assert_eq!(entries.len() as u64, size);
    for (index, entry) in (0..).zip(&entries) {
        let proof = tlog::prove_record(size, index, &reader).unwrap();
        tlog::check_record(&proof, size, root, index, tlog::record_hash(entry)).unwrap();
    }
    if let Some(before) = before {
        let proof = tlog::prove_tree(size, before.size(), &reader).unwrap();
        tlog::check_tree(&proof, size, root, before.size(), *before.hash()).unwrap();
    }
}

async fn refuses(desk: &Desk, ask: impl AsyncFn(&str) -> (StatusCode, String, Vec<u8>)) {
    let (size, height) = (desk.status().final_size, desk.status().final_height);
    let refused = [
        format!("tile/0/{:03}.p/{}", size / 256, size % 256 + 1),
        format!("tile/0/{:03}", size / 256),
        format!("tile/entries/{:03}.p/{}", size / 256, size % 256 + 1),
        format!("block/000.p/{}", height + 1),
        "block/000".to_owned(),
        "tile/1/000".to_owned(),
        "tile/8/000".to_owned(),
        "tile/63/000.p/1".to_owned(),
        "tile/64/000".to_owned(),
        "tile/0/0".to_owned(),
        "tile/0/".to_owned(),
        "tile/entries/x000/000".to_owned(),
        "block/genesis".to_owned(),
    ];
    for path in refused {
        let (status, _, body) = ask(&format!("tlog/{path}")).await;
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, body["code"].as_str()), (StatusCode::NOT_FOUND, Some("NOT_FOUND")), "{path}");
    }
}
