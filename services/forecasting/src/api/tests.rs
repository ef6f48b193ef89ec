use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{App, test};
use domain::chain::ChainPath;
use domain::event::{Choice, Origin};
use host::area::AreaError;
use host::clock::Clock;
use host::front::Front;
use host::standing::Standing;
use serde_json::Value;
use wire::area::{Area, WardsAnswer};

use super::*;
use crate::Source;
use crate::model::Days;
use crate::model::tests::looking_ahead::committed;
use crate::model::tests::{after, ballot, block, daily, genesis, id};
use crate::neighbours::Hospitals;

mod demand;
mod questions;
mod series;

async fn get(path: &str) -> (StatusCode, Value) {
    let entries = [
        daily(0, "2021-07-21", Origin::Local, 4),
        daily(1, "2021-07-21", Origin::Imported, 2),
        daily(2, "2021-07-22", Origin::Local, 1),
        daily(3, "2021-07-23", Origin::Local, 8),
        ballot(4, 0, Choice::Endorse),
        ballot(5, 1, Choice::Endorse),
        ballot(6, 2, Choice::Endorse),
        block(7),
    ];
    ask(after(&entries), path).await
}

async fn ask(days: Days, path: &str) -> (StatusCode, Value) {
    let silent = AreaError::Silent { area: Area::MedicalResources, why: "nobody is there".to_owned() };
    beside(Err(silent), days, path).await
}

/// What is answered beside medical resources that answer so.
async fn beside(wards: Result<WardsAnswer, AreaError>, days: Days, path: &str) -> (StatusCode, Value) {
    let front = Front::new(Standing::of(genesis()), Clock::wall());
    let desk = Desk { front, days: Source::Fixed(Arc::new(days)), hospitals: Hospitals::Fixed(wards) };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
    let app = test::init_service(App::new().app_data(desks).configure(routes)).await;
    let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    let status = answer.status();
    (status, serde_json::from_slice(&test::read_body(answer).await).unwrap())
}

const DAYS: &str = "/v1/chains/cn.32.01/forecasting/days";

#[actix_web::test]
async fn days_hold_what_was_accepted_over_all_origins_and_the_events() {
    let (status, page) = get(&format!("{DAYS}?disease=U07.1&region=320100")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page["days"].as_array().unwrap().len(), 2, "the third day is not accepted");
    let day = &page["days"][0];
    assert_eq!((&day["date"], &day["confirmed"], &day["suspected"]), (&"2021-07-21".into(), &6.into(), &2.into()));
    assert_eq!((&day["asymptomatic"], &day["over_threshold"]), (&4.into(), &true.into()));
    assert!(day["event_ids"].as_array().unwrap().contains(&id(1).to_string().into()));
    assert_eq!(page["days"][1]["over_threshold"], false);
    assert_eq!((&page["height"], &page["next"]), (&8.into(), &Value::Null));
}

#[actix_web::test]
async fn pages_follow_each_other_by_cursor() {
    let (_, first) = get(&format!("{DAYS}?limit=1")).await;
    let next = first["next"].as_str().unwrap();
    let (_, second) = get(&format!("{DAYS}?limit=1&cursor={next}")).await;
    assert_eq!((&second["days"][0]["date"], &second["next"]), (&"2021-07-22".into(), &Value::Null));
    let (_, later) = get(&format!("{DAYS}?from=2021-07-22")).await;
    assert_eq!(later["days"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_was_computed_is_read_by_place_and_what_was_forecast_is_scored() {
    let read =
        async |what: &str| ask(after(&committed(18).0), &format!("/v1/chains/cn.32.01/forecasting/{what}")).await.1;
    let assessed = read("assessments?disease=U07.1&region=320100").await;
    let last = &assessed["assessments"][0];
    assert_eq!((&last["day"], &last["stage"]), (&"2021-07-27".into(), &"growth".into()));
    assert!(last["level"].is_string() && last["values"]["n7"] == 153, "{last}");
    let forecasts = read("forecasts").await;
    let newest = forecasts["forecasts"].as_array().unwrap();
    let naive = newest.iter().find(|one| one["model"] == "naive").unwrap();
    assert_eq!((&naive["reference_date"], &naive["steps"][0]["date"]), (&"2021-07-27".into(), &"2021-07-28".into()));
    assert_eq!(naive["steps"][0]["median_milli"], 47_000, "as many as on the last day");
    let league = read("league").await;
    let row =
        league["rows"].as_array().unwrap().iter().find(|row| row["model"] == "naive" && row["horizon"] == 1).unwrap();
    assert_eq!((&row["scored"], &row["relative_wis"]), (&6.into(), &1.0.into()));
    assert_eq!(read("league?region=nowhere").await["forecasts"], 0);
    for what in ["assessments", "forecasts", "league"] {
        assert_eq!(read(&format!("{what}?model=arima")).await["code"], "BAD_QUERY");
    }
}

#[actix_web::test]
async fn what_can_not_be_asked_is_refused() {
    for (query, code) in [
        ("?limit=501", "BAD_QUERY"),
        ("?from=yesterday", "BAD_QUERY"),
        ("?model=arima", "BAD_QUERY"),
        ("?cursor=days-U07.1/320100/2021-02-30", "BAD_CURSOR"),
        ("?cursor=U07.1", "BAD_CURSOR"),
    ] {
        assert_eq!(get(&format!("{DAYS}{query}")).await.1["code"], code, "{query}");
    }
    assert_eq!(get("/v1/chains/cn.99/forecasting/days").await.1["code"], "NOT_FOUND");
}
