//! Enums of the vocabulary by their protobuf numbers. Number 0 is a value only where the domain knows "unknown".

use domain::chain::Lane;
use domain::event::{
    AgeBand, AlertLevel, Cadence, Choice, Classification, Disease, FacilityKind, Origin, Phase, Resource,
    SecurityLevel, Sex, Stage,
};
use domain::genesis::{KeyClass, NodeRole};
use domain::record::Outcome;
use domain::refusal::{Code, Refusal};

use crate::canonical::{required, text};
use crate::ledger::{EntryKind, Level};
use crate::proto;

macro_rules! mapped {
    ($($module:ident: $Domain:ty = $Proto:ty { $($domain:ident = $proto:ident),+ $(,)? })+) => {$(
        pub(crate) mod $module {
            use super::*;

            /// The number on the wire.
            pub(crate) fn number(value: $Domain) -> i32 {
                match value { $(<$Domain>::$domain => <$Proto>::$proto as i32,)+ }
            }

            /// The value of a number on the wire.
            pub(crate) fn value(number: i32, field: &'static str) -> Result<$Domain, Refusal> {
                match <$Proto>::try_from(number) {
                    $(Ok(<$Proto>::$proto) => Ok(<$Domain>::$domain),)+
                    #[allow(unreachable_patterns, reason = "enums whose 0 is a value have nothing left here")]
                    Ok(_) => Err(Refusal::of(Code::Malformed, field, format!("{field} is missing"))),
                    Err(_) => Err(Refusal::of(Code::UnknownCode, field, format!("{field} has no such value"))),
                }
            }
        }
    )+};
}

mapped! {
    lane: Lane = proto::event::v1::Lane { Urgent = Urgent, High = High, Normal = Normal }
    alert_level: AlertLevel = proto::event::v1::AlertLevel { Blue = Blue, Yellow = Yellow, Orange = Orange, Red = Red }
    security_level: SecurityLevel = proto::event::v1::SecurityLevel {
        Public = Public, Members = Members, Restricted = Restricted,
    }
    classification: Classification = proto::reporting::v1::Classification {
        Suspected = Suspected, Probable = Probable, Confirmed = Confirmed, Asymptomatic = Asymptomatic,
        Discarded = Discarded,
    }
    age_band: AgeBand = proto::reporting::v1::AgeBand {
        Unknown = Unspecified, Under5 = Under5, From5To17 = From5To17, From18To39 = From18To39, From40To59 = From40To59,
        From60 = From60,
    }
    sex: Sex = proto::reporting::v1::Sex { Unknown = Unspecified, Female = Female, Male = Male }
    origin: Origin = proto::reporting::v1::Origin { Unknown = Unspecified, Local = Local, Imported = Imported }
    choice: Choice = proto::endorsement::v1::Choice { Endorse = Endorse, Object = Object, Ask = Ask, Veto = Veto }
    node_role: NodeRole = proto::governance::v1::NodeRole {
        Common = Common, Management = Management, Master = Master, Supervisor = Supervisor,
    }
    key_class: KeyClass = proto::governance::v1::KeyClass {
        Root = Root, Author = Author, Endorser = Endorser, Sealer = Sealer, Cosigner = Cosigner, Relay = Relay,
        Client = Client, Encryption = Encryption,
    }
    phase: Phase = proto::governance::v1::Phase {
        Preparedness = Preparedness, Response = Response, Recovery = Recovery,
    }
    cadence: Cadence = proto::forecasting::v1::Cadence { Day = Day, Week = Week }
    stage: Stage = proto::forecasting::v1::Stage {
        Sporadic = Sporadic, Alert = Alert, Growth = Growth, Plateau = Plateau, Decline = Decline, Ended = Ended,
    }
    resource: Resource = proto::medical_resources::v1::Resource {
        AdultGeneral = AdultGeneral, PaediatricGeneral = PaediatricGeneral, AdultIcu = AdultIcu,
        PaediatricIcu = PaediatricIcu, Isolation = Isolation, NegativePressure = NegativePressure,
        Ventilator = Ventilator, Ecmo = Ecmo, OxygenLMin = OxygenLMin, Physician = Physician, Nurse = Nurse,
        RespiratoryTherapist = RespiratoryTherapist, AmbulanceDiversion = AmbulanceDiversion,
    }
    facility_kind: FacilityKind = proto::medical_resources::v1::FacilityKind {
        TertiaryHospital = TertiaryHospital, SecondaryHospital = SecondaryHospital,
        DesignatedCentre = DesignatedCentre, ShelterHospital = ShelterHospital, FeverClinic = FeverClinic,
        Warehouse = Warehouse, Charity = Charity, Laboratory = Laboratory,
    }
    entry_kind: EntryKind = proto::ledger::v1::EntryKind {
        Event = Event, Due = Due, Summary = Summary, Block = Block, Cosigners = Cosigners, Decision = Decision,
        Rollup = Rollup,
    }
    level: Level = proto::ledger::v1::Level { Sealed = Sealed, Final = Final }
    outcome: Outcome = proto::ledger::v1::Outcome { Open = Open, Accepted = Accepted, Rejected = Rejected }
}

/// A disease for the wire.
pub(crate) fn disease_out(disease: &Disease) -> Option<proto::event::v1::Disease> {
    Some(proto::event::v1::Disease { code: disease.code.clone(), name: disease.name.clone() })
}

/// A disease from the wire.
pub(crate) fn disease_in(disease: Option<proto::event::v1::Disease>) -> Result<Disease, Refusal> {
    let disease = required(disease, "disease")?;
    Ok(Disease { code: text(disease.code, "disease.code")?, name: text(disease.name, "disease.name")? })
}
