"""nRF52840 as far as its crystal, its flash and its debug port go, by Nordic's *nRF52840 Product Specification*, CLOCK, NVMC and
"Debug and trace"."""
from cortex_m import CORTEX_M4

CLOCK, UARTE, NVMC, PORT, INFORMATION, CONFIGURATION = (
    0x4000_0000, 0x4000_2000, 0x4001_E000, 0x5000_0000, 0x1000_0000, 0x1000_1000)
BLOCK = 0x1000
HFCLKSTART, HFCLKSTARTED, DEBUG_DISABLE = 0x000, 0x100, 0x558
READY, CONFIG, ERASEPAGE, ICACHECNF = 0x400, 0x504, 0x508, 0x540
READING, WRITING, ERASING = 0, 1, 2
VARIANT, APPROTECT, BAUDRATE = 0x104, 0x208, 0x524
OPEN, UNWRITTEN = 0x5A, 0xFFFF_FFFF
CRYSTAL_START, WRITE_TIME, ERASE_TIME = 360e-6, 41e-6, 85e-3
PAGE, WORD, WRITES_PER_WORD = 4096, 4, 2
HZ = 64_000_000
# Of 115,200 baud, by the table of UARTE.BAUDRATE.
BAUD = 0x01D6_0000
NEVER = float("inf")
LOOKS = 5
STUCK_LOOK = 1e-3
ERASED, HALF_ERASED = 0xFF, 0xA5


class Chip:
    """A chip of build code `build`, whose crystal takes `crystal_start` seconds.

    `flash` are arguments of the flash, and `tamper` is as that of an STM32F4.
    """

    PROCESSOR = CORTEX_M4
    FLASH, VECTORS, FLASH_BYTES, PROGRAM_BYTES = 0, 0, 1024 * 1024, 728 * 1024
    RAM_BYTES = 256 * 1024
    REGIONS = [(INFORMATION, 2 * BLOCK), (PORT, BLOCK)]

    def __init__(self, name, tamper=None, build=b"AAC0", debug_word=UNWRITTEN, crystal_start=CRYSTAL_START, flash=None):
        self.tamper = tamper or (lambda block, register, value: value)
        self.variant, self.debug_word, self.crystal_start = int.from_bytes(build, "big"), debug_word, crystal_start
        self.violations, self.machine, self.cycles, self.seconds = [], None, 0, 0.0
        self.flash = Flash(self, **flash or {})

    def violation(self, text):
        if text not in self.violations:
            self.violations.append(text)

    def reset(self):
        self.blocks, self.crystal_at = {}, NEVER
        self.flash.reset()

    def advance(self, cycles):
        self.wait(cycles / HZ)

    def wait(self, seconds):
        self.cycles += seconds * HZ
        self.seconds += seconds

    def read(self, address, size):
        block, register = address & -BLOCK, address % BLOCK
        if (block, register) == (CLOCK, HFCLKSTARTED):
            return int(self.seconds >= self.crystal_at)
        if (block, register) == (NVMC, READY):
            return self.flash.look()
        if (block, register) == (INFORMATION, VARIANT):
            return self.variant
        if (block, register) == (CONFIGURATION, APPROTECT):
            return self.debug_word
        return self.blocks.get(address, 0)

    def write(self, address, size, value):
        block, register = address & -BLOCK, address % BLOCK
        value = self.tamper(block, register, value)
        if value is None:
            return
        if (block, register) == (CLOCK, HFCLKSTART):
            self.crystal_at = self.seconds + self.crystal_start
        elif block == NVMC:
            self.flash.write(register, value)
        elif block == CONFIGURATION and self.flash.may_write(size):
            self.debug_word &= value
            self.flash.start(WRITE_TIME)
        self.blocks[address] = value

    def flash_read(self, address, size):
        return self.flash.load(address, size)

    def flash_write(self, address, size, value):
        self.flash.store(address, size, value)

    def after_start(self):
        """Violations of the conditions that hold after every start."""
        if self.flash.config != READING:
            yield "the flash is left unlocked"
        if self.blocks.get(UARTE + BAUDRATE) != BAUD:
            yield "the line has another rate"
        if not self.blocks.get(NVMC + ICACHECNF, 0) & 1:
            yield "the instruction cache is off"
        if self.blocks.get(CLOCK + DEBUG_DISABLE) != (OPEN if self.debug_word == OPEN and self.closes_port() else None):
            yield "the debug port is not as its configuration says"

    def closes_port(self):
        """Whether it is of those that close their debug port at a reset."""
        return self.variant >> 8 & 255 >= ord("F")


class Flash:
    """Whose operation number `stuck` does not end. `hides_busy` is a fault of the program: it does not see that it is busy."""

    def __init__(self, chip, stuck=None, hides_busy=False):
        self.chip, self.stuck, self.hides_busy = chip, stuck, hides_busy
        self.bytes = bytearray([ERASED]) * chip.FLASH_BYTES
        self.writes, self.erased, self.operations = {}, [], 0

    def reset(self):
        self.config, self.busy_until, self.erasing = READING, None, None

    def look(self):
        """Whether it is ready. The processor stands still for a while, unless it runs from its cache."""
        if self.busy_until is not None:
            self.chip.wait(STUCK_LOOK if self.busy_until == NEVER else self.look_takes)
            if self.chip.seconds >= self.busy_until:
                self.end()
        return int(self.busy_until is None or self.hides_busy)

    def end(self):
        self.busy_until = None
        if self.erasing is not None:
            self.bytes[self.erasing:self.erasing + PAGE] = bytes([ERASED]) * PAGE
            self.writes = {word: count for word, count in self.writes.items() if not 0 <= word - self.erasing < PAGE}
            self.erased.append(self.erasing // PAGE)
            self.erasing = None

    def start(self, seconds):
        self.operations += 1
        seconds = NEVER if self.operations == self.stuck else seconds
        self.busy_until, self.look_takes = self.chip.seconds + seconds, seconds / LOOKS

    def write(self, register, value):
        if register == CONFIG:
            if self.busy_until not in (None, NEVER):
                self.chip.violation("the controller is set up while it is busy")
            self.config = value
        elif register == ERASEPAGE:
            if self.busy_until is not None or self.config != ERASING or value % PAGE:
                self.chip.violation(f"an erasure of {value:#x} in mode {self.config}")
                return
            self.start(ERASE_TIME)
            self.erasing = value
            self.bytes[value:value + PAGE] = bytes([HALF_ERASED]) * PAGE

    def may_write(self, size):
        if self.busy_until is not None or self.config != WRITING or size != WORD:
            self.chip.violation(f"{size} bytes are written in mode {self.config}")
            return False
        return True

    def store(self, address, size, value):
        if not self.may_write(size):
            return
        self.writes[address] = self.writes.get(address, 0) + 1
        if self.writes[address] > WRITES_PER_WORD:
            self.chip.violation(f"a word is written {self.writes[address]} times")
        self.start(WRITE_TIME)
        for index, byte in enumerate(value.to_bytes(size, "little"), address):
            self.bytes[index] &= byte

    def load(self, address, size):
        if self.busy_until is not None:
            self.chip.violation("the flash is read while the controller is busy")
        return int.from_bytes(self.bytes[address:address + size], "little")
