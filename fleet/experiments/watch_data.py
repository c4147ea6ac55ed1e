"""Windows of the smartwatch's people; as a command, the accuracy of a model on one of them.

fleet/.venv/bin/python fleet/experiments/watch_data.py --person 3 --weights out/fleet/watch/model.safetensors
"""

import argparse
import csv
import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
from machines import REPOSITORY, Lesson
from numpy.typing import NDArray

from dense_fleet.model_file import ModelFile

DATA = REPOSITORY / "data/watch"
CLASSES = ["ABD", "ER", "FEL", "IR", "PEN", "ROW", "TRAP"]
"""The exercises, in the order of the outputs."""
LENGTH, DOWNSAMPLE, STRIDE = 200, 8, 25
"""Samples of a window and of a mean, and from one window to the next; the first two are those of dataset.json."""


@cache
def series() -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Samples of six channels, and of each the person and the class."""
    with gzip.open(DATA / "watch.csv.gz", "rt") as file:
        rows = list(csv.reader(file))[1:]
    return (
        np.array([row[:6] for row in rows], np.float32),
        np.array([int(row[6]) for row in rows]),
        np.array([CLASSES.index(row[7]) for row in rows]),
    )


def windows(person: int) -> list[Lesson]:
    """The windows of a person; none crosses from one exercise to another."""
    samples, people, classes = series()
    borders = np.flatnonzero(np.diff(people) | np.diff(classes)) + 1
    found: list[Lesson] = []
    for start, end in zip([0, *borders], [*borders, len(people)], strict=True):
        if people[start] == person:
            for first in range(start, end - LENGTH + 1, STRIDE):
                rows = samples[first : first + LENGTH].reshape(LENGTH // DOWNSAMPLE, DOWNSAMPLE, -1)
                found.append((rows.mean(axis=1, dtype=np.float32).ravel(), int(classes[start])))
    return found


def scores(model: ModelFile, samples: list[Lesson]) -> dict[str, float]:
    """Accuracy and cross-entropy of a network with ReLU in its hidden layers."""
    values = np.stack([inputs for inputs, _ in samples]).astype(np.float64)
    labels = np.array([label for _, label in samples])
    tensors = list(model.tensors.values())
    for layer in range(0, len(tensors), 2):
        values = (np.maximum(values, 0) if layer else values) @ tensors[layer].T + tensors[layer + 1]
    values -= values.max(axis=1, keepdims=True)
    losses = np.log(np.exp(values).sum(axis=1)) - values[np.arange(len(labels)), labels]
    return {"accuracy": float(np.mean(values.argmax(axis=1) == labels)), "loss": float(losses.mean())}


def main() -> None:
    """The command, which prints an event as `host-trainer evaluate --json` does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--person", type=int, choices=range(1, 11), required=True)
    parser.add_argument("--weights", type=Path, required=True)
    arguments = parser.parse_args()
    samples = windows(arguments.person)
    print(json.dumps({"event": "test"} | scores(ModelFile.read(arguments.weights), samples)))


if __name__ == "__main__":
    main()
