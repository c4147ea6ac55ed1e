"""Models for TensorFlow Lite, run by its interpreter, and by that of TensorFlow Lite for Microcontrollers."""

import unittest

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro import runtime

from common import assert_close
from exported import CASES, CLASS_NAMES, core_int8_logits, core_logits, correct, export, pixels

# Which share of int8 logits may be a step off. The largest seen is 0.0023, in the last of three layers.
SHARE = 0.005
# How many of 10,000 int8 decisions may differ from ours. The most seen are 79, all with logits within a step.
DIFFERENCES = 200
# By how much that may change how many are right. The most seen are 5.
CORRECT = 20
# Images for the interpreter for microcontrollers, which takes one at a time.
MICRO = 500

RESOLVERS = {
    "XNNPACK": OpResolverType.AUTO,
    "optimised kernels": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "reference kernels": OpResolverType.BUILTIN_REF,
}


def run(case, form, resolver=OpResolverType.AUTO):
    """Probabilities and logits [10000, 10] of the test images, and what a step of each and its 0 are."""
    interpreter = Interpreter(str(export(case, form)), experimental_op_resolver_type=resolver)
    (image,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(image["index"], pixels().shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(image["index"], pixels())
    interpreter.invoke()
    details = interpreter.get_output_details()
    return [(interpreter.get_tensor(output["index"]), output["quantization"]) for output in details]


def rounded(found, ours, step, zero):
    """Whether int8 logits are ours in whole steps, but for a few that were rounded the other way."""
    off = np.abs(found - np.clip(np.round(ours / step + zero), -128, 127))
    return off.max() <= 1 and np.mean(off != 0) <= SHARE


class TensorFlowLite(unittest.TestCase):
    def test_floats_have_the_same_logits_and_accuracy(self):
        for case in CASES:
            for name, resolver in RESOLVERS.items():
                with self.subTest(case=case, resolver=name):
                    (probabilities, _), (logits, _) = run(case, "tflite", resolver)
                    wanted = core_logits(case)
                    assert_close(logits, wanted)
                    self.assertLessEqual(abs(correct(logits) - correct(wanted)), 1)
                    self.assertLessEqual(abs(correct(probabilities) - correct(wanted)), 1)
                    self.assertLessEqual(np.abs(probabilities.sum(axis=1) - 1).max(), 1e-6)

    def test_whole_numbers_are_ours_rounded_to_steps(self):
        for case in CASES:
            for name, resolver in RESOLVERS.items():
                with self.subTest(case=case, resolver=name):
                    _, (logits, (step, zero)) = run(case, "tflite-int8", resolver)
                    self.assertTrue(rounded(logits, core_int8_logits(case), step, zero))

    def test_whole_numbers_decide_as_ours_but_for_near_ties(self):
        for case in CASES:
            for name, resolver in RESOLVERS.items():
                with self.subTest(case=case, resolver=name):
                    (probabilities, _), (logits, (step, _)) = run(case, "tflite-int8", resolver)
                    ours = core_int8_logits(case)
                    theirs = np.argmax(logits, axis=1)
                    different = theirs != np.argmax(ours, axis=1)
                    self.assertLessEqual(different.sum(), DIFFERENCES)
                    lead = ours.max(axis=1) - ours[np.arange(len(ours)), theirs]
                    self.assertLessEqual(lead.max(), 2 * step)
                    self.assertLessEqual(abs(correct(logits) - correct(ours)), CORRECT)
                    self.assertLessEqual(abs(correct(probabilities) - correct(ours)), CORRECT)

    def test_input_and_outputs_have_names_and_the_classes_too(self):
        for form in ("tflite", "tflite-int8"):
            path = export("firmware", form)
            signatures = Interpreter(str(path)).get_signature_list()
            wanted = {"serving_default": {"inputs": ["image"], "outputs": ["logits", "probabilities"]}}
            self.assertEqual(signatures, wanted)
            self.assertIn("\n".join(CLASS_NAMES).encode(), path.read_bytes())


class Microcontroller(unittest.TestCase):
    def test_floats_have_the_same_logits(self):
        for case in CASES:
            with self.subTest(case):
                logits, _ = self.run_micro(case, "tflite")
                assert_close(logits, core_logits(case)[:MICRO])

    def test_whole_numbers_are_ours_rounded_to_steps(self):
        for case in CASES:
            with self.subTest(case):
                logits, (step, zero) = self.run_micro(case, "tflite-int8")
                self.assertTrue(rounded(logits, core_int8_logits(case)[:MICRO], step, zero))

    @staticmethod
    def run_micro(case, form):
        """Logits [MICRO, 10] of the first test images, and what a step and its 0 are."""
        interpreter = runtime.Interpreter.from_file(str(export(case, form)))
        logits = []
        for image in pixels()[:MICRO]:
            interpreter.set_input(image[np.newaxis], 0)
            interpreter.invoke()
            logits.append(interpreter.get_output(1)[0])
        quantization = interpreter.get_output_details(1)["quantization_parameters"]
        return np.array(logits), [*quantization["scales"], *quantization["zero_points"]]


if __name__ == "__main__":
    unittest.main()
