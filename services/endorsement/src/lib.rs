//! Management members admit events and cast ballots here.
//!
//! Admission looks at form only and answers with a signed receipt or a signed refusal; a receipt is given the moment its
//! bundle is durable. Content is judged afterwards, in the open, by ballots: a person's over REST (`api`) or a member's
//! automatic policy (`automatic`). This service keeps no opinion of its own and orders nothing.
//!
//! The way of an event: `admission` (checks, dry run, receipt) -> `register` (the journal: bundle numbers, bundles,
//! receipts) -> the intake stream; `republish` sends every bundle again until a block has it.

mod admission;
mod api;
mod appeal;
mod automatic;
mod proposals;
mod register;
mod republish;

use host::front::Front;
use host::node::Node;
use host::outbox::Outbox;

pub use api::{openapi, routes};

/// The ballot desk of one chain: the members for whose people this process signs.
pub struct Desk {
    /// Their outboxes and author keys.
    pub front: Front,
}

/// Starts admission for a management member; its endorser key signs bundles, receipts and refusals. When the chain has
/// a child that appeals here, `outbox` carries the appeal.
pub async fn admit(node: Node, outbox: Outbox) -> anyhow::Result<()> {
    let register = admission::start(node.clone(), outbox).await?;
    tokio::spawn(republish::run(node, register));
    Ok(())
}

/// Starts a member's automatic policy: endorses what passes its checks of form and consistency, judges nothing else.
pub fn judge(node: Node, outbox: Outbox) {
    tokio::spawn(automatic::follow(node, outbox));
}
