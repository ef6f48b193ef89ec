//! Appeals: the parent logs a child's signed event that its own management nodes refused or left unanswered. That it
//! was sent, by whom and when, is then on record one level up; it counts for nothing until the child executes it.

use proof::digest::Digest;
use proof::sign::{Domain, Signed, event_id};

use crate::act::{Act, Halt};
use crate::chain::ChainPath;
use crate::codec::record;
use crate::event::{Appeal, EventId};
use crate::keys;
use crate::record::Outcome;
use crate::refusal::{Code, Refusal};
use crate::state::Draft;
use crate::time::Millis;

use super::ChildRecord;

record! {
    /// An appeal, at `keys::appeal(child, event id)`: the first counts, later ones change nothing.
    pub struct AppealRecord {
        /// The event on this chain that carries it.
        pub event: EventId,
        /// The author's member on the child chain.
        pub member: String,
        /// SHA-256 of the signed bytes.
        pub signed: Digest,
        /// Our chain time.
        pub at: Millis,
    }
}

/// Logs an appeal: by a management member here, for an author of the child.
pub(crate) fn decide(draft: &mut Draft<'_>, act: &Act<'_>, appeal: &Appeal) -> Result<Outcome, Halt> {
    if !act.member.node_role.manages() {
        return Err(Refusal::new(Code::RoleMissing, "appeals are logged by management members").into());
    }
    let path = ChainPath::parse(&appeal.child);
    let child = match &path {
        Some(path) => draft.get::<ChildRecord>(&keys::child(path))?,
        None => None,
    };
    let Some(child) = child else {
        return Err(Refusal::of(Code::UnknownChild, "child", "no child chain of that path was admitted").into());
    };
    let Some(signed) = Signed::from_bytes(&appeal.signed) else {
        return Err(Refusal::of(Code::Malformed, "signed", "not a signed event").into());
    };
    let stranger = || Refusal::of(Code::BadSignature, "signed", "not signed by an author of the child, for the child");
    let (member, _) = child.authors.iter().find(|(_, key)| *key == signed.key).ok_or_else(stranger)?;
    if !signed.verify(Domain::Event, &child.chain_id) {
        return Err(stranger().into());
    }
    let key = keys::appeal(&child.chain, &event_id(&child.chain_id, &signed.body));
    if draft.get::<AppealRecord>(&key)?.is_none() {
        let record = AppealRecord {
            event: act.submitted.id,
            member: member.clone(),
            signed: Digest::of(&appeal.signed),
            at: act.scene.now,
        };
        draft.put(key, &record);
    }
    Ok(Outcome::Accepted)
}
