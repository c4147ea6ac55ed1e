"""The start of the RP2040: with its crystal, and without. It has no driver for its flash."""
import unittest
from harness import PROGRAMS
from cortex_m import CORTEX_M0, Machine
from rp2040 import Chip

PROGRAM = PROGRAMS / "rp2040.elf"


def lines(**chip):
    machine = Machine(PROGRAM.read_bytes(), Chip("rp2040", **chip), processor=CORTEX_M0)
    machine.run()
    return machine.lines, machine.exit_code, machine.chip


class Rp2040(unittest.TestCase):
    def test_starts(self):
        printed, code, _ = lines(crystal_start=0.02)
        self.assertEqual((printed[0], code), ("pico at 125000000 Hz, Crystal", 0))

    def test_no_crystal(self):
        printed, code, chip = lines(crystal_start=float("inf"))
        self.assertEqual(code, 1)
        self.assertIn("the crystal does not start", "\n".join(printed))
        # Not before it could have started.
        self.assertGreater(chip.seconds, 0.3)


if __name__ == "__main__":
    unittest.main()
