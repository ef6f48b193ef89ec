//! Stock that lies idle while a designated hospital is short of it: an alert that names both, once for a lot and a
//! request. Who holds the stock may have his reasons; that nobody knew is none.
//!
//! Each accepted request looks by itself, at due times, as long as something of it has not arrived: requests are few and
//! lots are many. A look is bounded by [`MAX_LOTS`].

use proof::digest::Digest;

use crate::act::Scene;
use crate::alert::{self, AlertKind, AlertState, AlertText};
use crate::due::DueWhat;
use crate::event::{AlertLevel, EventId};
use crate::keys;
use crate::medical_resources::designation::DesignationRecord;
use crate::record::{EventRecord, Outcome};
use crate::state::{Draft, Fault, decoded};

use super::lot::StockRecord;
use super::request::RequestRecord;

/// A lot that has not moved for this long is idle: a day to unpack and enter what came, and one to find who needs it.
pub const IDLE_AFTER_MS: u64 = 48 * 3_600_000;
/// A request looks again after a shift, for a hospital may have been designated since.
pub const LOOK_AGAIN_MS: u64 = 12 * 3_600_000;
/// Lots a request looks at, those that moved least lately first: who is told of sixteen has somebody to call, and no
/// request floods the feed.
pub const MAX_LOTS: usize = 16;

/// A hospital may be designated for some diseases; a handful is all it is ever for.
const MAX_DESIGNATIONS: usize = 64;

/// From now on an accepted request looks for idle stock, first in the next block.
pub(crate) fn watch(draft: &mut Draft<'_>, scene: &Scene, request: &EventId) {
    draft.put(keys::due(scene.now, request, DueWhat::IdleStock.number()), &());
}

/// A request's time to look has come.
pub(crate) fn look(draft: &mut Draft<'_>, scene: &Scene, id: &EventId) -> Result<(), Fault> {
    let request = draft.get::<RequestRecord>(&keys::request(id))?;
    let Some(request) = request else { return Err(Fault(format!("no request {id} looks for idle stock"))) };
    let event = draft.get::<EventRecord>(&keys::event(id))?;
    // A refuted request is over, and so is one that has arrived.
    let accepted = event.is_some_and(|event| event.outcome == Outcome::Accepted);
    if !accepted || request.received == request.asked {
        return Ok(());
    }
    let asks = request.short() > 0 && is_designated(draft, &request.facility)?;
    let mut again = scene.now.plus_ms(LOOK_AGAIN_MS);
    for lot in oldest(draft, &request.item)? {
        let idle_from = lot.moved_at.plus_ms(IDLE_AFTER_MS);
        if idle_from > scene.now {
            again = again.min(idle_from);
            break;
        }
        let usable = lot.marks.expiry.is_none_or(|day| day >= scene.now.date());
        let told = keys::idle_told(id, &lot.facility, &lot.lot);
        if asks && usable && lot.facility != request.facility && draft.get::<()>(&told)?.is_none() {
            ring(draft, scene, id, &request, &lot)?;
            draft.put(told, &());
        }
    }
    draft.put(keys::due(again, id, DueWhat::IdleStock.number()), &());
    Ok(())
}

/// Lots of an item with anything free, those that moved least lately first.
fn oldest(draft: &mut Draft<'_>, item: &str) -> Result<Vec<StockRecord>, Fault> {
    let mut lots = Vec::new();
    for (key, _) in draft.scan(&keys::idle_lots(item), MAX_LOTS)? {
        let odd = || Fault(String::from("the key of an idle lot does not parse"));
        let text = std::str::from_utf8(&key).map_err(|_| odd())?;
        let mut parts = text.split('/').skip(3);
        let (facility, lot) = (parts.next().ok_or_else(odd)?, parts.next().ok_or_else(odd)?);
        lots.push(draft.get(&keys::stock(facility, item, lot))?.ok_or_else(odd)?);
    }
    Ok(lots)
}

fn is_designated(draft: &Draft<'_>, facility: &str) -> Result<bool, Fault> {
    let found = draft.scan(&keys::designations(facility), MAX_DESIGNATIONS)?;
    let records = found.iter().map(|(key, value)| decoded::<DesignationRecord>(key, value));
    records.into_iter().try_fold(false, |any, record| Ok(any || record?.designated))
}

fn ring(
    draft: &mut Draft<'_>,
    scene: &Scene,
    id: &EventId,
    request: &RequestRecord,
    lot: &StockRecord,
) -> Result<(), Fault> {
    let headline = format!(
        "{} {} of lot {} lie idle at {} since {}; {} is short of {}",
        lot.free(),
        lot.item,
        lot.lot,
        lot.facility,
        lot.moved_at,
        request.facility,
        request.short()
    );
    let line = AlertText::line(AlertLevel::Yellow, AlertKind::IdleStock, &request.region, headline);
    let text = AlertText { events: vec![*id, lot.event], ..line };
    // An alert's id is made of its event and state, and one request may find several lots, one lot several requests.
    let stock = keys::stock(&lot.facility, &lot.item, &lot.lot);
    let event = Digest::of_parts(&[b"tocsin/v1/idle-stock", id.as_bytes(), &stock]);
    alert::ring_text(draft, scene, event, AlertState::Confirmed, text)
}
