"""The flash of an STM32F4 and its controller. Source: ST, RM0090 and RM0383, *Embedded Flash memory interface*; the times are
those of the datasheets, *Flash memory characteristics*, for bytes."""
ACR, KEYR, SR, CR, OPTCR = 0x00, 0x04, 0x0C, 0x10, 0x14
KEYS = [0x4567_0123, 0xCDEF_89AB]
DCEN, DCRST = 1 << 10, 1 << 12
WRPERR, PGAERR, PGPERR, PGSERR, BSY = 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 16
ERRORS = 0xF3
PG, SER, MER, STRT, LOCK = 1, 2, 4, 1 << 16, 1 << 31
PROGRAM_TIME, ERASE_TIME = 16e-6, 2.0
# A look at the controller while it is busy takes as much of the operation: nothing else runs then.
LOOKS = 5
STUCK_LOOK = 0.1
LINE = 16
ERASED, HALF_ERASED = 0xFF, 0xA5


def sectors(length):
    """Address and size of each: four of 16 KB, one of 64 KB, the rest of 128 KB."""
    sizes = [16] * 4 + [64] + [128] * (length // (128 * 1024) - 1)
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    return [(start * 1024, size * 1024) for start, size in zip(starts, sizes)]


class Flash:
    """With `protected` sectors. `stuck` counts the operations until one does not end, `errors` maps the number of an operation
    to bits of the status that it ends with, `status` is what is there at the start, `unlocked` how a boot loader left it.

    `erased` are the numbers of the sectors that were erased. `hides_busy` is a fault of the program: it does not see that the
    controller is busy.
    """

    def __init__(self, chip, protected=(), stuck=None, errors=None, status=0, unlocked=False, key_lost=False, hides_busy=False):
        self.chip, self.protected, self.stuck, self.errors = chip, protected, stuck, errors or {}
        self.first_status, self.unlocked, self.key_lost, self.hides_busy = status, unlocked, key_lost, hides_busy
        self.sectors = sectors(chip.FLASH_BYTES)
        self.bytes = bytearray([ERASED]) * chip.FLASH_BYTES
        self.erased, self.operations = [], 0

    def reset(self):
        latency = 5 if self.chip.clocks.source else 0
        self.access, self.control, self.status = latency, 0 if self.unlocked else LOCK, self.first_status
        self.keys, self.is_dead, self.cache = [], False, {}
        self.busy_until, self.outcome, self.erasing = None, 0, None

    def wait_states(self):
        return self.access & 7

    def read(self, register):
        if register == SR:
            self.look()
            busy = self.busy_until is not None and not self.hides_busy
            return self.status | (BSY if busy else 0)
        return {ACR: self.access, CR: self.control, OPTCR: 0x0FFF_AAED}.get(register, 0)

    def look(self):
        if self.busy_until is not None:
            self.chip.wait(STUCK_LOOK if self.busy_until == float("inf") else self.look_takes)
            if self.chip.seconds >= self.busy_until:
                self.end()

    def end(self):
        self.busy_until = None
        self.status |= self.outcome
        if self.erasing is not None:
            start, size = self.sectors[self.erasing]
            self.bytes[start:start + size] = bytes([ERASED]) * size
            self.erased.append(self.erasing)
            self.erasing = None

    def write(self, register, value):
        if register == ACR:
            self.write_access(value)
        elif register == KEYR:
            self.write_key(value)
        elif register == SR:
            self.status &= ~(value & ERRORS)
        elif register == CR:
            self.write_control(value)

    def write_access(self, value):
        if value & DCRST:
            if (self.access | value) & DCEN:
                self.chip.violation("the data cache is reset while it is on")
            self.cache = {}
        self.access = value
        self.chip.clocks.check()

    def write_key(self, value):
        self.keys.append(value)
        is_right = self.control & LOCK and self.keys == KEYS[:len(self.keys)]
        if not is_right or self.key_lost:
            self.is_dead = True
            self.control |= LOCK
        elif self.keys == KEYS and not self.is_dead:
            self.control &= ~LOCK
            self.keys = []

    def write_control(self, value):
        if self.control & LOCK:
            return
        if self.busy_until is not None:
            self.chip.violation("the controller is set up while it is busy")
            return
        self.control = value & ~STRT
        if value & LOCK:
            self.keys = []
        if value & STRT:
            self.start_erasure()

    def start_erasure(self):
        number = self.control >> 3 & 15
        if self.control & (PG | SER | MER) != SER or number >= len(self.sectors):
            self.chip.violation(f"an erasure with control {self.control:#x}")
        elif number in self.protected:
            self.start(0, WRPERR)
        elif self.start(ERASE_TIME):
            # Until it ends, nobody knows what is there.
            start, size = self.sectors[number]
            self.bytes[start:start + size] = bytes([HALF_ERASED]) * size
            self.erasing = number

    def start(self, seconds, outcome=0):
        """Starts an operation and says whether it does something."""
        self.operations += 1
        if self.operations == self.stuck:
            seconds = float("inf")
        outcome |= self.errors.get(self.operations, 0)
        self.busy_until, self.look_takes, self.outcome = self.chip.seconds + seconds, seconds / LOOKS, outcome
        return not outcome

    def store(self, address, size, value):
        offset = address - self.chip.FLASH
        if self.busy_until is not None:
            self.chip.violation("a byte is written while the controller is busy")
            return
        if self.control & (LOCK | PG | SER | MER) != PG:
            self.status |= PGSERR
        elif size != 1 << (self.control >> 8 & 3):
            self.status |= PGPERR
        elif offset % LINE + size > LINE:
            self.status |= PGAERR
        elif self.sector_of(offset) in self.protected:
            self.start(0, WRPERR)
        elif self.start(PROGRAM_TIME):
            for index, byte in enumerate(value.to_bytes(size, "little"), offset):
                self.bytes[index] &= byte
                if index // LINE in self.cache:
                    self.cache[index // LINE][index % LINE] = self.bytes[index]

    def sector_of(self, offset):
        return next(number for number, (start, size) in enumerate(self.sectors) if start <= offset < start + size)

    def load(self, address, size):
        """Bytes as the processor reads them: from its cache, if it is on, which may hold any line that was read since its reset."""
        if self.busy_until is not None:
            self.chip.violation("the flash is read while the controller is busy")
        line, place = divmod(address - self.chip.FLASH, LINE)
        found = self.bytes[line * LINE:(line + 1) * LINE]
        if self.access & DCEN:
            found = self.cache.setdefault(line, bytearray(found))
        return int.from_bytes(found[place:place + size], "little")
