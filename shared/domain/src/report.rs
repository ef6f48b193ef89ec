//! Reports: what members observe, and how it comes to count. A report is opened under its class's policy, settled by
//! ballots (`ballot`) or deadlines, and only then has an effect: an aggregate enters the totals, a cluster or
//! warning rings confirmed.
//!
//! Case, zero and laboratory reports are judged and kept but add to no total: official counts are daily aggregates.

pub mod correction;
pub mod duty;
pub(crate) mod settle;
pub(crate) mod subject;
pub(crate) mod totals;

use crate::act::{Act, Halt};
use crate::alert::{AlertKind, AlertText};
use crate::chain::Lane;
use crate::event::{AlertLevel, DailyAggregate, Disease, SuspectedCluster};
use crate::record::{Kind, Outcome};
use crate::state::Draft;

use settle::open;
use subject::Claim;

pub use correction::Amended;
pub use settle::decided;
pub use subject::{DailyClaim, SettledRecord, Subject};
pub use totals::{Counts, DailyRecord, InForce, total};

/// A case report, zero report or laboratory result.
pub(crate) fn plain(draft: &mut Draft<'_>, act: &Act<'_>, disease: &Disease) -> Result<Outcome, Halt> {
    let event = act.event();
    open(draft, act, Claim::quiet(event, Kind::of(&event.fact), disease))
}

/// Counts of a day. The key (disease, region, date, origin) belongs to the member that first claims it.
pub(crate) fn daily(draft: &mut Draft<'_>, act: &Act<'_>, daily: &DailyAggregate) -> Result<Outcome, Halt> {
    let event = act.event();
    let claim = DailyClaim {
        disease: daily.disease.code.clone(),
        region: event.region.clone(),
        date: daily.report_date,
        origin: daily.origin,
        counts: daily.counts,
    };
    totals::claim(draft, &act.member.id, &claim)?;
    let quiet = Claim::quiet(event, Kind::DailyAggregate, &daily.disease);
    open(draft, act, Claim { daily: Some(claim), ..quiet })
}

/// Several positives. Only an urgent one rings; it adds to no total.
pub(crate) fn cluster(draft: &mut Draft<'_>, act: &Act<'_>, cluster: &SuspectedCluster) -> Result<Outcome, Halt> {
    let event = act.event();
    if event.lane != Lane::Urgent {
        return open(draft, act, Claim::quiet(event, Kind::SuspectedCluster, &cluster.disease));
    }
    let name = &cluster.disease.name;
    let headline = format!("Suspected cluster of {name}: {} positive at {}", cluster.positives, cluster.facility);
    let line = AlertText::line(AlertLevel::Yellow, AlertKind::Cluster, &event.region, headline);
    let text = AlertText { disease: Some(cluster.disease.clone()), ..line };
    open(draft, act, Claim::rings(Kind::SuspectedCluster, text))
}

#[cfg(test)]
mod tests;
