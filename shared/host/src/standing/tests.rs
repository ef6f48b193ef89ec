//! Ledgers that say what they are told, over a real nats-server.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bus::ServeHandle;
use bus::server::NatsServer;
use bytes::Bytes;
use domain::chain::ChainPath;
use domain::codec::encode;
use domain::genesis::{Member, NodeRole};
use domain::keys;
use domain::record::{CosignersRecord, EpochsRecord, KeyRecord, MemberRecord};
use domain::state::{MemoryState, View as _, Writes};
use domain::time::Millis;
use proof::digest::Digest;
use proof::sign::SecretKey;
use wire::ledger::{LedgerReply, LedgerRequest, Status};

use super::*;
use crate::keys::KeyRing;

/// Only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

fn secret(member: &str, class: KeyClass, number: u8) -> SecretKey {
    SecretKey::from_seed(&Digest::of(format!("{member} {} {number}", class.name()).as_bytes()).0)
}

fn public(member: &str, class: KeyClass, number: u8) -> PublicKey {
    secret(member, class, number).public()
}

/// Four cosigners, of which the first two manage, on a chain of that name.
fn genesis(chain: &str) -> Arc<Genesis> {
    let member = |n: usize| {
        let id = format!("m{n}");
        let role = if n < 2 { NodeRole::Management } else { NodeRole::Common };
        let keys = KeyClass::ALL.map(|class| (class, vec![public(&id, class, 0)]));
        Member {
            name: id.clone(),
            node_role: role,
            roles: Vec::new(),
            sector: "health".to_owned(),
            regions: Vec::new(),
            cosigner: true,
            keys: keys.into(),
            id,
        }
    };
    Arc::new(Genesis {
        file: Vec::new(),
        chain_id: Digest::of(chain.as_bytes()),
        chain: ChainPath::parse(chain).unwrap(),
        name: chain.to_owned(),
        regions: vec!["32".to_owned()],
        genesis_time: Millis(1_626_000_000_000),
        rules_version: 2,
        allow_fewer_cosigners: false,
        members: (0..4).map(member).collect(),
        policies: BTreeMap::new(),
        children: Vec::new(),
        parent: Vec::new(),
        urgent_per_day: domain::genesis::URGENT_PER_DAY,
        duties: Vec::new(),
    })
}

/// A ledger's state at a height.
#[derive(Clone)]
struct State {
    height: u64,
    records: MemoryState,
}

impl State {
    fn of(genesis: &Genesis) -> Self {
        let mut records = MemoryState::default();
        records.apply(&genesis.writes());
        State { height: 1, records }
    }

    /// After a block of governance.
    fn then(&self, height: u64, version: u64, writes: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
        let mut next = State { height, records: self.records.clone() };
        let roster = (keys::roster(), encode(&RosterRecord { version }));
        let writes: Writes = writes.into_iter().chain([roster]).map(|(key, value)| (key, Some(value))).collect();
        next.records.apply(&writes);
        next
    }

    fn roster(&self, genesis: &Genesis) -> Roster {
        let entries = parts().into_iter().flat_map(|(from, to)| self.records.scan(&from, &to, 1000).unwrap());
        Roster::from_entries(&genesis.chain, self.height, entries.collect()).unwrap()
    }
}

fn new_key(member: &str, class: KeyClass, since: u64) -> (Vec<u8>, Vec<u8>) {
    let record = KeyRecord { member: member.to_owned(), class, since, until: None, suspect_since: None };
    (keys::key(class, &public(member, class, 1)), encode(&record))
}

fn old_key(member: &str, class: KeyClass, until: u64) -> (Vec<u8>, Vec<u8>) {
    let record = KeyRecord { member: member.to_owned(), class, since: 0, until: Some(until), suspect_since: None };
    (keys::key(class, &public(member, class, 0)), encode(&record))
}

fn left(state: &State, id: &str) -> (Vec<u8>, Vec<u8>) {
    let record: MemberRecord = domain::state::read(&state.records, &keys::member(id)).unwrap().unwrap();
    (keys::member(id), encode(&MemberRecord { active: false, ..record }))
}

#[test]
fn a_key_counts_from_the_block_after_it_came_to_its_last_height() {
    let genesis = genesis("cn");
    let begun = State::of(&genesis);
    let class = KeyClass::Sealer;
    let (old, new) = (public("m0", class, 0), public("m0", class, 1));
    let ring = KeyRing::new("m0", [0, 1].map(|number| (class, secret("m0", class, number))));
    let active = |roster: &Roster| ring.active(class, roster).map(|secret| secret.public());
    assert_eq!(active(&begun.roster(&genesis)), Some(old));

    let changed = begun.then(10, 1, [new_key("m0", class, 10), old_key("m0", class, 20)]).roster(&genesis);
    assert_eq!(active(&changed), Some(new), "the one that stays, while both count");
    assert_eq!(changed.keys_of("m0", class).len(), 2);
    assert!(!changed.seals(&new, 10) && changed.seals(&new, 11), "it counts from the next height on");
    assert!(changed.seals(&old, 20) && !changed.seals(&old, 21));
    assert_eq!(changed.next_end(), Some(20));

    let later = changed.at(20);
    assert!(later.ended(&old) && later.key(&old).is_none() && later.next_end().is_none());
    assert_eq!(later.owner(class, &old).map(|member| member.id.as_str()), Some("m0"), "it stays known whose it was");
    let others = KeyRing::new("m1", [(class, secret("m0", class, 1))]);
    assert!(others.active(class, &later).is_none(), "another member's key");
}

#[test]
fn who_left_counts_for_nothing_but_its_blocks_stay() {
    let genesis = genesis("cn");
    let begun = State::of(&genesis);
    let ended = KeyClass::ALL.map(|class| old_key("m1", class, 30));
    let roster = begun.then(30, 1, ended.into_iter().chain([left(&begun, "m1")])).roster(&genesis);
    assert!(roster.member("m1").is_none());
    assert_eq!(roster.managers().map(|member| member.id.as_str()).collect::<Vec<_>>(), ["m0"]);
    assert_eq!(roster.admitters(), [("m0".to_owned(), vec![public("m0", KeyClass::Endorser, 0)])]);
    assert!(roster.keys_of("m1", KeyClass::Client).is_empty());
    let sealer = public("m1", KeyClass::Sealer, 0);
    assert!(roster.seals(&sealer, 30) && !roster.seals(&sealer, 31));
    assert!(!roster.seals(&public("m2", KeyClass::Sealer, 0), 31), "a member that does not manage");
}

#[test]
fn a_checkpoint_is_judged_by_the_set_in_force_below_its_size() {
    let genesis = genesis("cn");
    let three: Vec<_> = ["m0", "m1", "m2"].map(|id| (id.to_owned(), public(id, KeyClass::Cosigner, 0))).into();
    let set = CosignersRecord {
        epoch: 1,
        cosigners: three.clone(),
        leaf_index: Some(70),
        from_size: Some(100),
        handover: 12,
    };
    let writes =
        [(keys::cosigners(1), encode(&set)), (keys::epochs(), encode(&EpochsRecord { current: 1, newest: 1 }))];
    let roster = State::of(&genesis).then(12, 2, writes).roster(&genesis);
    assert_eq!(roster.cosigners, three);
    assert_eq!((roster.cosigners_at(100).len(), roster.cosigners_at(101).len()), (4, 3));
}

/// A chain's ledgers by member; who is not there is silent.
struct Ledgers {
    bus: Bus,
    genesis: Arc<Genesis>,
    states: Arc<Mutex<BTreeMap<String, State>>>,
    stop: Stop,
    _serving: Vec<ServeHandle>,
    _dir: tempfile::TempDir,
    _server: NatsServer,
}

impl Ledgers {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start(dir.path().join("nats")).await.unwrap();
        let bus = Bus::connect(server.url(), "standing test").await.unwrap();
        // The server may be shared: every test has a chain of its own.
        let name = dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let genesis = genesis(&name.chars().filter(char::is_ascii_alphanumeric).collect::<String>());
        let begun = State::of(&genesis);
        let states = ["m0", "m1", "m2", "m3"].map(|id| (id.to_owned(), begun.clone()));
        let states: Arc<Mutex<BTreeMap<_, _>>> = Arc::new(Mutex::new(states.into()));
        let mut serving = Vec::new();
        for member in ["m0", "m1", "m2", "m3"] {
            let states = Arc::clone(&states);
            let answer = move |asked: Bytes, _| {
                let state = states.lock().unwrap().get(member).cloned();
                async move {
                    match state {
                        Some(state) => Bytes::from(reply(&state, LedgerRequest::decode(&asked).unwrap()).encode()),
                        None => std::future::pending().await,
                    }
                }
            };
            serving.push(bus.serve(&wire::subject::ledger(member, &genesis.chain), 8, answer).await.unwrap());
        }
        let stop = Stop::new();
        Ledgers { bus, genesis, states, stop, _serving: serving, _dir: dir, _server: server }
    }

    fn say(&self, member: &str, state: Option<State>) {
        let mut states = self.states.lock().unwrap();
        match state {
            Some(state) => states.insert(member.to_owned(), state),
            None => states.remove(member),
        };
    }

    async fn follow(&self, member: &str) -> Standing {
        Standing::start(Arc::clone(&self.genesis), member, &self.bus, &self.stop).await
    }
}

impl Drop for Ledgers {
    fn drop(&mut self) {
        self.stop.set();
    }
}

fn reply(state: &State, asked: LedgerRequest) -> LedgerReply {
    match asked {
        LedgerRequest::ReadState { from, to, limit } => {
            let limit = usize::try_from(limit).unwrap();
            let mut entries = state.records.scan(&from, &to, limit + 1).unwrap();
            let more = entries.len() > limit;
            entries.truncate(limit);
            LedgerReply::State { height: state.height, entries, more }
        }
        LedgerRequest::Status => {
            LedgerReply::Status(Status { height: state.height, final_height: state.height - 1, ..Status::default() })
        }
        other => panic!("nobody asks this: {other:?}"),
    }
}

async fn changed(standing: &mut Standing) -> Arc<Roster> {
    tokio::time::timeout(PATIENCE, standing.changed()).await.expect("a change")
}

#[tokio::test]
async fn the_own_ledgers_word_is_enough_and_a_key_that_ends_by_itself_is_noticed() {
    let ledgers = Ledgers::start().await;
    let mut standing = ledgers.follow("m0").await;
    assert_eq!(standing.current().version, 0);
    let class = KeyClass::Client;
    let begun = State::of(&ledgers.genesis);
    let rotated = begun.then(10, 1, [new_key("m2", class, 10), old_key("m2", class, 15)]);
    ledgers.say("m0", Some(rotated.clone()));
    assert_eq!(changed(&mut standing).await.version, 1);
    assert_eq!(standing.keys("m2", class).len(), 2, "tokens under either key are believed");
    ledgers.say("m0", Some(State { height: 15, ..rotated }));
    changed(&mut standing).await;
    assert_eq!(standing.keys("m2", class), [public("m2", class, 1)]);
}

#[tokio::test]
async fn without_an_own_ledger_as_many_must_agree_as_hold_an_honest_one() {
    let ledgers = Ledgers::start().await;
    let begun = State::of(&ledgers.genesis);
    // One of four lies, and is the one that is asked first. It claims a version that nobody else has.
    ledgers.say("m0", Some(begun.then(10, 99, [new_key("m0", KeyClass::Client, 5)])));
    let mut standing = ledgers.follow("hospital").await;
    assert_eq!(standing.current().version, 0, "one ledger's word is believed");
    let truth = begun.then(11, 1, [left(&begun, "m3")]);
    for honest in ["m1", "m2"] {
        ledgers.say(honest, Some(truth.clone()));
    }
    let roster = changed(&mut standing).await;
    assert!(roster.version == 1 && roster.member("m3").is_none());
    assert!(is_final(&ledgers.bus, "hospital", &roster.at(10)).await);
    assert!(!is_final(&ledgers.bus, "hospital", &roster.at(11)).await);
}

#[tokio::test]
async fn a_ledger_that_is_behind_takes_nothing_back() {
    let ledgers = Ledgers::start().await;
    let begun = State::of(&ledgers.genesis);
    let now = begun.then(10, 2, [left(&begun, "m3")]);
    ["m0", "m1", "m2"].into_iter().for_each(|id| ledgers.say(id, Some(now.clone())));
    let mut standing = ledgers.follow("m0").await;
    assert_eq!(standing.current().version, 2, "the first look learns it");
    // The own ledger begins anew; the others are silent.
    ["m1", "m2", "m3"].into_iter().for_each(|id| ledgers.say(id, None));
    ledgers.say("m0", Some(begun.then(3, 1, [])));
    let later = now.then(20, 3, [left(&begun, "m2")]);
    tokio::time::sleep(LOOK * 2).await;
    assert_eq!(standing.current().version, 2);
    ledgers.say("m0", Some(later));
    assert_eq!(changed(&mut standing).await.version, 3);
}
