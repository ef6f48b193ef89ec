//! Events and bundles as a member with its own keys makes them, for tests that speak to the streams directly.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::chain::Lane;
use domain::event::{CaseReport, DailyAggregate, Event, EventId, Fact, SecurityLevel};
use domain::genesis::KeyClass;
use domain::time::Millis;
use host::clock::Clock;
use proof::sign::{Domain, Signed};
use serde_json::{Value, json};

use crate::world::World;
