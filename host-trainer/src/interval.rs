//! The confidence interval of a share.

/// Wilson's 95 % confidence interval of a share, from 0 to 1, that was found among so many samples.
pub(crate) fn wilson(share: f64, samples: usize) -> [f64; 2] {
    const Z: f64 = 1.959_964;
    let samples = samples.max(1) as f64;
    let weight = 1.0 + Z * Z / samples;
    let middle = share + Z * Z / (2.0 * samples);
    let half = Z * (share * (1.0 - share) / samples + Z * Z / (4.0 * samples * samples)).sqrt();
    [(middle - half) / weight, (middle + half) / weight].map(|bound| bound.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds of `statsmodels.stats.proportion.proportion_confint(…, method="wilson")`.
    #[test]
    fn intervals_are_wilsons() {
        for (right, samples, low, high) in
            [(8, 10, 0.490_162, 0.943_318), (0, 10, 0.0, 0.277_533), (8_428, 10_000, 0.835_534, 0.849_802)]
        {
            let [found_low, found_high] = wilson(f64::from(right) / samples as f64, samples);
            assert!((found_low - low).abs() < 1e-5 && (found_high - high).abs() < 1e-5, "{found_low} {found_high}");
        }
    }
}
