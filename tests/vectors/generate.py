"""Writes the golden vectors next to this file, from real Keras.

    pip install -r tests/vectors/requirements.txt
    KERAS_BACKEND=jax python tests/vectors/generate.py

A second run on the same machine writes the same bytes. Another processor may round the last
bits of float32 sums otherwise; the tests' tolerances allow for that.
"""

import layers
import losses
import networks
import optimizers
import oracle
import softmax_cross_entropy
import softmax_regression

TOPICS = (softmax_regression, softmax_cross_entropy, layers, losses, optimizers, networks)


def main():
    """Writes a file for each topic."""
    for topic in TOPICS:
        oracle.write(f"{topic.__name__}.safetensors", topic.tensors())


if __name__ == "__main__":
    main()
