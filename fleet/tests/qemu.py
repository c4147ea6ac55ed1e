"""Boards in QEMU, with the firmware for a model that is trained for them."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import numpy as np
from numpy.typing import NDArray

from dense_fleet.device import Device, LineError, RetryPolicy
from dense_fleet.protocol.messages import Step, TargetClass

REPOSITORY = Path(__file__).parents[2]
HOST_TRAINER = "cargo run --quiet --package host-trainer --"
# The first start also builds the firmware, and what is sent before the board has started is lost.
START, POLICY = 900.0, RetryPolicy(timeout=0.5, tries=4)


def host_trainer(*arguments: str) -> None:
    """Runs the trainer from this repository."""
    subprocess.run([*HOST_TRAINER.split(), *arguments], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)


def train_start(folder: Path) -> None:
    """The model of round 0, little trained so that there is something left to learn, and its factory set."""
    host_trainer("train", "--epochs", "1", "--limit", "1000", "--out", str(folder))
    host_trainer("export", "--format", "factory-set", "--weights", str(folder / "model.safetensors"))


@contextmanager
def boards(count: int, model: Path, folder: Path) -> Iterator[list[str]]:
    """Boots boards with an erased flash, and ends them."""
    processes, ports = [], []
    try:
        for index in range(count):
            with create_server(("127.0.0.1", 0)) as free:
                number = free.getsockname()[1]
            flash = folder / f"board-{index}"
            flash.mkdir(parents=True)
            environment = {
                "WEIGHTS": str(model / "weights.rs"),
                "FACTORY_SET": str(model / "factory_set.rs"),
                "FLASH_DIR": str(flash),
            }
            serial = f"tcp:127.0.0.1:{number},server=on,wait=off"
            command = [str(REPOSITORY / "firmware/qemu"), "netduinoplus2", "serve", "-serial", serial]
            # The script hands its process over to QEMU, so that ending the one is ending the other.
            processes.append(subprocess.Popen(command, env=os.environ | environment, stdin=subprocess.DEVNULL))
            ports.append(f"tcp:127.0.0.1:{number}")
            wait_for(ports[-1], processes[-1])
        yield ports
    finally:
        for process in processes:
            process.kill()
            process.wait()


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


def teach(port: str, lessons: list[tuple[NDArray[np.uint8], int]]) -> None:
    """Shows a board lessons, which it keeps; the steps themselves are as small as can be."""
    with Device.open(port, RetryPolicy(timeout=5.0, tries=4)) as device:
        for pixels, label in lessons:
            device.learn(pixels.tobytes(), TargetClass(label), Step(1e-6, 0))
