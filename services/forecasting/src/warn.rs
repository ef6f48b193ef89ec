//! What early warning says, as events.
//!
//! Nothing in them comes from a clock or from chance: nonce and times follow from the log, so that one computed again, after a
//! restart or from zero, is the same event and changes nothing on the chain. A warning or an order is worth something for [`VALID_DAYS`],
//! so that a service set up on an old log rings for nothing old: the chain refuses what has expired, as it refuses forecasts
//! of what has happened.

use domain::chain::Lane;
use domain::event::{Basis, Disease, Event, EventId, Fact, Ground, SecurityLevel, Warning};
use domain::time::{DAY_MS, Millis};
use proof::digest::Digest;
use proof::sign::{ChainId, PublicKey, event_id};

use crate::detector::{Draft, Trigger};
use crate::lookout::Said;

/// A warning of last week warns nobody, and its orders are late.
const VALID_DAYS: u64 = 7;
/// A headline is read on a telephone; a longer name of a disease is left to the disease's own field.
const MAX_NAME_IN_HEADLINE: usize = 100;

/// The version of the fixed-threshold detector: raised whenever the same count and threshold would give another level.
const DETECTOR: &str = "fixed-threshold-1";
/// The value of a ground that is the threshold.
pub(crate) const THRESHOLD: &str = "threshold";

/// Who signs, on which chain.
pub(crate) struct Author {
    /// The author key to sign with now. A warning that is drawn up again after a rotation is another event; those that
    /// are old enough to be on the log already have expired.
    pub(crate) key: Box<dyn Fn() -> PublicKey + Send + Sync>,
    pub(crate) chain: ChainId,
}

impl Author {
    /// Whether a key is the one it signs with.
    pub(crate) fn signs(&self, key: &PublicKey) -> bool {
        (self.key)() == *key
    }

    /// The event of what is to be said: its id and body.
    pub(crate) fn event(&self, said: &Said) -> anyhow::Result<(EventId, Vec<u8>)> {
        let (lane, valid_until) = match &said.fact {
            Fact::Warning(_) => (Lane::Urgent, said.known_at.plus_ms(VALID_DAYS * DAY_MS)),
            Fact::Directive(_) => (Lane::High, said.known_at.plus_ms(VALID_DAYS * DAY_MS)),
            Fact::Assessment(_) | Fact::Ballot(_) | Fact::Lifting(_) => (Lane::High, Millis(0)),
            _ => (Lane::Normal, Millis(0)),
        };
        let mut event = Event {
            author: (self.key)(),
            lane,
            nonce: [0; 16],
            occurred_at: said.known_at,
            created_at: said.known_at,
            valid_until,
            region: said.region.clone(),
            security: SecurityLevel::Public,
            response: None,
            fact: said.fact.clone(),
            sealed: Vec::new(),
            causes: said.causes.clone(),
            expect: Vec::new(),
        };
        // 16 bytes of the hash of all the rest: the same said again is the same event.
        event.nonce = Digest::of(&wire::event::encode(&event)).0.first_chunk().copied().unwrap_or_default();
        domain::form::check(&event)?;
        let body = wire::event::encode(&event);
        Ok((event_id(&self.chain, &body), body))
    }
}

/// The warning of a count that reached its threshold. Its rule is the line that names trigger, disease and threshold:
/// nothing else that anybody set decides of it, so that who knows the headline alone can compute it again.
pub(crate) fn of_threshold(draft: Draft, basis: Basis) -> Said {
    let Draft { signal, level, threshold } = draft;
    let what = match signal.trigger {
        Trigger::Day => format!("{} confirmed on {}", signal.count, signal.day),
        Trigger::Cluster => format!("suspected cluster of {} positives", signal.count),
    };
    let headline = format!("{} in region {}: {what}, threshold {threshold}", short(&signal.disease), signal.region);
    let method = signal.trigger.method().to_owned();
    let rules = Digest::of(format!("{method} {} {threshold}", signal.disease.code).as_bytes());
    let model = Digest::of_parts(&[b"tocsin/model", DETECTOR.as_bytes(), rules.as_bytes()]);
    let counted = match signal.trigger {
        Trigger::Day => "confirmed",
        Trigger::Cluster => "positives",
    };
    let value = |count| i64::try_from(count).unwrap_or(i64::MAX);
    let values = vec![(counted.to_owned(), value(signal.count)), (THRESHOLD.to_owned(), value(threshold))];
    let ground = Some(Ground { basis, model, rules, values });
    let fact = Fact::Warning(Warning { disease: signal.disease, level, headline, method, supersedes: None, ground });
    Said { region: signal.region, fact, causes: signal.causes, known_at: signal.known_at }
}

/// A disease's name for a headline, or its code where the name is too long.
pub(crate) fn short(disease: &Disease) -> &str {
    if disease.name.len() <= MAX_NAME_IN_HEADLINE { &disease.name } else { &disease.code }
}
