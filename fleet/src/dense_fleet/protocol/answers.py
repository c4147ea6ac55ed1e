"""Answers of the device: to each request a reply or a refusal."""

from dataclasses import dataclass

from dense_fleet.protocol.hello import Description, Lessons
from dense_fleet.protocol.messages import Floats
from dense_fleet.protocol.postcard import U8, U16, U32, MalformedError, Reader, from_bytes, to_bytes
from dense_fleet.protocol.refusals import Refusal


@dataclass(frozen=True)
class Inferred:
    """An inference."""

    logits: Floats
    outputs: Floats
    cycles: U32


@dataclass(frozen=True)
class SeriesAppended:
    """Samples that are missing to the next window."""

    missing: U16


@dataclass(frozen=True)
class Learned:
    """A training step."""

    loss_before: float
    loss_after: float
    cycles: U32
    lessons: Lessons


@dataclass(frozen=True)
class Practised:
    """Training steps on samples of the memory."""

    steps: U16
    lessons: U16
    loss: float
    cycles: U32


@dataclass(frozen=True)
class ChecksumIs:
    """The checksum of the weights in RAM."""

    checksum: U32


@dataclass(frozen=True)
class CountersAre:
    """Counters since the start."""

    inferred: U32
    learned: U32
    practised: U32
    refused: U32
    broken_frames: U32
    repeated: U32


@dataclass(frozen=True)
class Saved:
    """Weights that were written to flash and verified."""

    save: U32
    slot: U8


@dataclass(frozen=True)
class Loaded:
    """Number of the save that was loaded."""

    save: U32


@dataclass(frozen=True)
class WasReset:
    """The firmware's weights are back."""


@dataclass(frozen=True)
class Parameters:
    """Parameters that were read."""

    values: Floats


@dataclass(frozen=True)
class Written:
    """Parameters that are still missing."""

    missing: U32


@dataclass(frozen=True)
class Used:
    """The parameters that were written are in use."""


Reply = (
    Description
    | Inferred
    | SeriesAppended
    | Learned
    | Practised
    | ChecksumIs
    | CountersAre
    | Saved
    | Loaded
    | WasReset
    | Parameters
    | Written
    | Used
)


@dataclass(frozen=True)
class Accepted:
    """The command was executed."""

    reply: Reply


@dataclass(frozen=True)
class Refused:
    """The command was not executed."""

    refusal: Refusal


@dataclass(frozen=True)
class Answer:
    """Device to host."""

    sequence: U16
    session: U32
    result: Accepted | Refused

    def to_bytes(self) -> bytes:
        """The message."""
        return to_bytes(Answer, self)

    @classmethod
    def from_bytes(cls, message: bytes) -> "Answer":
        """The answer that a message is; `MalformedError` for any other bytes, trailing ones included."""
        reader = Reader(message)
        answer: Answer = from_bytes(cls, reader)
        if reader.place != len(message):
            raise MalformedError("bytes behind the message")
        return answer
