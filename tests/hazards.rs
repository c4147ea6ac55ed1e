//! Every kernel against Keras: softmax and cross-entropy on logits where naive formulas overflow or cancel.

use dense_core::losses::Loss;
use dense_core::{Kernel, SparseCategoricalCrossEntropy};
use golden::Result;
use golden::tolerances::{CROSS_ENTROPIES, CROSS_ENTROPY_SUM, DELTAS, PROBABILITIES};
use golden::vectors::Vectors;

const HAZARDS: [&str; 7] =
    ["ordinary", "uniform", "ties", "plus_minus_80", "plus_minus_1000", "mixed_10000", "confident"];

fn check<const CLASSES: usize>(kernel: Kernel, vectors: &Vectors) -> Result<()> {
    for hazard in HAZARDS {
        let case = format!("{}, {hazard}, {CLASSES} classes", kernel.name());
        let logits: Vec<[f32; CLASSES]> = vectors.rows(&format!("{hazard}.{CLASSES}.logits"))?;
        let labels = vectors.classes(&format!("{hazard}.{CLASSES}.labels"))?;
        let correct = vectors.classes(&format!("{hazard}.{CLASSES}.correct"))?;

        let mut probabilities = logits.clone();
        SparseCategoricalCrossEntropy::output_activation_with(kernel, &mut probabilities)?;
        let mut deltas = logits.clone();
        let table = SparseCategoricalCrossEntropy::loss_with(kernel, &mut deltas, &labels)?;
        let mut losses = Vec::new();
        for ((row, label), &correct) in logits.iter().zip(&labels).zip(&correct) {
            let score = SparseCategoricalCrossEntropy::loss_with(kernel, &mut [*row], &[*label])?;
            assert_eq!(score.correct, u32::from(correct), "{case}, {row:?}");
            losses.push(score.loss_sum);
        }
        assert_eq!(table.correct, correct.into_iter().map(u32::from).sum::<u32>(), "{case}");

        for (oracle, suffix) in ["", "_float64"].into_iter().enumerate() {
            let values = |name: &str| vectors.values(&format!("{hazard}{suffix}.{CLASSES}.{name}"));
            PROBABILITIES[oracle].check(&case, probabilities.as_flattened(), &values("probabilities")?)?;
            DELTAS[oracle].check(&case, deltas.as_flattened(), &values("gradients")?)?;
            CROSS_ENTROPIES[oracle].check(&case, &losses, &values("losses")?)?;
        }
        let losses = vectors.values(&format!("{hazard}_float64.{CLASSES}.losses"))?;
        CROSS_ENTROPY_SUM.check(&case, &[table.loss_sum], &[losses.iter().sum()])?;
    }
    Ok(())
}

#[test]
fn softmax_and_cross_entropy() -> Result<()> {
    let vectors = Vectors::open("softmax_cross_entropy.safetensors")?;
    for kernel in Kernel::available() {
        check::<2>(kernel, &vectors)?;
        check::<3>(kernel, &vectors)?;
        check::<10>(kernel, &vectors)?;
        check::<17>(kernel, &vectors)?;
    }
    Ok(())
}
