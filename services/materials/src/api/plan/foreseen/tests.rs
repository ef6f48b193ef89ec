//! Given a story of stock, and what the member's other services say, then how long the stock lasts.

use std::sync::Arc;

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use domain::chain::ChainPath;
use domain::event::{EventId, Resource};
use domain::refusal::Code;
use domain::time::Millis;
use host::clock::Clock;
use host::front::Front;
use host::rest::Desks;
use host::standing::Standing;
use serde_json::{Value, json};
use wire::area::{Area, BedsAnswer, BedsCourse, BedsDay, BedsForecast, Ward, WardsAnswer};

use super::*;
use crate::model::tests::{Followed, genesis, story};
use crate::neighbours::{Around, silent};
use crate::{Rates, Source};

type SaidOfWards = fn(&Wards) -> Result<WardsAnswer, AreaError>;
type SaidOfBeds = fn(&Beds) -> Result<BedsAnswer, AreaError>;

const TODAY: &str = "2021-07-23";

fn event(byte: u8) -> EventId {
    EventId::of(&[byte])
}

fn ward(facility: &str, resource: Resource, (staffed, occupied): (u64, u64), stale: bool) -> Ward {
    let (region, event) = ("320100".to_owned(), event(occupied as u8));
    Ward { facility: facility.into(), region, resource, staffed, occupied, reserved: 0, stale, event }
}

/// Gulou has 8 patients, 2 of them in intensive care, and 5 on duty; zhongda 12 patients and a count that is too old.
fn wards(asked: &Wards) -> Result<WardsAnswer, AreaError> {
    let now = Millis::parse("2021-07-23T08:00:00Z").unwrap();
    let wards = vec![
        ward("gulou", Resource::Isolation, (10, 6), false),
        ward("gulou", Resource::AdultIcu, (4, 2), false),
        ward("gulou", Resource::Nurse, (5, 0), false),
        ward("gulou", Resource::Ventilator, (9, 9), false),
        ward("zhongda", Resource::Isolation, (20, 12), false),
        ward("zhongda", Resource::NegativePressure, (9, 7), true),
    ];
    let elsewhere = Ward { region: "320500".into(), ..ward("suzhou", Resource::Isolation, (5, 1), false) };
    let wards = wards.into_iter().chain([elsewhere]);
    let of = |ward: &Ward| asked.region.as_ref().is_none_or(|region| *region == ward.region);
    Ok(WardsAnswer {
        height: 9,
        chain_time: now,
        as_of: asked.as_of.unwrap_or(now),
        wards: wards.filter(of).collect(),
        places: Vec::new(),
    })
}

fn nobody(_: &Wards) -> Result<WardsAnswer, AreaError> {
    Err(silent(Area::MedicalResources))
}

/// Twenty patients today, as counted; then thirty and forty, in the worst case twice that.
fn beds(asked: &Beds) -> Result<BedsAnswer, AreaError> {
    assert_eq!((asked.disease.as_str(), asked.region.as_str()), ("U07.1", "320100"));
    let course = |resource, days: &[u64]| BedsCourse {
        resource,
        days: days.iter().map(|middle| BedsDay { low: middle / 2, middle: *middle, high: middle * 2 }).collect(),
    };
    let courses = vec![course(Resource::Isolation, &[20, 20, 30, 40]), course(Resource::AdultIcu, &[2, 2, 3, 4])];
    // Of the day before yesterday: its first two days are over.
    let forecast = BedsForecast { event: event(99), reference: Date::parse("2021-07-21").unwrap(), courses };
    Ok(BedsAnswer { height: 8, chain_time: Millis(0), forecast: Some(forecast) })
}

fn no_forecast(_: &Beds) -> Result<BedsAnswer, AreaError> {
    Ok(BedsAnswer::default())
}

fn old_forecast(asked: &Beds) -> Result<BedsAnswer, AreaError> {
    let mut answer = beds(asked)?;
    answer.forecast.as_mut().unwrap().reference = Date::parse("2021-07-19").unwrap();
    Ok(answer)
}

fn no_early_warning(_: &Beds) -> Result<BedsAnswer, AreaError> {
    Err(silent(Area::Forecasting))
}

/// As early warning says it of a disease whose stays nobody published.
fn no_stays(_: &Beds) -> Result<BedsAnswer, AreaError> {
    Err(AreaError::Refused(Refusal::of(Code::BadQuery, "disease", "stays are known of U07.1").into()))
}

async fn ask(wards: SaidOfWards, beds: SaidOfBeds, query: &str) -> Value {
    ask_whole(wards, beds, &format!("disease=U07.1&region=320100&lead_days=2&margin_days=1&{query}")).await
}

async fn ask_whole(wards: SaidOfWards, beds: SaidOfBeds, query: &str) -> Value {
    let front = Front::new(Standing::of(genesis()), Clock::wall());
    let desk = Desk {
        front,
        stock: Source::Fixed(Arc::new(Followed::of(&story().log, 100))),
        rates: Rates::of_deployment(&[]).unwrap(),
        around: Around::Fixed(wards, beds),
        proofs: crate::gift::turns(),
    };
    let desks = web::Data::new(Desks::new().with(ChainPath::parse("cn.32.01").unwrap(), desk));
    let app = init_service(App::new().app_data(desks).configure(crate::routes)).await;
    let path = format!("/v1/chains/cn.32.01/stock/supply?{query}");
    let answer = call_service(&app, TestRequest::get().uri(&path).to_request()).await;
    serde_json::from_slice(&read_body(answer).await).unwrap()
}

fn course<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["patients"].as_array().unwrap().iter().find(|course| course["course"] == name).unwrap()
}

fn patients(answer: &Value, course_: &str) -> Vec<u64> {
    let days = course(answer, course_)["days"].as_array().unwrap();
    days.iter().map(|day| day["patients"].as_u64().unwrap()).collect()
}

fn item<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["items"].as_array().unwrap().iter().find(|item| item["item"] == name).unwrap()
}

#[actix_web::test]
async fn a_regions_patients_are_those_counted_and_those_its_forecast_brings() {
    let answer = ask(wards, beds, "item=gown").await;
    assert_eq!(patients(&answer, "middle"), [20, 30, 40]);
    assert_eq!(patients(&answer, "low"), [20, 15, 20]);
    // Half of those foreseen in the middle tomorrow are in beds today; none of another disease.
    assert_eq!(patients(&answer, "high"), [20, 60, 80]);
    let today = &course(&answer, "high")["days"][0];
    assert_eq!(
        (&today["date"], &today["critical"], &today["severe"], &today["shifts"]),
        (&json!(TODAY), &json!(2), &json!(3), &json!(15))
    );
    assert_eq!(answer["counted"]["wards"].as_array().unwrap().len(), 4, "patients and staff, not ventilators");
    assert_eq!(answer["counted"]["stale"][0]["occupied"], 7);
    assert_eq!(answer["without_forecast"], Value::Null);
    // 47 gowns at gulou and none elsewhere; 25 a patient and day.
    let gown = item(&answer, "gown");
    assert_eq!((&gown["free"], &gown["order_now"]), (&json!(47), &json!(true)));
    assert_eq!(gown["courses"][2]["used"], json!([500, 1500, 2000]));
    assert_eq!(gown["reorder_at"], 4000, "two days until it is there and one of margin, when every day is high");
    assert!(answer["short"].as_array().unwrap().contains(&json!("gown")));
}

#[actix_web::test]
async fn every_figure_names_the_events_it_stands_on() {
    let answer = ask(wards, beds, "item=gown").await;
    let forecast = &answer["forecast"];
    assert_eq!(
        (&forecast["event_id"], &forecast["reference_date"]),
        (&json!(event(99).to_string()), &json!("2021-07-21"))
    );
    let proof = |id: EventId| json!(format!("/v1/chains/cn.32.01/events/{id}/proof"));
    assert_eq!(forecast["proof"], proof(event(99)));
    let nurses =
        answer["counted"]["wards"].as_array().unwrap().iter().find(|ward| ward["resource"] == "nurse").unwrap();
    assert_eq!((&nurses["staffed"], &nurses["proof"]), (&json!(5), &proof(event(0))));
    assert!(item(&answer, "gown")["rates"][0]["source"].as_str().unwrap().starts_with("PAHO"));
    assert!(answer["severity_source"].as_str().unwrap().starts_with("WHO"));
    assert_eq!(answer["stock"], "/v1/chains/cn.32.01/stock");
}

#[actix_web::test]
async fn a_facility_has_its_own_stock_and_its_share_of_those_to_come() {
    let answer = ask(wards, beds, "facility=gulou").await;
    // 8 of 20: of the 30 and 40 to come 12 and 16.
    assert_eq!(patients(&answer, "middle"), [8, 12, 16]);
    assert_eq!((&answer["region"], &answer["counted"]["patients"]), (&json!("320100"), &json!(8)));
    assert_eq!(answer["counted"]["stale"], json!([]), "the stale count is another's");
    assert_eq!(item(&answer, "gown")["free"], 47);
    assert_eq!(answer["stock"], "/v1/chains/cn.32.01/stock?facility=gulou");
    let elsewhere = ask(wards, beds, "facility=zhongda").await;
    assert_eq!(item(&elsewhere, "gown")["free"], 0);
    assert_eq!(ask(wards, beds, "facility=nowhere").await["code"], "NOT_FOUND");
}

#[actix_web::test]
async fn an_earlier_day_is_answered_by_its_own_stock_and_counts() {
    let answer = ask(wards, beds, "facility=gulou&as_of=2021-07-22").await;
    assert_eq!(item(&answer, "gown")["free"], 10, "the others were bought later");
    assert_eq!(answer["counted"]["as_of"], "2021-07-22T23:59:59.999Z");
    assert_eq!(course(&answer, "middle")["days"][0]["date"], "2021-07-22");
    assert_eq!(patients(&answer, "middle").len(), 4, "one day more of the forecast was still to come");
    assert_eq!(answer["stock"], "/v1/chains/cn.32.01/stock?facility=gulou&as_of=2021-07-22");
}

#[actix_web::test]
async fn without_a_forecast_every_day_is_like_today_and_the_answer_says_why() {
    let without: [(SaidOfBeds, &str); 4] = [
        (no_forecast, "no daily forecast"),
        (old_forecast, "2021-07-19"),
        (no_early_warning, "does not answer"),
        (no_stays, "stays are known of U07.1"),
    ];
    for (beds, why) in without {
        let answer = ask(wards, beds, "item=gown").await;
        assert_eq!((patients(&answer, "low"), patients(&answer, "high")), (vec![20], vec![20]), "{why}");
        assert!(answer["without_forecast"].as_str().unwrap().contains(why), "{answer}");
        assert_eq!((&answer["forecast"], answer["items"].as_array().unwrap().len()), (&Value::Null, 1));
    }
}

/// What other hospitals use is not short where nobody ever had it.
#[actix_web::test]
async fn items_that_the_chain_never_had_are_named_and_not_ordered() {
    let answer = ask(wards, beds, "").await;
    let names = answer["items"].as_array().unwrap().iter().map(|item| item["item"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["gown"], "masks are stocked, but nobody published what is used of `mask`");
    assert_eq!(answer["short"], json!(["gown"]));
    assert!(answer["not_stocked"].as_array().unwrap().contains(&json!("n95-mask")), "{answer}");
    let asked = ask(wards, beds, "item=n95-mask").await;
    assert_eq!((&item(&asked, "n95-mask")["free"], &asked["short"]), (&json!(0), &json!(["n95-mask"])));
}

#[actix_web::test]
async fn without_counted_patients_there_is_no_answer() {
    let answer = ask(nobody, beds, "item=gown").await;
    assert_eq!((&answer["code"], &answer["field"]), (&json!("OVERLOADED"), &json!("medical-resources")));
}

#[actix_web::test]
async fn what_can_not_be_asked_is_refused() {
    for query in ["facility=gulou&facility=zhongda", "region=320100", "as_of=today", "facility=Gulou", "lead_days=2"] {
        assert_eq!(ask(wards, beds, query).await["code"], "BAD_QUERY", "{query}");
    }
    let nowhere = ask_whole(wards, beds, "disease=U07.1&region=nanjing&lead_days=2&margin_days=0").await;
    assert_eq!(nowhere["code"], "BAD_QUERY");
    let long = ask_whole(wards, beds, "disease=U07.1&region=320100&lead_days=366&margin_days=0").await;
    assert_eq!((&long["code"], &long["detail"]), (&json!("BAD_QUERY"), &json!("lead_days is more than 365")));
}
