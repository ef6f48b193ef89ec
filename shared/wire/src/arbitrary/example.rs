//! One exemplary event of each kind: what the golden files hold.

mod materials;

use domain::chain::Lane;
use domain::event::*;
use domain::genesis::KeyClass;
use domain::record::Kind;
use domain::time::{Date, Millis};
use proof::digest::Digest;
use proof::sign::PublicKey;

/// An event as it might have been signed on 20 July 2021, of any kind.
pub(crate) fn example(kind: Kind) -> Event {
    Event {
        author: PublicKey([7; 32]),
        lane: Lane::Normal,
        nonce: [9; 16],
        occurred_at: Millis(1_626_778_800_000),
        created_at: Millis(1_626_782_400_000),
        valid_until: Millis(0),
        region: "320100".into(),
        security: SecurityLevel::Public,
        response: None,
        fact: example_fact(kind),
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    }
}

fn example_fact(kind: Kind) -> Fact {
    let disease = Disease { code: "U07.1".into(), name: "COVID-19".into() };
    let report_date = Date::parse("2021-07-20").unwrap();
    match kind {
        Kind::CaseReport => Fact::CaseReport(CaseReport {
            disease,
            classification: Classification::Confirmed,
            onset_date: Date::parse("2021-07-19"),
            report_date,
            facility: "lukou-airport".into(),
            age_band: AgeBand::From18To39,
            sex: Sex::Unknown,
            origin: Origin::Local,
        }),
        Kind::DailyAggregate => Fact::DailyAggregate(DailyAggregate {
            disease,
            report_date,
            origin: Origin::Local,
            counts: [0, 0, 11, 8, 0],
        }),
        Kind::SuspectedCluster => Fact::SuspectedCluster(SuspectedCluster {
            disease,
            facility: "lukou-airport".into(),
            positives: 9,
            summary: "nine positives among airport workers in routine tests".into(),
        }),
        Kind::ZeroReport => Fact::ZeroReport(ZeroReport { disease, report_date, facility: "gulou-hospital".into() }),
        Kind::LabResult => Fact::LabResult(LabResult {
            disease,
            report_date,
            facility: "nanjing-cdc-lab".into(),
            method: "rt-pcr".into(),
            tested: 1200,
            positive: 17,
        }),
        Kind::Ballot => Fact::Ballot(Ballot {
            subject: Digest([5; 32]),
            choice: Choice::Endorse,
            reason: "consistent".into(),
            policy: "form-check".into(),
        }),
        Kind::Warning => Fact::Warning(Warning {
            disease,
            level: AlertLevel::Orange,
            headline: "community transmission in Jiangning district".into(),
            method: "doubling".into(),
            supersedes: Some(Digest([5; 32])),
            ground: Some(Ground {
                basis: Basis { size: 4711, root: Digest([3; 32]) },
                model: Digest([8; 32]),
                rules: Digest([4; 32]),
                values: vec![("n7".into(), 21), ("rt_milli".into(), 1_430)],
            }),
        }),
        Kind::Directive => Fact::Directive(Directive {
            level: AlertLevel::Yellow,
            headline: "citywide testing".into(),
            instruction: "every resident of the district is tested once before 24 July".into(),
            measure: "capacity-claims".into(),
        }),
        Kind::Lifting => Fact::Lifting(Lifting { warning: Digest([5; 32]), reason: "level-ended".into() }),
        Kind::Anchor => Fact::Anchor(Anchor {
            child: "cn.32.01".into(),
            checkpoint: "tocsin/cn.32.01/0011223344556677\n5\nAAAA\n".into(),
            consistency: vec![Digest([1; 32])],
            leaves: vec![ProvenLeaf { leaf: vec![3, 1, 4], index: 3, inclusion: vec![Digest([2; 32])] }],
        }),
        Kind::Appeal => Fact::Appeal(Appeal { child: "cn.32.01".into(), signed: vec![1; 100] }),
        Kind::CapacityClaim => Fact::CapacityClaim(CapacityClaim {
            facility: "nanjing-second-hospital".into(),
            resource: Resource::Isolation,
            staffed: 300,
            occupied: 112,
        }),
        Kind::FacilityProfile => Fact::FacilityProfile(FacilityProfile {
            facility: "nanjing-second-hospital".into(),
            kind: FacilityKind::DesignatedCentre,
            title: "Second Hospital of Nanjing".into(),
            place: Some((32_085_000, 118_744_000)),
            licensed: vec![(Resource::AdultIcu, 40), (Resource::Isolation, 300)],
            capabilities: vec!["dialysis".into(), "ecmo".into()],
        }),
        Kind::PatientFlow => Fact::PatientFlow(PatientFlow {
            facility: "nanjing-second-hospital".into(),
            resource: Resource::Isolation,
            admitted: 6,
            discharged: 2,
            died: 0,
            hold: Some(Digest([5; 32])),
        }),
        Kind::BedHold => Fact::BedHold(BedHold {
            facility: "nanjing-second-hospital".into(),
            resource: Resource::AdultIcu,
            patients: 3,
            until: Millis(1_626_804_000_000),
        }),
        Kind::BedRelease => Fact::BedRelease(BedRelease { hold: Digest([5; 32]) }),
        Kind::Transfer => Fact::Transfer(Transfer {
            step: TransferStep::Request(TransferRequest {
                from: "lukou-clinic".into(),
                to: "nanjing-second-hospital".into(),
                resource: Resource::AdultIcu,
                leaving: Resource::AdultGeneral,
                patients: 1,
                severity: "severe".into(),
                reason: "no-icu".into(),
            }),
        }),
        Kind::SpotCheck => Fact::SpotCheck(SpotCheck {
            facility: "nanjing-second-hospital".into(),
            resource: Resource::Isolation,
            claim: Digest([5; 32]),
            staffed: 296,
            occupied: 115,
            reason: "routine".into(),
        }),
        Kind::ItemDefined
        | Kind::StockReceived
        | Kind::StockIssued
        | Kind::StockCounted
        | Kind::StockWasted
        | Kind::StockAdjusted
        | Kind::HandOver
        | Kind::TakeOver
        | Kind::DiscrepancySettled
        | Kind::ResourceRequest
        | Kind::Commit
        | Kind::Release
        | Kind::Requisition
        | Kind::Pledge
        | Kind::Purchase => materials::example(kind),
        Kind::Proposal => Fact::Proposal(Proposal {
            actions: vec![Action::AddKey {
                member: "nanjing-cdc".into(),
                class: KeyClass::Author,
                key: PublicKey([7; 32]),
            }],
            reason: "Yearly rotation".into(),
        }),
        Kind::Correction => Fact::Correction(Correction {
            subject: Digest([5; 32]),
            counts: Some([0, 0, 9, 1, 0]),
            statement: "One case was counted twice".into(),
        }),
        Kind::Decision => Fact::Decision(Decision {
            certificate: "certificate".into(),
            handovers: vec![ProvenHandover {
                certificate: "earlier".into(),
                leaf: ProvenLeaf { leaf: vec![5], index: 2, inclusion: vec![] },
            }],
            leaf: ProvenLeaf { leaf: vec![6], index: 9, inclusion: vec![Digest([2; 32])] },
        }),
        Kind::Forecast => Fact::Forecast(Forecast {
            disease,
            model: "ensemble".into(),
            code: "epidemiology-2".into(),
            cadence: Cadence::Day,
            reference_date: report_date,
            basis: Basis { size: 4711, root: Digest([3; 32]) },
            parameters: "season 7 days, damped".into(),
            weights: Some(Digest([8; 32])),
            steps: (1..=2).map(|ahead| std::array::from_fn(|at| 1_500 * ahead + 250 * at as u64)).collect(),
        }),
        Kind::Assessment => Fact::Assessment(Assessment {
            disease,
            day: report_date,
            basis: Basis { size: 4711, root: Digest([3; 32]) },
            rules: Digest([4; 32]),
            stage: Stage::Growth,
            level: Some(AlertLevel::Orange),
            rule: "doubling".into(),
            index_milli: 640,
            values: vec![("n7".into(), 21), ("rt_milli".into(), 1_430), ("slope_milli".into(), -12)],
        }),
        Kind::Misbehaviour => Fact::Misbehaviour(Misbehaviour { evidence: "tocsin-evidence@v1".into() }),
        Kind::Deposit => Fact::Deposit(Deposit {
            digest: Digest([6; 32]),
            source: "https://example.org/notice/7".into(),
            title: "notice of 21 July".into(),
        }),
    }
}
