//! What members post. The calling member signs; the same `Idempotency-Key` gives the same events.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::record::Kind;
use host::rest::import::sheet::Columns;
use host::rest::{Caller, Problem, asked};

use super::Data;

/// What one store says of its own shelves.
const STOCK: [Kind; 5] =
    [Kind::StockReceived, Kind::StockIssued, Kind::StockCounted, Kind::StockWasted, Kind::StockAdjusted];

/// The columns of an upload: the fields of these kinds.
const COLUMNS: Columns = Columns {
    numbers: &["quantity", "counted"],
    truths: &["up"],
    texts: &[
        "kind",
        "facility",
        "item",
        "lot",
        "counterparty",
        "expiry",
        "donation",
        "reason",
        "region",
        "lane",
        "occurred_at",
    ],
};

macro_rules! posts {
    ($($(#[doc = $doc:literal])+ $name:ident, $path:literal, $kinds:expr, $body:literal;)+) => {
        /// What each post takes.
        pub(super) const POSTS: &[(&str, &[Kind])] = &[$(($path, &$kinds)),+];
    $(
        $(#[doc = $doc])+
        #[utoipa::path(
            post, path = $path, tag = "materials", operation_id = concat!("post_", stringify!($name)), security(("token" = [])),
            params(
                ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
                ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
            ),
            request_body(content = serde_json::Value, content_type = "application/json", description = $body),
            responses(
                (status = 202, description = "an answer for each: event id and receipt, or a problem", body = serde_json::Value),
                (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
            )
        )]
        pub(super) async fn $name(
            desks: Data,
            caller: Caller,
            chain: web::Path<String>,
            request: HttpRequest,
            body: web::Bytes,
        ) -> Result<HttpResponse, Problem> {
            let key = asked::idempotency_key(&request)?;
            desks.of(&chain)?.front.post(&caller, &$kinds, &body, key).await
        }
    )+};
}

posts! {
    /// Receive, use, count, write off or correct stock
    ///
    /// One movement or an array of at most 500. `stock_received` (`facility`, `item`, `lot`, `quantity`, `counterparty`, and
    /// `expiry` and `donation` where there are), `stock_issued` (without those two), `stock_counted` (`counted`, `reason`),
    /// `stock_wasted` (`quantity`, `reason`), `stock_adjusted` (`up`, `quantity`, `reason`). With `expect` a movement is refused
    /// if the lot changed since it was read.
    stock, "/v1/chains/{chain}/stock", STOCK, "a movement or an array of movements";

    /// Define items
    ///
    /// `item`, `title`, `gtin` (14 digits, or left out), `unit`, `pack`, `cold_chain`.
    items, "/v1/chains/{chain}/items", [Kind::ItemDefined], "an item or an array of items";

    /// Hand over, take over, settle what differs
    ///
    /// `hand_over` by the giver (`from`, `to`, `item`, `lot`, `quantity`, `condition`, `commit` where it fulfils a promise),
    /// `take_over` by the taker (`hand_over`, `item`, `lot`, `quantity`, `condition`) with what was found, and
    /// `discrepancy_settled` by both (`hand_over`, `lost`, `returned`), which counts when they say the same.
    hand_overs, "/v1/chains/{chain}/hand-overs", [Kind::HandOver, Kind::TakeOver, Kind::DiscrepancySettled],
        "one of them or an array";

    /// Ask, promise, requisition, release
    ///
    /// In the words of EDXL-RM: `resource_request` (RequestResource: `facility`, `item`, `quantity`, `needed_by`, `reason`),
    /// `commit` (CommitResource: `request`, `from`, `lot`, `quantity`), `requisition` (RequisitionResource, by the dominant
    /// member of the phase), `release` (ReleaseResource: `commit`).
    requests, "/v1/chains/{chain}/requests",
        [Kind::ResourceRequest, Kind::Commit, Kind::Requisition, Kind::Release], "one of them or an array";

    /// Announce a gift
    ///
    /// By the member that takes it: `item` (`cny-fen` for money), `quantity`, `donor` (SHA-256 of the look-up code given to the
    /// donor), `purpose`. The event's id is the donation that receipts name.
    donations, "/v1/chains/{chain}/donations", [Kind::Pledge], "a pledge or an array of pledges";

    /// Buy goods
    ///
    /// `facility`, `item`, `lot`, `quantity`, `expiry`, `supplier` and `paid`: 1 to 16 of `facility`, `lot`, `amount` in fen, all
    /// of the caller's.
    purchases, "/v1/chains/{chain}/purchases", [Kind::Purchase], "a purchase or an array of purchases";
}

/// Upload movements of stock as CSV
///
/// The header names fields of the JSON movements. Good rows are taken, bad ones answered with line, field, code, reason and
/// how to mend them; cells that a spreadsheet would compute are refused. A mended file, sent under the `idempotency_key` of
/// the first answer, brings only the rows that are missing.
#[utoipa::path(
    post, path = "/v1/chains/{chain}/stock/csv", tag = "materials", operation_id = "post_stock_csv", security(("token" = [])),
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32.01`"),
        ("Idempotency-Key" = Option<String>, Header, description = "at most 128 bytes")
    ),
    request_body(content = String, description = "UTF-8, at most 500 rows", content_type = "text/csv"),
    responses(
        (status = 202, description = "an answer for each row, of which at least one was taken", body = serde_json::Value),
        (status = 422, description = "IMPORT: no row was taken; `reason` and `results` say why", content_type = "application/problem+json", body = serde_json::Value),
        (status = "4XX", description = "nothing was taken", content_type = "application/problem+json", body = serde_json::Value)
    )
)]
pub(super) async fn sheet(
    desks: Data,
    caller: Caller,
    chain: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    desks.of(&chain)?.front.post_sheet(&request, &caller, (&STOCK, &COLUMNS), &body).await
}
