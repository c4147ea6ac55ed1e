"""Nordic's flash, and faults on an Armv6-M, on the micro:bit that QEMU simulates with its flash controller.

The driver is the nRF52840's; the registers of the nRF51's controller are the same, at the same addresses, and its pages are
smaller. QEMU's controller is always ready, erases to 0xff, clears bits, and ignores a store while it only lets read.
"""
import pathlib
import subprocess
import tempfile
import unittest
from harness import PROGRAMS, erase, jump, read, store, write

PAGE, PAGES, REGION = 1024, 8, 0x3E000
DATA = bytes(range(1, 41))
START, ERASED, WRITTEN, STORED = "microbit at 0 Hz, Internal", "erase: Ok(())", "write: Ok(())", "stored"
EVERYTHING = erase(0, PAGES * PAGE)
# What a program takes at most, and what it does without end is killed after.
SECONDS = 20


def found(data):
    return f"read: Ok({data.hex()})"


CASES = {
    "erase, write, read": (
        [EVERYTHING, read(0, 8), write(8, DATA), read(0, 56)],
        [ERASED, found(b"\xff" * 8), WRITTEN, found(b"\xff" * 8 + DATA + b"\xff" * 8)]),
    "one page alone": (
        [EVERYTHING, write(PAGE - 40, DATA), write(PAGE, DATA), write(2 * PAGE, DATA), erase(PAGE, 2 * PAGE),
         read(PAGE - 40, 80), read(2 * PAGE, 40)],
        [ERASED] + [WRITTEN] * 3 + [ERASED, found(DATA + b"\xff" * 40), found(DATA)]),
    "the last bytes": (
        [EVERYTHING, write(PAGES * PAGE - 40, DATA), read(PAGES * PAGE - 40, 40)], [ERASED, WRITTEN, found(DATA)]),
    "a write clears bits alone": (
        [EVERYTHING, write(0, b"\xf0\x0f\xaa\xff"), write(0, b"\x3c" * 4), read(0, 4)],
        [ERASED, WRITTEN, WRITTEN, found(b"\x30\x0c\x28\x3c")]),
    "a store past the driver changes nothing, before and after": (
        [EVERYTHING, store(REGION, 0), write(4, DATA), store(REGION, 0), read(0, 44)],
        [ERASED, STORED, WRITTEN, STORED, found(b"\xff" * 4 + DATA)]),
    "not aligned": (
        [EVERYTHING, erase(4, PAGE), write(2, DATA), write(0, DATA[:3]), read(0, 44)],
        [ERASED, "erase: Err(Rule(NotAligned))"] + ["write: Err(Rule(NotAligned))"] * 2 + [found(b"\xff" * 44)]),
    "beyond the end": (
        [EVERYTHING, erase(0, (PAGES + 1) * PAGE), write(PAGES * PAGE - 4, DATA), read(PAGES * PAGE, 1), read(PAGES * PAGE - 4, 4)],
        [ERASED] + [f"{what}: Err(Rule(OutOfBounds))" for what in ("erase", "write", "read")] + [found(b"\xff" * 4)]),
}
# Where the program jumps, which is no memory, no Thumb code, and a pointer that was never set.
WRONG = [0x6000_0001, 0x2100_0000, 0]


def run(program, *options, machine="microbit", commands=()):
    """Output of QEMU, and its exit code; a reset ends it with 0, and a processor that locks up with a signal."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "commands").write_bytes(b"".join(commands))
        command = ["qemu-system-arm", "-machine", machine, "-nographic", "-monitor", "none", "-serial", "none", "-no-reboot",
                   *options, "-kernel", PROGRAMS / f"{program}.elf"]
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        return done.stdout.splitlines(), done.returncode


class Microbit(unittest.TestCase):
    def test_flash(self):
        for name, (commands, lines) in CASES.items():
            with self.subTest(name):
                self.assertEqual(run("microbit", "-semihosting", commands=commands), ([START] + lines, 0))

    def test_faults(self):
        for address in WRONG:
            with self.subTest(f"a jump to {address:#x}"):
                lines, code = run("microbit", "-semihosting", commands=[jump(address)])
                self.assertEqual(lines, [START, f"fault at {address & ~1:#010x}, CFSR 0x00000000"])
                self.assertEqual(code, 1)

    def test_overflow(self):
        lines, code = run("microbit-overflow", "-semihosting")
        self.assertEqual((lines[1:], code), (["stack overflow at 0x20000000, CFSR 0x00000000"], 1))

    def test_resets_without_host(self):
        """Without a host the question to it is stepped over, and a panic or an overflow ends in a reset."""
        for program, machine in (("microbit", "microbit"), ("microbit-overflow", "microbit"), ("stm32f405-12", "netduinoplus2")):
            with self.subTest(program):
                self.assertEqual(run(program, machine=machine), ([], 0))


if __name__ == "__main__":
    unittest.main()
