"""A Cortex-M that runs an ELF, by Unicorn, with a chip around it that is a model in Python.

Time is counted in clock cycles: an access to a peripheral takes four, the least that a look at a register takes in a loop.
Everything else takes none, so that a wait that is long enough here is so on the chip.
"""
import struct
import unicorn
from unicorn import arm_const as arm

CORTEX_M0, CORTEX_M4, CORTEX_M33 = arm.UC_CPU_ARM_CORTEX_M0, arm.UC_CPU_ARM_CORTEX_M4, arm.UC_CPU_ARM_CORTEX_M33
CYCLES_PER_ACCESS = 4
# A run that takes more is one that does not end. A wait that is given up takes 400,000 accesses.
MOST_ACCESSES = 4_000_000
MOST_INSTRUCTIONS = 100_000_000

PERIPHERALS, PERIPHERAL_BYTES = 0x4000_0000, 0x10_0000
# Every bit of the peripherals is a word there: Armv7-M ARM, bit-banding.
BIT_BAND, BIT_BAND_BYTES = 0x4200_0000, 0x200_0000
SYSTEM, SYSTEM_BYTES = 0xE000_0000, 0x10_0000
RAM = 0x2000_0000
# What the processor saves when it enters a handler, and its exceptions; the last two are Unicorn's.
NON_MASKABLE, HARD_FAULT, BREAKPOINT, RETURN = 2, 3, 7, 8
# That timer, SysTick: on, and it interrupts, by the processor's clock.
SYSTICK_CONTROL, SYSTICK_RELOAD, TIMER_ENABLED = 0xE000_E010, 0xE000_E014, 7
SAVED = [arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3, arm.UC_ARM_REG_R12, arm.UC_ARM_REG_LR,
         arm.UC_ARM_REG_PC, arm.UC_ARM_REG_XPSR]
RETURN_TO_THREAD = 0xFFFF_FFF9
WAIT_FOR_INTERRUPT = b"\x30\xbf"
CYCLE_COUNT_CONTROL, CYCLE_COUNT, AIRCR, DEMCR = 0xE000_1000, 0xE000_1004, 0xE000_ED0C, 0xE000_EDFC
TRACE_ENABLED, COUNTER_ENABLED, RESET_REQUEST = 1 << 24, 1, 0x05FA_0004
# Arm, Semihosting for AArch32 and AArch64.
SYS_OPEN, SYS_WRITE, SYS_READ, SYS_SEEK, SYS_FLEN, SYS_EXIT, APPLICATION_EXIT = 0x01, 0x05, 0x06, 0x0A, 0x0C, 0x18, 0x20026
FAILED = 0xFFFF_FFFF
HANDLES = {b":tt": 1, b"commands": 2}


class Endless(Exception):
    """The program does not end."""


class Fault(Exception):
    """The program does what the processor cannot."""


def segments(elf):
    """The bytes of a 32-bit ELF that are in flash, with their addresses."""
    offset, size, count = struct.unpack_from("<I", elf, 28) + struct.unpack_from("<HH", elf, 42)
    for index in range(count):
        kind, start, _, address, length = struct.unpack_from("<IIIII", elf, offset + index * size)
        if kind == 1 and length:
            yield address, elf[start:start + length]


class Machine:
    """The processor with `chip`, which has `reset`, `read`, `write`, `flash_read`, `flash_write` and `advance`, and may ask for
    an NMI. Its `PROCESSOR` is one of the above, and its `VECTORS` are those of the program. Where it has a `ROM`, `call` does what
    a function of that does. Of its flash the program's part is memory. Its `REGIONS` are those of registers beside the peripherals.

    `commands` is what the host's file of that name holds; without a host (None) a question to it is a
    fault. `lines` is what it printed, `resets` how often it reset the chip, and `exit_code` whether it ended well.
    """

    def __init__(self, elf, chip, commands=b""):
        self.chip, self.commands, self.position = chip, commands, 0
        self.lines, self.resets, self.exit_code = [""], 0, None
        self.accesses, self.failure, self.is_nmi_pending, self.is_reset_asked = 0, None, False, False
        chip.machine = self
        self.cpu = cpu = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        cpu.ctl_set_cpu_model(chip.PROCESSOR)
        cpu.mem_map(chip.FLASH, chip.PROGRAM_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        cpu.mem_map(RAM, chip.RAM_BYTES)
        for address, data in segments(elf):
            cpu.mem_write(address, data)
        self.map(chip.FLASH + chip.PROGRAM_BYTES, chip.FLASH_BYTES - chip.PROGRAM_BYTES, chip.flash_read, chip.flash_write)
        if rom := getattr(chip, "ROM", None):
            cpu.mem_map(0, len(rom), unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
            cpu.mem_write(0, bytes(rom))
            cpu.hook_add(unicorn.UC_HOOK_CODE, self.on_rom, begin=0, end=len(rom) - 1)
        for base, length in [(PERIPHERALS, PERIPHERAL_BYTES)] + chip.REGIONS:
            self.map(base, length, chip.read, chip.write)
        self.map(BIT_BAND, BIT_BAND_BYTES, self.read_bit, self.write_bit)
        self.map(SYSTEM, SYSTEM_BYTES, self.read_system, self.write_system)
        cpu.hook_add(unicorn.UC_HOOK_INTR, self.on_exception)

    def map(self, base, length, read, write):
        """Lets what is read and written there be answered by functions of address and size, and of a value."""
        def on_read(_cpu, offset, size, _data):
            return self.guard(lambda: read(base + offset, size)) or 0

        def on_write(_cpu, offset, size, value, _data):
            self.guard(lambda: write(base + offset, size, value))
        self.cpu.mmio_map(base, length, on_read, None, on_write, None)

    def on_rom(self, cpu, address, _size, _data):
        """Does what a function of the boot ROM does, whose bytes only return."""
        arguments = [cpu.reg_read(register) for register in SAVED[:4]]
        result = self.guard(lambda: self.chip.call(address, *arguments))
        if result is not None:
            cpu.reg_write(arm.UC_ARM_REG_R0, result)

    def guard(self, access):
        """Does it, and ends the run with what it raises, which cannot pass through Unicorn."""
        try:
            self.accesses += 1
            if self.accesses > MOST_ACCESSES:
                raise Endless(f"{MOST_ACCESSES} accesses")
            self.chip.advance(CYCLES_PER_ACCESS)
            return access()
        except Exception as error:
            self.failure = self.failure or error
            self.cpu.emu_stop()

    def run(self):
        """Runs from a reset until the program ends, or sleeps."""
        self.reset()
        self.resume()

    def resume(self):
        """Goes on from where it sleeps."""
        while self.exit_code is None:
            try:
                self.cpu.emu_start(self.cpu.reg_read(arm.UC_ARM_REG_PC) | 1, 0, count=MOST_INSTRUCTIONS)
            except unicorn.UcError as error:
                self.failure = self.failure or Fault(f"{error} at {self.cpu.reg_read(arm.UC_ARM_REG_PC):#010x}")
            if self.failure:
                raise self.failure
            if self.is_reset_asked:
                self.resets += 1
                self.reset()
            elif self.is_nmi_pending:
                self.enter(NON_MASKABLE)
            elif self.is_asleep():
                return
            elif self.exit_code is None:
                raise Endless(f"{MOST_INSTRUCTIONS} instructions")

    def reset(self):
        self.system = {}
        self.is_nmi_pending = self.is_reset_asked = False
        self.chip.reset()
        stack, start = struct.unpack("<II", self.cpu.mem_read(self.chip.VECTORS, 8))
        self.cpu.reg_write(arm.UC_ARM_REG_SP, stack)
        self.cpu.reg_write(arm.UC_ARM_REG_PC, start)

    def is_asleep(self):
        """Whether it waits for an interrupt."""
        return self.cpu.mem_read(self.cpu.reg_read(arm.UC_ARM_REG_PC) - 2, 2) == WAIT_FOR_INTERRUPT

    def enter(self, exception):
        """Enters the handler of an exception: Armv7-M ARM, B1.5.6."""
        self.is_nmi_pending = False
        cpu = self.cpu
        stack = cpu.reg_read(arm.UC_ARM_REG_SP) - 4 * len(SAVED)
        cpu.mem_write(stack, struct.pack(f"<{len(SAVED)}I", *map(cpu.reg_read, SAVED)))
        cpu.reg_write(arm.UC_ARM_REG_SP, stack)
        cpu.reg_write(arm.UC_ARM_REG_LR, RETURN_TO_THREAD)
        cpu.reg_write(arm.UC_ARM_REG_PC, struct.unpack("<I", cpu.mem_read(self.chip.VECTORS + 4 * exception, 4))[0])

    def leave(self):
        """Returns from the handler."""
        cpu = self.cpu
        stack = cpu.reg_read(arm.UC_ARM_REG_SP)
        *values, address, _ = struct.unpack(f"<{len(SAVED)}I", cpu.mem_read(stack, 4 * len(SAVED)))
        for register, value in zip(SAVED, values):
            cpu.reg_write(register, value)
        cpu.reg_write(arm.UC_ARM_REG_SP, stack + 4 * len(SAVED))
        cpu.reg_write(arm.UC_ARM_REG_PC, address | 1)

    def ask_for_nmi(self):
        self.is_nmi_pending = True
        self.cpu.emu_stop()

    def ask_for_reset(self):
        self.is_reset_asked = True
        self.cpu.emu_stop()

    def sleep(self, seconds):
        """Lets it sleep for so long. The processor's timer wakes it where it is on: Armv7-M ARM, B3.3."""
        end = self.chip.seconds + seconds
        while self.chip.seconds < end:
            is_on = self.system.get(SYSTICK_CONTROL, 0) & TIMER_ENABLED == TIMER_ENABLED
            cycles = (self.system.get(SYSTICK_RELOAD, 0) & 0xFF_FFFF) + 1
            self.chip.wait(min(cycles / self.chip.hz, seconds) if is_on else seconds)
            self.accesses = 0
            self.resume()

    def read_bit(self, address, _size):
        byte, bit = divmod((address - BIT_BAND) // 4, 8)
        return self.chip.read(PERIPHERALS + byte & ~3, 4) >> (byte % 4 * 8 + bit) & 1

    def write_bit(self, address, _size, value):
        byte, bit = divmod((address - BIT_BAND) // 4, 8)
        word, mask = PERIPHERALS + byte & ~3, 1 << byte % 4 * 8 + bit
        self.chip.write(word, 4, self.chip.read(word, 4) & ~mask | (mask if value & 1 else 0))

    def read_system(self, address, _size):
        """System registers that the program uses; others keep what is written. No debugger is attached."""
        if address == CYCLE_COUNT:
            counts = self.system.get(DEMCR, 0) & TRACE_ENABLED and self.system.get(CYCLE_COUNT_CONTROL, 0) & COUNTER_ENABLED
            return int(self.chip.cycles) & 0xFFFF_FFFF if counts else 0
        return self.system.get(address, 0)

    def write_system(self, address, _size, value):
        self.system[address] = value
        if address == AIRCR and value == RESET_REQUEST:
            self.ask_for_reset()

    def on_exception(self, cpu, number, _data):
        if number == RETURN:
            self.leave()
        elif number == BREAKPOINT and self.commands is None:
            self.enter(HARD_FAULT)
        elif number == BREAKPOINT:
            self.answer(cpu.reg_read(arm.UC_ARM_REG_R0), cpu.reg_read(arm.UC_ARM_REG_R1))
            cpu.reg_write(arm.UC_ARM_REG_PC, cpu.reg_read(arm.UC_ARM_REG_PC) + 2 | 1)
        else:
            self.failure = Fault(f"exception {number} at {cpu.reg_read(arm.UC_ARM_REG_PC):#010x}")
            cpu.emu_stop()

    def answer(self, operation, argument):
        """The host of semihosting: a console and one file."""
        result = 0
        words = struct.unpack("<III", self.cpu.mem_read(argument, 12)) if operation != SYS_EXIT else None
        if operation == SYS_OPEN:
            result = HANDLES.get(bytes(self.cpu.mem_read(words[0], words[2])), FAILED)
        elif operation == SYS_WRITE:
            self.print(bytes(self.cpu.mem_read(words[1], words[2])).decode())
        elif operation == SYS_READ:
            found = self.commands[self.position:self.position + words[2]]
            self.cpu.mem_write(words[1], found)
            result = words[2] - len(found)
        elif operation == SYS_SEEK:
            self.position = words[1]
        elif operation == SYS_FLEN:
            result = len(self.commands)
        elif operation == SYS_EXIT:
            self.exit_code = 0 if argument == APPLICATION_EXIT else 1
            self.cpu.emu_stop()
        else:
            self.failure = Fault(f"semihosting operation {operation:#x}")
            self.cpu.emu_stop()
        self.cpu.reg_write(arm.UC_ARM_REG_R0, result)

    def print(self, text):
        *whole, rest = text.split("\n")
        for part in whole:
            self.lines[-1] += part
            self.lines.append("")
        self.lines[-1] += rest
