"""Models as ONNX, checked by the library of that name and run by onnxruntime."""

import json
import unittest

import numpy as np
import onnx
import onnxruntime

from common import assert_close
from exported import CASES, CLASS_NAMES, core_logits, correct, export, pixels

# How far a probability may be from what the logits beside it say: the errors of exp and of a sum of ten.
PROBABILITY_TOLERANCE = 1e-6


def softmax(logits):
    """Probabilities [count, 10] in float64."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


class Onnx(unittest.TestCase):
    def test_the_file_is_sound(self):
        for case in CASES:
            with self.subTest(case):
                onnx.checker.check_model(export(case, "onnx"), full_check=True)

    def test_onnxruntime_has_the_same_logits_and_accuracy(self):
        for case in CASES:
            with self.subTest(case):
                session = onnxruntime.InferenceSession(export(case, "onnx"))
                logits, probabilities = session.run(["logits", "probabilities"], {"image": pixels()})
                wanted = core_logits(case)
                assert_close(logits, wanted)
                self.assertLessEqual(np.abs(probabilities - softmax(logits)).max(), PROBABILITY_TOLERANCE)
                self.assertLessEqual(abs(correct(logits) - correct(wanted)), 1)

    def test_one_image_is_a_batch_too(self):
        session = onnxruntime.InferenceSession(export("firmware", "onnx"))
        inputs = [(i.name, i.type, i.shape) for i in session.get_inputs()]
        self.assertEqual(inputs, [("image", "tensor(uint8)", ["N", 784])])
        (logits,) = session.run(["logits"], {"image": pixels()[:1]})
        assert_close(logits, core_logits("firmware")[:1])

    def test_the_classes_have_names(self):
        metadata = onnxruntime.InferenceSession(export("firmware", "onnx")).get_modelmeta().custom_metadata_map
        self.assertEqual(json.loads(metadata["class_names"]), CLASS_NAMES)


if __name__ == "__main__":
    unittest.main()
