//! How the lookout is stored beside the rest of the read model. Keys name a place as `<disease>/<region>`, which hold no
//! slash; values are the codec's, and facts as events carry them.

use anyhow::Context as _;
use domain::chain::Lane;
use domain::codec;
use domain::event::{AlertLevel, Assessment, Cadence, Disease, Event, EventId, Fact, SecurityLevel};
use domain::time::{Date, Millis};
use proof::digest::Digest;
use proof::merkle::Frontier;
use proof::sign::PublicKey;

use super::{Course, Lookout};
use crate::model::Row;
use crate::outlook::Issued;
use crate::place::{self, Place};

const EDGE: &str = "edge";
const CHANGED: &str = "changed/";
const CLUSTER: &str = "cluster/";
const COMPUTED: &str = "computed/";
const COURSE: &str = "course/";
const ISSUED: &str = "issued/";

/// Member and model, cadence and reference date, when it was known, quantiles.
type StoredForecast = ((String, String), (((Cadence, Date), Millis), Vec<Vec<u64>>));
/// The last day and week that were forecast, and the level that was warned of.
type Reached = ((Option<Date>, Option<Date>), Option<AlertLevel>);

fn key(prefix: &str, place: &Place, rest: &str) -> Vec<u8> {
    format!("{prefix}{}{rest}", place::text(place)).into_bytes()
}

pub(super) fn edge(edge: &Frontier) -> Row {
    (EDGE.into(), Some(codec::encode(&(edge.size(), edge.edge().to_vec()))))
}

pub(super) fn changed(place: &Place, disease: &Disease, known_at: Millis) -> Row {
    (key(CHANGED, place, ""), Some(codec::encode(&(disease.name.clone(), known_at))))
}

pub(super) fn evaluated(place: &Place) -> Row {
    (key(CHANGED, place, ""), None)
}

pub(super) fn cluster(place: &Place, day: Date, id: &EventId, positives: Option<u64>) -> Row {
    (key(CLUSTER, place, &format!("/{day}/{id}")), positives.map(|positives| codec::encode(&positives)))
}

pub(super) fn computed(place: &Place, assessment: Option<&Assessment>, size: u64) -> Row {
    let body = assessment.map(|assessment| wire::event::encode(&bare(Fact::Assessment(assessment.clone()))));
    (key(COMPUTED, place, &format!("/{size:020}")), body)
}

pub(super) fn course(place: &Place, course: &Course) -> Row {
    let running = course.running.iter().map(|(measure, level)| (measure.clone(), *level)).collect::<Vec<_>>();
    let reached: Reached = ((course.forecast, course.weekly), course.warned);
    (key(COURSE, place, ""), Some(codec::encode(&(reached, running))))
}

pub(super) fn issued(place: &Place, id: &EventId, issued: Option<&Issued>) -> Row {
    let value = issued.map(|issued| {
        let steps = issued.steps.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
        let entrant = (issued.member.clone(), issued.model.clone());
        codec::encode(&(entrant, (((issued.cadence, issued.reference), issued.known_at), steps)))
    });
    (key(ISSUED, place, &format!("/{id}")), value)
}

/// An event around a fact, for its bytes alone.
fn bare(fact: Fact) -> Event {
    Event {
        author: PublicKey([0; 32]),
        lane: Lane::Normal,
        nonce: [0; 16],
        occurred_at: Millis(0),
        created_at: Millis(0),
        valid_until: Millis(0),
        region: String::new(),
        security: SecurityLevel::Public,
        response: None,
        fact,
        sealed: Vec::new(),
        causes: Vec::new(),
        expect: Vec::new(),
    }
}

impl Lookout {
    /// Takes up a stored row; false if it is not of the lookout.
    pub(crate) fn restore(&mut self, key: &[u8], value: &[u8]) -> anyhow::Result<bool> {
        let Ok(key) = std::str::from_utf8(key) else { return Ok(false) };
        if key == EDGE {
            let (size, edge) = codec::decode::<(u64, Vec<Digest>)>(value).context("the stored edge of the log")?;
            self.edge = Frontier::restore(size, edge).context("the stored edge is none of a log")?;
            return Ok(true);
        }
        let prefixes = [CHANGED, CLUSTER, COMPUTED, COURSE, ISSUED];
        let found = prefixes.into_iter().find_map(|prefix| Some((prefix, key.strip_prefix(prefix)?)));
        let Some((prefix, rest)) = found else { return Ok(false) };
        let mut parts = rest.split('/');
        let place = place::read(&mut parts).context("the key of a stored place")?;
        if prefix == CHANGED {
            let (name, known_at) = codec::decode::<(String, Millis)>(value).context("a stored change")?;
            self.changed.insert(place.clone(), (Disease { code: place.disease, name }, known_at));
            return Ok(true);
        }
        let course = self.places.entry(place).or_default();
        match prefix {
            CLUSTER => {
                let day = parts.next().and_then(Date::parse).context("the day of a stored cluster")?;
                let id = parts.next().and_then(EventId::parse).context("the event of a stored cluster")?;
                course.clusters.insert((day, id), codec::decode(value).context("a stored cluster")?);
            }
            COMPUTED => {
                let size =
                    parts.next().and_then(|size| size.parse().ok()).context("the size of a stored assessment")?;
                let Fact::Assessment(assessment) = wire::event::decode(value)?.fact else {
                    anyhow::bail!("a stored assessment is none");
                };
                course.computed.insert(size, assessment);
            }
            COURSE => {
                let (reached, running) =
                    codec::decode::<(Reached, Vec<(String, AlertLevel)>)>(value).context("a stored course")?;
                ((course.forecast, course.weekly), course.warned) = reached;
                course.running = running.into_iter().collect();
            }
            _ => {
                let id = parts.next().and_then(EventId::parse).context("the event of a stored forecast")?;
                let ((member, model), (((cadence, reference), known_at), rows)) =
                    codec::decode::<StoredForecast>(value).context("a stored forecast")?;
                let steps = rows.into_iter().map(|row| row.try_into().ok()).collect::<Option<Vec<_>>>();
                let steps = steps.context("a stored forecast has other quantiles")?;
                course.issued.insert(id, Issued { member, model, cadence, reference, known_at, steps });
            }
        }
        Ok(true)
    }
}
