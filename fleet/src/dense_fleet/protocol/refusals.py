"""Why a command was not executed, in the device's words."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from dense_fleet.protocol.messages import NO_SESSION, VERSION
from dense_fleet.protocol.postcard import U8, U16, U32


class FlashFault(IntEnum):
    """The flash operation that failed."""

    ERASE = 0
    WRITE = 1
    READ = 2
    VERIFY = 3
    NONE = 4

    def __str__(self) -> str:
        return ("erase", "write", "read", "keep what was written", "be there")[self]


class RefusalWords:
    """A refusal whose words need no numbers."""

    words = ""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class UnknownMessage(RefusalWords):
    words = f"the device does not know this request in version {VERSION}"


@dataclass(frozen=True)
class SequenceReused(RefusalWords):
    sequence: U16

    def __str__(self) -> str:
        return f"sequence number {self.sequence} was used for another request"


@dataclass(frozen=True)
class OtherSession(RefusalWords):
    """Another session than the device's."""

    device: U32

    def __str__(self) -> str:
        if self.device == NO_SESSION:
            return "the device was restarted"
        return f"another host has started session {self.device:08x} with the device"


@dataclass(frozen=True)
class WrongLength(RefusalWords):
    found: U32
    expected: U32

    def __str__(self) -> str:
        return f"it has {self.found} bytes, expected {self.expected}"


@dataclass(frozen=True)
class TargetKind(RefusalWords):
    words = "a class where the network has numbers as targets, or the reverse"


@dataclass(frozen=True)
class Label(RefusalWords):
    found: U8
    classes: U8

    def __str__(self) -> str:
        return f"label {self.found}, but there are {self.classes} classes"


@dataclass(frozen=True)
class NotFinite(RefusalWords):
    words = "a number in it is NaN or infinite"


@dataclass(frozen=True)
class LearningRate(RefusalWords):
    """A learning rate that is out of range."""

    found: float
    least: float
    most: float

    def __str__(self) -> str:
        found, least, most = (_exponential(value) for value in (self.found, self.least, self.most))
        return f"learning rate is {found}, expected {least} to {most}"


@dataclass(frozen=True)
class FirstTrained(RefusalWords):
    found: U8
    most: U8

    def __str__(self) -> str:
        return f"first trained layer is {self.found}, expected 0 to {self.most}"


@dataclass(frozen=True)
class OtherChecksum(RefusalWords):
    found: U32

    def __str__(self) -> str:
        return f"the device's weights have checksum {self.found:08x}"


@dataclass(frozen=True)
class Overflow(RefusalWords):
    words = "an output of the network is not finite"


@dataclass(frozen=True)
class Diverged(RefusalWords):
    words = "the weights diverged: they are again those saved last, or the firmware's"


@dataclass(frozen=True)
class NoSeries(RefusalWords):
    words = "the network's inputs are no windows of a time series"


@dataclass(frozen=True)
class WindowIncomplete(RefusalWords):
    missing: U16

    def __str__(self) -> str:
        return f"{self.missing} samples are missing to the next window"


@dataclass(frozen=True)
class Samples(RefusalWords):
    found: U32
    most: U32
    channels: U16

    def __str__(self) -> str:
        return f"{self.found} numbers, expected at most {self.most}, {self.channels} a sample"


@dataclass(frozen=True)
class NoMemory(RefusalWords):
    words = "the device has no memory of samples"


@dataclass(frozen=True)
class NoSamples(RefusalWords):
    words = "the device's memory of samples is empty"


@dataclass(frozen=True)
class OtherParameters(RefusalWords):
    found: U32
    expected: U32

    def __str__(self) -> str:
        return f"parameters from {self.found} on, but those from {self.expected} on are missing"


@dataclass(frozen=True)
class Writing(RefusalWords):
    words = "parameters are being written"


@dataclass(frozen=True)
class NothingSaved(RefusalWords):
    words = "no weights are saved on the device"


@dataclass(frozen=True)
class Flash(RefusalWords):
    """A flash operation failed."""

    fault: FlashFault

    def __str__(self) -> str:
        if self.fault == FlashFault.NONE:
            return "the board has no flash that can be written"
        return f"the device's flash failed to {self.fault}"


@dataclass(frozen=True)
class MacMissing:
    def __str__(self) -> str:
        return "the device has a key, and the request no authentication code"


@dataclass(frozen=True)
class MacTag:
    def __str__(self) -> str:
        return "the request's authentication code is not that of the device's key"


@dataclass(frozen=True)
class MacCounter:
    last: U32

    def __str__(self) -> str:
        return f"the request's counter is not larger than {self.last}, the device's last one"


@dataclass(frozen=True)
class WrongMac(RefusalWords):
    """The message authentication code of a request is not right."""

    fault: MacMissing | MacTag | MacCounter

    def __str__(self) -> str:
        return str(self.fault)


Refusal = (
    UnknownMessage
    | SequenceReused
    | OtherSession
    | WrongLength
    | TargetKind
    | Label
    | NotFinite
    | LearningRate
    | FirstTrained
    | OtherChecksum
    | Overflow
    | Diverged
    | NoSeries
    | WindowIncomplete
    | Samples
    | NoMemory
    | NoSamples
    | OtherParameters
    | Writing
    | NothingSaved
    | Flash
    | WrongMac
)


def _exponential(value: float) -> str:
    """As Rust writes an f32 with an exponent: the fewest digits that are it."""
    text = np.format_float_scientific(np.float32(value), trim="-", exp_digits=1)
    return {"nan": "NaN"}.get(text, text.replace("e+", "e"))
