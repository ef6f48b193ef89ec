//! The forecasts of a place: of days when a day is counted for the first time, of weeks when a week is whole and the next has
//! begun.

use domain::event::{Cadence, Fact, Forecast};
use domain::time::Date;
use epidemiology::series::{Frequency, Series};

use super::block::Saying;
use super::{Lookout, Said, rows};
use crate::model::Row;
use crate::outlook::{self, CODE};

impl Lookout {
    /// The forecasts from a series of days or weeks of the place, once for each last day and last week.
    pub(super) fn forecast(&mut self, saying: &Saying<'_>, series: &Series) -> (Vec<Said>, Option<Row>) {
        let reference = series.date(series.len().saturating_sub(1));
        let interval = self.book.interval(&saying.place.disease);
        let course = self.places.entry(saying.place.clone()).or_default();
        let (cadence, last) = match series.frequency() {
            Frequency::Day => (Cadence::Day, &mut course.forecast),
            Frequency::Week => (Cadence::Week, &mut course.weekly),
        };
        if last.is_some_and(|last| last >= reference) {
            return Default::default();
        }
        *last = Some(reference);
        let made = outlook::forecasts(series, interval.as_ref());
        let said = made.into_iter().map(|made| said(saying, cadence, reference, made)).collect();
        (said, Some(rows::course(saying.place, course)))
    }
}

fn said(saying: &Saying<'_>, cadence: Cadence, reference_date: Date, made: outlook::Made) -> Said {
    let forecast = Forecast {
        disease: saying.disease.clone(),
        model: made.model.to_owned(),
        code: CODE.to_owned(),
        cadence,
        reference_date,
        basis: saying.basis,
        parameters: made.parameters,
        weights: made.weights,
        steps: made.steps,
    };
    saying.said(Fact::Forecast(forecast), Vec::new())
}
