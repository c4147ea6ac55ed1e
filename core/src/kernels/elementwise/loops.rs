//! The loops of map and zip, and the macro that compiles them for an instruction set.

#[inline(always)]
pub(in crate::kernels) fn map(values: &mut [f32], function: impl Fn(f32) -> f32) {
    for value in values {
        *value = function(*value);
    }
}

#[inline(always)]
pub(in crate::kernels) fn zip(others: &[f32], values: &mut [f32], function: impl Fn(f32, f32) -> f32) {
    for (&other, value) in others.iter().zip(values) {
        *value = function(other, *value);
    }
}

/// Defines [`map`] and [`zip`] for an instruction set.
#[cfg(vector)]
macro_rules! compile_loops {
    ($features:literal) => {
        /// # Safety
        /// The machine has the features.
        #[target_feature(enable = $features)]
        pub(in crate::kernels) unsafe fn map(values: &mut [f32], function: impl Fn(f32) -> f32) {
            crate::kernels::elementwise::loops::map(values, function);
        }

        /// # Safety
        /// The machine has the features.
        #[target_feature(enable = $features)]
        pub(in crate::kernels) unsafe fn zip(others: &[f32], values: &mut [f32], function: impl Fn(f32, f32) -> f32) {
            crate::kernels::elementwise::loops::zip(others, values, function);
        }
    };
}
#[cfg(vector)]
pub(in crate::kernels) use compile_loops;
