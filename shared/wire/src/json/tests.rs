use domain::chain::Lane;
use domain::event::{Fact, MAX_CAUSES, Resource, Transfer, TransferStep};
use domain::record::Kind;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use proof::digest::Digest;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{event, example};
use crate::golden;

const DEFAULTS: Defaults<'_> = Defaults { now: Millis(1_626_778_800_000), region: "320100" };

fn draft(kind: &str, text: &str) -> Result<Draft, Refusal> {
    fact_from(kind, &parse(text.as_bytes())?, &DEFAULTS)
}

fn refused(kind: &str, text: &str) -> (Code, &'static str) {
    let refusal = draft(kind, text).unwrap_err();
    (refusal.code, refusal.field)
}

const CASE: &str = r#"{"kind":"case_report","disease":{"code":"U07.1","name":"COVID-19"},"classification":"confirmed",
    "onset_date":"2021-07-19","report_date":"2021-07-20","region":"320100","facility":"lukou-airport",
    "age_band":"18-39","sex":"unknown","origin":"local","lane":"normal"}"#;

#[test]
fn a_case_report_as_users_of_the_field_write_it() {
    let draft = draft("case_report", CASE).unwrap();
    assert_eq!(draft.fact, example(Kind::CaseReport).fact);
    assert_eq!((draft.region.as_str(), draft.lane, draft.occurred_at), ("320100", Lane::Normal, DEFAULTS.now));
    let event = draft.into_event(proof::sign::PublicKey([1; 32]), [2; 16], DEFAULTS.now);
    assert_eq!(domain::form::check(&event), Ok(()));
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let day = r#"{"disease":{"code":"U07.1","name":"COVID-19"},"report_date":"2021-07-20","region":"320100",
        "origin":"local","counts":{"confirmed":11,"asymptomatic":8}}"#;
    assert_eq!(draft("daily_aggregate", day).unwrap().fact, example(Kind::DailyAggregate).fact);
    let subject = "05".repeat(32);
    let ballot = draft("ballot", &format!(r#"{{"subject":"{subject}","choice":"endorse"}}"#)).unwrap();
    assert_eq!((ballot.lane, ballot.region.as_str()), (Lane::High, "320100"));
    assert_eq!(ballot.causes, [proof::digest::Digest([5; 32])], "no lane overtakes the subject");
    let cluster = r#"{"disease":{"code":"U07.1","name":"COVID-19"},"region":"320100","facility":"lukou-airport",
        "positives":9,"summary":"nine positives"}"#;
    assert_eq!(draft("suspected_cluster", cluster).unwrap().lane, Lane::Urgent);
}

#[test]
fn every_view_is_its_golden_text_and_a_request() {
    for kind in Kind::ALL {
        let event = example(kind);
        let mut view = event_view(&event);
        golden::check(&format!("json/{}.json", kind.name()), &serde_json::to_string_pretty(&view).unwrap());
        let fields = view.as_object_mut().unwrap();
        for name in ["author", "nonce", "created_at"] {
            assert!(fields.remove(name).is_some());
        }
        match fact_from(kind.name(), &view, &DEFAULTS) {
            Ok(draft) => assert_eq!(draft.fact, event.fact),
            Err(refusal) => {
                assert!(matches!(event.fact, Fact::Anchor(_) | Fact::Appeal(_) | Fact::Decision(_)));
                assert_eq!(refusal.code, Code::UnknownKind);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Times and dates beyond the year 9999 have no text; `domain::form` refuses them.
    #[test]
    fn an_event_read_and_posted_again_states_the_same(event in event()) {
        let mut view = event_view(&event);
        let fields = view.as_object_mut().unwrap();
        for name in ["author", "nonce", "created_at"] {
            fields.remove(name);
        }
        let text = serde_json::to_vec(&view).unwrap();
        let value = parse(&text).unwrap();
        prop_assert_eq!(&value, &view);
        if let Ok(draft) = fact_from(Kind::of(&event.fact).name(), &value, &DEFAULTS) {
            prop_assert_eq!(draft.fact, event.fact.clone());
            prop_assert_eq!((draft.region, draft.lane), (event.region, event.lane));
            prop_assert_eq!((draft.sealed, draft.expect), (event.sealed, event.expect));
            prop_assert_eq!(&draft.causes[..event.causes.len()], &event.causes[..]);
            prop_assert!(draft.causes.len() <= MAX_CAUSES + 1);
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(value) = parse(&bytes) {
            prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
        }
    }
}

#[test]
fn documents_other_readers_might_read_otherwise_are_refused() {
    let code = |text: &str| parse(text.as_bytes()).err().map(|refusal| refusal.code);
    for number in ["1.0", "1e3", "1E3", "-0", "0.1", "18446744073709551616", "1e999", "-9223372036854775809"] {
        assert_eq!(code(&format!("{{\"a\":{number}}}")), Some(Code::BadNumber), "{number}");
    }
    for text in
        ["", "{", "{}{}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "NaN", "[1,]", "{'a':1}", "01", "\"\u{1}\""]
    {
        assert_eq!(code(text), Some(Code::Malformed), "{text}");
    }
    assert_eq!(parse(b"\"\xff\"").map_err(|refusal| refusal.code), Err(Code::Malformed));
    assert_eq!(parse(b"[18446744073709551615,-1,0,true,null]"), Ok(json!([u64::MAX, -1, 0, true, null])));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(code(&nested(MAX_DEPTH)), None);
    assert_eq!(code(&nested(MAX_DEPTH + 1)), Some(Code::Malformed));
    assert_eq!(code(&nested(100_000)), Some(Code::Malformed), "and the stack holds");
}

#[test]
fn a_warning_that_replaces_or_ends_another_follows_from_it() {
    let earlier = "05".repeat(32);
    let stated = |kind: Kind, change: Value| {
        let mut request = json!({ "region": "320100", "disease": { "code": "U07.1", "name": "COVID-19" },
                                  "level": "blue", "headline": "Cases" });
        if kind == Kind::Lifting {
            request = json!({ "reason": "level-ended" });
        }
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        fact_from(kind.name(), &request, &DEFAULTS).map_err(|refusal| (refusal.code, refusal.field))
    };
    for (kind, field) in [(Kind::Warning, "supersedes"), (Kind::Lifting, "warning")] {
        let draft = stated(kind, json!({ field: earlier })).unwrap();
        assert_eq!(draft.causes, [Digest([5; 32])], "no lane overtakes what it names");
        assert_eq!(stated(kind, json!({ field: "none" })), Err((Code::BadDigest, field)));
    }
    assert_eq!(stated(Kind::Lifting, json!({})), Err((Code::Malformed, "warning")));
    let person = stated(Kind::Warning, json!({ "supersedes": null, "ground": null })).unwrap();
    assert!(matches!(person.fact, Fact::Warning(warning) if warning.ground.is_none() && warning.supersedes.is_none()));
    let ground = |value: Value| stated(Kind::Warning, json!({ "ground": value })).map(drop);
    let basis = json!({ "size": 1, "root": earlier });
    assert_eq!(ground(json!({ "basis": basis, "model": earlier, "rules": earlier })), Ok(()));
    assert_eq!(ground(json!({ "basis": basis, "rules": earlier })), Err((Code::Malformed, "model")));
    assert_eq!(
        ground(json!({ "basis": basis, "model": earlier, "rules": earlier, "surprise": 1 })),
        Err((Code::Malformed, "ground"))
    );
    assert_eq!(ground(json!([])), Err((Code::Malformed, "ground")));
}

#[test]
fn forecasts_and_assessments_are_stated_as_their_views_show_them() {
    let change = |kind: Kind, field: &str, value: Value| {
        let mut view = event_view(&example(kind));
        let fields = view.as_object_mut().unwrap();
        for name in ["author", "nonce", "created_at"] {
            fields.remove(name);
        }
        fields.insert(field.into(), value);
        fact_from(kind.name(), &view, &DEFAULTS)
            .map(|draft| draft.fact)
            .map_err(|refusal| (refusal.code, refusal.field))
    };
    let refused = |kind, field, value| change(kind, field, value).unwrap_err();
    let row = vec![1; 22];
    assert_eq!(refused(Kind::Forecast, "steps", json!([row])), (Code::Malformed, "steps"));
    assert_eq!(refused(Kind::Forecast, "steps", json!(["1"])), (Code::Malformed, "steps"));
    assert_eq!(refused(Kind::Forecast, "cadence", json!("month")), (Code::UnknownCode, "cadence"));
    assert_eq!(refused(Kind::Forecast, "basis", json!({ "size": 1 })), (Code::Malformed, "root"));
    assert_eq!(refused(Kind::Forecast, "region", Value::Null), (Code::Malformed, "region"));
    assert_eq!(refused(Kind::Assessment, "stage", json!("over")), (Code::UnknownCode, "stage"));
    assert_eq!(refused(Kind::Assessment, "values", json!([])), (Code::Malformed, "values"));
    assert_eq!(refused(Kind::Assessment, "values", json!({ "n7": "21" })), (Code::Malformed, "values"));
    let Ok(Fact::Assessment(found)) = change(Kind::Assessment, "values", json!({ "rt_milli": -1, "n7": 2 })) else {
        panic!("an assessment")
    };
    assert_eq!(found.values, [("n7".to_owned(), 2), ("rt_milli".to_owned(), -1)], "in the order of their names");
    let vote = json!([
        { "action": "set_response", "disease": { "code": "U07.1", "name": "COVID-19" }, "region": "320100", "stage": "growth" },
        { "action": "set_rules", "rules": "04".repeat(32) },
        { "action": "set_definition", "disease": { "code": "U07.1", "name": "COVID-19" }, "from": "2021-08-01", "note": "antigen tests count" },
    ]);
    let Ok(Fact::Proposal(voted)) = change(Kind::Proposal, "actions", vote) else { panic!("a proposal") };
    let [
        domain::event::Action::SetResponse { stage, level, .. },
        domain::event::Action::SetRules { rules },
        domain::event::Action::SetDefinition { from, .. },
    ] = voted.actions.as_slice()
    else {
        panic!("{voted:?}")
    };
    assert_eq!((*stage, *level), (Some(domain::event::Stage::Growth), None));
    assert_eq!((*rules, from.to_string().as_str()), (proof::digest::Digest([4; 32]), "2021-08-01"));
}

#[test]
fn facilities_beds_and_transfers_are_stated_in_any_order_and_signed_in_one() {
    let profile = r#"{"facility":"gulou","facility_kind":"tertiary-hospital","title":"Gulou Hospital",
        "licensed":{"isolation":30,"adult-icu":21},"capabilities":["surgery","dialysis"],
        "place":{"longitude_e6":118780000,"latitude_e6":-32058000}}"#;
    let Ok(Fact::FacilityProfile(stated)) = draft("facility_profile", profile).map(|draft| draft.fact) else {
        panic!("a profile")
    };
    assert_eq!(stated.place, Some((-32_058_000, 118_780_000)));
    assert_eq!(stated.licensed, [(Resource::AdultIcu, 21), (Resource::Isolation, 30)]);
    assert_eq!(stated.capabilities, ["dialysis", "surgery"]);
    let refused_with = |from: &str, to: &str| refused("facility_profile", &profile.replacen(from, to, 1));
    assert_eq!(refused_with("\"isolation\"", "\"beds\""), (Code::UnknownCode, "licensed"));
    assert_eq!(refused_with("30", "-1"), (Code::Malformed, "licensed"));
    assert_eq!(refused_with("tertiary", "best"), (Code::UnknownCode, "facility_kind"));
    assert_eq!(refused_with("\"longitude_e6\":118780000,", ""), (Code::Malformed, "longitude_e6"));

    let asked = r#"{"step":"request","from":"lukou-clinic","to":"gulou","resource":"adult-icu","patients":1,
        "severity":"severe","reason":"no-icu"}"#;
    let asked = draft("transfer", asked).unwrap();
    let Fact::Transfer(Transfer { step: TransferStep::Request(request) }) = &asked.fact else { panic!("a request") };
    assert_eq!((request.leaving, asked.lane), (Resource::AdultIcu, Lane::High), "what they have here, if not said");
    let id = proof::digest::Digest([5; 32]);
    let accept = draft("transfer", &format!(r#"{{"step":"accept","request":"{id}"}}"#)).unwrap();
    assert_eq!(accept.causes, [id], "no lane overtakes the request");
    assert_eq!(refused("transfer", r#"{"step":"lose"}"#), (Code::UnknownCode, "step"));
    let beds = r#"{"facility":"gulou","resource":"adult-icu","patients":1}"#;
    assert_eq!(refused("bed_hold", beds), (Code::Malformed, "until"));
}

#[test]
fn a_refused_request_names_the_field_and_repeats_nothing() {
    let change = |from: &str, to: &str| {
        assert!(CASE.contains(from), "{from}");
        refused("case_report", &CASE.replacen(from, to, 1))
    };
    assert_eq!(change("\"lane\"", "\"spy\":\"<script>\",\"lane\""), (Code::Malformed, "request"));
    assert_eq!(change("\"code\"", "\"colour\":1,\"code\""), (Code::Malformed, "disease"));
    assert_eq!(change("confirmed", "certain"), (Code::UnknownCode, "classification"));
    assert_eq!(change("2021-07-19", "2021-02-30"), (Code::BadTime, "onset_date"));
    assert_eq!(change("\"2021-07-20\"", "20210720"), (Code::Malformed, "report_date"));
    assert_eq!(change("\"region\":\"320100\",", ""), (Code::Malformed, "region"));
    assert_eq!(change("\"facility\":\"lukou-airport\",", ""), (Code::Malformed, "facility"));
    assert_eq!(change("\"kind\":\"case_report\"", "\"kind\":\"ballot\""), (Code::UnknownKind, "kind"));
    assert_eq!(change("\"normal\"", "\"fast\""), (Code::UnknownCode, "lane"));
    assert_eq!(refused("rumour", CASE), (Code::UnknownKind, "kind"));
    assert_eq!(refused("anchor", "{}"), (Code::UnknownKind, "kind"));
    assert_eq!(refused("case_report", "[]"), (Code::Malformed, "request"));
    let beds = |staffed: &str| format!(r#"{{"facility":"f","resource":"adult-icu","staffed":{staffed},"occupied":0}}"#);
    assert_eq!(refused("capacity_claim", &beds("-1")), (Code::OutOfRange, "staffed"));
    assert_eq!(refused("capacity_claim", &beds("\"1\"")), (Code::Malformed, "staffed"));
    assert_eq!(refused("deposit", r#"{"digest":"ab","source":"s"}"#), (Code::BadDigest, "digest"));
    let unknown = draft("case_report", &CASE.replacen("\"lane\"", "\"<script>\":1,\"lane\"", 1)).unwrap_err();
    assert!(!unknown.detail.contains("script") && unknown.detail.contains("age_band"), "{unknown}");
}
