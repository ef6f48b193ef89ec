//! The models that the commands and the bench ask, in the order in which they are shown.

use epidemiology::forecast::Model;
use epidemiology::models::arima::{Arima, Scale};
use epidemiology::models::ensemble::Ensemble;
use epidemiology::models::gm::{Basis, GreyModel};
use epidemiology::models::harmonic::Harmonic;
use epidemiology::models::lstm::Lstm;
use epidemiology::models::naive::Naive;
use epidemiology::models::prophet::Prophet;
use epidemiology::models::renewal::Renewal;
use epidemiology::models::seasonal_naive::SeasonalNaive;

/// A model that threads may share: models are plain data.
pub type Anywhere = Box<dyn Model + Send + Sync>;

/// Every model. The ensemble is the last.
pub fn models(declared: bool) -> Vec<Anywhere> {
    let seed = Naive::default().seed;
    let ensemble = Ensemble { declared, ..Ensemble::default() };
    let renewal = ensemble.interval.clone().map(|interval| Box::new(Renewal { interval, seed }) as Anywhere);
    let mut models: Vec<Anywhere> = vec![
        Box::new(Naive::default()),
        Box::new(SeasonalNaive),
        Box::new(Arima { scale: Scale::Raw }),
        Box::new(Arima { scale: Scale::Log }),
        Box::new(Arima { scale: Scale::Root }),
        Box::new(Harmonic { scale: Scale::Log }),
        Box::new(GreyModel { basis: Basis::Counts }),
        Box::new(GreyModel { basis: Basis::Total }),
        Box::new(Prophet { log_scale: false, seed }),
        Box::new(Prophet { log_scale: true, seed }),
        Box::new(Lstm { seed }),
    ];
    models.extend(renewal);
    models.push(Box::new(ensemble));
    models
}
