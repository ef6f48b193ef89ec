use std::time::Duration;

use domain::event::Action;
use domain::genesis::KeyClass;
use proof::checkpoint::quorum;

use super::*;
use crate::bench::rotation::state;
use crate::bench::town::{Place, Town};

/// More than two changes of the set and a note's repetition take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Seen to fail with a watcher that follows nobody (`Standing::of(genesis)` in `Watch::start`): "finality under the second
/// set" did not come within the patience.
#[test]
fn finality_is_seen_under_a_set_of_which_the_genesis_knows_less_than_a_quorum() {
    crate::house::runtime().unwrap().block_on(follows());
}

async fn follows() {
    let dir = tempfile::tempdir().unwrap();
    let town = Town::open(&Place::new(Some(dir.path().join("bench"))).unwrap(), 4).await.unwrap();
    let client = town.client().unwrap();
    let bus = client.connect().await.unwrap();
    let mut watch = Watch::start(&bus, &client, false).await.unwrap();
    // Two of four: the other two are less than a quorum.
    assert!(quorum(4) > 2);
    for ring in client.keys.iter().take(2) {
        let key = ring.add(KeyClass::Cosigner).unwrap();
        let named = Action::NameCosigner { member: ring.member.clone(), key };
        state(&client, ring, named).await.unwrap();
    }
    // The block that brings a set into force is still judged by the one before; another follows.
    let (ring, class) = (&client.keys[0], KeyClass::Client);
    let entered = Action::AddKey { member: ring.member.clone(), class, key: ring.add(class).unwrap() };
    state(&client, ring, entered).await.unwrap();
    let status = client.ledger().await.unwrap().status().await.unwrap();
    let reached = async {
        loop {
            let (_, seen) = watch.next().await.unwrap();
            if seen.iter().any(|seen| matches!(seen, Seen::Final(height) if *height >= status.height)) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("finality under the second set");
    town.close().await.unwrap();
}
