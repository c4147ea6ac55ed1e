"""The independent watchdog of STM32F4: RM0090, *Independent watchdog*. It resets the chip where it was not fed in time."""

KR, PR, RLR = 0x00, 0x04, 0x08
FEED, UNLOCK, START = 0xAAAA, 0x5555, 0xCCCC
# Datasheets, *Low-speed internal RC oscillator*: 17 to 47 kHz. It counts by the fastest, which is the shortest time.
FASTEST_HZ = 47_000


class Watchdog:
    """The watchdog of `chip`. `feedings` is how often it was fed while it counted."""

    def __init__(self, chip):
        self.chip = chip

    def reset(self):
        self.is_started = self.is_unlocked = False
        self.prescaler, self.reload, self.deadline, self.feedings = 0, 0xFFF, None, 0

    @property
    def period(self):
        """Seconds from a feeding to the reset."""
        return (self.reload + 1) * (4 << min(self.prescaler, 6)) / FASTEST_HZ

    def write(self, register, value):
        if register == KR:
            self.is_unlocked = value == UNLOCK
            self.is_started |= value == START
            if self.is_started and value in (FEED, START):
                self.feedings += value == FEED
                self.deadline = self.chip.seconds + self.period
        elif register not in (PR, RLR):
            self.chip.violation(f"a write to {register:#x} of the watchdog")
        elif not self.is_unlocked:
            self.chip.violation("the settings of the watchdog are locked")
        elif register == PR:
            self.prescaler = value & 7
        else:
            self.reload = value & 0xFFF

    def advance(self):
        if self.deadline is not None and self.chip.seconds >= self.deadline:
            self.deadline = None
            self.chip.machine.ask_for_reset()
