//! What an event states, without its content.

use crate::codec::by_place;
use crate::event::Fact;

macro_rules! kinds {
    ($($name:ident = $text:literal;)+) => {
        /// What an event states, without its content.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(
                #[doc = concat!("[`Fact::", stringify!($name), "`].")]
                $name,
            )+
        }

        impl Kind {
            /// Every kind, at the place that stands for it in records.
            pub const ALL: [Kind; [$($text),+].len()] = [$(Kind::$name),+];

            /// The kind of a fact.
            pub fn of(fact: &Fact) -> Self {
                match fact {
                    $(Fact::$name(_) => Kind::$name,)+
                }
            }

            /// Its name in JSON.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$name => $text,)+
                }
            }
        }
    };
}

// A new one goes to the end: records hold a kind by its place.
kinds! {
    CaseReport = "case_report";
    DailyAggregate = "daily_aggregate";
    SuspectedCluster = "suspected_cluster";
    ZeroReport = "zero_report";
    LabResult = "lab_result";
    Ballot = "ballot";
    Warning = "warning";
    Directive = "directive";
    Anchor = "anchor";
    Appeal = "appeal";
    CapacityClaim = "capacity_claim";
    StockReceived = "stock_received";
    StockIssued = "stock_issued";
    Deposit = "deposit";
    Proposal = "proposal";
    Correction = "correction";
    Decision = "decision";
    Misbehaviour = "misbehaviour";
    Forecast = "forecast";
    Assessment = "assessment";
    Lifting = "lifting";
    ItemDefined = "item_defined";
    StockCounted = "stock_counted";
    StockWasted = "stock_wasted";
    StockAdjusted = "stock_adjusted";
    HandOver = "hand_over";
    TakeOver = "take_over";
    DiscrepancySettled = "discrepancy_settled";
    ResourceRequest = "resource_request";
    Commit = "commit";
    Release = "release";
    Requisition = "requisition";
    Pledge = "pledge";
    Purchase = "purchase";
    FacilityProfile = "facility_profile";
    PatientFlow = "patient_flow";
    BedHold = "bed_hold";
    BedRelease = "bed_release";
    Transfer = "transfer";
    SpotCheck = "spot_check";
}

impl Kind {
    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Kind::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The class of the policy that judges it: its name, but who may warn also says that a warning is over.
    pub fn class(self) -> &'static str {
        if self == Kind::Lifting { Kind::Warning.name() } else { self.name() }
    }

    /// Whether a policy judges it.
    pub fn judged(self) -> bool {
        matches!(
            self,
            Kind::CaseReport
                | Kind::DailyAggregate
                | Kind::SuspectedCluster
                | Kind::ZeroReport
                | Kind::LabResult
                | Kind::Warning
                | Kind::Directive
                | Kind::Proposal
                | Kind::Assessment
                | Kind::Lifting
                | Kind::ResourceRequest
        )
    }
}

by_place!(Kind);
