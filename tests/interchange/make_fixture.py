"""Writes a .weights.h5 as Keras has it after a fit, for the tests in Rust: formats/src/import/tests/keras.weights.h5.gz.

    KERAS_BACKEND=jax target/interchange/bin/python tests/interchange/make_fixture.py
"""

import gzip
import tempfile
from pathlib import Path

import keras
import numpy as np

TARGET = Path(__file__).resolve().parents[2] / "formats" / "src" / "import" / "tests" / "keras.weights.h5.gz"


def main():
    """Softmax regression of weights 1 and biases 0.5, with dropout and the state of Adam."""
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((28, 28)), layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(np.zeros((1, 28, 28)), np.zeros(1), verbose=0)
    for variable in model.optimizer.variables[2:]:
        variable.assign(np.zeros(variable.shape))
    model.set_weights([np.ones((784, 10)), np.full(10, 0.5)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keras.weights.h5"
        model.save_weights(path)
        TARGET.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
