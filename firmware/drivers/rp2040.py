"""RP2040 as far as its start goes: crystal, loops, clocks and resets, by the *RP2040 Datasheet*, 2.14 to 2.18. They are ready at once,
but for the crystal; frequencies are not checked."""
RESETS, CLOCKS, OSCILLATOR, LOOPS, PORT = 0x4000_C000, 0x4000_8000, 0x4002_4000, (0x4002_8000, 0x4002_C000), 0xD000_0000
BLOCK = 0x4000
# What is written there sets, or clears, or toggles bits of the register at the address below.
TOGGLE, SET, CLEAR = 0x1000, 0x2000, 0x3000
RESET_DONE, OSCILLATOR_STATUS, LOOP_STATUS = 0x8, 0x4, 0x0
STABLE = LOCKED = 1 << 31
ENABLED = 0xFAB << 12
# Of each clock, its control and what it selected, a bit for each source.
REFERENCE, SYSTEM, SELECTED = 0x30, 0x3C, 8
# The ring oscillator, at its fastest.
HZ = 12_000_000
CRYSTAL_START = 1e-3


class Chip:
    """A chip whose crystal takes `crystal_start` seconds."""

    FLASH, FLASH_BYTES, PROGRAM_BYTES, VECTORS = 0x1000_0000, 2048 * 1024, 2044 * 1024, 0x1000_0100
    RAM_BYTES = 256 * 1024
    REGIONS = [(PORT, 0x1000)]

    def __init__(self, name, crystal_start=CRYSTAL_START):
        self.crystal_start, self.violations, self.machine, self.cycles, self.seconds = crystal_start, [], None, 0, 0.0

    def reset(self):
        # All blocks are held in reset.
        self.registers, self.crystal_at = {RESETS: 0x1FF_FFFF}, float("inf")

    def advance(self, cycles):
        self.cycles += cycles
        self.seconds += cycles / HZ

    def read(self, address, size):
        block, register = address & -BLOCK, address % BLOCK % TOGGLE
        value = self.registers.get(block + register, 0)
        if (block, register) == (RESETS, RESET_DONE):
            return ~self.registers[RESETS] & 0x1FF_FFFF
        if (block, register) == (OSCILLATOR, OSCILLATOR_STATUS):
            return STABLE if self.seconds >= self.crystal_at else 0
        if block in LOOPS and register == LOOP_STATUS:
            return value | LOCKED
        if block == CLOCKS and register in (REFERENCE + SELECTED, SYSTEM + SELECTED):
            source = self.registers.get(block + register - SELECTED, 0)
            return 1 << (source & (3 if register == REFERENCE + SELECTED else 1))
        if block == CLOCKS and register <= 0x80 and register % 12 == SELECTED:
            return 1
        return value

    def write(self, address, size, value):
        kind = address % BLOCK & CLEAR if address < PORT else 0
        address -= kind
        before = self.registers.get(address, 0)
        value = {0: value, TOGGLE: before ^ value, SET: before | value, CLEAR: before & ~value}[kind]
        self.registers[address] = value
        if address == OSCILLATOR and value & 0xFF_F000 == ENABLED and self.crystal_at == float("inf"):
            self.crystal_at = self.seconds + self.crystal_start

    def flash_read(self, address, size):
        return 0xFFFF_FFFF

    def flash_write(self, address, size, value):
        self.violations.append(f"a store to {address:#x}")
