//! The way of an event: levels that only move forward, and a proof that holds offline and no other way.

use proof::proof_file::ProofFile;

use crate::world::{CITY, PROVINCE, World, zero};

pub async fn all(world: &'static World) {
    tokio::join!(forward_only(world), refused_at_commit(world), proof(world));
}

/// The rank of a level.
fn rank(state: &str) -> usize {
    ["queued", "sealed", "final"].iter().position(|level| *level == state).unwrap_or_else(|| panic!("level {state}"))
}

async fn forward_only(world: &World) {
    let id = world.say("airport", "reports", &zero("levels")).await.taken();
    let (mut last, mut height) = (0, None);
    let path = format!("/v1/chains/{CITY}/events/{id}");
    let view = world.until(&path, |answer| answer.json["state"] == "final");
    let watched = async {
        loop {
            let view = world.get(&path).await.json;
            let now = rank(view["state"].as_str().unwrap());
            assert!(now >= last, "from level {last} back to {view}");
            last = now;
            if let Some(sealed) = view["height"].as_u64() {
                assert_eq!(*height.get_or_insert(sealed), sealed, "with one sealer's log it does not move");
            }
            if now == 2 {
                return;
            }
        }
    };
    let (view, ()) = tokio::join!(view, watched);
    let view = view.json;
    assert_eq!((view["kind"].as_str(), view["member"].as_str()), (Some("zero_report"), Some("airport")));
    assert_eq!(view["outcome"], "accepted");
    assert!(view["code"].is_null() && view["receipt"].is_string());
    // As times and not as texts: a whole second is written without its milliseconds.
    let time = |name: &str| {
        let text = view["times"][name].as_str().unwrap_or_else(|| panic!("no {name} in {view}"));
        domain::time::Millis::parse(text).unwrap_or_else(|| panic!("{name}: {text}"))
    };
    assert!(time("taken_at") <= time("sealed_at") && time("sealed_at") <= time("final_at"), "{view}");
    for _ in 0..20 {
        assert_eq!(world.get(&path).await.json["state"], "final", "and so it stays");
    }
}

/// A compare-and-set that two events race for: the dry run takes both, the log one of them, and proves the other's
/// refusal too.
async fn refused_at_commit(world: &World) {
    let first = serde_json::json!({ "kind": "stock_received", "facility": "race-depot", "item": "mask", "lot": "race",
                                    "quantity": 1, "counterparty": "elsewhere" });
    let id = world.say("hospital", "stock", &first).await.taken();
    world.event(&id, "state", "final").await;
    let mut next = first;
    next["kind"] = "stock_issued".into();
    // Both are in one request, so they are run dry on one state.
    let answer = world.say("hospital", "stock", &serde_json::json!([next, next])).await;
    let ids: Vec<_> =
        answer.json["results"].as_array().unwrap().iter().map(|row| row["event_id"].as_str().unwrap()).collect();
    assert_ne!(ids[0], ids[1]);
    let settled = |answer: &crate::answer::Answer| matches!(answer.json["state"].as_str(), Some("final" | "rejected"));
    let mut states = Vec::new();
    for id in &ids {
        let view = world.until(&format!("/v1/chains/{CITY}/events/{id}"), settled).await.json;
        states.push((view["state"].as_str().unwrap().to_owned(), view["code"].clone()));
    }
    states.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(states[0], ("final".to_owned(), serde_json::Value::Null));
    assert_eq!(states[1], ("rejected".to_owned(), "INSUFFICIENT".into()));
    let rejected = world
        .in_log(CITY, |entry| entry["code"] == "INSUFFICIENT" && ids.iter().any(|id| entry["event_id"] == **id))
        .await;
    let path = format!("/v1/chains/{CITY}/events/{}/proof", rejected["event_id"].as_str().unwrap());
    let proof = world.until(&path, |answer| answer.status == 200).await.text;
    let verified = tocsin::verify::verify(&proof, world.genesis(PROVINCE)).unwrap();
    assert_eq!(verified.leaf.code, domain::refusal::Code::Insufficient.number(), "the refusal is proven");
}

async fn proof(world: &World) {
    let id = world.say("airport", "reports", &zero("proven")).await.taken();
    let path = format!("/v1/chains/{CITY}/events/{id}/proof");
    // First the city's own checkpoint, then the province's once it is anchored.
    let own = world.until(&format!("{path}?to=own"), |answer| answer.status == 200).await.text;
    assert_eq!(ProofFile::parse(&own).unwrap().steps.len(), 1);
    tocsin::verify::verify(&own, world.genesis(CITY)).unwrap();
    assert!(tocsin::verify::verify(&own, world.genesis(PROVINCE)).is_err(), "the city does not vouch for itself");
    let answer = world.until(&path, |answer| answer.status == 200).await;
    assert!(answer.media.starts_with("text/plain"), "{}", answer.media);
    let text = answer.text;
    let genesis = world.genesis(PROVINCE).clone();
    let verified = tocsin::verify::verify(&text, &genesis).unwrap();
    assert_eq!(verified.leaf.event.to_string(), id);
    let chains: Vec<_> = verified.levels.iter().map(|level| level.chain.as_str()).collect();
    assert_eq!(chains, [CITY, PROVINCE]);
    tokio::task::spawn_blocking(move || every_byte_counts(&text, &genesis)).await.unwrap();
}

/// Changes every byte in turn; each change is refused, by the step it is in.
fn every_byte_counts(text: &str, genesis: &domain::genesis::Genesis) {
    let mut named = std::collections::BTreeMap::<&str, usize>::new();
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        // Some byte that stays text; the dashes of the cosignature lines are three bytes of UTF-8.
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8_lossy(&bytes);
        let Err(error) = tocsin::verify::verify(&changed, genesis) else { panic!("byte {at} may change") };
        let error = error.to_string();
        let steps = [
            "format",
            "certificate of chain `cn.32`",
            "step 1 (chain `cn.32.01`)",
            "step 2 (chain `cn.32`)",
            "step",
            "the proof ends",
        ];
        let step = steps.into_iter().find(|step| error.starts_with(step));
        *named.entry(step.unwrap_or_else(|| panic!("byte {at} fails without a step: {error}"))).or_default() += 1;
    }
    for step in ["format", "certificate of chain `cn.32`", "step 1 (chain `cn.32.01`)", "step 2 (chain `cn.32`)"] {
        assert!(named.contains_key(step), "no byte belongs to `{step}`: {named:?}");
    }
}
