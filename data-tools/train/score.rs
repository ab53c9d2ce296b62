//! Learns `weights/score.txt`: logistic regression by stochastic gradient descent, the same weights every time.
//!
//! ```sh
//! NAMEPLATE_CORPUS=../shared/data cargo run --release -p nameplate-build --example train-score
//! ```
//!
//! It learns from
//!
//! - the development part of the labelled AS numbers (`labels/asn-kind`; [`labels::is_development`]);
//! - the AS table's other holders whose names carry a sign of a kind: the sign is the label, and is hidden from
//!   the score, so that it learns what stands beside such signs and what their networks look like;
//! - names of legal entities (`registers/gleif`), some of each country, as firms that use their networks themselves,
//!   but for those with an operator's sign. Each borrows the network of a holder of the same kind;
//! - the AS table's holders that are called exactly as a legal entity and carry no operator's sign, as such
//!   firms with networks of their own; of them, too, the development part only.

#[allow(dead_code, reason = "the quality report reads more of a label")]
#[path = "../src/bin/nameplate-quality/labels.rs"]
mod labels;
#[path = "../src/bin/nameplate-quality/table.rs"]
mod table;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

use nameplate_build::organisation::{Shape, training};

type Failure = Box<dyn std::error::Error>;

/// Rounds through the examples.
const ROUNDS: usize = 10;
const LEARNING_RATE: f32 = 0.08;
/// Pull of every weight towards 0 at each of its steps.
const DECAY: f32 = 1e-2;
/// What fewer examples have is no feature: no single holder's name is learned.
const FEWEST: u32 = 20;
/// Weights nearer to 0 are left out.
const SMALLEST: f32 = 0.05;
/// Legal entities of each country, at most.
const ENTITIES_A_COUNTRY: usize = 200;

struct Example {
    features: Vec<u32>,
    operator: bool,
    weight: f32,
}

/// Features by number.
#[derive(Default)]
struct Features {
    numbers: HashMap<String, u32>,
    counts: Vec<u32>,
}

impl Features {
    fn of(&mut self, name: &str, shape: Shape) -> Vec<u32> {
        let mut numbers = Vec::new();
        training::features(name, Some(shape), &mut |feature| {
            let next = self.counts.len() as u32;
            let number = match self.numbers.get(feature) {
                Some(number) => *number,
                None => *self.numbers.entry(feature.to_owned()).or_insert(next),
            };
            if number == next {
                self.counts.push(0);
            }
            numbers.push(number);
        });
        numbers.sort_unstable();
        numbers.dedup();
        for number in &numbers {
            self.counts[*number as usize] += 1;
        }
        numbers
    }
}

fn main() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let corpus = labels::corpus();
    let table = table::read(&root.join("data/sources"))?;
    let labelled = labels::systems(&corpus)?;
    let mut features = Features::default();
    let mut examples = Vec::new();

    for label in labelled.iter().filter(|label| labels::is_development(&label.asn.to_string())) {
        if let Some(system) = table.get(&label.asn) {
            let features = features.of(&system.name, system.shape);
            examples.push(Example {
                features,
                operator: label.kind != labels::Label::Education,
                weight: 1.0,
            });
        }
    }
    let known: std::collections::HashSet<u32> = labelled.iter().map(|label| label.asn).collect();
    let mut others: Vec<_> = table.iter().filter(|(asn, _)| !known.contains(asn)).collect();
    others.sort_by_key(|(asn, _)| **asn);
    let mut company_shapes = Vec::new();
    for (_, system) in others {
        let Some(operator) = training::operator_by_signs(&system.name) else { continue };
        if !operator {
            company_shapes.push(system.shape);
        }
        let features = features.of(&system.name, system.shape);
        examples.push(Example { features, operator, weight: 0.5 });
    }
    let entities = labels::legal_entities(&corpus)?;
    let called: std::collections::HashSet<String> =
        entities.iter().map(|entity| labels::plain(&entity.name)).collect();
    let mut systems: Vec<_> = table.iter().filter(|(asn, _)| !known.contains(asn)).collect();
    systems.sort_by_key(|(asn, _)| **asn);
    for (asn, system) in systems {
        let development = labels::is_development(&asn.to_string());
        let unsaid = training::operator_by_signs(&system.name).is_none();
        if development && unsaid && called.contains(&labels::plain(&system.name)) {
            let features = features.of(&system.name, system.shape);
            examples.push(Example { features, operator: false, weight: 0.5 });
        }
    }
    let shapes = &mut company_shapes.iter().cycle();
    for name in some_of_each_country(entities) {
        if training::operator_by_signs(&name) != Some(true) {
            let features = features.of(&name, *shapes.next().expect("the table has companies"));
            examples.push(Example { features, operator: false, weight: 0.3 });
        }
    }
    let operators = examples.iter().filter(|example| example.operator).count();
    println!("{operators} operators, {} others", examples.len() - operators);

    let weights = learn(&mut examples, &features);
    let path = root.join("data-tools/weights/score.txt");
    std::fs::write(&path, written(&features, &weights))?;
    println!("{}: {} bytes", path.display(), std::fs::metadata(&path)?.len());
    Ok(())
}

/// Names of legal entities, the first of each country.
fn some_of_each_country(entities: Vec<labels::LegalEntity>) -> impl Iterator<Item = String> {
    let mut of_country: HashMap<String, usize> = HashMap::new();
    entities.into_iter().filter_map(move |entity| {
        let taken = of_country.entry(entity.country).or_default();
        *taken += 1;
        (*taken <= ENTITIES_A_COUNTRY).then_some(entity.name)
    })
}

/// The weights of all features: gradient descent with a step of its own for each feature (AdaGrad).
fn learn(examples: &mut [Example], features: &Features) -> Vec<f32> {
    let mut weights = vec![0.0_f32; features.counts.len()];
    let mut squares = vec![1e-6_f32; features.counts.len()];
    for example in examples.iter_mut() {
        example.features.retain(|feature| features.counts[*feature as usize] >= FEWEST);
    }
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..ROUNDS {
        for at in (1..examples.len()).rev() {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            examples.swap(at, (random % (at as u64 + 1)) as usize);
        }
        for example in examples.iter() {
            let sum: f32 = example.features.iter().map(|feature| weights[*feature as usize]).sum();
            let chance = 1.0 / (1.0 + (-sum).exp());
            let error = (f32::from(u8::from(example.operator)) - chance) * example.weight;
            for feature in &example.features {
                let feature = *feature as usize;
                let gradient = error - DECAY * weights[feature];
                squares[feature] += gradient * gradient;
                weights[feature] += LEARNING_RATE * gradient / squares[feature].sqrt();
            }
        }
    }
    weights
}

fn written(features: &Features, weights: &[f32]) -> String {
    let mut lines: Vec<(&str, f32)> = features
        .numbers
        .iter()
        .map(|(feature, number)| (feature.as_str(), weights[*number as usize]))
        .filter(|(_, weight)| weight.abs() >= SMALLEST)
        .collect();
    lines.sort_unstable_by_key(|(feature, _)| *feature);
    let mut text = String::from(
        "# Weights of the score in src/organisation/score.rs, learned by train/score.rs from labelled AS numbers\n\
         # (OXL, BSD-3-Clause), the IP-to-ASN table by ip-location-db (CC BY 4.0: DB-IP, NRO, Route Views) and names of\n\
         # legal entities (GLEIF, CC0). Above 0 speaks for an operator.\n",
    );
    for (feature, weight) in lines {
        _ = writeln!(text, "{feature} {weight:.2}");
    }
    text
}
