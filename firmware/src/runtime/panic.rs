//! Panic handler: reports to the debug probe and the host, then exits where there is a host, and else raises a fault.

use super::{asm, semihosting};
use crate::log;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    log::print(format_args!("{info}"));
    semihosting::exit(false);
    fault()
}

/// Does what no processor knows.
fn fault() -> ! {
    #[cfg(target_arch = "arm")]
    asm::udf();
    #[cfg(target_arch = "riscv32")]
    loop {
        asm::wfi();
    }
}
