//! What an outbox holds of an event, and its bytes in the journal.

use domain::chain::MemberId;
use domain::codec::{self, Reader, Record, Writer};
use domain::event::EventId;
use domain::refusal::Code;
use domain::time::Millis;

/// How far an event is, as its outbox knows. Between receipt and final a ledger knows more (`event_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Journalled here; no receipt yet.
    Queued,
    /// An endorsement node signed for it.
    Receipt,
    /// Executed under q cosignatures: the outbox has forgotten its bytes.
    Final,
    /// Refused on the log, final too.
    Rejected(Code),
    /// Refused with signatures by so many admission nodes that an honest one is among them.
    Refused(Code),
}

impl Fate {
    /// Whether nothing is left to do.
    pub fn is_settled(self) -> bool {
        !matches!(self, Fate::Queued | Fate::Receipt)
    }

    fn numbers(self) -> (u8, u16) {
        match self {
            Fate::Queued => (0, 0),
            Fate::Receipt => (1, 0),
            Fate::Final => (2, 0),
            Fate::Rejected(code) => (3, code.number()),
            Fate::Refused(code) => (4, code.number()),
        }
    }

    fn of(kind: u8, code: u16) -> Option<Self> {
        match kind {
            0 => Some(Fate::Queued),
            1 => Some(Fate::Receipt),
            2 => Some(Fate::Final),
            3 => Code::from_number(code).map(Fate::Rejected),
            4 => Code::from_number(code).map(Fate::Refused),
            _ => None,
        }
    }
}

/// A no with a signature, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRefusal {
    /// The member whose node said no.
    pub member: MemberId,
    /// Signed envelope of a `RefusalBody`.
    pub signed: Vec<u8>,
}

/// What an outbox holds of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The event.
    pub event_id: EventId,
    /// How far it is.
    pub fate: Fate,
    /// When it was taken, scenario time.
    pub taken_at: Millis,
    /// The signed receipt.
    pub receipt: Option<Vec<u8>>,
    /// Every signed refusal, also when another node gave a receipt: they name who censors.
    pub refusals: Vec<SignedRefusal>,
    /// The parent's signed receipt for the appeal.
    pub appeal: Option<Vec<u8>>,
}

impl Held {
    pub(crate) fn new(event_id: EventId, taken_at: Millis) -> Self {
        Held { event_id, fate: Fate::Queued, taken_at, receipt: None, refusals: Vec::new(), appeal: None }
    }

    /// Adds a refusal, one a member: a node that says no twice is one node.
    pub(crate) fn refused_by(&mut self, refusal: SignedRefusal) {
        if self.refusals.iter().all(|known| known.member != refusal.member) {
            self.refusals.push(refusal);
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let (kind, code) = self.fate.numbers();
        kind.write(&mut out);
        code.write(&mut out);
        self.taken_at.0.write(&mut out);
        out.bytes(self.receipt.as_deref().unwrap_or_default());
        out.bytes(self.appeal.as_deref().unwrap_or_default());
        for refusal in &self.refusals {
            out.bytes(refusal.member.as_bytes());
            out.bytes(&refusal.signed);
        }
        out.into_bytes()
    }

    pub(crate) fn from_bytes(event_id: EventId, bytes: &[u8]) -> Option<Self> {
        let mut input = Reader::new(bytes);
        let fate = Fate::of(u8::read(&mut input)?, u16::read(&mut input)?)?;
        let mut held = Held { fate, ..Held::new(event_id, Millis(u64::read(&mut input)?)) };
        let some = |bytes: &[u8]| (!bytes.is_empty()).then(|| bytes.to_vec());
        held.receipt = some(input.bytes()?);
        held.appeal = some(input.bytes()?);
        while input.left() > 0 {
            let member = String::from_utf8(input.bytes()?.to_vec()).ok()?;
            held.refusals.push(SignedRefusal { member, signed: input.bytes()?.to_vec() });
        }
        Some(held)
    }
}

/// What an idempotency key stands for: the digest of the body it came with, when, and the events it made.
pub(crate) struct Used {
    pub(crate) body: EventId,
    pub(crate) at: Millis,
    pub(crate) events: Vec<EventId>,
}

impl Used {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.raw(self.body.as_bytes());
        self.at.0.write(&mut out);
        self.events.iter().for_each(|id| out.raw(id.as_bytes()));
        out.into_bytes()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut input = Reader::new(bytes);
        let (body, at) = (proof::digest::Digest(input.array()?), Millis(u64::read(&mut input)?));
        let mut events = Vec::new();
        while input.left() > 0 {
            events.push(proof::digest::Digest(input.array()?));
        }
        Some(Used { body, at, events })
    }
}

/// A time and what it is about, in time order.
pub(crate) fn age_key(at: Millis, what: u8, id: &EventId) -> Vec<u8> {
    let mut out = codec::encode(&at.0);
    out.push(what);
    out.extend_from_slice(id.as_bytes());
    out
}

/// What [`age_key`] made.
pub(crate) fn age_of(key: &[u8]) -> Option<(Millis, u8, EventId)> {
    let mut input = Reader::new(key);
    Some((Millis(u64::read(&mut input)?), u8::read(&mut input)?, proof::digest::Digest(input.array()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::digest::Digest;

    #[test]
    fn what_is_held_survives_the_journal() {
        let mut held = Held::new(Digest::of(b"event"), Millis(77));
        let refusal = SignedRefusal { member: "cdc".to_owned(), signed: vec![1, 2, 3] };
        held.refused_by(refusal.clone());
        held.refused_by(SignedRefusal { member: "cdc".to_owned(), signed: vec![9] });
        assert_eq!(held.refusals, [refusal], "one a member");
        for fate in [Fate::Queued, Fate::Receipt, Fate::Final, Fate::Rejected(Code::Closed)] {
            held.fate = fate;
            assert_eq!(Held::from_bytes(held.event_id, &held.to_bytes()).as_ref(), Some(&held));
        }
        held.receipt = Some(vec![4]);
        held.appeal = Some(vec![5]);
        let bytes = held.to_bytes();
        assert_eq!(Held::from_bytes(held.event_id, &bytes).as_ref(), Some(&held));
        assert_eq!(Held::from_bytes(held.event_id, &bytes[..bytes.len() - 1]), None);
        let key = age_key(Millis(3), b'e', &held.event_id);
        assert_eq!(age_of(&key), Some((Millis(3), b'e', held.event_id)));
    }
}
