//! What stands in which facility, and where that is (`tocsin.medical_resources.v1.Wards`).

use domain::event::{EventId, Resource};
use domain::refusal::Refusal;
use domain::time::Millis;
use prost::Message as _;

use super::{Answer, Area, MAX_MESSAGE_BYTES, Question};
use crate::canonical::{at_most, digest, lenient, required, text};
use crate::ledger::{Refused, refused_in, refused_out};
use crate::proto::medical_resources::v1 as proto;
use crate::proto::medical_resources::v1::answer::Answer as Answered;
use crate::proto::medical_resources::v1::question::Question as Asked;
use crate::vocabulary::resource;

/// Wards in one answer: three hundred facilities with every resource there is, more than a city has. Who has more asks by
/// facility or region.
pub const MAX_WARDS: usize = 4_096;
/// Places in one answer: those facilities, and the warehouses, charities and clinics beside them.
pub const MAX_PLACES: usize = 2_048;

/// What stands in which facility, and where is it? Each field narrows the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wards {
    /// As it stood at this instant of chain time; none: now.
    pub as_of: Option<Millis>,
    /// Only this facility.
    pub facility: Option<String>,
    /// Only in this region.
    pub region: Option<String>,
    /// Only facilities designated for this ICD-10 code.
    pub disease: Option<String>,
}

/// What stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WardsAnswer {
    /// The last final block taken in.
    pub height: u64,
    /// Its chain time.
    pub chain_time: Millis,
    /// The instant by which counts are fresh or stale.
    pub as_of: Millis,
    /// By facility and resource, at most [`MAX_WARDS`]; stale ones too.
    pub wards: Vec<Ward>,
    /// Facilities that say where they are, at most [`MAX_PLACES`].
    pub places: Vec<WardPlace>,
}

/// A resource of a facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ward {
    /// The facility.
    pub facility: String,
    /// Where it is.
    pub region: String,
    /// What is counted.
    pub resource: Resource,
    /// With staff.
    pub staffed: u64,
    /// Of those in use.
    pub occupied: u64,
    /// Kept for patients to come.
    pub reserved: u64,
    /// Too old to be added to others.
    pub stale: bool,
    /// The claim that stands.
    pub event: EventId,
}

/// Where a facility is (WGS 84), in millionths of a degree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WardPlace {
    /// The facility.
    pub facility: String,
    /// North of the equator.
    pub latitude_e6: i64,
    /// East of Greenwich.
    pub longitude_e6: i64,
    /// The profile that says so.
    pub event: EventId,
}

impl Question for Wards {
    const AREA: Area = Area::MedicalResources;
    type Answer = WardsAnswer;

    fn encode(self) -> Vec<u8> {
        let Wards { as_of, facility, region, disease } = self;
        let wards = proto::Wards { as_of_ms: as_of.map(|at| at.0), facility, region, disease };
        proto::Question { question: Some(Asked::Wards(wards)) }.encode_to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "question")?;
        let Asked::Wards(asked) = required(lenient::<proto::Question>(bytes)?.question, "question")?;
        let word = |value: Option<String>, field| value.map(|value| text(value, field)).transpose();
        Ok(Wards {
            as_of: asked.as_of_ms.map(Millis),
            facility: word(asked.facility, "facility")?,
            region: word(asked.region, "region")?,
            disease: word(asked.disease, "disease")?,
        })
    }
}

impl Answer for WardsAnswer {
    fn encode(answer: Result<Self, Refused>) -> Vec<u8> {
        let answer = match answer {
            Ok(answer) => Answered::Wards(proto::WardsAnswer {
                height: answer.height,
                chain_time_ms: answer.chain_time.0,
                as_of_ms: answer.as_of.0,
                wards: answer.wards.into_iter().map(ward_out).collect(),
                places: answer.places.into_iter().map(place_out).collect(),
            }),
            Err(refused) => Answered::Refused(refused_out(refused)),
        };
        proto::Answer { answer: Some(answer) }.encode_to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Result<Self, Refused>, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "answer")?;
        let answer = match required(lenient::<proto::Answer>(bytes)?.answer, "answer")? {
            Answered::Refused(refused) => return refused_in(refused).map(Err),
            Answered::Wards(answer) => answer,
        };
        at_most(answer.wards.len(), MAX_WARDS, "wards")?;
        at_most(answer.places.len(), MAX_PLACES, "places")?;
        Ok(Ok(WardsAnswer {
            height: answer.height,
            chain_time: Millis(answer.chain_time_ms),
            as_of: Millis(answer.as_of_ms),
            wards: answer.wards.into_iter().map(ward_in).collect::<Result<_, _>>()?,
            places: answer.places.into_iter().map(place_in).collect::<Result<_, _>>()?,
        }))
    }
}

fn ward_out(ward: Ward) -> proto::Ward {
    proto::Ward {
        facility: ward.facility,
        region: ward.region,
        resource: resource::number(ward.resource),
        staffed: ward.staffed,
        occupied: ward.occupied,
        reserved: ward.reserved,
        stale: ward.stale,
        event: ward.event.0.to_vec(),
    }
}

fn ward_in(ward: proto::Ward) -> Result<Ward, Refusal> {
    Ok(Ward {
        facility: text(ward.facility, "facility")?,
        region: text(ward.region, "region")?,
        resource: resource::value(ward.resource, "resource")?,
        staffed: ward.staffed,
        occupied: ward.occupied,
        reserved: ward.reserved,
        stale: ward.stale,
        event: digest(&ward.event, "event")?,
    })
}

fn place_out(place: WardPlace) -> proto::WardPlace {
    let WardPlace { facility, latitude_e6, longitude_e6, event } = place;
    proto::WardPlace { facility, place: Some(proto::Place { latitude_e6, longitude_e6 }), event: event.0.to_vec() }
}

fn place_in(place: proto::WardPlace) -> Result<WardPlace, Refusal> {
    let proto::Place { latitude_e6, longitude_e6 } = required(place.place, "place")?;
    let event = digest(&place.event, "event")?;
    Ok(WardPlace { facility: text(place.facility, "facility")?, latitude_e6, longitude_e6, event })
}
