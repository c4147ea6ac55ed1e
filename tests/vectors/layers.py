"""A dense layer with each activation: outputs, and gradients by the inputs, the weights and the bias.

What is differentiated is the sum of outputs times upstream gradients, which is what a loss would send back, or
for softmax the sum of the cross-entropies.
"""

import jax
import keras
import numpy as np

from oracle import PRECISIONS, SEED, parameters, precision

INPUTS, OUTPUTS, SAMPLES = 17, 4, 5
ACTIVATIONS = ("linear", "relu", "leaky_relu", "elu", "gelu", "sigmoid", "tanh", "softmax")


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
    """Outputs and gradients of one layer. The label of sample s is s % OUTPUTS."""
    # The slope of the layer: the function of the same name has another default.
    function = keras.layers.LeakyReLU() if activation == "leaky_relu" else activation
    layer = keras.layers.Dense(OUTPUTS, activation=function)
    logits = keras.layers.Dense(OUTPUTS)
    for each in (layer, logits):
        each.build((None, INPUTS))
    labels = np.arange(len(inputs)) % OUTPUTS

    def objective(inputs, kernel, bias):
        if activation == "softmax":
            values, _ = logits.stateless_call([kernel, bias], [], inputs)
            return keras.losses.sparse_categorical_crossentropy(labels, values, from_logits=True).sum()
        outputs, _ = layer.stateless_call([kernel, bias], [], inputs)
        return (outputs * upstream).sum()

    outputs, _ = layer.stateless_call([kernel, bias], [], inputs)
    by_inputs, by_kernel, by_bias = jax.grad(objective, argnums=(0, 1, 2))(inputs, kernel, bias)
    return {
        "outputs": np.asarray(outputs),
        "gradients.inputs": np.asarray(by_inputs),
        **parameters("gradients", by_kernel, by_bias),
    }


def tensors():
    """Every activation in every case."""
    found = {}
    for case, values in cases(np.random.default_rng(SEED)).items():
        values = [np.ascontiguousarray(value, np.float32) for value in values]
        inputs, kernel, bias, upstream = values
        found |= {f"{case}.inputs": inputs, **parameters(case, kernel, bias), f"{case}.upstream": upstream}
        for suffix, dtype in PRECISIONS.items():
            with precision(dtype):
                for activation in ACTIVATIONS:
                    parts = derivatives(activation, *(value.astype(dtype) for value in values))
                    found |= {f"{case}{suffix}.{activation}.{part}": tensor for part, tensor in parts.items()}
    return found
