"""The softmax regression of Fashion-MNIST: the first batch, and 100 steps of training."""

import jax
import keras
import numpy as np

import fashion_mnist
from oracle import SEED, parameters
from softmax_cross_entropy import cross_entropy_float64

BATCH_SIZE = 32
STEPS = (1, 10, 100)


def build_model(activation):
    """The network: 784 pixels to 10 classes."""
    return keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation=activation),
        ]
    )


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


def tensors():
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
