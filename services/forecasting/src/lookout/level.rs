//! From levels to warnings and measures: a level above what was warned of is warned of and replaces what still rings, an
//! accepted warning orders what its level calls for, and a level that ends has its warnings lifted.

use domain::event::{Assessment, Directive, EventId, Fact, Ground, Lifting, MAX_CAUSES, Stage, Warning};
use domain::time::Millis;
use proof::digest::Digest;

use super::{Lookout, Said, rows};
use crate::accepted::Ringing;
use crate::detector::Trigger;
use crate::model::Row;
use crate::outlook::Words;
use crate::place::{self, Place};
use crate::warn;

/// Why early warning lifts a warning.
pub(crate) const LEVEL_ENDED: &str = "level-ended";

/// An assessment of ours on the log.
pub(crate) struct Stated<'a> {
    pub(crate) id: EventId,
    pub(crate) region: &'a str,
    pub(crate) assessment: &'a Assessment,
    pub(crate) causes: &'a [EventId],
    pub(crate) known_at: Millis,
}

impl Stated<'_> {
    /// The warning of its level.
    pub(crate) fn warning(&self, model: Digest, supersedes: Option<EventId>) -> Option<Said> {
        let Assessment { disease, day, basis, rules, stage, level, rule, values, .. } = self.assessment.clone();
        let level = level?;
        let headline = format!(
            "{} in region {}: level {}, stage {}, on {day}",
            warn::short(&disease),
            self.region,
            level.name(),
            stage.name()
        );
        let ground = Some(Ground { basis, model, rules, values });
        let warning = Warning { disease, level, headline, method: rule, supersedes, ground };
        let causes = std::iter::once(self.id).chain(self.causes.iter().copied()).take(MAX_CAUSES).collect();
        let (region, known_at) = (self.region.to_owned(), self.known_at);
        Some(Said { region, fact: Fact::Warning(warning), causes, known_at })
    }
}

impl Lookout {
    /// An assessment of ours is on the log; `ringing` are our warnings of the place, the last one last. A level above what
    /// was warned of is warned of. When the level falls to none, or the outbreak ends, all that rings is lifted.
    pub(crate) fn stated(&mut self, stated: &Stated<'_>, ringing: &[Ringing]) -> (Vec<Said>, Row) {
        let place = place::of(&stated.assessment.disease, stated.region);
        let model = self.book.model();
        let course = self.places.entry(place.clone()).or_default();
        let (level, before) = (stated.assessment.level, course.warned);
        if level > before || level.is_none() {
            course.warned = level;
        }
        let row = rows::course(&place, course);
        // What a fixed threshold warned of may never have had a level: it ends with the outbreak.
        let ends = level.is_none() && (before.is_some() || stated.assessment.stage == Stage::Ended);
        let said = if ends {
            ringing.iter().map(|one| lifting(&place, one, stated.id, stated.known_at)).collect()
        } else if level > before {
            stated.warning(model, ringing.last().map(|last| last.id)).into_iter().collect()
        } else {
            Vec::new()
        };
        (said, row)
    }

    /// A warning of ours came to ring: with `orders` its level's measures start, as far as they do not run yet. Where its
    /// level ended while ballots were awaited, it is lifted again.
    pub(crate) fn rang(
        &mut self,
        place: &Place,
        ringing: &Ringing,
        orders: bool,
        known_at: Millis,
    ) -> (Vec<Said>, Option<Row>) {
        let course = self.places.entry(place.clone()).or_default();
        let by_level = Trigger::parse(&ringing.rule).is_none();
        if by_level && course.warned.is_none() {
            return (vec![lifting(place, ringing, ringing.id, known_at)], None);
        }
        if !orders {
            return (Vec::new(), None);
        }
        let due = self.book.measures.to_start(ringing.level, &course.running);
        course.running.extend(due.iter().map(|(name, _)| (name.clone(), ringing.level)));
        let said = due.into_iter().map(|(name, words)| directive(place, ringing, name, words, known_at)).collect();
        (said, Some(rows::course(place, course)))
    }

    /// Nothing of ours rings of a place any more: a later warning starts its measures again.
    pub(crate) fn silent(&mut self, place: &Place) -> Option<Row> {
        let course = self.places.get_mut(place).filter(|course| !course.running.is_empty())?;
        course.running.clear();
        Some(rows::course(place, course))
    }
}

fn directive(place: &Place, ringing: &Ringing, measure: String, words: Words, known_at: Millis) -> Said {
    let region = place.region.clone();
    let headline = format!("{} in region {region}: {}", warn::short(&ringing.disease), words.headline);
    let directive = Directive { level: ringing.level, headline, instruction: words.instruction, measure };
    Said { region, fact: Fact::Directive(directive), causes: vec![ringing.id], known_at }
}

fn lifting(place: &Place, ringing: &Ringing, because: EventId, known_at: Millis) -> Said {
    let lifting = Lifting { warning: ringing.id, reason: LEVEL_ENDED.to_owned() };
    Said { region: place.region.clone(), fact: Fact::Lifting(lifting), causes: vec![because], known_at }
}
