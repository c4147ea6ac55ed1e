"""Softmax and sparse categorical cross-entropy, where a careless formula breaks."""

import jax
import keras
import numpy as np

from oracle import SEED

CLASS_COUNTS = (2, 3, 10, 17)
# More than a vector of 16 floats, and not a multiple of any vector.
HAZARD_ROWS = 19


def cross_entropy_float64(logits, labels):
    """Probabilities and losses of each row."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    sums = exponentials.sum(axis=1, keepdims=True)
    log_probabilities = logits - logits.max(axis=1, keepdims=True) - np.log(sums)
    return exponentials / sums, -log_probabilities[np.arange(len(labels)), labels]


def hazards(classes, random):
    """Tables of logits that break a careless softmax, by name. The label of row r is r % classes."""
    shape = (HAZARD_ROWS, classes)
    rows = np.arange(HAZARD_ROWS)
    levels = np.resize([0, 1, -1, 1e-30, 80, -80, 1000, -1000, 1e4, -1e4], HAZARD_ROWS)
    ordinary = random.normal(size=shape)
    # The first and the last class share the largest logit.
    ties = np.minimum(random.normal(size=shape), 1)
    ties[:, [0, -1]] = 1.5
    magnitudes = 10 ** random.uniform(-4, 4, shape)
    mixed = np.clip(magnitudes * random.choice([-1, 1], shape), -1e4, 1e4)
    mixed[rows, random.integers(classes, size=HAZARD_ROWS)] = 1e4
    # One class leads so far that the others' probabilities round away, or nearly do: the label's
    # class in even rows, the next in odd ones.
    confident = np.zeros(shape)
    confident[rows, (rows + rows % 2) % classes] = np.linspace(10, 110, HAZARD_ROWS)
    return {
        "ordinary": ordinary,
        "uniform": np.broadcast_to(levels[:, None], shape),
        "ties": ties,
        "plus_minus_80": random.choice([-80, 80], shape),
        "plus_minus_1000": random.choice([-1000, 1000], shape),
        "mixed_10000": mixed,
        "confident": confident,
    }


def tensors():
    """Probabilities, losses and gradients by the logits of every hazard: Keras, and float64."""
    random = np.random.default_rng(SEED)
    labels_of = {classes: np.arange(HAZARD_ROWS) % classes for classes in CLASS_COUNTS}
    found = {}
    for classes, labels in labels_of.items():

        def losses_of(logits):
            return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

        for name, table in hazards(classes, random).items():
            logits = np.ascontiguousarray(table, np.float32)
            case, case_float64 = f"{name}.{classes}", f"{name}_float64.{classes}"
            gradients = jax.grad(lambda logits: losses_of(logits).sum())(logits)
            correct = keras.metrics.sparse_categorical_accuracy(labels, logits)
            probabilities, losses = cross_entropy_float64(logits.astype(np.float64), labels)
            found |= {
                f"{case}.logits": logits,
                f"{case}.labels": labels.astype(np.uint8),
                f"{case}.correct": np.asarray(correct).astype(np.uint8),
                f"{case}.probabilities": np.asarray(keras.ops.softmax(logits)),
                f"{case}.losses": np.asarray(losses_of(logits)),
                f"{case}.gradients": np.asarray(gradients),
                f"{case_float64}.probabilities": probabilities,
                f"{case_float64}.losses": losses,
                f"{case_float64}.gradients": probabilities - np.eye(classes)[labels],
            }
    return found
