//! Lists over the state: by disease, by region, page by page.

use super::*;
use crate::state::MemoryState;

/// Two diseases, regions of which one's code begins with another's, three members.
fn full() -> MemoryState {
    let (mut chain, mut facts) = (chain(), Vec::new());
    for disease in [disease(), exercise()] {
        facts.push(Fact::Forecast(Forecast { disease: disease.clone(), ..days() }));
        facts.push(Fact::Assessment(Assessment { disease, ..assess("2021-07-20") }));
    }
    for fact in &facts {
        for (member, region) in [("health", "3201"), ("hospital", "3201"), ("health", "320115"), ("airport", "320115")]
        {
            let event = chain.event_with(member, fact.clone(), |event| event.region = region.into());
            assert_eq!(chain.code_of(&event), None);
        }
    }
    chain.state
}

#[test]
fn lists_are_narrowed_by_disease_by_region_and_by_both() {
    let state = full();
    let counts = |disease, region| {
        let forecasts = query::forecasts(&state, disease, region, None, 100).unwrap();
        let assessments = query::assessments(&state, disease, region, None, 100).unwrap();
        assert!(forecasts.iter().all(|(key, _)| region.is_none_or(|region| key.region == region)));
        assert!(forecasts.iter().all(|(key, _)| disease.is_none_or(|disease| key.disease == disease)));
        assert!(assessments.iter().all(|one| region.is_none_or(|region| one.place.region == region)));
        (forecasts.len(), assessments.len())
    };
    assert_eq!(counts(None, None), (8, 8));
    assert_eq!(counts(Some("U07.1"), None), (4, 4));
    assert_eq!(counts(None, Some("3201")), (4, 4));
    assert_eq!(counts(Some("U07.1"), Some("3201")), (2, 2));
    assert_eq!(counts(Some("U07"), Some("3201")), (0, 0));
    assert_eq!(query::forecasts(&state, None, None, None, 0).unwrap(), []);
}

#[test]
fn pages_follow_each_other_without_a_gap() {
    let state = full();
    for region in [None, Some("320115")] {
        let whole = query::forecasts(&state, None, region, None, 100).unwrap();
        let mut paged = Vec::new();
        while paged.len() < whole.len() {
            let after = paged.last().map(|(key, _): &(ForecastKey, ForecastRecord)| key.clone());
            paged.extend(query::forecasts(&state, None, region, after.as_ref(), 3).unwrap());
        }
        assert_eq!(paged, whole);
        let whole = query::assessments(&state, None, region, None, 100).unwrap();
        let after = (&whole[0].place, whole[0].record.member.as_str());
        assert_eq!(query::assessments(&state, None, region, Some(after), 100).unwrap(), whole[1..]);
    }
}

#[test]
fn votes_are_listed_by_disease_and_region() {
    let mut state = MemoryState::default();
    let record = ResponseRecord { stage: None, level: None, since: START, event: Digest::of(b"proposal") };
    let mut draft = Draft::new(&state);
    for region in ["3201", "320115"] {
        draft.put(keys::response("U07.1", region), &record);
    }
    let (_, writes) = draft.finish();
    state.apply(&writes);
    let regions = |region, after: Option<&Place>| {
        let found = query::responses(&state, Some("U07.1"), region, after, 10).unwrap();
        found.into_iter().map(|(place, _)| place.region).collect::<Vec<_>>()
    };
    assert_eq!(regions(None, None), ["3201", "320115"]);
    assert_eq!(regions(Some("3201"), None), ["3201"]);
    assert_eq!(regions(None, Some(&place("3201"))), ["320115"]);
}

#[test]
fn a_key_reads_back_and_others_do_not() {
    let key = key_of(&days(), "3201", "health");
    let text = String::from_utf8(key.key()).unwrap();
    let rest = text.strip_prefix("forecast/").unwrap();
    assert_eq!(rest, "U07.1/3201/day/2021-07-19/health/ensemble/epidemiology-2");
    assert_eq!(ForecastKey::parse(rest), Some(key));
    for other in ["", "U07.1/3201/day/2021-07-19/health/ensemble", &format!("{rest}/x"), &rest.replace("day", "month")]
    {
        assert_eq!(ForecastKey::parse(other), None, "{other}");
    }
}
