"""The model file, read by the library of safetensors: numpy computes what the trainer does."""

import unittest

import numpy as np
from safetensors.numpy import load_file

from common import CASES, assert_close, inputs_of, metadata, trained
from core import core_logits

ACTIVATIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z < 0, 0.3 * z, z),
    "elu": lambda z: np.where(z < 0, np.expm1(np.minimum(z, 0)), z),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "linear": lambda z: z,
}


class Safetensors(unittest.TestCase):
    def test_numpy_has_the_same_logits(self):
        for case in (case for case in CASES if case.name != "gelu"):
            with self.subTest(case.name):
                path = trained(case) / "model.safetensors"
                tensors, model = load_file(path), metadata(path)
                values = inputs_of(case)
                if case.is_pixels:
                    values = tensors.get("pixel_table", np.arange(256))[values].astype(np.float64) / 255
                for index, layer in enumerate(model["layers"]):
                    name = f"dense_{index}" if index else "dense"
                    kernel, bias = tensors[f"{name}.kernel"], tensors[f"{name}.bias"]
                    self.assertEqual(kernel.shape, (layer["units"], layer["inputs"]))
                    values = ACTIVATIONS[layer["activation"]](values @ kernel.T.astype(np.float64) + bias)
                assert_close(values, core_logits(case))


if __name__ == "__main__":
    unittest.main()
