"""Every loss: the mean over a batch, as Keras reduces it, and its gradients by the last layer's outputs or logits.

Cross-entropy is taken from logits and, in the cases that end in `_probabilities`, through the activation and
Keras's loss of probabilities. The latter clips those at 1e-7, so that it is wrong about saturated logits, and is
not asked about them; dense-core always computes from logits.
"""

import jax
import keras
import numpy as np

from oracle import PRECISIONS, SEED, precision

SAMPLES = 7
REGRESSION_WIDTHS = (1, 3)
CLASSES = 4


def batches(outputs, targets):
    """Inputs of every loss: a batch in which the last three samples repeat the first, and a single sample."""
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


def binary(random):
    """Logits, and targets of 0 and 1."""
    shape = (SAMPLES, 1)
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


def smooth(labels, random):
    """Targets that are one class in even rows; in odd ones a tenth is spread over all."""
    spread = 0.1 * (np.arange(len(labels)) % 2)[:, None]
    return (1 - spread) * np.eye(CLASSES)[labels] + spread * random.dirichlet(np.ones(CLASSES), len(labels))


def with_probabilities(cases):
    """Each case from logits, and once more through probabilities where Keras does not clip those."""
    for case, (logits, targets) in cases.items():
        yield case, False, logits, targets
        if not case.startswith("saturated"):
            yield f"{case}_probabilities", True, logits, targets


def tables(random):
    """Name, loss of Keras, the activation before it, outputs or logits, and targets."""
    for width in REGRESSION_WIDTHS:
        for case, pair in regression(random, width).items():
            yield f"mean_squared_error.{case}.{width}", keras.losses.MeanSquaredError(), "linear", *pair
            yield f"mean_absolute_error.{case}.{width}", keras.losses.MeanAbsoluteError(), "linear", *pair
            yield f"huber.{case}.{width}", keras.losses.Huber(), "linear", *pair
    for case, probabilities, logits, targets in with_probabilities(binary(random)):
        loss = keras.losses.BinaryCrossentropy(from_logits=not probabilities)
        activation = "sigmoid" if probabilities else "linear"
        yield f"binary_cross_entropy.{case}.1", loss, activation, logits, targets
    for case, probabilities, logits, labels in with_probabilities(categorical(random)):
        activation = "softmax" if probabilities else "linear"
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not probabilities)
        yield f"sparse_categorical_cross_entropy.{case}.{CLASSES}", loss, activation, logits, labels
        loss = keras.losses.CategoricalCrossentropy(from_logits=not probabilities)
        yield f"categorical_cross_entropy.{case}.{CLASSES}", loss, activation, logits, smooth(labels, random)


def tensors():
    """Every loss in every case, in both precisions."""
    found = {}
    # A loss keeps the precision that it was made in.
    for suffix, dtype in PRECISIONS.items():
        with precision(dtype):
            for name, loss, activation, outputs, targets in tables(np.random.default_rng(SEED)):
                # Both precisions start from the same numbers of float32.
                outputs = np.ascontiguousarray(outputs, np.float32)
                labels = "sparse" in name or "binary" in name
                targets = np.ascontiguousarray(targets, np.uint8 if labels else np.float32)
                activate = keras.activations.get(activation)

                def loss_of(outputs):
                    return loss(targets, activate(outputs))

                mean, gradients = jax.value_and_grad(loss_of)(outputs.astype(dtype))
                topic, case = name.split(".", 1)
                if topic == "mean_absolute_error":
                    # JAX counts zero as positive; the derivative of |0| is 0 in Keras's other backends, and here.
                    gradients = np.where(outputs == targets, 0, gradients)
                found |= {
                    f"{name}.outputs": outputs,
                    f"{name}.targets": targets,
                    f"{topic}{suffix}.{case}.loss": np.asarray(mean).reshape(1),
                    f"{topic}{suffix}.{case}.gradients": np.asarray(gradients),
                }
    return found
