"""The clocks of an STM32F4: RCC, the regulator, and the timer that can see the crystal.

Source: ST, RM0090 and RM0383, *Reset and clock control*, *Power controller*, *TIM10/11/13/14*; the times are those of the
datasheets, *External clock source characteristics* and *PLL characteristics*.
"""
INTERNAL_HZ = 16_000_000
CR, PLLCFGR, CFGR, CIR, APB2RSTR = 0x00, 0x04, 0x08, 0x0C, 0x24
HSION, HSIRDY, HSEON, HSERDY, CSSON, PLLON, PLLRDY = (1 << bit for bit in (0, 1, 16, 17, 19, 24, 25))
CSSF = 1 << 7
TIM11RST = 1 << 18
INTERNAL, CRYSTAL, LOOP = 0, 1, 2
CRYSTAL_START, LOOP_LOCK, INTERNAL_START = 2e-3, 200e-6, 4e-6
NEVER = float("inf")
# The highest frequencies of the processor and of the two buses of peripherals, by the voltage that the core has.
HIGHEST = {"stm32f405": {0: (144e6, 42e6, 84e6), 1: (168e6, 42e6, 84e6)},
           "stm32f411": {1: (64e6, 50e6, 100e6), 2: (84e6, 50e6, 100e6), 3: (100e6, 50e6, 100e6)}}
# Each wait state is good for so much, at 2.7 to 3.6 V.
HZ_PER_WAIT_STATE = 30e6


class Clocks:
    """Of a board with a crystal of `crystal_hz`, or without (0), which takes `crystal_start` seconds, and stops `crystal_stops`
    seconds after the power came. `locks` is how often the loop locks on its input before it does no more.

    `internal_error` is how far off the oscillator inside the chip is, and `internal_starts` whether it starts. `switches` and
    `loop_stops` are whether the processor's clock changes when it is told to, and the loop stops. `jumped` starts as a boot
    loader does that left the loop running, with the wait states that it needs. `measured_hz` is a fault of the program: that
    it takes the crystal to have.
    """

    def __init__(self, chip, crystal_hz=12_000_000, crystal_start=CRYSTAL_START, crystal_stops=NEVER, locks=NEVER,
                 internal_error=0.0, internal_starts=True, switches=True, loop_stops=True, jumped=False,
                 measured_hz=None):
        self.chip, self.crystal_hz, self.crystal_start, self.crystal_stops = chip, crystal_hz, crystal_start, crystal_stops
        self.locks, self.internal_hz, self.switches = locks, INTERNAL_HZ * (1 + internal_error), switches
        self.internal_starts, self.loop_stops, self.jumped = internal_starts, loop_stops, jumped
        self.timer, self.power = Timer(self), Power(self)
        self.measured_hz = measured_hz or crystal_hz
        self.loop_starts, self.loop_started = 0, NEVER

    def reset(self):
        self.registers = {CR: HSION, PLLCFGR: 0x2400_3010, CFGR: 0, CIR: 0}
        self.source, self.ready_at = INTERNAL, {HSION: -1, HSEON: NEVER, PLLON: NEVER}
        self.timer.reset()
        self.power.reset()
        if self.jumped:
            self.jumped = False
            # 168 MHz from the crystal, without the oscillator inside.
            self.registers |= {CR: HSEON | PLLON, PLLCFGR: 0x0740_2A06,
                               CFGR: LOOP | 5 << 10 | 4 << 13}
            self.source, self.loop_starts, self.ready_at = LOOP, 1, {HSION: NEVER, HSEON: -1, PLLON: -1}
        self.chip.hz = self.processor_hz()

    def is_crystal_alive(self):
        return self.crystal_hz > 0 and self.chip.seconds < self.crystal_stops

    def is_ready(self, which):
        if self.chip.seconds < self.ready_at[which]:
            return False
        return which == HSION or self.is_crystal_alive() or which == PLLON and not self.loop()["from_crystal"]

    def loop(self):
        """The frequencies of the loop as it is configured, from the actual frequency of its source."""
        word = self.registers[PLLCFGR]
        from_crystal = bool(word >> 22 & 1)
        source = self.crystal_hz if from_crystal else self.internal_hz
        divisor, factor, half = word & 63, word >> 6 & 511, (word >> 16 & 3) + 1
        entry = source / max(divisor, 1)
        return {"from_crystal": from_crystal, "divisor": divisor, "factor": factor, "usb": word >> 24 & 15, "input": entry,
                "output": entry * factor, "hz": entry * factor / (2 * half)}

    def processor_hz(self):
        hz = {INTERNAL: self.internal_hz, CRYSTAL: self.crystal_hz, LOOP: self.loop()["hz"]}[self.source]
        divider = self.registers[CFGR] >> 4 & 15
        return hz / (1 if divider < 8 else (2, 4, 8, 16, 64, 128, 256, 512)[divider - 8])

    def bus_hz(self, bus):
        divider = self.registers[CFGR] >> {1: 10, 2: 13}[bus] & 7
        return self.processor_hz() / (1 if divider < 4 else 2 << divider - 4)

    def advance(self):
        """Changes without a write: the crystal may have stopped, and the processor's clock switches when its source is ready."""
        control = self.registers[CR]
        if control & HSEON and self.chip.seconds >= self.ready_at[HSEON] and not self.is_crystal_alive():
            was_used = self.source == CRYSTAL or self.source == LOOP and self.loop()["from_crystal"]
            self.ready_at[HSEON] = NEVER
            if control & CSSON:
                self.registers[CR] = control & ~(HSEON | CSSON)
                self.registers[CIR] |= CSSF
                if was_used:
                    self.registers[CR] &= ~PLLON
                    self.ready_at[PLLON] = NEVER
                    self.source = INTERNAL
                    self.registers[CFGR] &= ~3
                    self.check()
                self.chip.machine.ask_for_nmi()
            elif was_used:
                self.chip.violation("the crystal stopped, and with it the processor")
        wanted = self.registers[CFGR] & 3
        if wanted != self.source and self.switches:
            if self.is_ready({INTERNAL: HSION, CRYSTAL: HSEON, LOOP: PLLON}.get(wanted, HSEON)):
                self.source = wanted
                self.check()

    def check(self):
        """Whether the flash and the buses bear the frequency, after what may have changed it."""
        hz, wait_states = self.processor_hz(), self.chip.flash.wait_states()
        self.chip.hz = hz
        if hz > HZ_PER_WAIT_STATE * (wait_states + 1) * 1.05:
            self.chip.violation(f"{hz / 1e6:.0f} MHz with {wait_states} wait states")
        names = "the processor", "APB1", "APB2"
        for name, clock, limit in zip(names, (hz, self.bus_hz(1), self.bus_hz(2)), self.power.highest()):
            if clock > limit * 1.05:
                self.chip.violation(f"{name} at {clock / 1e6:.0f} MHz, of {limit / 1e6:.0f}")

    def read(self, register):
        value = self.registers.get(register, 0)
        if register == CR:
            for on, ready in ((HSION, HSIRDY), (HSEON, HSERDY), (PLLON, PLLRDY)):
                stuck = on == PLLON and not self.loop_stops and self.loop_starts
                value = value & ~ready | (ready if value & on and self.is_ready(on) or stuck else 0)
        elif register == CFGR:
            value = value & ~(3 << 2) | self.source << 2
        return value

    def write(self, register, value):
        before = self.registers.get(register, 0)
        if register == CR:
            value = self.control(before, value)
        elif register == PLLCFGR and before != value and self.registers[CR] & PLLON:
            self.chip.violation("the loop is set up anew while it is on")
            return
        elif register == CIR:
            value = before & ~CSSF if value >> 23 & 1 else before
        elif register == APB2RSTR and value & TIM11RST:
            self.timer.reset()
        self.registers[register] = value
        if register == CFGR:
            self.check()

    def control(self, before, value):
        # What runs the processor cannot be switched off.
        used = {INTERNAL: HSION, CRYSTAL: HSEON, LOOP: PLLON}[self.source]
        if self.source == LOOP:
            used |= HSEON if self.loop()["from_crystal"] else HSION
        value |= before & used
        for on, takes in ((HSION, INTERNAL_START if self.internal_starts else NEVER), (HSEON, self.crystal_start)):
            if value & on & ~before:
                self.ready_at[on] = self.chip.seconds + takes
            elif not value & on:
                self.ready_at[on] = NEVER
        if value & PLLON & ~before:
            self.start_loop()
        elif not value & PLLON:
            self.ready_at[PLLON] = NEVER
        return value

    def start_loop(self):
        loop = self.loop()
        if not self.is_ready(HSEON if loop["from_crystal"] else HSION):
            self.chip.violation("the loop is started before its input")
        for name, value, low, high in (("divisor", loop["divisor"], 2, 63), ("factor", loop["factor"], 50, 432),
                                       ("divisor for USB", loop["usb"], 2, 15), ("input", loop["input"], 0.95e6, 2.1e6),
                                       ("output", loop["output"], 100e6, 432e6 * 1.01)):
            if not low <= value <= high:
                self.chip.violation(f"the loop's {name} is {value:.0f}")
        self.loop_starts += 1
        self.loop_started = self.chip.seconds
        self.ready_at[PLLON] = self.chip.seconds + LOOP_LOCK if self.loop_starts <= self.locks else NEVER


class Power:
    """The regulator. The core has the voltage for the highest frequency of an STM32F405 after a reset; that of an F411 has it when
    it was set and a moment passed since the loop was started."""

    PWR_CR, PWR_CSR, READY, RISE = 0x00, 0x04, 1 << 14, 40e-6

    def __init__(self, clocks):
        self.clocks, self.chip = clocks, clocks.chip

    def reset(self):
        self.control = {"stm32f405": 0x4000, "stm32f411": 0x8000}[self.chip.name]

    def is_ready(self):
        return self.chip.name == "stm32f405" or self.chip.seconds >= self.clocks.loop_started + self.RISE

    def highest(self):
        scale = self.control >> 14 & (1 if self.chip.name == "stm32f405" else 3)
        return HIGHEST[self.chip.name][scale if self.is_ready() else 1]

    def read(self, register):
        return {self.PWR_CR: self.control, self.PWR_CSR: self.READY if self.is_ready() else 0}.get(register, 0)

    def write(self, register, value):
        if register == self.PWR_CR:
            if (value ^ self.control) & 0xC000 and self.clocks.registers[CR] & PLLON:
                self.chip.violation("the voltage is changed while the loop is on")
            self.control = value


class Timer:
    """TIM11, whose input may be the crystal divided: captures at every eighth edge what it has counted by then."""

    TIMER_CR1, STATUS, MODE, ENABLE, CAPTURE, OPTION = 0x00, 0x10, 0x18, 0x20, 0x34, 0x50
    CAPTURED = 1 << 1

    def __init__(self, clocks):
        self.clocks = clocks

    def reset(self):
        self.registers, self.start, self.seen = {}, None, 0

    def periods(self):
        """How many edges of the input there were until now."""
        registers, clocks = self.registers, self.clocks
        divisor = clocks.registers[CFGR] >> 16 & 31
        set_up = (registers.get(self.OPTION), registers.get(self.MODE), registers.get(self.ENABLE)) == (2, 1 | 3 << 2, 1)
        if self.start is None or not set_up or divisor < 2 or not clocks.is_ready(HSEON):
            return 0
        return (clocks.chip.seconds - self.start) * clocks.measured_hz / divisor

    def read(self, register):
        captures = int(self.periods()) // 8
        if register == self.STATUS:
            return self.CAPTURED if captures > self.seen else 0
        if register == self.CAPTURE and captures:
            self.seen = captures
            divisor = self.clocks.registers[CFGR] >> 16 & 31
            return int(captures * 8 * divisor / self.clocks.measured_hz * self.clocks.bus_hz(2)) & 0xFFFF
        return self.registers.get(register, 0)

    def write(self, register, value):
        self.registers[register] = value
        if register == self.TIMER_CR1:
            self.start = self.clocks.chip.seconds if value & 1 else None
