//! Summaries: what a child derives for its parent from the changes since the last one. Values are absolute, so a
//! summary says what holds now and not what to add.

use proof::leaf::{Leaf, MAX_SUMMARY_BYTES, SummaryLeaf};

use crate::act::Scene;
use crate::alert::AlertRecord;
use crate::codec::{self, Record, record};
use crate::event::EventId;
use crate::report::totals::Counts;
use crate::state::{Draft, Fault, View, read};
use crate::time::Date;
use crate::{keys, roster};

use super::Escalated;

/// At most this many summaries a block; what is left goes into the next blocks. A backlog of 128 KiB is some 2,000
/// days of counts.
pub const MAX_SUMMARIES_A_BLOCK: usize = 16;

/// Changes looked at for one summary: more small items than this do not fit 8 KiB.
const MAX_ITEMS: usize = 256;

/// Without anything urgent, summaries come at most this often in chain time.
pub const INTERVAL_MS: u64 = 1000;

record! {
    /// A summary leaf's body.
    pub struct Summary {
        /// Its running number, from 1.
        pub number: u64,
        /// Changed counts as they are now.
        pub totals: Vec<Total>,
        /// Alerts since the last summary, with the child's numbers.
        pub raised: Vec<AlertRecord>,
        /// Reports that nobody decided in time.
        pub escalated: Vec<Escalated>,
    }

    /// Counts of a disease.
    pub struct Total {
        /// ICD-10 code.
        pub disease: String,
        /// The day; `None` for all days.
        pub date: Option<Date>,
        /// By classification.
        pub counts: Counts,
    }
}

impl Summary {
    fn empty(number: u64) -> Self {
        Summary { number, totals: Vec::new(), raised: Vec::new(), escalated: Vec::new() }
    }

    /// The body's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The summary of those bytes.
    pub fn decode(body: &[u8]) -> Option<Self> {
        codec::decode(body)
    }

    /// Puts in what changed under `keys::CHANGED`; returns the bytes it adds.
    fn add(&mut self, view: &dyn View, change: &[u8]) -> Result<usize, Fault> {
        let odd = || Fault(format!("no summary can carry {}", String::from_utf8_lossy(change)));
        let text = std::str::from_utf8(change).map_err(|_| odd())?;
        let mut parts = text.split('/').skip(1);
        let (kind, what, date) = (parts.next(), parts.next().ok_or_else(odd)?, parts.next());
        match kind {
            Some("1") => {
                let number = u64::from_str_radix(what, 16).map_err(|_| odd())?;
                push(&mut self.raised, read(view, &keys::alert(number))?.ok_or_else(odd)?)
            }
            Some("2") => {
                let event = EventId::parse(what).ok_or_else(odd)?;
                match read(view, &keys::open(&event))? {
                    Some(subject) => push(&mut self.escalated, Escalated::of(event, &subject)),
                    // Settled before it could rise: there is nothing left to decide above.
                    None => Ok(0),
                }
            }
            Some("3") => {
                let counts = read(view, &keys::total(what))?.ok_or_else(odd)?;
                push(&mut self.totals, Total { disease: what.to_owned(), date: None, counts })
            }
            Some("4") => {
                let date = date.and_then(Date::parse).ok_or_else(odd)?;
                let counts = read(view, &keys::day(what, date))?.ok_or_else(odd)?;
                push(&mut self.totals, Total { disease: what.to_owned(), date: Some(date), counts })
            }
            _ => Err(odd()),
        }
    }
}

fn push<R: Record>(list: &mut Vec<R>, item: R) -> Result<usize, Fault> {
    let bytes = codec::encode(&item).len();
    list.push(item);
    Ok(bytes)
}

/// Marks a key whose value the next summary must carry. The root has no parent and makes no summaries.
pub(crate) fn changed(draft: &mut Draft<'_>, scene: &Scene, key: Vec<u8>) {
    if scene.chain.parent().is_some() {
        draft.put(key, &());
    }
}

/// Whether anything waits for a summary, and whether that rings (alerts and escalations sort first).
pub(crate) fn waiting(view: &dyn View) -> Result<(bool, bool), Fault> {
    let first = view.scan(keys::CHANGED, &keys::end_of(keys::CHANGED), 1)?;
    let rings = |key: &[u8]| key.starts_with(b"changed/1/") || key.starts_with(b"changed/2/");
    Ok(first.first().map_or((false, false), |(key, _)| (true, rings(key))))
}

/// A summary's leaf, and the diseases whose totals it carries.
pub(crate) struct Made {
    pub(crate) leaf: Leaf,
    pub(crate) diseases: Vec<String>,
}

/// The next summary of what waits, if anything does; the draft forgets what it carries and counts it. It carries the
/// totals of at most `sums` diseases.
pub(crate) fn next(draft: &mut Draft<'_>, view: &dyn View, scene: &Scene, sums: usize) -> Result<Option<Made>, Fault> {
    let waiting = view.scan(keys::CHANGED, &keys::end_of(keys::CHANGED), MAX_ITEMS)?;
    let totals = |key: &[u8]| key.starts_with(b"changed/3/");
    let mut left = sums;
    let fits = |(key, _): &(Vec<u8>, _)| {
        let within = !totals(key) || left > 0;
        left = left.saturating_sub(usize::from(totals(key)));
        within
    };
    let waiting = waiting.into_iter().take_while(fits).collect::<Vec<_>>();
    if waiting.is_empty() {
        return Ok(None);
    }
    let mut progress = roster::progress(view)?;
    let mut summary = Summary::empty(progress.summaries.saturating_add(1));
    let mut size = summary.encode().len();
    for (key, _) in waiting {
        let before = (summary.totals.len(), summary.raised.len(), summary.escalated.len());
        size = size.saturating_add(summary.add(view, &key)?);
        if size > MAX_SUMMARY_BYTES {
            summary.totals.truncate(before.0);
            summary.raised.truncate(before.1);
            summary.escalated.truncate(before.2);
            break;
        }
        draft.delete(key);
    }
    progress.summaries = summary.number;
    progress.summarised_at = scene.now;
    draft.put(keys::progress(), &progress);
    let leaf = SummaryLeaf { height: scene.height, number: summary.number, body: summary.encode() };
    let diseases = summary.totals.into_iter().filter(|total| total.date.is_none()).map(|total| total.disease);
    Ok(Some(Made { leaf: Leaf::Summary(leaf), diseases: diseases.collect() }))
}
