"""Models from Keras to the trainer and back: the same logits, whatever the layers; and what is refused."""

import tempfile
import unittest
from pathlib import Path

import keras
import numpy as np
from safetensors.numpy import load_file, save_file

from common import (
    CASES,
    assert_close,
    data_path,
    exported,
    host_trainer,
    inputs_of,
    metadata,
    probabilities,
    table,
    test_set,
    trainer,
)
from core import core_logits, run_header

layers = keras.layers
FEATURES, LABELS = table("classes")
# A logit of a network that standardises is a difference of large numbers.
FOLDED = 5e-5
# Of another program's sigmoid and softmax, of logits as large as untrained layers make of pixels up to 255. The worst one
# seen is 1.04e-5.
PROBABILITY_TOLERANCE = 3e-5
# Below this a parameter of the trainer is +0.0: core/src/math.rs.
SMALLEST_WEIGHT = 2.0**-50


def adapted():
    """A Normalization of the features."""
    layer = layers.Normalization()
    layer.adapt(FEATURES)
    return layer


def settled(norm):
    """A BatchNormalization whose statistics are not the initial ones, after it is built."""
    random = np.random.default_rng(1)
    norm.set_weights([random.uniform(0.5, 2, array.shape) for array in norm.get_weights()])


def functional():
    inputs = keras.Input((150,))
    hidden = layers.Dense(8, activation="gelu", name="z")(layers.Dropout(0.2)(inputs))
    return keras.Model(inputs, layers.Dense(7, activation="softmax", name="a")(hidden))


# Models of 150 features, by their layers.
CHAINS = {
    "softmax": lambda: [layers.Dense(7, activation="softmax")],
    "tanh": lambda: [layers.Dense(8, activation="tanh"), layers.Dense(7, activation="softmax")],
    "sigmoid": lambda: [layers.Dense(8, activation="sigmoid"), layers.Dense(7, activation="softmax")],
    "elu": lambda: [layers.Dense(8), layers.ELU(), layers.Dense(7), layers.Softmax()],
    "relu": lambda: [layers.Dense(8), layers.ReLU(), layers.Dense(7), layers.Activation("softmax")],
    "leaky": lambda: [layers.Dense(8), layers.LeakyReLU(0.3), layers.Dense(7, activation="softmax")],
    "gelu": lambda: [layers.Dense(8, activation="gelu"), layers.Dense(8), layers.Dense(7, activation="softmax")],
    "no bias": lambda: [layers.Dense(8, use_bias=False), layers.Dense(7, activation="softmax", use_bias=False)],
    "rescaling": lambda: [layers.Rescaling(0.5, offset=-1.5), layers.Dense(7, activation="softmax")],
    "normalization": lambda: [adapted(), layers.Dense(8, activation="tanh"), layers.Dense(7, activation="softmax")],
    "batch": lambda: [
        layers.BatchNormalization(),
        layers.Dense(9),
        layers.BatchNormalization(scale=False),
        layers.ReLU(),
        layers.BatchNormalization(center=False, epsilon=0.01),
        layers.Dropout(0.5),
        layers.Dense(7, activation="softmax"),
    ],
    "noise": lambda: [layers.GaussianNoise(1.0), layers.Reshape((10, 15)), layers.Flatten(), layers.Dense(7, activation="softmax")],
    "binary": lambda: [layers.Dense(5, activation="relu"), layers.Dense(1, activation="sigmoid")],
}

# Models that are no chain of dense layers that the trainer has, and what the refusal says.
REFUSED = {
    "permute": ([layers.Input((10, 15)), layers.Permute((2, 1)), layers.Flatten(), layers.Dense(7)], "Permute `"),
    "conv": ([layers.Input((28, 28, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(7)], "Conv2D `"),
    "lstm": ([layers.Input((10, 15)), layers.LSTM(4), layers.Dense(7)], "LSTM `"),
    "last axis": ([layers.Input((10, 15)), layers.Dense(4), layers.Flatten(), layers.Dense(7)], "wanted a Flatten before"),
    "slope": ([layers.Input((4,)), layers.Dense(4, activation="leaky_relu"), layers.Dense(7)], "slope 0.2, wanted 0.3"),
    "alpha": ([layers.Input((4,)), layers.Dense(4), layers.ELU(0.5), layers.Dense(7)], "another alpha than 1"),
    "swish": ([layers.Input((4,)), layers.Dense(4, activation="swish"), layers.Dense(7)], "unknown activation"),
    "max": ([layers.Input((4,)), layers.Dense(4), layers.ReLU(6.0), layers.Dense(7)], "has a max_value"),
    "axis": ([layers.Input((10, 15)), layers.Normalization(axis=1), layers.Flatten(), layers.Dense(7)], "wanted the last"),
}


class Keras(unittest.TestCase):
    def setUp(self):
        keras.utils.set_random_seed(2026)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def imported(self, path, *options):
        """The folder of what the trainer writes of a file."""
        out = self.folder / f"out-{path.name}"
        host_trainer("import", path, "--out", out, "--verbose", 0, *options)
        return out

    def logits(self, out, inputs):
        """The logits of an imported model, as C."""
        header = out / "model.h"
        host_trainer("export", "--format", "c", "--weights", out / "model.safetensors", "--output", header, "--verbose", 0)
        return run_header(header, "c", inputs)

    def assert_outputs(self, model, found, inputs, task="multiclass"):
        """Fails where the probabilities of logits are not those of a Keras model, or its logits where it ends in those."""
        wanted = model.predict(inputs, verbose=0, batch_size=500)
        if task is None:
            assert_close(found, wanted, FOLDED)
            return
        found = probabilities(type("Case", (), {"task": task}), found)
        self.assertLessEqual(np.abs(found - wanted).max(), PROBABILITY_TOLERANCE)

    def test_layers_and_activations_are_those_of_the_file(self):
        for name, make in [*CHAINS.items(), ("functional", functional)]:
            model = functional() if name == "functional" else keras.Sequential([layers.Input((150,)), *make()])
            for layer in model.layers:
                if isinstance(layer, layers.BatchNormalization):
                    settled(layer)
            for kind in ("keras", "h5"):
                with self.subTest(name, kind=kind):
                    path = self.folder / f"{name}.{kind}"
                    model.save(path)
                    task = "binary" if name == "binary" else "multiclass"
                    self.assert_outputs(model, self.logits(self.imported(path), FEATURES), FEATURES, task)

    def test_a_linear_output_is_what_the_loss_says(self):
        for loss, task in (
            (keras.losses.SparseCategoricalCrossentropy(from_logits=True), "sparse_categorical_crossentropy"),
            ("mean_squared_error", "mean_squared_error"),
        ):
            model = keras.Sequential([layers.Input((150,)), layers.Dense(7)])
            model.compile(optimizer="adam", loss=loss)
            for kind in ("keras", "h5"):
                path = self.folder / f"{task}.{kind}"
                model.save(path)
                out = self.imported(path)
                self.assertEqual(metadata(out / "model.safetensors")["loss"], task)
                self.assert_outputs(model, self.logits(out, FEATURES), FEATURES, None)
        model = keras.Sequential([layers.Input((150,)), layers.Dense(7)])
        model.save(self.folder / "unknown.keras")
        done = trainer("import", self.folder / "unknown.keras", "--out", self.folder / "unknown")
        self.assertIn("give --loss", done.stderr)
        self.assertFalse((self.folder / "unknown").exists())

    def test_what_is_no_dense_network_is_refused_by_name(self):
        branch = keras.Input((4,))
        hidden = layers.Dense(4, name="one")(branch)
        branched = keras.Model(branch, layers.Dense(7)(layers.Add(name="both")([hidden, branch])))
        models = {name: (keras.Sequential(chain), wanted) for name, (chain, wanted) in REFUSED.items()}
        for name, (model, wanted) in [*models.items(), ("branch", (branched, "Add `both`: takes one, "))]:
            for kind in ("keras", "h5"):
                with self.subTest(name, kind=kind):
                    path = self.folder / f"{name}.{kind}"
                    model.save(path)
                    options = ("--loss", "mean_squared_error", "--pixels", "0..1")
                    done = trainer("import", path, "--out", self.folder / "refused", *options)
                    self.assertEqual(done.returncode, 2, done.stdout)
                    self.assertIn(wanted, done.stderr)

    def test_pictures_in_every_range(self):
        images = test_set()[0]
        fashion = ("--data", data_path("fashion"))
        for name, before, range_, options in (
            ("unit", [], images, ()),
            ("byte", [], images * 255, ("--pixels", "0..255")),
            ("symmetric", [], images * 2 - 1, ("--pixels", "-1..1")),
            ("rescaling", [layers.Rescaling(1 / 255)], images * 255, ()),
            ("normalization", [layers.Rescaling(1 / 127.5, offset=-1), layers.Normalization(mean=0.2, variance=0.3)], images * 255, ()),
        ):
            hidden = layers.Dense(16, activation="tanh")
            chain = [layers.Input((28, 28)), *before, layers.Flatten(), hidden, layers.Dense(10, activation="softmax")]
            model = keras.Sequential(chain)
            for kind in ("keras", "h5"):
                with self.subTest(name, kind=kind):
                    path = self.folder / f"{name}.{kind}"
                    model.save(path)
                    out = self.imported(path, *fashion, *options)
                    self.assert_outputs(model, self.logits(out, inputs_of(CASES[0])), range_)
                    test = metadata(out / "model.safetensors")["test"]
                    found = np.mean(np.argmax(model.predict(range_, verbose=0), axis=1) == test_set()[1])
                    self.assertAlmostEqual(test["accuracy"], found, delta=2e-4)

    def test_bare_weights_of_every_type(self):
        for dtype in ("float32", "float16", "bfloat16", "float64"):
            dense = [layers.Dense(8, dtype=dtype), layers.Dense(8, dtype=dtype), layers.Dense(7, dtype=dtype)]
            model = keras.Sequential([layers.Input((150,)), *dense])
            model.compile(optimizer="adam", loss="mse")
            model.fit(FEATURES[:64], np.zeros((64, 7)), verbose=0)
            weights = [np.asarray(array, np.float64) for array in model.get_weights()]
            paths = {name: self.folder / f"{dtype}.{name}" for name in ("weights.h5", "npz", "fortran.npz", "torch.npz")}
            model.save_weights(paths["weights.h5"])
            np.savez(paths["npz"], *weights)
            np.savez_compressed(paths["fortran.npz"], *map(np.asfortranarray, weights))
            np.savez(paths["torch.npz"], *(np.ascontiguousarray(array.T).astype(">f8") for array in weights))
            # As PyTorch names and lays out the layers of nn.Sequential(Linear, Tanh, Linear, Tanh, Linear).
            paths["safetensors"] = self.folder / f"{dtype}.safetensors"
            names = [f"{2 * (index // 2)}.{'bias' if index % 2 else 'weight'}" for index in range(len(weights))]
            tensors = {name: np.ascontiguousarray(array.T) for name, array in zip(names, weights, strict=True)}
            save_file(tensors, paths["safetensors"])
            for name, path in paths.items():
                with self.subTest(dtype=dtype, name=name):
                    out = self.imported(path, "--activation", "tanh", "--loss", "mean_squared_error")
                    found = load_file(out / "model.safetensors")
                    for index in range(3):
                        layer = f"dense_{index}" if index else "dense"
                        for part, array in (("kernel", weights[2 * index].T), ("bias", weights[2 * index + 1])):
                            wanted = np.where(np.abs(array) < SMALLEST_WEIGHT, 0, array).astype(np.float32)
                            np.testing.assert_array_equal(found[f"{layer}.{part}"], wanted)
                    activations = [layer["activation"] for layer in metadata(out / "model.safetensors")["layers"]]
                    self.assertEqual(activations, ["tanh", "tanh", "linear"])
            done = trainer("import", paths["npz"], "--out", self.folder / "no", "--loss", "mean_squared_error")
            self.assertIn("give --activation", done.stderr)

    def test_keras_takes_over_the_trainers_model(self):
        for case in CASES:
            with self.subTest(case.name):
                path = exported(case, "npz")
                arrays = np.load(path)
                weights = [arrays[name] for name in arrays.files if name != "pixel_table"]
                description = metadata(path.parent / case.name / "model.safetensors")["layers"]
                dense = [
                    layers.Dense(layer["units"], activation=None if layer["activation"] == "leaky_relu" else layer["activation"])
                    for layer in description
                ]
                chain = [layers.Input((weights[0].shape[0],))]
                for layer, config in zip(dense, description):
                    chain += [layer] + [layers.LeakyReLU(0.3)] * (config["activation"] == "leaky_relu")
                model = keras.Sequential(chain)
                model.set_weights(weights)
                inputs = inputs_of(case)
                if case.is_pixels:
                    inputs = (arrays["pixel_table"][inputs] if "pixel_table" in arrays.files else inputs).astype(np.float32) / 255
                assert_close(model.predict(inputs, verbose=0), core_logits(case))


if __name__ == "__main__":
    unittest.main()
