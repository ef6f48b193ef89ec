//! Proofs outlive the cosigners: files made before and after the cosigners of a city, its province and the nation changed
//! hold by the nation's genesis alone, and one that leaves a change out, or claims one that too few of the former
//! cosigners vouch for, does not.
//!
//! Each change takes two of four keys, so that no quorum is left in which only unchanged keys sign: nobody who missed the
//! change believes a later checkpoint. It is voted on each chain, at once on all three, and goes up by anchors.

use domain::event::Fact;
use domain::genesis::{KeyClass, cosigner_name};
use futures::future::join_all;
use proof::checkpoint::{Certificate, cosign, origin};
use proof::handover::CosignerSet;
use proof::proof_file::ProofFile;
use proof::sign::Signed;
use serde_json::json;
use tocsin::demo::scenario::Chain;
use tocsin::verify::verify;

use crate::world::{self, CITY, PROVINCE, World, cluster, path};

const NATION: &str = "cn";
/// From the top; a proof's steps go the other way.
const LEVELS: [&str; 3] = [NATION, PROVINCE, CITY];
/// How often all levels change; the second time it is by those who came in the first.
const CHANGES: u32 = 2;

/// The scenario's, below a nation with the members of the province.
pub fn chains() -> Vec<Chain> {
    let province = world::chains().into_iter().find(|chain| chain.path == PROVINCE).unwrap();
    let nation =
        Chain { path: NATION.to_owned(), name: "Nation".to_owned(), regions: vec!["100000".to_owned()], ..province };
    std::iter::once(nation).chain(world::chains()).collect()
}

pub async fn all(world: &World) {
    let mut reports = vec![report(world).await];
    let mut files = vec![proof(world, &reports[0]).await];
    sealed_by(world, &files[0], 0);
    for epoch in 1..=CHANGES {
        join_all(LEVELS.map(|chain| change(world, chain, epoch))).await;
        for above in LEVELS.windows(2) {
            let children = format!("/v1/chains/{}/children", above[0]);
            world.until(&children, |answer| answer.json[0]["epoch"] == epoch).await;
        }
        reports.push(report(world).await);
        let after = proof(world, reports.last().unwrap()).await;
        sealed_by(world, &after, epoch);
        no_change_can_be_left_out_or_made_up(world, &after, epoch);
        files.push(after);
        // What was reported before a change is proven by today's cosigners too.
        for id in &reports {
            files.push(proof(world, id).await);
        }
        for file in &files {
            holds(world, file);
        }
    }
}

/// A report that rings, so that nobody on the way up waits; its event id.
async fn report(world: &World) -> String {
    let report = cluster(&format!("ward-{}", world.unique()));
    let id = world.say("airport", "reports", &report).await.taken();
    world.event(&id, "state", "final").await;
    id
}

/// Its proof file up to the nation, as soon as there is one.
async fn proof(world: &World, id: &str) -> ProofFile {
    let answer = world.until(&format!("/v1/chains/{CITY}/events/{id}/proof"), |answer| answer.status == 200).await;
    let file = ProofFile::parse(&answer.text).unwrap();
    assert_eq!(holds(world, &file), id);
    file
}

/// Verifies it as `tocsin verify` does, by the nation's genesis; the id of the event that it proves.
fn holds(world: &World, file: &ProofFile) -> String {
    let verified = verify(&file.text(), world.genesis(NATION)).unwrap();
    let chains = verified.levels.iter().rev().map(|level| level.chain.as_str()).collect::<Vec<_>>();
    assert_eq!(chains, LEVELS);
    verified.leaf.event.to_string()
}

/// Has the members of a chain vote that both managers cosign with new keys, and waits until they do.
async fn change(world: &World, chain: &str, epoch: u32) {
    let genesis = world.genesis(chain);
    let actions = genesis.managers().into_iter().map(|manager| {
        let key = world.cast[&path(chain)].keys[&manager.id].add(KeyClass::Cosigner).unwrap();
        json!({ "action": "name_cosigner", "member": manager.id, "key": key.to_string() })
    });
    let proposal = json!({ "reason": "Exercise.", "actions": actions.collect::<Vec<_>>() }).to_string();
    let proposer = genesis.members.iter().find(|member| member.cosigner && !member.node_role.manages()).unwrap();
    let id = world.post(chain, &proposer.id, "proposals", "application/json", proposal).await.taken();
    for manager in genesis.managers() {
        let (route, ballot) = (format!("events/{id}/ballots"), json!({ "choice": "endorse", "reason": "seen" }));
        world.post(chain, &manager.id, &route, "application/json", ballot.to_string()).await.taken();
    }
    world.until(&format!("/v1/chains/{chain}/events/{id}"), |answer| answer.json["outcome"] == "accepted").await;
    world.until(&format!("/v1/chains/{chain}/cosigners"), |answer| answer.json["current"] == epoch).await;
}

/// Who cosigns a chain after so many changes.
fn set(world: &World, chain: &str, epoch: u32) -> CosignerSet {
    let genesis = world.genesis(chain);
    let mut set = CosignerSet { epoch, ..genesis.cosigner_set() };
    for manager in genesis.managers() {
        let name = cosigner_name(&manager.id, &path(chain));
        let cosigner = set.cosigners.iter_mut().find(|cosigner| cosigner.name == name).unwrap();
        let keys = world.cast[&path(chain)].keys[&manager.id].public();
        cosigner.key = keys[&KeyClass::Cosigner][epoch as usize];
    }
    set
}

/// Every level's certificate in the file is by that level's cosigners of this epoch and of no other.
fn sealed_by(world: &World, file: &ProofFile, epoch: u32) {
    let anchors = file.steps[1..].iter().rev().map(|step| {
        let signed = Signed::from_bytes(&step.signed).unwrap();
        let Fact::Anchor(anchor) = wire::event::decode(&signed.body).unwrap().fact else { panic!("no anchor") };
        Certificate::parse(&anchor.checkpoint).unwrap()
    });
    for (chain, certificate) in LEVELS.into_iter().zip(std::iter::once(file.certificate.clone()).chain(anchors)) {
        let origin = origin(chain, &world.genesis(chain).chain_id);
        for other in 0..=epoch {
            let judged = set(world, chain, other).verify(&origin, &certificate);
            assert_eq!(judged.is_ok(), other == epoch, "{chain} in epoch {epoch}, judged by {other}: {judged:?}");
        }
    }
    assert_eq!(file.handovers.len(), epoch as usize);
}

fn no_change_can_be_left_out_or_made_up(world: &World, file: &ProofFile, epoch: u32) {
    let refused = |changed: ProofFile, wanted: &str| {
        let error = verify(&changed.text(), world.genesis(NATION)).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error:?} is not {wanted:?}");
    };
    let stranger = |error: &str| format!("chain `{NATION}`{error}the cosignature of `");
    let none = ProofFile { handovers: Vec::new(), ..file.clone() };
    refused(none, &format!("certificate of {}", stranger(": ")));
    let mut without_last = file.clone();
    without_last.handovers.pop();
    refused(without_last, &format!("certificate of {}", stranger(": ")));

    // The former cosigners but one; then the one's place taken by somebody whom they were to name.
    let (q, last) = (set(world, NATION, epoch).quorum(), epoch as usize - 1);
    let mut few = file.clone();
    let certificate = &mut few.handovers[last].certificate;
    let place = certificate.cosignatures.iter().position(|one| {
        let named = set(world, NATION, epoch).cosigners.into_iter().find(|cosigner| cosigner.name == one.name);
        named != set(world, NATION, epoch - 1).cosigners.into_iter().find(|cosigner| cosigner.name == one.name)
    });
    let (place, mut filled) = (place.expect("no quorum without a key that changes"), file.clone());
    let missing = certificate.cosignatures.remove(place);
    refused(few, &format!("chain `{NATION}`, handover {epoch}: {} cosignatures where exactly {q} make", q - 1));
    let member = missing.name.strip_suffix(NATION).unwrap().trim_end_matches('.');
    let ring = &world.cast[&path(NATION)].keys[member];
    let newcomer = ring.secret_of(KeyClass::Cosigner, &ring.public()[&KeyClass::Cosigner][epoch as usize]).unwrap();
    let certificate = &mut filled.handovers[last].certificate;
    certificate.cosignatures[place] = cosign(&newcomer, &missing.name, &certificate.checkpoint, missing.time_s);
    refused(filled, &stranger(&format!(", handover {epoch}: ")));
}
