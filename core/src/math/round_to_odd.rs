//! Fused multiply-add in software, by numbers of 64 bits.

/// `a * b + c`, rounded once.
///
/// The product of two f32 is exact in f64. Its sum with the third is rounded to odd, which leaves a trace of every bit
/// that is lost, and so may be rounded again, to f32 (S. Boldo and G. Melquiond, Emulation of FMA and correctly rounded
/// sums: proved algorithms using rounding to odd, IEEE Transactions on Computers 57 (4), 2008).
#[inline]
pub(crate) fn fused_multiply_add(a: f32, b: f32, c: f32) -> f32 {
    let (product, summand) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + summand;
    // What the sum lacks, exactly (D. Knuth's 2Sum); NaN where the sum is infinite or NaN.
    let second = sum - product;
    let rest = (product - (sum - second)) + (summand - second);
    let is_final = rest == 0.0 || rest.is_nan();
    let bits = sum.to_bits();
    if is_final || bits & 1 == 1 {
        return sum as f32;
    }
    // Away from zero by a bit where the rest has the sum's sign, and else towards it.
    let away = rest.is_sign_negative() == sum.is_sign_negative();
    f64::from_bits(if away { bits + 1 } else { bits - 1 }) as f32
}
