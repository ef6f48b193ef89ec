//! A parent's ledger notices a child's fork, also when the branch it knows came by an anchor.

use domain::chain::Lane;
use domain::event::{Anchor, Event, Fact, SecurityLevel};
use domain::time::Millis;
use host::rest::Desks;
use proof::sign::{Domain, Signed};

use super::*;
use crate::desk::Desk;
use crate::live::{Town, end, until};
use crate::rig::Sealer;

/// An anchor of a child's log, as the child's relay `m0` sends it.
fn anchor(parent: &Genesis, child: &Genesis, certificate: &Certificate, consistency: Vec<Digest>) -> Vec<u8> {
    let (child, checkpoint) = (child.chain.to_string(), certificate.text());
    let relay = rig::secret(&child, "m0", KeyClass::Relay);
    let event = Event {
        author: relay.public(),
        lane: Lane::Normal,
        nonce: 7_u128.to_be_bytes(),
        occurred_at: rig::START,
        created_at: rig::START,
        valid_until: Millis(0),
        region: "3201".to_owned(),
        security: SecurityLevel::Public,
        response: None,
        fact: Fact::Anchor(Anchor { child, checkpoint, consistency, leaves: Vec::new() }),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    };
    Signed::seal(&relay, Domain::Event, &parent.chain_id, wire::event::encode(&event)).to_bytes()
}

async fn ask(desk: &Desk, path: &str, body: Option<Vec<u8>>) -> Told {
    let desks = web::Data::from(Arc::new(Desks::new().with(desk.chain().clone(), desk.clone())));
    let app = test::init_service(App::new().app_data(desks).configure(crate::api::routes)).await;
    let uri = format!("/v1/chains/{path}");
    let request = match body {
        Some(body) => test::TestRequest::post().uri(&uri).set_payload(body),
        None => test::TestRequest::get().uri(&uri),
    };
    told(test::call_service(&app, request.to_request()).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parents_ledger_witnesses_its_children_and_notices_a_fork() {
    let town = Town::new().await;
    let child = rig::genesis("cn.32", 4, &[]);
    let grandchild = rig::genesis("cn.32.01", 4, &[]);
    let parent = rig::genesis("cn", 1, &[&child]);
    let node = town.node(&parent, "m0");
    let desk = crate::start(node.clone(), None).await.unwrap();
    until(&desk, "ready", |status| status.serving).await;
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let (x, y) = (Story::of(&child, 1), Story::of(&child, 2));
            let of = |story: &Story, old, size| story.request(&child, old, size, &QUORUM);
            let add = async |request: Request| {
                ask(&desk, "cn/witness/add-checkpoint", Some(request.body().into_bytes())).await
            };
            let (_, _, lines) = ask(&desk, "cn/witness/key", None).await;
            let field =
                |name: &str| lines.split(&format!("{name} = \"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
            let key = Cosigner { name: field("name"), key: proof::sign::PublicKey::parse(&field("key")).unwrap() };
            assert_eq!(key.name, "m0.cn/witness");
            assert_ne!(key.key, rig::secret("cn", "m0", KeyClass::Cosigner).public());

            let (status, _, line) = add(of(&x, 0, 10)).await;
            assert_eq!(status, 200, "{line}");
            assert_eq!(lines_of(&signed(&x.checkpoint(10), &line), vec![key]), (1, 0));
            assert_eq!(add(Story::of(&grandchild, 1).request(&grandchild, 0, 10, &QUORUM)).await.0, 404);
            assert_eq!(add(Story::of(&parent, 1).request(&parent, 0, 10, &["m0"])).await.0, 404, "not of itself");
            let impostor = rig::genesis("cn.32", 3, &[]);
            assert_eq!(
                add(Story::of(&impostor, 1).request(&impostor, 0, 10, &QUORUM)).await.0,
                404,
                "another chain of that path"
            );
            assert_eq!(add(x.request(&child, 10, 20, &["m0", "m1"])).await.0, 403);
            assert_eq!(ask(&desk, "cn/witness/add-checkpoint", Some(b"hello".to_vec())).await.0, 400);
            assert_eq!(ask(&desk, "cn.99/witness/add-checkpoint", Some(of(&x, 10, 20).body().into())).await.0, 404);

            assert_eq!(add(of(&y, 10, 10)).await, (409, "text/x.tlog.size".into(), "10\n".into()));
            assert_eq!(add(of(&y, 10, 20)).await.0, 422);
            let (_, _, forks) = ask(&desk, "cn/witness/forks", None).await;
            let forks: serde_json::Value = serde_json::from_str(&forks).unwrap();
            assert_eq!(forks[0]["named"], serde_json::json!(["m0.cn.32", "m1.cn.32", "m2.cn.32"]));

            // The child anchors a longer log, which nobody submitted here.
            let anchored = anchor(&parent, &child, &note(&child, x.checkpoint(30), &QUORUM), Vec::new());
            let mut sealer = Sealer::new(&parent);
            town.publish(&parent, &sealer.block(Lane::Normal, vec![anchored.clone()], None)).await;
            until(&desk, "anchored", |status| status.final_height == 1).await;
            let picture = desk.open().unwrap().reader.picture().unwrap();
            assert_eq!(domain::query::child(&picture, &child.chain).unwrap().unwrap().size, 30);
            assert_eq!(add(of(&y, 10, 40)).await.2, "30\n", "it was asked about less");
            assert_eq!(add(of(&y, 30, 40)).await.0, 422);
            assert_eq!(add(of(&x, 30, 40)).await.0, 200);
        })
        .await;
    end(&node, desk).await;
}
