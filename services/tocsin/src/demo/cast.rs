//! The cast of a play: fresh keys for every member and a genesis for every chain, written out as files a person or
//! another process can use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Child, Duty, Genesis, KeyClass, Member, NodeRole, PolicyText, SILENT_AFTER_MS, URGENT_PER_DAY};
use host::keys::KeyRing;
use proof::sign::PublicKey;

use super::scenario::{self, Chain};

/// A chain with its genesis and its members' keys.
pub struct Troupe {
    pub genesis: Arc<Genesis>,
    pub keys: BTreeMap<MemberId, Arc<KeyRing>>,
}

/// Every chain of the play by path, ancestors before descendants.
pub type Cast = BTreeMap<ChainPath, Troupe>;

/// Makes keys and geneses under `dir`: `genesis/<chain>.toml` and `keys/<chain>/<member>.toml` (0600).
pub fn hire(chains: &[Chain], dir: &Path) -> anyhow::Result<Cast> {
    std::fs::create_dir_all(dir.join("genesis"))?;
    let mut chains: Vec<&Chain> = chains.iter().collect();
    // A parent's genesis names its children's chain ids, so the deepest chains come first.
    chains.sort_by_key(|chain| std::cmp::Reverse(chain.path.matches('.').count()));
    // A child's genesis names its parent's cosigner keys, so all keys come before any genesis.
    let mut rings = BTreeMap::new();
    for chain in &chains {
        let path = chain.path()?;
        rings.insert(path.clone(), keys_of(chain, &dir.join("keys").join(path.as_str()))?);
    }
    let mut cast = Cast::new();
    for chain in &chains {
        let path = chain.path()?;
        let above = chains.iter().find(|above| path.parent().is_some_and(|parent| parent.as_str() == above.path));
        let parent = above.map_or_else(Vec::new, |above| cosigners_of(above, &path, &rings));
        let keys = rings.get(&path).cloned().unwrap_or_default();
        let genesis = genesis_of(chain, &path, &keys, &cast, parent)?;
        let text = wire::genesis::render(&genesis);
        let genesis = wire::genesis::parse(text.as_bytes()).with_context(|| format!("the genesis of {path}"))?;
        std::fs::write(genesis_file(dir, &path), text)?;
        cast.insert(path, Troupe { genesis: Arc::new(genesis), keys });
    }
    Ok(cast)
}

/// Where a chain's genesis was written.
pub fn genesis_file(dir: &Path, path: &ChainPath) -> PathBuf {
    dir.join("genesis").join(format!("{path}.toml"))
}

fn keys_of(chain: &Chain, dir: &Path) -> anyhow::Result<BTreeMap<MemberId, Arc<KeyRing>>> {
    std::fs::create_dir_all(dir)?;
    let mut rings = BTreeMap::new();
    for member in &chain.members {
        let ring = KeyRing::generate(&member.id)?;
        ring.save(&dir.join(format!("{}.toml", member.id)))?;
        rings.insert(member.id.clone(), Arc::new(ring));
    }
    Ok(rings)
}

fn genesis_of(
    chain: &Chain,
    path: &ChainPath,
    keys: &BTreeMap<MemberId, Arc<KeyRing>>,
    cast: &Cast,
    parent: Vec<(MemberId, PublicKey)>,
) -> anyhow::Result<Genesis> {
    let members = chain
        .members
        .iter()
        .map(|member| engage(member, keys.get(&member.id).context("a member without keys")?))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let policies = chain.policy.iter().map(|(class, policy)| {
        (class.clone(), PolicyText { rule: policy.rule.clone(), deadline_ms: policy.deadline_ms })
    });
    let children = cast.iter().filter(|(child, _)| child.parent().as_ref() == Some(path));
    Ok(Genesis {
        file: Vec::new(),
        chain_id: Default::default(),
        chain: path.clone(),
        name: chain.name.clone(),
        regions: chain.regions.clone(),
        genesis_time: scenario::time(&chain.genesis_time)?,
        rules_version: chain.rules_version,
        allow_fewer_cosigners: false,
        members,
        policies: policies.collect(),
        children: children.map(|(path, troupe)| child_of(path, &troupe.genesis)).collect(),
        parent,
        urgent_per_day: URGENT_PER_DAY,
        duties: chain.duties.iter().map(owed).collect(),
    })
}

fn owed(duty: &scenario::Duty) -> Duty {
    let scenario::Duty { member, disease, grace_hours } = duty;
    Duty { member: member.clone(), disease: disease.clone(), grace_hours: *grace_hours }
}

/// A member as its chain knows it, with the public keys it takes part with.
pub fn engage(member: &scenario::Member, ring: &KeyRing) -> anyhow::Result<Member> {
    Ok(Member {
        id: member.id.clone(),
        name: member.name.clone(),
        node_role: NodeRole::parse(&member.node_role).with_context(|| format!("{}: no such node role", member.id))?,
        roles: member.roles.clone(),
        sector: member.sector.clone(),
        regions: member.regions.clone(),
        cosigner: member.cosigner,
        keys: public_keys(ring, member),
    })
}

/// The cosigner keys of the chain above `path`, in its order of members.
fn cosigners_of(
    above: &Chain,
    path: &ChainPath,
    rings: &BTreeMap<ChainPath, BTreeMap<MemberId, Arc<KeyRing>>>,
) -> Vec<(MemberId, PublicKey)> {
    let rings = path.parent().and_then(|parent| rings.get(&parent));
    let key = |member: &scenario::Member| rings?.get(&member.id)?.public().get(&KeyClass::Cosigner)?.first().copied();
    let cosigning = above.members.iter().filter(|member| member.cosigner);
    cosigning.filter_map(|member| Some((member.id.clone(), key(member)?))).collect()
}

/// The keys a member takes part with: only managers run endorsement and ordering nodes, only cosigners ledgers.
fn public_keys(ring: &KeyRing, member: &scenario::Member) -> BTreeMap<KeyClass, Vec<PublicKey>> {
    let manages = NodeRole::parse(&member.node_role).is_some_and(NodeRole::manages);
    let mut keys = ring.public();
    keys.retain(|class, _| match class {
        KeyClass::Endorser | KeyClass::Sealer => manages,
        KeyClass::Cosigner | KeyClass::Relay => member.cosigner,
        _ => true,
    });
    keys
}

fn child_of(path: &ChainPath, genesis: &Genesis) -> Child {
    let of_class = |member: &Member, class| member.keys.get(&class).cloned().unwrap_or_default();
    let cosigning = || genesis.members.iter().filter(|member| member.cosigner);
    Child {
        chain: path.clone(),
        chain_id: genesis.chain_id,
        cosigners: cosigning()
            .flat_map(|member| of_class(member, KeyClass::Cosigner).into_iter().map(|key| (member.id.clone(), key)))
            .collect(),
        relays: cosigning().flat_map(|member| of_class(member, KeyClass::Relay)).collect(),
        authors: genesis
            .members
            .iter()
            .flat_map(|member| of_class(member, KeyClass::Author).into_iter().map(|key| (member.id.clone(), key)))
            .collect(),
        silent_after_ms: SILENT_AFTER_MS,
    }
}
