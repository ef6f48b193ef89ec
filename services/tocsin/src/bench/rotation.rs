//! What a rotation costs those who report: every key of the managing member changes under a steady load, and the longest
//! way of any event to finality is what the rotation took from somebody.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use bus::Bus;
use bytes::Bytes;
use domain::chain::Lane;
use domain::event::{Action, Event, EventId, Fact, Proposal, SecurityLevel};
use domain::genesis::KeyClass;
use domain::keys;
use domain::record::EpochsRecord;
use domain::time::Millis;
use host::ledger::LedgerClient;
use proof::sign::{Domain, PublicKey, SecretKey, Signed};
use serde_json::json;
use wire::admission::{AdmitReply, AdmitRequest, Admitted};

use super::latency::Latencies;
use super::town::{Client, REGION};

/// The load runs alone before the rotation begins: the warm-up of its measurement and as much again.
const BEFORE: Duration = Duration::from_secs(4);
/// Blocks for which old and new keys are both valid.
const OVERLAP_BLOCKS: u64 = 100;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// How long admission or a block may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The keys that services sign with while it runs; the load signs with the authors' all the time.
const ROTATED: [KeyClass; 3] = [KeyClass::Endorser, KeyClass::Sealer, KeyClass::Root];

/// Rotates endorser, sealer, root and cosigner key of the managing member.
pub async fn rotate(client: &Client) -> anyhow::Result<()> {
    tokio::time::sleep(BEFORE).await;
    let ring = client.keys.first().context("no member")?;
    let member = &client.node.member;
    let old = ring.public();
    let old_of = |class: KeyClass| old.get(&class).and_then(|keys| keys.first()).copied().context("a key");
    let new = ROTATED.into_iter().chain([KeyClass::Cosigner]).map(|class| Ok((class, ring.add(class)?)));
    let new = new.collect::<anyhow::Result<BTreeMap<KeyClass, PublicKey>>>()?;
    let bus = client.connect().await?;
    let ledger = client.ledger().await?;
    let root = ring.secret_of(KeyClass::Root, &old_of(KeyClass::Root)?).context("the root key")?;
    let add = |class: &KeyClass| {
        let key = new.get(class).copied().context("a new key")?;
        anyhow::Ok(Action::AddKey { member: member.clone(), class: *class, key })
    };
    let enter = ROTATED.iter().map(add).collect::<anyhow::Result<Vec<_>>>()?;
    state(client, &bus, &ledger, &root, enter).await?;
    let key = new.get(&KeyClass::Cosigner).copied().context("a cosigner key")?;
    state(client, &bus, &ledger, &root, vec![Action::NameCosigner { member: member.clone(), key }]).await?;
    let in_force = async {
        loop {
            let epochs = ledger.record::<EpochsRecord>(&keys::epochs()).await?;
            if epochs.is_some_and(|epochs| epochs.current > 0 && epochs.current == epochs.newest) {
                return anyhow::Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, in_force).await.context("the new cosigner set did not come into force")??;
    let root =
        ring.secret_of(KeyClass::Root, new.get(&KeyClass::Root).context("a root key")?).context("the new root key")?;
    let retire = |class: &KeyClass| {
        anyhow::Ok(Action::RetireKey { class: *class, key: old_of(*class)?, overlap_blocks: OVERLAP_BLOCKS })
    };
    let retire = ROTATED.iter().map(retire).collect::<anyhow::Result<Vec<_>>>()?;
    state(client, &bus, &ledger, &root, retire).await?;
    bus.drain().await?;
    Ok(())
}

/// Has a root key state this and waits until it is executed.
async fn state(
    client: &Client,
    bus: &Bus,
    ledger: &LedgerClient,
    root: &SecretKey,
    actions: Vec<Action>,
) -> anyhow::Result<()> {
    let now = client.node.clock.now();
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).context("no randomness")?;
    let event = Event {
        author: root.public(),
        lane: Lane::High,
        nonce,
        occurred_at: now,
        created_at: now,
        valid_until: Millis(0),
        region: REGION.to_owned(),
        security: SecurityLevel::Public,
        response: None,
        fact: Fact::Proposal(Proposal { actions, reason: "rotation".to_owned() }),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    let chain = &client.genesis.chain_id;
    let signed = Signed::seal(root, Domain::Event, chain, wire::event::encode(&event)).to_bytes();
    let id: EventId = wire::event::id_of(chain, &signed);
    let path = client.genesis.chain.clone();
    let subject = wire::subject::admit(&client.node.member, &path);
    let request = AdmitRequest { chain: path, events: vec![signed] };
    let reply = AdmitReply::decode(&bus.request(&subject, Bytes::from(request.encode()), PATIENCE).await?)?;
    ensure!(matches!(reply.results.as_slice(), [Admitted::Receipt(_)]), "the proposal got no receipt");
    let executed = async {
        loop {
            if let Some(status) = ledger.event_status(id).await? {
                return anyhow::Ok(status.code);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let code = tokio::time::timeout(PATIENCE, executed).await.context("the proposal was not sealed")??;
    ensure!(code == proof::leaf::OK, "the proposal was refused with code {code}");
    Ok(())
}

/// What was found, for programs.
pub fn json(latencies: &Latencies) -> String {
    json!({
        "load_per_s": latencies.load_per_s,
        "events": latencies.events,
        "final_ms": latencies.last,
        "longest_ms": latencies.longest_ms,
    })
    .to_string()
}

/// The same for people.
pub fn table(latencies: &Latencies) -> String {
    format!(
        "rotation of endorser, sealer, root and cosigner key under {} events/s: {} events, none refused\n\
         to final: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        latencies.load_per_s, latencies.events, latencies.last.p50, latencies.last.p99, latencies.longest_ms
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_names_the_longest_way() {
        let spread = super::super::latency::Spread { p50: 1.0, p99: 2.0 };
        let latencies =
            Latencies { load_per_s: 100, queued: spread, sealed: spread, last: spread, longest_ms: 3.5, events: 7 };
        let value: serde_json::Value = serde_json::from_str(&json(&latencies)).unwrap();
        assert_eq!((value["longest_ms"].as_f64(), value["events"].as_u64()), (Some(3.5), Some(7)));
    }
}
