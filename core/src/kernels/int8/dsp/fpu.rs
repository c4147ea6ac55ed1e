//! Spilled values in registers of the FPU: 32 inputs in s0 to s7, the address of the next ones in s8, the end of the
//! block in s9 and of all inputs in s10.

macro_rules! begin {
    () => {
        "vmov s10, r1"
    };
}

macro_rules! begin_block {
    () => {
        "add r1, r0, #256\n vmov r3, s10\n cmp r1, r3\n it hi\n movhi r1, r3\n vmov s9, r1"
    };
}

macro_rules! fetch {
    () => {
        "vldm r0!, {{s0-s7}}\n vmov s8, r0"
    };
}

macro_rules! inputs {
    ($number:literal) => {
        concat!("vmov r1, s", $number)
    };
}

macro_rules! compare_with_end_of_block {
    () => {
        "vmov r0, s8\n vmov r1, s9\n cmp r0, r1"
    };
}

macro_rules! compare_with_end {
    () => {
        "vmov r0, s8\n vmov r1, s10\n cmp r0, r1"
    };
}

macro_rules! sums {
    () => {
        "ldr r3, [sp]"
    };
}

macro_rules! end {
    () => {
        ""
    };
}

pub(super) use {begin, begin_block, compare_with_end, compare_with_end_of_block, end, fetch, inputs, sums};
