"""A dense layer with each activation: outputs, and gradients by the inputs, the weights and the bias.

The upstream gradients are what a loss would send back; the gradients of the weights and the bias
are summed over the samples.
"""

import jax
import keras
import numpy as np

from oracle import PRECISIONS, SEED, precision, weights_of

INPUTS, OUTPUTS, SAMPLES = 17, 4, 5
ACTIVATIONS = {"identity": "linear", "relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh", "softmax": "softmax"}


def cases(random):
    """Inputs [samples, INPUTS], kernel [INPUTS, OUTPUTS], bias [OUTPUTS] and upstream [samples, OUTPUTS], by name."""
    limit = np.sqrt(6 / (INPUTS + OUTPUTS))

    def ordinary(samples):
        return [
            random.normal(size=(samples, INPUTS)),
            random.uniform(-limit, limit, (INPUTS, OUTPUTS)),
            random.normal(size=OUTPUTS) / 4,
            random.normal(size=(samples, OUTPUTS)),
        ]

    # The last two samples and their upstream gradients repeat the first two.
    repeats = ordinary(SAMPLES)
    for table in (repeats[0], repeats[3]):
        table[3:] = table[:2]
    # The largest logit of each output is 80 away from zero.
    saturated = ordinary(SAMPLES)
    saturated[1] *= 80 / np.abs(saturated[0] @ saturated[1]).max(axis=0)
    saturated[2][:] = 0
    # Whole numbers, so that many logits are exactly zero, where ReLU has a kink. The first sample is nothing, and the
    # last gets nothing from upstream.
    kinks = [
        random.integers(-1, 2, (SAMPLES, INPUTS)),
        random.integers(-1, 2, (INPUTS, OUTPUTS)) * (np.arange(INPUTS) % 4 == 0)[:, None],
        np.array([0, 0, 1, -1]),
        random.normal(size=(SAMPLES, OUTPUTS)),
    ]
    kinks[0][0] = 0
    kinks[3][-1] = 0
    return {"one_sample": ordinary(1), "repeats": repeats, "saturated": saturated, "kinks": kinks}


def derivatives(activation, inputs, kernel, bias, upstream):
    """Outputs and gradients of one layer."""
    layer = keras.layers.Dense(OUTPUTS, activation=activation)
    layer.build((None, INPUTS))

    def outputs_of(inputs, kernel, bias):
        return layer.stateless_call([kernel, bias], [], inputs)[0]

    outputs, pull_back = jax.vjp(outputs_of, *map(jax.numpy.asarray, (inputs, kernel, bias)))
    by_inputs, by_kernel, by_bias = pull_back(jax.numpy.asarray(upstream))
    return {
        "outputs": np.asarray(outputs),
        "gradients.inputs": np.asarray(by_inputs),
        "gradients.weights": weights_of(by_kernel),
        "gradients.bias": np.asarray(by_bias),
    }


def tensors():
    """Every activation in every case."""
    found = {}
    for case, values in cases(np.random.default_rng(SEED)).items():
        values = [np.ascontiguousarray(value, np.float32) for value in values]
        inputs, kernel, bias, upstream = values
        found |= {
            f"{case}.inputs": inputs,
            f"{case}.weights": weights_of(kernel),
            f"{case}.bias": bias,
            f"{case}.upstream": upstream,
        }
        for suffix, dtype in PRECISIONS.items():
            with precision(dtype):
                for name, activation in ACTIVATIONS.items():
                    parts = derivatives(activation, *(value.astype(dtype) for value in values))
                    found |= {f"{case}{suffix}.{name}.{part}": tensor for part, tensor in parts.items()}
    return found
