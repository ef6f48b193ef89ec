//! Bundles: the admitted events one endorsement node signs and commits together as one intake message.
//!
//! This is the body; the message is a [`proof::sign::Signed`] under `Domain::Bundle`. Limits: 64 events and 128 KiB with
//! the envelope, so that one fsync carries many events and four bundles always fit a block.

use domain::chain::Lane;
use domain::refusal::{Code, Refusal};
use domain::time::Millis;
use proof::sign::ENVELOPE_OVERHEAD;
use prost::Message as _;

use crate::canonical::{at_most, strict};
use crate::proto::endorsement::v1 as proto;
use crate::vocabulary::lane;

/// Events in one bundle.
pub const MAX_EVENTS: usize = 64;
/// Bytes of one bundle as a message, envelope included.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;
/// Bytes of a bundle's body.
pub const MAX_BODY_BYTES: usize = MAX_MESSAGE_BYTES - ENVELOPE_OVERHEAD;
/// Bytes an event adds to a body beside its own: a tag and a length of at most three bytes.
pub const EVENT_OVERHEAD: usize = 4;
/// Bytes of a body without events, at most: lane, number and time.
pub const EMPTY_BODY_BYTES: usize = 24;

/// The body of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The lane of every event in it.
    pub lane: Lane,
    /// The endorsement node's running number in this lane, from 1.
    pub number: u64,
    /// When it was closed.
    pub admitted_at: Millis,
    /// Signed events exactly as their authors made them. Empty only when it fills a lane that lost its tail.
    pub events: Vec<Vec<u8>>,
}

/// The one encoding of a body.
pub fn encode(bundle: Bundle) -> Vec<u8> {
    proto::Bundle {
        lane: lane::number(bundle.lane),
        number: bundle.number,
        admitted_at_ms: bundle.admitted_at.0,
        events: bundle.events,
    }
    .encode_to_vec()
}

/// The bundle of a body, within the limits and canonical. What is in its events is not looked at.
pub fn decode(body: &[u8]) -> Result<Bundle, Refusal> {
    let bundle: proto::Bundle = strict(body, MAX_BODY_BYTES, "bundle")?;
    at_most(bundle.events.len(), MAX_EVENTS, "events")?;
    if bundle.events.iter().any(Vec::is_empty) {
        return Err(Refusal::of(Code::Malformed, "events", "an event of a bundle is empty"));
    }
    Ok(Bundle {
        lane: lane::value(bundle.lane, "lane")?,
        number: bundle.number,
        admitted_at: Millis(bundle.admitted_at_ms),
        events: bundle.events,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(events: usize, bytes: usize) -> Bundle {
        Bundle {
            lane: Lane::High,
            number: 17,
            admitted_at: Millis(1_626_778_800_000),
            events: vec![vec![8; bytes]; events],
        }
    }

    #[test]
    fn a_bundle_comes_back_and_has_its_golden_bytes() {
        let body = encode(bundle(2, 5));
        crate::golden::check("bundle.hex", &crate::golden::hex(&body));
        assert_eq!(decode(&body), Ok(bundle(2, 5)));
        assert_eq!(decode(&encode(bundle(0, 0))), Ok(bundle(0, 0)), "an empty one fills a lane that lost its tail");
    }

    #[test]
    fn limits_and_the_canonical_guard_hold() {
        let code = |body: &[u8]| decode(body).err().map(|refusal| (refusal.code, refusal.field));
        assert_eq!(code(&encode(bundle(MAX_EVENTS, 600))), None);
        assert_eq!(code(&encode(bundle(MAX_EVENTS + 1, 600))), Some((Code::Limit, "events")));
        assert_eq!(code(&vec![0; MAX_BODY_BYTES + 1]), Some((Code::Limit, "bundle")));
        assert_eq!(code(&encode(bundle(1, 0))), Some((Code::Malformed, "events")));
        let mut twice = encode(bundle(1, 5));
        twice.extend_from_slice(&[0x08, 0x02]);
        assert_eq!(code(&twice), Some((Code::NonCanonical, "")));
        let mut laneless = encode(bundle(1, 5));
        laneless.drain(..2);
        assert_eq!(code(&laneless), Some((Code::Malformed, "lane")));
    }

    #[test]
    fn the_overheads_are_what_a_packer_may_count_on() {
        let numbers = Bundle { number: u64::MAX, admitted_at: Millis(u64::MAX), ..bundle(0, 0) };
        assert!(encode(numbers).len() <= EMPTY_BODY_BYTES);
        let largest = domain::event::MAX_BODY_BYTES + ENVELOPE_OVERHEAD;
        assert!(encode(bundle(1, largest)).len() <= EMPTY_BODY_BYTES + EVENT_OVERHEAD + largest);
        assert!(encode(bundle(3, 600)).len() <= EMPTY_BODY_BYTES + 3 * (EVENT_OVERHEAD + 600));
    }
}
