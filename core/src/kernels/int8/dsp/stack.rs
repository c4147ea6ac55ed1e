//! Spilled values on the stack, without an FPU: 32 inputs, the address of the next ones, the end of the block and of
//! all inputs.

macro_rules! begin {
    () => {
        "sub sp, #48\n str r1, [sp, #40]"
    };
}

macro_rules! begin_block {
    () => {
        "add r1, r0, #256\n ldr r3, [sp, #40]\n cmp r1, r3\n it hi\n movhi r1, r3\n str r1, [sp, #36]"
    };
}

macro_rules! fetch {
    () => {
        concat!(
            "ldm r0!, {{r1, r3}}\n strd r1, r3, [sp]\n ldm r0!, {{r1, r3}}\n strd r1, r3, [sp, #8]\n",
            "ldm r0!, {{r1, r3}}\n strd r1, r3, [sp, #16]\n ldm r0!, {{r1, r3}}\n strd r1, r3, [sp, #24]\n",
            "str r0, [sp, #32]"
        )
    };
}

macro_rules! inputs {
    ($number:literal) => {
        concat!("ldr r1, [sp, #4 * ", $number, "]")
    };
}

macro_rules! compare_with_end_of_block {
    () => {
        "ldrd r0, r1, [sp, #32]\n cmp r0, r1"
    };
}

macro_rules! compare_with_end {
    () => {
        "ldr r0, [sp, #32]\n ldr r1, [sp, #40]\n cmp r0, r1"
    };
}

macro_rules! sums {
    () => {
        "ldr r3, [sp, #48]"
    };
}

macro_rules! end {
    () => {
        "add sp, #48"
    };
}

pub(super) use {begin, begin_block, compare_with_end, compare_with_end_of_block, end, fetch, inputs, sums};
