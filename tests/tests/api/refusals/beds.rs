//! Refused for beds that are not free.

use serde_json::{Value, json};

use super::Seen;
use crate::world::World;

fn icu(kind: &str, fields: Value) -> Value {
    let mut stated = json!({ "kind": kind, "facility": "bed-race-ward", "resource": "adult-icu" });
    stated.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    stated
}

/// Two beds are free and held; a third is asked for.
pub async fn no_bed(world: &World) -> Seen {
    let claim = icu("capacity_claim", json!({ "staffed": 5, "occupied": 3 }));
    let claimed = world.say("hospital", "medical-resources", &claim).await.taken();
    world.event(&claimed, "state", "final").await;
    let until = world.clock.now().plus_ms(3_600_000).to_string();
    let hold = |patients: u64| icu("bed_hold", json!({ "patients": patients, "until": until }));
    let held = world.say("airport", "medical-resources", &hold(2)).await.taken();
    world.event(&held, "state", "final").await;
    Seen::Row(world.say("airport", "medical-resources", &hold(1)).await)
}
