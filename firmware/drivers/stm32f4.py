"""STM32F405 and F411 as far as their clocks and their flash go, by the reference manual: its blocks, their clocks and its time.

`violations` are what the manual forbids, or leaves open what comes of it. A chip whose program did nothing of that has none.
"""
from cortex_m import CORTEX_M4
from stm32f4_clocks import INTERNAL, INTERNAL_HZ, Clocks
from stm32f4_flash import LOCK, Flash
from stm32f4_watchdog import Watchdog

GPIOA, GPIOB, GPIOC, USART1, TIM11, RCC, FLASH = (
    0x4002_0000, 0x4002_0400, 0x4002_0800, 0x4001_1000, 0x4001_4800, 0x4002_3800, 0x4002_3C00)
IWDG, PWR = 0x4000_3000, 0x4000_7000
BLOCK = 0x400
# RM0090, RCC: the registers that let blocks have a clock, and the bits of theirs.
AHB1ENR, APB1ENR, APB2ENR = 0x30, 0x40, 0x44
ENABLED_BY = {GPIOA: (AHB1ENR, 0), GPIOB: (AHB1ENR, 1), GPIOC: (AHB1ENR, 2), PWR: (APB1ENR, 28), USART1: (APB2ENR, 4),
              TIM11: (APB2ENR, 18)}
BAUD = 115_200
# What a receiver bears, half of it on each side: 2 % is common.
BAUD_TOLERANCE = 0.005
USART_SR, USART_DR, USART_BRR, USART_CR1 = 0x00, 0x04, 0x08, 0x0C
RECEIVED, NOTHING_TO_SEND = 1 << 5, 0xC0
OVERSAMPLING_BY_8 = 1 << 15


class Chip:
    """A chip. `received` are the bytes on its line that it has not read, `sent` those that it sent. What of it is not as it should be is said by `clocks` and `flash`, which have the rest of the arguments.

    `tamper` is a function of the block's address, the register's offset in it and the value that the program writes there, and
    returns what is written in fact, or None for nothing: so a fault is planted that the program does not have.
    """

    PROCESSOR = CORTEX_M4
    FLASH = VECTORS = 0x0800_0000
    RAM_BYTES = 128 * 1024
    REGIONS = []

    def __init__(self, name="stm32f405", tamper=None, clocks=None, flash=None):
        self.name, self.tamper = name, tamper or (lambda block, register, value: value)
        self.FLASH_BYTES = {"stm32f405": 1024 * 1024, "stm32f411": 512 * 1024}[name]
        self.PROGRAM_BYTES = self.FLASH_BYTES // 2
        self.violations, self.machine, self.hz, self.cycles, self.seconds = [], None, 0, 0, 0.0
        self.received, self.sent = bytearray(), bytearray()
        self.clocks = Clocks(self, **clocks or {})
        self.flash = Flash(self, **flash or {})
        self.watchdog = Watchdog(self)

    def violation(self, text):
        if text not in self.violations:
            self.violations.append(text)

    def reset(self):
        self.blocks = {}
        self.clocks.reset()
        self.flash.reset()
        self.watchdog.reset()

    def advance(self, cycles):
        self.wait(cycles / self.hz)

    def wait(self, seconds):
        self.cycles += seconds * self.hz
        self.seconds += seconds
        self.clocks.advance()
        self.watchdog.advance()

    def read(self, address, size):
        block, register = address & -BLOCK, address % BLOCK
        if not self.is_accessible(block, register, size):
            return 0
        if block == RCC:
            return self.clocks.read(register)
        if block == FLASH:
            return self.flash.read(register)
        if block == TIM11:
            return self.clocks.timer.read(register)
        if block == PWR:
            return self.clocks.power.read(register)
        if block == USART1 and register == USART_SR:
            return NOTHING_TO_SEND | (RECEIVED if self.received else 0)
        if block == USART1 and register == USART_DR:
            return self.received.pop(0) if self.received else 0
        return self.blocks.get(address, 0)

    def write(self, address, size, value):
        block, register = address & -BLOCK, address % BLOCK
        value = self.tamper(block, register, value)
        if value is None or not self.is_accessible(block, register, size):
            return
        if block == RCC:
            self.clocks.write(register, value)
        elif block == FLASH:
            self.flash.write(register, value)
        elif block == TIM11:
            self.clocks.timer.write(register, value)
        elif block == PWR:
            self.clocks.power.write(register, value)
        elif block == IWDG:
            self.watchdog.write(register, value)
        elif block == USART1 and register == USART_DR:
            self.sent.append(value & 0xFF)
        self.blocks[address] = value

    def is_accessible(self, block, register, size):
        """Blocks need a clock. They take words, and the line, the timer and the watchdog half of them, too."""
        if register % 4 or size != 4 and (size != 2 or block not in (USART1, TIM11, IWDG)):
            self.violation(f"{size} bytes at {block + register:#x}")
        enable, bit = ENABLED_BY.get(block, (None, 0))
        has_clock = enable is None or self.clocks.registers.get(enable, 0) >> bit & 1
        if not has_clock:
            self.violation(f"access to {block + register:#x}, which has no clock")
        return has_clock

    def flash_read(self, address, size):
        return self.flash.load(address, size)

    def flash_write(self, address, size, value):
        self.flash.store(address, size, value)

    def after_start(self):
        """Violations of the conditions that hold after every start."""
        if self.flash.busy_until is None and not self.flash.control & LOCK:
            yield "the flash is left unlocked"
        # The program cannot know how far off its oscillator is.
        error = self.clocks.internal_hz / INTERNAL_HZ if self.clocks.source == INTERNAL else 1
        if not abs(self.baud / error / BAUD - 1) < BAUD_TOLERANCE:
            yield f"the line has {self.baud:.0f} baud"

    @property
    def baud(self):
        """Bits a second of the line, by the divisor that the program chose: RM0090, USART, *Fractional baud rate generation*."""
        divisor = self.blocks.get(USART1 + USART_BRR, 0)
        control = self.blocks.get(USART1 + USART_CR1, 0)
        if not divisor:
            return 0
        mantissa, fraction = divisor >> 4, divisor & 15
        cycles = 8 * mantissa + (fraction & 7) if control & OVERSAMPLING_BY_8 else divisor
        return self.clocks.bus_hz(2) / cycles
