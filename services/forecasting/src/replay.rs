//! Computing again what early warning said, from a log that somebody kept: warnings, liftings, directives, assessments and
//! forecasts, as many
//! as are asked for in one reading.
//!
//! What is said is a function of the log and of the author's key, to the byte. So the same fold over the same entries
//! says the very event, or the event does not follow from the log; then the nearest thing that does is held against it.
//! A warning that follows from an assessment is the same only if the assessment is too: who may write one can write any.
//!
//! Thresholds are configuration and on no log. A warning of a fixed threshold names its own at the end of its headline,
//! and it is replayed as if that had been the threshold from the first leaf on. Limit: what was signed by a member's
//! earlier key counts as another's.

mod differs;
mod wanted;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use domain::genesis::Genesis;
use host::projection::Entry;
use proof::merkle::{Frontier, leaf_hash};
use proof::sign::PublicKey;

use crate::detector::{Thresholds, Trigger, Watch};
use crate::model::{Days, Says, said};
use crate::warn::Author;

pub use differs::Differs;
pub use wanted::{Fixed, Replayed, Wanted};

use wanted::Watched;

/// A log on its way through the fold again.
pub struct Replay {
    edge: Frontier,
    folds: Vec<Fold>,
    wanted: Vec<Wanted>,
}

/// The fold of one author under one set of thresholds.
struct Fold {
    days: Days,
    /// Which of what is wanted it is to say.
    of: Vec<usize>,
}

/// What is computed in one fold: by whom, under which thresholds, and which of what is wanted.
struct Group {
    author: PublicKey,
    watched: Watched,
    of: Vec<usize>,
}

impl Replay {
    /// Before the first entry of the genesis's chain. What the same member said under thresholds that don't contradict
    /// each other is computed in one fold.
    pub fn new(genesis: &Arc<Genesis>, wanted: Vec<Wanted>) -> anyhow::Result<Self> {
        let mut groups = Vec::<Group>::new();
        for (at, one) in wanted.iter().enumerate() {
            let (author, watched) = (one.event.author, one.watched());
            match groups.iter_mut().find(|group| group.takes(&author, &watched)) {
                Some(group) => {
                    group.watched.extend(watched);
                    group.of.push(at);
                }
                None => groups.push(Group { author, watched, of: vec![at] }),
            }
        }
        let folds = groups.into_iter().map(|group| {
            let forecasts = group.of.iter().filter_map(|at| wanted.get(*at)).any(Wanted::is_forecast);
            group.fold(genesis, forecasts)
        });
        let folds = folds.collect::<anyhow::Result<_>>()?;
        Ok(Replay { edge: Frontier::default(), folds, wanted })
    }

    /// Takes the next entry of the log.
    pub fn take(&mut self, entry: &Entry<'_>) -> anyhow::Result<()> {
        self.edge.append(leaf_hash(&entry.log.leaf), &mut Vec::new());
        for fold in &mut self.folds {
            let rows = fold.days.take(entry).with_context(|| format!("leaf {}", entry.log.index))?;
            for (id, body) in said(&rows) {
                let event = wire::event::decode(body).context("what is said does not decode")?;
                for at in &fold.of {
                    let wanted = self.wanted.get_mut(*at).filter(|wanted| entry.log.index < wanted.index);
                    wanted.into_iter().for_each(|wanted| wanted.heard(id, &event, &self.edge));
                }
            }
        }
        Ok(())
    }

    /// What came of the entries taken, and of what.
    pub fn end(self) -> Vec<(Wanted, Replayed)> {
        let of = |wanted: Wanted| {
            let replayed = wanted.replayed();
            (wanted, replayed)
        };
        self.wanted.into_iter().map(of).collect()
    }
}

impl Group {
    fn takes(&self, author: &PublicKey, watched: &Watched) -> bool {
        let agrees = |(what, threshold)| self.watched.get(what).is_none_or(|known| known == threshold);
        self.author == *author && watched.iter().all(agrees)
    }

    fn fold(self, genesis: &Arc<Genesis>, forecasts: bool) -> anyhow::Result<Fold> {
        let (key, chain) = (self.author, genesis.chain_id);
        let author = Author { key: Box::new(move || key), chain };
        // Whichever part of early warning the author was: each says only what follows from the log.
        let says = Says { warns: true, forecasts, checks: true };
        let mut watches = BTreeMap::<&str, Watch>::new();
        for ((disease, trigger), threshold) in &self.watched {
            // A trigger that nothing names stays out: each has its own memory of a place.
            let (confirmed_a_day, cluster_positives) = (u64::MAX, u64::MAX);
            let none = || Watch { disease: disease.clone(), confirmed_a_day, cluster_positives };
            let watch = watches.entry(disease).or_insert_with(none);
            match trigger {
                Trigger::Day => watch.confirmed_a_day = *threshold,
                Trigger::Cluster => watch.cluster_positives = *threshold,
            }
        }
        let thresholds = Thresholds::new(watches.into_values().collect())?;
        let days = Days::new(Arc::clone(genesis), thresholds, says, Some(author), Arc::default())?;
        Ok(Fold { days, of: self.of })
    }
}

#[cfg(test)]
mod tests;
