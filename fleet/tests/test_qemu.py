"""The firmware in QEMU under Flower's simulation: `pytest -m slow`."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from qemu import HOST_TRAINER, REPOSITORY, boards, teach, train_start

DEVICES, LESSONS = 3, 10


def fashion_mnist(count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The first training pictures and their labels."""
    folder = REPOSITORY / "data/fashion-mnist"
    pictures = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())
    return (
        np.frombuffer(pictures, np.uint8, count * 784, offset=16).reshape(count, 784),
        np.frombuffer(labels, np.uint8, count, offset=8),
    )


@pytest.mark.slow
def test_boards_learn_together_and_a_rerun_has_the_same_bits(tmp_path: Path) -> None:
    train_start(tmp_path / "start")
    pictures, labels = fashion_mnist(1000)
    hashes = []
    for name in ("first", "second"):
        out = tmp_path / name
        with boards(DEVICES, tmp_path / "start", out) as ports:
            for index, port in enumerate(ports):
                chosen = np.flatnonzero(np.isin(labels, (3 * index, 3 * index + 1)))[:LESSONS]
                teach(port, [(pictures[place], int(labels[place])) for place in chosen])
            arguments = {
                "model": tmp_path / "start/model.safetensors",
                "out": out,
                "rounds": 2,
                "devices": DEVICES,
                "ports": " ".join(ports),
                "evaluate": f"{HOST_TRAINER} evaluate --json",
            }
            command = [sys.executable, "-c", "from dense_fleet.simulate import main; main()"]
            options = [f"--{option}={value}" for option, value in arguments.items()]
            subprocess.run([*command, *options], cwd=REPOSITORY, check=True)
        history = json.loads((out / "history.json").read_text())
        print(*history["rounds"], history["sha256"], sep="\n")
        assert [row.get("devices") for row in history["rounds"]] == [None, DEVICES, DEVICES]
        assert [row["num-examples"] for row in history["rounds"][1:]] == [DEVICES * LESSONS] * 2
        hashes.append(history["sha256"])
    assert hashes[0] == hashes[1]
