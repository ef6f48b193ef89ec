//! What every question of this service has in common: which desk answers it, what was asked, and as of which block.

use std::sync::Arc;

use actix_web::HttpRequest;
use domain::event::Classification;
use domain::form::{is_disease_code, is_region};
use domain::refusal::Code;
use domain::time::{Date, Millis};
use host::rest::{Desks, Problem, asked};
use serde::de::DeserializeOwned;

use crate::Desk;
use crate::answers::MAX_DAYS;
use crate::model::Days;

/// The desk of a chain and the query of a request.
pub(super) fn asked<Q: DeserializeOwned>(
    request: &HttpRequest,
    desks: &Desks<Desk>,
    chain: &str,
) -> Result<(Arc<Desk>, Q), Problem> {
    Ok((desks.of(chain)?, asked::query(request)?))
}

/// As of which final block an answer is.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    /// Its height.
    pub(super) height: u64,
    /// Its chain time.
    pub(super) chain_time: Millis,
}

/// What a desk answers, and as of when.
pub(super) async fn answer<R: Send + 'static>(
    desk: &Desk,
    question: impl FnOnce(&Days) -> R + Send + 'static,
) -> Result<(At, R), Problem> {
    let (at, found) = desk.ask(move |days| (days.at(), question(days))).await?;
    Ok((At { height: at.0, chain_time: at.1 }, found))
}

/// A parameter with a value that it does not take.
pub(super) fn bad(detail: &str) -> Problem {
    Problem::new(Code::BadQuery, detail)
}

/// A day of the query.
pub(super) fn day(name: &str, asked: Option<&str>) -> Result<Option<Date>, Problem> {
    let parsed = asked.map(|day| Date::parse(day).ok_or_else(|| bad(&format!("{name} is a day, YYYY-MM-DD"))));
    parsed.transpose()
}

/// The first and last day of the query, in their order and no more than are answered at once.
pub(super) fn days(from: Option<&str>, to: Option<&str>) -> Result<(Option<Date>, Option<Date>), Problem> {
    let (from, to) = (day("from", from)?, day("to", to)?);
    if let Some((from, to)) = from.zip(to) {
        if from > to {
            return Err(bad("from is after to"));
        }
        if to.0 - from.0 >= MAX_DAYS {
            return Err(bad(&format!("from and to are more than {MAX_DAYS} days apart")));
        }
    }
    Ok((from, to))
}

/// A disease and a region of the query.
pub(super) fn place(disease: &str, region: &str) -> Result<(), Problem> {
    if !is_disease_code(disease) {
        return Err(bad("disease is an ICD-10 code, e.g. U07.1"));
    }
    if !is_region(region) {
        return Err(bad("region is a code of GB/T 2260 or ISO 3166-2, e.g. 320100"));
    }
    Ok(())
}

/// The classification of the query; confirmed cases if none is named.
pub(super) fn class(asked: Option<&str>) -> Result<Classification, Problem> {
    let parsed = asked.map(|name| Classification::parse(name).ok_or_else(|| bad(&one_of("classification", names()))));
    Ok(parsed.transpose()?.unwrap_or(Classification::Confirmed))
}

fn names() -> impl Iterator<Item = &'static str> {
    Classification::ALL.into_iter().map(Classification::name)
}

/// What a parameter takes, in a sentence.
pub(super) fn one_of<'a>(name: &str, taken: impl Iterator<Item = &'a str>) -> String {
    format!("{name} is one of {}", taken.collect::<Vec<_>>().join(", "))
}
