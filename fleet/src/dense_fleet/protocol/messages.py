"""Requests of the host.

Their meaning is documented in the crate's `messages`; the order of variants and fields is that of their bytes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dense_fleet.protocol.postcard import U8, U16, U32, to_bytes

VERSION = 3
"""Version of the protocol, covered by the checksum of every frame."""
NO_SESSION = 0
"""The number of no session: that of a device since its start."""


@dataclass(frozen=True)
class Floats:
    """f32 numbers in a message, little-endian."""

    data: bytes

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> "Floats":
        """Numbers as they stand in a message."""
        return cls(values.astype("<f4", casting="equiv").tobytes())

    def values(self) -> NDArray[np.float32]:
        """The numbers; bytes at the end that are no number do not count."""
        return np.frombuffer(self.data, "<f4", len(self.data) // 4).astype(np.float32)


@dataclass(frozen=True)
class InputValues:
    """Pixels, a byte each, or features, f32."""

    data: bytes


@dataclass(frozen=True)
class InputWindow:
    """The window of the time series that is complete."""


Input = InputValues | InputWindow


@dataclass(frozen=True)
class TargetClass:
    """The index of a class."""

    label: U8


@dataclass(frozen=True)
class TargetValues:
    """A number for each output."""

    values: Floats


Target = TargetClass | TargetValues


@dataclass(frozen=True)
class Step:
    """The settings of a step of gradient descent."""

    learning_rate: float
    first_trained: U8


@dataclass(frozen=True)
class Hello:
    """Start the session of this request."""


@dataclass(frozen=True)
class Infer:
    """Infer the outputs of an input."""

    input: Input


@dataclass(frozen=True)
class Series:
    """Append samples to the time series."""

    restart: bool
    samples: Floats


@dataclass(frozen=True)
class Learn:
    """Take one step of gradient descent."""

    input: Input
    target: Target
    step: Step
    expected: U32 | None


@dataclass(frozen=True)
class Practise:
    """Take steps on samples of the device's memory."""

    steps: U16
    seed: U32
    step: Step


@dataclass(frozen=True)
class Checksum:
    """Report the checksum of the weights in RAM."""


@dataclass(frozen=True)
class Counters:
    """Report the counters."""


@dataclass(frozen=True)
class Save:
    """Save the weights in flash."""


@dataclass(frozen=True)
class Load:
    """Load the weights saved last."""


@dataclass(frozen=True)
class Reset:
    """Restore the firmware's weights and erase what was saved."""


@dataclass(frozen=True)
class ReadParameters:
    """Read parameters from this one on."""

    first: U32


@dataclass(frozen=True)
class WriteParameters:
    """Write parameters from this one on."""

    first: U32
    values: Floats


@dataclass(frozen=True)
class UseParameters:
    """Use the parameters that were written, if they have this checksum."""

    checksum: U32


Command = (
    Hello
    | Infer
    | Series
    | Learn
    | Practise
    | Checksum
    | Counters
    | Save
    | Load
    | Reset
    | ReadParameters
    | WriteParameters
    | UseParameters
)


CHANGES = (Series, Learn, Practise, Save, Load, Reset, WriteParameters, UseParameters)
"""The commands that a device with a key does only with the right message authentication code."""


@dataclass(frozen=True)
class Request:
    """Host to device."""

    sequence: U16
    session: U32
    command: Command
    mac: bytes = b""

    def to_bytes(self) -> bytes:
        """The message."""
        return to_bytes(Request, self)
