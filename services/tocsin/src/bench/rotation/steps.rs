//! The rotation: for each class of key of the managing member a new key enters, the services have time to hear of it, and
//! the old one ends after an overlap; a cosigner key is named with the set it belongs to. Each change is a proposal under
//! the member's root key, which is rotated too.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use domain::chain::Lane;
use domain::event::{Action, Event, EventId, Fact, Proposal, SecurityLevel};
use domain::genesis::KeyClass;
use domain::keys;
use domain::record::{EpochsRecord, KeyRecord};
use domain::time::Millis;
use host::keys::KeyRing;
use host::ledger::LedgerClient;
use proof::sign::{Domain, PublicKey, SecretKey, Signed};
use wire::admission::{AdmitReply, AdmitRequest, Admitted};

use crate::bench::town::{Client, REGION};

/// Between a key's entry and the end of the one before, and before the next class: many times what a service takes to
/// hear of it, a quarter of a second and a request, as an operator waits who rotates by hand.
const SPACING: Duration = Duration::from_secs(2);
/// Blocks for which old and new keys are both valid: a second of the busiest load, at fewer blocks longer.
const OVERLAP_BLOCKS: u64 = 100;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// How long admission, a block or a handover may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Something of the rotation that begins.
pub struct Step {
    /// What.
    pub name: String,
    /// When.
    pub at: Instant,
}

/// Rotates every class of key of the managing member.
pub async fn rotate(client: &Client) -> anyhow::Result<Vec<Step>> {
    let (ring, member) = (client.keys.first().context("no member")?, &client.node.member);
    let old = ring.public();
    let ledger = client.ledger().await?;
    let mut steps = Vec::new();
    let mut begin = |class: KeyClass, what: &str| {
        let step = Step { name: format!("{} {what}", class.name()), at: Instant::now() };
        eprintln!("bench: {}", step.name);
        steps.push(step);
    };
    for class in KeyClass::ALL {
        let old = old.get(&class).and_then(|keys| keys.first()).copied().context("a key")?;
        let key = ring.add(class)?;
        if class == KeyClass::Cosigner {
            begin(class, "key named");
            state(client, ring, Action::NameCosigner { member: member.clone(), key }).await?;
        } else {
            begin(class, "key enters");
            state(client, ring, Action::AddKey { member: member.clone(), class, key }).await?;
            tokio::time::sleep(SPACING).await;
            begin(class, "key ends");
            state(client, ring, Action::RetireKey { class, key: old, overlap_blocks: OVERLAP_BLOCKS }).await?;
        }
        reached("the old key's end", async || ended(&ledger, class, &old).await).await?;
        tokio::time::sleep(SPACING).await;
    }
    Ok(steps)
}

/// Whether a key has ended and the newest cosigner set is in force.
async fn ended(ledger: &LedgerClient, class: KeyClass, key: &PublicKey) -> anyhow::Result<bool> {
    let epochs = ledger.record::<EpochsRecord>(&keys::epochs()).await?;
    let (height, record) = ledger.record_at::<KeyRecord>(&keys::key(class, key)).await?;
    let until = record.and_then(|record| record.until);
    Ok(until.is_some_and(|until| until < height) && epochs.is_some_and(|at| at.current == at.newest))
}

/// Has a member's root key state this and waits until it is executed and the cosigner set it may have named is in force.
pub async fn state(client: &Client, ring: &KeyRing, action: Action) -> anyhow::Result<()> {
    let root = ring.active(KeyClass::Root, &client.node.standing.current()).context("no root key counts")?;
    let (bus, ledger) = (client.connect().await?, client.ledger().await?);
    let (id, signed) = proposal(client, &root, action)?;
    let path = client.genesis.chain.clone();
    let subject = wire::subject::admit(&client.node.member, &path);
    let request = AdmitRequest { chain: path, events: vec![signed] };
    let reply = AdmitReply::decode(&bus.request(&subject, Bytes::from(request.encode()), PATIENCE).await?)?;
    ensure!(matches!(reply.results.as_slice(), [Admitted::Receipt(_)]), "the proposal got no receipt");
    reached("the proposal's block", async || {
        let Some(status) = ledger.event_status(id).await? else { return Ok(false) };
        ensure!(status.code == proof::leaf::OK, "the proposal was refused with code {}", status.code);
        let epochs = ledger.record::<EpochsRecord>(&keys::epochs()).await?;
        Ok(epochs.is_some_and(|at| at.current == at.newest))
    })
    .await?;
    bus.drain().await?;
    Ok(())
}

fn proposal(client: &Client, root: &SecretKey, action: Action) -> anyhow::Result<(EventId, Vec<u8>)> {
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
        fact: Fact::Proposal(Proposal { actions: vec![action], reason: "rotation".to_owned() }),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    let chain = &client.genesis.chain_id;
    let signed = Signed::seal(root, Domain::Event, chain, wire::event::encode(&event)).to_bytes();
    Ok((wire::event::id_of(chain, &signed), signed))
}

async fn reached(what: &str, mut is: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let looking = async {
        while !is().await? {
            tokio::time::sleep(LOOK).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, looking).await.with_context(|| format!("{what} did not come"))?
}
