"""Devices to experiment with: boards in QEMU, and the same firmware on this machine."""

import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server

import numpy as np
from numpy.typing import NDArray

from dense_fleet.device import Device, LineError, RetryPolicy
from dense_fleet.protocol.messages import Step, TargetClass

REPOSITORY = Path(__file__).parents[2]
HOST_TRAINER = "cargo run --quiet --package host-trainer --"
MANIFEST = REPOSITORY / "firmware/Cargo.toml"
# The first start also builds the firmware, and what is sent before the board has started is lost.
START, POLICY = 900.0, RetryPolicy(timeout=0.5, tries=4)
Lesson = tuple[NDArray[np.uint8] | NDArray[np.float32], int]


@dataclass(frozen=True)
class Build:
    """Inputs of a firmware build: the network, and the samples to practise."""

    weights: Path
    factory_set: Path

    def environment(self) -> dict[str, str]:
        """The variables that name them."""
        return os.environ | {"WEIGHTS": str(self.weights), "FACTORY_SET": str(self.factory_set)}


def host_trainer(*arguments: str | Path) -> None:
    """Runs the trainer from this repository."""
    subprocess.run([*HOST_TRAINER.split(), *arguments], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)


def build_of(model: Path, lessons: int, weights: str = "weights.rs", room: int = 0) -> Build:
    """The firmware for a model, with room for so many lessons and, by default, no factory set."""
    samples = model / f"factory_set_{lessons}_{room}.rs"
    file = model / "model.safetensors"
    export = ("--format", "factory-set", "--room", str(room), "--lessons", str(lessons))
    host_trainer("export", *export, "--weights", file, "--output", samples)
    return Build(model / weights, samples)


@contextmanager
def boards(count: int, build: Build, folder: Path) -> Iterator[list[str]]:
    """Boots STM32F405 in QEMU with an erased flash, yields their ports, and ends them."""
    processes, ports = [], []
    try:
        for index in range(count):
            with create_server(("127.0.0.1", 0)) as free:
                number = free.getsockname()[1]
            flash = folder / f"board-{index}"
            flash.mkdir(parents=True, exist_ok=True)
            (flash / "flash.bin").unlink(missing_ok=True)
            # QEMU sends an answer byte by byte: without `nodelay` most of a round would be waiting.
            serial = f"tcp:127.0.0.1:{number},server=on,wait=off,nodelay=on"
            command = [str(REPOSITORY / "firmware/qemu"), "netduinoplus2", "serve", "-serial", serial]
            environment = build.environment() | {"FLASH_DIR": str(flash)}
            # The script hands its process over to QEMU, so that ending the one is ending the other.
            processes.append(subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL))
            ports.append(f"tcp:127.0.0.1:{number}")
            wait_for(ports[-1], processes[-1])
        yield ports
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def host_devices(count: int, build: Build) -> Iterator[list[str]]:
    """Starts devices on this machine, yields their ports, and ends them."""
    command = [
        "cargo",
        "run",
        "--quiet",
        "--manifest-path",
        str(MANIFEST),
        "--package",
        "host-device",
        "--",
        str(count),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=build.environment(), stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin:
            ports = [process.stdout.readline().strip() for _ in range(count)]
            assert all(ports), "host-device ended"
            yield ports


def wait_for(port: str, process: subprocess.Popen[bytes]) -> None:
    """Waits until a board answers."""
    deadline = time.monotonic() + START
    while True:
        assert process.poll() is None, "QEMU ended"
        try:
            with Device.open(port, POLICY):
                return
        except LineError:
            assert time.monotonic() < deadline, "the board does not answer"
            time.sleep(0.2)


def teach(port: str, lessons: Iterable[Lesson]) -> None:
    """Shows a device lessons, which it keeps; the steps themselves are as small as can be."""
    with Device.open(port, RetryPolicy(timeout=5.0, tries=4)) as device:
        for values, label in lessons:
            device.learn(values.tobytes(), TargetClass(label), Step(1e-6, 0))
