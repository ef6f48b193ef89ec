//! The history of every figure: each change of a record, what it became, and the event that made it.

use actix_web::{HttpRequest, web};
use anyhow::Context as _;
use domain::codec::{self, Record};
use host::rest::{Desks, Problem, asked};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::view::{BedsView, DesignationView, HoldView, ProfileView, ReliabilityView, TransferView};
use crate::Desk;
use crate::model::{Found, Moment};

const CURSOR: &str = "change-";

/// A change of a record.
#[derive(Debug, Serialize, ToSchema)]
struct RecordChange {
    /// The entry's index in the log.
    index: u64,
    /// Its block's height.
    height: u64,
    /// Chain time of its block.
    chain_time: String,
    /// The event that made the change; of something that fell due, the event it is about.
    event_id: String,
    /// Whether time alone brought it about.
    due: bool,
    /// Where the proof of that event is.
    proof: String,
    /// What the record became.
    #[schema(value_type = Object)]
    record: Value,
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordHistory {
    /// The last final block taken in.
    height: u64,
    /// Its chain time.
    chain_time: String,
    /// Oldest first.
    changes: Vec<RecordChange>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryQuery {
    key: String,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Every change of a record with its event and where its proof is
///
/// Every record that this area shows has a `key`: beds of a facility, a profile, a designation, a hold, a transfer, a
/// facility's reliability.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/medical-resources/history", tag = "medical resources",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("key" = String, Query, description = "the record's `key`", example = "beds/gulou/adult-icu"),
        ("limit" = Option<u32>, Query, description = "changes, at most 500; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "the `next` of the page before")
    ),
    responses(
        (status = 200, description = "a page of changes; none for a record that never was", body = RecordHistory),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here")
    )
)]
pub(super) async fn history(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<RecordHistory>, Problem> {
    let (desk, query) = desks.asked::<HistoryQuery>(&request, &chain)?;
    let limit = asked::limit(query.limit)?;
    let from = asked::numbered(query.cursor.as_deref(), CURSOR)?.unwrap_or(0);
    let show = shown(&query.key)?;
    let key = query.key;
    let (at, (changes, more)) = desk
        .ask(move |resources| {
            let (moments, more) = resources.changes(key.as_bytes(), from, limit)?;
            let mut changes = Vec::new();
            for (at, moment) in (from..).zip(moments) {
                let record = show(&key, at.saturating_add(1), &moment)?;
                changes.push(RecordChange {
                    index: moment.index,
                    height: moment.height,
                    chain_time: moment.at.to_string(),
                    event_id: moment.event.to_string(),
                    due: moment.due,
                    proof: format!("/v1/chains/{chain}/events/{}/proof", moment.event),
                    record,
                });
            }
            Ok((changes, more))
        })
        .await?;
    let next = more.then(|| format!("{CURSOR}{}", from.saturating_add(limit as u64)));
    Ok(web::Json(RecordHistory { height: at.height, chain_time: at.chain_time.to_string(), changes, next }))
}

/// How a record of such a key is shown.
type Show = fn(&str, u64, &Moment) -> anyhow::Result<Value>;

fn shown(key: &str) -> Result<Show, Problem> {
    let area = key.split('/').next().unwrap_or_default();
    match area {
        "beds" => Ok(|key, version, moment| as_view(key, version, moment, |found| BedsView::of(found, moment.at))),
        "profile" => Ok(|key, version, moment| as_view(key, version, moment, ProfileView::of)),
        "designation" => Ok(|key, version, moment| as_view(key, version, moment, DesignationView::of)),
        "hold" => Ok(|key, version, moment| as_view(key, version, moment, HoldView::of)),
        "transfer" => Ok(|key, version, moment| as_view(key, version, moment, TransferView::of)),
        "reliability" => Ok(|key, version, moment| as_view(key, version, moment, ReliabilityView::of)),
        _ => Err(asked::bad("key is the `key` of a record that this area shows")),
    }
}

fn as_view<R: Record, V: Serialize>(
    key: &str,
    version: u64,
    moment: &Moment,
    view: impl Fn(Found<R>) -> V,
) -> anyhow::Result<Value> {
    let record = codec::decode(&moment.value).with_context(|| format!("a stored {key} does not decode"))?;
    Ok(serde_json::to_value(view(Found { key: key.to_owned(), record, version }))?)
}
