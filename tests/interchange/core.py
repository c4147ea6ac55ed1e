"""dense-core's own answers, from a model exported as C, which has its bits: the tests of the crate `formats` hold that."""

import functools
import subprocess

import numpy as np

from common import exported, inputs_of

# Reads samples from the standard input and writes their logits.
PROGRAM = """
#include "{header}"
#include <stdio.h>
int main(void)
{{
    {element} inputs[MODEL_INPUTS];
    {logit} logits[MODEL_OUTPUTS];
    while (fread(inputs, sizeof inputs, 1, stdin) == 1) {{
        model_logits(inputs, logits);
        fwrite(logits, sizeof logits, 1, stdout);
    }}
    return 0;
}}
"""
# The type of a logit in each format of C.
LOGITS = {"c": ("float", np.float32), "c-int8": ("int32_t", np.int32)}


def run_header(header, form, inputs, compiler=("cc", "-std=c99")):
    """Logits [count, outputs] of a header, made by a compiler, a list of words, that must not complain."""
    logit, kind = LOGITS[form]
    source, program = header.with_suffix(".main.c"), header.with_suffix(".program")
    element = "uint8_t" if inputs.dtype == np.uint8 else "float"
    source.write_text(PROGRAM.format(header=header, logit=logit, element=element))
    flags = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run([*compiler, *flags, source, "-o", program, "-lm"], check=True)
    done = subprocess.run(program, input=inputs.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, kind).reshape(len(inputs), -1)


@functools.cache
def core_logits(case):
    """dense-core's logits of the samples of a case."""
    return run_header(exported(case, "c"), "c", inputs_of(case))


@functools.cache
def core_int8_logits(case):
    """dense-core's logits in int8, as floats."""
    return run_header(exported(case, "c-int8"), "c-int8", inputs_of(case)) / 65536.0
