//! Whether numbers are finite.

use core::arch::asm;

use super::exceptions::Exceptions;

/// Whether all `values` are finite.
///
/// The conversion of NaN, infinity, or a number beyond i32 to an integer is an invalid operation. Only if one occurred,
/// each value is tested.
pub(in crate::kernels) fn all_finite(values: &[f32]) -> bool {
    let exceptions = Exceptions::clear();
    let (chunks, rest) = values.as_chunks::<8>();
    // SAFETY: reads the chunks and then the rest, which follows them.
    unsafe {
        asm!(
            "subs {chunks}, {chunks}, #1",
            "blo 3f",
            "2:",
            "vldmia {value}!, {{s0-s7}}",
            each!([0 1 2 3 4 5 6 7] "vcvt.s32.f32 s", ", s", ""),
            "subs {chunks}, {chunks}, #1",
            "bhs 2b",
            "3:",
            "subs {rest}, {rest}, #1",
            "blo 5f",
            "4:",
            "vldmia {value}!, {{s0}}",
            "vcvt.s32.f32 s0, s0",
            "subs {rest}, {rest}, #1",
            "bhs 4b",
            "5:",
            value = inout(reg) values.as_ptr() => _,
            chunks = inout(reg) chunks.len() => _,
            rest = inout(reg) rest.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            options(readonly, nostack),
        );
    }
    !exceptions.any() || values.iter().all(|value| value.is_finite())
}
