"""The client of a device, over lines with faults."""

import socket
from collections.abc import Callable

import numpy as np
import pytest
from fake_device import CLASSES, COUNT, FakeDevice, Fault, lessons_of

from dense_fleet.device import (
    AnswerError,
    AuthenticationError,
    Device,
    LineError,
    RefusedError,
    RestartedError,
    RetryPolicy,
)
from dense_fleet.protocol import frames, refusals
from dense_fleet.protocol.answers import Accepted, Answer, Practised, Refused
from dense_fleet.protocol.authentication import Key
from dense_fleet.protocol.messages import Hello, Practise, Request, Step, TargetClass
from dense_fleet.transport import PortError

QUICK = RetryPolicy(timeout=0.2, tries=4)
PARAMETERS = np.random.default_rng(1).normal(size=COUNT).astype(np.float32)


def every_third(change: Callable[[bytes], bytes]) -> Fault:
    """Changes every third frame."""
    count = 0

    def fault(device: FakeDevice, request: Request, frame: bytes) -> bytes:
        nonlocal count
        count += 1
        return change(frame) if count % 3 == 0 else frame

    return fault


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: b"",
        lambda frame: frame[:-2],
        lambda frame: frame[:2] + bytes([frame[2] ^ 1]) + frame[3:],
        lambda frame: b"\x55" * 40_000 + b"\0",
    ],
    ids=["lost", "cut", "changed", "noise"],
)
def test_what_the_line_breaks_is_sent_again_and_done_once(change: Callable[[bytes], bytes]) -> None:
    fake = FakeDevice(fault=every_third(change))
    with Device.open(fake.port, RetryPolicy(timeout=0.05, tries=20)) as device:
        device.write_parameters(PARAMETERS, None)
        learned = device.learn(bytes(12), TargetClass(1), Step(0.1, 0))
        assert learned.loss_before > 0
        assert device.traffic.repeats > 0
        read = device.read_parameters(None)
    assert fake.executed.count("Learn") == 1
    np.testing.assert_array_equal(read, fake.weights)
    assert not np.array_equal(read, PARAMETERS)


def test_a_restart_is_noticed() -> None:
    fake = FakeDevice(lessons=lessons_of([0], 3, seed=1))
    with Device.open(fake.port, QUICK) as device:
        device.write_parameters(PARAMETERS, None)
        fake.restart()
        with pytest.raises(RestartedError, match=rf"{fake.port}: the device was restarted; .* is gone"):
            device.practise(1, 1, Step(0.1, 0))


def test_another_host_is_noticed() -> None:
    fake = FakeDevice()
    with Device.open(fake.port, QUICK) as device:
        fake.session = 300
        with pytest.raises(RestartedError, match="another host has started session 0000012c"):
            device.checksum()


def test_errors_name_the_port_and_what_was_asked() -> None:
    fake = FakeDevice()
    with Device.open(fake.port, QUICK) as device:
        with pytest.raises(RefusedError, match=rf"{fake.port}: practise was refused: the device's memory .* is empty"):
            device.practise(1, 1, Step(0.1, 0))
        with pytest.raises(RefusedError, match="load was refused: no weights are saved on the device"):
            device.load()
        with pytest.raises(AnswerError, match=f"{fake.port}: 2 parameters, but the device's network has {COUNT}"):
            device.write_parameters(np.zeros(2, np.float32), None)
        with pytest.raises(AnswerError, match="has the model file the device's pixel table"):
            device.read_parameters(bytes(256))
        fake.fault = lambda device, request, frame: b""
        with pytest.raises(LineError, match=rf"{fake.port}: no answer to checksum in 4 tries of 0.2 s"):
            device.checksum()


def test_answers_that_make_no_sense_are_refused() -> None:
    fake = FakeDevice(lessons=lessons_of([0], 3, seed=1))

    def answer(practised: Practised) -> Fault:
        def fault(device: FakeDevice, request: Request, frame: bytes) -> bytes:
            if not isinstance(request.command, Practise):
                return frame
            return frames.encode(Answer(request.sequence, request.session, Accepted(practised)).to_bytes())

        return fault

    with Device.open(fake.port, QUICK) as device:
        for practised, words in [
            (Practised(2, 0, 0.0, 0), "has more steps than were asked for"),
            (Practised(1, 0, float("nan"), 0), "has a number that is not finite"),
        ]:
            fake.fault = answer(practised)
            with pytest.raises(AnswerError, match=f"the answer to practise {words}"):
                device.practise(1, 1, Step(0.1, 0))
        fake.weights[CLASSES] = np.inf
        with pytest.raises(AnswerError, match="the answer to read parameters has a number that is not finite"):
            device.read_parameters(None)


def test_a_broken_connection_is_an_error() -> None:
    fake = FakeDevice(fault=lambda device, request, frame: frame if isinstance(request.command, Hello) else None)
    with Device.open(fake.port, QUICK) as device, pytest.raises(LineError, match=r"broke"):
        device.checksum()


def test_a_sequence_number_of_the_program_before_is_replaced() -> None:
    refused = False

    def fault(device: FakeDevice, request: Request, frame: bytes) -> bytes:
        nonlocal refused
        if refused:
            return frame
        refused = True
        answer = Answer(request.sequence, 1, Refused(refusals.SequenceReused(request.sequence)))
        return frames.encode(answer.to_bytes())

    fake = FakeDevice(fault=fault)
    with Device.open(fake.port, QUICK) as device:
        assert device.description.board == "fake"


def test_ports_that_are_none() -> None:
    for name in [
        "",
        "tcp:",
        "tcp:4000",
        "tcp::4000",
        "tcp:a..b:1",
        "tcp:localhost:",
        "tcp:localhost:0",
        "tcp:localhost:65536",
    ]:
        with pytest.raises(PortError, match=name or "empty"):
            Device.open(name, QUICK)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for name in [f"tcp:127.0.0.1:{port}", "/dev/no-such-port"]:
        with pytest.raises(LineError, match=f"{name}: cannot open"):
            Device.open(name, QUICK)


def test_a_device_with_a_key_is_changed_only_by_who_has_it() -> None:
    key, other = Key(bytes(32)), Key(b"\1" * 32)
    fake = FakeDevice(lessons=lessons_of([0], 3, seed=1), key=key)
    with Device.open(fake.port, QUICK, key=key) as device:
        device.write_parameters(PARAMETERS, None)
        device.practise(2, 1, Step(0.1, 0))
        device.save()
    # The next program goes on from the counter of this one, and after a restart from that of the device.
    with Device.open(fake.port, QUICK, key=key) as device:
        device.save()
    fake.restart()
    with Device.open(fake.port, QUICK, key=key) as device:
        device.load()
    with Device.open(fake.port, QUICK) as device:
        device.checksum()
        with pytest.raises(AuthenticationError, match="save changes the device, which has a key, and none was given"):
            device.save()
    with pytest.raises(AuthenticationError, match="the device has another key"):
        Device.open(fake.port, QUICK, key=other)
    with pytest.raises(AuthenticationError, match="the device has no key"):
        Device.open(FakeDevice().port, QUICK, key=key)
