//! The hospitals of the play: twice a day they count their beds and staff, and at the end of the reporting day they admit
//! its confirmed cases and send home whose published length of stay is over.
//!
//! Every case is isolated in hospital, one in twenty in intensive care (`planning::demand::COVID_19`). Who was moved to a
//! hospital that admits nobody was recovering, and goes home first. What patients wear out is used at the same time, by
//! `planning::supply`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use domain::event::{EventId, Resource};
use domain::medical_resources::resource::Group;
use domain::time::{Date, Millis};
use planning::demand::{COVID_19, Coming};
use planning::supply;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::json::Defaults;

use super::books::Stated;
use super::books::beds::BedBook;
use super::books::stock::StockBook;
use super::foresight::Foresight;
use super::scenario::{self, Play, Scenario};
use crate::caller::{Caller, Submitted};

/// The morning's count, by time of day (UTC): twelve hours after the evening's, so that staff are counted every shift and
/// beds long before their count is stale.
const MORNING: &str = "04:30:00";
/// Patients come and go before the evening's count, which then says it all.
const BEFORE_COUNT_MS: u64 = 60_000;
/// The routes that take what hospitals state of their beds, and of their stores.
const ROUTE: &str = "medical-resources";
const STOCK: &str = "stock";
/// The beds that confirmed cases lie in.
pub const BEDS: [Resource; 2] = [Resource::Isolation, Resource::AdultIcu];

/// A hospital that treats the play's patients.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ward {
    pub chain: String,
    pub facility: String,
    pub member: String,
    pub region: String,
    /// Whether the city's cases are admitted here; else only who is moved here.
    pub admits: bool,
    /// What is used up by patients, while there is any.
    #[serde(default)]
    uses: Vec<String>,
    /// What has staff from a day on, until another row says otherwise.
    staffed: Vec<Staffed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Staffed {
    from: String,
    of: BTreeMap<String, u64>,
}

impl Ward {
    /// What has staff on a day; nothing before the first row.
    fn staffed(&self, day: Date) -> anyhow::Result<BTreeMap<Resource, u64>> {
        let mut staffed = BTreeMap::new();
        for row in &self.staffed {
            let from = Date::parse(&row.from).with_context(|| format!("{} is no date", row.from))?;
            for (name, number) in row.of.iter().filter(|_| from <= day) {
                staffed.insert(Resource::parse(name).with_context(|| format!("{name} is no resource"))?, *number);
            }
        }
        Ok(staffed)
    }
}

/// When the morning's count of a day is.
pub fn morning(day: Date) -> anyhow::Result<Millis> {
    scenario::time(&format!("{day}T{MORNING}Z"))
}

/// What a member posts at once.
struct Batch<'a> {
    ward: &'a Ward,
    route: &'static str,
    facts: Vec<Value>,
}

/// The hospitals and the books of the play.
pub struct Wards<'a> {
    scenario: &'a Scenario,
    beds: BedBook,
    stock: StockBook,
    /// When too few beds were foreseen, and when they would have been too few.
    pub foresight: Foresight,
}

impl<'a> Wards<'a> {
    pub fn new(scenario: &'a Scenario) -> Self {
        Wards { scenario, beds: BedBook::default(), stock: StockBook::default(), foresight: Foresight::default() }
    }

    /// Notes what was stated, and that the ledgers took it.
    pub fn heard(&mut self, member: &str, request: &Value, submitted: &Submitted) -> anyhow::Result<()> {
        let kind = request.get("kind").and_then(Value::as_str).context("a fact without a kind")?;
        let region = request.get("region").and_then(Value::as_str).unwrap_or_default();
        let draft = wire::json::fact_from(kind, request, &Defaults { now: Millis(0), region })?;
        let id = EventId::parse(&submitted.id).context("no event id")?;
        let stated = Stated { id, by: member.to_owned(), at: draft.occurred_at, fact: draft.fact };
        self.beds.take(&stated)?;
        self.stock.take(&stated)
    }

    /// The morning's count.
    pub async fn morning(&mut self, caller: &Caller<'_>, day: Date) -> anyhow::Result<()> {
        let at = morning(day)?;
        let counts = self.scenario.wards.iter().map(|ward| {
            let of = |resource| self.beds.at(&ward.facility, resource).occupied;
            Ok(Batch { ward, route: ROUTE, facts: count(ward, day, at, &of)? })
        });
        let counts = counts.collect::<anyhow::Result<Vec<_>>>()?;
        self.post(caller, counts).await
    }

    /// Who comes and goes on a day, what they use up, and the evening's count.
    pub async fn evening(
        &mut self,
        caller: &Caller<'_>,
        day: Date,
        named: &BTreeMap<String, Submitted>,
    ) -> anyhow::Result<()> {
        let at = self.scenario.submit_at(day)?;
        let before = Millis(at.0.saturating_sub(BEFORE_COUNT_MS));
        let mut batches = Vec::new();
        let chains = self.scenario.wards.iter().map(|ward| &ward.chain).collect::<BTreeSet<_>>();
        for chain in chains {
            let mut home = self.going_home(chain, day)?;
            // Those that admit nobody first: who lies there is recovering.
            let mut wards: Vec<_> = self.scenario.wards.iter().filter(|ward| ward.chain == *chain).collect();
            wards.sort_by_key(|ward| ward.admits);
            for ward in wards.into_iter().filter(|ward| ward.staffed(day).is_ok_and(|staffed| !staffed.is_empty())) {
                let mut there = BTreeMap::new();
                let mut facts = Vec::new();
                for (resource, came, went) in self.flow(ward, day, &mut home)? {
                    let occupied = self.beds.at(&ward.facility, resource).occupied;
                    there.insert(resource, (occupied + came).saturating_sub(went));
                    facts.extend(self.came_and_went(ward, resource, (came, went), before, named)?);
                }
                let of = |resource: Resource| there.get(&resource).copied().unwrap_or_default();
                facts.extend(count(ward, day, at, &of)?);
                batches.push(Batch { ward, route: ROUTE, facts });
                let used = self.used(ward, &of, before);
                if !used.is_empty() {
                    batches.push(Batch { ward, route: STOCK, facts: used });
                }
            }
        }
        self.post(caller, batches).await?;
        for ward in self.scenario.wards.iter().filter(|ward| ward.admits) {
            self.foresight.counted(&ward.chain, day, self.patients(&ward.chain));
        }
        Ok(())
    }

    /// Patients of a chain's hospitals.
    fn patients(&self, chain: &str) -> u64 {
        let wards = self.scenario.wards.iter().filter(|ward| ward.chain == chain);
        wards.flat_map(|ward| BEDS.map(|resource| self.beds.at(&ward.facility, resource).occupied)).sum()
    }

    /// Beds that a city's cases would fill at the end of a day, if nobody else were in them.
    fn filled(&self, chain: &str, day: Date) -> anyhow::Result<[u64; 2]> {
        let cases = self.cases(chain, day)?;
        let Some((last, past)) = cases.split_last() else { return Ok([0, 0]) };
        let milli = last.saturating_mul(1000);
        let today = [Coming { low: milli, middle: milli, high: milli }];
        Ok(COVID_19.map(|care| care.filled(past, &today).first().map_or(0, |day| day.middle)))
    }

    /// A city's confirmed cases up to a day.
    fn cases(&self, chain: &str, day: Date) -> anyhow::Result<Vec<u64>> {
        let days = self.scenario.days()?.into_iter().filter(|known| *known <= day);
        Ok(days.map(|day| self.scenario.confirmed(chain, day)).collect())
    }

    /// How many of a city's patients go home on a day.
    fn going_home(&self, chain: &str, day: Date) -> anyhow::Result<u64> {
        let yesterday = Date(day.0.saturating_sub(1));
        let ([before, _], [now, _]) = (self.filled(chain, yesterday)?, self.filled(chain, day)?);
        Ok((before + self.scenario.confirmed(chain, day)).saturating_sub(now))
    }

    /// By resource who comes and who goes; `home` are those of the city who still have to go.
    fn flow(&self, ward: &Ward, day: Date, home: &mut u64) -> anyhow::Result<Vec<(Resource, u64, u64)>> {
        let there = |resource| self.beds.at(&ward.facility, resource).occupied;
        let [isolated, critical] = BEDS.map(there);
        if !ward.admits {
            let gone = isolated.min(*home);
            *home -= gone;
            return Ok(vec![(Resource::Isolation, 0, gone)]);
        }
        // A case that needs intensive care lies there instead, today's before those who are isolated already.
        let [_, wanted] = self.filled(&ward.chain, day)?;
        let (worse, better) = (wanted.saturating_sub(critical), critical.saturating_sub(wanted));
        let cases = self.scenario.confirmed(&ward.chain, day);
        let at_once = worse.min(cases);
        let came = cases - at_once + better;
        let gone = (*home + worse - at_once).min(isolated);
        Ok(vec![(Resource::Isolation, came, gone), (Resource::AdultIcu, worse, better)])
    }

    /// The flow as facts: who uses beds that were kept for the day, and not released, is stated apart.
    fn came_and_went(
        &self,
        ward: &Ward,
        resource: Resource,
        (came, went): (u64, u64),
        at: Millis,
        named: &BTreeMap<String, Submitted>,
    ) -> anyhow::Result<Vec<Value>> {
        let mut facts = Vec::new();
        let mut left = came;
        for play in self.scenario.plays.iter().filter(|play| keeps(play, ward, resource, at.date())) {
            let Some(hold) = play.name.as_ref().and_then(|name| named.get(name)) else { continue };
            if self.scenario.plays.iter().any(|other| other.refers.get("hold") == play.name.as_ref()) {
                continue;
            }
            let kept = play.fact.get("patients").and_then(Value::as_u64).unwrap_or_default();
            let uses = kept.min(left);
            left -= uses;
            if uses > 0 {
                facts.push(flow(ward, resource, (uses, 0), at, Some(&hold.id)));
            }
        }
        if left > 0 || went > 0 {
            facts.push(flow(ward, resource, (left, went), at, None));
        }
        Ok(facts)
    }

    /// What the patients of a day use up, lot by lot, while there is any.
    fn used(&self, ward: &Ward, of: &impl Fn(Resource) -> u64, at: Millis) -> Vec<Value> {
        let patients = BEDS.iter().map(|resource| of(*resource)).sum();
        let day = supply::Day { patients, critical: of(Resource::AdultIcu), ..Default::default() };
        let rates = supply::rates::shipped();
        let mut facts = Vec::new();
        for item in &ward.uses {
            let mut wanted = supply::used(item, &day, &rates);
            for ((_, _, lot), there) in self.stock.of(&ward.facility, item) {
                let quantity = wanted.min(there.on_hand);
                wanted -= quantity;
                if quantity > 0 {
                    facts.push(json!({
                        "kind": "stock_issued", "facility": ward.facility, "item": item, "lot": lot,
                        "quantity": quantity, "counterparty": "exercise-bedside", "region": ward.region,
                        "occurred_at": at.to_string(),
                    }));
                }
            }
        }
        facts
    }

    /// Posts all side by side, waits until all is final, and writes it into the books.
    async fn post(&mut self, caller: &Caller<'_>, batches: Vec<Batch<'_>>) -> anyhow::Result<()> {
        let posts = batches.iter().filter(|batch| !batch.facts.is_empty()).map(async |batch| {
            let Batch { ward, route, facts } = batch;
            let all = caller.submit_all(&ward.chain, &ward.member, route, facts).await?;
            for submitted in &all {
                caller.until(submitted, "state", &["final"]).await?;
            }
            ensure!(all.len() == facts.len(), "{}: not every fact became an event", ward.facility);
            anyhow::Ok((batch, all))
        });
        for (batch, all) in futures::future::try_join_all(posts).await? {
            for (request, submitted) in batch.facts.iter().zip(&all) {
                self.heard(&batch.ward.member, request, submitted)?;
            }
        }
        Ok(())
    }
}

/// Whether a play keeps beds of a ward for a day.
fn keeps(play: &Play, ward: &Ward, resource: Resource, day: Date) -> bool {
    let is = |field: &str, value: &str| play.fact.get(field).and_then(Value::as_str) == Some(value);
    let today = play.at.starts_with(&day.to_string());
    today && is("kind", "bed_hold") && is("facility", &ward.facility) && is("resource", resource.name())
}

fn flow(ward: &Ward, resource: Resource, (came, went): (u64, u64), at: Millis, hold: Option<&str>) -> Value {
    // Nobody died of this outbreak.
    json!({
        "kind": "patient_flow", "facility": ward.facility, "resource": resource.name(), "admitted": came,
        "discharged": went, "died": 0, "hold": hold, "region": ward.region, "occurred_at": at.to_string(),
    })
}

/// A claim for everything with staff.
fn count(ward: &Ward, day: Date, at: Millis, of: &impl Fn(Resource) -> u64) -> anyhow::Result<Vec<Value>> {
    let staffed = ward.staffed(day)?;
    let claim = |(resource, staffed): (Resource, u64)| {
        let occupied = match resource.group() {
            Group::Beds => of(resource),
            // Nobody publishes how many were ventilated; at most all in intensive care.
            Group::Devices => of(Resource::AdultIcu).min(staffed),
            Group::Supply | Group::Staff | Group::Status => 0,
        };
        json!({
            "kind": "capacity_claim", "facility": ward.facility, "resource": resource.name(), "staffed": staffed,
            "occupied": occupied, "region": ward.region, "occurred_at": at.to_string(),
        })
    };
    Ok(staffed.into_iter().map(claim).collect())
}
