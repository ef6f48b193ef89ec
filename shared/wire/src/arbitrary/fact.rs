//! Arbitrary facts of each kind.

use domain::event::*;
use domain::record::Kind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::governance::action;
use super::{date, digest, disease, materials, medical_resources, name, number, outlook, text};

fn summary() -> impl Strategy<Value = ProvenLeaf> {
    (vec(any::<u8>(), 0..300), number(), vec(digest(), 0..4)).prop_map(|(leaf, index, inclusion)| ProvenLeaf {
        leaf,
        index,
        inclusion,
    })
}

pub(super) fn fact(kind: Kind) -> BoxedStrategy<Fact> {
    match kind {
        Kind::CaseReport => (
            disease(),
            select(&Classification::ALL[..]),
            proptest::option::of(date()),
            date(),
            name(),
            select(&AgeBand::ALL[..]),
            select(&Sex::ALL[..]),
            select(&Origin::ALL[..]),
        )
            .prop_map(|(disease, classification, onset_date, report_date, facility, age_band, sex, origin)| {
                Fact::CaseReport(CaseReport {
                    disease,
                    classification,
                    onset_date,
                    report_date,
                    facility,
                    age_band,
                    sex,
                    origin,
                })
            })
            .boxed(),
        Kind::DailyAggregate => {
            (disease(), date(), select(&Origin::ALL[..]), [number(), number(), number(), number(), number()])
                .prop_map(|(disease, report_date, origin, counts)| {
                    Fact::DailyAggregate(DailyAggregate { disease, report_date, origin, counts })
                })
                .boxed()
        }
        Kind::SuspectedCluster => (disease(), name(), number(), text())
            .prop_map(|(disease, facility, positives, summary)| {
                Fact::SuspectedCluster(SuspectedCluster { disease, facility, positives, summary })
            })
            .boxed(),
        Kind::ZeroReport => (disease(), date(), name())
            .prop_map(|(disease, report_date, facility)| {
                Fact::ZeroReport(ZeroReport { disease, report_date, facility })
            })
            .boxed(),
        Kind::LabResult => (disease(), date(), name(), name(), number(), number())
            .prop_map(|(disease, report_date, facility, method, tested, positive)| {
                Fact::LabResult(LabResult { disease, report_date, facility, method, tested, positive })
            })
            .boxed(),
        Kind::Ballot => (digest(), select(&Choice::ALL[..]), name(), name())
            .prop_map(|(subject, choice, reason, policy)| Fact::Ballot(Ballot { subject, choice, reason, policy }))
            .boxed(),
        Kind::Warning => (
            disease(),
            select(&AlertLevel::ALL[..]),
            text(),
            name(),
            proptest::option::of(digest()),
            proptest::option::of(outlook::ground()),
        )
            .prop_map(|(disease, level, headline, method, supersedes, ground)| {
                Fact::Warning(Warning { disease, level, headline, method, supersedes, ground })
            })
            .boxed(),
        Kind::Directive => (select(&AlertLevel::ALL[..]), text(), text(), name())
            .prop_map(|(level, headline, instruction, measure)| {
                Fact::Directive(Directive { level, headline, instruction, measure })
            })
            .boxed(),
        Kind::Lifting => {
            (digest(), name()).prop_map(|(warning, reason)| Fact::Lifting(Lifting { warning, reason })).boxed()
        }
        Kind::Anchor => (name(), text(), vec(digest(), 0..5), vec(summary(), 0..4))
            .prop_map(|(child, checkpoint, consistency, leaves)| {
                Fact::Anchor(Anchor { child, checkpoint, consistency, leaves })
            })
            .boxed(),
        Kind::Appeal => (name(), vec(any::<u8>(), 0..500))
            .prop_map(|(child, signed)| Fact::Appeal(Appeal { child, signed }))
            .boxed(),
        Kind::CapacityClaim => medical_resources::capacity_claim().prop_map(Fact::CapacityClaim).boxed(),
        Kind::FacilityProfile => medical_resources::facility_profile().prop_map(Fact::FacilityProfile).boxed(),
        Kind::PatientFlow => medical_resources::patient_flow().prop_map(Fact::PatientFlow).boxed(),
        Kind::BedHold => medical_resources::bed_hold().prop_map(Fact::BedHold).boxed(),
        Kind::BedRelease => digest().prop_map(|hold| Fact::BedRelease(BedRelease { hold })).boxed(),
        Kind::Transfer => medical_resources::transfer().prop_map(Fact::Transfer).boxed(),
        Kind::SpotCheck => medical_resources::spot_check().prop_map(Fact::SpotCheck).boxed(),
        Kind::ItemDefined => materials::item_defined().prop_map(Fact::ItemDefined).boxed(),
        Kind::StockReceived => materials::stock_move().prop_map(Fact::StockReceived).boxed(),
        Kind::StockIssued => materials::stock_move().prop_map(Fact::StockIssued).boxed(),
        Kind::StockCounted => materials::stock_counted().prop_map(Fact::StockCounted).boxed(),
        Kind::StockWasted => materials::stock_wasted().prop_map(Fact::StockWasted).boxed(),
        Kind::StockAdjusted => materials::stock_adjusted().prop_map(Fact::StockAdjusted).boxed(),
        Kind::HandOver => materials::hand_over().prop_map(Fact::HandOver).boxed(),
        Kind::TakeOver => materials::take_over().prop_map(Fact::TakeOver).boxed(),
        Kind::DiscrepancySettled => materials::settled().prop_map(Fact::DiscrepancySettled).boxed(),
        Kind::ResourceRequest => materials::request().prop_map(Fact::ResourceRequest).boxed(),
        Kind::Commit => materials::commit().prop_map(Fact::Commit).boxed(),
        Kind::Release => materials::release().prop_map(Fact::Release).boxed(),
        Kind::Requisition => materials::commit().prop_map(Fact::Requisition).boxed(),
        Kind::Pledge => materials::pledge().prop_map(Fact::Pledge).boxed(),
        Kind::Purchase => materials::purchase().prop_map(Fact::Purchase).boxed(),
        Kind::Deposit => (digest(), text(), text())
            .prop_map(|(digest, source, title)| Fact::Deposit(Deposit { digest, source, title }))
            .boxed(),
        Kind::Proposal => (vec(action(), 0..4), text())
            .prop_map(|(actions, reason)| Fact::Proposal(Proposal { actions, reason }))
            .boxed(),
        Kind::Correction => (digest(), proptest::option::of(any::<[u64; 5]>()), text())
            .prop_map(|(subject, counts, statement)| Fact::Correction(Correction { subject, counts, statement }))
            .boxed(),
        Kind::Decision => (text(), vec((text(), summary()), 0..3), summary())
            .prop_map(|(certificate, handovers, leaf)| {
                let handover = |(certificate, leaf)| ProvenHandover { certificate, leaf };
                let handovers = handovers.into_iter().map(handover).collect();
                Fact::Decision(Decision { certificate, handovers, leaf })
            })
            .boxed(),
        Kind::Forecast => outlook::forecast().prop_map(Fact::Forecast).boxed(),
        Kind::Assessment => outlook::assessment().prop_map(Fact::Assessment).boxed(),
        Kind::Misbehaviour => text().prop_map(|evidence| Fact::Misbehaviour(Misbehaviour { evidence })).boxed(),
    }
}
