//! What a chain knows of the chains below it: how far their anchors are and which are silent, what they left undecided,
//! and the sums that they are part of.

mod view;

use actix_web::{HttpResponse, web};
use domain::query;
use domain::rising::ChildRecord;
use host::rest::{Desks, Problem, asked};

pub(crate) use view::{ChildView, EscalatedView};

use crate::desk::Desk;
use crate::desk::not_found;
use crate::rollups;

/// The children: how far each is anchored, and since when nothing was heard of it, if it is silent.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/children", tag = "ledger",
    params(("chain" = String, Path, description = "chain path, e.g. `cn.32`")),
    responses(
        (status = 200, description = "children by path", body = Vec<ChildView>),
        (status = 404, description = "NOT_FOUND: no such chain here"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn children(
    desks: web::Data<Desks<Desk>>,
    chain: web::Path<String>,
) -> Result<web::Json<Vec<ChildView>>, Problem> {
    let children =
        desks.of(&chain)?.ask(|reader, _| Ok(query::children(&reader.picture()?, asked::MAX_LIMIT)?)).await?;
    Ok(web::Json(children.into_iter().map(ChildView::of).collect()))
}

/// Reports that a child's members left undecided, and what this chain's members decided on them. Ballots are cast under
/// the report's event id.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/children/{child}/escalated", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn.32`"),
        ("child" = String, Path, description = "the child's path, e.g. `cn.32.01`")
    ),
    responses(
        (status = 200, description = "at most 500, by event id", body = Vec<EscalatedView>),
        (status = 404, description = "NOT_FOUND: no such chain here, or no such child"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn escalated(
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Vec<EscalatedView>>, Problem> {
    let (chain, child) = path.into_inner();
    let unknown = || not_found("the chain has no child of that path");
    let child = domain::chain::ChainPath::parse(&child).ok_or_else(unknown)?;
    let desk = desks.of(&chain)?;
    let found = desk.ask(move |reader, _| {
        let picture = reader.picture()?;
        let Some(ChildRecord { chain, .. }) = query::child(&picture, &child)? else { return Ok(None) };
        let mut views = Vec::new();
        for (event, record) in query::escalated(&picture, &chain, asked::MAX_LIMIT)? {
            views.push(EscalatedView::of(event, record, query::subject(&picture, &event)?));
        }
        Ok(Some(views))
    });
    Ok(web::Json(found.await?.ok_or_else(unknown)?))
}

/// The chain's last total of a disease with what it is the sum of, as a roll-up proof down to the reporting chains.
#[utoipa::path(
    get, path = "/v1/chains/{chain}/rollup/{disease}", tag = "ledger",
    params(
        ("chain" = String, Path, description = "chain path, e.g. `cn`"),
        ("disease" = String, Path, description = "ICD-10 code, e.g. `U07.1`")
    ),
    responses(
        (status = 200, description = "the roll-up proof", body = String, content_type = "text/plain"),
        (status = 404, description = "NOT_FOUND: no such chain here, no sum of that disease, or not final yet"),
        (status = 503, description = "CORRUPT: the ledger checks or repairs itself")
    )
)]
pub(crate) async fn rollup(
    desks: web::Data<Desks<Desk>>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let desk = desks.of(&path.0)?;
    if !domain::field::is_disease_code(&path.1) {
        return Err(not_found("a disease is named by its ICD-10 code").into());
    }
    let proof = rollups::proof(&desk, &path.1).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(proof.text()))
}
