//! The fixed-threshold detector, in the manner of China's CIDARS: from a count on, a disease alarms, without a baseline.
//!
//! Two triggers: the confirmed cases of a day and region, once accepted, and the positives of an urgent suspected cluster,
//! at once. Each warns once for a disease, region and trigger; it warns again when nothing triggered for [`QUIET_DAYS`].
//!
//! | count / threshold | a day's confirmed cases | a suspected cluster |
//! |---|---|---|
//! | below 2 | blue | blue |
//! | 2 to below 5 | yellow | yellow |
//! | 5 and over | orange | yellow: nothing is confirmed yet |
//!
//! Red is never computed: one region's number does not show a national emergency; people send that.
//! It is not for endemic diseases, which need a baseline. Pure: no clock, no state but the last trigger of each.

use std::collections::BTreeMap;

use anyhow::ensure;
use domain::event::{AlertLevel, Disease, EventId};
use domain::field::is_disease_code;
use domain::time::{Date, Millis};
use serde::Deserialize;

use crate::place::{self, Place};

/// Two maximum incubation periods of COVID-19: so long without a case ends an outbreak.
pub(crate) const QUIET_DAYS: u32 = 28;

/// From which counts on a disease alarms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// ICD-10 code.
    pub disease: String,
    /// Confirmed cases of a day in a region; 1 for diseases of which one case alarms.
    pub confirmed_a_day: u64,
    /// Positives of an urgent suspected cluster.
    pub cluster_positives: u64,
}

/// The watched diseases by code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thresholds(BTreeMap<String, Watch>);

impl Thresholds {
    /// Refuses unknown codes, thresholds of 0 and a disease that is named twice.
    pub fn new(watches: Vec<Watch>) -> anyhow::Result<Self> {
        let mut all = BTreeMap::new();
        for watch in watches {
            ensure!(is_disease_code(&watch.disease), "watch: {:?} is no ICD-10 code", watch.disease);
            let least = watch.confirmed_a_day.min(watch.cluster_positives);
            ensure!(least > 0, "watch: a threshold of {} is 0", watch.disease);
            let twice = all.insert(watch.disease.clone(), watch);
            ensure!(twice.is_none(), "watch: a disease is named twice");
        }
        Ok(Thresholds(all))
    }

    fn of(&self, disease: &str, trigger: Trigger) -> Option<u64> {
        let watch = self.0.get(disease)?;
        Some(match trigger {
            Trigger::Day => watch.confirmed_a_day,
            Trigger::Cluster => watch.cluster_positives,
        })
    }

    /// Whether a day's confirmed count of a disease reaches its threshold.
    pub(crate) fn reached(&self, disease: &str, confirmed: u64) -> bool {
        self.of(disease, Trigger::Day).is_some_and(|threshold| confirmed >= threshold)
    }
}

/// What may alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trigger {
    /// Confirmed cases of a day and region.
    Day,
    /// Positives of an urgent suspected cluster.
    Cluster,
}

impl Trigger {
    /// The `method` of its warnings.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Trigger::Day => "fixed-threshold-day",
            Trigger::Cluster => "fixed-threshold-cluster",
        }
    }

    /// The trigger of that method.
    pub(crate) fn parse(method: &str) -> Option<Self> {
        [Trigger::Day, Trigger::Cluster].into_iter().find(|trigger| trigger.method() == method)
    }

    fn level(self, times: u64) -> AlertLevel {
        match (self, times) {
            (_, 0..2) => AlertLevel::Blue,
            (_, 2..5) | (Trigger::Cluster, _) => AlertLevel::Yellow,
            (Trigger::Day, _) => AlertLevel::Orange,
        }
    }
}

/// A count that became known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) trigger: Trigger,
    pub(crate) disease: Disease,
    pub(crate) region: String,
    /// The reporting day, or the day of the cluster.
    pub(crate) day: Date,
    pub(crate) count: u64,
    /// The events it was computed from.
    pub(crate) causes: Vec<EventId>,
    /// When the log made it known.
    pub(crate) known_at: Millis,
}

/// A warning to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) signal: Signal,
    pub(crate) level: AlertLevel,
    pub(crate) threshold: u64,
}

/// A place and what may alarm there.
pub(crate) type Watched = (Place, Trigger);

/// The detector: thresholds and the last day on which each place triggered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detector {
    pub(crate) thresholds: Thresholds,
    pub(crate) last: BTreeMap<Watched, Date>,
}

impl Detector {
    /// Nothing seen yet.
    pub(crate) fn new(thresholds: Thresholds) -> Self {
        Detector { thresholds, last: BTreeMap::new() }
    }

    /// Takes a count: whether it warns, and the place whose last day changed, if one did.
    pub(crate) fn see(&mut self, signal: Signal) -> (Option<Draft>, Option<(Watched, Date)>) {
        let Some(threshold) = self.thresholds.of(&signal.disease.code, signal.trigger) else { return (None, None) };
        if signal.count < threshold {
            return (None, None);
        }
        let watched = (place::of(&signal.disease, &signal.region), signal.trigger);
        let last = self.last.get(&watched).copied();
        // A late count of an earlier day is part of an outbreak that was warned of.
        if last.is_some_and(|last| signal.day <= last) {
            return (None, None);
        }
        self.last.insert(watched.clone(), signal.day);
        let changed = Some((watched, signal.day));
        if last.is_some_and(|last| signal.day.0 <= last.0.saturating_add(QUIET_DAYS)) {
            return (None, changed);
        }
        let level = signal.trigger.level(signal.count.checked_div(threshold).unwrap_or_default());
        (Some(Draft { signal, level, threshold }), changed)
    }
}

#[cfg(test)]
mod tests;
