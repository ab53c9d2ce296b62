//! Learns the weights of the differences from labelled pairs of names: logistic regression with a
//! normal prior on each weight, and no weight above 0. It has no randomness.

use std::fmt::Write;

use super::name::Name;
use super::score::{DIFFERENCES, Differences, SAME, Weights, differences};

/// A pair of names, known to be one organisation's or not.
#[derive(Clone, Debug)]
pub struct Example {
    /// A name.
    pub name: String,
    /// The name compared with it.
    pub other: String,
    /// Whether they are one organisation's.
    pub same: bool,
}

/// Whether a schema of the labels is an organisation's; there are ships, too.
pub fn is_organisation(schema: &str) -> bool {
    matches!(schema, "Company" | "Organization" | "LegalEntity")
}

/// What one would guess without any labels, from what registers and registries do with names. The
/// labels are few: where they say nothing of a difference, the guess stays.
const PRIOR: Weights = Weights {
    equal: 3.0,
    // replaced, added, typo, thin, number differs, added, place differs, added, form missing, differs
    each: [-8.0, -8.0, -14.0, -1.0, -1.0, -3.0, -5.0, -2.0, -0.3, -2.0],
};
/// How far a weight is likely to be from the guess (standard deviation).
const SPREAD: f64 = 3.0;
const STEPS: i32 = 4000;
const RATE: f64 = 0.02;

/// Weights learned from examples, and how they judge other examples.
#[derive(Clone, Debug)]
pub struct Model(pub(crate) Weights);

impl Model {
    /// Learns. Time is linear in the examples; a second for some thousand.
    pub fn learn<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Model {
        let measured: Vec<(Differences, bool)> = examples
            .into_iter()
            .map(|example| (measure(&example.name, &example.other), example.same))
            .collect();
        Model(fit(&measured))
    }

    /// The weights that are in use.
    pub fn in_use() -> Model {
        Model(Weights::learned().clone())
    }

    /// The probability that two names are one organisation's.
    pub fn probability(&self, name: &str, other: &str) -> f64 {
        self.0.probability(&measure(name, other))
    }

    /// Whether two names are judged to be one organisation's.
    pub fn same(&self, name: &str, other: &str) -> bool {
        self.probability(name, other) >= SAME
    }

    /// The weights as `words/match-weights.txt` has them.
    pub fn written(&self) -> String {
        let mut text = format!("equal {:.2}\n", self.0.equal);
        for (name, weight) in DIFFERENCES.iter().zip(&self.0.each) {
            writeln!(text, "{name} {weight:.2}").expect("writing to a string cannot fail");
        }
        text
    }
}

fn measure(name: &str, other: &str) -> Differences {
    differences(&Name::new(name), &Name::new(other))
}

/// Gradient descent with Adam's step sizes, each weight kept at or below 0.
fn fit(examples: &[(Differences, bool)]) -> Weights {
    const N: usize = DIFFERENCES.len() + 1;
    let prior: [f64; N] = std::array::from_fn(|i| if i == 0 { PRIOR.equal } else { PRIOR.each[i - 1] });
    let mut weights = prior;
    let (mut mean, mut square) = ([0.0; N], [0.0; N]);
    for step in 1..=STEPS {
        let mut gradient: [f64; N] = std::array::from_fn(|i| (weights[i] - prior[i]) / (SPREAD * SPREAD));
        let now = Weights { equal: weights[0], each: std::array::from_fn(|i| weights[i + 1]) };
        for (differences, same) in examples {
            let error = now.probability(differences) - f64::from(u8::from(*same));
            gradient[0] += error;
            for (slope, difference) in gradient[1..].iter_mut().zip(differences) {
                *slope += error * difference;
            }
        }
        for i in 0..N {
            mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
            square[i] = 0.999 * square[i] + 0.001 * gradient[i] * gradient[i];
            let (mean, square) =
                (mean[i] / (1.0 - 0.9_f64.powi(step)), square[i] / (1.0 - 0.999_f64.powi(step)));
            weights[i] -= RATE * mean / (square.sqrt() + 1e-9);
            if i > 0 {
                weights[i] = weights[i].min(0.0);
            }
        }
    }
    Weights { equal: weights[0], each: std::array::from_fn(|i| weights[i + 1]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str, other: &str, same: bool) -> Example {
        Example { name: name.into(), other: other.into(), same }
    }

    #[test]
    fn what_the_labels_say_is_learned_and_no_weight_is_above_zero() {
        let places = |same| (0..40).map(|_| example("Foo Bar", "Foo Bar (Spain)", same)).collect::<Vec<_>>();
        let harmless = Model::learn(&places(true));
        let telling = Model::learn(&places(false));
        assert!(harmless.same("Quux", "Quux Norge") && !telling.same("Quux", "Quux Norge"));
        for model in [harmless, telling] {
            assert!(model.0.each.iter().all(|weight| *weight <= 0.0));
        }
    }

    #[test]
    fn without_labels_the_guess_stays() {
        assert_eq!(Model::learn(&[]).0, PRIOR);
    }
}
