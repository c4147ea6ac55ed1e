"""MLPerf Tiny's anomaly detection network: the checksums in data/ad01 are those of TensorFlow Lite's reference kernels.

    tests/interchange/run ad01                                               compares
    target/interchange/bin/python tests/interchange/test_ad01.py write       writes them anew

Rust compares its outputs with the same checksums: tests/ad01.rs on a computer, firmware/src/bin/ad01.rs on a device.
"""

import sys
import unittest
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

FOLDER = Path(__file__).resolve().parents[2] / "data" / "ad01"
MODEL = FOLDER / "ad01_int8.tflite"
CLIP = FOLDER / "normal_id_01_00000000_hist_librosa.bin"
CHECKSUMS = FOLDER / "outputs.crc32c"
# An input is five frames in a row, of as many log-mel energies each.
MELS, FRAMES = 128, 5
INPUTS = MELS * FRAMES
# Inputs beside those of the clip, drawn by PCG32 with this seed and stream.
RANDOM, SEED, STREAM = 10_000, 2026, 640


def interpreter(count):
    """The network for `count` inputs, on the reference kernels."""
    made = Interpreter(str(MODEL), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    made.resize_tensor_input(made.get_input_details()[0]["index"], [count, INPUTS])
    made.allocate_tensors()
    return made


def outputs(inputs):
    """int8 outputs of int8 inputs."""
    network = interpreter(len(inputs))
    network.set_tensor(network.get_input_details()[0]["index"], inputs)
    network.invoke()
    return network.get_tensor(network.get_output_details()[0]["index"])


def clip():
    """The int8 inputs of the clip: rounded to the nearest, ties away from zero."""
    frames = np.fromfile(CLIP, "<f4").reshape(-1, MELS)
    features = np.lib.stride_tricks.sliding_window_view(frames.ravel(), INPUTS)[::MELS]
    ((scale, zero_point),) = [details["quantization"] for details in interpreter(1).get_input_details()]
    steps = features / np.float32(scale)
    rounded = np.trunc(steps + np.copysign(np.float32(0.5), steps)) + zero_point
    return np.clip(rounded, -128, 127).astype(np.int8)


def random():
    """Random int8 inputs: the numbers of PCG32 (pcg-random.org), four bytes each, the lowest first."""
    multiplier, mask = 6_364_136_223_846_793_005, (1 << 64) - 1
    increment = STREAM << 1 | 1
    state = ((increment + SEED) * multiplier + increment) & mask
    states = []
    for _ in range(RANDOM * INPUTS // 4):
        states.append(state)
        state = (state * multiplier + increment) & mask
    states = np.array(states, np.uint64)
    shifted = ((states >> np.uint64(18) ^ states) >> np.uint64(27)).astype(np.uint32)
    turns = (states >> np.uint64(59)).astype(np.uint32)
    numbers = shifted >> turns | shifted << (-turns.astype(np.int32) & 31).astype(np.uint32)
    return numbers.astype("<u4").view(np.int8).reshape(RANDOM, INPUTS)


def crc32c(rows):
    """The CRC-32C of each row of bytes."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = table >> np.uint32(1) ^ np.where(table & 1, np.uint32(0x82F6_3B78), np.uint32(0))
    checksums = np.full(len(rows), 0xFFFF_FFFF, np.uint32)
    for column in np.ascontiguousarray(rows).view(np.uint8).T:
        checksums = checksums >> np.uint32(8) ^ table[(checksums ^ column) & 0xFF]
    return ~checksums


def checksums():
    """The CRC-32C of the outputs of each input of the clip, and then that of those of the random inputs' checksums."""
    of_random = crc32c(outputs(random())).astype("<u4")
    return np.append(crc32c(outputs(clip())), crc32c(of_random.reshape(1, -1).view(np.uint8))).astype("<u4").tobytes()


class ReferenceKernels(unittest.TestCase):
    def test_the_committed_checksums_are_those_of_their_outputs(self):
        self.assertEqual(CHECKSUMS.read_bytes(), checksums())

    def test_crc32c_is_that_of_its_check_value(self):
        check = np.frombuffer(b"123456789", np.uint8).reshape(1, -1)
        self.assertEqual(crc32c(check).tolist(), [0xE306_9283])


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        CHECKSUMS.write_bytes(checksums())
    else:
        unittest.main()
