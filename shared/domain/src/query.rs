//! What a state says, for those who only read: typed readers over a [`View`], so that no service knows a key or decodes
//! a record by itself. Every list is bounded by its caller.

mod duty;
mod governance;
mod materials;
mod medical_resources;
mod outlook;

use proof::checkpoint::Cosigner;
use proof::digest::Digest;
use proof::sign::PublicKey;

use crate::alert::AlertRecord;
use crate::ballot::BallotRecord;
use crate::chain::{ChainPath, Lane};
use crate::event::{EventId, Origin};
use crate::governance::sets;
use crate::keys;
use crate::materials::StockRecord;
use crate::public_opinion::DepositRecord;
use crate::record::{BundleRecord, CosignersRecord, EpochsRecord, EventRecord, PolicyRecord, RosterRecord};
use crate::report::subject::Subject;
use crate::report::totals::{Counts, DailyRecord};
use crate::rising::{AppealRecord, BelowRecord, ChildRecord, ChildTotal, EscalatedRecord, RollupRecord};
use crate::state::list::{list, scan};
use crate::state::{Fault, View, read};
use crate::time::Date;

pub use crate::credits::account::{balance, entries as credits, refuted};
pub use crate::credits::urgency::overdrawn;
pub use crate::report::totals::total;
pub use crate::rising::children;
pub use crate::roster::{member, member_of_key, members, members_after, progress};
pub use duty::*;
pub use governance::*;
pub use materials::*;
pub use medical_resources::*;
pub use outlook::*;

/// What became of an event, or `None` when it was never executed or refused here.
pub fn event_record(view: &dyn View, id: &EventId) -> Result<Option<EventRecord>, Fault> {
    read(view, &keys::event(id))
}

/// The state digest after the last block; `None` before the first.
pub fn state_digest(view: &dyn View) -> Result<Option<Digest>, Fault> {
    read(view, &keys::digest())
}

/// A report that is not settled yet.
pub fn subject(view: &dyn View, id: &EventId) -> Result<Option<Subject>, Fault> {
    read(view, &keys::open(id))
}

/// Reports not settled yet, by event id after `after`.
pub fn open_events(view: &dyn View, after: Option<&EventId>, limit: usize) -> Result<Vec<(EventId, Subject)>, Fault> {
    list(view, "open/", after.map(keys::open), limit, EventId::parse)
}

/// Ballots on a report, by member.
pub fn ballots(view: &dyn View, subject: &EventId, limit: usize) -> Result<Vec<(String, BallotRecord)>, Fault> {
    list(view, &format!("ballot/{subject}/"), None, limit, |member| Some(member.to_owned()))
}

/// Counts over all days, by disease.
pub fn totals(view: &dyn View, limit: usize) -> Result<Vec<(String, Counts)>, Fault> {
    list(view, "total/", None, limit, |disease| Some(disease.to_owned()))
}

/// Counts of a disease by day, from a day on.
pub fn day_totals(view: &dyn View, disease: &str, from: Date, limit: usize) -> Result<Vec<(Date, Counts)>, Fault> {
    let prefix = format!("day/{disease}/");
    scan(view, &prefix, keys::day(disease, from), limit, Date::parse)
}

/// Who reports a day, and what is in force.
pub fn daily(
    view: &dyn View,
    disease: &str,
    region: &str,
    date: Date,
    origin: Origin,
) -> Result<Option<DailyRecord>, Fault> {
    read(view, &keys::daily(disease, region, date, origin))
}

/// Alerts from a number on (the first has number 1).
pub fn alerts(view: &dyn View, from: u64, limit: usize) -> Result<Vec<AlertRecord>, Fault> {
    let found = scan(view, "alert/", keys::alert(from), limit, |number| Some(number.to_owned()))?;
    Ok(found.into_iter().map(|(_, alert)| alert).collect())
}

/// A child chain.
pub fn child(view: &dyn View, path: &ChainPath) -> Result<Option<ChildRecord>, Fault> {
    read(view, &keys::child(path))
}

/// A child's latest anchored totals, by disease.
pub fn child_totals(view: &dyn View, path: &ChainPath, limit: usize) -> Result<Vec<(String, ChildTotal)>, Fault> {
    list(view, &format!("child-total/{path}/"), None, limit, |disease| Some(disease.to_owned()))
}

/// A child's latest anchored counts of a disease by day, from a day on.
pub fn child_day_totals(
    view: &dyn View,
    path: &ChainPath,
    disease: &str,
    from: Date,
    limit: usize,
) -> Result<Vec<(Date, Counts)>, Fault> {
    let prefix = format!("child-day/{path}/{disease}/");
    scan(view, &prefix, keys::child_day(path, disease, from), limit, Date::parse)
}

/// A child's latest anchored total of a disease, and what brought it.
pub fn child_total(view: &dyn View, path: &ChainPath, disease: &str) -> Result<Option<ChildTotal>, Fault> {
    read(view, &keys::child_total(path, disease))
}

/// A child's report that nobody decided in time.
pub fn escalated_report(view: &dyn View, path: &ChainPath, event: &EventId) -> Result<Option<EscalatedRecord>, Fault> {
    read(view, &keys::escalated(path, event))
}

/// The children that named an event escalated.
pub fn named_by(view: &dyn View, event: &EventId) -> Result<Vec<ChainPath>, Fault> {
    Ok(read::<BelowRecord>(view, &keys::below(event))?.map_or_else(Vec::new, |below| below.children))
}

/// Where the last sum of a disease is; `None` when the chain never had one.
pub fn rollup(view: &dyn View, disease: &str) -> Result<Option<RollupRecord>, Fault> {
    read(view, &keys::rollup(disease))
}

/// Reports of a child that nobody decided in time.
pub fn escalated(view: &dyn View, path: &ChainPath, limit: usize) -> Result<Vec<(EventId, EscalatedRecord)>, Fault> {
    list(view, &format!("escalated/{path}/"), None, limit, EventId::parse)
}

/// Appeals of a child's authors.
pub fn appeals(view: &dyn View, path: &ChainPath, limit: usize) -> Result<Vec<(EventId, AppealRecord)>, Fault> {
    list(view, &format!("appeal/{path}/"), None, limit, EventId::parse)
}

/// The cosigner set that judges checkpoints of this size, and its epoch: the last that came into force below it.
pub fn cosigners_at_size(view: &dyn View, chain: &ChainPath, size: u64) -> Result<(u32, Vec<Cosigner>), Fault> {
    let lost = || Fault(String::from("the chain has no cosigner epochs"));
    let mut epoch = read::<EpochsRecord>(view, &keys::epochs())?.ok_or_else(lost)?.current;
    loop {
        // A set may have been passed over by a later one, and never come into force.
        let record = read::<CosignersRecord>(view, &keys::cosigners(epoch))?.ok_or_else(lost)?;
        if epoch == 0 || record.from_size.is_some_and(|from| from < size) {
            return Ok((epoch, sets::named(&record, chain)));
        }
        epoch -= 1;
    }
}

/// Where the cosigner sets stand.
pub fn epochs(view: &dyn View) -> Result<Option<EpochsRecord>, Fault> {
    read(view, &keys::epochs())
}

/// How often governance changed who takes part and how.
pub fn roster_version(view: &dyn View) -> Result<u64, Fault> {
    Ok(read::<RosterRecord>(view, &keys::roster())?.map_or(0, |roster| roster.version))
}

/// The policy of a class of report.
pub fn policy(view: &dyn View, class: &str) -> Result<Option<PolicyRecord>, Fault> {
    read(view, &keys::policy(class))
}

/// The running numbers of an endorsement node in a lane; `None` before its first bundle.
pub fn bundle_record(view: &dyn View, endorser: &PublicKey, lane: Lane) -> Result<Option<BundleRecord>, Fault> {
    read(view, &keys::bundle(endorser, lane))
}

/// Stock by facility, item and lot.
pub fn stock(view: &dyn View, limit: usize) -> Result<Vec<StockRecord>, Fault> {
    let found = list(view, "stock/", None, limit, |place| Some(place.to_owned()))?;
    Ok(found.into_iter().map(|(_, stock)| stock).collect())
}

/// The first deposit of a digest.
pub fn deposit(view: &dyn View, digest: &Digest) -> Result<Option<DepositRecord>, Fault> {
    read(view, &keys::deposit(digest))
}

/// Deposits, by digest after `after`.
pub fn deposits(view: &dyn View, after: Option<&Digest>, limit: usize) -> Result<Vec<(Digest, DepositRecord)>, Fault> {
    list(view, "deposit/", after.map(keys::deposit), limit, Digest::parse)
}
