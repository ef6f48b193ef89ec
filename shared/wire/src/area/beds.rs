//! Beds that forecasts will fill (`tocsin.forecasting.v1.Beds`).

use domain::event::{EventId, Resource};
use domain::refusal::Refusal;
use domain::time::{Date, Millis};
use prost::Message as _;

use super::{Answer, Area, MAX_MESSAGE_BYTES, Question};
use crate::canonical::{at_most, digest, lenient, required, text};
use crate::ledger::{Refused, refused_in, refused_out};
use crate::proto::forecasting::v1 as proto;
use crate::proto::forecasting::v1::answer::Answer as Answered;
use crate::proto::forecasting::v1::question::Question as Asked;
use crate::vocabulary::resource;

/// Courses in one answer: as many as there are resources, with room for some more.
pub const MAX_COURSES: usize = 16;
/// Days of one course: as far as a daily forecast looks ahead.
pub const MAX_DAYS: usize = domain::event::MAX_STEPS;

/// How many beds will patients fill on the days to come?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beds {
    /// ICD-10 code.
    pub disease: String,
    /// Code of GB/T 2260 or ISO 3166-2.
    pub region: String,
    /// By what was known at the end of this day; none: by what is known now.
    pub as_of: Option<Date>,
}

/// What is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BedsAnswer {
    /// The last final block taken in.
    pub height: u64,
    /// Its chain time.
    pub chain_time: Millis,
    /// None: no forecast was known.
    pub forecast: Option<BedsForecast>,
}

/// What follows from one forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BedsForecast {
    /// The forecast on the log.
    pub event: EventId,
    /// The last day it counted; the first day of a course is the next.
    pub reference: Date,
    /// A kind of bed each, at most [`MAX_COURSES`].
    pub courses: Vec<BedsCourse>,
}

/// Beds of one kind, each by itself: where every case is isolated, those in intensive care are in both courses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BedsCourse {
    /// The kind.
    pub resource: Resource,
    /// At most [`MAX_DAYS`], the nearest first.
    pub days: Vec<BedsDay>,
}

/// Beds filled on one day, rounded up to whole ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BedsDay {
    /// When every day is at the forecast's low quantile.
    pub low: u64,
    /// At the median.
    pub middle: u64,
    /// At the high quantile.
    pub high: u64,
}

impl Question for Beds {
    const AREA: Area = Area::Forecasting;
    type Answer = BedsAnswer;

    fn encode(self) -> Vec<u8> {
        let Beds { disease, region, as_of } = self;
        let beds = proto::Beds { disease, region, as_of_day: as_of.map(|day| day.0) };
        proto::Question { question: Some(Asked::Beds(beds)) }.encode_to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "question")?;
        let Asked::Beds(asked) = required(lenient::<proto::Question>(bytes)?.question, "question")?;
        Ok(Beds {
            disease: text(asked.disease, "disease")?,
            region: text(asked.region, "region")?,
            as_of: asked.as_of_day.map(Date),
        })
    }
}

impl Answer for BedsAnswer {
    fn encode(answer: Result<Self, Refused>) -> Vec<u8> {
        let answer = match answer {
            Ok(answer) => Answered::Beds(proto::BedsAnswer {
                height: answer.height,
                chain_time_ms: answer.chain_time.0,
                forecast: answer.forecast.map(forecast_out),
            }),
            Err(refused) => Answered::Refused(refused_out(refused)),
        };
        proto::Answer { answer: Some(answer) }.encode_to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Result<Self, Refused>, Refusal> {
        at_most(bytes.len(), MAX_MESSAGE_BYTES, "answer")?;
        let answer = match required(lenient::<proto::Answer>(bytes)?.answer, "answer")? {
            Answered::Refused(refused) => return refused_in(refused).map(Err),
            Answered::Beds(answer) => answer,
        };
        Ok(Ok(BedsAnswer {
            height: answer.height,
            chain_time: Millis(answer.chain_time_ms),
            forecast: answer.forecast.map(forecast_in).transpose()?,
        }))
    }
}

fn forecast_out(forecast: BedsForecast) -> proto::BedsForecast {
    proto::BedsForecast {
        event: forecast.event.0.to_vec(),
        reference_date: forecast.reference.0,
        courses: forecast.courses.into_iter().map(course_out).collect(),
    }
}

fn forecast_in(forecast: proto::BedsForecast) -> Result<BedsForecast, Refusal> {
    at_most(forecast.courses.len(), MAX_COURSES, "courses")?;
    Ok(BedsForecast {
        event: digest(&forecast.event, "event")?,
        reference: Date(forecast.reference_date),
        courses: forecast.courses.into_iter().map(course_in).collect::<Result<_, _>>()?,
    })
}

fn course_out(course: BedsCourse) -> proto::BedsCourse {
    let day = |BedsDay { low, middle, high }| proto::BedsDay { low, middle, high };
    proto::BedsCourse { resource: resource::number(course.resource), days: course.days.into_iter().map(day).collect() }
}

fn course_in(course: proto::BedsCourse) -> Result<BedsCourse, Refusal> {
    at_most(course.days.len(), MAX_DAYS, "days")?;
    let day = |proto::BedsDay { low, middle, high }| BedsDay { low, middle, high };
    Ok(BedsCourse {
        resource: resource::value(course.resource, "resource")?,
        days: course.days.into_iter().map(day).collect(),
    })
}
