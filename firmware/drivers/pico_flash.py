"""The external flash of a Pico and the functions of the boot ROM for it: *RP2040 Datasheet*, 2.8.3.1.3, *RP2350 Datasheet*,
5.4.8, and Winbond, *W25Q16JV*. How it is read as memory is said by rp2040.py and rp2350.py."""
SECTOR, PAGE, ERASED = 4096, 256, 0xFF
ERASE_TIME, WRITE_TIME = 0.4, 3e-3
RAM = 0x2000_0000
FUNCTIONS = {b"IF": "connect_internal_flash", b"EX": "flash_exit_xip", b"RE": "flash_range_erase", b"RP": "flash_range_program",
             b"FC": "flash_flush_cache", b"XM": "flash_select_xip_read_mode"}


class Flash:
    """`tamper` is a function of the name of a function of the boot ROM, or of `second_stage`, and its arguments, and gives those
    that take their place, or None where it is not to be called. `erased` are the numbers of the sectors that were.

    It is ready to be changed (`is_ready`) between `flash_exit_xip` and what prepares it to be read as memory.
    """

    def __init__(self, chip, tamper=None):
        self.chip, self.tamper = chip, tamper or (lambda name, *arguments: arguments)
        self.bytes, self.erased = bytearray([ERASED]) * chip.FLASH_BYTES, []

    def reset(self):
        self.is_connected, self.is_ready, self.is_flushed, self.registers = False, False, True, {}

    def call(self, name, *arguments):
        """Calls a function of the boot ROM."""
        arguments = self.tamper(name, *arguments)
        if arguments is not None:
            getattr(self, name)(*arguments)

    def connect_internal_flash(self, *_):
        self.is_connected = True

    def flash_exit_xip(self, *_):
        if not self.is_connected:
            self.chip.violation("the flash is not connected")
        self.is_connected, self.is_flushed, self.is_ready = False, False, True

    def flash_range_erase(self, address, count, _block, _command):
        if self.may_change("an erasure", address, count, SECTOR):
            for sector in range(address // SECTOR, (address + count) // SECTOR):
                self.bytes[SECTOR * sector:SECTOR * (sector + 1)] = bytes([ERASED]) * SECTOR
                self.erased.append(sector)
                self.chip.wait(ERASE_TIME)

    def flash_range_program(self, address, data, count, _):
        if not RAM <= data <= RAM + self.chip.RAM_BYTES - count:
            self.chip.violation(f"{data:#x} is written, which is not in RAM")
        elif self.may_change("a write", address, count, PAGE):
            for index, byte in enumerate(self.chip.machine.cpu.mem_read(data, count), address):
                self.bytes[index] &= byte
            self.chip.wait(WRITE_TIME)

    def flash_flush_cache(self, *_):
        self.is_flushed = True

    def may_change(self, what, address, count, unit):
        if not self.is_ready:
            self.chip.violation(f"{what} while it is read as memory")
        elif address % unit or count % unit or not self.chip.PROGRAM_BYTES <= address <= self.chip.FLASH_BYTES - count:
            self.chip.violation(f"{what} of {count} bytes at {address:#x}")
        else:
            return True
        return False

    def prepare(self):
        """It is prepared to be read as memory."""
        if not self.is_flushed:
            self.chip.violation("the cache is old")
        self.is_ready = False

    def load(self, address, size):
        return int.from_bytes(self.bytes[address:address + size], "little")

    def after_start(self):
        if self.is_ready:
            yield "the flash is not prepared to be read"
