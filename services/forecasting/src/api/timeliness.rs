//! 7-1-7 over REST: how fast each outbreak was detected, notified and answered.

use actix_web::{HttpRequest, web};
use domain::event::EventId;
use domain::time::{DAY_MS, Millis};
use epidemiology::timeliness::{Clock, Interval, timeliness as stands};
use host::rest::{Desks, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::outlook::PlaceQuery;
use crate::Desk;
use crate::answers::{Outbreak, outbreaks};

/// One of the three intervals.
#[derive(Debug, Serialize, ToSchema)]
struct ClockView {
    /// `detect` (from emergence), `notify` (from detection) or `respond` (from notification).
    interval: &'static str,
    target_days: f64,
    /// `met`, `missed`, `open` (not done, in time), `overdue` (not done, too late), `backwards` (done before it could begin:
    /// the times cannot be) or `unknown`.
    state: &'static str,
    /// Days it took, or that have passed; none where nothing is known.
    days: Option<f64>,
}

impl ClockView {
    fn of((interval, clock): (Interval, Clock)) -> Self {
        let target = interval.target_ms();
        let days = |ms: u64| ms as f64 / DAY_MS as f64;
        let (state, taken) = match clock {
            Clock::Met(ms) => ("met", Some(days(ms))),
            Clock::Missed(ms) => ("missed", Some(days(ms))),
            Clock::Running(left) => ("open", Some(days(target.saturating_sub(left)))),
            Clock::Overdue(by) => ("overdue", Some(days(target.saturating_add(by)))),
            Clock::Backwards(ms) => ("backwards", Some(-days(ms))),
            Clock::Unknown => ("unknown", None),
        };
        ClockView { interval: interval.name(), target_days: days(target), state, days: taken }
    }
}

/// An event and when the log made it known.
#[derive(Debug, Serialize, ToSchema)]
struct KnownView {
    event_id: String,
    at: String,
}

impl KnownView {
    fn of((id, at): (EventId, Millis)) -> Self {
        KnownView { event_id: id.to_string(), at: at.to_string() }
    }
}

/// The first directive of a measure.
#[derive(Debug, Serialize, ToSchema)]
struct MeasureView {
    /// Its name, such as `situation-room`.
    measure: String,
    event_id: String,
    at: String,
}

/// How an outbreak was met.
#[derive(Debug, Serialize, ToSchema)]
struct OutbreakView {
    /// ICD-10 code.
    disease: String,
    /// The jurisdiction.
    region: String,
    /// The first and last day of which something was reported.
    first_day: String,
    last_day: String,
    /// Its reports.
    reports: usize,
    /// The earliest onset, or what else is known of when something happened.
    emerged: Option<String>,
    /// When the first report was signed.
    detected: Option<String>,
    /// When the first report stood in a final block, or a warning did.
    notified: Option<String>,
    /// That report.
    first_report: String,
    first_warning: Option<KnownView>,
    /// With it the response began.
    first_directive: Option<KnownView>,
    /// The measures that were started.
    measures: Vec<MeasureView>,
    clocks: Vec<ClockView>,
    /// Whether all three targets were met; none while a clock is open.
    met: Option<bool>,
    /// The interval that took the largest part of its target.
    bottleneck: Option<&'static str>,
}

impl OutbreakView {
    fn of(outbreak: Outbreak, now: Millis) -> Self {
        let stands = stands(&outbreak.times, now);
        let at = |time: Option<Millis>| time.map(|at| at.to_string());
        let measures = outbreak.measures.into_iter().map(|(measure, known)| {
            let KnownView { event_id, at } = KnownView::of(known);
            MeasureView { measure, event_id, at }
        });
        OutbreakView {
            disease: outbreak.place.disease,
            region: outbreak.place.region,
            first_day: outbreak.days.0.to_string(),
            last_day: outbreak.days.1.to_string(),
            reports: outbreak.reports,
            emerged: at(outbreak.times.emerged),
            detected: at(outbreak.times.detected),
            notified: at(outbreak.times.notified),
            first_report: outbreak.first_report.to_string(),
            first_warning: outbreak.first_warning.map(KnownView::of),
            first_directive: outbreak.first_directive.map(KnownView::of),
            measures: measures.collect(),
            met: stands.met(),
            bottleneck: stands.bottleneck().map(Interval::name),
            clocks: stands.clocks.into_iter().map(ClockView::of).collect(),
        }
    }
}

/// Outbreaks and their clocks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TimelinessView {
    /// The last final block taken in.
    height: u64,
    /// Its chain time: what is open is open then.
    chain_time: String,
    /// By disease, region and time.
    outbreaks: Vec<OutbreakView>,
    /// Reports before this day are not held any more; none while all are.
    reports_since: Option<String>,
}

/// 7-1-7 by outbreak and jurisdiction: detected within 7 days, notified within 1, answered within 7 (Frieden et al. 2021)
#[utoipa::path(
    get, path = "/v1/chains/{chain}/forecasting/timeliness", tag = "forecasting",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"), PlaceQuery),
    responses(
        (status = 200, description = "outbreaks and their clocks", body = TimelinessView),
        (status = 400, description = "BAD_QUERY"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn timeliness(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<TimelinessView>, Problem> {
    let (desk, query) = desks.asked::<PlaceQuery>(&request, &chain)?;
    let (at, (found, since)) =
        desk.ask(move |days| Ok((outbreaks(days, |place| query.fits(place)), days.records().since()))).await?;
    Ok(web::Json(TimelinessView {
        height: at.height,
        chain_time: at.chain_time.to_string(),
        outbreaks: found.into_iter().map(|outbreak| OutbreakView::of(outbreak, at.chain_time)).collect(),
        reports_since: since.map(|day| day.to_string()),
    }))
}
