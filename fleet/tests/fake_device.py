"""A device in Python behind a TCP port, with faults on demand: softmax regression without a promise about bits."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dense_fleet.protocol import frames, messages, refusals
from dense_fleet.protocol.answers import (
    Accepted,
    Answer,
    ChecksumIs,
    Learned,
    Loaded,
    Parameters,
    Practised,
    Refused,
    Reply,
    Saved,
    Used,
    Written,
)
from dense_fleet.protocol.authentication import Authentication, Key
from dense_fleet.protocol.checksum import of_parameters
from dense_fleet.protocol.frames import Decoder
from dense_fleet.protocol.hello import (
    ClockSource,
    Count,
    Description,
    Element,
    Form,
    Network,
    OriginFactory,
    OriginHost,
    OriginSave,
    OriginUnreadable,
    SampleMemory,
    Task,
)
from dense_fleet.protocol.messages import Floats, Request
from dense_fleet.protocol.postcard import Reader, from_bytes
from dense_fleet.protocol.refusals import Refusal

INPUTS, CLASSES, READ_AT_ONCE = 12, 3, 16
COUNT = (INPUTS + 1) * CLASSES

Origin = OriginFactory | OriginUnreadable | OriginSave | OriginHost
Fault = Callable[["FakeDevice", Request, bytes], bytes | None]
"""Makes of a request and the frame of its answer what the line carries; `None` breaks the connection."""


def no_fault(device: "FakeDevice", request: Request, frame: bytes) -> bytes | None:
    """A line without faults."""
    return frame


@dataclass
class FakeDevice:
    """A device that serves one connection after the other."""

    lessons: list[tuple[NDArray[np.uint8], int]] = field(default_factory=list)
    fault: Fault = no_fault
    weights: NDArray[np.float32] = field(default_factory=lambda: np.zeros(COUNT, np.float32))
    saved: NDArray[np.float32] | None = None
    session: int = messages.NO_SESSION
    origin: Origin = OriginFactory()
    executed: list[str] = field(default_factory=list)
    key: Key | None = None
    boot: int = 1
    counter: int = 0

    def __post_init__(self) -> None:
        self._written = np.zeros(0, np.float32)
        self._last: tuple[Request, bytes] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Ends the server; nobody can connect any more."""
        self._listener.close()

    def restart(self) -> None:
        """Loses what is in RAM."""
        self.session = messages.NO_SESSION
        self.origin = OriginFactory() if self.saved is None else OriginSave(1)
        self.weights = np.zeros(COUNT, np.float32) if self.saved is None else self.saved.copy()
        self._last = None
        self.boot, self.counter = self.boot + 1, 0

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                decoder = Decoder()
                while received := connection.recv(1024):
                    for message in decoder.push(received):
                        if isinstance(message, bytes) and not self._reply(connection, message):
                            break
                    else:
                        continue
                    break

    def _reply(self, connection: socket.socket, message: bytes) -> bool:
        request: Request = from_bytes(Request, Reader(message))
        if self._last is None or self._last[0] != request:
            result = self._result(request)
            answer = Answer(request.sequence, self.session, result)
            self._last = (request, frames.encode(answer.to_bytes()))
        carried = self.fault(self, request, self._last[1])
        if carried is None:
            return False
        connection.sendall(carried)
        return True

    def _result(self, request: Request) -> Accepted | Refused:
        if isinstance(request.command, messages.Hello):
            self.session = request.session
        elif request.session != self.session:
            return Refused(refusals.OtherSession(self.session))
        if self.key is not None and isinstance(request.command, messages.CHANGES):
            counter = int.from_bytes(request.mac[:4], "little")
            if not request.mac:
                return Refused(refusals.WrongMac(refusals.MacMissing()))
            if self.key.authenticate(request, self.boot, counter) != request:
                return Refused(refusals.WrongMac(refusals.MacTag()))
            if counter <= self.counter:
                return Refused(refusals.WrongMac(refusals.MacCounter(self.counter)))
            self.counter = counter
        self.executed.append(type(request.command).__name__)
        result = self._execute(request.command)
        return Refused(result) if isinstance(result, Refusal) else Accepted(result)

    def _execute(self, command: messages.Command) -> Reply | Refusal:
        match command:
            case messages.Hello():
                return self._describe()
            case messages.Learn(messages.InputValues(data), messages.TargetClass(label), step, _):
                loss = self._step(np.frombuffer(data, np.uint8), label, step.learning_rate)
                return Learned(loss, loss, 0, Count(len(self.lessons)))
            case messages.Practise(steps, seed, step):
                if not self.lessons:
                    return refusals.NoSamples()
                chosen = np.random.default_rng(seed).integers(len(self.lessons), size=steps)
                losses = [
                    self._step(pixels, label, step.learning_rate)
                    for pixels, label in map(self.lessons.__getitem__, chosen)
                ]
                return Practised(steps, steps, float(np.mean(losses)), 0)
            case messages.Checksum():
                return ChecksumIs(of_parameters(None, self.weights))
            case messages.Save():
                self.saved = self.weights.copy()
                self.origin = OriginSave(1)
                return Saved(1, 0)
            case messages.Load():
                if self.saved is None:
                    return refusals.NothingSaved()
                self.weights = self.saved.copy()
                self.origin = OriginSave(1)
                return Loaded(1)
            case messages.ReadParameters(first):
                return Parameters(Floats.of(self.weights[first : first + READ_AT_ONCE]))
            case messages.WriteParameters(first, values):
                expected = 0 if first == 0 else self._written.size
                if first != expected:
                    return refusals.OtherParameters(first, expected)
                self._written = np.append(self._written[:first], values.values())
                return Written(COUNT - self._written.size)
            case messages.UseParameters(checksum):
                if (found := of_parameters(None, self._written)) != checksum:
                    return refusals.OtherChecksum(found)
                self.weights = self._written.copy()
                self.origin = OriginHost()
                return Used()
        return refusals.UnknownMessage()

    def _describe(self) -> Description:
        widths = np.array([INPUTS, CLASSES], "<u2").tobytes()
        network = Network(widths, Element.U8, Task.CLASSES, Form.F32, COUNT, None, 0)
        memory = SampleMemory(20, Count(len(self.lessons)), 0, 0)
        found = b""
        if self.key is not None:
            tag = self.key.tag_of_hello(self.session, self.boot, self.counter)
            found = Authentication(self.boot, self.counter, tag).to_bytes()
        source = ClockSource.HOST
        return Description(3, "fake", "numpy", network, 0, self.origin, False, 0, source, 1, 1, 1, memory, 0.0, found)

    def _step(self, pixels: NDArray[np.uint8], label: int, rate: float) -> float:
        kernel, bias = self.weights[:-CLASSES].reshape(CLASSES, INPUTS), self.weights[-CLASSES:]
        values = pixels.astype(np.float32) / np.float32(255)
        logits = kernel @ values + bias
        outputs = np.exp(logits - logits.max())
        outputs /= outputs.sum()
        loss = float(-np.log(outputs[label]))
        delta = outputs
        delta[label] -= 1
        kernel -= np.float32(rate) * np.outer(delta, values)
        bias -= np.float32(rate) * delta
        return loss


def lessons_of(classes: list[int], count: int, seed: int) -> list[tuple[NDArray[np.uint8], int]]:
    """Pictures of three classes that a line can tell apart: each has its third of the pixels bright."""
    random = np.random.default_rng(seed)
    lessons = []
    for index in range(count):
        label = classes[index % len(classes)]
        pixels = random.integers(0, 120, INPUTS)
        pixels[label * 4 : label * 4 + 4] += 100
        lessons.append((pixels.astype(np.uint8), label))
    return lessons
