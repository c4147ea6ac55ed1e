"""What the tests of exported models share: the models, the pixels, and dense-core's own answers to them.

The answers come from the model exported as C, which has dense-core's bits: that is tested in the trainer's own tests.
"""

import functools
import re
import subprocess
from pathlib import Path

import numpy as np

from common import MODELS, host_trainer, test_set, trained

import fashion_mnist

# The committed weights, those of each model after a short training, and one that sees pixels through a table.
CASES = ("firmware", *MODELS, "best")
_FIRMWARE = Path(__file__).resolve().parents[2] / "firmware" / "src" / "weights.rs"

# Reads images from the standard input and writes their logits.
PROGRAM = """
#include "{header}"
#include <stdio.h>
int main(void)
{{
    uint8_t pixels[MODEL_PIXELS];
    {logit} logits[MODEL_CLASSES];
    while (fread(pixels, 1, MODEL_PIXELS, stdin) == MODEL_PIXELS) {{
        model_logits(pixels, logits);
        fwrite(logits, sizeof logits, 1, stdout);
    }}
    return model_class(pixels) < 0 || MODEL_CLASS_NAMES[0][0] == 0;
}}
"""
# The type of a logit in each format of C.
LOGITS = {"c": ("float", np.float32), "c-int8": ("int32_t", np.int32)}
CLASS_NAMES = (fashion_mnist.DIRECTORY / "classes.txt").read_text().splitlines()


def model_of(case):
    """Which of the MODELS one of the CASES is."""
    return case if case in MODELS else "linear"


def weights(case):
    """The trainer's file of one of the CASES."""
    if case == "firmware":
        return _FIRMWARE
    return trained(model_of(case), "best" if case == "best" else "recipe") / "weights.rs"


@functools.cache
def export(case, form):
    """The file that the trainer makes of one of the CASES in a format."""
    output = trained(model_of(case)) / f"{case}.{form}"
    host_trainer("export", "--format", form, "--weights", weights(case), "--output", output, "--verbose", 0)
    return output


@functools.cache
def pixels():
    """The test images [10000, 784] as the bytes that they are."""
    return fashion_mnist.read_idx("t10k-images-idx3-ubyte.gz", 0x803, (10_000, 28, 28)).reshape(-1, 784)


def run_c(case, form, compiler):
    """Logits [10000, 10] of the model as C, made by a compiler, a list of words, that must not complain."""
    header = export(case, form)
    logit, kind = LOGITS[form]
    source, program = header.with_suffix(".main.c"), header.with_suffix(".program")
    source.write_text(PROGRAM.format(header=header, logit=logit))
    flags = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run([*compiler, *flags, source, "-o", program, "-lm"], check=True)
    done = subprocess.run(program, input=pixels().tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, kind).reshape(-1, 10)


@functools.cache
def core_logits(case):
    """dense-core's logits of the test images."""
    return run_c(case, "c", ["cc", "-std=c99"])


@functools.cache
def core_int8_logits(case):
    """dense-core's logits in whole numbers, as floats."""
    return run_c(case, "c-int8", ["cc", "-std=c99"]) / 65536.0


@functools.cache
def printed_accuracies(case):
    """The test accuracies that the trainer prints, in floats and in whole numbers."""
    printed = host_trainer("evaluate", "--weights", weights(case))
    return tuple(map(float, re.search(r"accuracy in floats (\S+), in int8 (\S+);", printed).groups()))


def correct(outputs):
    """How many test images have their largest output [10000, 10] at their label."""
    return int(np.sum(np.argmax(outputs, axis=1) == test_set()[1]))
