//! Everything a service reads before it starts, read whole and checked against each other: configuration, genesis,
//! parent's genesis, keys. What is wrong here is `CONFIG` with the field named, and nothing was started.

use std::ffi::OsString;
use std::sync::Arc;

use bus::Bus;
use domain::chain::{ChainPath, MemberId};
use domain::genesis::{Genesis, KeyClass};
use domain::refusal::{Code, Refusal};
use host::clock::Clock;
use host::config::{self, Config};
use host::keys::KeyRing;
use host::node::Node;
use host::standing::Standing;
use host::stop::Stop;
use ledger::witness::Address;
use serde::de::DeserializeOwned;

use super::{Options, Service, credentials};
use crate::verify::read_genesis;

/// What a service is started from.
pub(super) struct Prepared {
    pub(super) config: Config,
    pub(super) genesis: Arc<Genesis>,
    pub(super) parent: Option<Arc<Genesis>>,
    pub(super) forecasting: forecasting::Options,
    pub(super) materials: materials::Options,
    pub(super) credentials: Option<credentials::Options>,
    /// Who witnesses the ledger's log.
    pub(super) witnesses: Vec<Address>,
    /// Further chains on the same nats-server, for its credentials.
    pub(super) also: Vec<Arc<Genesis>>,
    pub(super) member: MemberId,
    pub(super) keys: Arc<KeyRing>,
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
    let Settings { config, forecasting, materials, credentials, witnesses } =
        settings(config::load(options.config.as_deref(), environment)?)?;
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
    let keys = KeyRing::load(&config.keys)?;
    if keys.member != options.member {
        let why = format!("--member is {}, but {} is of {}", options.member, config.keys.display(), keys.member);
        return Err(refuse("member", why).into());
    }
    if options.service == Service::Forecasting {
        forecasting::Thresholds::new(forecasting.watch.clone())
            .map_err(|error| refuse("forecasting.watch", format!("forecasting.{error}")))?;
    }
    if options.service == Service::Materials {
        materials::Rates::of_deployment(&materials.rates)
            .map_err(|refusal| refuse("materials.rates", format!("materials.{}: {}", refusal.field, refusal.detail)))?;
    }
    if options.service == Service::Credentials && credentials.is_none() {
        let why = "credentials: the table is missing; it says where the file of users and the server's pid file are";
        return Err(refuse("credentials", why).into());
    }
    if let Some(class) = needs(options.service).iter().find(|class| !keys.has(**class)) {
        let name = class.name();
        let why = format!("keys.{name}: the key file has no {name} key, and this service signs with it");
        return Err(refuse("keys", why).into());
    }
    let also = credentials.iter().flat_map(|options| &options.also).map(|file| read_genesis(file).map(Arc::new));
    let also = also.collect::<anyhow::Result<_>>()?;
    let member = options.member.clone();
    Ok(Prepared {
        config,
        genesis: Arc::new(genesis),
        parent: parent.map(Arc::new),
        forecasting,
        materials,
        credentials,
        witnesses,
        also,
        member,
        keys: Arc::new(keys),
    })
}

impl Prepared {
    /// The node that the service is started with.
    pub(super) fn node(&self, standing: Standing, bus: Bus, clock: Clock, stop: Stop) -> Node {
        Node {
            standing,
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

/// The file's parts: what every service is told, and the tables of single services, which others pass over because one
/// file serves all services of a member.
struct Settings {
    config: Config,
    forecasting: forecasting::Options,
    materials: materials::Options,
    credentials: Option<credentials::Options>,
    witnesses: Vec<Address>,
}

fn settings(mut file: toml::Table) -> Result<Settings, Refusal> {
    let forecasting = table(&mut file, "forecasting")?.unwrap_or_default();
    let materials = table(&mut file, "materials")?.unwrap_or_default();
    let credentials = table(&mut file, "credentials")?;
    let witnesses: Vec<Address> = table(&mut file, "witnesses")?.unwrap_or_default();
    ledger::witness::submit::check(&witnesses)?;
    let config = file.try_into().map_err(|error: toml::de::Error| refuse("config", error.message()))?;
    Ok(Settings { config, forecasting, materials, credentials, witnesses })
}

fn table<T: DeserializeOwned>(file: &mut toml::Table, name: &'static str) -> Result<Option<T>, Refusal> {
    let said = |error: toml::de::Error| refuse(name, format!("{name}: {}", error.message()));
    file.remove(name).map(|table| table.try_into().map_err(said)).transpose()
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

/// The classes of keys a service signs with.
pub(super) fn needs(service: Service) -> &'static [KeyClass] {
    match service {
        Service::Endorsement => &[KeyClass::Endorser, KeyClass::Author],
        Service::Ordering => &[KeyClass::Sealer],
        Service::Ledger => &[KeyClass::Cosigner],
        Service::Reporting
        | Service::Forecasting
        | Service::MedicalResources
        | Service::Materials
        | Service::PublicOpinion => &[KeyClass::Author],
        Service::Alerts | Service::Console | Service::Credentials => &[],
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
        let Settings { config, forecasting, materials, credentials, witnesses } = settings(file).unwrap();
        assert!(credentials.is_some());
        assert!(config.parent_genesis.is_some() && witnesses.is_empty());
        assert!(forecasting.warns && forecasting::Thresholds::new(forecasting.watch).is_ok());
        assert!(materials.rates.is_empty());
    }

    #[test]
    fn a_deployment_states_its_own_rates_of_use() {
        let text = include_str!("../../../../deploy/tocsin.toml");
        let stated =
            text.lines().skip_while(|line| *line != "# [[materials.rates]]").take_while(|line| !line.is_empty());
        let stated = stated.map(|line| line.trim_start_matches("# ")).collect::<Vec<_>>().join("\n");
        let read = |text: &str| {
            let mut file: toml::Table = text.parse().unwrap();
            table::<materials::Options>(&mut file, "materials").unwrap().unwrap()
        };
        assert!(materials::Rates::of_deployment(&read(&stated).rates).is_ok(), "as the deployment's file shows it");
        let wrong = read(&stated.replace("staff-shift", "staff-week"));
        assert!(materials::Rates::of_deployment(&wrong.rates).unwrap_err().detail.contains("staff-shift"));
    }
}
