//! Numbers as the report writes them.

/// A space that does not break the line.
const SPACE: char = '\u{a0}';

/// A share from 0 to 1 in percent: `84.45 %`.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$}{SPACE}%", 100.0 * share)
}

/// A share that is not known, as of nothing, is a dash.
pub(super) fn percent_or_dash(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), |share| percent(share, 1))
}

/// How sure a network is, without ever calling a thing certain.
pub(super) fn confidence(probability: f32) -> String {
    // What would be rounded to 100 %.
    if probability >= 0.9995 { format!("over{SPACE}99.9{SPACE}%") } else { percent(f64::from(probability), 1) }
}

/// A time in the unit that fits it.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        0.0..0.000_1 => format!("{:.1}{SPACE}µs", 1e6 * seconds),
        0.000_1..0.1 => format!("{:.1}{SPACE}ms", 1000.0 * seconds),
        0.1..100.0 => format!("{seconds:.2}{SPACE}s"),
        _ => format!("{seconds:.0}{SPACE}s"),
    }
}

/// A size in the unit that fits it, 1,000 bytes to a kilobyte.
pub(super) fn size(bytes: usize) -> String {
    let size = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes}{SPACE}bytes"),
        1_000..1_000_000 => format!("{:.1}{SPACE}kB", size / 1e3),
        _ => format!("{:.2}{SPACE}MB", size / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_unit_that_fits() {
        for (found, wanted) in [
            (percent(0.844_54, 2), "84.45 %"),
            (percent_or_dash(Some(1.0)), "100.0 %"),
            (percent_or_dash(None), "–"),
            (confidence(0.9994), "99.9 %"),
            (confidence(0.9996), "over 99.9 %"),
            (seconds(0.000_012_34), "12.3 µs"),
            (seconds(0.0345), "34.5 ms"),
            (seconds(0.352), "0.35 s"),
            (seconds(1234.5), "1234 s"),
            (size(999), "999 bytes"),
            (size(31_400), "31.4 kB"),
            (size(2_500_000), "2.50 MB"),
        ] {
            assert_eq!(found.replace(SPACE, " "), wanted);
        }
    }
}
