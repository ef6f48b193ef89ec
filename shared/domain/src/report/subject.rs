//! What waits to be settled: a report with its policy, its ballots and what it asks for; and what is kept of it behind that.

use crate::act::Scene;
use crate::alert::{self, AlertKind, AlertState, AlertText};
use crate::codec::record;
use crate::due::DueWhat;
use crate::event::{AlertLevel, Choice, Disease, EXERCISE_DISEASE, Event, EventId, Origin};
use crate::policy::{CastBallot, Electors, Policy, Verdict};
use crate::record::{Kind, Outcome};
use crate::state::{Draft, Fault};
use crate::time::{Date, Millis};

use super::correction::Amended;
use super::totals::Counts;

record! {
    /// A report not settled yet, at `keys::open(id)`.
    pub struct Subject {
        /// What it is.
        pub kind: Kind,
        /// Its author's member.
        pub member: String,
        /// The policy as it stood when the report was opened.
        pub rule: String,
        /// Chain time when it was opened.
        pub opened: Millis,
        /// When it escalates, unless decided.
        pub deadline: Option<Millis>,
        /// When its veto window ends.
        pub window_end: Option<Millis>,
        /// Whether it has escalated.
        pub escalated: bool,
        /// Ballots so far, in order.
        pub ballots: Vec<CastBallot>,
        /// Who makes up the majorities and fractions of the policy.
        pub electors: Electors,
        /// Its last correction.
        pub amended: Option<Amended>,
        /// What counts once it is accepted.
        pub daily: Option<DailyClaim>,
        /// What rings, or would on escalation.
        pub alert: AlertText,
        /// Whether acceptance rings.
        pub rings: bool,
        /// Whether it has rung provisionally.
        pub rung: bool,
        /// The index of its leaf: of two aggregates for one key the later in the log is in force.
        pub leaf_index: u64,
    }

    /// What is kept of an accepted report that has an effect or that others vouched for, at `keys::settled(id)`, so that
    /// it can be undone.
    pub struct SettledRecord {
        /// Its author's member.
        pub member: String,
        /// Members that endorsed it.
        pub endorsers: Vec<String>,
        /// What counts.
        pub daily: Option<DailyClaim>,
        /// What it rang.
        pub alert: Option<AlertText>,
        /// Whether it was an exercise.
        pub exercise: bool,
    }

    /// What an aggregate claims.
    pub struct DailyClaim {
        /// ICD-10 code.
        pub disease: String,
        /// The place.
        pub region: String,
        /// The reporting day.
        pub date: Date,
        /// Imported or local.
        pub origin: Origin,
        /// Counts by classification.
        pub counts: Counts,
    }
}

impl Subject {
    /// Whether it is about the exercise disease.
    pub fn exercise(&self) -> bool {
        self.alert.disease.as_ref().is_some_and(|disease| exercise(&disease.code))
    }

    /// Everything that falls due for it, whether it has already or not.
    pub(crate) fn falls_due(&self) -> impl Iterator<Item = (Millis, DueWhat)> {
        let window = self.window_end.map(|at| (at, DueWhat::WindowEnd));
        // A report that escalated stays open, and its deadline is behind it.
        let deadline = self.deadline.map(|at| (at, DueWhat::Deadline));
        window.into_iter().chain(deadline)
    }

    /// Rings its alert on this chain: sent now, or when it was opened if chain time is behind that.
    pub(crate) fn ring(
        &self,
        draft: &mut Draft<'_>,
        scene: &Scene,
        event: EventId,
        state: AlertState,
    ) -> Result<(), Fault> {
        alert::ring_text(draft, &self.later(scene), event, state, self.alert.clone())
    }

    /// The scene at the time that counts for it.
    pub(super) fn later(&self, scene: &Scene) -> Scene {
        Scene { now: scene.now.max(self.opened), ..scene.clone() }
    }
}

impl SettledRecord {
    pub(super) fn of(subject: &Subject) -> Self {
        let endorsed = subject.ballots.iter().filter(|ballot| ballot.choice == Choice::Endorse);
        SettledRecord {
            member: subject.member.clone(),
            endorsers: endorsed.map(|ballot| ballot.member.clone()).collect(),
            daily: subject.daily.clone(),
            alert: subject.rings.then(|| subject.alert.clone()),
            exercise: subject.exercise(),
        }
    }
}

/// What a report asks for.
pub(crate) struct Claim {
    pub(super) kind: Kind,
    pub(super) alert: AlertText,
    pub(super) rings: bool,
    pub(super) daily: Option<DailyClaim>,
    pub(super) escalates: bool,
}

impl Claim {
    /// A claim that rings when accepted.
    pub(crate) fn rings(kind: Kind, alert: AlertText) -> Self {
        Claim { kind, alert, rings: true, daily: None, escalates: true }
    }

    /// A claim that rings this text, and only if nobody decides it in time.
    pub(crate) fn silent(kind: Kind, alert: AlertText) -> Self {
        Claim { kind, alert, rings: false, daily: None, escalates: true }
    }

    /// A claim that rings only if nobody decides it in time.
    pub(crate) fn quiet(event: &Event, kind: Kind, disease: &Disease) -> Self {
        let what = kind.name().replace('_', " ");
        let headline = format!("No decision by its deadline on a {what}");
        let line = AlertText::line(AlertLevel::Yellow, AlertKind::Escalation, &event.region, headline);
        let alert = AlertText { disease: Some(disease.clone()), ..line };
        Claim::silent(kind, alert)
    }

    /// The same, but it waits for its ballots however long: nothing hangs on their decision.
    pub(crate) fn patient(self) -> Self {
        Claim { escalates: false, ..self }
    }
}

/// Whether counts of this disease are only an exercise.
pub(crate) fn exercise(disease: &str) -> bool {
    disease == EXERCISE_DISEASE
}

/// Parses a policy kept in the state. The genesis was checked, so a text that does not parse is the store's fault.
pub(crate) fn parsed(rule: &str) -> Result<Policy, Fault> {
    Policy::parse(rule).map_err(|refusal| Fault(format!("a stored policy does not parse: {}", refusal.detail)))
}

/// What a report's ballots amount to at this time.
pub(super) fn outcome(policy: &Policy, subject: &Subject, now: Millis) -> Outcome {
    match policy.evaluate(&subject.ballots, &subject.electors, &subject.member, now, subject.opened) {
        Verdict::Accepted => Outcome::Accepted,
        Verdict::Rejected(_) => Outcome::Rejected,
        Verdict::Open => Outcome::Open,
    }
}
