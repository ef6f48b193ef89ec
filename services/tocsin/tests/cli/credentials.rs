//! `tocsin run credentials` on the files that `deploy/` ships, and every service of a member under its own key.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bus::server::Find;
use domain::genesis::{KeyClass, PolicyText};
use host::keys::KeyRing;
use serde_json::{Value, json};

use crate::place::{CHAIN, MANAGER, MEMBERS, PATIENCE, Place, Running, arg, member, output, text, tocsin};

/// Reports and does nothing else.
const MEDIUM: &str = "nanjing-media";
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// The server of `deploy/nats.conf`, in a directory of its own.
struct Server {
    child: Child,
    dir: PathBuf,
    host: String,
}

impl Server {
    async fn start(dir: &Path) -> Self {
        let Find::Binary(binary) = Find::locate().await.unwrap() else { panic!("unset NATS_URL") };
        let show = |name: &str| dir.join(name).display().to_string();
        std::fs::create_dir_all(dir.join("nats")).unwrap();
        std::fs::create_dir_all(dir.join("nats-users")).unwrap();
        let shipped = include_str!("../../../../deploy/nats-users/users.conf");
        std::fs::write(dir.join("nats-users/users.conf"), shipped).unwrap();
        let config = include_str!("../../../../deploy/nats.conf")
            .replace("port: 4222", &format!("host: 127.0.0.1\nport: -1\nports_file_dir: {:?}", show("nats")))
            .replace("http_port: 8222\n", "")
            .replace("/var/run/nats/nats.pid", &show("nats.pid"))
            .replace("store_dir: /data", &format!("store_dir: {:?}", show("streams")));
        std::fs::write(dir.join("nats/nats.conf"), config).unwrap();
        let mut command = Command::new(&binary);
        command.args(["--config", arg(&dir.join("nats/nats.conf"))]).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("NATS_SERVICE_PASSWORD", "service").env("NATS_LISTENER_PASSWORD", "listener");
        let child = command.spawn().unwrap();
        let ports = dir.join("nats").join(format!("nats-server_{}.ports", child.id()));
        let host = until("the server", || {
            let said: Value = serde_json::from_slice(&std::fs::read(&ports).ok()?).ok()?;
            Some(said["nats"][0].as_str()?.trim_start_matches("nats://").to_owned())
        })
        .await;
        Server { child, dir: dir.to_owned(), host }
    }

    /// Where the house's services connect.
    fn house(&self) -> String {
        format!("nats://tocsin:service@{}", self.host)
    }

    /// Where members connect, under their own keys.
    fn members(&self) -> String {
        format!("nats://{}", self.host)
    }

    /// Who may connect at the moment.
    fn users(&self) -> String {
        std::fs::read_to_string(self.dir.join("nats-users/users.conf")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let ends = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < ends, "{what} did not come");
        tokio::time::sleep(LOOK).await;
    }
}

/// Posts as the manager, and gives the event's id.
async fn post(place: &Place, running: &Running, route: &str, body: Value) -> String {
    let (keys, genesis) = (place.path(&format!("{MANAGER}.toml")), place.path("chain.toml"));
    let token = text(&output(&["token", "--keys", arg(&keys), "--genesis", arg(&genesis)]).stdout);
    let url = format!("http://{}/v1/chains/{CHAIN}/{route}", running.address);
    let sent = reqwest::Client::new().post(url).bearer_auth(token.trim()).json(&body).send().await.unwrap();
    let said: Value = sent.json().await.unwrap();
    let id = said.pointer("/results/0/event_id").or(said.get("event_id")).and_then(Value::as_str);
    id.unwrap_or_else(|| panic!("{said}")).to_owned()
}

/// Waits until an event is final.
async fn is_final(running: &Running, id: &str) {
    let url = format!("http://{}/v1/chains/{CHAIN}/events/{id}", running.address);
    let ends = Instant::now() + PATIENCE;
    loop {
        let said: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        if said["state"] == "final" {
            return;
        }
        assert!(Instant::now() < ends, "never final: {said}");
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expelled_members_services_are_cut_off_and_the_others_go_on() {
    let place = Place::edited(|genesis, dir| {
        let ring = KeyRing::generate(MEDIUM).unwrap();
        ring.save(&dir.join(format!("{MEDIUM}.toml"))).unwrap();
        let mut medium = member(MEDIUM, &ring);
        medium.cosigner = false;
        medium.keys.retain(|class, _| matches!(class, KeyClass::Author | KeyClass::Client));
        genesis.members.push(medium);
        genesis.policies.insert("membership".to_owned(), PolicyText { rule: "author".to_owned(), deadline_ms: 0 });
    });
    let server = Server::start(&place.path("server")).await;
    let users = format!(
        "[credentials]\nusers = {:?}\npid = {:?}\n",
        place.path("server/nats-users/users.conf").display().to_string(),
        place.path("server/nats.pid").display().to_string()
    );
    let credentials = place.start_with("credentials", MANAGER, &server.house(), &users);
    until("the members in the file", || server.users().contains(&format!("# {MEDIUM}.{CHAIN}\n")).then_some(())).await;

    // The file is written before the server is told: whoever is too early is started again, as a platform would.
    let ledgers: Vec<_> = MEMBERS.iter().map(|id| place.start("ledger", id, &server.members())).collect();
    let ordering = place.start("ordering", MANAGER, &server.members());
    let endorsement = place.start("endorsement", MANAGER, &server.members());
    let reporting = place.start("reporting", MANAGER, &server.members());
    let alerts = place.start("alerts", MANAGER, &server.members());
    let medium = place.start("public-opinion", MEDIUM, &server.members());
    let report = |facility: &str| {
        json!({ "kind": "zero_report", "disease": { "code": "U07.1", "name": "COVID-19" }, "region": "320100",
                "facility": facility, "report_date": "2021-07-20" })
    };
    let before = post(&place, &reporting, "reports", report("nanjing-hospital")).await;
    is_final(&reporting, &before).await;

    let proposal = json!({ "actions": [{ "action": "expel", "member": MEDIUM }], "reason": "It left." });
    let expelled = post(&place, &endorsement, "proposals", proposal).await;
    is_final(&reporting, &expelled).await;
    medium.hears("the connection to the nats-server is lost");
    assert!(!server.users().contains(MEDIUM), "{}", server.users());
    let config = place.config("public-opinion", MEDIUM, &server.members());
    let again = ["run", "public-opinion", "--chain", CHAIN, "--member", MEDIUM, "--config", arg(&config)];
    let again = tocsin().args(again).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));

    let after = post(&place, &reporting, "reports", report("zhongda-hospital")).await;
    is_final(&reporting, &after).await;
    for running in ledgers.into_iter().chain([ordering, endorsement, reporting, alerts]) {
        running.signal("TERM");
        let (status, said) = running.ended(PATIENCE);
        assert!(status.success(), "{said:#?}");
        assert!(!said.iter().any(|line| troubled(line)), "{said:#?}");
    }
    drop((credentials, medium));
}

/// Whether a member that stayed was disturbed, or tried what it may not. Answers that are under way when the server is told
/// of its users are lost: whoever waits for one asks again.
fn troubled(line: &str) -> bool {
    let answer = line.contains("_INBOX.");
    line.contains("nats-server is lost") || (line.contains("Permissions Violation") && !answer)
}
