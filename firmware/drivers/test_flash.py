"""The flash: what it holds and what is reported, as the driver is told to erase, to write and to read."""
import unittest
from harness import BY_CRYSTAL, BY_INTERNAL, Run, erase, read, store, write
from stm32f4_flash import ERRORS, HALF_ERASED, PGAERR, PGPERR, PGSERR, WRPERR

SECTOR = 128 * 1024
# The sectors of the region, by their numbers in the chip, and where the region starts.
FIRST, REGION = 8, 0x0808_0000
DATA = bytes(range(1, 41))
ERASED, WRITTEN, STORED = "erase: Ok(())", "write: Ok(())", "stored"


def found(data):
    return f"read: Ok({data.hex()})"


def failed(what, cause):
    return f"{what}: Err({cause})"


# What is done, what it says, and what else holds: the chip, the bytes, the sectors that were erased.
CASES = {
    "a new chip": ([read(0, 4), read(4 * SECTOR - 4, 4)], [found(b"\xff" * 4)] * 2, {"erased": []}),
    "erase, write, read": (
        [erase(0, SECTOR), write(8, DATA), read(8, 40)], [ERASED, WRITTEN, found(DATA)],
        {"erased": [FIRST], "holds": {0: b"\xff" * 8 + DATA + b"\xff" * 8}}),
    "every sector by its number": ([erase(0, 4 * SECTOR)], [ERASED], {"erased": [8, 9, 10, 11]}),
    "the last sector alone": (
        [write(0, DATA), write(3 * SECTOR, DATA), erase(3 * SECTOR, 4 * SECTOR)], [WRITTEN] * 2 + [ERASED],
        {"erased": [11], "holds": {0: DATA, 3 * SECTOR: b"\xff" * 40}}),
    "the last bytes": ([write(4 * SECTOR - 40, DATA)], [WRITTEN], {"holds": {4 * SECTOR - 40: DATA}}),
    "a write clears bits alone": (
        [write(0, b"\xf0\x0f\xaa\xff"), write(0, b"\x3c\x3c\x3c\x3c"), read(0, 4)],
        [WRITTEN] * 2 + [found(b"\x30\x0c\x28\x3c")], {}),
    "what was read before an erasure is not read after it": (
        [write(0, DATA), read(0, 40), erase(0, SECTOR), read(0, 40)], [WRITTEN, found(DATA), ERASED, found(b"\xff" * 40)], {}),
    "what was read before a write is not read after it": (
        [read(0, 40), write(0, DATA), read(0, 40)], [found(b"\xff" * 40), WRITTEN, found(DATA)], {}),
    "nothing": ([erase(SECTOR, SECTOR), write(0, b""), read(0, 0)], [ERASED, WRITTEN, found(b"")], {"erased": []}),
    "not aligned": (
        [erase(4, SECTOR), erase(0, SECTOR - 4), write(2, DATA), write(0, DATA[:3])],
        [failed("erase", "Rule(NotAligned)")] * 2 + [failed("write", "Rule(NotAligned)")] * 2,
        {"erased": [], "holds": {0: b"\xff" * 48}}),
    "beyond the end": (
        [erase(0, 5 * SECTOR), write(4 * SECTOR - 4, DATA), read(4 * SECTOR, 1), erase(SECTOR, 0)],
        [failed(what, "Rule(OutOfBounds)") for what in ("erase", "write", "read", "erase")], {"erased": []}),
    "errors of before are not errors of now": (
        [erase(0, SECTOR), write(0, DATA)], [ERASED, WRITTEN], {"flash": {"status": ERRORS}, "holds": {0: DATA}}),
    "left unlocked by what ran before": (
        [erase(0, SECTOR), write(0, DATA)], [ERASED, WRITTEN], {"flash": {"unlocked": True}, "holds": {0: DATA}}),
    "does not unlock": (
        [erase(0, SECTOR), write(0, DATA), read(0, 4)],
        [failed("erase", "Chip(Locked)"), failed("write", "Chip(Locked)"), found(b"\xff" * 4)],
        {"flash": {"key_lost": True}, "erased": [], "holds": {0: b"\xff" * 40}}),
    "a protected sector": (
        [erase(0, 2 * SECTOR), write(SECTOR, DATA), write(0, DATA), erase(0, SECTOR)],
        [failed("erase", "Chip(WriteProtection)"), failed("write", "Chip(WriteProtection)"), WRITTEN, ERASED],
        {"flash": {"protected": [FIRST + 1]}, "erased": [FIRST, FIRST], "holds": {SECTOR: b"\xff" * 40}}),
    "an erasure that does not end": (
        [erase(0, 2 * SECTOR), erase(SECTOR, 2 * SECTOR), write(2 * SECTOR, DATA)],
        [failed("erase", "Chip(Timeout)")] * 2 + [failed("write", "Chip(Timeout)")],
        {"flash": {"stuck": 1}, "erased": [], "holds": {0: bytes([HALF_ERASED]), SECTOR: b"\xff", 2 * SECTOR: b"\xff"}}),
    "a write that does not end": ([write(0, DATA)], [failed("write", "Chip(Timeout)")], {"flash": {"stuck": 5}}),
    "a store past the driver changes nothing, before and after": (
        [store(REGION, 0), write(4, DATA), store(REGION, 0), write(64, DATA)], [STORED, WRITTEN, STORED, WRITTEN],
        {"holds": {0: b"\xff" * 4 + DATA, 64: DATA}}),
    "without a crystal": (
        [erase(0, SECTOR), write(0, DATA), read(0, 40)], [ERASED, WRITTEN, found(DATA)], {"clocks": {"crystal_hz": 0}}),
    "the crystal stops in an erasure": (
        [write(SECTOR, DATA), erase(0, SECTOR), read(SECTOR, 40), read(0, 1)],
        # It starts anew, and so do the commands.
        [WRITTEN, BY_INTERNAL, WRITTEN, ERASED, found(DATA), found(b"\xff")],
        {"clocks": {"crystal_stops": 1.0}, "resets": 1, "erased": [FIRST], "holds": {0: b"\xff", SECTOR: DATA}}),
}
for error, name, cause in ((PGSERR, "sequence", "Programming"), (PGPERR, "parallelism", "Programming"),
                           (PGAERR, "alignment", "Programming"), (WRPERR, "protection", "WriteProtection")):
    CASES[f"an error of {name} in the fifth byte, and then none"] = (
        [write(0, DATA), write(64, DATA)], [failed("write", f"Chip({cause})"), WRITTEN],
        {"flash": {"errors": {5: error}}, "holds": {0: DATA[:4] + b"\xff" * 36, 64: DATA}})


class Flash(unittest.TestCase):
    def test_cases(self):
        for name, (commands, lines, rest) in CASES.items():
            with self.subTest(name):
                start = BY_INTERNAL if rest.get("clocks") == {"crystal_hz": 0} else BY_CRYSTAL
                self.assertEqual(Run(commands, [start] + lines, **rest).problems, [])

    def test_other_chip(self):
        """Of an STM32F411 the region is the last two sectors of 512 KB."""
        run = Run([erase(0, 2 * SECTOR), write(SECTOR, DATA)], program="stm32f411-25", clocks={"crystal_hz": 25_000_000},
                  lines=["stm32f411 at 100000000 Hz, Crystal", ERASED, WRITTEN], erased=[6, 7], holds={SECTOR: DATA})
        self.assertEqual(run.problems, [])

    def test_time(self):
        """A wait is given up after the longest erasure, of 4 s, and not long after it."""
        run = Run([erase(0, SECTOR)], flash={"stuck": 1})
        self.assertTrue(4 < run.chip.seconds < 10, run.chip.seconds)


if __name__ == "__main__":
    unittest.main()
