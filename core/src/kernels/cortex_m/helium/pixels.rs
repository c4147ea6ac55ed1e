//! Look-up of bytes in a table.

use core::arch::asm;

/// Replaces each byte by the one of that index in `table`, 16 at a time.
#[inline(never)]
pub(in crate::kernels) fn look_up(table: &[u8; 256], bytes: &mut [u8]) {
    // SAFETY: every byte is an index of the table; tail predication keeps loads and stores within the slice.
    unsafe {
        asm!(
            "wlstp.8 lr, lr, 3f",
            "2:",
            "vldrb.u8 q0, [{bytes}]",
            "vldrb.u8 q1, [{table}, q0]",
            "vstrb.8 q1, [{bytes}], #16",
            "letp lr, 2b",
            "3:",
            bytes = inout(reg) bytes.as_mut_ptr() => _,
            table = in(reg) table.as_ptr(),
            inout("lr") bytes.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            options(nostack),
        );
    }
}
