//! The figures of August 2021 over three levels: three cities, their province and the nation, each with one ledger. The
//! test plays the sealers and the admission of the chains above.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bus::{Publish, ServeHandle};
use domain::chain::Lane;
use domain::genesis::Genesis;
use domain::query;
use host::node::Node;
use host::standing::Standing;
use proof::checkpoint::Certificate;
use proof::proof_file::Trust;
use proof::rollup::{RollupError, RollupProof, VerifiedRollup};
use wire::admission::{AdmitReply, AdmitRequest, Admitted};
use wire::subject;

use super::{PATIENCE, Town, end, trust, until};
use crate::desk::Desk;
use crate::rig::{self, Sealer};
use crate::rollups;

/// Cities with confirmed cases until 15 August 2021.
const CITIES: [(&str, u64); 3] = [("cn.32.01", 235), ("cn.32.10", 570), ("cn.32.13", 13)];

/// A chain with its one ledger and its sealer.
struct Place {
    genesis: Arc<Genesis>,
    node: Node,
    desk: Desk,
    sealer: Arc<Mutex<Sealer>>,
}

impl Place {
    async fn open(town: &Town, genesis: Arc<Genesis>, parent: Option<&Arc<Genesis>>) -> Self {
        let node = town.node(&genesis, "m0");
        let desk = crate::start(node.clone(), parent.cloned().map(Standing::of)).await.unwrap();
        until(&desk, "ready", |status| status.serving).await;
        let sealer = Arc::new(Mutex::new(Sealer::new(&genesis)));
        Place { genesis, node, desk, sealer }
    }

    /// Its admission: every event becomes a block at once.
    async fn door(&self, town: &Town) -> ServeHandle {
        let (bus, sealer, genesis) = (town.bus.clone(), Arc::clone(&self.sealer), Arc::clone(&self.genesis));
        let admit = move |request: bytes::Bytes, _| {
            let (bus, sealer, genesis) = (bus.clone(), Arc::clone(&sealer), Arc::clone(&genesis));
            async move {
                let events = AdmitRequest::decode(&request).unwrap().events;
                let lane = wire::event::open(&genesis.chain_id, &events[0]).unwrap().event.lane;
                let block = sealer.lock().unwrap().block(lane, events, None);
                let subject = subject::blocks(&genesis.chain);
                bus.publish(&subject, block.to_bytes().into(), Publish::default()).await.unwrap();
                AdmitReply { results: vec![Admitted::Receipt(vec![1])] }.encode().into()
            }
        };
        town.bus.serve(&subject::admit("m0", &self.genesis.chain), 4, admit).await.unwrap()
    }

    async fn say(&self, town: &Town, lane: Lane, events: Vec<Vec<u8>>, certificate: Option<Certificate>) {
        let block = self.sealer.lock().unwrap().block(lane, events, certificate);
        town.publish(&self.genesis, &block).await;
        until(&self.desk, "final", |status| status.final_height >= block.header.height).await;
    }

    /// Two seconds of chain time: a block that is cosigned then, and one that carries the certificate.
    async fn later(&self, town: &Town) {
        self.node.clock.advance(2000);
        self.say(town, Lane::Normal, Vec::new(), None).await;
        let certificate = self.desk.status().certificate.unwrap();
        self.say(town, Lane::Normal, Vec::new(), Certificate::parse(&certificate)).await;
    }

    fn confirmed(&self) -> u64 {
        let picture = self.desk.open().unwrap().reader.picture().unwrap();
        query::total(&picture, "U07.1").unwrap()[2]
    }

    async fn counts(&self, confirmed: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.confirmed() != confirmed {
            assert!(Instant::now() < deadline, "{} counts {}, not {confirmed}", self.genesis.chain, self.confirmed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn verified(proof: &RollupProof, trust: &Trust, children: &[&str]) -> Result<VerifiedRollup, RollupError> {
    let again = RollupProof::parse(&proof.text()).unwrap();
    assert_eq!(&again, proof);
    again.verify(trust, &wire::anchored, &wire::summed, children)
}

fn totals(verified: &VerifiedRollup) -> Vec<(&str, u64, Vec<u64>)> {
    let level = |level: &'_ proof::rollup::VerifiedLevel| level.sum.parts.iter().map(|part| part.counts[2]).collect();
    verified.levels.iter().map(|one| (one.chain.as_str(), one.sum.total[2], level(one))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nations_total_is_broken_down_to_its_cities_and_a_sum_that_does_not_close_is_named() {
    let town = Town::new().await;
    let cities = CITIES.map(|(path, _)| rig::genesis(path, 1, &[]));
    let province = rig::genesis("cn.32", 1, &cities.each_ref().map(|city| city.as_ref()));
    let nation = rig::genesis("cn", 1, &[&province]);
    let nation = Place::open(&town, nation, None).await;
    let province = Place::open(&town, province, Some(&nation.genesis)).await;
    let doors = [nation.door(&town).await, province.door(&town).await];
    let mut below = Vec::new();
    for (genesis, (_, confirmed)) in cities.into_iter().zip(CITIES) {
        let city = Place::open(&town, genesis, Some(&province.genesis)).await;
        let report = rig::daily(&city.genesis, 1, confirmed);
        city.say(&town, Lane::Urgent, vec![report], None).await;
        below.push(city);
    }
    province.counts(818).await;
    assert!(rollups::proof(&nation.desk, "U07.1").await.is_err(), "nothing has risen so far");
    province.later(&town).await;
    nation.counts(818).await;
    nation.later(&town).await;
    let proof = rollups::proof(&nation.desk, "U07.1").await.unwrap();
    let must = ["cn.32", "cn.32.01", "cn.32.10", "cn.32.13"];
    let nations = trust(&nation.genesis);
    let shown = verified(&proof, &nations, &must).unwrap();
    assert_eq!(totals(&shown), [("cn", 818, vec![818]), ("cn.32", 818, vec![235, 570, 13])]);

    // The same bytes with a thumb on them.
    let forged = |change: &dyn Fn(&mut RollupProof)| {
        let mut proof = proof.clone();
        change(&mut proof);
        verified(&proof, &nations, &must).unwrap_err().to_string()
    };
    let left_out = forged(&|proof| drop(proof.levels[1].figures.parts.remove(1)));
    assert!(left_out.contains("cn.32: child cn.32.10 is left out"), "{left_out}");
    assert!(left_out.contains("cn.32 U07.1 confirmed: the parts give 248, the total says 818"), "{left_out}");
    let twice = forged(&|proof| {
        let part = proof.levels[1].figures.parts[0].clone();
        proof.levels[1].figures.parts.push(part);
    });
    assert!(twice.contains("cn.32: child cn.32.01 counts twice"), "{twice}");
    let changed = forged(&|proof| proof.levels[1].figures.parts[1].1[2] = 57);
    assert!(changed.contains("cn.32 U07.1 confirmed: the parts give 305, the total says 818"), "{changed}");
    // Even where every sum closes, the leaf and the city's own word do not.
    let consistent = forged(&|proof| {
        for figures in proof.levels.iter_mut().map(|level| &mut level.figures) {
            figures.total[2] -= 513;
        }
        proof.levels[0].figures.parts[0].1[2] -= 513;
        proof.levels[1].figures.parts[1].1[2] -= 513;
    });
    assert!(
        consistent.contains("cn U07.1 confirmed: the total is 305 in the file and 818 in the leaf"),
        "{consistent}"
    );

    // A figure moves in one city; the nation's next sum has it, and every other part is still found.
    let city = &below[2];
    city.say(&town, Lane::Urgent, vec![rig::daily(&city.genesis, 2, 14)], None).await;
    province.counts(819).await;
    province.later(&town).await;
    nation.counts(819).await;
    nation.later(&town).await;
    let proof = rollups::proof(&nation.desk, "U07.1").await.unwrap();
    let shown = verified(&proof, &nations, &must).unwrap();
    assert_eq!(totals(&shown), [("cn", 819, vec![819]), ("cn.32", 819, vec![235, 570, 14])]);
    // A province may be asked for its own, against its own genesis.
    let own = rollups::proof(&province.desk, "U07.1").await.unwrap();
    assert_eq!(totals(&verified(&own, &trust(&province.genesis), &must[1..]).unwrap()).len(), 1);

    // Without the province's ledgers the nation's sum still closes; it is not broken down, and who asks for it hears so.
    end(&province.node, province.desk).await;
    let proof = rollups::proof(&nation.desk, "U07.1").await.unwrap();
    assert_eq!(totals(&verified(&proof, &nations, &["cn.32"]).unwrap()), [("cn", 819, vec![819])]);
    let missing = verified(&proof, &nations, &must).unwrap_err().to_string();
    assert!(missing.contains("cn.32: child cn.32.01 is left out"), "{missing}");
    drop(doors);
    for place in below.into_iter().chain([nation]) {
        end(&place.node, place.desk).await;
    }
}
