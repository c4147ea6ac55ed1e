"""Every loss: the mean over a batch, as Keras reduces it, and its gradients by the outputs."""

import jax
import keras
import numpy as np

from oracle import PRECISIONS, SEED, precision

SAMPLES = 7
WIDTHS = (1, 3)
CLASSES = 4


def batches(outputs, targets):
    """What every loss is given: a batch in which the last three samples repeat the first, and a single sample."""
    repeated = np.arange(SAMPLES) % (SAMPLES - 3)
    return {"repeats": (outputs[repeated], targets[repeated]), "one_sample": (outputs[:1], targets[:1])}


def regression(random, width):
    """Outputs and targets of any size."""
    shape = (SAMPLES, width)
    target = np.ones(shape)
    return batches(random.normal(size=shape), random.normal(size=shape)) | {
        # Some hit their target, others miss it by the last bit.
        "near": (target + np.resize([0, 2**-23, -(2**-24)], shape), target),
        "far": (target + np.resize([0, 1e4, -1e4, 1], shape), target),
    }


def binary(random, width):
    """Logits, and targets of 0 and 1."""
    shape = (SAMPLES, width)
    saturated = np.resize([80, -80, 0, 20, -20, 1e-8, 17], shape)
    return batches(2 * random.normal(size=shape), random.integers(0, 2, shape)) | {
        "saturated_right": (saturated, saturated > 0),
        "saturated_wrong": (saturated, saturated < 0),
    }


def categorical(random):
    """Logits and class numbers."""
    shape = (SAMPLES, CLASSES)
    labels = np.arange(SAMPLES) % CLASSES
    # One class leads by 160: the label's in even rows, the next in odd ones.
    saturated = np.full(shape, -80.0)
    saturated[np.arange(SAMPLES), (labels + np.arange(SAMPLES) % 2) % CLASSES] = 80
    return batches(2 * random.normal(size=shape), random.integers(CLASSES, size=SAMPLES)) | {
        "saturated": (saturated, labels),
        "ties": (np.zeros(shape), labels),
    }


def smooth(targets, random):
    """Targets that are no longer one class: a tenth is spread over all."""
    return 0.9 * targets + 0.1 * random.dirichlet(np.ones(targets.shape[1]), len(targets))


def tables(random):
    """Each loss of Keras, with its outputs and targets, by name."""
    for width in WIDTHS:
        for case, pair in regression(random, width).items():
            yield f"mean_squared_error.{case}.{width}", keras.losses.MeanSquaredError, {}, *pair
            yield f"mean_absolute_error.{case}.{width}", keras.losses.MeanAbsoluteError, {}, *pair
        for case, (logits, targets) in binary(random, width).items():
            probabilities = 1 / (1 + np.exp(-logits))
            loss = keras.losses.BinaryCrossentropy
            yield f"binary_cross_entropy_logits.{case}.{width}", loss, {"from_logits": True}, logits, targets
            yield f"binary_cross_entropy.{case}.{width}", loss, {}, probabilities, targets
    for case, (logits, labels) in categorical(random).items():
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        soft = smooth(np.eye(CLASSES)[labels], random)
        for kind, arguments, outputs in (("_logits", {"from_logits": True}, logits), ("", {}, probabilities)):
            loss = keras.losses.SparseCategoricalCrossentropy
            yield f"sparse_categorical_cross_entropy{kind}.{case}.{CLASSES}", loss, arguments, outputs, labels
            loss = keras.losses.CategoricalCrossentropy
            yield f"categorical_cross_entropy{kind}.{case}.{CLASSES}", loss, arguments, outputs, soft


def tensors():
    """Every loss in every case."""
    found = {}
    for name, loss, arguments, outputs, targets in tables(np.random.default_rng(SEED)):
        outputs = np.ascontiguousarray(outputs, np.float32)
        sparse = loss is keras.losses.SparseCategoricalCrossentropy
        targets = np.ascontiguousarray(targets, np.uint8 if sparse else np.float32)
        found |= {f"{name}.outputs": outputs, f"{name}.targets": targets}
        topic, case = name.split(".", 1)
        for suffix, dtype in PRECISIONS.items():
            with precision(dtype):
                values = outputs.astype(dtype)
                wanted = targets if sparse else targets.astype(dtype)
                mean, gradients = jax.value_and_grad(lambda values: loss(**arguments)(wanted, values))(values)
                found |= {
                    f"{topic}{suffix}.{case}.loss": np.asarray(mean).reshape(1),
                    f"{topic}{suffix}.{case}.gradients": np.asarray(gradients),
                }
    return found
