//! A request of any kind to what an event needs beside its author, nonce and time of signing.

use domain::chain::Lane;
use domain::event::{AlertLevel, Event, EventId, Expect, Fact, SealedRef, SecurityLevel};
use domain::record::Kind;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use proof::sign::PublicKey;
use serde_json::Value;

use super::fields::{Fields, digest};
use super::{governance, materials, medical_resources, outlook, report, request};

/// An event but for its author, nonce and time of signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The place it is about.
    pub region: String,
    /// Urgency class.
    pub lane: Lane,
    /// When what is reported happened.
    pub occurred_at: Millis,
    /// After this chain time it is worth nothing (0: for ever).
    pub valid_until: Millis,
    /// Who may see the sealed parts.
    pub security: SecurityLevel,
    /// The response level the author sees.
    pub response: Option<AlertLevel>,
    /// What is stated.
    pub fact: Fact,
    /// References to sealed material.
    pub sealed: Vec<SealedRef>,
    /// Events it follows from.
    pub causes: Vec<EventId>,
    /// Versions it is conditional on.
    pub expect: Vec<Expect>,
}

/// What holds where a request leaves it out.
#[derive(Clone, Copy, Debug)]
pub struct Defaults<'a> {
    /// The time of the request: when it happened, if the author says no other.
    pub now: Millis,
    /// The chain's own region, for requests that are about no place in particular. Reports must name theirs.
    pub region: &'a str,
}

impl Draft {
    /// The event as `author` signs it.
    pub fn into_event(self, author: PublicKey, nonce: [u8; 16], created_at: Millis) -> Event {
        Event {
            author,
            lane: self.lane,
            nonce,
            occurred_at: self.occurred_at,
            created_at,
            valid_until: self.valid_until,
            region: self.region,
            security: self.security,
            response: self.response,
            fact: self.fact,
            sealed: self.sealed,
            causes: self.causes,
            expect: self.expect,
        }
    }
}

/// The draft of a request. `kind` is the route's or the request's own; where the request has a `kind` too, they must be
/// the same. Anchors, appeals and decisions are made by nodes and have no JSON request. Not checked here: `domain::form`.
pub fn fact_from(kind: &str, value: &Value, defaults: &Defaults<'_>) -> Result<Draft, Refusal> {
    let unknown = || Refusal::of(Code::UnknownKind, "kind", "no such kind of request");
    let kind = Kind::parse(kind).ok_or_else(unknown)?;
    let mut fields = Fields::of(value, "request")?;
    if fields.maybe_text("kind")?.is_some_and(|own| own != kind.name()) {
        return Err(Refusal::of(Code::UnknownKind, "kind", "this route takes another kind"));
    }
    let fact = match kind {
        Kind::CaseReport => Fact::CaseReport(report::case_report(&mut fields)?),
        Kind::DailyAggregate => Fact::DailyAggregate(report::daily_aggregate(&mut fields)?),
        Kind::SuspectedCluster => Fact::SuspectedCluster(report::suspected_cluster(&mut fields)?),
        Kind::ZeroReport => Fact::ZeroReport(report::zero_report(&mut fields)?),
        Kind::LabResult => Fact::LabResult(report::lab_result(&mut fields)?),
        Kind::Ballot => Fact::Ballot(request::ballot(&mut fields)?),
        Kind::Warning => Fact::Warning(request::warning(&mut fields)?),
        Kind::Directive => Fact::Directive(request::directive(&mut fields)?),
        Kind::Lifting => Fact::Lifting(request::lifting(&mut fields)?),
        Kind::CapacityClaim => Fact::CapacityClaim(medical_resources::capacity_claim(&mut fields)?),
        Kind::FacilityProfile => Fact::FacilityProfile(medical_resources::facility_profile(&mut fields)?),
        Kind::PatientFlow => Fact::PatientFlow(medical_resources::patient_flow(&mut fields)?),
        Kind::BedHold => Fact::BedHold(medical_resources::bed_hold(&mut fields)?),
        Kind::BedRelease => Fact::BedRelease(medical_resources::bed_release(&mut fields)?),
        Kind::Transfer => Fact::Transfer(medical_resources::transfer(&mut fields)?),
        Kind::SpotCheck => Fact::SpotCheck(medical_resources::spot_check(&mut fields)?),
        Kind::ItemDefined => Fact::ItemDefined(materials::item_defined(&mut fields)?),
        Kind::StockReceived => Fact::StockReceived(materials::stock_move(&mut fields)?),
        Kind::StockIssued => Fact::StockIssued(materials::stock_move(&mut fields)?),
        Kind::StockCounted => Fact::StockCounted(materials::stock_counted(&mut fields)?),
        Kind::StockWasted => Fact::StockWasted(materials::stock_wasted(&mut fields)?),
        Kind::StockAdjusted => Fact::StockAdjusted(materials::stock_adjusted(&mut fields)?),
        Kind::HandOver => Fact::HandOver(materials::hand_over(&mut fields)?),
        Kind::TakeOver => Fact::TakeOver(materials::take_over(&mut fields)?),
        Kind::DiscrepancySettled => Fact::DiscrepancySettled(materials::settled(&mut fields)?),
        Kind::ResourceRequest => Fact::ResourceRequest(materials::request(&mut fields)?),
        Kind::Commit => Fact::Commit(materials::commit(&mut fields)?),
        Kind::Release => Fact::Release(materials::release(&mut fields)?),
        Kind::Requisition => Fact::Requisition(materials::commit(&mut fields)?),
        Kind::Pledge => Fact::Pledge(materials::pledge(&mut fields)?),
        Kind::Purchase => Fact::Purchase(materials::purchase(&mut fields)?),
        Kind::Deposit => Fact::Deposit(request::deposit(&mut fields)?),
        Kind::Proposal => Fact::Proposal(governance::proposal(&mut fields)?),
        Kind::Correction => Fact::Correction(governance::correction(&mut fields)?),
        Kind::Misbehaviour => Fact::Misbehaviour(governance::misbehaviour(&mut fields)?),
        Kind::Forecast => Fact::Forecast(outlook::forecast(&mut fields)?),
        Kind::Assessment => Fact::Assessment(outlook::assessment(&mut fields)?),
        Kind::Anchor | Kind::Appeal | Kind::Decision => return Err(unknown()),
    };
    let draft = Draft {
        region: match fields.maybe_text("region")? {
            Some(region) => region.to_owned(),
            None if is_report(kind) => {
                return Err(Refusal::of(Code::Malformed, "region", "region is missing: a report names its place"));
            }
            None => defaults.region.to_owned(),
        },
        lane: fields.maybe_word("lane", Lane::parse, "urgent, high, normal")?.unwrap_or(usual_lane(kind)),
        occurred_at: fields.maybe_time("occurred_at")?.unwrap_or(defaults.now),
        valid_until: fields.maybe_time("valid_until")?.unwrap_or_default(),
        security: fields
            .maybe_word("security_level", security, "public, members, restricted")?
            .unwrap_or(SecurityLevel::Public),
        response: fields.maybe_word("response_level", AlertLevel::parse, request::LEVELS)?,
        sealed: fields.list("sealed")?.iter().map(sealed).collect::<Result<_, _>>()?,
        causes: causes(&mut fields, &fact)?,
        expect: fields.list("expect")?.iter().map(expect).collect::<Result<_, _>>()?,
        fact,
    };
    fields.end("request")?;
    Ok(draft)
}

fn is_report(kind: Kind) -> bool {
    use Kind::{Assessment, CaseReport, DailyAggregate, Forecast, LabResult, SuspectedCluster, ZeroReport};
    matches!(kind, CaseReport | DailyAggregate | LabResult | SuspectedCluster | ZeroReport | Forecast | Assessment)
}

/// What rings bells is urgent by nature and ballots decide about what does; the rest waits its turn.
fn usual_lane(kind: Kind) -> Lane {
    match kind {
        Kind::SuspectedCluster | Kind::Warning | Kind::Directive => Lane::Urgent,
        Kind::Ballot | Kind::Proposal | Kind::Correction | Kind::Misbehaviour | Kind::Lifting => Lane::High,
        // A patient waits.
        Kind::BedHold | Kind::BedRelease | Kind::Transfer | Kind::PatientFlow => Lane::High,
        _ => Lane::Normal,
    }
}

/// Stated causes; also what it is about or replaces, so that no lane overtakes it.
fn causes(fields: &mut Fields<'_>, fact: &Fact) -> Result<Vec<EventId>, Refusal> {
    let mut causes =
        fields.list("causes")?.iter().map(|cause| digest(cause, "causes")).collect::<Result<Vec<_>, _>>()?;
    let subject = match fact {
        Fact::Ballot(ballot) => Some(ballot.subject),
        Fact::Correction(correction) => Some(correction.subject),
        Fact::PatientFlow(flow) => flow.hold,
        Fact::BedRelease(release) => Some(release.hold),
        Fact::Transfer(transfer) => transfer.step.request().copied(),
        Fact::SpotCheck(check) => Some(check.claim),
        Fact::Lifting(lifting) => Some(lifting.warning),
        Fact::Warning(warning) => warning.supersedes,
        Fact::StockReceived(stock) => stock.donation,
        Fact::HandOver(hand_over) => hand_over.commit,
        Fact::TakeOver(take_over) => Some(take_over.hand_over),
        Fact::DiscrepancySettled(settled) => Some(settled.hand_over),
        Fact::Commit(commit) | Fact::Requisition(commit) => Some(commit.request),
        Fact::Release(release) => Some(release.commit),
        _ => None,
    };
    causes.extend(subject.filter(|subject| !causes.contains(subject)));
    Ok(causes)
}

/// The level of that name.
fn security(name: &str) -> Option<SecurityLevel> {
    [SecurityLevel::Public, SecurityLevel::Members, SecurityLevel::Restricted]
        .into_iter()
        .find(|level| security_name(*level) == name)
}

/// The level's name.
pub(super) fn security_name(level: SecurityLevel) -> &'static str {
    match level {
        SecurityLevel::Public => "public",
        SecurityLevel::Members => "members",
        SecurityLevel::Restricted => "restricted",
    }
}

fn sealed(value: &Value) -> Result<SealedRef, Refusal> {
    let mut fields = Fields::of(value, "sealed")?;
    let sealed = SealedRef {
        ciphertext: fields.digest("ciphertext")?,
        vault: fields.text("vault")?,
        length: fields.count("length")?,
    };
    fields.end("sealed")?;
    Ok(sealed)
}

fn expect(value: &Value) -> Result<Expect, Refusal> {
    let mut fields = Fields::of(value, "expect")?;
    let expect = Expect { key: fields.text("key")?, version: fields.count("version")? };
    fields.end("expect")?;
    Ok(expect)
}
