"""A round on a device: weights go in, it practises its own lessons, weights come out."""

import logging
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dense_fleet.device import STEPS_AT_ONCE, Device, DeviceError, RefusedError
from dense_fleet.protocol.hello import Count, Description, Form, OriginHost
from dense_fleet.protocol.messages import Step
from dense_fleet.protocol.refusals import NothingSaved

log = logging.getLogger("flwr")


@dataclass(frozen=True)
class Orders:
    """Settings of a round on one device: steps of practice, their seed, and the expected form of the network."""

    steps: int
    seed: int
    step: Step
    pixel_table: bytes | None
    form: Form = Form.F32
    """Required type of the weights of the device's network."""


@dataclass(frozen=True)
class Outcome:
    """Result of a round on one device: its trained parameters, mean loss, bytes on the line, and duration."""

    parameters: NDArray[np.float32]
    own: int
    """Checksum of the device's own weights."""
    lessons: int
    steps: int
    loss: float
    bytes_sent: int
    bytes_received: int
    seconds: float


def run_round(device: Device, parameters: NDArray[np.float32], orders: Orders, own: int | None) -> Outcome:
    """Runs a round on a device whose own weights had the checksum `own` when they were last saved, if ever.

    The weights that it practises are in its RAM alone, and its own ones in its flash, from where they come back at the
    end. A round that breaks off costs nothing but itself: the next one, or a restart, brings them back.
    """
    start = time.monotonic()
    lessons = kept_lessons(device.port, device.description)
    if (form := device.description.network.form) != orders.form:
        raise DeviceError(
            f"{device.port}: the device's network is in {form.name.lower()}, the run's in {orders.form.name.lower()}"
        )
    own = keep_own(device, own)
    device.write_parameters(parameters, orders.pixel_table)
    steps, loss = 0, 0.0
    while steps < orders.steps:
        asked = min(orders.steps - steps, STEPS_AT_ONCE)
        practised = device.practise(asked, (orders.seed + steps) & 0xFFFF_FFFF, orders.step)
        steps += practised.steps
        loss += practised.loss * practised.steps
        if practised.steps < asked:
            log.warning("%s: a lesson could not be read, %d of %d steps taken", device.port, steps, orders.steps)
            break
    trained = device.read_parameters(orders.pixel_table)
    device.load()
    return Outcome(
        trained,
        own,
        lessons,
        steps,
        loss / max(steps, 1),
        device.traffic.sent,
        device.traffic.received,
        time.monotonic() - start,
    )


def keep_own(device: Device, own: int | None) -> int:
    """Saves a device's own weights, unless that was done, and returns their checksum."""
    if isinstance(device.description.origin, OriginHost):
        # A round before has left them there.
        try:
            device.load()
        except RefusedError as error:
            if not isinstance(error.refusal, NothingSaved):
                raise
    found = device.checksum()
    if found != own:
        log.info("%s: its own weights are saved as number %d", device.port, device.save().save)
    return found


def kept_lessons(port: str, description: Description) -> int:
    """How many lessons a device has in its memory."""
    memory = description.memory
    if memory is None:
        raise DeviceError(f"{port}: the device has no memory of samples: build its firmware with a factory set")
    if not isinstance(memory.lessons, Count):
        raise DeviceError(f"{port}: the device has no memory of lessons: its flash failed to {memory.lessons}")
    if memory.lessons.count == 0:
        raise DeviceError(f"{port}: the device has learnt no lessons yet")
    return min(memory.lessons.count, memory.capacity)
