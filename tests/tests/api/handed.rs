//! Proofs outlive the cosigners: files made before and after the members of a city, its province and the nation changed
//! hold by the nation's genesis alone, and one that leaves a change out, or claims one that too few of the former
//! cosigners vouch for, does not.
//!
//! Every change takes the keys of two of four cosigners, so that no quorum is left in which only unchanged keys sign:
//! nobody who missed the change believes a later checkpoint. It is voted on each chain, on all three at once, and goes up
//! by anchors. The second one also puts a newcomer with a ledger of its own in the place of a member that leaves.
//!
//! Seen to fail: with relays that carry no set (the ledger's `relay`, no `Pending::Set`), and with anchors whose set
//! changes nothing (`anchor.rs`, `Brought::Set`), `/v1/chains/cn/children` stays at epoch 0; with proofs without
//! handovers (`proofs.rs`, `own`) the first file after a change is refused, "certificate of chain `cn`"; with sets
//! believed that nobody vouched for (`Handover::take` without its first line) a handover by too few holds; with
//! certificates of anybody (`Trust::certify` without `set.verify`) a file without its handovers holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::event::{Action, Fact};
use domain::genesis::{KeyClass, Member, cosigner_name};
use futures::future::join_all;
use host::keys::KeyRing;
use host::ledger::LedgerClient;
use proof::checkpoint::{Certificate, Cosigner, cosign, origin};
use proof::handover::CosignerSet;
use proof::proof_file::ProofFile;
use proof::sign::{PublicKey, Signed};
use serde_json::json;
use tocsin::demo::cast::engage;
use tocsin::demo::scenario::{self, Chain};
use tocsin::verify::verify;

use crate::world::{self, CITY, PROVINCE, World, cluster, path};

const NATION: &str = "cn";
/// From the top; a proof's steps go the other way.
const LEVELS: [&str; 3] = [NATION, PROVINCE, CITY];
/// The change that brings a newcomer.
const JOINS: u32 = 2;
const NEWCOMER: &str = "newcomer";

/// The scenario's, below a nation with the members of the province.
pub fn chains() -> Vec<Chain> {
    let province = world::chains().into_iter().find(|chain| chain.path == PROVINCE).unwrap();
    let nation =
        Chain { path: NATION.to_owned(), name: "Nation".to_owned(), regions: vec!["100000".to_owned()], ..province };
    std::iter::once(nation).chain(world::chains()).collect()
}

pub async fn all(world: &World) {
    let newcomer = |chain| (chain, Arc::new(KeyRing::generate(NEWCOMER).unwrap()));
    let nation = Nation { world, newcomers: LEVELS.map(newcomer).into() };
    let mut reports = vec![nation.report().await];
    let mut files = vec![nation.proof(&reports[0]).await];
    nation.sealed_by(&files[0], 0);
    for epoch in 1..=JOINS {
        join_all(LEVELS.map(|chain| nation.change(chain, epoch))).await;
        for above in LEVELS.windows(2) {
            let children = format!("/v1/chains/{}/children", above[0]);
            world.until(&children, |answer| answer.json[0]["epoch"] == epoch).await;
        }
        reports.push(nation.report().await);
        let after = nation.proof(reports.last().unwrap()).await;
        nation.sealed_by(&after, epoch);
        nation.no_change_can_be_left_out_or_made_up(&after, epoch);
        files.push(after);
        // What was reported before a change is proven by today's cosigners too.
        for id in &reports {
            files.push(nation.proof(id).await);
        }
        for file in &files {
            nation.holds(file);
        }
    }
    join_all(LEVELS.map(|chain| nation.newcomer_cosigns(chain))).await;
}

/// Three levels, and who joins them.
struct Nation<'w> {
    world: &'w World,
    newcomers: BTreeMap<&'static str, Arc<KeyRing>>,
}

impl Nation<'_> {
    /// A report that rings, so that nobody on the way up waits; its event id.
    async fn report(&self) -> String {
        let report = cluster(&format!("ward-{}", self.world.unique()));
        let id = self.world.say("hospital", "reports", &report).await.taken();
        self.world.event(&id, "state", "final").await;
        id
    }

    /// Its proof file up to the nation, as soon as there is one.
    async fn proof(&self, id: &str) -> ProofFile {
        let route = format!("/v1/chains/{CITY}/events/{id}/proof");
        let answer = self.world.until(&route, |answer| answer.status == 200).await;
        let file = ProofFile::parse(&answer.text).unwrap();
        assert_eq!(self.holds(&file), id);
        file
    }

    /// Verifies it as `tocsin verify` does, by the nation's genesis; the id of the event that it proves.
    fn holds(&self, file: &ProofFile) -> String {
        let verified = verify(&file.text(), self.world.genesis(NATION)).unwrap();
        let chains = verified.levels.iter().rev().map(|level| level.chain.as_str()).collect::<Vec<_>>();
        assert_eq!(chains, LEVELS);
        verified.leaf.event.to_string()
    }

    /// Has the members of a chain vote that both managers cosign with new keys (and at last, that a newcomer takes the
    /// place of a member), and waits until they do.
    async fn change(&self, chain: &'static str, epoch: u32) {
        let (world, genesis) = (self.world, self.world.genesis(chain));
        let renewed = genesis.managers().into_iter().map(|manager| {
            let key = world.cast[&path(chain)].keys[&manager.id].add(KeyClass::Cosigner).unwrap();
            Action::NameCosigner { member: manager.id.clone(), key }
        });
        let mut actions = renewed.collect::<Vec<_>>();
        if epoch == JOINS {
            actions.push(Action::Admit(Box::new(self.newcomer(chain))));
            actions.push(Action::Expel { member: self.leaver(chain).id.clone() });
        }
        let actions = actions.iter().map(wire::json::action_view).collect::<Vec<_>>();
        let proposal = json!({ "reason": "Exercise.", "actions": actions }).to_string();
        let proposer = genesis.members.iter().find(|member| member.cosigner && !member.node_role.manages()).unwrap();
        let id = world.post(chain, &proposer.id, "proposals", "application/json", proposal).await.taken();
        for manager in genesis.managers() {
            let (route, ballot) = (format!("events/{id}/ballots"), json!({ "choice": "endorse", "reason": "seen" }));
            world.post(chain, &manager.id, &route, "application/json", ballot.to_string()).await.taken();
        }
        world.until(&format!("/v1/chains/{chain}/events/{id}"), |answer| answer.json["outcome"] == "accepted").await;
        if epoch == JOINS {
            world.join(chain, &self.newcomer(chain), &self.newcomers[chain]).await;
        }
        world.until(&format!("/v1/chains/{chain}/cosigners"), |answer| answer.json["current"] == epoch).await;
    }

    fn newcomer(&self, chain: &str) -> Member {
        let member = scenario::Member {
            id: NEWCOMER.to_owned(),
            name: "Newcomer".to_owned(),
            node_role: "common".to_owned(),
            roles: vec!["lab".to_owned()],
            sector: "university".to_owned(),
            regions: Vec::new(),
            cosigner: true,
        };
        engage(&member, &self.newcomers[chain]).unwrap()
    }

    /// Whose place the newcomer takes.
    fn leaver(&self, chain: &str) -> &Member {
        self.world.genesis(chain).members.iter().rfind(|member| member.cosigner).unwrap()
    }

    /// The key with which a manager cosigns after so many changes.
    fn key(&self, chain: &str, manager: &str, epoch: u32) -> PublicKey {
        self.world.cast[&path(chain)].keys[manager].public()[&KeyClass::Cosigner][epoch as usize]
    }

    /// Who cosigns a chain after so many changes.
    fn set(&self, chain: &str, epoch: u32) -> CosignerSet {
        let genesis = self.world.genesis(chain);
        let name = |member: &str| cosigner_name(member, &path(chain));
        let mut set = CosignerSet { epoch, ..genesis.cosigner_set() };
        for manager in genesis.managers() {
            let cosigner = set.cosigners.iter_mut().find(|cosigner| cosigner.name == name(&manager.id)).unwrap();
            cosigner.key = self.key(chain, &manager.id, epoch);
        }
        if epoch == JOINS {
            set.cosigners.retain(|cosigner| cosigner.name != name(&self.leaver(chain).id));
            let key = self.newcomers[chain].public()[&KeyClass::Cosigner][0];
            set.cosigners.push(Cosigner { name: name(NEWCOMER), key });
        }
        set
    }

    /// Every level's certificate in the file is by that level's cosigners of this epoch and by none before.
    fn sealed_by(&self, file: &ProofFile, epoch: u32) {
        let anchors = file.steps[1..].iter().rev().map(|step| {
            let signed = Signed::from_bytes(&step.signed).unwrap();
            let Fact::Anchor(anchor) = wire::event::decode(&signed.body).unwrap().fact else { panic!("no anchor") };
            Certificate::parse(&anchor.checkpoint).unwrap()
        });
        for (chain, certificate) in LEVELS.into_iter().zip(std::iter::once(file.certificate.clone()).chain(anchors)) {
            let origin = origin(chain, &self.world.genesis(chain).chain_id);
            for judge in 0..=epoch {
                let judged = self.set(chain, judge).verify(&origin, &certificate);
                assert_eq!(judged.is_ok(), judge == epoch, "{chain} in epoch {epoch}, judged by {judge}: {judged:?}");
            }
        }
        assert_eq!(file.handovers.len(), epoch as usize);
    }

    fn no_change_can_be_left_out_or_made_up(&self, file: &ProofFile, epoch: u32) {
        let refused = |changed: ProofFile, wanted: &str| match verify(&changed.text(), self.world.genesis(NATION)) {
            Err(error) => assert!(error.to_string().starts_with(wanted), "{error:?} is not {wanted:?}"),
            Ok(_) => panic!("it holds in epoch {epoch}; wanted {wanted:?}"),
        };
        let mut shorter = file.clone();
        while shorter.handovers.pop().is_some() {
            refused(shorter.clone(), &format!("certificate of chain `{NATION}`: the cosignature of `"));
        }
        let (q, last) = (self.set(NATION, epoch).quorum(), epoch as usize - 1);
        let genesis = self.world.genesis(NATION);
        let named = |manager: &Member| (manager.id.clone(), cosigner_name(&manager.id, &path(NATION)));
        let managers = genesis.managers().into_iter().map(named).collect::<BTreeMap<_, _>>();
        for (manager, name) in managers {
            let former = &file.handovers[last].certificate;
            let Some(place) = former.cosignatures.iter().position(|one| one.name == name) else { continue };
            // All of the quorum but this one; then with the key to be named in its place.
            let mut few = file.clone();
            let missing = few.handovers[last].certificate.cosignatures.remove(place);
            refused(few, &format!("chain `{NATION}`, handover {epoch}: {} cosignatures where exactly {q} make", q - 1));
            let key = self.key(NATION, &manager, epoch);
            let key = self.world.cast[&path(NATION)].keys[&manager].secret_of(KeyClass::Cosigner, &key).unwrap();
            let mut claimed = file.clone();
            claimed.handovers[last].certificate.cosignatures[place] =
                cosign(&key, &name, &former.checkpoint, missing.time_s);
            refused(claimed, &format!("chain `{NATION}`, handover {epoch}: the cosignature of `{name}` is by no"));
        }
    }

    /// Another's ledger hears the newcomer cosign a checkpoint as one of the set in force.
    async fn newcomer_cosigns(&self, chain: &str) {
        let set = self.set(chain, JOINS);
        let newcomer = set.cosigners.last().unwrap();
        let first = &self.world.genesis(chain).managers()[0].id;
        let ledger = LedgerClient::of_member_at(&self.world.bus, &path(chain), first);
        let cosigns = async || {
            let heard = ledger.heard(NEWCOMER).await.unwrap();
            let heard = heard.as_deref().and_then(Certificate::parse);
            heard.is_some_and(|heard| heard.cosignatures[0].verify(newcomer, &heard.checkpoint))
        };
        self.world.so(&format!("the newcomer of {chain} cosigns"), cosigns).await;
    }
}
