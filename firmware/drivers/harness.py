"""Runs the program `drivers` on the model of a chip, and says how that differs from what is expected.

The programs are in the folder that the variable DRIVERS names, by the board and its crystal: `stm32f405-12.elf`.
"""
import os
import pathlib
import struct
import nrf52840
import rp2040
import rp2350
import stm32f4
from cortex_m import Machine

MODELS = {"nrf52840": nrf52840.Chip, "rp2040": rp2040.Chip, "pico2": rp2350.Chip, "stm32f405": stm32f4.Chip,
          "stm32f411": stm32f4.Chip}
PROGRAMS = pathlib.Path(os.environ["DRIVERS"]).resolve()
BY_CRYSTAL = "stm32f405 at 168000000 Hz, Crystal"
BY_INTERNAL = "stm32f405 at 16000000 Hz, Internal"


def erase(start, end):
    return struct.pack("<cII", b"e", start, end)


def write(offset, data):
    return struct.pack("<cII", b"w", offset, len(data)) + data


def read(offset, length):
    return struct.pack("<cII", b"r", offset, length)


def store(address, number):
    return struct.pack("<cII", b"s", address, number)


def jump(address):
    return struct.pack("<cI", b"j", address)


class Run:
    """The board after `commands`, with the differences from what is expected as `problems`, a list of sentences.

    `lines` are those that it must print, where not None, `holds` maps offsets in its region to the bytes that must be there, and
    `erased` are the numbers of the sectors or pages. `chip` are arguments of the chip.
    """

    def __init__(self, commands=(), lines=None, holds=None, erased=None, resets=0, exit_code=0, program="stm32f405-12", **chip):
        name = program.split("-")[0]
        self.chip = MODELS[name](name, **chip)
        elf = (PROGRAMS / f"{program}.elf").read_bytes()
        self.machine = Machine(elf, self.chip, b"".join(commands))
        self.problems = []
        try:
            self.machine.run()
        except Exception as error:
            self.problems.append(f"{type(error).__name__}: {error}")
        self.problems += self.chip.violations
        self.expect("lines", [line for line in self.machine.lines if line], lines)
        self.expect("erased", self.chip.flash.erased, erased)
        self.expect("resets", self.machine.resets, resets)
        self.expect("exit code", self.machine.exit_code, exit_code)
        for offset, expected in (holds or {}).items():
            start = self.chip.PROGRAM_BYTES + offset
            self.expect(f"bytes at {offset:#x}", bytes(self.chip.flash.bytes[start:start + len(expected)]), expected)
        if exit_code == 0:
            self.problems += self.chip.after_start()

    def expect(self, what, found, expected):
        if expected is not None and found != expected:
            self.problems.append(f"{what}: {found}, not {expected}")
