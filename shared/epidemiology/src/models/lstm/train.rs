//! Training: windows and what came after them, a loss, and AdamW.

use super::cell::{INPUTS, Network};
use crate::random::Random;

/// Updates of a member. Twice as many gained a fifth on a series that repeats itself and lost 7 % where it does not.
const UPDATES: usize = 400;
/// Windows per update.
const BATCH: usize = 8;
/// The first rate of learning, measured together with the updates; it falls to zero along half a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983).
const RATE: f64 = 0.015;
/// Decay of the weights (AdamW, Loshchilov and Hutter 2019, arXiv:1711.05101): towards the forecast that nothing changes.
const DECAY: f64 = 0.1;
/// Adam's memory of slopes and of their squares (Kingma and Ba 2015, arXiv:1412.6980).
const MEMORY: (f64, f64) = (0.9, 0.999);
/// The norm that the slopes of an update are cut to, so that one strange window does not undo the others.
const LARGEST_SLOPE: f64 = 1.0;

/// A window and what came after it.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) window: Vec<[f64; INPUTS]>,
    pub(super) targets: Vec<f64>,
}

/// The loss of one window: the mean over the steps of `sqrt(1 + error^2) - 1`, a square for small errors and the size of
/// large ones, so that a batch dump does not rule the fit. Adds its slopes.
pub(super) fn loss(network: &Network, sample: &Sample, slopes: &mut [f64]) -> f64 {
    let mut trace = Vec::with_capacity(sample.window.len());
    let outputs = network.forward(&sample.window, &mut trace);
    let errors: Vec<f64> = outputs.iter().zip(&sample.targets).map(|(output, target)| output - target).collect();
    let count = errors.len().max(1) as f64;
    let by_output: Vec<f64> = errors.iter().map(|error| error / (1.0 + error * error).sqrt() / count).collect();
    network.backward(&sample.window, &trace, &by_output, slopes);
    errors.iter().map(|error| (1.0 + error * error).sqrt() - 1.0).sum::<f64>() / count
}

/// A network trained on samples drawn at random.
pub(super) fn train(samples: &[&Sample], outputs: usize, random: &mut Random) -> Network {
    let mut network = Network::new(outputs, random);
    let mut slopes = vec![0.0; network.weights.len()];
    let mut moments = vec![(0.0, 0.0); network.weights.len()];
    for update in 0..UPDATES {
        slopes.fill(0.0);
        for _ in 0..BATCH {
            if let Some(sample) = samples.get(random.below(samples.len())) {
                loss(&network, sample, &mut slopes);
            }
        }
        let norm = slopes.iter().map(|slope| slope * slope).sum::<f64>().sqrt() / BATCH as f64;
        let scale = (LARGEST_SLOPE / norm.max(LARGEST_SLOPE)) / BATCH as f64;
        let share = update as f64 / UPDATES as f64;
        let rate = RATE * 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
        let age = update as i32 + 1;
        let (first, second) = (1.0 - MEMORY.0.powi(age), 1.0 - MEMORY.1.powi(age));
        for ((weight, slope), (mean, square)) in network.weights.iter_mut().zip(&slopes).zip(&mut moments) {
            let slope = slope * scale;
            *mean = MEMORY.0 * *mean + (1.0 - MEMORY.0) * slope;
            *square = MEMORY.1 * *square + (1.0 - MEMORY.1) * slope * slope;
            *weight -= rate * ((*mean / first) / ((*square / second).sqrt() + 1e-8) + DECAY * *weight);
        }
    }
    network
}
