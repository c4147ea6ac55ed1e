"""Common model of an RP2040 and an RP2350, as far as their start and their flash go: crystal, loops, clocks, resets and
watchdog, by the *RP2040 Datasheet*, 2.14 to 2.18 and 4.7. They are ready at once, but for the crystal; frequencies are not
checked. Of the boot ROM, 2.8.3, there are the functions for the flash. Where the registers are is said by rp2040.py and rp2350.py.
"""
from pico_flash import FUNCTIONS

PORT = 0xD000_0000
BLOCK = 0x4000
# What is written there sets, or clears, or toggles bits of the register at the address below.
TOGGLE, SET, CLEAR = 0x1000, 0x2000, 0x3000
RESET_DONE, OSCILLATOR_STATUS, LOOP_STATUS, WATCHDOG_LOAD = 0x8, 0x4, 0x0, 0x4
ALL_BLOCKS = 0x1FFF_FFFF
STABLE = LOCKED = 1 << 31
ENABLED = 0xFAB << 12
# Of each clock, its control and what it selected, a bit for each source.
REFERENCE, SYSTEM, SELECTED = 0x30, 0x3C, 8
WATCHDOG_ENABLED = 1 << 30
# The ring oscillator, at its fastest.
HZ = 12_000_000
CRYSTAL_START = 1e-3
NEVER = float("inf")
# Of the boot ROM: the function that looks for others, and those, each of which is an instruction that returns.
ROM_BYTES, LOOK_UP, FIRST, RETURN, THUMB = 0x1000, 0x100, 0x110, b"\x70\x47", 1


class Chip:
    """A chip whose crystal takes `crystal_start` seconds. `tamper` is that of its flash.

    A subclass has the addresses of `RESETS`, `CLOCKS`, `OSCILLATOR`, `LOOPS` and `WATCHDOG`, and of the registers of its
    `FLASH_BLOCK`, `Flash`, what a machine needs of a chip, and the seconds after which a watchdog that is not fed resets it.
    """

    FLASH = 0x1000_0000

    def __init__(self, name, crystal_start=CRYSTAL_START, tamper=None):
        self.crystal_start, self.violations, self.machine, self.cycles, self.seconds = crystal_start, [], None, 0, 0.0
        self.flash, self.fed_at = self.Flash(self, tamper), None

    def violation(self, text):
        if text not in self.violations:
            self.violations.append(text)

    def reset(self):
        self.flash.reset()
        # All blocks are held in reset.
        self.registers, self.crystal_at = {self.RESETS: ALL_BLOCKS}, NEVER

    def advance(self, cycles):
        self.wait(cycles / HZ)

    def wait(self, seconds):
        self.cycles += seconds * HZ
        self.seconds += seconds
        if self.fed_at is not None and self.seconds > self.fed_at + self.WATCHDOG_SECONDS:
            self.violation("the watchdog is not fed in time")

    def call(self, address, *arguments):
        """Performs a function of the boot ROM, and returns its result."""
        if address == LOOK_UP:
            return self.function(arguments[self.CODE_ARGUMENT].to_bytes(4, "little").rstrip(b"\0"))
        return self.flash.call(list(FUNCTIONS.values())[(address - FIRST) // 16], *arguments)

    @staticmethod
    def function(code):
        """The address of a function of the boot ROM."""
        return FIRST + 16 * list(FUNCTIONS).index(code) | THUMB

    def read(self, address, size):
        if address & -BLOCK == self.FLASH_BLOCK:
            return self.flash.read(address % BLOCK)
        block, register = address & -BLOCK, address % BLOCK % TOGGLE
        value = self.registers.get(block + register, 0)
        if (block, register) == (self.RESETS, RESET_DONE):
            return ~self.registers[self.RESETS] & ALL_BLOCKS
        if (block, register) == (self.OSCILLATOR, OSCILLATOR_STATUS):
            return STABLE if self.seconds >= self.crystal_at else 0
        if block in self.LOOPS and register == LOOP_STATUS:
            return value | LOCKED
        if block == self.CLOCKS and register in (REFERENCE + SELECTED, SYSTEM + SELECTED):
            source = self.registers.get(block + register - SELECTED, 0)
            return 1 << (source & (3 if register == REFERENCE + SELECTED else 1))
        if block == self.CLOCKS and register <= 0x80 and register % 12 == SELECTED:
            return 1
        return value

    def write(self, address, size, value):
        if address & -BLOCK == self.FLASH_BLOCK:
            return self.flash.write(address % BLOCK, value)
        kind = address % BLOCK & CLEAR if address < PORT else 0
        address -= kind
        before = self.registers.get(address, 0)
        value = {0: value, TOGGLE: before ^ value, SET: before | value, CLEAR: before & ~value}[kind]
        self.registers[address] = value
        if address == self.WATCHDOG + WATCHDOG_LOAD:
            self.fed_at = self.seconds
        if address == self.OSCILLATOR and value & 0xFF_F000 == ENABLED and self.crystal_at == NEVER:
            self.crystal_at = self.seconds + self.crystal_start

    def flash_read(self, address, size):
        return self.flash.load(address - self.FLASH, size)

    def flash_write(self, address, size, value):
        self.violation(f"a store to {address:#x}")

    def after_start(self):
        """Violations of the conditions that hold after every start."""
        yield from self.flash.after_start()
        if not self.registers.get(self.WATCHDOG, 0) & WATCHDOG_ENABLED:
            yield "the watchdog is not started"
