//! Overflows the stack on purpose. What must come of it is a fault, before a byte of anything else is changed.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::hint::black_box;
    use firmware::boards;
    use firmware::runtime::{entry, ram, semihosting};

    #[entry]
    fn main() -> ! {
        let _board = boards::start();
        semihosting::print(format_args!("overflowing a stack of {} bytes", ram::stack_bytes()));
        let sum = descend(u32::MAX);
        panic!("the stack had no end: {sum}");
    }

    /// Takes a little more of the stack with every call.
    #[inline(never)]
    fn descend(depth: u32) -> u32 {
        let frame = black_box([depth; 16]);
        if depth == 0 { frame[0] } else { descend(depth - 1).wrapping_add(black_box(frame)[15]) }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!(
        "overflow runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin overflow"
    );
}
