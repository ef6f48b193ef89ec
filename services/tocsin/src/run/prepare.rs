//! Everything a service reads before it starts, read whole and checked against each other: configuration, genesis,
//! parent's genesis, keys. What is wrong here is `CONFIG` with the field named, and nothing was started.

use std::ffi::OsString;
use std::sync::Arc;

use bus::Bus;
use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Genesis, KeyClass, Member};
use domain::refusal::{Code, Refusal};
use host::clock::Clock;
use host::config::{self, Config};
use host::keys::KeyRing;
use host::node::Node;
use host::stop::Stop;

use super::{Options, Service};
use crate::verify::read_genesis;

/// What a service is started from.
pub(super) struct Prepared {
    pub(super) config: Config,
    pub(super) genesis: Arc<Genesis>,
    pub(super) parent: Option<Arc<Genesis>>,
    pub(super) forecasting: forecasting::Options,
    member: MemberId,
    keys: Arc<KeyRing>,
}

/// Reads and checks everything.
pub(super) fn prepare(
    options: &Options,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> anyhow::Result<Prepared> {
    flags(options)?;
    // A variable that is not text is none of ours; only its own program can know what it means.
    let environment =
        environment.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let (config, forecasting) = settings(config::load(options.config.as_deref(), environment)?)?;
    let chain = ChainPath::parse(&options.chain)
        .ok_or_else(|| refuse("chain", "--chain is no chain path, such as cn.32.01"))?;
    let genesis = read_genesis(&config.genesis)?;
    if genesis.chain != chain {
        return Err(refuse(
            "chain",
            format!("--chain is {chain}, but {} is of {}", config.genesis.display(), genesis.chain),
        )
        .into());
    }
    let parent = config.parent_genesis.as_deref().map(read_genesis).transpose()?;
    if let Some(parent) = &parent {
        knows(parent, &genesis)?;
    }
    let member = genesis
        .member(&options.member)
        .ok_or_else(|| refuse("member", format!("--member {} is no member of {chain}", options.member)))?;
    let keys = KeyRing::load(&config.keys)?;
    if keys.member != member.id {
        let why = format!("--member is {}, but {} is of {}", member.id, config.keys.display(), keys.member);
        return Err(refuse("member", why).into());
    }
    may(options.service, member)?;
    if options.service == Service::Forecasting {
        watches(&forecasting, member)?;
    }
    for class in needs(options.service) {
        holds(&keys, member, *class)?;
    }
    let member = member.id.clone();
    Ok(Prepared {
        config,
        genesis: Arc::new(genesis),
        parent: parent.map(Arc::new),
        forecasting,
        member,
        keys: Arc::new(keys),
    })
}

impl Prepared {
    /// The node that the service is started with.
    pub(super) fn node(&self, bus: Bus, clock: Clock, stop: Stop) -> Node {
        Node {
            genesis: Arc::clone(&self.genesis),
            member: self.member.clone(),
            keys: Arc::clone(&self.keys),
            bus,
            clock,
            data: self.config.data.clone(),
            stop,
        }
    }
}

/// The file's parts: what every service is told, and the table `forecasting`, which others pass over because one file
/// serves all services of a member.
fn settings(mut file: toml::Table) -> Result<(Config, forecasting::Options), Refusal> {
    let forecasting = match file.remove("forecasting") {
        Some(table) => table
            .try_into()
            .map_err(|error: toml::de::Error| refuse("forecasting", format!("forecasting: {}", error.message())))?,
        None => forecasting::Options::default(),
    };
    let config = file.try_into().map_err(|error: toml::de::Error| refuse("config", error.message()))?;
    Ok((config, forecasting))
}

/// Whether early warning can start as it is set up.
fn watches(options: &forecasting::Options, member: &Member) -> Result<(), Refusal> {
    forecasting::Thresholds::new(options.watch.clone())
        .map_err(|error| refuse("forecasting.watch", format!("forecasting.{error}")))?;
    if options.warns && !member.node_role.manages() {
        let why =
            format!("forecasting.warns: {} is no management or master member, so its warnings ring nowhere", member.id);
        return Err(refuse("forecasting.warns", why));
    }
    Ok(())
}

/// A flag of another service is a mistake about what was started.
fn flags(options: &Options) -> Result<(), Refusal> {
    if options.automatic && options.service != Service::Endorsement {
        return Err(refuse("automatic", "--automatic is for endorsement only"));
    }
    if options.exercise && options.service != Service::Alerts {
        return Err(refuse("exercise", "--exercise is for alerts only"));
    }
    Ok(())
}

/// Whether a parent's genesis is the parent's of this very chain.
fn knows(parent: &Genesis, genesis: &Genesis) -> Result<(), Refusal> {
    if genesis.chain.parent().as_ref() != Some(&parent.chain) {
        let why = format!("parent_genesis is of {}, which is not the parent of {}", parent.chain, genesis.chain);
        return Err(refuse("parent_genesis", why));
    }
    match parent.children.iter().find(|child| child.chain == genesis.chain) {
        Some(child) if child.chain_id == genesis.chain_id => Ok(()),
        Some(child) => {
            let why = format!(
                "parent_genesis has {} for {}, but genesis is {}",
                child.chain_id, child.chain, genesis.chain_id
            );
            Err(refuse("parent_genesis", why))
        }
        None => {
            Err(refuse("parent_genesis", format!("parent_genesis does not list {} among its children", genesis.chain)))
        }
    }
}

/// Whether the member's role lets it run the service: what others would ignore must not look as if it ran.
fn may(service: Service, member: &Member) -> Result<(), Refusal> {
    let why = match service {
        Service::Endorsement | Service::Ordering if !member.node_role.manages() => "is no management or master member",
        Service::Ledger if !member.cosigner => "does not cosign",
        _ => return Ok(()),
    };
    Err(refuse("member", format!("{} {why} by the genesis and can not run {}", member.id, service.name())))
}

/// The classes of keys a service signs with.
fn needs(service: Service) -> &'static [KeyClass] {
    match service {
        Service::Endorsement => &[KeyClass::Endorser, KeyClass::Author],
        Service::Ordering => &[KeyClass::Sealer],
        Service::Ledger => &[KeyClass::Cosigner],
        Service::Reporting
        | Service::Forecasting
        | Service::MedicalResources
        | Service::Materials
        | Service::PublicOpinion => &[KeyClass::Author],
        Service::Alerts | Service::Console => &[],
    }
}

/// Whether the key file has the member's key of a class.
fn holds(keys: &KeyRing, member: &Member, class: KeyClass) -> Result<(), Refusal> {
    let name = class.name();
    match keys.secret(class) {
        None => {
            Err(refuse("keys", format!("keys.{name}: the key file has no {name} key, and this service signs with it")))
        }
        Some(secret) if member.keys(class).contains(&secret.public()) => Ok(()),
        Some(_) => {
            Err(refuse("keys", format!("keys.{name}: the genesis has another {name} key of {}, or none", member.id)))
        }
    }
}

fn refuse(field: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal::of(Code::Config, field, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deployments_file_is_read_whole() {
        let mut file: toml::Table = include_str!("../../../../deploy/tocsin.toml").parse().unwrap();
        // It holds a password and comes by the environment.
        file.insert("nats_url".to_owned(), "nats://nats:4222".into());
        let (config, forecasting) = settings(file).unwrap();
        assert!(config.parent_genesis.is_some());
        assert!(forecasting.warns && forecasting::Thresholds::new(forecasting.watch).is_ok());
    }
}
