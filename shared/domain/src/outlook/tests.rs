mod assessed;
mod form;
mod read;
mod voted;

use super::*;
use crate::alert::AlertRecord;
use crate::event::{Event, Fact, MAX_COUNT, QUANTILES};
use crate::genesis::{Genesis, PolicyText};
use crate::query::{self, ForecastKey, Place};
use crate::stage::{self, DEADLINE_MS, START, disease, exercise};
use crate::state::View;
use crate::time::DAY_MS;

/// A chain of which the first blocks are behind it, so that there is a log to read.
fn chain() -> stage::Stage {
    begun(stage::genesis("cn.32.01", &[], &[]))
}

fn begun(genesis: Genesis) -> stage::Stage {
    let mut chain = stage::Stage::of(genesis);
    chain.later(1000);
    chain
}

/// A genesis with this policy of a class that the stage's own has none of.
fn with_policy(class: &str, rule: &str) -> Genesis {
    let mut genesis = stage::genesis("cn.32.01", &[], &[]);
    genesis.policies.insert(class.into(), PolicyText { rule: rule.into(), deadline_ms: DEADLINE_MS });
    genesis.check().unwrap();
    genesis
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn basis() -> Basis {
    Basis { size: 1, root: Digest::of(b"root") }
}

/// Of the days from 20 July 2021 on, the day on which the stage begins.
fn days() -> Forecast {
    let step = |ahead: u64| std::array::from_fn(|level| 1000 * ahead + 100 * u64::try_from(level).unwrap());
    Forecast {
        disease: disease(),
        model: "ensemble".into(),
        code: "epidemiology-2".into(),
        cadence: Cadence::Day,
        reference_date: day("2021-07-19"),
        basis: basis(),
        parameters: "season 7, damped".into(),
        weights: None,
        steps: (1..=7).map(step).collect(),
    }
}

fn assess(on: &str) -> Assessment {
    Assessment {
        disease: disease(),
        day: day(on),
        basis: basis(),
        rules: Digest::of(b"rules"),
        stage: Stage::Growth,
        level: Some(AlertLevel::Orange),
        rule: "doubling".into(),
        index_milli: 640,
        values: vec![("n7".into(), 21), ("rt_milli".into(), 1_430)],
    }
}

fn key_of(forecast: &Forecast, region: &str, member: &str) -> ForecastKey {
    ForecastKey {
        disease: forecast.disease.code.clone(),
        region: region.into(),
        cadence: forecast.cadence,
        reference_date: forecast.reference_date,
        member: member.into(),
        model: forecast.model.clone(),
        code: forecast.code.clone(),
    }
}

fn place(region: &str) -> Place {
    Place { disease: "U07.1".into(), region: region.into() }
}

/// Nothing rings, counts, is open or waits to rise.
fn is_quiet(chain: &stage::Stage) -> bool {
    let waiting = chain.state.scan(keys::CHANGED, &keys::end_of(keys::CHANGED), 1).unwrap();
    chain.alerts() == Vec::<AlertRecord>::new() && chain.confirmed() == 0 && waiting.is_empty()
}

#[test]
fn a_forecast_stands_from_its_block_on_and_rings_nothing() {
    let mut chain = chain();
    let (height, size, now) = (chain.height, chain.size(), chain.now);
    let event = chain.say("hospital", Fact::Forecast(days()));
    assert_eq!((chain.record(&event).code, chain.outcome(&event)), (0, Outcome::Accepted));
    let record = query::forecast(&chain.state, &key_of(&days(), "3201", "hospital")).unwrap().unwrap();
    assert_eq!(record, ForecastRecord { event, height: height + 1, leaf_index: size, committed_at: now });
    chain.later(30 * DAY_MS);
    assert!(is_quiet(&chain));
}

/// Switched off by hand (no look for an earlier record): the mended one was taken.
#[test]
fn a_forecast_is_committed_once_and_another_model_code_day_or_author_has_its_own() {
    let mut chain = chain();
    let first = chain.say("hospital", Fact::Forecast(days()));
    let mended = Forecast { steps: vec![[7; QUANTILES]], parameters: "better".into(), ..days() };
    assert_eq!(chain.code("hospital", Fact::Forecast(mended)), Some(Code::ForecastRepeated));
    let record = query::forecast(&chain.state, &key_of(&days(), "3201", "hospital")).unwrap().unwrap();
    assert_eq!(record.event, first);
    for other in [
        Forecast { model: "arima".into(), ..days() },
        Forecast { code: "epidemiology-3".into(), ..days() },
        Forecast { cadence: Cadence::Week, ..days() },
        Forecast { reference_date: day("2021-07-20"), ..days() },
        Forecast { disease: exercise(), ..days() },
    ] {
        assert_eq!(chain.code("hospital", Fact::Forecast(other.clone())), None, "{other:?}");
    }
    assert_eq!(chain.code("health", Fact::Forecast(days())), None);
    let elsewhere = chain.event_with("hospital", Fact::Forecast(days()), |event| event.region = "3210".into());
    assert_eq!(chain.code_of(&elsewhere), None);
    assert_eq!(query::forecasts(&chain.state, None, None, None, 100).unwrap().len(), 8);
}

/// Switched off by hand (no comparison with the end of the first step): the late one was taken, and so was that of the test below.
#[test]
fn a_forecast_comes_before_its_first_step_has_ended() {
    let of_week = || Forecast { cadence: Cadence::Week, reference_date: day("2021-07-12"), ..days() };
    for (forecast, end) in [(days(), "2021-07-21"), (of_week(), "2021-07-26")] {
        let end = day(end).start();
        assert_eq!(first_step_ends(forecast.cadence, forecast.reference_date), end);
        let mut chain = chain();
        chain.now = Millis(end.0 - 1000);
        assert_eq!(chain.code("hospital", Fact::Forecast(forecast.clone())), None);
        chain.now = end;
        let late = Forecast { model: "arima".into(), ..forecast };
        assert_eq!(chain.code("hospital", Fact::Forecast(late)), Some(Code::ForecastLate));
    }
}

#[test]
fn on_a_quiet_chain_whose_time_stands_back_the_author_s_own_time_makes_a_forecast_late() {
    let mut chain = chain();
    assert!(chain.now < START.plus_ms(DAY_MS));
    let signed = |at: Millis| move |event: &mut Event| event.created_at = at;
    let late = chain.event_with("hospital", Fact::Forecast(days()), signed(START.plus_ms(DAY_MS)));
    assert_eq!(chain.code_of(&late), Some(Code::ForecastLate));
    let early = chain.event_with("hospital", Fact::Forecast(days()), signed(START.plus_ms(DAY_MS - 1)));
    assert_eq!(chain.code_of(&early), None);
}

#[test]
fn what_was_read_is_a_log_this_chain_has_had() {
    let mut chain = chain();
    let of = |size| Basis { size, ..basis() };
    let size = chain.size();
    let beyond = Forecast { basis: of(size + 1), ..days() };
    assert_eq!(chain.code("hospital", Fact::Forecast(beyond)), Some(Code::BadBasis));
    let size = chain.size();
    assert_eq!(chain.code("hospital", Fact::Forecast(Forecast { basis: of(size), ..days() })), None);
    let size = chain.size();
    let beyond = Assessment { basis: of(size + 1), ..assess("2021-07-20") };
    assert_eq!(chain.code("hospital", Fact::Assessment(beyond)), Some(Code::BadBasis));
    let size = chain.size();
    let whole = Assessment { basis: of(size), ..assess("2021-07-20") };
    assert_eq!(chain.code("hospital", Fact::Assessment(whole)), None);
}

#[test]
fn a_member_speaks_of_its_own_regions() {
    let mut chain = chain();
    for fact in [Fact::Forecast(days()), Fact::Assessment(assess("2021-07-20"))] {
        let elsewhere = chain.event_with("airport", fact.clone(), |event| event.region = "3201".into());
        assert_eq!(chain.code_of(&elsewhere), Some(Code::OutOfJurisdiction));
        assert_eq!(chain.code("airport", fact), None);
    }
}
