"""Runs the program `drivers` on the model of a chip, and says how that differs from what is expected.

The programs are in the folder that the variable DRIVERS names, by the board and its crystal: `stm32f405-12.elf`.
"""
import os
import pathlib
import struct
from cortex_m4 import Machine
from stm32f4 import Chip
from stm32f4_flash import LOCK

PROGRAMS = pathlib.Path(os.environ["DRIVERS"])
BAUD = 115_200
# What a receiver bears, half of it on each side: 2 % is common.
BAUD_TOLERANCE = 0.005
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

    `lines` are those that it must print, where not None, and `holds` maps offsets in its region to the bytes that must be there.
    """

    def __init__(self, commands=(), lines=None, holds=None, erased=None, resets=0, exit_code=0, program="stm32f405-12",
                 tamper=None, clocks=None, flash=None):
        name = program.split("-")[0]
        self.chip = Chip(name, tamper, clocks, flash)
        elf = (PROGRAMS / f"{program}.elf").read_bytes()
        self.machine = Machine(elf, self.chip, b"".join(commands))
        self.problems = []
        try:
            self.machine.run()
        except Exception as error:
            self.problems.append(f"{type(error).__name__}: {error}")
        self.problems += self.chip.violations
        printed = [line for line in self.machine.lines if line]
        self.expect("lines", printed, lines)
        self.expect("erased", self.chip.flash.erased, erased)
        self.expect("resets", self.machine.resets, resets)
        self.expect("exit code", self.machine.exit_code, exit_code)
        for offset, expected in (holds or {}).items():
            start = self.chip.PROGRAM_BYTES + offset
            self.expect(f"bytes at {offset:#x}", bytes(self.chip.flash.bytes[start:start + len(expected)]), expected)
        if exit_code == 0:
            self.expect_started()

    def expect(self, what, found, expected):
        if expected is not None and found != expected:
            self.problems.append(f"{what}: {found}, not {expected}")

    def expect_started(self):
        """What holds after every start: the flash is locked unless it is stuck, and the line has its rate."""
        if self.chip.flash.busy_until is None and not self.chip.flash.control & LOCK:
            self.problems.append("the flash is left unlocked")
        nominal = 1 + (self.chip.clocks.internal_hz / 16e6 - 1) * (self.chip.clocks.source == 0)
        if not abs(self.chip.baud / nominal / BAUD - 1) < BAUD_TOLERANCE:
            self.problems.append(f"the line has {self.chip.baud:.0f} baud")
