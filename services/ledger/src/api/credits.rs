//! Members' credits: what they come to, entry by entry, and the public record of reports found wrong.

use actix_web::{HttpRequest, web};
use domain::credits::CreditReason;
use domain::credits::account::{Balance, Entry};
use domain::event::EventId;
use domain::query;
use domain::state::{Fault, View};
use host::rest::{Desks, Problem, asked};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::desk::not_found;

/// What the cursors of the two lists begin with.
const MEMBER: &str = "member-";
const ENTRY: &str = "entry-";
/// Entries summed for one page: a page of accounts ends early rather than read more than some megabytes for a stranger.
const MAX_SUMMED: u64 = 20_000;

/// Credits at a height.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreditsView {
    /// The height they are of.
    height: u64,
    /// Chain time at that height, which decides what has vested.
    chain_time: String,
    /// Accounts by member: a page of all, or the one asked for.
    accounts: Vec<AccountView>,
    /// A page of the entries of the member asked for, by event id.
    entries: Vec<CreditView>,
    /// Reports of the member asked for that were found wrong, the latest first, at most 500.
    refuted_reports: Vec<RefutedView>,
    /// The cursor of the next page of accounts, or of entries where a member is asked for; `null` at the end.
    next: Option<String>,
}

/// What a member's entries come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountView {
    /// The member.
    member: String,
    /// The sum of what has vested.
    vested: i64,
    /// The sum of what has not.
    pending: i64,
    /// Its reports that were found wrong.
    refuted_reports: u64,
}

/// An entry, which never changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreditView {
    /// The event it is about.
    event_id: String,
    /// `accepted`, `endorsed`, `taken-back`, `refuted`, `endorsed-refuted`, `urgency-overdraft` or `not-evidence`.
    reason: &'static str,
    /// What it adds; what costs is negative.
    amount: i64,
    /// `pending`, `vested` or `clawed-back`: what was taken back is an entry of its own.
    state: &'static str,
    /// Chain time when it was written.
    at: String,
    /// Chain time from which it counts as vested.
    vests_at: String,
}

/// A report that was found wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefutedView {
    /// The report.
    event_id: String,
    /// Chain time when it was.
    at: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreditsQuery {
    member: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// What members earned by reporting well, and what it cost them to cry wolf.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/credits", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("member" = Option<String>, Query, description = "whose entries; without it, the accounts of all members"),
        ("cursor" = Option<String>, Query, description = "where to go on"),
        ("limit" = Option<u32>, Query, description = "accounts or entries, at most 500")
    ),
    responses(
        (status = 200, description = "accounts, and a member's entries", body = CreditsView),
        (status = 400, description = "BAD_QUERY or BAD_CURSOR"),
        (status = 404, description = "NOT_FOUND: no such chain here, or no such member of it"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn credits(
    request: HttpRequest,
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<CreditsView>, Problem> {
    let desk = desks.of(&chain)?;
    let CreditsQuery { member, cursor, limit } = asked::query(&request)?;
    let limit = asked::limit(limit)?;
    let place = match (&member, cursor) {
        (_, None) => Place::Start,
        (None, Some(cursor)) => Place::Member(after_member(&cursor)?),
        (Some(_), Some(cursor)) => after_entry(&cursor)?,
    };
    let view = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let (height, chain_time) = (picture.head.tip.height, picture.head.chain_time.to_string());
        let page = match member {
            None => accounts(&picture, &place, limit)?,
            Some(member) => match query::member(&picture, &member)? {
                None => return Ok(None),
                Some(_) => account(&picture, &member, &place, limit)?,
            },
        };
        Ok(Some(CreditsView { height, chain_time, ..page }))
    });
    Ok(web::Json(view.await?.ok_or_else(|| not_found("no member of that name on this chain"))?))
}

/// Where a page begins.
enum Place {
    Start,
    Member(String),
    Entry(EventId, CreditReason),
}

/// The member in a cursor of ours.
pub(super) fn after_member(cursor: &str) -> Result<String, Problem> {
    let name = cursor.strip_prefix(MEMBER).filter(|name| domain::chain::is_name(name));
    name.map(str::to_owned).ok_or_else(asked::bad_cursor)
}

fn after_entry(cursor: &str) -> Result<Place, Problem> {
    let parts = cursor.strip_prefix(ENTRY).and_then(|rest| rest.split_once('.'));
    let place = parts.and_then(|(event, reason)| Some((EventId::parse(event)?, CreditReason::parse(reason)?)));
    place.map(|(event, reason)| Place::Entry(event, reason)).ok_or_else(asked::bad_cursor)
}

fn accounts(view: &dyn View, place: &Place, limit: usize) -> Result<CreditsView, Fault> {
    let after = if let Place::Member(member) = place { Some(member.as_str()) } else { None };
    let members = query::members_after(view, after, limit)?;
    let (mut accounts, mut summed) = (Vec::new(), 0);
    for member in &members {
        let balance = query::balance(view, &member.id)?;
        summed += balance.entries;
        accounts.push(account_view(&member.id, balance));
        if summed >= MAX_SUMMED {
            break;
        }
    }
    let whole = members.len() < limit && accounts.len() == members.len();
    let next = accounts.last().filter(|_| !whole).map(|last| format!("{MEMBER}{}", last.member));
    Ok(CreditsView { accounts, next, ..empty() })
}

fn account(view: &dyn View, member: &str, place: &Place, limit: usize) -> Result<CreditsView, Fault> {
    let after = if let Place::Entry(event, reason) = place { Some((event, *reason)) } else { None };
    let entries = query::credits(view, member, after, limit)?;
    let next = (entries.len() == limit).then(|| entries.last()).flatten();
    let next = next.map(|entry| format!("{ENTRY}{}.{}", entry.event, entry.record.reason.name()));
    let refuted = query::refuted(view, member, asked::MAX_LIMIT)?.into_iter();
    Ok(CreditsView {
        accounts: vec![account_view(member, query::balance(view, member)?)],
        entries: entries.into_iter().map(entry_view).collect(),
        refuted_reports: refuted
            .map(|(event, record)| RefutedView { event_id: event.to_string(), at: record.at.to_string() })
            .collect(),
        next,
        ..empty()
    })
}

fn empty() -> CreditsView {
    CreditsView {
        height: 0,
        chain_time: String::new(),
        accounts: Vec::new(),
        entries: Vec::new(),
        refuted_reports: Vec::new(),
        next: None,
    }
}

fn account_view(member: &str, balance: Balance) -> AccountView {
    let Balance { vested, pending, refuted, .. } = balance;
    AccountView { member: member.to_owned(), vested, pending, refuted_reports: refuted }
}

fn entry_view(entry: Entry) -> CreditView {
    CreditView {
        event_id: entry.event.to_string(),
        reason: entry.record.reason.name(),
        amount: entry.record.amount,
        state: entry.state.name(),
        at: entry.record.at.to_string(),
        vests_at: entry.record.vests_at.to_string(),
    }
}
