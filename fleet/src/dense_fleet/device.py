"""The client of a device: repeats each request until its answer arrives, over a line that may lose or change bytes."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dense_fleet.protocol import frames, messages
from dense_fleet.protocol.answers import (
    Accepted,
    Answer,
    ChecksumIs,
    CountersAre,
    Inferred,
    Learned,
    Loaded,
    Parameters,
    Practised,
    Refused,
    Reply,
    Saved,
    Used,
    WasReset,
    Written,
)
from dense_fleet.protocol.authentication import Authentication, Key
from dense_fleet.protocol.checksum import of_parameters
from dense_fleet.protocol.frames import Decoder, FrameError
from dense_fleet.protocol.hello import Description
from dense_fleet.protocol.messages import (
    NO_SESSION,
    Checksum,
    Command,
    Counters,
    Floats,
    Hello,
    Infer,
    InputValues,
    Learn,
    Load,
    Practise,
    ReadParameters,
    Request,
    Reset,
    Save,
    Step,
    Target,
    UseParameters,
    WriteParameters,
)
from dense_fleet.protocol.postcard import MalformedError
from dense_fleet.protocol.refusals import OtherSession, Refusal, SequenceReused
from dense_fleet.transport import BAUD, Transport, open_port

FLASH_FACTOR = 10
"""How many times longer than other requests those may take that write flash or make many steps."""
PARAMETERS_WRITTEN = 40
"""Parameters in a request: what every device has room for."""
STEPS_AT_ONCE = 256
"""Steps of a request to practise, which bounds how long it takes."""

T = TypeVar("T")
Numbers = NDArray[np.float32]


class DeviceError(Exception):
    """Why something was not done on a device. Its text names the port."""


class LineError(DeviceError):
    """The port cannot be opened, the connection broke, or no answer came."""


class RestartedError(DeviceError):
    """The device is in another session."""


class RefusedError(DeviceError):
    """The device refused a request."""

    def __init__(self, port: str, request: str, refusal: Refusal) -> None:
        super().__init__(f"{port}: {request} was refused: {refusal}")
        self.refusal = refusal


class AuthenticationError(DeviceError):
    """The device has not the key that it should have, or has one."""


class AnswerError(DeviceError):
    """An answer that makes no sense."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often to send a request, and how long to wait each time."""

    timeout: float = 1.0
    tries: int = 5


DEFAULT_POLICY = RetryPolicy()


@dataclass
class Traffic:
    """Bytes sent and received over the line, repeated requests, and broken frames."""

    sent: int = 0
    received: int = 0
    repeats: int = 0
    broken_frames: int = 0


class Device:
    """A connection to a device. Every method raises a `DeviceError` where it fails."""

    def __init__(
        self, transport: Transport, port: str, policy: RetryPolicy | None = None, key: Key | None = None
    ) -> None:
        self.port = port
        self._key = key
        self._boot: int | None = None
        self._counter = 0
        self.traffic = Traffic()
        self._transport = transport
        self._policy = policy or DEFAULT_POLICY
        self._decoder = Decoder()
        self._session = secrets.randbelow(0xFFFF_FFFF) + 1
        self._sequence = secrets.randbelow(0x1_0000)
        try:
            self.description = self._hello()
        except RefusedError as error:
            # The number may be the last one of the program before; the one after it is new.
            if not isinstance(error.refusal, SequenceReused):
                raise
            self.description = self._hello()

    @classmethod
    def open(cls, port: str, policy: RetryPolicy | None = None, baud: int = BAUD, key: Key | None = None) -> "Device":
        """Connects to a device and waits for its first answer. It must have the key, if one is given."""
        policy = policy or DEFAULT_POLICY
        try:
            transport = open_port(port, baud, policy.timeout * policy.tries)
        except OSError as error:
            raise LineError(f"{port}: cannot open: {error}") from error
        try:
            return cls(transport, port, policy, key)
        except BaseException:
            transport.close()
            raise

    def __enter__(self) -> "Device":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def infer(self, values: bytes) -> tuple[Numbers, Numbers]:
        """The logits and the outputs for an input."""
        outputs = self.description.network.shape()[-1]

        def take(reply: Reply) -> tuple[Numbers, Numbers]:
            found = self._expect(reply, Inferred)
            logits, probabilities = found.logits.values(), found.outputs.values()
            if logits.size != outputs or probabilities.size != outputs:
                raise ValueError("has another number of outputs than the network")
            _check_finite(logits, probabilities)
            return logits, probabilities

        return self._request(Infer(InputValues(values)), take)

    def learn(self, values: bytes, target: Target, step: Step, expected: int | None = None) -> Learned:
        """One step of gradient descent, executed once however often it has to be sent."""

        def take(reply: Reply) -> Learned:
            learned = self._expect(reply, Learned)
            _check_finite(learned.loss_before, learned.loss_after)
            return learned

        return self._request(Learn(InputValues(values), target, step, expected), take)

    def practise(self, steps: int, seed: int, step: Step) -> Practised:
        """Up to `STEPS_AT_ONCE` steps on samples of the device's memory, drawn by `seed`."""

        def take(reply: Reply) -> Practised:
            practised = self._expect(reply, Practised)
            _check_finite(practised.loss)
            if practised.steps > steps or practised.lessons > practised.steps:
                raise ValueError("has more steps than were asked for")
            return practised

        return self._request(Practise(steps, seed, step), take)

    def checksum(self) -> int:
        """The checksum of the weights in RAM."""
        return self._request(Checksum(), lambda reply: self._expect(reply, ChecksumIs).checksum)

    def counters(self) -> CountersAre:
        """The counters since the device's start."""
        return self._request(Counters(), lambda reply: self._expect(reply, CountersAre))

    def save(self) -> Saved:
        """Saves the weights in flash."""
        return self._request(Save(), lambda reply: self._expect(reply, Saved))

    def load(self) -> int:
        """Loads the weights saved last, and returns the number of that save."""
        return self._request(Load(), lambda reply: self._expect(reply, Loaded).save)

    def reset(self) -> None:
        """Restores the firmware's weights, and erases saved weights and lessons."""
        self._request(Reset(), lambda reply: self._expect(reply, WasReset))

    def read_parameters(self, pixel_table: bytes | None) -> Numbers:
        """The parameters in RAM, whose checksum is that which the device has."""
        count = self.description.network.parameters
        pieces: list[Numbers] = []
        read = 0
        while read < count:
            left = count - read

            def take(reply: Reply, left: int = left) -> Numbers:
                values = self._expect(reply, Parameters).values.values()
                if not 1 <= values.size <= left:
                    raise ValueError("has more parameters than the network, or none")
                _check_finite(values)
                return values

            pieces.append(self._request(ReadParameters(read), take))
            read += pieces[-1].size
        parameters = np.concatenate(pieces)
        found, expected = of_parameters(pixel_table, parameters), self.checksum()
        if found != expected:
            raise AnswerError(
                f"{self.port}: the parameters read have checksum {found:08x}, those of the device {expected:08x}; "
                "has the model file the device's pixel table?"
            )
        return parameters

    def write_parameters(self, parameters: Numbers, pixel_table: bytes | None) -> int:
        """Writes the parameters in RAM, and returns their checksum, which the device has found right."""
        count = self.description.network.parameters
        if parameters.size != count:
            raise AnswerError(f"{self.port}: {parameters.size} parameters, but the device's network has {count}")
        for first in range(0, count, PARAMETERS_WRITTEN):
            piece = WriteParameters(first, Floats.of(parameters[first : first + PARAMETERS_WRITTEN]))
            self._request(piece, lambda reply: self._expect(reply, Written))
        checksum = of_parameters(pixel_table, parameters)
        self._request(UseParameters(checksum), lambda reply: self._expect(reply, Used))
        return checksum

    def _hello(self) -> Description:
        def take(reply: Reply) -> Description:
            description = self._expect(reply, Description)
            if len(description.network.shape()) < 2 or description.network.parameters == 0:
                raise ValueError("has a network without layers")
            return description

        description = self._request(Hello(), take)
        found = Authentication.from_bytes(description.authentication)
        if self._key is not None and found is None:
            raise AuthenticationError(f"{self.port}: the device has no key, so whoever is on the line can change it")
        if self._key is not None and found is not None and not self._key.is_tag_of_hello(self._session, found):
            raise AuthenticationError(
                f"{self.port}: the device has another key, or something else answers in its place"
            )
        if found is not None:
            self._boot, self._counter = found.boot, found.counter
        return description

    @staticmethod
    def _expect(reply: Reply, kind: type[T]) -> T:
        if not isinstance(reply, kind):
            raise ValueError("is of another kind")
        return reply

    def _request(self, command: Command, take: Callable[[Reply], T]) -> T:
        """Sends a request until there is an answer, and returns what `take` makes of it."""
        name = _words(type(command).__name__)
        slow = isinstance(command, Save | Reset | Practise)
        timeout = self._policy.timeout * (FLASH_FACTOR if slow else 1)
        request = self._next_request(command, name)
        try:
            frame = frames.encode(request.to_bytes())
        except FrameError as error:
            raise DeviceError(f"{self.port}: {name} cannot be sent: {error}") from error
        broken_before = self.traffic.broken_frames
        for attempt in range(self._policy.tries):
            self.traffic.repeats += attempt > 0
            try:
                result = self._send(frame, timeout)
            except OSError as error:
                raise LineError(f"{self.port}: the connection to the device broke ({error})") from error
            match result:
                case Accepted(reply):
                    try:
                        return take(reply)
                    except ValueError as fault:
                        raise AnswerError(f"{self.port}: the answer to {name} {fault}") from fault
                case Refused(OtherSession() as refusal):
                    whose = "gone" if refusal.device == NO_SESSION else "that program's"
                    raise RestartedError(
                        f"{self.port}: {refusal}; what it had learnt since it was saved last is {whose}"
                    )
                case Refused(refusal):
                    raise RefusedError(self.port, name, refusal)
        broken = self.traffic.broken_frames - broken_before
        raise LineError(
            f"{self.port}: no answer to {name} in {self._policy.tries} tries of {timeout} s "
            f"({broken} broken frames received); is the firmware running, and of the same version as this program?"
        )

    def _next_request(self, command: Command, name: str) -> Request:
        """The next request, with the tag that it needs."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        request = Request(self._sequence, self._session, command)
        if self._boot is None or not isinstance(command, messages.CHANGES):
            return request
        if self._key is None:
            raise AuthenticationError(f"{self.port}: {name} changes the device, which has a key, and none was given")
        self._counter += 1
        return self._key.authenticate(request, self._boot, self._counter)

    def _send(self, frame: bytes, timeout: float) -> Accepted | Refused | None:
        """Sends a frame once; `None` where there is no answer in time."""
        deadline = time.monotonic() + timeout
        try:
            # A zero in front ends what another program may have left unfinished.
            self._transport.send(frames.FRAME_END + frame, timeout)
            self.traffic.sent += 1 + len(frame)
            while (left := deadline - time.monotonic()) > 0:
                received = self._transport.receive(max(left, 0.001))
                self.traffic.received += len(received)
                for message in self._decoder.push(received):
                    result = self._answer(message)
                    if result is not None:
                        return result
        except TimeoutError:
            pass
        return None

    def _answer(self, message: bytes | FrameError) -> Accepted | Refused | None:
        """The result in a message. Other messages, and answers to earlier requests, are ignored."""
        if isinstance(message, FrameError):
            self.traffic.broken_frames += 1
            return None
        try:
            answer = Answer.from_bytes(message)
        except MalformedError:
            return None
        if answer.sequence != self._sequence:
            return None
        # What a program before was told, with the same number, is no answer to this one.
        if answer.session != self._session and isinstance(answer.result, Accepted):
            return Refused(OtherSession(answer.session))
        return answer.result


def _check_finite(*values: Numbers | float) -> None:
    if not all(np.isfinite(value).all() for value in values):
        raise ValueError("has a number that is not finite")


def _words(name: str) -> str:
    """`ReadParameters` as "read parameters"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
