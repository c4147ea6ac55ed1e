//! The receiver operating characteristic (ROC) of a binary classifier.

use formats::four_digits;

use super::Report;
use crate::plot::chart::{Axis, Chart};
use crate::plot::figure::Figure;
use crate::plot::palette::Hue;

/// Introduction of the ROC curve's section: axes and thresholds.
pub(super) const EXPLANATION: &str = "The true positive rate against the false positive rate at every threshold of the \
                                      probability; the threshold of the other figures is 0.5.";

/// The curve.
pub(super) fn figure(report: &Report, labels: &[u8]) -> Figure {
    let points = points(report.outputs, labels);
    let auc = format!("AUC {}", four_digits(report.metric("auc")));
    let description = format!("ROC curve, area under it {auc}");
    let axis = |name: &str| Axis::of([0.0, 1.0], name);
    let mut chart = Chart::new("True positive rate", description, axis("false positive rate"), axis(""));
    chart.legend(&[(Hue::Blue, auc)]);
    chart.reference((0.0, 0.0), (1.0, 1.0));
    chart.line(&points, Hue::Blue);
    chart.figure()
}

/// False and true positive rates as the threshold falls from above all probabilities to below them; of a long curve, as
/// many points as can be told apart.
fn points(probabilities: &[f32], labels: &[u8]) -> Vec<(f64, f64)> {
    const RESOLUTION: f64 = 1.0 / 400.0;
    let mut pairs: Vec<(f32, u8)> = probabilities.iter().copied().zip(labels.iter().copied()).collect();
    pairs.sort_by(|one, other| other.0.total_cmp(&one.0));
    let positives = labels.iter().filter(|&&label| label == 1).count();
    let negatives = labels.len() - positives;
    let (mut right, mut wrong) = (0, 0);
    let mut points = vec![(0.0, 0.0)];
    for equal in pairs.chunk_by(|one, other| one.0 == other.0) {
        let found = equal.iter().filter(|pair| pair.1 == 1).count();
        right += found;
        wrong += equal.len() - found;
        let point = (wrong as f64 / negatives.max(1) as f64, right as f64 / positives.max(1) as f64);
        let last = points[points.len() - 1];
        if point.0 - last.0 >= RESOLUTION || point.1 - last.1 >= RESOLUTION || right + wrong == labels.len() {
            points.push(point);
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_between_equal_probabilities_do_not_exist() {
        let found = points(&[0.9, 0.8, 0.8, 0.3, 0.1], &[1, 0, 1, 1, 0]);
        assert_eq!(found, [(0.0, 0.0), (0.0, 1.0 / 3.0), (0.5, 2.0 / 3.0), (0.5, 1.0), (1.0, 1.0)]);
    }

    #[test]
    fn long_curves_are_thinned_out() {
        let probabilities: Vec<f32> = (0..100_000).map(|sample| sample as f32 / 1e5).collect();
        let labels: Vec<u8> = (0..100_000_u32).map(|sample| (sample.wrapping_mul(2_654_435_761) >> 31) as u8).collect();
        let found = points(&probabilities, &labels);
        assert!(found.len() < 1_000, "{}", found.len());
        assert_eq!((found[0], found[found.len() - 1]), ((0.0, 0.0), (1.0, 1.0)));
    }
}
