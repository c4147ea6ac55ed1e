"""Models as ONNX, checked by the library of that name, run by onnxruntime, and imported again."""

import json
import unittest

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

from common import CASES, CLASS_NAMES, FOLDER, assert_close, exported, host_trainer, inputs_of, probabilities, trained
from core import core_logits

# How far a probability may be from what the logits beside it say: the errors of exp and of a sum of ten.
PROBABILITY_TOLERANCE = 1e-6


class Onnx(unittest.TestCase):
    def test_the_file_is_sound(self):
        for case in CASES:
            with self.subTest(case.name):
                onnx.checker.check_model(exported(case, "onnx"), full_check=True)

    def test_onnxruntime_has_the_same_outputs(self):
        for case in CASES:
            with self.subTest(case.name):
                session = onnxruntime.InferenceSession(exported(case, "onnx"))
                name = "image" if case.is_pixels else "features"
                outputs = session.run(None, {name: inputs_of(case)})
                names = [output.name for output in session.get_outputs()]
                self.assertEqual(names, ["values"] if case.task == "regression" else ["logits", "probabilities"])
                assert_close(outputs[0], core_logits(case))
                if case.task != "regression":
                    error = np.abs(outputs[1] - probabilities(case, outputs[0])).max()
                    self.assertLessEqual(error, PROBABILITY_TOLERANCE)

    def test_one_image_is_a_batch_too(self):
        case = CASES[0]
        session = onnxruntime.InferenceSession(exported(case, "onnx"))
        inputs = [(i.name, i.type, i.shape) for i in session.get_inputs()]
        self.assertEqual(inputs, [("image", "tensor(uint8)", ["N", 784])])
        (logits,) = session.run(["logits"], {"image": inputs_of(case)[:1]})
        assert_close(logits, core_logits(case)[:1])

    def test_classes_and_features_have_names(self):
        for case in (CASES[0], CASES[3]):
            metadata = onnxruntime.InferenceSession(exported(case, "onnx")).get_modelmeta().custom_metadata_map
            wanted = CLASS_NAMES if case.is_pixels else [str(index) for index in range(7)]
            self.assertEqual(json.loads(metadata["class_names"]), wanted)
            if not case.is_pixels:
                self.assertEqual(json.loads(metadata["feature_names"])[:2], ["f0", "f1"])

    def test_an_import_has_the_same_parameters(self):
        for case in CASES:
            for form in ("onnx", "tflite"):
                with self.subTest(case=case.name, form=form):
                    out = FOLDER / f"imported-{form}-{case.name}"
                    host_trainer("import", exported(case, form), "--out", out)
                    found, wanted = (load_file(folder / "model.safetensors") for folder in (out, trained(case)))
                    self.assertEqual(found.keys(), wanted.keys())
                    for name, array in wanted.items():
                        np.testing.assert_array_equal(found[name], array)


if __name__ == "__main__":
    unittest.main()
