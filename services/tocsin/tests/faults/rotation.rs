//! Every key of a member is rotated under load: new keys beside the old ones, then the old ones end. Nothing is refused,
//! nothing is lost, no service is started again. How long finality paused is not measured here.
//!
//! Seen to fail with the overlap taken away (`overlap_blocks: 0` in the proposal that adds the keys, before the services
//! know the new ones): bundles and blocks under the ended keys are refused and the load's receipts never become final.

use std::collections::BTreeMap;

use domain::chain::Lane;
use domain::event::{Action, Fact, Proposal};
use domain::genesis::KeyClass;
use domain::keys;
use domain::record::{EpochsRecord, KeyRecord};
use host::clock::Clock;
use proof::block::Block;
use proof::sign::{PublicKey, SecretKey};

use crate::events::{id, signed_with};
use crate::gathered::check;
use crate::load::Load;
use crate::repeated::admit;
use crate::world::{MANAGERS, World, until};

const SERVICES: [(&str, &str); 5] = [
    ("endorsement", MANAGERS[0]),
    ("endorsement", MANAGERS[1]),
    ("ordering", MANAGERS[0]),
    ("ordering", MANAGERS[1]),
    ("reporting", MANAGERS[0]),
];
/// Who rotates: it reports, admits, seals and cosigns.
const MEMBER: &str = MANAGERS[0];
/// Blocks for which old and new keys are both valid: some seconds of this load.
const OVERLAP_BLOCKS: u64 = 40;

/// Has the member's root key state this, and waits until it is final and was executed.
async fn states(world: &World, root: &SecretKey, number: u64, actions: Vec<Action>) {
    let fact = Fact::Proposal(Proposal { actions, reason: "rotation of all keys".into() });
    let event = signed_with(world, root, Lane::High, number, fact);
    admit(world, MEMBER, &event).await;
    let url = world.url("reporting", MEMBER, &format!("/events/{}", id(world, &event)));
    let state = until("the proposal", async || {
        let view = world.get(&url).await?;
        ["final", "rejected"].contains(&view["state"].as_str()?).then_some(view)
    });
    assert_eq!(state.await["state"], "final");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_of_a_member_is_rotated_under_load_and_nothing_is_refused() {
    let world = World::with(&SERVICES).await;
    let load = Load::start(&world, MEMBER);
    load.goes_final(&world).await;

    let ring = &world.rings[MEMBER];
    let old = ring.public().into_iter().map(|(class, keys)| (class, keys[0])).collect::<BTreeMap<_, _>>();
    let new = KeyClass::ALL.map(|class| (class, ring.add(class).unwrap())).into_iter().collect::<BTreeMap<_, _>>();
    ring.replace(&world.path(&format!("{MEMBER}.toml"))).unwrap();
    let root = ring.secret_of(KeyClass::Root, &old[&KeyClass::Root]).unwrap();
    let others = new.iter().filter(|(class, _)| **class != KeyClass::Cosigner);
    let enter =
        |(class, key): (&KeyClass, &PublicKey)| Action::AddKey { member: MEMBER.into(), class: *class, key: *key };
    states(&world, &root, 1, others.map(enter).collect()).await;
    // A cosigner key changes with the set, which is another class of proposal.
    let named = Action::NameCosigner { member: MEMBER.into(), key: new[&KeyClass::Cosigner] };
    states(&world, &root, 2, vec![named]).await;

    // The new keys count now; a new token is taken with the new client key before the old one ends.
    let client = ring.secret_of(KeyClass::Client, &new[&KeyClass::Client]).unwrap();
    let (now, chain) = (Clock::wall().wall_now(), &world.genesis.chain_id);
    let token = host::token::mint(&client, MEMBER, chain, now, host::token::MAX_SECONDS).unwrap();
    let accepts = async || {
        let request = world.http.post(world.url("reporting", MEMBER, "/reports")).bearer_auth(&token);
        let answer = request.json(&serde_json::json!([])).send().await.ok()?;
        (answer.status() != 401).then_some(())
    };
    until("the new client key at the door", accepts).await;
    load.renew(token);
    let ledger = world.ledger(MEMBER);
    let current = async || Some(ledger.record::<EpochsRecord>(&keys::epochs()).await.ok()??.current);
    // One set for the relay key, one for the cosigner key.
    until("the new cosigner set in force", async || (current().await? >= 2).then_some(())).await;

    let root = ring.secret_of(KeyClass::Root, &new[&KeyClass::Root]).unwrap();
    let retired = old.iter().filter(|(class, _)| **class != KeyClass::Cosigner);
    let retire = |(class, key): (&KeyClass, &PublicKey)| Action::RetireKey {
        class: *class,
        key: *key,
        overlap_blocks: OVERLAP_BLOCKS,
    };
    states(&world, &root, 3, retired.map(retire).collect()).await;
    let until_of = async |class: KeyClass| {
        let record = ledger.record::<KeyRecord>(&keys::key(class, &old[&class])).await.ok()??;
        record.until
    };
    let last = until("the old keys' end", async || until_of(KeyClass::Sealer).await).await;
    let past = until("blocks past the old keys' end", async || {
        load.goes_final(&world).await;
        let height = ledger.status().await.ok()?.final_height;
        (height > last + 20).then_some(height)
    });
    let past = past.await;

    let sent = load.end().await;
    assert!(sent.watched > 0);
    let ledgers = check(&world, &sent.receipts).await;
    assert!(ledgers.iter().all(|ledger| ledger.status.halted.is_none()));
    // Behind their end the old keys sign nothing, and the member goes on with the new ones.
    for class in KeyClass::ALL {
        assert!(until_of(class).await.is_some_and(|until| until < past), "the old {} key has ended", class.name());
    }
    let blocks = ledger.fetch_blocks(last + 1, 20).await.unwrap();
    let sealers = blocks.iter().map(|bytes| Block::from_bytes(bytes).unwrap().header.sealer).collect::<Vec<_>>();
    assert!(!sealers.contains(&old[&KeyClass::Sealer]));
    let status = ledger.status().await.unwrap();
    assert!(status.certificate.is_some());
}
