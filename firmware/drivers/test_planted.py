"""Faults that are planted in the driver are found: the model changes what the program writes, as if its source did."""
import unittest
from harness import BY_CRYSTAL, Run, erase, read, write
from stm32f4 import FLASH, PWR, RCC
from stm32f4_clocks import CFGR, CR as RCC_CR, CSSON, PLLCFGR, PLLON
from stm32f4_flash import ACR, CR, DCRST, ERRORS, KEYR, KEYS, LOCK, PG, SER, SR, STRT

SECTOR = 128 * 1024
DATA = bytes(range(1, 41))
COMMANDS = [write(0, DATA), read(0, 4), erase(0, SECTOR), read(0, 4), write(0, DATA), read(0, 40)]
LINES = [BY_CRYSTAL, "write: Ok(())", f"read: Ok({DATA[:4].hex()})", "erase: Ok(())", "read: Ok(ffffffff)", "write: Ok(())",
         f"read: Ok({DATA.hex()})"]


def changed(block, register, change):
    """Changes what is written to one register."""
    return lambda *write: change(write[2]) if write[:2] == (block, register) else write[2]


def without(bits):
    return lambda value: value & ~bits


def dropped(_):
    return None


# What is changed, on which board, and what of that is found.
PLANTED = {
    "no keys": (changed(FLASH, KEYR, dropped), {}, "Chip(Locked)"),
    "the keys the other way round": (changed(FLASH, KEYR, lambda key: KEYS[1 - KEYS.index(key)]), {}, "Chip(Locked)"),
    "words instead of bytes": (changed(FLASH, CR, lambda value: value | 2 << 8), {}, "Chip(Programming)"),
    "no programming": (changed(FLASH, CR, without(PG)), {}, "Chip(Programming)"),
    "no start of the erasure": (changed(FLASH, CR, without(STRT)), {}, "erased: []"),
    "erasure and programming at once": (
        changed(FLASH, CR, lambda value: value | PG if value & SER else value), {}, "an erasure with control"),
    "another sector": (changed(FLASH, CR, lambda value: value | 8 if value & SER else value), {}, "erased: [9]"),
    "not locked": (changed(FLASH, CR, without(LOCK)), {}, "the flash is left unlocked"),
    "locked at once": (changed(FLASH, CR, lambda value: value | LOCK), {}, "lines: "),
    "errors are not cleared": (changed(FLASH, SR, dropped), {"flash": {"status": ERRORS}}, "Err(Chip("),
    "no wait for the end": (None, {"flash": {"hides_busy": True}}, "while it is busy"),
    "the cache keeps what was erased": (changed(FLASH, ACR, without(DCRST)), {}, "lines: "),
    "the cache is reset while it is on": (
        changed(FLASH, ACR, lambda value: value | 1 << 10), {}, "the data cache is reset while it is on"),
    "no wait states": (changed(FLASH, ACR, without(7)), {}, "168 MHz with 0 wait states"),
    "a wait state too few": (changed(FLASH, ACR, lambda value: value - 1 if value & 7 else value), {}, "with 4 wait states"),
    "a loop of twice the frequency": (changed(RCC, PLLCFGR, lambda value: value + (168 << 6)), {}, "the loop's output is"),
    "an input of 4 MHz to the loop": (changed(RCC, PLLCFGR, lambda value: value - 3), {}, "the loop's input is"),
    "a bus of peripherals without its divider": (changed(RCC, CFGR, without(7 << 10)), {}, "APB1 at 168 MHz, of 42"),
    "the crystal is not measured": (
        None, {"clocks": {"crystal_hz": 25_000_000, "measured_hz": 12_000_000}}, "the loop's output is 700000000"),
    "the loop stays off": (changed(RCC, RCC_CR, without(PLLON)), {}, "lines: "),
    "nobody watches the crystal": (
        changed(RCC, RCC_CR, without(CSSON)), {"clocks": {"crystal_stops": 1.0}}, "the crystal stopped, and with it"),
    "the voltage for 84 MHz": (
        changed(PWR, 0, dropped), {"program": "stm32f411-25", "clocks": {"crystal_hz": 25_000_000}}, "the processor at 100 MHz"),
}


class Planted(unittest.TestCase):
    def test_nothing_planted(self):
        self.assertEqual(self.run_with(None, {}), [])

    def test_planted(self):
        for name, (tamper, rest, problem) in PLANTED.items():
            with self.subTest(name):
                problems = self.run_with(tamper, rest)
                self.assertIn(problem, "\n".join(problems))

    def run_with(self, tamper, rest):
        expected = {"lines": LINES, "erased": [8], "holds": {0: DATA}} | rest
        return Run(COMMANDS, tamper=tamper, **expected).problems


if __name__ == "__main__":
    unittest.main()
