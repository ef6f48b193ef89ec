//! From a child's block to its parent's totals and proofs. The test plays the sealers and the parent's admission.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bus::Publish;
use domain::chain::Lane;
use domain::query;
use host::ledger::LedgerClient;
use host::standing::Standing;
use proof::proof_file::ProofFile;
use wire::admission::{AdmitReply, AdmitRequest, Admitted};
use wire::subject;

use super::{PATIENCE, Town, end, trust, until};
use crate::desk::Desk;
use crate::rig::{self, Sealer};

#[tokio::test(flavor = "multi_thread")]
async fn a_childs_totals_rise_and_its_event_is_proven_to_the_top() {
    let town = Town::new().await;
    let city = rig::genesis("cn.32", 2, &[]);
    let nation = rig::genesis("cn", 2, &[&city]);
    let mut desks = Vec::new();
    let mut nodes = Vec::new();
    for (genesis, parent) in [(&nation, None), (&city, Some(&nation))] {
        for member in ["m0", "m1"] {
            let node = town.node(genesis, member);
            desks.push(crate::start(node.clone(), parent.cloned().map(Standing::of)).await.unwrap());
            nodes.push(node);
        }
    }
    // The nation's admission: every event becomes a block at once.
    let sealer = Arc::new(Mutex::new(Sealer::new(&nation)));
    let mut doors = Vec::new();
    for member in ["m0", "m1"] {
        let door = subject::admit(member, &nation.chain);
        let (bus, sealer, nation) = (town.bus.clone(), Arc::clone(&sealer), Arc::clone(&nation));
        let admit = move |request: bytes::Bytes, _| {
            let (bus, sealer, nation) = (bus.clone(), Arc::clone(&sealer), Arc::clone(&nation));
            async move {
                let events = AdmitRequest::decode(&request).unwrap().events;
                let lane = wire::event::open(&nation.chain_id, &events[0]).unwrap().event.lane;
                let block = sealer.lock().unwrap().block(lane, events, None);
                bus.publish(&subject::blocks(&nation.chain), block.to_bytes().into(), Publish::default())
                    .await
                    .unwrap();
                AdmitReply { results: vec![Admitted::Receipt(vec![1])] }.encode().into()
            }
        };
        doors.push(town.bus.serve(&door, 4, admit).await.unwrap());
    }
    for desk in &desks {
        until(desk, "ready", |status| status.serving).await;
    }
    let mut city_sealer = Sealer::new(&city);
    let report = rig::daily(&city, 1, 5);
    town.publish(&city, &city_sealer.block(Lane::Urgent, vec![report.clone()], None)).await;
    let total = |desk: &Desk| {
        let picture = desk.open().unwrap().reader.picture().unwrap();
        query::total(&picture, "U07.1").unwrap()[2]
    };
    let nation_desk = desks[1].clone();
    until(&nation_desk, "risen", |status| status.final_height >= 1).await;
    assert_eq!(total(&nation_desk), 5);
    let id = rig::id(&city, &report);
    let client = LedgerClient::of_member(&nodes[2], "m1");
    let file = ProofFile::parse(&client.proof(id).await.unwrap()).unwrap();
    assert_eq!(file.steps.len(), 2);
    let verified = file.verify(&trust(&nation), &wire::anchored).unwrap();
    assert_eq!(verified.leaf.event, id);
    assert_eq!(verified.levels.len(), 2);

    // Later counts rise too, whoever's turn it is.
    for (number, confirmed) in [(2, 8), (3, 13)] {
        let block = city_sealer.block(Lane::Urgent, vec![rig::daily(&city, number, confirmed)], None);
        town.publish(&city, &block).await;
        let deadline = Instant::now() + PATIENCE;
        while total(&nation_desk) != confirmed {
            assert!(Instant::now() < deadline, "{confirmed} did not rise");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    for (node, desk) in nodes.iter().zip(desks) {
        end(node, desk).await;
    }
}
