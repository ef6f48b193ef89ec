//! Refused of what early warning writes: forecasts that come twice or late, logs nobody had, rules that members replaced.

use domain::event::{AlertLevel, Assessment, Basis, Cadence, Disease, Event, Fact, Forecast, Stage};
use domain::genesis::KeyClass;
use domain::time::Date;
use proof::digest::Digest;
use serde_json::json;

use super::Seen;
use crate::answer::{Answer, CANARY};
use crate::signed;
use crate::world::{CITY, World};

fn disease() -> Disease {
    Disease { code: "U07.1".to_owned(), name: CANARY.to_owned() }
}

fn basis(size: u64) -> Basis {
    Basis { size, root: Digest::of(b"as read") }
}

/// Signed and posted by the city's hospital.
async fn post(world: &World, fact: Fact) -> Answer {
    let author = &world.secret(CITY, "hospital", KeyClass::Author);
    let event = Event { fact, ..signed::event(world, CITY, author) };
    signed::post(world, CITY, "hospital", signed::seal(world, CITY, author, &event)).await
}

/// A forecast from so many days ago on, once there is a log to read.
async fn forecast(world: &World, model: &str, days_ago: u32) -> Answer {
    world.in_log(CITY, |_| true).await;
    let today = world.clock.now().date();
    let forecast = Forecast {
        disease: disease(),
        model: model.to_owned(),
        code: "by-hand".to_owned(),
        cadence: Cadence::Day,
        reference_date: Date(today.0 - days_ago),
        basis: basis(1),
        parameters: CANARY.to_owned(),
        weights: None,
        steps: vec![[1000; 23]],
    };
    post(world, Fact::Forecast(forecast)).await
}

async fn assess(world: &World, size: u64, rules: &[u8]) -> Answer {
    let assessment = Assessment {
        disease: disease(),
        day: world.clock.now().date(),
        basis: basis(size),
        rules: Digest::of(rules),
        stage: Stage::Alert,
        level: Some(AlertLevel::Blue),
        rule: CANARY.to_owned(),
        index_milli: 120,
        values: vec![("n7".to_owned(), 3)],
    };
    post(world, Fact::Assessment(assessment)).await
}

pub async fn forecast_late(world: &World) -> Seen {
    Seen::Row(forecast(world, "late", 2).await)
}

pub async fn forecast_repeated(world: &World) -> Seen {
    let first = forecast(world, "repeated", 0).await.taken();
    world.event(&first, "state", "final").await;
    Seen::Row(forecast(world, "repeated", 0).await)
}

pub async fn bad_basis(world: &World) -> Seen {
    Seen::Row(assess(world, 1 << 40, b"anybody's").await)
}

pub async fn rules_not_in_force(world: &World) -> Seen {
    let rules = Digest::of(b"voted").to_string();
    let body = json!({ "reason": "Exercise.", "actions": [{ "action": "set_rules", "rules": rules }] });
    let proposed = world.say("hospital", "proposals", &body).await.taken();
    for manager in ["health", "cdc"] {
        world.judged(manager, &proposed, "endorse", "").await;
    }
    world.event(&proposed, "outcome", "accepted").await;
    world.event(&assess(world, 1, b"voted").await.taken(), "state", "final").await;
    Seen::Row(assess(world, 1, b"anybody's").await)
}
