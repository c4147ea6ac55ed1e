"""RP2040: its addresses, and the controller (SSI) through which the flash is read as memory, by the *RP2040 Datasheet*, 4.10.
Between `flash_exit_xip` and the second stage of the boot the flash cannot be read at all."""
import struct
import unicorn
import pico
import pico_flash
from cortex_m import CORTEX_M0

SSI = 0x1800_0000
# The controller: what it sends, whether it is on, its state, the data, and how it reads as memory.
CTRLR0, SSIENR, STATUS, DATA, SPI_CTRLR0 = 0x00, 0x08, 0x28, 0x60, 0xF4
TRANSMIT_EMPTY = 1 << 2
# On four lines, with an address and no command, which the flash has kept.
QUAD, READ, NO_COMMAND = 2 << 21, 3 << 8, 0
# The second status register of the flash: four lines are enabled.
QUAD_ENABLED = 2
# Of the boot ROM, the address of the function that looks for others in a table.
ROM_LOOKUP = 0x18


class Flash(pico_flash.Flash):
    def flash_exit_xip(self, *_):
        super().flash_exit_xip()
        self.protect(unicorn.UC_PROT_NONE)

    def read(self, register):
        return {STATUS: TRANSMIT_EMPTY, DATA: QUAD_ENABLED}.get(register, self.registers.get(register, 0))

    def write(self, register, value):
        self.registers[register] = value
        control, memory = self.registers.get(CTRLR0, 0), self.registers.get(SPI_CTRLR0, 0)
        is_memory = control & 3 << 21 == QUAD and control & 3 << 8 == READ and memory & 3 << 8 == NO_COMMAND
        if register == SSIENR and value == 1 and is_memory and self.tamper("second_stage") is not None:
            self.prepare()
            self.protect(unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)

    def protect(self, what):
        """The program, too, is not to be had while the flash is no memory."""
        self.chip.machine.cpu.mem_protect(self.chip.FLASH, self.chip.PROGRAM_BYTES, what)

    def load(self, address, size):
        if self.is_ready:
            self.chip.violation("the flash is read while it is no memory")
        return super().load(address, size)


class Chip(pico.Chip):
    PROCESSOR = CORTEX_M0
    FLASH_BYTES, PROGRAM_BYTES, VECTORS, RAM_BYTES = 2048 * 1024, 1656 * 1024, 0x1000_0100, 256 * 1024
    RESETS, CLOCKS, OSCILLATOR, LOOPS, WATCHDOG = (
        0x4000_C000, 0x4000_8000, 0x4002_4000, (0x4002_8000, 0x4002_C000), 0x4005_8000)
    FLASH_BLOCK, Flash = SSI, Flash
    REGIONS = [(pico.PORT, 0x1000), (SSI, 0x1000)]
    WATCHDOG_SECONDS = 8.3
    # The first argument of the function that looks for others is the table.
    CODE_ARGUMENT = 1
    ROM = bytearray(pico.RETURN * (pico.ROM_BYTES // 2))
    struct.pack_into("<H", ROM, ROM_LOOKUP, pico.LOOK_UP | pico.THUMB)
