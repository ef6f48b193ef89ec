//! Warnings that early warning computed and that ring. What became of each, the domain's own rule keeps.

use anyhow::Context as _;
use domain::alert::{AlertKind, AlertState, AlertText, WarningRecord};
use domain::event::{AlertLevel, Disease, EventId};
use domain::keys;
use domain::query::{self, Place};
use domain::record::{Kind, PolicyRecord};
use domain::report::SettledRecord;
use domain::state::{self, View as _, Writes, decoded};
use domain::time::Millis;

use super::{Accepted, fault};

/// Rows of warnings.
const WARNING: &[u8] = b"warning/";

/// A computed warning that was accepted, and neither lifted nor replaced nor refuted since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ringing {
    pub(crate) id: EventId,
    pub(crate) disease: Disease,
    pub(crate) level: AlertLevel,
    /// The rule or detector that raised it.
    pub(crate) rule: String,
    since: Millis,
}

impl Accepted {
    /// Whether a member's directives count: the chain judges directives, and no other member's alone count.
    pub(crate) fn orders(&self, member: &str) -> anyhow::Result<bool> {
        let dominant = query::phase(&self.state).map_err(fault)?.and_then(|phase| phase.dominant);
        let key = keys::policy(Kind::Directive.class());
        let judged = state::read::<PolicyRecord>(&self.state, &key).map_err(fault)?.is_some();
        Ok(judged && dominant.is_none_or(|dominant| dominant == member))
    }

    /// The place of a warning.
    pub(crate) fn warned_place(&self, id: &EventId) -> anyhow::Result<Option<Place>> {
        let record = state::read::<WarningRecord>(&self.state, &keys::warning(id)).map_err(fault)?;
        Ok(record.map(|record| Place { disease: record.disease, region: record.region }))
    }

    /// Whose early warning computed a warning that was accepted.
    pub(crate) fn computed_by(&self, id: &EventId) -> anyhow::Result<Option<String>> {
        Ok(self.computed(id)?.map(|(member, _)| member))
    }

    /// An accepted warning that was computed: by whom, and its words.
    fn computed(&self, id: &EventId) -> anyhow::Result<Option<(String, AlertText)>> {
        let settled = state::read::<SettledRecord>(&self.state, &keys::settled(id)).map_err(fault)?;
        let rang = settled.and_then(|settled| Some((settled.member, settled.alert?)));
        Ok(rang.filter(|(_, text)| text.kind == AlertKind::Warning && text.ground.is_some()))
    }

    /// What rings of a place by a member's early warning, in the order in which it came to ring. A person's warnings are
    /// not among them: who warned by judgement ends it by judgement.
    pub(crate) fn ringing(&self, place: &Place, member: &str) -> anyhow::Result<Vec<Ringing>> {
        let found = self.state.scan(WARNING, &keys::end_of(WARNING), usize::MAX).map_err(fault)?;
        let mut ringing = Vec::new();
        for (key, stored) in found {
            let record: WarningRecord = decoded(&key, &stored.value).map_err(fault)?;
            let here = record.disease == place.disease && record.region == place.region;
            let Some((AlertState::Confirmed, since)) = record.rung.filter(|_| here && record.replaced_by.is_none())
            else {
                continue;
            };
            let id = of_key(&key).context("the key of a warning")?;
            let Some((_, text)) = self.computed(&id)?.filter(|(by, _)| by == member) else { continue };
            let disease = text.disease.context("a warning is of a disease")?;
            ringing.push(Ringing { id, disease, level: text.level, rule: text.rule, since });
        }
        ringing.sort_by_key(|one| (one.since, one.id));
        Ok(ringing)
    }
}

/// The warnings that these writes are about.
pub(super) fn touched(writes: &Writes) -> Vec<EventId> {
    writes.keys().filter_map(|key| of_key(key)).collect()
}

fn of_key(key: &[u8]) -> Option<EventId> {
    EventId::parse(std::str::from_utf8(key.strip_prefix(WARNING)?).ok()?)
}
