"""The start of the nRF52840, its flash, and faults that are planted in its driver."""
import unittest
from harness import Run, erase, read, write
from nrf52840 import CLOCK, CONFIG, DEBUG_DISABLE, ERASEPAGE, ERASING, HALF_ERASED, NVMC, OPEN, UNWRITTEN, WRITING
from test_planted import changed, dropped

PAGE, PAGES, FIRST = 4096, 74, 0xB6
DATA = bytes(range(1, 41))
BY_CRYSTAL, BY_INTERNAL = "nrf52840-dk at 64000000 Hz, Crystal", "nrf52840-dk at 64000000 Hz, Internal"
ERASED, WRITTEN = "erase: Ok(())", "write: Ok(())"
NEVER = float("inf")


def found(data):
    return f"read: Ok({data.hex()})"


# What the chip is, what it says, and what else holds.
STARTS = {
    "an old chip": ({"build": b"AAD0"}, [BY_CRYSTAL], 0),
    "one that closes its debug port, the first time": ({"build": b"AAF0"}, [BY_CRYSTAL], 1),
    "and every other time": ({"build": b"AAF0", "debug_word": OPEN}, [BY_CRYSTAL], 0),
    "a port that was closed on purpose": ({"build": b"AAF0", "debug_word": 0}, [BY_CRYSTAL], 0),
    "a crystal that starts after 50 ms": ({"crystal_start": 0.05}, [BY_CRYSTAL], 0),
    "a crystal that never starts": ({"crystal_start": NEVER}, [BY_INTERNAL], 0),
}
CASES = {
    "erase, write, read": (
        [erase(0, 2 * PAGE), write(8, DATA), read(8, 40)], [ERASED, WRITTEN, found(DATA)],
        {"erased": [FIRST, FIRST + 1], "holds": {0: b"\xff" * 8 + DATA + b"\xff" * 8}}),
    "the last page alone": (
        [write((PAGES - 1) * PAGE - 40, DATA), write((PAGES - 1) * PAGE, DATA), erase((PAGES - 1) * PAGE, PAGES * PAGE)],
        [WRITTEN] * 2 + [ERASED], {"erased": [FIRST + PAGES - 1], "holds": {(PAGES - 1) * PAGE - 40: DATA + b"\xff" * 40}}),
    "a write clears bits alone": (
        [write(0, b"\xf0\x0f\xaa\xff"), write(0, b"\x3c" * 4), read(0, 4)], [WRITTEN] * 2 + [found(b"\x30\x0c\x28\x3c")], {}),
    "beyond the end": (
        [erase(0, (PAGES + 1) * PAGE), write(PAGES * PAGE, DATA), read(PAGES * PAGE, 1)],
        [f"{what}: Err(Rule(OutOfBounds))" for what in ("erase", "write", "read")], {"erased": []}),
    "an erasure that does not end": (
        [erase(0, 2 * PAGE)], ["erase: Err(Timeout)"],
        {"flash": {"stuck": 1}, "erased": [], "holds": {0: bytes([HALF_ERASED]), PAGE: b"\xff"}}),
}
PLANTED = {
    "writing is not enabled": (changed(NVMC, CONFIG, lambda mode: None if mode == WRITING else mode), {}, "written in mode 0"),
    "erasing is not enabled": (changed(NVMC, CONFIG, lambda mode: None if mode == ERASING else mode), {}, "in mode 0"),
    "writing stays enabled": (changed(NVMC, CONFIG, lambda mode: mode or None), {}, "the flash is left unlocked"),
    "another page": (changed(NVMC, ERASEPAGE, lambda address: address + PAGE), {}, f"erased: [{FIRST + 1}]"),
    "no page": (changed(NVMC, ERASEPAGE, dropped), {}, "erased: []"),
    "no wait for the end": (None, {"flash": {"hides_busy": True}}, "while it is busy"),
    "the crystal is not started": (changed(CLOCK, 0, dropped), {}, "lines: "),
    "the debug port is not opened": (
        changed(CLOCK, DEBUG_DISABLE, dropped), {"build": b"AAF0", "debug_word": OPEN}, "the debug port is not"),
}


class Nrf52840(unittest.TestCase):
    def test_starts(self):
        for name, (chip, lines, resets) in STARTS.items():
            with self.subTest(name):
                run = Run(lines=lines, program="nrf52840-dk", resets=resets, **chip)
                self.assertEqual(run.problems, [])
                if chip.get("debug_word", UNWRITTEN) == UNWRITTEN:
                    self.assertEqual(run.chip.debug_word, OPEN if resets else UNWRITTEN)

    def test_flash(self):
        for name, (commands, lines, rest) in CASES.items():
            with self.subTest(name):
                self.assertEqual(Run(commands, [BY_CRYSTAL] + lines, program="nrf52840-dk", **rest).problems, [])

    def test_planted(self):
        commands = [write(0, DATA), erase(0, PAGE), write(0, DATA)]
        expected = {"lines": [BY_CRYSTAL, WRITTEN, ERASED, WRITTEN], "erased": [FIRST], "holds": {0: DATA}}
        for name, (tamper, chip, problem) in [("nothing", (None, {}, None)), *PLANTED.items()]:
            with self.subTest(name):
                problems = Run(commands, program="nrf52840-dk", tamper=tamper, **expected, **chip).problems
                self.assertIn(problem, "\n".join(problems)) if problem else self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main()
