"""RP2350: its addresses, and the RAM of the boot ROM, where that leaves the function that makes reads of the flash as fast as
they were at the start, by the *RP2350 Datasheet*, 5.4.8. After `flash_exit_xip` the flash can be read, but slowly."""
import struct
import pico
import pico_flash
from cortex_m import CORTEX_M33

BOOT_RAM = 0x400E_0000
# Of the boot ROM, its version, and the address of the function that looks for others.
ROM_VERSION, ROM_LOOKUP = 0x13, 0x16


class Flash(pico_flash.Flash):
    def flash_select_xip_read_mode(self, mode, divisor, *_):
        if (mode, divisor) != (3, 2):
            self.chip.violation(f"mode {mode} of reading with divisor {divisor}")
        self.prepare()

    def read(self, register):
        """The function in that RAM: it calls `flash_select_xip_read_mode` with the mode of four lines and a divisor of two."""
        select = pico.Chip.function(b"XM")
        # movs r0, #3; movs r1, #2; ldr r3, [pc]; bx r3; the address
        code = struct.pack("<HHHHI", 0x2003, 0x2102, 0x4B00, 0x4718, select).ljust(256, b"\0")
        return int.from_bytes(code[register:register + 4], "little")

    def write(self, register, value):
        self.chip.violation(f"a store to the RAM of the boot ROM at {register:#x}")


class Chip(pico.Chip):
    PROCESSOR = CORTEX_M33
    FLASH_BYTES, PROGRAM_BYTES, VECTORS, RAM_BYTES = 4096 * 1024, 3704 * 1024, 0x1000_0000, 512 * 1024
    RESETS, CLOCKS, OSCILLATOR, LOOPS, WATCHDOG = (
        0x4002_0000, 0x4001_0000, 0x4004_8000, (0x4005_0000, 0x4005_8000), 0x400D_8000)
    FLASH_BLOCK, Flash = BOOT_RAM, Flash
    REGIONS = [(pico.PORT, 0x1000), (0x4010_0000, 0x10000)]
    WATCHDOG_SECONDS = 16.7
    CODE_ARGUMENT = 0
    ROM = bytearray(pico.RETURN * (pico.ROM_BYTES // 2))
    struct.pack_into("<B", ROM, ROM_VERSION, 2)
    struct.pack_into("<H", ROM, ROM_LOOKUP, pico.LOOK_UP | pico.THUMB)
