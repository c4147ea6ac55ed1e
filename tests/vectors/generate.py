"""Writes the golden vectors next to this file, from real Keras.

    pip install -r tests/vectors/requirements.txt
    KERAS_BACKEND=jax python tests/vectors/generate.py

A second run on the same machine writes the same bytes. Another processor may round the last
bits of float32 sums otherwise; the tests' tolerances allow for that.
"""

import platform
from pathlib import Path

import jax
import jaxlib
import keras
import numpy as np
import safetensors
from safetensors.numpy import save

import fashion_mnist

DIRECTORY = Path(__file__).resolve().parent
COMMAND = "KERAS_BACKEND=jax python tests/vectors/generate.py"
SEED = 1
BATCH_SIZE = 32
STEPS = (1, 10, 100)
CLASS_COUNTS = (2, 3, 10, 17)
# More than a vector of 16 floats, and not a multiple of any vector.
HAZARD_ROWS = 19


def build_model(activation):
    """The network: 784 pixels to 10 classes."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation=activation),
        ]
    )


def parameters(prefix, kernel, bias):
    """Named tensors of one layer. Keras keeps [inputs, outputs], dense-core [outputs, inputs]."""
    return {
        f"{prefix}.weights": np.ascontiguousarray(np.asarray(kernel).T),
        f"{prefix}.bias": np.asarray(bias),
    }


def first_batch(initial, images, labels):
    """Logits, mean loss and gradients in float32, from Keras."""
    linear = build_model(activation=None)
    linear.set_weights(initial)
    model = build_model(activation="softmax")
    model.set_weights(initial)
    mean_loss = keras.losses.SparseCategoricalCrossentropy()

    def loss_of(trainable):
        probabilities, _ = model.stateless_call(trainable, [], images)
        return mean_loss(labels, probabilities)

    loss, gradients = jax.value_and_grad(loss_of)([v.value for v in model.trainable_variables])
    return {
        "first_batch.logits": np.asarray(linear(images)),
        "first_batch.loss": np.asarray(loss).reshape(1),
        **parameters("first_batch.gradients", *gradients),
    }


def cross_entropy_float64(logits, labels):
    """Probabilities and losses of each row."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    sums = exponentials.sum(axis=1, keepdims=True)
    log_probabilities = logits - logits.max(axis=1, keepdims=True) - np.log(sums)
    return exponentials / sums, -log_probabilities[np.arange(len(labels)), labels]


def first_batch_float64(initial, images, labels):
    """The same in float64, written out: a second oracle, with no float32 rounding of its own."""
    kernel, bias = (value.astype(np.float64) for value in initial)
    inputs = np.rint(images * 255).reshape(len(images), -1).astype(np.float64) / 255
    logits = inputs @ kernel + bias
    probabilities, losses = cross_entropy_float64(logits, labels)
    deltas = (probabilities - np.eye(10)[labels]) / len(labels)
    return {
        "first_batch_float64.logits": logits,
        "first_batch_float64.loss": losses.mean().reshape(1),
        **parameters("first_batch_float64.gradients", inputs.T @ deltas, deltas.sum(axis=0)),
    }


def train(name, optimizer, initial, images, labels):
    """The loss of every step, and the parameters after 1, 10 and 100 of them."""
    model = build_model(activation="softmax")
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    model.set_weights(initial)
    tensors = {}
    losses = []
    for step in range(1, max(STEPS) + 1):
        batch = slice((step - 1) * BATCH_SIZE, step * BATCH_SIZE)
        # Otherwise Keras reports the mean over all steps so far.
        model.reset_metrics()
        losses.append(model.train_on_batch(images[batch], labels[batch]))
        if step in STEPS:
            tensors |= parameters(f"{name}.{step}", *model.get_weights())
    tensors[f"{name}.losses"] = np.array(losses, np.float32)
    return tensors


def softmax_regression():
    """The whole recipe on the first 3,200 training images: sample i of step k is 32 * k + i."""
    images, labels = fashion_mnist.load("train", 60_000)
    keras.utils.set_random_seed(SEED)
    # Dense draws its kernel from GlorotUniform.
    initial = build_model(activation="softmax").get_weights()
    batch = images[:BATCH_SIZE], labels[:BATCH_SIZE]
    return {
        **parameters("initial", *initial),
        **first_batch(initial, *batch),
        **first_batch_float64(initial, *batch),
        **train("adam", keras.optimizers.Adam(), initial, images, labels),
        **train("sgd", keras.optimizers.SGD(), initial, images, labels),
    }


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


def softmax_cross_entropy():
    """Probabilities, losses and gradients by the logits of every hazard: Keras, and float64."""
    random = np.random.default_rng(SEED)
    labels_of = {classes: np.arange(HAZARD_ROWS) % classes for classes in CLASS_COUNTS}
    tensors = {}
    for classes, labels in labels_of.items():

        def losses_of(logits):
            return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

        for name, table in hazards(classes, random).items():
            logits = np.ascontiguousarray(table, np.float32)
            case, case_float64 = f"{name}.{classes}", f"{name}_float64.{classes}"
            gradients = jax.grad(lambda logits: losses_of(logits).sum())(logits)
            correct = keras.metrics.sparse_categorical_accuracy(labels, logits)
            probabilities, losses = cross_entropy_float64(logits.astype(np.float64), labels)
            tensors |= {
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
    return tensors


def main():
    """Writes both files."""
    if keras.backend.backend() != "jax":
        raise SystemExit(f"the backend is {keras.backend.backend()}; run {COMMAND}")
    versions = [
        f"keras {keras.__version__}",
        f"jax {jax.__version__}",
        f"jaxlib {jaxlib.__version__}",
        f"numpy {np.__version__}",
        f"safetensors {safetensors.__version__}",
        f"python {platform.python_version()}",
    ]
    # One entry: safetensors writes several in a random order.
    metadata = {"generated_by": f"{COMMAND} with " + ", ".join(versions)}
    files = {
        "softmax_regression.safetensors": softmax_regression(),
        "softmax_cross_entropy.safetensors": softmax_cross_entropy(),
    }
    for name, tensors in files.items():
        for key, tensor in tensors.items():
            if not np.isfinite(tensor).all():
                raise SystemExit(f"{name}: {key} is not finite")
        (DIRECTORY / name).write_bytes(save(tensors, metadata))
        print(f"{name}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
