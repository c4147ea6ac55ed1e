"""Models as C, compiled by what compilers there are."""

import shutil
import unittest

import numpy as np

from exported import CASES, CLASS_NAMES, LOGITS, core_int8_logits, core_logits, correct, export, printed_accuracies, run_c

COMPILERS = (
    ["gcc", "-std=c99"],
    ["gcc", "-std=gnu17", "-O3", "-march=native"],
    ["g++", "-x", "c++", "-std=c++17"],
    ["clang", "-std=c99"],
    ["clang", "-std=c17", "-O3", "-march=native"],
)


class C(unittest.TestCase):
    def test_the_accuracy_is_what_the_trainer_prints(self):
        for case in CASES:
            with self.subTest(case):
                found = [correct(core_logits(case)), correct(core_int8_logits(case))]
                self.assertEqual(found, [round(10_000 * accuracy) for accuracy in printed_accuracies(case)])

    def test_every_compiler_has_the_same_bits(self):
        compilers = [compiler for compiler in COMPILERS if shutil.which(compiler[0])]
        self.assertTrue(compilers)
        for form in LOGITS:
            wanted = run_c("mlp32", form, ["cc", "-std=c99"])
            for compiler in compilers:
                with self.subTest(form=form, compiler=compiler):
                    found = run_c("mlp32", form, compiler)
                    self.assertTrue(np.array_equal(found.view(np.uint32), wanted.view(np.uint32)))

    def test_the_classes_have_names(self):
        for form in LOGITS:
            header = export("firmware", form).read_text()
            self.assertTrue(all(f'    "{name}",\n' in header for name in CLASS_NAMES))


if __name__ == "__main__":
    unittest.main()
