"""Models from Keras to the trainer and back: the same parameters, logits and accuracy."""

import tempfile
import unittest
from pathlib import Path

import keras
import numpy as np
from safetensors.numpy import load_file, save_file

from common import MODELS, accuracy, assert_close, host_trainer, test_set, train_set
from exported import CASES, core_logits, correct, export, model_of, pixels

# Below this a parameter of the trainer is +0.0: core/src/math.rs.
SMALLEST_WEIGHT = 2.0**-50


def build(model, *, dtype=None, before=()):
    """A Keras model that ends in logits."""
    *hidden, outputs = MODELS[model]
    return keras.Sequential(
        [
            keras.layers.Input((28, 28)),
            *before,
            keras.layers.Flatten(),
            *(keras.layers.Dense(units, activation="relu", dtype=dtype) for units in hidden),
            keras.layers.Dense(outputs, dtype=dtype),
        ]
    )


def fit(model, images, labels):
    """Trains for a moment, so that there is an optimizer to be saved."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss)
    model.fit(images, labels, batch_size=128, epochs=1, verbose=0)
    return model


def outputs_of(parameters, inputs):
    """The logits that [kernel, bias, kernel, bias, ...] make of inputs [count, 784], in float64."""
    for index in range(0, len(parameters), 2):
        kernel, bias = (array.astype(np.float64) for array in parameters[index : index + 2])
        inputs = (np.maximum(inputs, 0) if index else inputs) @ kernel + bias
    return inputs


class Keras(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def imported(self, path, model, *options):
        """What the trainer writes of a file, in Keras's order and layout, and the accuracy that it prints."""
        out = self.folder / "out"
        printed = host_trainer("import", path, "--out", out, "--weights", out / "weights.rs", *options)
        self.assertIn(f", {model}, ", printed.splitlines()[0])
        tensors = load_file(out / "model.safetensors")
        parameters = []
        for index in range(len(MODELS[model])):
            name = f"dense_{index}" if index else "dense"
            parameters += [tensors[f"{name}.kernel"].T, tensors[f"{name}.bias"]]
        return parameters, float(printed.split("accuracy in floats ")[1].split(",")[0])

    def assert_imported(self, path, model, wanted, logits, *options):
        """Fails where the trainer's parameters are not `wanted` to the last bit, or its accuracy not that of `logits`."""
        parameters, found = self.imported(path, model, *options)
        for array, other in zip(parameters, wanted, strict=True):
            other = np.asarray(other, np.float32)
            np.testing.assert_array_equal(array, np.where(np.abs(other) < SMALLEST_WEIGHT, 0, other))
        assert_close(outputs_of(parameters, test_set()[0].reshape(-1, 784)), logits)
        self.assertAlmostEqual(found, accuracy(logits), delta=1e-4 + 1e-9)

    def test_all_models_in_all_formats(self):
        for model in MODELS:
            keras_model = fit(build(model), *train_set())
            weights = keras_model.get_weights()
            logits = keras_model.predict(test_set()[0], verbose=0)
            self.assertGreater(accuracy(logits), 0.75)
            paths = {name: self.folder / f"{model}.{name}" for name in ("weights.h5", "keras", "h5")}
            keras_model.save_weights(paths["weights.h5"])
            keras_model.save(paths["keras"])
            keras_model.save(paths["h5"])
            for name, save, arrays in (
                ("npz", np.savez, weights),
                ("compressed.npz", np.savez_compressed, weights),
                ("fortran.npz", np.savez, [np.asfortranarray(array) for array in weights]),
                ("f64.npz", np.savez, [array.astype(np.float64) for array in weights]),
                ("big.npz", np.savez, [array.astype(">f4") for array in weights]),
                ("torch.npz", np.savez, [np.ascontiguousarray(array.T) for array in weights]),
            ):
                paths[name] = self.folder / f"{model}.{name}"
                save(paths[name], *arrays)
            # As PyTorch names and lays out the layers of nn.Sequential(Flatten, Linear, ReLU, Linear, ...).
            paths["safetensors"] = self.folder / f"{model}.safetensors"
            names = [f"{1 + 2 * (index // 2)}.{'bias' if index % 2 else 'weight'}" for index in range(len(weights))]
            tensors = {name: np.ascontiguousarray(array.T) for name, array in zip(names, weights, strict=True)}
            save_file(tensors, paths["safetensors"])
            for name, path in paths.items():
                with self.subTest(f"{model} as {name}"):
                    self.assert_imported(path, model, weights, logits)

    def test_other_types_and_layers(self):
        layers = keras.layers
        named = keras.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(10, name="a_name")])
        inputs = keras.Input((28, 28))
        hidden = layers.Dense(32, activation="relu", name="z")(layers.Flatten()(inputs))
        functional = keras.Model(inputs, layers.Dense(10, name="a")(layers.Dropout(0.2)(hidden)))
        for what, name, model in (
            ("float16", "linear", build("linear", dtype="float16")),
            ("bfloat16", "linear", build("linear", dtype="bfloat16")),
            ("float64", "linear", build("linear", dtype="float64")),
            ("named", "linear", named),
            ("functional, with dropout", "mlp32", functional),
        ):
            with self.subTest(what):
                path = self.folder / f"{what}.weights.h5"
                model.save_weights(path)
                weights = [np.asarray(array, np.float32) for array in model.get_weights()]
                logits = outputs_of(weights, test_set()[0].reshape(-1, 784))
                self.assert_imported(path, name, weights, logits)

    def test_other_ranges_of_pixels(self):
        images = test_set()[0]
        for pixels, factor, offset in (("0..255", 255, 0), ("-1..1", 2, -1)):
            with self.subTest(pixels):
                model = build("mlp32")
                path = self.folder / "ranges.weights.h5"
                model.save_weights(path)
                wanted = outputs_of(model.get_weights(), (factor * images + offset).reshape(-1, 784))
                parameters, found = self.imported(path, "mlp32", "--pixels", pixels)
                assert_close(outputs_of(parameters, images.reshape(-1, 784)), wanted)
                self.assertAlmostEqual(found, accuracy(wanted), delta=1e-4 + 1e-9)

    def test_keras_takes_over_the_trainers_model(self):
        for case in CASES:
            with self.subTest(case):
                model = build(model_of(case))
                # As in README.md.
                arrays = np.load(export(case, "npz"))
                model.set_weights([arrays[name] for name in arrays.files if name != "pixel_table"])
                seen = arrays["pixel_table"][pixels()] if "pixel_table" in arrays.files else pixels()
                logits = model.predict(seen.reshape(-1, 28, 28).astype(np.float32) / 255, verbose=0)
                wanted = core_logits(case)
                assert_close(logits, wanted)
                self.assertLessEqual(abs(correct(logits) - correct(wanted)), 1)
                if "pixel_table" in arrays.files:
                    continue  # Files of Keras have no place for it.
                # And the trainer that of Keras, which is its own again.
                path = self.folder / f"{case}.weights.h5"
                model.save_weights(path)
                own = load_file(export(case, "safetensors"))
                names = ["dense", "dense_1", "dense_2"][: len(own) // 2]
                parameters = [array for name in names for array in (own[f"{name}.kernel"].T, own[f"{name}.bias"])]
                self.assert_imported(path, model_of(case), parameters, logits)
