//! The look-up of bytes in a table.

use core::arch::asm;

/// Four bytes in a register, if not all of them are zero, and where they belong.
macro_rules! word {
    ($bytes:literal, $offset:literal) => {
        concat!(
            "cbz ",
            $bytes,
            ", 3f\n",
            "uxtb {a}, ",
            $bytes,
            "\n ubfx {b}, ",
            $bytes,
            ", #8, #8\n",
            "ubfx {c}, ",
            $bytes,
            ", #16, #8\n lsr ",
            $bytes,
            ", ",
            $bytes,
            ", #24\n",
            "ldrb {a}, [{table}, {a}]\n ldrb {b}, [{table}, {b}]\n",
            "ldrb {c}, [{table}, {c}]\n ldrb ",
            $bytes,
            ", [{table}, ",
            $bytes,
            "]\n",
            "orr {a}, {a}, {b}, lsl #8\n orr {a}, {a}, {c}, lsl #16\n orr {a}, {a}, ",
            $bytes,
            ", lsl #24\n",
            "str {a}, [{words}, #",
            $offset,
            "]\n",
            "3:\n",
        )
    };
}

/// `bytes[i]` = `table[bytes[i]]`, four at a time; four zeros are skipped where the table maps zero to zero.
pub(in crate::kernels) fn look_up(table: &[u8; 256], bytes: &mut [u8]) {
    if table[0] != 0 {
        return one_at_a_time(table, bytes);
    }
    // SAFETY: any bytes are words, and any words bytes.
    let (before, words, after) = unsafe { bytes.align_to_mut::<[u32; 4]>() };
    one_at_a_time(table, before);
    one_at_a_time(table, after);
    if !words.is_empty() {
        // SAFETY: reads and writes the words, and reads the table.
        unsafe {
            asm!(
                // r0 to r3 because `cbz` takes low registers only, and `ldm` loads them in order.
                "2:",
                "ldmia {words}!, {{r0-r3}}",
                word!("r0", "-16"),
                word!("r1", "-12"),
                word!("r2", "-8"),
                word!("r3", "-4"),
                "subs {left}, {left}, #1",
                "bne 2b",
                table = in(reg) table.as_ptr(),
                words = inout(reg) words.as_mut_ptr() => _,
                left = inout(reg) words.len() => _,
                a = out(reg) _,
                b = out(reg) _,
                c = out(reg) _,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _,
                options(nostack),
            );
        }
    }
}

#[inline(never)]
fn one_at_a_time(table: &[u8; 256], bytes: &mut [u8]) {
    bytes.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
}
