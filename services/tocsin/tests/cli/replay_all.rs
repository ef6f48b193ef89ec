//! `tocsin replay --all`: the first days of the demo's play on three levels of chains, and every alert of them reproduced
//! from a copy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use bus::server::NatsServer;
use domain::chain::ChainPath;
use domain::time::Millis;
use host::clock::Clock;
use ledger::audit::archive::{Archive, Next};
use ledger::audit::piece::Kind;
use proof::block::Block;
use proof::sign::Signed;
use serde_json::{Value, json};
use tocsin::demo::cast;
use tocsin::demo::player::Player;
use tocsin::demo::scenario::{JIANGSU_2021, Scenario};
use tocsin::house::{self, EarlyWarning, House, Plan};

use crate::place::{PATIENCE, arg, output, text};

/// The chains that are played: one city, its province, the nation.
const CHAINS: [&str; 3] = ["cn", "cn.32", "cn.32.01"];
const CITY: &str = "cn.32.01";
/// The cluster at the airport on the second day; early warning has a level to warn of on the days after.
const DAYS: [&str; 2] = ["2021-07-19", "2021-07-23"];
/// What subscribers see of an alert.
const SEEN: [&str; 5] = ["id", "state", "level", "kind", "headline"];

/// The play, cut to these chains and days.
fn cut() -> Scenario {
    let mut play = toml::from_str::<toml::Table>(JIANGSU_2021).unwrap();
    let [first, last] = DAYS;
    play.insert("first_day".to_owned(), first.into());
    play.insert("last_day".to_owned(), last.into());
    let of = |row: &toml::Value, field: &str| row[field].as_str().unwrap().to_owned();
    let keep =
        |rows: &mut toml::Value, keeps: &dyn Fn(&toml::Value) -> bool| rows.as_array_mut().unwrap().retain(keeps);
    let known = |chain: String| CHAINS.contains(&chain.as_str());
    let within = |day: &str| (first..=last).contains(&day);
    keep(&mut play["chain"], &|chain| known(of(chain, "path")));
    let rings = |act: &toml::Value| ["suspected_cluster", "warning", "directive"].contains(&&*of(&act["fact"], "kind"));
    keep(&mut play["play"], &|act| rings(act) && known(of(act, "chain")) && within(&of(act, "at")[..10]));
    play.remove("ward");
    keep(&mut play["daily"]["city"], &|city| known(of(city, "chain")));
    play["figures"]["cities"] = toml::Value::Array(vec![CITY.into()]);
    keep(&mut play["figures"]["days"], &|day| within(&of(day, "date")));
    for day in play["figures"]["days"].as_array_mut().unwrap() {
        day["confirmed"].as_array_mut().unwrap().truncate(1);
    }
    Scenario::parse(&toml::to_string(&play).unwrap()).unwrap()
}

async fn open(scenario: &Scenario, cast: &cast::Cast, nats: &NatsServer, clock: &Clock, dir: &Path) -> House {
    let city = &scenario.daily.cities[0];
    let chain = ChainPath::parse(CITY).unwrap();
    let (confirmed_a_day, cluster_positives) = (5, 5);
    let watch = forecasting::Watch { disease: scenario.disease.code.clone(), confirmed_a_day, cluster_positives };
    let (by, checked_by) = (city.author.clone(), city.endorsers.first().cloned());
    let plan = Plan {
        cast,
        nats: nats.url(),
        clock: clock.clone(),
        data: dir.join("data"),
        listen: ([127, 0, 0, 1], 0).into(),
        status: alerts::cap::Status::Exercise,
        automatic: [(chain.clone(), city.endorsers.clone())].into(),
        warns: [(chain, EarlyWarning { by, checked_by, watch: vec![watch] })].into(),
    };
    let house = house::open(plan).await.unwrap();
    let ready = async {
        while !house.ledgers.values().flat_map(|ledgers| ledgers.values()).all(ledger::Desk::is_ready) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
    house
}

/// What subscribers have seen of the alerts of a chain, by its number.
type Feed = BTreeMap<(String, u64), [String; 5]>;

fn seen(rows: &[Value], id: &str) -> Feed {
    let text = |row: &Value, field: &str| row[if field == "id" { id } else { field }].as_str().unwrap().to_owned();
    let key = |row: &Value| (text(row, "chain"), row["number"].as_u64().unwrap());
    rows.iter().map(|row| (key(row), SEEN.map(|field| text(row, field)))).collect()
}

/// The feed, once all that the city rang has come to the nation.
async fn feed(player: &Player<'_>) -> Feed {
    let ends = std::time::Instant::now() + PATIENCE;
    loop {
        let page = player.caller.get("/v1/alerts?limit=500").await.unwrap();
        let all = seen(page["alerts"].as_array().unwrap(), "id");
        let on =
            |chain: &str| all.iter().filter(|((on, _), _)| on == chain).map(|(_, of)| &of[0]).collect::<BTreeSet<_>>();
        if on(CITY).is_subset(&on("cn")) {
            return all;
        }
        assert!(std::time::Instant::now() < ends, "not all of the city's alerts came to the nation: {all:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn replay(what: &str, copy: &Path, genesis: &Path) -> (Option<i32>, Value, String) {
    let shown = output(&["replay", what, "--dir", arg(copy), "--genesis", arg(genesis), "--json"]);
    let found = serde_json::from_slice(&shown.stdout).unwrap_or_else(|_| panic!("{}", text(&shown.stderr)));
    (shown.status.code(), found, text(&shown.stderr))
}

/// Events of a copied chain: an id and its signed bytes, one of each kind.
fn one_of_each_kind(archive: &Archive) -> Vec<(String, Vec<u8>)> {
    let mut kinds = BTreeMap::new();
    for next in archive.blocks(archive.extent(Kind::Blocks)) {
        let Next::Block(_, bytes) = next else { panic!("a lost block") };
        for bundle in Block::from_bytes(&bytes).unwrap().bundles {
            for bytes in wire::bundle::decode(&Signed::from_bytes(&bundle).unwrap().body).unwrap().events {
                let opened = wire::event::open(&archive.genesis.chain_id, &bytes).unwrap();
                kinds.insert(domain::record::Kind::of(&opened.event.fact).name(), (opened.id.to_string(), bytes));
            }
        }
    }
    kinds.into_values().collect()
}

/// Changes one byte of an event in a copy, sees that nothing is replayed and the event is named, and puts it back.
fn flipped(archive: &Archive, id: &str, signed: &[u8], at: usize, copy: &Path, genesis: &Path) {
    let files = std::fs::read_dir(archive.dir().join("block/000.p")).unwrap().map(|file| file.unwrap().path());
    let place = |file: &Path| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(signed.len()).position(|window| window == signed)
    };
    let (file, place) = files.filter_map(|file| Some((file.clone(), place(&file)?))).next().unwrap();
    let kept = std::fs::read(&file).unwrap();
    let mut changed = kept.clone();
    changed[place + at] ^= 1;
    std::fs::write(&file, changed).unwrap();
    let (code, found, _) = replay("--all", copy, genesis);
    let error = found["error"].as_str().unwrap();
    let named = format!("the event {id} is not as leaf");
    assert!(code == Some(1) && error.contains("not sound") && error.contains(&named), "byte {at}: {error}");
    std::fs::write(&file, kept).unwrap();
}

/// What was played: the feed before and after the copy was made, and a lie that came after it.
struct Played {
    before: Feed,
    after: Feed,
    lie: String,
}

/// Plays below `dir`, copies the chains into `copy`, has a member lie, and copies them into `lied`.
async fn play(dir: &Path, copy: &Path, lied: &Path) -> Played {
    let scenario = cut();
    let cast = cast::hire(&scenario.chains, dir).unwrap();
    let nats = NatsServer::start(&dir.join("nats")).await.unwrap();
    let clock = Clock::stepped(Millis::parse("2021-07-19T00:00:00Z").unwrap());
    clock.run_at_wall_speed();
    let house = open(&scenario, &cast, &nats, &clock, dir).await;
    let player = Player::new(&house, &cast, clock, &scenario).unwrap();
    player.play(f64::INFINITY, &|_| {}).await.unwrap();
    let api = player.caller.base.parse().unwrap();
    let before = feed(&player).await;
    tocsin::export::copy(&api, Vec::new(), copy).await.unwrap();
    let after = feed(&player).await;

    // A member that manages warns as if early warning had, of what no log says.
    let warning = json!({
        "kind": "warning", "disease": { "code": scenario.disease.code, "name": scenario.disease.name },
        "region": "320100", "level": "red", "method": "fixed-threshold-day",
        "headline": "COVID-19 in region 320100: 999 confirmed on 2021-07-22, threshold 5",
        "occurred_at": "2021-07-23T00:00:00Z",
    });
    let lie = player.caller.submit(CITY, "nanjing-cdc", "warnings", &warning).await.unwrap();
    player.caller.until(&lie, "state", &["final"]).await.unwrap();
    player.caller.until_risen(&lie).await.unwrap();
    tocsin::export::copy(&api, Vec::new(), lied).await.unwrap();
    drop(player);
    house.close().await.unwrap();
    nats.stop().await.unwrap();
    Played { before, after, lie: lie.id }
}

/// Seen to fail with what the fold gave thrown away: early warning's words were taken for a person's.
#[test]
fn every_alert_of_the_play_is_reproduced_on_every_chain_and_no_byte_can_change() {
    let dir = tempfile::tempdir().unwrap();
    let (copy, lied) = (dir.path().join("copy"), dir.path().join("lied"));
    let Played { before, after, lie } = house::runtime().unwrap().block_on(play(dir.path(), &copy, &lied));
    let genesis = cast::genesis_file(dir.path(), &ChainPath::parse("cn").unwrap());
    let (code, found, error) = replay("--all", &copy, &genesis);
    assert!(code == Some(0) && found["same"] == true, "{error} {found:#}");
    let events = found["events"].as_array().unwrap();
    let rung = events.iter().flat_map(|event| event["rung"].as_array().unwrap()).cloned().collect::<Vec<_>>();
    assert_eq!(found["alerts"].as_u64(), Some(rung.len() as u64));
    let reproduced = seen(&rung, "alert");
    assert!(before.iter().all(|(key, one)| reproduced.get(key) == Some(one)), "{before:#?} {reproduced:#?}");
    assert!(reproduced.iter().all(|(key, one)| after.get(key) == Some(one)), "{reproduced:#?} {after:#?}");
    let of = |origin: &str, kind: &str| {
        events.iter().filter(|event| event["origin"] == origin && event["kind"] == kind).collect::<Vec<_>>()
    };
    // The cluster and the nation's own words by people, the fixed thresholds by the service.
    let (computed, clusters) = (of("computed", "warning"), of("person", "suspected_cluster"));
    assert!(computed.len() >= 2 && clusters.len() == 1, "{events:#?}");
    assert_eq!(of("person", "warning").len(), 1, "{events:#?}");
    assert_eq!(clusters[0]["author"], "lukou-airport-task-force");
    for event in [computed[0], clusters[0]] {
        let rings = event["rung"].as_array().unwrap();
        for (above, below) in [("cn", "cn.32"), ("cn.32", "cn.32.01")] {
            let came = rings.iter().find(|ring| ring["chain"] == above).unwrap();
            let proof = &came["received"];
            assert!(came["by"] == "child" && proof["child"] == below && proof["size"].as_u64() > Some(0), "{came}");
        }
    }
    // One of each, by the alert's id.
    for event in [computed[0], clusters[0], of("person", "directive")[0]] {
        let ring = &event["rung"][0];
        let (code, one, error) = replay(ring["alert"].as_str().unwrap(), &copy, &genesis);
        assert!(code == Some(0) && one["event"] == event["event"], "{error} {one}");
        assert_eq!((&one["rung"], &one["origin"]), (&event["rung"], &event["origin"]));
    }

    // A lie is early warning's word that the log does not give.
    let (code, found, error) = replay("--all", &lied, &genesis);
    assert!(code == Some(1) && found["same"] == false && error.contains(&lie), "{error}");
    let wrong = found["events"].as_array().unwrap().iter().filter(|event| event["same"] == false).collect::<Vec<_>>();
    assert!(wrong.len() == 1 && wrong[0]["event"] == lie.as_str() && !wrong[0]["differs"].is_null(), "{wrong:#?}");

    for chain in CHAINS {
        let archive = Archive::open(&copy.join(chain)).unwrap();
        for (number, (id, signed)) in one_of_each_kind(&archive).into_iter().enumerate() {
            // The first byte, the last, or one between, so that lengths, body, key and signature all have their turn.
            let at = [0, signed.len() / 3, signed.len() / 2, signed.len() - 1][number % 4];
            flipped(&archive, &id, &signed, at, &copy, &genesis);
        }
    }
    assert_eq!(replay("--all", &copy, &genesis).0, Some(0), "all is put back");
}
