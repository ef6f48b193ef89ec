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
use crate::codec::Record;
use crate::event::{EventId, Origin};
use crate::genesis::KeyClass;
use crate::governance::sets;
use crate::keys::{self, end_of};
use crate::materials::StockRecord;
use crate::public_opinion::DepositRecord;
use crate::record::{
    BundleRecord, ChainRecord, CosignersRecord, EpochsRecord, EventRecord, KeyRecord, MemberRecord, PolicyRecord,
    Progress, RosterRecord,
};
use crate::report::{Counts, DailyRecord, Subject};
use crate::rising::{AppealRecord, BelowRecord, ChildRecord, ChildTotal, EscalatedRecord, RollupRecord};
use crate::state::{Fault, View, decoded, read};
use crate::time::Date;

pub use crate::credits::account::{balance, entries as credits, refuted};
pub use crate::credits::urgency::overdrawn;
pub use duty::*;
pub use governance::*;
pub use materials::*;
pub use medical_resources::*;
pub use outlook::*;

/// What became of an event, or `None` when it was never executed or refused here.
pub fn event_record(view: &dyn View, id: &EventId) -> Result<Option<EventRecord>, Fault> {
    read(view, &keys::event(id))
}

/// How far execution has come; height 0 and the genesis time before the first block.
pub fn progress(view: &dyn View) -> Result<Progress, Fault> {
    if let Some(progress) = read(view, &keys::progress())? {
        return Ok(progress);
    }
    let chain = read::<ChainRecord>(view, &keys::chain())?;
    let chain = chain.ok_or_else(|| Fault(String::from("the state has no genesis")))?;
    Ok(Progress::start(&chain))
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

/// Counts of a disease over all days; zero when nothing was accepted.
pub fn total(view: &dyn View, disease: &str) -> Result<Counts, Fault> {
    Ok(read(view, &keys::total(disease))?.unwrap_or_default())
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

/// Every child chain, by path.
pub fn children(view: &dyn View, limit: usize) -> Result<Vec<ChildRecord>, Fault> {
    let found = list(view, "child/", None, limit, ChainPath::parse)?;
    Ok(found.into_iter().map(|(_, child)| child).collect())
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

/// A member.
pub fn member(view: &dyn View, id: &str) -> Result<Option<MemberRecord>, Fault> {
    read(view, &keys::member(id))
}

/// Every member, by name.
pub fn members(view: &dyn View, limit: usize) -> Result<Vec<MemberRecord>, Fault> {
    let found = list(view, "member/", None, limit, |id| Some(id.to_owned()))?;
    Ok(found.into_iter().map(|(_, member)| member).collect())
}

/// Members that take part or once did, by name after `after`.
pub fn members_after(view: &dyn View, after: Option<&str>, limit: usize) -> Result<Vec<MemberRecord>, Fault> {
    let found = list(view, "member/", after.map(keys::member), limit, |id| Some(id.to_owned()))?;
    Ok(found.into_iter().map(|(_, member)| member).collect())
}

/// The member whose key of a class this is, if the key may be used at `height` and the member takes part.
pub fn member_of_key(
    view: &dyn View,
    class: KeyClass,
    key: &PublicKey,
    height: u64,
) -> Result<Option<MemberRecord>, Fault> {
    let record = read::<KeyRecord>(view, &keys::key(class, key))?;
    match record.filter(|record| record.active_at(height)) {
        Some(record) => Ok(member(view, &record.member)?.filter(|member| member.active)),
        None => Ok(None),
    }
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

/// Records under a prefix, behind the key `after`, with the name that the rest of each key is.
fn list<N, R: Record>(
    view: &dyn View,
    prefix: &str,
    after: Option<Vec<u8>>,
    limit: usize,
    name: impl Fn(&str) -> Option<N>,
) -> Result<Vec<(N, R)>, Fault> {
    let from = after.map_or_else(|| prefix.as_bytes().to_vec(), behind);
    scan(view, prefix, from, limit, name)
}

/// The very next key after one.
fn behind(key: Vec<u8>) -> Vec<u8> {
    [key.as_slice(), &[0]].concat()
}

fn no_such_form(key: &[u8]) -> Fault {
    Fault(format!("the key {} has no such form", String::from_utf8_lossy(key)))
}

fn scan<N, R: Record>(
    view: &dyn View,
    prefix: &str,
    from: Vec<u8>,
    limit: usize,
    name: impl Fn(&str) -> Option<N>,
) -> Result<Vec<(N, R)>, Fault> {
    let found = view.scan(&from, &end_of(prefix.as_bytes()), limit)?;
    let named = |(key, stored): (Vec<u8>, crate::state::Versioned)| {
        let rest = std::str::from_utf8(&key).ok().and_then(|key| key.strip_prefix(prefix)).and_then(&name);
        let rest = rest.ok_or_else(|| no_such_form(&key))?;
        Ok((rest, decoded(&key, &stored.value)?))
    };
    found.into_iter().map(named).collect()
}
