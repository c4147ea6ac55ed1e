"""Description of a device, from its answer to a hello."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from dense_fleet.protocol.postcard import U8, U16, U32
from dense_fleet.protocol.refusals import FlashFault


@dataclass(frozen=True)
class Count:
    """The number of lessons."""

    count: U32


Lessons = Count | FlashFault
"""How many lessons there were, or why there are none."""


class Element(IntEnum):
    """A number of an input."""

    U8 = 0
    F32 = 1


class Task(IntEnum):
    """Kind of the outputs: probabilities of classes, that of the second of two classes, or numbers."""

    CLASSES = 0
    BINARY = 1
    VALUES = 2


class Form(IntEnum):
    """Type of the weights: f32 in RAM, or int8 in flash."""

    F32 = 0
    INT8 = 1


class ClockSource(IntEnum):
    """Source of a clock."""

    CRYSTAL = 0
    INTERNAL = 1
    HOST = 2


@dataclass(frozen=True)
class Window:
    """A window of a time series."""

    channels: U16
    length: U16
    stride: U16
    downsample: U16


@dataclass(frozen=True)
class Network:
    """A network, and what it takes and gives."""

    widths: bytes
    element: Element
    task: Task
    form: Form
    parameters: U32
    window: Window | None
    names_checksum: U32

    def shape(self) -> list[int]:
        """Its inputs, then the units of each layer."""
        return [int(width) for width in np.frombuffer(self.widths, "<u2", len(self.widths) // 2)]


@dataclass(frozen=True)
class OriginFactory:
    """The firmware."""


@dataclass(frozen=True)
class OriginUnreadable:
    """The firmware, since the flash could not be read."""


@dataclass(frozen=True)
class OriginSave:
    """The save of this number."""

    save: U32


@dataclass(frozen=True)
class OriginHost:
    """The host."""


@dataclass(frozen=True)
class SampleMemory:
    """A memory of samples to practise on."""

    capacity: U32
    lessons: Lessons
    factory_samples: U32
    factory_checksum: U32


@dataclass(frozen=True)
class Description:
    """Device and network: the answer to a hello."""

    version: U8
    board: str
    kernel: str
    network: Network
    factory_checksum: U32
    origin: OriginFactory | OriginUnreadable | OriginSave | OriginHost
    foreign_save: bool
    clock_hz: U32
    clock_source: ClockSource
    model_bytes: U32
    static_bytes: U32
    slot_bytes: U32
    memory: SampleMemory | None
    momentum: float
    authentication: bytes
