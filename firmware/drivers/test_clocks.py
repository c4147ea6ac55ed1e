"""The start of the board, with clocks of every kind."""
import unittest
from harness import BY_CRYSTAL, BY_INTERNAL, Run

MHZ = 1_000_000
NEVER = float("inf")

# What the clocks are, and what the board says.
STARTS = {
    "as configured": ({}, BY_CRYSTAL),
    "a crystal that starts after 90 ms": ({"crystal_start": 0.09}, BY_CRYSTAL),
    "a crystal that never starts": ({"crystal_start": NEVER}, BY_INTERNAL),
    "no crystal": ({"crystal_hz": 0}, BY_INTERNAL),
    "a crystal of 8 MHz": ({"crystal_hz": 8 * MHZ}, BY_INTERNAL),
    "a crystal of 16 MHz": ({"crystal_hz": 16 * MHZ}, BY_INTERNAL),
    "a crystal of 25 MHz": ({"crystal_hz": 25 * MHZ}, BY_INTERNAL),
    "the oscillator inside too slow": ({"internal_error": -0.08}, BY_CRYSTAL),
    "the oscillator inside too fast": ({"internal_error": 0.045}, BY_CRYSTAL),
    "a loop that never locks": ({"locks": 0}, BY_INTERNAL),
    "a loop that locks once": ({"locks": 1}, BY_CRYSTAL),
    "the crystal stops while it is measured": ({"crystal_stops": 2.005e-3}, BY_INTERNAL),
    "a start by a jump from a program on the loop": ({"jumped": True}, BY_CRYSTAL),
    "such a jump, and then the loop does not lock": ({"jumped": True, "locks": 0}, BY_INTERNAL),
}
# What ends in a report.
FAILURES = {
    "the clock does not change to the loop": ({"switches": False}, "the clock does not change to the crystal's"),
    "a jump, and the oscillator inside does not start": (
        {"jumped": True, "internal_starts": False}, "the oscillator inside the chip does not start"),
    "a jump, and the loop does not stop": ({"jumped": True, "loop_stops": False}, "the clock's loop does not stop"),
}
# Programs for other crystals and another chip, what they are given, and what they say.
PROGRAMS = {
    "stm32f405-8": (8, BY_CRYSTAL),
    "stm32f405-25": (25, BY_CRYSTAL),
    "stm32f411-25": (25, "stm32f411 at 100000000 Hz, Crystal"),
}


class Starts(unittest.TestCase):
    def test_starts(self):
        for name, (clocks, line) in STARTS.items():
            with self.subTest(name):
                self.assertEqual(Run(lines=[line], clocks=clocks).problems, [])

    def test_failures(self):
        for name, (clocks, cause) in FAILURES.items():
            with self.subTest(name):
                run = Run(clocks=clocks, exit_code=1)
                self.assertEqual(run.problems, [])
                self.assertIn(cause, "\n".join(run.machine.lines))

    def test_programs(self):
        for program, (megahertz, line) in PROGRAMS.items():
            with self.subTest(program):
                clocks = {"crystal_hz": megahertz * MHZ}
                self.assertEqual(Run(lines=[line], program=program, clocks=clocks).problems, [])

    def test_input_of_the_loop(self):
        """It is 2 MHz where the crystal allows it, as RM0090 recommends."""
        for program, crystal, expected in (("stm32f405-12", 12, 2), ("stm32f405-8", 8, 2), ("stm32f405-25", 25, 1)):
            with self.subTest(program):
                run = Run(program=program, clocks={"crystal_hz": crystal * MHZ})
                self.assertEqual(run.chip.clocks.loop()["input"], expected * MHZ)


if __name__ == "__main__":
    unittest.main()
