//! The rows of the read model. Records keep the keys they have in the ledgers' state; names hold no `/` and no zero byte,
//! so no two rows collide.

use domain::event::EventId;
use domain::keys;
use domain::materials::StockRecord;
use domain::time::Date;
use proof::digest::Digest;

/// How far the model is.
pub(super) const AT: &[u8] = b"at";
/// Movements by index.
pub(super) const MOVED: &[u8] = b"m/";
/// The last index of each day.
pub(super) const DAYS: &[u8] = b"day/";

/// Lots that expire, by day.
pub(super) const EXPIRING: &[u8] = b"x/expiry/";

/// Areas of the state that are asked for as of another day.
const WITH_PAST: [&[u8]; 4] = [b"stock/", b"donation/", b"request/", b"sums/"];
/// Areas whose records are nobody's question here: whose a store is, and the order of idle lots.
const NOT_KEPT: [&[u8]; 2] = [b"facility/", b"idle/"];

pub(super) fn is_kept(key: &[u8]) -> bool {
    !NOT_KEPT.iter().any(|area| key.starts_with(area))
}

pub(super) fn has_past(key: &[u8]) -> bool {
    WITH_PAST.iter().any(|area| key.starts_with(area))
}

/// A record as it is now.
pub(super) fn state(key: &[u8]) -> Vec<u8> {
    [b"s/", key].concat()
}

/// A record as the event at an index left it.
pub(super) fn past(key: &[u8], index: u64) -> Vec<u8> {
    [b"h/", key, &[0], &index.to_be_bytes()].concat()
}

/// A movement.
pub(super) fn moved(index: u64) -> Vec<u8> {
    [MOVED, &index.to_be_bytes()].concat()
}

/// The end of a day.
pub(super) fn day(date: Date) -> Vec<u8> {
    [DAYS, &date.0.to_be_bytes()].concat()
}

/// The sums of an item.
pub(super) fn sums(item: &str) -> Vec<u8> {
    format!("sums/{item}").into_bytes()
}

/// A list of movements: of a store, an item, an item in a store, a lot wherever it is, a donation, a request, a hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum List<'a> {
    All,
    Store(&'a str),
    Item(&'a str),
    ItemAt(&'a str, &'a str),
    Lot(&'a str, &'a str),
    Donation(EventId),
    Request(EventId),
    HandOver(EventId),
}

impl List<'_> {
    /// Where its rows start.
    pub(super) fn prefix(&self) -> Vec<u8> {
        match self {
            List::All => return MOVED.to_vec(),
            List::Store(store) => format!("i/store/{store}/"),
            List::Item(item) => format!("i/item/{item}/"),
            List::ItemAt(store, item) => format!("i/at/{store}/{item}/"),
            List::Lot(item, lot) => format!("i/lot/{item}/{lot}/"),
            List::Donation(id) => format!("i/donation/{id}/"),
            List::Request(id) => format!("i/request/{id}/"),
            List::HandOver(id) => format!("i/hand-over/{id}/"),
        }
        .into_bytes()
    }

    /// Its row for the movement at an index.
    pub(super) fn row(&self, index: u64) -> Vec<u8> {
        [self.prefix().as_slice(), &index.to_be_bytes()].concat()
    }
}

/// That a lot of an item is at a store.
pub(super) fn lot_of(lot: &StockRecord) -> Vec<u8> {
    format!("x/item/{}/{}/{}", lot.item, lot.facility, lot.lot).into_bytes()
}

/// Where the lots of an item start.
pub(super) fn lots_of(item: &str) -> Vec<u8> {
    format!("x/item/{item}/").into_bytes()
}

/// That a lot may be used to a day; none for a lot that keeps. It stays when the lot is empty, for it was not always.
pub(super) fn expiring(lot: &StockRecord) -> Option<Vec<u8>> {
    let place = format!("/{}/{}/{}", lot.facility, lot.item, lot.lot);
    lot.marks.expiry.map(|day| [&expired_before(day), place.as_bytes()].concat())
}

/// Where the lots end that nobody may use on a day any more.
pub(super) fn expired_before(day: Date) -> Vec<u8> {
    [EXPIRING, format!("{:010}", day.0).as_bytes()].concat()
}

/// That a donor's code names a pledge.
pub(super) fn donor(donor: &Digest, pledge: &EventId) -> Vec<u8> {
    format!("x/donor/{donor}/{pledge}").into_bytes()
}

/// Where a donor's pledges start.
pub(super) fn donors(donor: &Digest) -> Vec<u8> {
    format!("x/donor/{donor}/").into_bytes()
}

/// An open discrepancy of a store.
pub(super) fn open(facility: &str, hand_over: &EventId) -> Vec<u8> {
    format!("x/open/{facility}/{hand_over}").into_bytes()
}

/// Where the open discrepancies of a store start.
pub(super) fn open_at(facility: &str) -> Vec<u8> {
    format!("x/open/{facility}/").into_bytes()
}

/// That a request wants more of an item than is promised.
pub(super) fn short(item: &str, request: &EventId) -> Vec<u8> {
    format!("x/short/{item}/{request}").into_bytes()
}

/// Where the requests that want more of an item start.
pub(super) fn short_of(item: &str) -> Vec<u8> {
    format!("x/short/{item}/").into_bytes()
}

/// The end of all rows that start so.
pub(super) fn end_of(prefix: &[u8]) -> Vec<u8> {
    // An index is binary and may begin with 0xff in theory only: a log of 2^63 entries is nobody's.
    keys::end_of(prefix)
}
