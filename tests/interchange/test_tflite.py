"""Models for TensorFlow Lite, run by its interpreter, and by that of TensorFlow Lite for Microcontrollers."""

import unittest

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro import runtime

from common import CASES, CLASS_NAMES, assert_close, correct, exported, inputs_of, probabilities
from core import core_int8_logits, core_logits

# Which share of int8 logits may be off, and how far any may be, in steps. A runtime rounds a sum another way, and a step
# of a hidden layer can be several of the logits'.
SHARE, STEPS = 0.05, 6
# The same share behind leaky ReLU, which runtimes compute without a table, rounding twice.
LEAKY_SHARE = 0.3
# How many of 10,000 int8 decisions may be right in one and wrong in the other on balance: steps of a byte are coarser than
# those of 32 bits.
CORRECT = 60
# Which share of logits may lie beyond the range of training samples.
BEYOND = 0.001
# Samples for the interpreter for microcontrollers, which takes one at a time.
MICRO = 300

RESOLVERS = {
    "XNNPACK": OpResolverType.AUTO,
    "optimised kernels": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "reference kernels": OpResolverType.BUILTIN_REF,
}


def runs():
    """Each case with each resolver that has its operators."""
    for case in CASES:
        for name, resolver in RESOLVERS.items():
            # There are no reference kernels of ELU.
            if name != "reference kernels" or "elu" not in case.options:
                yield case, name, resolver


def run(case, form, resolver=OpResolverType.AUTO):
    """The outputs of the samples of a case, each with its name, and what a step of it and its 0 are."""
    interpreter = Interpreter(str(exported(case, form)), experimental_op_resolver_type=resolver)
    (details,) = interpreter.get_input_details()
    inputs = inputs_of(case)
    interpreter.resize_tensor_input(details["index"], inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(details["index"], inputs)
    interpreter.invoke()
    outputs = interpreter.get_output_details()
    return [(interpreter.get_tensor(output["index"]), output["quantization"], output["name"]) for output in outputs]


class TensorFlowLite(unittest.TestCase):
    def assert_int8(self, case, found, ours, step, zero):
        """Fails where int8 logits are not ours in whole steps, but for what SHARE, STEPS and BEYOND allow."""
        exact = ours / step + zero
        self.assertLessEqual(np.mean((exact < -128.5) | (exact > 127.5)), BEYOND)
        off = np.abs(found - np.clip(np.round(exact), -128, 127))
        self.assertLessEqual(off.max(), STEPS)
        self.assertLessEqual(np.mean(off != 0), LEAKY_SHARE if "leaky_relu" in case.options else SHARE)

    def test_floats_have_the_same_outputs_in_onnxs_order(self):
        for case, name, resolver in runs():
            with self.subTest(case=case.name, resolver=name):
                outputs = run(case, "tflite", resolver)
                names = ["values"] if case.task == "regression" else ["logits", "probabilities"]
                self.assertEqual([name for *_, name in outputs], names)
                logits = outputs[0][0]
                assert_close(logits, core_logits(case))
                if case.task != "regression":
                    self.assertLessEqual(np.abs(outputs[1][0] - probabilities(case, logits)).max(), 1e-5)

    def test_int8_logits_are_ours_rounded_to_steps(self):
        for case, name, resolver in runs():
            with self.subTest(case=case.name, resolver=name):
                logits, (step, zero), _ = run(case, "tflite-int8", resolver)[0]
                self.assert_int8(case, logits, core_int8_logits(case), step, zero)

    def test_int8_accuracy_is_ours_but_for_near_ties(self):
        for case in filter(lambda case: case.is_pixels, CASES):
            with self.subTest(case.name):
                logits, *_ = run(case, "tflite-int8", OpResolverType.BUILTIN_REF)[0]
                difference = correct(logits) - correct(core_int8_logits(case))
                print(f"{case.name}: int8 logits decide {difference} of 10,000 better than ours in 32 bits")
                self.assertLessEqual(abs(difference), CORRECT)

    def test_input_and_outputs_have_names_and_the_classes_too(self):
        for form in ("tflite", "tflite-int8"):
            path = exported(CASES[0], form)
            signatures = Interpreter(str(path)).get_signature_list()
            wanted = {"serving_default": {"inputs": ["image"], "outputs": ["logits", "probabilities"]}}
            self.assertEqual(signatures, wanted)
            self.assertIn(f'"{CLASS_NAMES[0]}"'.encode(), path.read_bytes())


class Microcontroller(TensorFlowLite):
    # There is no GELU in TensorFlow Lite for Microcontrollers.
    CASES = [case for case in CASES if case.name != "gelu"]

    def test_floats_have_the_same_outputs_in_onnxs_order(self):
        for case in self.CASES:
            with self.subTest(case.name):
                logits, _ = self.run_micro(case, "tflite")
                assert_close(logits, core_logits(case)[:MICRO])

    def test_int8_logits_are_ours_rounded_to_steps(self):
        for case in self.CASES:
            with self.subTest(case.name):
                logits, (step, zero) = self.run_micro(case, "tflite-int8")
                self.assert_int8(case, logits, core_int8_logits(case)[:MICRO], step, zero)

    test_int8_accuracy_is_ours_but_for_near_ties = None
    test_input_and_outputs_have_names_and_the_classes_too = None

    @staticmethod
    def run_micro(case, form):
        """Logits of the first MICRO samples, and what a step and its 0 are."""
        interpreter = runtime.Interpreter.from_file(str(exported(case, form)))
        logits = []
        for sample in inputs_of(case)[:MICRO]:
            interpreter.set_input(sample[np.newaxis], 0)
            interpreter.invoke()
            logits.append(interpreter.get_output(0)[0])
        quantization = interpreter.get_output_details(0)["quantization_parameters"]
        return np.array(logits), [*quantization["scales"], *quantization["zero_points"]]


if __name__ == "__main__":
    unittest.main()
