"""Trains the recipe in real Keras, ten seeds: the accuracy that dense-core must match.

    pip install -r tests/vectors/requirements.txt
    KERAS_BACKEND=jax python tests/vectors/keras_recipe.py [seeds [width of a hidden layer ...]]

Prints a table and writes keras_recipe.json next to this file, or for `5 128 64` keras_recipe_128_64.json.
"""

import json
import sys
import time
from pathlib import Path

import jax
import keras

import fashion_mnist

FOLDER = Path(__file__).resolve().parent
EPOCHS = 10
BATCH_SIZE = 32


def train(seed, hidden, train_set, test_set):
    """Loss over the last epoch, as Keras reports it, accuracy on the test set, and the seconds of the fit."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            keras.layers.Flatten(),
            *(keras.layers.Dense(width, activation="relu") for width in hidden),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    start = time.perf_counter()
    history = model.fit(
        *train_set, epochs=EPOCHS, batch_size=BATCH_SIZE, shuffle=True, verbose=0
    )
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(*test_set, verbose=0)
    return {
        "seed": seed,
        "training_loss": history.history["loss"][-1],
        "test_accuracy": accuracy,
        "fit_seconds": round(seconds, 2),
    }


def main():
    """Trains every seed, prints each result as it comes, and writes the file."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    hidden = [int(width) for width in sys.argv[2:]]
    train_set = fashion_mnist.load("train", 60_000)
    test_set = fashion_mnist.load("t10k", 10_000)
    print("seed  training loss  test accuracy  seconds")
    runs = []
    for seed in range(seeds):
        run = train(seed, hidden, train_set, test_set)
        print(f"{seed:4}  {run['training_loss']:13.4f}  {run['test_accuracy']:13.4f}  {run['fit_seconds']:7.2f}", flush=True)
        runs.append(run)
    mean = {
        key: sum(run[key] for run in runs) / len(runs)
        for key in ("training_loss", "test_accuracy", "fit_seconds")
    }
    print(f"mean  {mean['training_loss']:13.4f}  {mean['test_accuracy']:13.4f}  {mean['fit_seconds']:7.2f}")
    result = {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "jax": jax.__version__,
        **({"hidden": hidden} if hidden else {}),
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "runs": runs,
        "mean": mean,
    }
    name = "_".join(["keras_recipe", *map(str, hidden)])
    (FOLDER / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
