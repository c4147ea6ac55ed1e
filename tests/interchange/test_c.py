"""Models as C, compiled by what compilers there are."""

import json
import shutil
import subprocess
import unittest

import numpy as np

from common import CASES, CLASS_NAMES, correct, exported, host_trainer, inputs_of, trained
from core import LOGITS, core_int8_logits, core_logits, run_header

COMPILERS = (
    ["gcc", "-std=c99"],
    ["gcc", "-std=gnu17", "-O3", "-march=native"],
    ["g++", "-x", "c++", "-std=c++17"],
    ["clang", "-std=c99"],
    ["clang", "-std=c17", "-O3", "-march=native"],
)


class C(unittest.TestCase):
    def test_the_accuracy_is_what_the_trainer_says(self):
        for case in filter(lambda case: case.is_pixels, CASES):
            with self.subTest(case.name):
                printed = host_trainer("evaluate", "--weights", trained(case) / "model.safetensors", "--json")
                events = {event["event"]: event for event in map(json.loads, printed.splitlines())}
                wanted = [round(10_000 * events[event]["accuracy"]) for event in ("test", "int8")]
                self.assertEqual([correct(core_logits(case)), correct(core_int8_logits(case))], wanted)

    def test_every_compiler_has_the_same_bits(self):
        compilers = [compiler for compiler in COMPILERS if shutil.which(compiler[0])]
        self.assertTrue(compilers)
        for case in CASES:
            inputs = inputs_of(case)[:500]
            for form in LOGITS:
                wanted = run_header(exported(case, form), form, inputs)
                for compiler in compilers:
                    with self.subTest(case=case.name, form=form, compiler=compiler):
                        found = run_header(exported(case, form), form, inputs, compiler)
                        self.assertTrue(np.array_equal(found.view(np.uint32), wanted.view(np.uint32)))

    def test_the_classes_have_names(self):
        for form in LOGITS:
            header = exported(CASES[0], form).read_text()
            self.assertTrue(all(f'    "{name}",\n' in header for name in CLASS_NAMES))

    def test_a_header_that_learns_compiles_everywhere(self):
        compilers = [compiler for compiler in COMPILERS if shutil.which(compiler[0])]
        for case in CASES:
            header = exported(case, "c", "--learn", "--prefix", "Net")
            source = header.with_suffix(".learn.c")
            source.write_text(f'#include "{header}"\nnet_network n; net_workspace w;\nint main(void) {{ return 0; }}\n')
            for compiler in compilers:
                with self.subTest(case=case.name, compiler=compiler):
                    flags = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
                    subprocess.run([*compiler, *flags, source, "-o", header.with_suffix(".program"), "-lm"], check=True)


if __name__ == "__main__":
    unittest.main()
