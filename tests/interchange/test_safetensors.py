"""Models in safetensors, as the trainer writes them, read by the library of that name."""

import unittest

import numpy as np
from safetensors.numpy import load_file

from common import MODELS, accuracy, test_set, trained


class Safetensors(unittest.TestCase):
    def test_numpy_classifies_as_the_trainer(self):
        for model in MODELS:
            with self.subTest(model):
                tensors = load_file(trained(model) / "model.safetensors")
                outputs = test_set()[0].reshape(-1, 784)
                for index, units in enumerate(MODELS[model]):
                    name = f"dense_{index}" if index else "dense"
                    kernel, bias = tensors[f"{name}.kernel"], tensors[f"{name}.bias"]
                    self.assertEqual(bias.shape, (units,))
                    outputs = (np.maximum(outputs, 0) if index else outputs) @ kernel.T + bias
                self.assertGreater(accuracy(outputs), 0.8)
