//! What clients read of an event: the request's own fields, with author, nonce and time of signing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::event::{Classification, Disease, Event, Fact};
use domain::record::Kind;
use proof::digest::Digest;
use serde_json::{Map, Value, json};

use super::draft::security_name;
use super::{governance, materials, medical_resources, outlook};

/// The event as JSON. Without `author`, `nonce` and `created_at` it is the request [`super::fact_from`] takes.
pub fn event_view(event: &Event) -> Value {
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("kind", Kind::of(&event.fact).name().into());
    put("author", event.author.to_string().into());
    put("nonce", hex::encode(event.nonce).into());
    put("lane", event.lane.name().into());
    put("region", event.region.as_str().into());
    put("occurred_at", event.occurred_at.to_string().into());
    put("created_at", event.created_at.to_string().into());
    if event.valid_until.0 != 0 {
        put("valid_until", event.valid_until.to_string().into());
    }
    put("security_level", security_name(event.security).into());
    if let Some(level) = event.response {
        put("response_level", level.name().into());
    }
    if !event.sealed.is_empty() {
        let sealed = event
            .sealed
            .iter()
            .map(|one| json!({ "ciphertext": one.ciphertext.to_string(), "vault": one.vault, "length": one.length }));
        put("sealed", sealed.collect());
    }
    if !event.causes.is_empty() {
        put("causes", hexes(&event.causes));
    }
    if !event.expect.is_empty() {
        put("expect", event.expect.iter().map(|one| json!({ "key": one.key, "version": one.version })).collect());
    }
    if let Value::Object(fact) = fact_view(&event.fact) {
        view.extend(fact);
    }
    Value::Object(view)
}

fn fact_view(fact: &Fact) -> Value {
    match fact {
        Fact::CaseReport(fact) => json!({
            "disease": disease(&fact.disease),
            "classification": fact.classification.name(),
            "onset_date": fact.onset_date.map(|date| date.to_string()),
            "report_date": fact.report_date.to_string(),
            "facility": fact.facility,
            "age_band": fact.age_band.name(),
            "sex": fact.sex.name(),
            "origin": fact.origin.name(),
        }),
        Fact::DailyAggregate(fact) => json!({
            "disease": disease(&fact.disease),
            "report_date": fact.report_date.to_string(),
            "origin": fact.origin.name(),
            "counts": counts(fact.counts),
        }),
        Fact::SuspectedCluster(fact) => json!({
            "disease": disease(&fact.disease),
            "facility": fact.facility,
            "positives": fact.positives,
            "summary": fact.summary,
        }),
        Fact::ZeroReport(fact) => json!({
            "disease": disease(&fact.disease),
            "report_date": fact.report_date.to_string(),
            "facility": fact.facility,
        }),
        Fact::LabResult(fact) => json!({
            "disease": disease(&fact.disease),
            "report_date": fact.report_date.to_string(),
            "facility": fact.facility,
            "method": fact.method,
            "tested": fact.tested,
            "positive": fact.positive,
        }),
        Fact::Ballot(fact) => json!({
            "subject": fact.subject.to_string(),
            "choice": fact.choice.name(),
            "reason": fact.reason,
            "policy": fact.policy,
        }),
        Fact::Warning(fact) => json!({
            "disease": disease(&fact.disease),
            "level": fact.level.name(),
            "headline": fact.headline,
            "method": fact.method,
            "supersedes": fact.supersedes.map(|earlier| earlier.to_string()),
            "ground": fact.ground.as_ref().map(outlook::ground_view),
        }),
        Fact::Lifting(fact) => json!({ "warning": fact.warning.to_string(), "reason": fact.reason }),
        Fact::Directive(fact) => json!({
            "level": fact.level.name(),
            "headline": fact.headline,
            "instruction": fact.instruction,
            "measure": fact.measure,
        }),
        Fact::Anchor(fact) => json!({
            "child": fact.child,
            "checkpoint": fact.checkpoint,
            "consistency": hexes(&fact.consistency),
            "leaves": fact
                .leaves
                .iter()
                .map(governance::leaf_view)
                .collect::<Value>(),
        }),
        Fact::Appeal(fact) => json!({ "child": fact.child, "signed": STANDARD.encode(&fact.signed) }),
        Fact::CapacityClaim(fact) => medical_resources::capacity_claim_view(fact),
        Fact::FacilityProfile(fact) => medical_resources::facility_profile_view(fact),
        Fact::PatientFlow(fact) => medical_resources::patient_flow_view(fact),
        Fact::BedHold(fact) => medical_resources::bed_hold_view(fact),
        Fact::BedRelease(fact) => json!({ "hold": fact.hold.to_string() }),
        Fact::Transfer(fact) => medical_resources::transfer_view(fact),
        Fact::SpotCheck(fact) => medical_resources::spot_check_view(fact),
        Fact::ItemDefined(fact) => materials::item_defined_view(fact),
        Fact::StockReceived(fact) | Fact::StockIssued(fact) => materials::stock_move_view(fact),
        Fact::StockCounted(fact) => materials::stock_counted_view(fact),
        Fact::StockWasted(fact) => materials::stock_wasted_view(fact),
        Fact::StockAdjusted(fact) => materials::stock_adjusted_view(fact),
        Fact::HandOver(fact) => materials::hand_over_view(fact),
        Fact::TakeOver(fact) => materials::take_over_view(fact),
        Fact::DiscrepancySettled(fact) => materials::settled_view(fact),
        Fact::ResourceRequest(fact) => materials::request_view(fact),
        Fact::Commit(fact) | Fact::Requisition(fact) => materials::commit_view(fact),
        Fact::Release(fact) => materials::release_view(fact),
        Fact::Pledge(fact) => materials::pledge_view(fact),
        Fact::Purchase(fact) => materials::purchase_view(fact),
        Fact::Deposit(fact) => {
            json!({ "digest": fact.digest.to_string(), "source": fact.source, "title": fact.title })
        }
        Fact::Proposal(fact) => governance::proposal_view(fact),
        Fact::Correction(fact) => governance::correction_view(fact),
        Fact::Decision(fact) => governance::decision_view(fact),
        Fact::Forecast(fact) => outlook::forecast_view(fact),
        Fact::Assessment(fact) => outlook::assessment_view(fact),
        Fact::Misbehaviour(fact) => json!({ "evidence": fact.evidence }),
    }
}

pub(super) fn counts(counts: [u64; 5]) -> Value {
    let named = Classification::ALL.into_iter().zip(counts);
    Value::Object(named.map(|(class, count)| (class.name().to_owned(), Value::from(count))).collect())
}

pub(super) fn disease(disease: &Disease) -> Value {
    json!({ "code": disease.code, "name": disease.name })
}

pub(super) fn hexes(digests: &[Digest]) -> Value {
    digests.iter().map(|digest| Value::from(digest.to_string())).collect()
}
