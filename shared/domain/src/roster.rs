//! Who takes part in a chain, and how far it has come: what rules and readers alike ask of a state.

use proof::sign::PublicKey;

use crate::genesis::KeyClass;
use crate::keys;
use crate::record::{ChainRecord, KeyRecord, MemberRecord, Progress};
use crate::state::list::list;
use crate::state::{Fault, View, read};

/// How far execution has come; height 0 and the genesis time before the first block.
pub fn progress(view: &dyn View) -> Result<Progress, Fault> {
    if let Some(progress) = read(view, &keys::progress())? {
        return Ok(progress);
    }
    let chain = read::<ChainRecord>(view, &keys::chain())?;
    let chain = chain.ok_or_else(|| Fault(String::from("the state has no genesis")))?;
    Ok(Progress::start(&chain))
}

/// A member.
pub fn member(view: &dyn View, id: &str) -> Result<Option<MemberRecord>, Fault> {
    read(view, &keys::member(id))
}

/// Every member, by name.
pub fn members(view: &dyn View, limit: usize) -> Result<Vec<MemberRecord>, Fault> {
    let found = list(view, "member/", None, limit, |id| Some(id.to_owned()))?;
    Ok(found.into_iter().map(|(_, member)| member).collect())
}

/// Members that take part or once did, by name after `after`.
pub fn members_after(view: &dyn View, after: Option<&str>, limit: usize) -> Result<Vec<MemberRecord>, Fault> {
    let found = list(view, "member/", after.map(keys::member), limit, |id| Some(id.to_owned()))?;
    Ok(found.into_iter().map(|(_, member)| member).collect())
}

/// The member whose key of a class this is, if the key may be used at `height` and the member takes part.
pub fn member_of_key(
    view: &dyn View,
    class: KeyClass,
    key: &PublicKey,
    height: u64,
) -> Result<Option<MemberRecord>, Fault> {
    let record = read::<KeyRecord>(view, &keys::key(class, key))?;
    match record.filter(|record| record.active_at(height)) {
        Some(record) => Ok(member(view, &record.member)?.filter(|member| member.active)),
        None => Ok(None),
    }
}
