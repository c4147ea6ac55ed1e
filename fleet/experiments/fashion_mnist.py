"""Ten devices with lessons of two classes of Fashion-MNIST each, beside one device that has all of their lessons.

fleet/.venv/bin/python fleet/experiments/fashion_mnist.py --out out/fleet/fashion-mnist

Lessons are training images, each known to one device only. The network begins with what 100 images have taught it, and
devices have no samples but their lessons. The device with all lessons takes as many steps as the others together.
"""

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
from machines import HOST_TRAINER, REPOSITORY, Lesson, boards, build_of, host_devices, host_trainer, teach
from numpy.typing import NDArray
from runs import compare, run_fleet

from dense_fleet.settings import Settings

CLASSES = 10
LESSONS = 100
"""Lessons of a device."""


def training_images(count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The first ones, and their labels."""
    folder = REPOSITORY / "data/fashion-mnist"
    images = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())
    return (
        np.frombuffer(images, np.uint8, count * 784, offset=16).reshape(count, 784),
        np.frombuffer(labels, np.uint8, count, offset=8),
    )


def lessons_of(devices: int, count: int = LESSONS, classes: int = 2) -> list[list[Lesson]]:
    """`count` lessons of each device, of so many classes in turn; no image is in two of them."""
    images, labels = training_images(devices * count * CLASSES)
    unused = {label: iter(np.flatnonzero(labels == label)) for label in range(CLASSES)}
    taught = []
    for device in range(devices):
        own = [(device + index % classes) % CLASSES for index in range(count)]
        taught.append([(images[next(unused[label])], label) for label in own])
    return taught


def train_start(folder: Path) -> Path:
    """The model of round 0: one epoch of 100 images."""
    host_trainer("train", "--epochs", "1", "--limit", "100", "--out", folder)
    return folder / "model.safetensors"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "out/fleet/fashion-mnist")
    parser.add_argument("--machine", choices=["qemu", "host"], default="qemu", help="where the ten devices run")
    parser.add_argument("--devices", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--server-learning-rate", type=float, default=3.0, help="with a momentum of 0, 1 is the mean")
    parser.add_argument("--server-momentum", type=float, default=0.7)
    arguments = parser.parse_args()
    out, devices = arguments.out.resolve(), arguments.devices
    settings = Settings(
        model=str(train_start(out / "start")),
        out=str(out),
        strategy="fedavgm",
        server_learning_rate=arguments.server_learning_rate,
        server_momentum=arguments.server_momentum,
        rounds=arguments.rounds,
        devices=devices,
        steps=256,
        learning_rate=0.001,
        seed=arguments.seed,
        evaluate=f"{HOST_TRAINER} evaluate --json",
    )
    taught = lessons_of(devices)

    with host_devices(1, build_of(out / "start", devices * LESSONS)) as ports:
        teach(ports[0], [lesson for lessons in taught for lesson in lessons])
        plain = {"strategy": "fedavg", "server_learning_rate": 1.0, "server_momentum": 0.0}
        central = run_fleet(settings, ports, out=out / "central", steps=devices * settings.steps, **plain)

    build = build_of(out / "start", LESSONS)
    with boards(devices, build, out) if arguments.machine == "qemu" else host_devices(devices, build) as ports:
        for port, lessons in zip(ports, taught, strict=True):
            teach(port, lessons)
        start = time.monotonic()
        fleet = run_fleet(settings, ports)
        print(f"{settings.rounds} rounds of {devices} devices took {time.monotonic() - start:.0f} s")
    compare({"fleet": fleet, "one device with all lessons": central}, out)


if __name__ == "__main__":
    main()
