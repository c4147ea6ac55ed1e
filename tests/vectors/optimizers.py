"""Every optimizer by itself: learning rates of the schedules, and parameters after steps along given gradients."""

import keras
import numpy as np

from oracle import PRECISIONS, SEED, flat_parameters, precision

STEPS = 20
KEPT = (1, 5, 20)
WEIGHT_DECAY = 0.25


def cosine(learning_rate):
    """Ends, at a tenth, before training does."""
    return keras.optimizers.schedules.CosineDecay(learning_rate, decay_steps=15, alpha=0.1)


def step(learning_rate):
    """Halves after every six steps."""
    return keras.optimizers.schedules.ExponentialDecay(learning_rate, decay_steps=6, decay_rate=0.5, staircase=True)


def constructors():
    """Constructors of the optimizers, by name. The learning rates let 20 steps move the parameters visibly."""
    kinds = {
        "sgd": (0.05, lambda **arguments: keras.optimizers.SGD(**arguments)),
        "momentum": (0.02, lambda **arguments: keras.optimizers.SGD(momentum=0.9, **arguments)),
        "nesterov": (0.02, lambda **arguments: keras.optimizers.SGD(momentum=0.9, nesterov=True, **arguments)),
        "adam": (0.01, lambda **arguments: keras.optimizers.Adam(**arguments)),
        "rmsprop": (0.01, lambda **arguments: keras.optimizers.RMSprop(**arguments)),
    }
    schedules = {"": lambda learning_rate: learning_rate, "_cosine": cosine, "_step": step}
    for kind, (learning_rate, make) in kinds.items():
        for schedule, rate in schedules.items():
            for decay, arguments in {"": {}, "_decay": {"weight_decay": WEIGHT_DECAY}}.items():
                # The default arguments keep this round's values.
                def construct(make=make, rate=rate, learning_rate=learning_rate, arguments=arguments):
                    return make(learning_rate=rate(learning_rate), **arguments)

                yield f"{kind}{schedule}{decay}", construct


def gradients(random):
    """[STEPS, columns]: ordinary ones, and columns that an optimizer may stumble over."""
    steps = np.arange(STEPS)
    columns = [random.normal(size=STEPS) for _ in range(4)]
    columns += [
        np.zeros(STEPS),
        # Below dense-core's smallest moments.
        np.full(STEPS, 1e-12),
        np.full(STEPS, 1e4),
        np.where(steps % 2 == 0, 1.0, -1.0),
        # Starts late, after moments of zero.
        np.where(steps < 8, 0.0, 0.5),
        # Stops early: the moments fade.
        np.where(steps < 2, 0.5, 0.0),
        10.0**-steps,
    ]
    return np.stack(columns, axis=1)


def run(construct, initial, table):
    """[steps kept, parameters]: the same gradients for the kernel [1, columns] and for the bias."""
    kernel, bias = (keras.Variable(value) for value in initial)
    optimizer = construct()
    optimizer.build([kernel, bias])
    kept = []
    for number, row in enumerate(table, 1):
        optimizer.apply([row.reshape(1, -1), row])
        if number in KEPT:
            kept.append(flat_parameters([kernel.numpy(), bias.numpy()]))
    return np.stack(kept)


def tensors():
    """Every optimizer along the same gradients."""
    random = np.random.default_rng(SEED)
    table = gradients(random).astype(np.float32)
    columns = table.shape[1]
    initial = [random.normal(size=shape).astype(np.float32) for shape in ((1, columns), columns)]
    found = {"gradients": table, "initial.weights": initial[0].T.copy(), "initial.bias": initial[1]}
    for suffix, dtype in PRECISIONS.items():
        with precision(dtype):
            for name, schedule in {"cosine": cosine(0.1), "step": step(0.1)}.items():
                rates = [schedule(iteration) for iteration in range(STEPS)]
                found[f"{name}{suffix}.learning_rates"] = np.asarray(rates, dtype)
            values = [value.astype(dtype) for value in initial]
            for name, construct in constructors():
                found[f"{name}{suffix}.parameters"] = run(construct, values, table.astype(dtype))
    return found
