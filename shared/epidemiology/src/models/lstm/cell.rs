//! The network: one recurrent cell with input, forget and output gates (Hochreiter and Schmidhuber 1997,
//! doi:10.1162/neco.1997.9.8.1735; forget gate of Gers et al. 2000, doi:10.1162/089976600300015015), and a linear layer
//! from its last state to all steps ahead. Forward and backward by hand, so that a fit is a fraction of a second.

use crate::random::Random;

/// What the cell reads at each point: the level, and the place in the season as sine and cosine.
pub(super) const INPUTS: usize = 3;
/// Units of the cell: some 1,300 weights, as many as the points of a year can hold with decay and averaging.
pub(super) const UNITS: usize = 16;
/// One vector a unit: input gate, forget gate, output gate, candidate.
const GATES: usize = 4 * UNITS;
/// Weights of the cell: a row of gates for each input, each unit's last state, and the bias.
const CELL: usize = (INPUTS + UNITS + 1) * GATES;

/// The cell at one point of a window.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    gates: [[f64; UNITS]; 4],
    cell: [f64; UNITS],
    hidden: [f64; UNITS],
}

/// The weights of a network.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Network {
    outputs: usize,
    /// Those of the cell, then a row of outputs for each unit and the bias.
    pub(super) weights: Vec<f64>,
}

impl Network {
    /// Small weights of a seed. The forget gate starts open, so that the cell remembers before it has learned what
    /// (Jozefowicz et al. 2015); the outputs start near zero, which is the forecast that nothing changes.
    pub(super) fn new(outputs: usize, random: &mut Random) -> Self {
        let bound = 1.0 / (UNITS as f64).sqrt();
        let mut weights: Vec<f64> = (0..CELL).map(|_| bound * (2.0 * random.uniform() - 1.0)).collect();
        weights.iter_mut().skip(CELL - GATES + UNITS).take(UNITS).for_each(|forget| *forget = 1.0);
        weights.extend((0..(UNITS + 1) * outputs).map(|_| 0.1 * bound * (2.0 * random.uniform() - 1.0)));
        Network { outputs, weights }
    }

    /// The outputs for a window, oldest point first; `trace` keeps what [`Network::backward`] needs.
    pub(super) fn forward(&self, window: &[[f64; INPUTS]], trace: &mut Vec<Step>) -> Vec<f64> {
        let (cell, output) = self.weights.split_at(CELL);
        trace.clear();
        let mut before = Step::default();
        for inputs in window {
            let mut step = Step::default();
            for (row, value) in cell.chunks_exact(GATES).zip(inputs.iter().chain(&before.hidden).chain(&[1.0])) {
                add(step.gates.as_flattened_mut(), row, *value);
            }
            let [input, forget, open, candidate] = &mut step.gates;
            [&mut *input, &mut *forget, &mut *open].into_iter().flatten().for_each(|gate| *gate = sigmoid(*gate));
            candidate.iter_mut().for_each(|value| *value = value.tanh());
            let kept = forget.iter().zip(&before.cell).map(|(forget, cell)| forget * cell);
            let new = input.iter().zip(candidate.iter()).map(|(input, candidate)| input * candidate);
            step.cell.iter_mut().zip(kept.zip(new)).for_each(|(cell, (kept, new))| *cell = kept + new);
            let shown = open.iter().zip(&step.cell).map(|(open, cell)| open * cell.tanh());
            step.hidden.iter_mut().zip(shown).for_each(|(hidden, shown)| *hidden = shown);
            trace.push(step.clone());
            before = step;
        }
        let mut outputs = vec![0.0; self.outputs];
        for (row, value) in output.chunks_exact(self.outputs.max(1)).zip(before.hidden.iter().chain(&[1.0])) {
            add(&mut outputs, row, *value);
        }
        outputs
    }

    /// Adds to `slopes`, one for each weight, how the loss changes with it, given how it changes with the outputs.
    pub(super) fn backward(&self, window: &[[f64; INPUTS]], trace: &[Step], outputs: &[f64], slopes: &mut [f64]) {
        let (cell, output) = self.weights.split_at(CELL.min(self.weights.len()));
        let (cell_slopes, output_slopes) = slopes.split_at_mut(CELL.min(slopes.len()));
        let start = Step::default();
        let last = trace.last().unwrap_or(&start);
        let rows = output_slopes.chunks_exact_mut(self.outputs.max(1));
        rows.zip(last.hidden.iter().chain(&[1.0])).for_each(|(row, value)| add(row, outputs, *value));
        let mut hidden = [0.0; UNITS];
        for (slope, row) in hidden.iter_mut().zip(output.chunks_exact(self.outputs.max(1))) {
            *slope = dot(row, outputs);
        }
        let mut carried = [0.0; UNITS];
        let befores = trace.iter().rev().skip(1).chain(std::iter::once(&start));
        for ((step, before), inputs) in trace.iter().rev().zip(befores).zip(window.iter().rev()) {
            let slopes = step.slopes(before, &hidden, &mut carried);
            let slopes = slopes.as_flattened();
            let rows = cell_slopes.chunks_exact_mut(GATES);
            rows.zip(inputs.iter().chain(&before.hidden).chain(&[1.0])).for_each(|(row, by)| add(row, slopes, *by));
            for (slope, row) in hidden.iter_mut().zip(cell.chunks_exact(GATES).skip(INPUTS)) {
                *slope = dot(row, slopes);
            }
        }
    }
}

impl Step {
    /// How the loss changes with what goes into the gates, given how it changes with the shown state and with the cell
    /// (`carried`, which becomes that of the point before).
    fn slopes(&self, before: &Step, hidden: &[f64; UNITS], carried: &mut [f64; UNITS]) -> [[f64; UNITS]; 4] {
        let mut slopes = [[0.0; UNITS]; 4];
        let [to_input, to_forget, to_open, to_candidate] = &mut slopes;
        let to = to_input.iter_mut().zip(to_forget).zip(to_open.iter_mut().zip(to_candidate));
        let [input, forget, open, candidate] = &self.gates;
        let gates = input.iter().zip(forget).zip(open.iter().zip(candidate));
        let cells = self.cell.iter().zip(&before.cell).zip(hidden.iter().zip(carried));
        for ((to, gates), ((cell, old), (hidden, carried))) in to.zip(gates).zip(cells) {
            let ((to_input, to_forget), (to_open, to_candidate)) = to;
            let ((input, forget), (open, candidate)) = gates;
            let shown = cell.tanh();
            let cell = *carried + hidden * open * (1.0 - shown * shown);
            *to_input = cell * candidate * input * (1.0 - input);
            *to_forget = cell * old * forget * (1.0 - forget);
            *to_open = hidden * shown * open * (1.0 - open);
            *to_candidate = cell * input * (1.0 - candidate * candidate);
            *carried = cell * forget;
        }
        slopes
    }
}

fn sigmoid(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}

fn add(into: &mut [f64], row: &[f64], by: f64) {
    into.iter_mut().zip(row).for_each(|(sum, value)| *sum += by * value);
}

/// In four sums, so that the processor may compute them side by side.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (left, left_rest) = left.as_chunks::<4>();
    let (right, right_rest) = right.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (left, right) in left.iter().zip(right) {
        sums.iter_mut().zip(left.iter().zip(right)).for_each(|(sum, (left, right))| *sum += left * right);
    }
    let rest: f64 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    sums.iter().sum::<f64>() + rest
}
