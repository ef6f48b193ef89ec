//! What early warning writes, and the warnings that come of it.

use super::*;

#[test]
fn what_early_warning_writes_is_whole_or_refused() {
    let refused = |body: Vec<u8>| decode(&body).map_err(|refusal| (refusal.code, refusal.field)).unwrap_err();
    let forecast = |change: fn(&mut crate::proto::forecasting::v1::Forecast)| {
        refused(with(Kind::Forecast, |event| match &mut event.fact {
            Some(crate::proto::event::v1::event::Fact::Forecast(forecast)) => change(forecast),
            other => panic!("{other:?}"),
        }))
    };
    assert_eq!(forecast(|one| one.cadence = 0), (Code::Malformed, "cadence"));
    assert_eq!(forecast(|one| one.cadence = 3), (Code::UnknownCode, "cadence"));
    assert_eq!(forecast(|one| one.basis = None), (Code::Malformed, "basis"));
    assert_eq!(forecast(|one| one.weights = vec![8; 31]), (Code::Malformed, "weights"));
    assert_eq!(forecast(|one| one.steps[0].quantiles_milli.truncate(22)), (Code::Malformed, "steps"));
    assert_eq!(forecast(|one| one.steps = vec![one.steps[0].clone(); 15]), (Code::Limit, "steps"));
    let assessment = |change: fn(&mut crate::proto::forecasting::v1::Assessment)| {
        refused(with(Kind::Assessment, |event| match &mut event.fact {
            Some(crate::proto::event::v1::event::Fact::Assessment(assessment)) => change(assessment),
            other => panic!("{other:?}"),
        }))
    };
    assert_eq!(assessment(|one| one.stage = 0), (Code::Malformed, "stage"));
    assert_eq!(assessment(|one| one.stage = 7), (Code::UnknownCode, "stage"));
    assert_eq!(assessment(|one| one.level = 5), (Code::UnknownCode, "level"));
    assert_eq!(assessment(|one| one.rules.clear()), (Code::Malformed, "rules"));
    assert_eq!(assessment(|one| one.values = vec![one.values[0].clone(); 33]), (Code::Limit, "values"));
    let mut unset = example(Kind::Assessment);
    if let Fact::Assessment(one) = &mut unset.fact {
        (one.level, one.rule, one.values) = (None, String::new(), vec![(String::from("a"), i64::MIN)]);
    }
    assert_eq!(decode(&encode(&unset)), Ok(unset));
}

#[test]
fn what_a_warning_stands_on_and_how_it_ends_is_whole_or_refused() {
    use crate::proto::event::v1::event::Fact as Carried;
    let refused = |body: Vec<u8>| decode(&body).map_err(|refusal| (refusal.code, refusal.field)).unwrap_err();
    let warning = |change: fn(&mut crate::proto::alerts::v1::Warning)| {
        refused(with(Kind::Warning, |event| match &mut event.fact {
            Some(Carried::Warning(warning)) => change(warning),
            other => panic!("{other:?}"),
        }))
    };
    assert_eq!(warning(|one| one.supersedes.truncate(31)), (Code::Malformed, "supersedes"));
    assert_eq!(warning(|one| one.ground = Some(Default::default())), (Code::Malformed, "basis"));
    assert_eq!(warning(|one| one.ground.as_mut().unwrap().model.clear()), (Code::Malformed, "ground.model"));
    assert_eq!(warning(|one| one.ground.as_mut().unwrap().rules.push(0)), (Code::Malformed, "ground.rules"));
    let many = warning(|one| {
        let values = &mut one.ground.as_mut().unwrap().values;
        *values = vec![values[0].clone(); 33];
    });
    assert_eq!(many, (Code::Limit, "values"));
    let unnamed = with(Kind::Lifting, |event| match &mut event.fact {
        Some(Carried::Lifting(lifting)) => lifting.warning.clear(),
        other => panic!("{other:?}"),
    });
    assert_eq!(refused(unnamed), (Code::Malformed, "warning"));
    // A person's word: neither ground nor an earlier warning.
    let mut plain = example(Kind::Warning);
    if let Fact::Warning(one) = &mut plain.fact {
        (one.supersedes, one.ground, one.method) = (None, None, String::new());
    }
    assert_eq!(decode(&encode(&plain)), Ok(plain));
}

/// Fourteen steps of the largest counts, and every text as long as it may be.
#[test]
fn the_largest_forecast_fits_a_body() {
    let mut event = example(Kind::Forecast);
    if let Fact::Forecast(forecast) = &mut event.fact {
        forecast.steps = vec![[domain::event::MAX_COUNT; 23]; domain::event::MAX_STEPS];
        forecast.parameters = "p".repeat(MAX_TEXT_BYTES);
        forecast.disease.name = "d".repeat(MAX_TEXT_BYTES);
    }
    assert!(encode(&event).len() < MAX_BODY_BYTES / 3, "{}", encode(&event).len());
    assert_eq!(decode(&encode(&event)), Ok(event));
}
