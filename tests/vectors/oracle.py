"""Shared code of the generators: Keras in both precisions, names of tensors, files that are the same in every run."""

import platform
from contextlib import contextmanager
from pathlib import Path

import jax
import jaxlib
import keras
import numpy as np
import safetensors
from keras.src.backend.common import dtypes
from safetensors.numpy import save

DIRECTORY = Path(__file__).resolve().parent
COMMAND = "KERAS_BACKEND=jax python tests/vectors/generate.py"
SEED = 1
# The suffix of a name and the precision. The first is what users of Keras get; how far it is from the second is
# Keras's own error.
PRECISIONS = {"": "float32", "_float64": "float64"}


@contextmanager
def precision(dtype):
    """Keras computes in `dtype`."""
    before = keras.config.floatx()

    def change_to(dtype):
        # On JAX, Keras narrows float64 to this in tanh, means, powers, roots and more.
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = dtype
        # Losses and optimizers follow the first, layers the second.
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)

    change_to(dtype)
    try:
        with jax.enable_x64(dtype == "float64"):
            yield
    finally:
        change_to(before)


def weights_of(kernel):
    """Keras keeps [inputs, outputs], dense-core [outputs, inputs]."""
    return np.ascontiguousarray(np.asarray(kernel).T)


def parameters(prefix, kernel, bias):
    """Named tensors of one layer."""
    return {f"{prefix}.weights": weights_of(kernel), f"{prefix}.bias": np.asarray(bias)}


def flat_parameters(values):
    """All parameters of Keras's [kernel, bias, kernel, bias, …] in one row: each layer's weights, then its bias."""
    layers = zip(values[::2], values[1::2])
    return np.concatenate([part.ravel() for kernel, bias in layers for part in (weights_of(kernel), np.asarray(bias))])


def write(name, tensors):
    """Writes one file next to this one."""
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
    for key, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise SystemExit(f"{name}: {key} is not finite")
    # One entry: safetensors writes several in a random order.
    metadata = {"generated_by": f"{COMMAND} with " + ", ".join(versions)}
    content = save(tensors, metadata)
    (DIRECTORY / name).write_bytes(content)
    print(f"{name}: {len(tensors)} tensors, {len(content):,} bytes")
