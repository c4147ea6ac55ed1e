"""Three networks of three layers, trained by every optimizer: the loss of each step and the parameters on the way."""

import keras
import numpy as np

from optimizers import KEPT, STEPS, constructors
from oracle import PRECISIONS, SEED, flat_parameters, precision

SAMPLES = 24
# Batches of an odd size, and every fifth of one sample.
BATCH_SIZES = np.resize([6, 5, 5, 6, 1], STEPS)


def dense(units, activation):
    """One layer."""
    return keras.layers.Dense(units, activation=activation)


# Inputs, layers and loss of each task.
TASKS = {
    "classes": (10, [(7, "relu"), (5, "tanh"), (4, "softmax")], "sparse_categorical_crossentropy"),
    "regression": (5, [(5, "relu"), (4, "tanh"), (2, "linear")], "mean_squared_error"),
    "binary": (5, [(5, "tanh"), (4, "sigmoid"), (1, "sigmoid")], "binary_crossentropy"),
}
# The classes are learned with all of these, the other tasks with the plain ones.
PLAIN = ("sgd", "momentum", "nesterov", "adam")
OPTIMIZERS = (*PLAIN, *(f"{name}_decay" for name in PLAIN), "momentum_step", "adam_cosine")


def targets_of(name, inputs, outputs, random):
    """Something that a network can learn from the inputs."""
    hidden = np.tanh(inputs @ random.normal(size=(inputs.shape[1], outputs)))
    return {
        "classes": lambda: hidden.argmax(axis=1).astype(np.uint8),
        "regression": lambda: hidden.astype(np.float32),
        "binary": lambda: (hidden > 0).astype(np.float32),
    }[name]()


def initial_parameters(inputs, layers, random):
    """[kernel, bias, …]: Glorot's uniform kernels, and biases that are not zero."""
    found = []
    for outputs, _ in layers:
        limit = np.sqrt(6 / (inputs + outputs))
        found.append(random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32))
        found.append((random.normal(size=outputs) / 10).astype(np.float32))
        inputs = outputs
    return found


def train(layers, loss, optimizer, initial, batches):
    """The loss of every step, and the parameters after those that are kept."""
    inputs = initial[0].shape[0]
    model = keras.Sequential([keras.layers.Input((inputs,)), *(dense(*layer) for layer in layers)])
    # Compiling each of them would take minutes.
    model.compile(optimizer=optimizer, loss=loss, run_eagerly=True)
    model.set_weights(initial)
    losses, kept = [], []
    for number, (samples, targets) in enumerate(batches, 1):
        # Otherwise Keras reports the mean over all steps so far.
        model.reset_metrics()
        losses.append(model.train_on_batch(samples, targets))
        if number in KEPT:
            kept.append(flat_parameters(model.get_weights()))
    return {"losses": np.asarray(losses, kept[0].dtype), "parameters": np.stack(kept)}


def tensors():
    """Every task by every optimizer. The samples of a batch are drawn, so that some come twice."""
    random = np.random.default_rng(SEED)
    construct = dict(constructors())
    found = {"batch_sizes": BATCH_SIZES.astype(np.uint8)}
    for task, (inputs, layers, loss) in TASKS.items():
        samples = random.normal(size=(SAMPLES, inputs)).astype(np.float32)
        targets = targets_of(task, samples, layers[-1][0], random)
        initial = initial_parameters(inputs, layers, random)
        order = random.integers(SAMPLES, size=BATCH_SIZES.sum())
        found |= {
            f"{task}.samples": samples,
            f"{task}.targets": targets,
            f"{task}.order": order.astype(np.uint8),
            f"{task}.initial": flat_parameters(initial),
        }
        rows = np.split(order, np.cumsum(BATCH_SIZES)[:-1])
        for suffix, dtype in PRECISIONS.items():
            with precision(dtype):
                # Class numbers stay what they are.
                values = targets if targets.dtype == np.uint8 else targets.astype(dtype)
                batches = [(samples[row].astype(dtype), values[row]) for row in rows]
                for name in OPTIMIZERS if task == "classes" else PLAIN:
                    run = train(layers, loss, construct[name](), [value.astype(dtype) for value in initial], batches)
                    found |= {f"{task}{suffix}.{name}.{part}": tensor for part, tensor in run.items()}
    return found
