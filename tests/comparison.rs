//! Comparison of values with a tolerance.

use crate::Result;

/// One row of the table: `|found - expected| <= absolute + relative * |expected|`.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// The quantity, as named in messages.
    pub what: &'static str,
    /// The source of the expected values.
    pub oracle: &'static str,
    /// The absolute error allowed.
    pub absolute: f64,
    /// The relative error allowed.
    pub relative: f64,
    /// The reason for the error.
    pub why: &'static str,
}

impl Tolerance {
    /// Whether every number is within the bound; NaN never is. Prints the worst error.
    ///
    /// # Errors
    /// Names the value with the largest error, or says that the lengths differ or are zero.
    pub fn check<T: Copy + Into<f64>>(&self, case: &str, found: &[T], expected: &[f64]) -> Result<()> {
        let Self { what, oracle, .. } = self;
        if found.len() != expected.len() || found.is_empty() {
            let (found, expected) = (found.len(), expected.len());
            return Err(format!("{case}: {found} {what}, expected {expected}").into());
        }
        let mut worst = (0.0, String::from("exact"));
        for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            let found = found.into();
            let error = (found - expected).abs();
            let part = if error == 0.0 { 0.0 } else { error / (self.absolute + self.relative * expected.abs()) };
            if part > worst.0 || part.is_nan() {
                let text = format!(
                    "number {index} is {found:e}, {oracle} has {expected:e}: error {error:.2e}, \
                     {part:.2} of the bound"
                );
                worst = (part, text);
                if part.is_nan() {
                    break;
                }
            }
        }
        let (part, text) = worst;
        let message = format!("{case}, {what}: {text}");
        if part <= 1.0 {
            println!("{message}");
            Ok(())
        } else {
            Err(format!("{message} ({})", self.why).into())
        }
    }
}

/// Compares numbers with Keras in float32, the same numbers with Keras in float64, and the first Keras with the second:
/// `expected` has one, then the other. All are divided by `unit` before.
///
/// # Errors
/// As [`Tolerance::check`].
pub fn check_precisions(
    tolerances: &[Tolerance; 3],
    case: &str,
    found: &[f64],
    expected: &[Vec<f64>; 2],
    unit: f64,
) -> Result<()> {
    let divided = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value / unit).collect() };
    let found = divided(found);
    let [single, double] = expected.each_ref().map(|values| divided(values));
    let [from_single, from_double, keras] = tolerances;
    from_single.check(case, &found, &single)?;
    from_double.check(case, &found, &double)?;
    keras.check(case, &single, &double)
}

/// The largest magnitude, as a unit: 1 where all are zero.
pub fn largest(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if largest == 0.0 { 1.0 } else { largest }
}

#[cfg(test)]
mod tests {
    use super::{Tolerance, check_precisions, largest};

    const TOLERANCE: Tolerance =
        Tolerance { what: "numbers", oracle: "the table", absolute: 0.5, relative: 0.25, why: "for the test" };

    #[test]
    fn accepts_up_to_the_bound_and_nothing_else() {
        let table: [(&[f64], &[f64], bool); 8] = [
            (&[1.5, -3.5], &[1.5, -2.0], false),
            (&[1.5, -3.0], &[1.5, -2.0], true),
            (&[-4.5], &[-4.0], true),
            (&[f64::NAN], &[0.0], false),
            (&[f64::INFINITY], &[f64::INFINITY], false),
            (&[0.0, 0.0], &[0.0], false),
            (&[], &[], false),
            (&[5.0, f64::NAN, 0.0], &[0.0, 0.0, 0.0], false),
        ];
        for (found, expected, accepted) in table {
            let result = TOLERANCE.check("case", found, expected);
            assert_eq!(result.is_ok(), accepted, "{found:?} for {expected:?}");
        }
    }

    #[test]
    fn each_precision_can_fail() {
        let table = [(2.5, 2.0, 2.0, true), (4.0, 2.0, 3.0, false), (4.0, 3.0, 2.0, false), (3.0, 2.0, 4.0, false)];
        for (found, single, double, accepted) in table {
            let expected = [vec![single], vec![double]];
            let result = check_precisions(&[TOLERANCE; 3], "case", &[found], &expected, 1.0);
            assert_eq!(result.is_ok(), accepted, "{found} for {single} and {double}");
        }
        let expected = [vec![200.0, 0.0], vec![200.0, 0.0]];
        let unit = largest(&expected[1]);
        assert!(check_precisions(&[TOLERANCE; 3], "case", &[250.0, 75.0], &expected, unit).is_ok());
        assert!(check_precisions(&[TOLERANCE; 3], "case", &[250.0, 125.0], &expected, unit).is_err());
        assert_eq!(largest(&[0.0, -0.0]), 1.0);
    }
}
