//! The records of this area again from a final log, for a read model: the rules' own effects, without asking again whether
//! an event may, since only executed ones are handed in. Whose a store is, what a phase is and what was judged of a request
//! need not be known for that.

use crate::act::{Act, Halt, Scene, Submitted};
use crate::event::Fact;
use crate::record::MemberRecord;
use crate::state::{Draft, View, Writes};

use super::{count, custody, donation, item, purchase, request};

/// What an executed event changes in the records of this area; nothing when it is of another. Anything but writes means
/// that the event was not executed after all those before it.
pub fn executed(view: &dyn View, scene: &Scene, submitted: &Submitted, member: &MemberRecord) -> Result<Writes, Halt> {
    let mut draft = Draft::new(view);
    let act = Act { scene, submitted, member };
    match &submitted.event.fact {
        Fact::ItemDefined(fact) => item::define(&mut draft, &act, fact).map(drop),
        Fact::StockReceived(fact) => count::received(&mut draft, &act, fact).map(drop),
        Fact::StockIssued(fact) => count::issued(&mut draft, &act, fact).map(drop),
        Fact::StockCounted(fact) => count::counted(&mut draft, &act, fact).map(drop),
        Fact::StockWasted(fact) => count::wasted(&mut draft, &act, fact).map(drop),
        Fact::StockAdjusted(fact) => count::adjusted(&mut draft, &act, fact).map(drop),
        Fact::HandOver(fact) => custody::given(&mut draft, &act, fact),
        Fact::TakeOver(fact) => custody::taken(&mut draft, &act, fact).map(drop),
        Fact::DiscrepancySettled(fact) => custody::settled(&mut draft, &act, fact).map(drop),
        Fact::ResourceRequest(fact) => request::wanted(&mut draft, &act, fact),
        Fact::Commit(fact) => request::promised(&mut draft, &act, fact, false),
        Fact::Requisition(fact) => request::promised(&mut draft, &act, fact, true),
        Fact::Release(fact) => request::released(&mut draft, &act, fact),
        Fact::Pledge(fact) => donation::pledge(&mut draft, &act, fact).map(drop),
        Fact::Purchase(fact) => purchase::purchase(&mut draft, &act, fact).map(drop),
        _ => Ok(()),
    }?;
    Ok(draft.finish().1)
}
