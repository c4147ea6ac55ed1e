"""Shared code of the tests in this folder: data, the trainer, and models of every kind as it trains them.

A test is a `test_*.py` of unittest beside this file; `tests/interchange/run` runs it.
"""

import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.append(str(_REPOSITORY / "tests" / "vectors"))

import fashion_mnist

CLASS_NAMES = (fashion_mnist.DIRECTORY / "classes.txt").read_text().splitlines()
# How far a logit may be from another program's, whose sums have another order, for each unit of the largest logit of the
# sample, or of 1. The worst one seen is 1.1e-6.
TOLERANCE = 1e-5

_PROGRAM = os.environ["HOST_TRAINER"]
# Removed when the tests end.
_FOLDER = tempfile.TemporaryDirectory()
FOLDER = Path(_FOLDER.name)


@dataclasses.dataclass(frozen=True)
class Case:
    """A model to train: its data, and the options that make the network."""

    name: str
    data: str
    task: str
    options: tuple

    @property
    def is_pixels(self):
        return self.data == "fashion"


CASES = (
    Case("linear", "fashion", "multiclass", ()),
    Case("mlp32", "fashion", "multiclass", ("--model", "mlp32")),
    # Pixels go through a table.
    Case("best", "fashion", "multiclass", ("--preset", "best")),
    Case("features", "classes", "multiclass", ("--hidden", "32", "--activation", "tanh")),
    Case("gelu", "classes", "multiclass", ("--hidden", "16,9", "--activation", "gelu")),
    Case("binary", "binary", "binary", ("--hidden", "12", "--activation", "elu")),
    Case("logistic", "binary", "binary", ()),
    Case("sigmoid", "binary", "binary", ("--hidden", "5,4", "--activation", "sigmoid")),
    Case("regression", "regression", "regression", ("--hidden", "12,7", "--activation", "leaky_relu")),
)


def trainer(*arguments):
    """Runs the trainer in the repository, where its data is, and returns how it ended."""
    command = [_PROGRAM, *map(str, arguments)]
    return subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True, check=False)


def host_trainer(*arguments):
    """Runs the trainer, which must succeed; returns what it prints."""
    done = trainer(*arguments)
    if done.returncode != 0:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return done.stdout


@functools.cache
def test_set():
    """The 10,000 test images [count, 28, 28] as float32 in 0..1, and their labels [count]."""
    return fashion_mnist.load("t10k", 10_000)


@functools.cache
def train_set():
    """The same of the 60,000 training images."""
    return fashion_mnist.load("train", 60_000)


@functools.cache
def pixels():
    """The test images [10000, 784] as the bytes that they are."""
    return fashion_mnist.read_idx("t10k-images-idx3-ubyte.gz", 0x803, (10_000, 28, 28)).reshape(-1, 784)


@functools.cache
def table(data):
    """Features [1500, width] as float32 and targets [1500] of one of the data sets that are made here."""
    random = np.random.default_rng(2026)
    width = {"classes": 150, "binary": 6, "regression": 6}[data]
    features = random.normal(3, 2, (1500, width)).astype(np.float32)
    hidden = np.tanh((features - 3) @ random.normal(0, 0.5, (width, 12)))
    if data == "regression":
        return features, (hidden @ random.normal(0, 1, 12)).astype(np.float32)
    return features, np.argmax(hidden @ random.normal(0, 1, (12, 7 if data == "classes" else 2)), axis=1)


@functools.cache
def data_path(data):
    """The path of a data set, for `--data`."""
    if data == "fashion":
        return fashion_mnist.DIRECTORY
    features, targets = table(data)
    path = FOLDER / f"{data}.csv"
    header = ",".join([*(f"f{index}" for index in range(features.shape[1])), "target"])
    rows = [",".join(map(repr, map(float, row))) + f",{target}" for row, target in zip(features, targets)]
    path.write_text("\n".join([header, *rows, ""]))
    return path


@functools.cache
def trained(case):
    """The folder of what the trainer writes for one of the CASES."""
    folder = FOLDER / case.name
    task = () if case.is_pixels else ("--task", case.task)
    epochs = 1 if case.is_pixels else 10
    host_trainer("train", "--data", data_path(case.data), *task, *case.options, "--epochs", epochs,
                 "--out", folder, "--verbose", 0)
    return folder


def inputs_of(case):
    """The samples of a case [count, width]: bytes of pictures, or features."""
    return pixels() if case.is_pixels else table(case.data)[0]


@functools.cache
def exported(case, form, *options):
    """The file that the trainer makes of one of the CASES in a format."""
    output = FOLDER / f"{case.name}{''.join(map(str, options))}.{form}"
    arguments = ("--weights", trained(case) / "model.safetensors", "--output", output, "--verbose", 0)
    host_trainer("export", "--format", form, *arguments, *options)
    return output


def metadata(path):
    """The JSON text of a model file."""
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return json.loads(header["__metadata__"]["model"])


def correct(outputs):
    """How many test images have their largest output [10000, 10] at their label."""
    return int(np.sum(np.argmax(outputs, axis=1) == test_set()[1]))


def assert_close(found, wanted, tolerance=TOLERANCE):
    """Fails where logits [count, outputs] differ by more than the tolerance."""
    scale = np.maximum(1, np.abs(wanted).max(axis=1, keepdims=True))
    error = (np.abs(found - wanted) / scale).max()
    assert error <= tolerance, f"a logit is {error:.2e} off"


def probabilities(case, logits):
    """Probabilities [count, outputs] in float64."""
    logits = logits.astype(np.float64)
    if case.task == "binary":
        return 1 / (1 + np.exp(-logits))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
