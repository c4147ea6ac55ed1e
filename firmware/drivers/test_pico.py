"""The start of the RP2040 and the RP2350, with their crystal and without, their external flash, and faults that are planted in
its driver."""
import itertools
import unittest
from harness import Run, erase, read, write

SECTOR, SECTORS = 4096, 98
DATA = bytes(range(1, 41))
# What each says at its start, and its first sector that holds no program.
CHIPS = {"rp2040": ("pico at 125000000 Hz, Crystal", 414), "pico2": ("pico2 at 150000000 Hz, Crystal", 926)}
ERASED, WRITTEN = "erase: Ok(())", "write: Ok(())"
NEVER = float("inf")


def found(data):
    return f"read: Ok({data.hex()})"


# What is done, what it says, and what else holds: the bytes, and the sectors that were erased, counted from that first one.
CASES = {
    "a new flash": ([read(0, 4), read(SECTORS * SECTOR - 4, 4)], [found(b"\xff" * 4)] * 2, {"erased": []}),
    "erase, write, read": (
        [erase(0, 2 * SECTOR), write(8, DATA), read(8, 40)], [ERASED, WRITTEN, found(DATA)],
        {"erased": [0, 1], "holds": {0: b"\xff" * 8 + DATA + b"\xff" * 208}}),
    "across the end of a page": (
        [write(236, DATA), read(236, 40)], [WRITTEN, found(DATA)],
        {"holds": {0: b"\xff" * 236 + DATA + b"\xff" * 236}}),
    "what a page holds already stays": (
        [write(0, DATA), write(40, DATA), write(216, DATA), read(0, 80)], [WRITTEN] * 3 + [found(DATA * 2)],
        {"holds": {0: DATA * 2 + b"\xff" * 136 + DATA}}),
    "a whole page": (
        [write(256, bytes(range(256)))], [WRITTEN], {"holds": {0: b"\xff" * 256 + bytes(range(256)) + b"\xff" * 256}}),
    "a write clears bits alone": (
        [write(0, b"\xf0\x0f\xaa\xff"), write(0, b"\x3c" * 4), read(0, 4)], [WRITTEN] * 2 + [found(b"\x30\x0c\x28\x3c")], {}),
    "what was read before an erasure is not read after it": (
        [write(0, DATA), read(0, 40), erase(0, SECTOR), read(0, 40)], [WRITTEN, found(DATA), ERASED, found(b"\xff" * 40)], {}),
    "the last sector alone": (
        [write((SECTORS - 1) * SECTOR - 40, DATA), write(SECTORS * SECTOR - 40, DATA),
         erase((SECTORS - 1) * SECTOR, SECTORS * SECTOR)],
        [WRITTEN] * 2 + [ERASED],
        {"erased": [SECTORS - 1], "holds": {(SECTORS - 1) * SECTOR - 40: DATA + b"\xff" * SECTOR}}),
    "a slot, at 0.4 s a sector, and the watchdog is fed": ([erase(0, 32 * SECTOR)], [ERASED], {"erased": [*range(32)]}),
    "nothing": (
        [erase(SECTOR, SECTOR), write(0, b""), write(40, b""), read(0, 0)], [ERASED, WRITTEN, WRITTEN, found(b"")],
        {"erased": []}),
    "not aligned": (
        [erase(4, SECTOR), erase(0, SECTOR - 4), write(2, DATA), write(0, DATA[:3])],
        ["erase: Err(NotAligned)"] * 2 + ["write: Err(NotAligned)"] * 2, {"erased": [], "holds": {0: b"\xff" * 48}}),
    "beyond the end": (
        [erase(0, (SECTORS + 1) * SECTOR), write(SECTORS * SECTOR, DATA), read(SECTORS * SECTOR, 1)],
        [f"{what}: Err(OutOfBounds)" for what in ("erase", "write", "read")], {"erased": []}),
}


def changed(function, change):
    """Changes the arguments of one function of the boot ROM, or drops the call."""
    return lambda name, *arguments: change(*arguments) if name == function else arguments


def dropped(*_):
    return None


# What is changed, and what of that is found.
PLANTED = {
    "not connected": (changed("connect_internal_flash", dropped), "the flash is not connected"),
    "not left": (changed("flash_exit_xip", dropped), "while it is read as memory"),
    "no flush": (changed("flash_flush_cache", dropped), "the cache is old"),
    "another sector": (changed("flash_range_erase", lambda address, *rest: (address + SECTOR, *rest)), "erased: ["),
    "the program": (changed("flash_range_erase", lambda _, *rest: (0, *rest)), "an erasure of 4096 bytes at 0x0"),
    "a page of the flash": (changed("flash_range_program", lambda to, _, *rest: (to, 0x1000_0000, *rest)), "not in RAM"),
    "half a page": (changed("flash_range_program", lambda to, data, count, _: (to, data, count // 2, 0)), "a write of 128 bytes"),
    "no write": (changed("flash_range_program", dropped), "bytes at 0x0: "),
}
# The same of one chip.
PREPARING = {
    "rp2040": (changed("second_stage", dropped), "Fault"),
    "pico2": (changed("flash_select_xip_read_mode", dropped), "the flash is not prepared to be read"),
}


def run(chip, commands, lines, erased=None, **rest):
    """Differences from the expected state."""
    started, first = CHIPS[chip]
    erased = erased if erased is None else [first + sector for sector in erased]
    return Run(commands, [started] + lines, program=chip, erased=erased, **rest).problems


class Pico(unittest.TestCase):
    def test_starts(self):
        for chip in CHIPS:
            with self.subTest(chip):
                self.assertEqual(run(chip, [], [], crystal_start=0.02), [])

    def test_no_crystal(self):
        for chip in CHIPS:
            with self.subTest(chip):
                stopped = Run(program=chip, exit_code=1, crystal_start=NEVER)
                self.assertEqual(stopped.problems, [])
                self.assertIn("the crystal does not start", "\n".join(stopped.machine.lines))
                # Not before it could have started.
                self.assertGreater(stopped.chip.seconds, 0.3)

    def test_flash(self):
        for chip, (name, (commands, lines, rest)) in itertools.product(CHIPS, CASES.items()):
            with self.subTest(name, chip=chip):
                self.assertEqual(run(chip, commands, lines, **rest), [])

    def test_planted(self):
        commands = [write(0, DATA), erase(0, SECTOR), write(0, DATA)]
        for chip in CHIPS:
            planted = {"nothing": (None, None), **PLANTED, "it is not prepared to be read": PREPARING[chip]}
            for name, (tamper, problem) in planted.items():
                with self.subTest(name, chip=chip):
                    problems = run(chip, commands, [WRITTEN, ERASED, WRITTEN], [0], holds={0: DATA}, tamper=tamper)
                    self.assertIn(problem, "\n".join(problems)) if problem else self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main()
