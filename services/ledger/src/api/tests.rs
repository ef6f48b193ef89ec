//! Every route over a live ledger, and what each refuses.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{App, test, web};
use domain::chain::Lane;
use domain::genesis::{Duty, Genesis};
use domain::time::Date;
use host::rest::Desks;
use proof::proof_file::ProofFile;
use serde_json::Value;

use crate::live::{Town, end, until};
use crate::rig::{self, Sealer};

#[tokio::test(flavor = "multi_thread")]
async fn routes_answer_and_refuse_with_codes() {
    let town = Town::new().await;
    let owing = |disease: &str| Duty { member: "m0".into(), disease: disease.into(), grace_hours: 12 };
    let genesis = Genesis { duties: vec![owing("U07.1"), owing("J10")], ..(*rig::genesis("cn", 1, &[])).clone() };
    let genesis = Arc::new(wire::genesis::parse(wire::genesis::render(&genesis).as_bytes()).unwrap());
    let node = town.node(&genesis, "m0");
    let desk = crate::start(node.clone(), None).await.unwrap();
    let mut sealer = Sealer::new(&genesis);
    let report = rig::daily(&genesis, 1, 5);
    let id = rig::id(&genesis, &report);
    town.publish(&genesis, &sealer.block(Lane::Urgent, vec![report], None)).await;
    until(&desk, "final", |status| status.final_height == 1).await;
    let desks = web::Data::from(Arc::new(Desks::new().with(genesis.chain.clone(), desk.clone())));
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let app = test::init_service(App::new().app_data(desks).configure(super::routes)).await;
            let get = async |path: String| {
                let request = test::TestRequest::get().uri(&path).to_request();
                let response = test::call_service(&app, request).await;
                let status = response.status();
                (status, String::from_utf8(test::read_body(response).await.to_vec()).unwrap())
            };
            let json = async |path: &str| {
                let (status, body) = get(format!("/v1/chains{path}")).await;
                assert_eq!(status, StatusCode::OK, "{path}: {body}");
                serde_json::from_str::<Value>(&body).unwrap()
            };
            assert_eq!(json("").await[0]["chain"], "cn");
            assert_eq!(json("/cn/status").await["final_height"], 1);
            assert_eq!(json("/cn/totals").await["totals"][0]["counts"]["confirmed"], 5);
            let days = json("/cn/days?disease=U07.1&from=2021-07-01").await;
            assert_eq!(days["days"][0]["date"], rig::START.date().to_string());
            assert_eq!(json("/cn/members").await[0]["id"], "m0");
            assert_eq!(json(&format!("/cn/events/{id}/ballots")).await["outcome"], "accepted");
            let members = json("/cn/members").await;
            let member = &members[0];
            assert_eq!((member["active"].as_bool(), member["keys"][0]["since"].as_u64()), (Some(true), Some(0)));
            assert!(member["keys"][0]["until"].is_null());
            let sets = json("/cn/cosigners").await;
            assert_eq!((sets["current"].as_u64(), &sets["sets"][0]["cosigners"][0]["member"]), (Some(0), &"m0".into()));
            let policies = json("/cn/policies").await;
            let policy = |class: &str| {
                let found = policies["policies"].as_array().unwrap().iter().find(|policy| policy["class"] == class);
                (found.unwrap()["rule"].clone(), found.unwrap()["own"].clone())
            };
            assert_eq!(policy("daily_aggregate"), ("author".into(), true.into()));
            assert_eq!(policy("membership"), ("majority(manager)".into(), false.into()));
            assert_eq!(json("/cn/phase").await["phase"], Value::Null);
            assert_eq!(json("/cn/proposals").await["proposals"], Value::Array(Vec::new()));
            let accounts = json("/cn/credits?limit=1").await;
            assert_eq!((&accounts["accounts"][0]["member"], &accounts["next"]), (&"m0".into(), &"member-m0".into()));
            assert_eq!(json("/cn/credits?cursor=member-m0").await["accounts"], Value::Array(Vec::new()));
            assert_eq!(json("/cn/credits?member=m0").await["accounts"][0]["vested"], 0);
            let owed = json("/cn/duties?limit=1").await;
            let owing = |duty: &Value| (duty["disease"].clone(), duty["last_heard"].clone(), duty["waits_for"].clone());
            assert_eq!(owing(&owed["duties"][0]), ("J10".into(), Value::Null, rig::START.date().to_string().into()));
            let rest = json(&format!("/cn/duties?cursor={}", owed["next"].as_str().unwrap())).await;
            let tomorrow = Date(rig::START.date().0 + 1).to_string();
            let heard = ("U07.1".into(), rig::START.date().to_string().into(), tomorrow.into());
            assert_eq!((owing(&rest["duties"][0]), &rest["duties"][0]["last_report"]), (heard, &id.to_string().into()));
            assert_eq!((&rest["duties"][0]["silent_since"], &rest["next"]), (&Value::Null, &Value::Null));
            assert_eq!(json("/cn/definitions?disease=U07.1").await["definitions"], Value::Array(Vec::new()));
            let page = json("/cn/log?limit=1&final_only=true").await;
            assert_eq!(page["entries"][0]["event_id"], id.to_string());
            let rest = json(&format!("/cn/log?cursor={}", page["next"].as_str().unwrap())).await;
            assert_eq!(rest["entries"][0]["index"], 1);
            let (_, note) = get("/v1/chains/cn/checkpoint".to_owned()).await;
            assert!(proof::checkpoint::Certificate::parse(&note).is_some());
            let (_, file) = get(format!("/v1/chains/cn/events/{id}/proof?to=own")).await;
            assert!(ProofFile::parse(&file).is_ok());

            let refused = [
                ("/cn.99/status", "NOT_FOUND"),
                ("/cn/log?limit=501", "BAD_QUERY"),
                ("/cn/log?limit=0", "BAD_QUERY"),
                ("/cn/log?page=2", "BAD_QUERY"),
                ("/cn/log?cursor=1", "BAD_CURSOR"),
                ("/cn/log?cursor=log-01", "BAD_CURSOR"),
                ("/cn/log?cursor=log-99999", "BAD_CURSOR"),
                ("/cn/days", "BAD_QUERY"),
                ("/cn/days?disease=a/b", "BAD_QUERY"),
                ("/cn/days?disease=U07.1&from=2021-02-30", "BAD_QUERY"),
                ("/cn/credits?member=nobody", "NOT_FOUND"),
                ("/cn/credits?cursor=m0", "BAD_CURSOR"),
                ("/cn/credits?member=m0&cursor=entry-00.accepted", "BAD_CURSOR"),
                ("/cn/members?cursor=member-No", "BAD_CURSOR"),
                ("/cn/members?limit=501", "BAD_QUERY"),
                ("/cn/proposals?cursor=proposal-0", "BAD_CURSOR"),
                ("/cn/cosigners?cursor=epoch-4294967296", "BAD_CURSOR"),
                ("/cn/duties?cursor=duty-m0", "BAD_CURSOR"),
                ("/cn/duties?cursor=duty-m0.flu", "BAD_CURSOR"),
                ("/cn/definitions?disease=flu", "BAD_QUERY"),
                ("/cn/definitions?cursor=definition-U07.1", "BAD_CURSOR"),
                ("/cn/definitions?cursor=definition-U07.1.2021-02-30", "BAD_CURSOR"),
                ("/cn/events/00/proof", "NOT_FOUND"),
                ("/cn/events/00/ballots", "NOT_FOUND"),
            ];
            for (path, code) in refused {
                let (status, body) = get(format!("/v1/chains{path}")).await;
                let body: Value = serde_json::from_str(&body).unwrap();
                assert!(status.is_client_error() && body["code"] == code, "{path}: {status} {body}");
            }
            let (status, _) = get(format!("/v1/chains/cn/events/{id}/proof?to=moon")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
        })
        .await;
    end(&node, desk).await;
}

#[test]
async fn the_description_names_every_route() {
    let paths = super::openapi().paths.paths;
    assert_eq!(paths.len(), 28, "{:?}", paths.keys().collect::<Vec<_>>());
}
