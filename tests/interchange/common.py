"""What the tests of this folder share: the data, the trainer, and the models as it trains them.

A test is a `test_*.py` of unittest beside this file; `tests/interchange/run` runs it.
"""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.append(str(_REPOSITORY / "tests" / "vectors"))

import fashion_mnist

# The trainer's name of each model, and how many units its layers have.
MODELS = {"linear": (10,), "mlp32": (32, 10), "mlp128-64": (128, 64, 10)}
# How far a logit may be from another program's, whose sums have another order, for each unit of the largest logit of the
# image, or of 1. The worst one seen is 1.1e-6.
TOLERANCE = 1e-5

_PROGRAM = os.environ["HOST_TRAINER"]
# Removed when the tests end.
_FOLDER = tempfile.TemporaryDirectory()


def host_trainer(*arguments):
    """Runs the trainer in the repository, where its data is. It must succeed; returns what it prints."""
    command = [_PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True, check=False)
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
def trained(model, preset="recipe"):
    """A folder with what the trainer writes for one of the MODELS after two epochs."""
    folder = Path(_FOLDER.name) / f"{model}-{preset}"
    options = ("--model", model, "--preset", preset, "--epochs", 2)
    host_trainer("train", *options, "--out", folder, "--weights", folder / "weights.rs")
    return folder


def accuracy(outputs):
    """Share of the test images whose largest output [count, 10] is that of their label."""
    return float(np.mean(np.argmax(outputs, axis=1) == test_set()[1]))


def assert_close(found, wanted):
    """Fails where logits [count, 10] differ by more than the TOLERANCE."""
    scale = np.maximum(1, np.abs(wanted).max(axis=1, keepdims=True))
    error = (np.abs(found - wanted) / scale).max()
    assert error <= TOLERANCE, f"a logit is {error:.2e} off"
