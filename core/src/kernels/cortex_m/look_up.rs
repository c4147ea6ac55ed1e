//! The look-up of bytes in a table.

use core::arch::asm;

/// Four bytes at an offset, if not all of them are zero.
macro_rules! word {
    ($offset:literal) => {
        concat!(
            "ldr r0, [{word}, #",
            $offset,
            "]\n cbz r0, 3f\n",
            "uxtb {a}, r0\n ubfx {b}, r0, #8, #8\n ubfx {c}, r0, #16, #8\n lsr r0, r0, #24\n",
            "ldrb {a}, [{table}, {a}]\n ldrb {b}, [{table}, {b}]\n ldrb {c}, [{table}, {c}]\n ldrb r0, [{table}, r0]\n",
            "orr {a}, {a}, {b}, lsl #8\n orr {a}, {a}, {c}, lsl #16\n orr {a}, {a}, r0, lsl #24\n",
            "str {a}, [{word}, #",
            $offset,
            "]\n",
            "3:\n",
        )
    };
}

/// `bytes[i]` = `table[bytes[i]]`, four at a time; four zeros are passed over where the table leaves them as they are.
pub(in crate::kernels) fn look_up(table: &[u8; 256], bytes: &mut [u8]) {
    let four_at_a_time = if table[0] == 0 { bytes.len() } else { 0 };
    let (bytes, rest) = bytes.split_at_mut(four_at_a_time - four_at_a_time % 16);
    if !bytes.is_empty() {
        // SAFETY: reads and writes the bytes, which need no alignment, and reads the table.
        unsafe {
            asm!(
                // r0 because `cbz` wants one of the low registers.
                "2:",
                word!("0"),
                word!("4"),
                word!("8"),
                word!("12"),
                "add {word}, {word}, #16",
                "subs {left}, {left}, #16",
                "bne 2b",
                table = in(reg) table.as_ptr(),
                word = inout(reg) bytes.as_mut_ptr() => _,
                left = inout(reg) bytes.len() => _,
                a = out(reg) _,
                b = out(reg) _,
                c = out(reg) _,
                out("r0") _,
                options(nostack),
            );
        }
    }
    rest.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
}
