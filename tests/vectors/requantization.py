"""Int8 networks, their inputs and the outputs of every layer, from TensorFlow Lite's reference kernels.

    pip install -r tests/interchange/requirements.txt
    python tests/vectors/requantization.py

A network is FULLY_CONNECTED layers, each with a fused activation or followed by TANH or LOGISTIC. Each case has scales of
a kind: of weights per tensor or per channel, and of outputs so that the multipliers are ordinary, large or tiny.
"""

from importlib.metadata import version
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from safetensors.numpy import save_file

WIDTHS = (17, 10, 8, 5)
SAMPLES = 24
FUSED = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
}
TABLES = {"tanh": schema.BuiltinOperator.TANH, "logistic": schema.BuiltinOperator.LOGISTIC}
# Scale and zero point of the outputs that TensorFlow Lite prescribes.
PRESCRIBED = {"tanh": (1 / 128, 0), "logistic": (1 / 256, -128)}
# The largest magnitude of a layer's sums.
PEAK = 9.0
# The activation of each layer, whether scales are per channel, and how much of its sums' range the bytes of an output cover.
CASES = {
    "relu": (("relu", "relu", "none"), False, 1.0),
    "relu_per_channel": (("relu", "relu", "none"), True, 1.0),
    "relu6": (("relu6", "relu6", "relu6"), True, 1.0),
    "tanh": (("tanh", "tanh", "none"), False, 0.7),
    "logistic": (("logistic", "logistic", "tanh"), True, 0.7),
    "large": (("none", "relu", "none"), False, 0.01),
    "tiny": (("none", "none", "none"), True, 20.0),
}


class Model:
    """A TensorFlow Lite model of one subgraph, built step by step."""

    def __init__(self):
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators, self.graph.outputs = [], [], []
        self.codes, self.buffers = [], [schema.BufferT()]

    def tensor(self, shape, kind, scales, zero_point, data=None):
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = list(shape), kind, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = [float(scale) for scale in scales]
        tensor.quantization.zeroPoint = [zero_point] * len(scales)
        tensor.quantization.quantizedDimension = 0
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, code, inputs, output, options=None):
        opcode = schema.OperatorCodeT()
        opcode.builtinCode, opcode.deprecatedBuiltinCode, opcode.version = code, code, 2 if options is None else 5
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = len(self.codes), inputs, [output]
        if options is not None:
            operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.FullyConnectedOptions, options
        self.codes.append(opcode)
        self.graph.operators.append(operator)
        self.graph.outputs.append(output)

    def pack(self, image):
        self.graph.inputs = [image]
        model = schema.ModelT()
        model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, self.codes, [self.graph], self.buffers
        builder = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def build(random, activations, per_channel, cover, samples):
    """The model, and its numbers by name."""
    model, numbers = Model(), {}
    int8, int32 = schema.TensorType.INT8, schema.TensorType.INT32
    scale, zero_point = np.float32(random.uniform(0.01, 0.3)), int(random.integers(-128, 128))
    image = inputs = model.tensor((SAMPLES, WIDTHS[0]), int8, [scale], zero_point)
    values = scale * (samples.astype(np.float64) - zero_point)
    for index, activation in enumerate(activations):
        width, units = WIDTHS[index : index + 2]
        numbers[f"{index}.input"] = np.array([scale, zero_point], np.float32)
        weights = random.integers(-127, 128, (units, width)).astype(np.int8)
        weight_scales = random.uniform(0.2, 1, units if per_channel else 1)
        values = values @ (weights * weight_scales[:, None]).T
        weight_scales = (weight_scales * PEAK / np.abs(values).max()).astype(np.float32)
        values *= PEAK / np.abs(values).max()
        sum_scales = scale * weight_scales
        bias = np.round(random.uniform(-1, 1, units) / sum_scales).astype(np.int32)
        values += bias * sum_scales
        # ReLU's smallest byte stands for 0; the range of others is a little off centre.
        output = np.float32(2 * PEAK * cover / 255), int(random.integers(-20, 21))
        if activation.startswith("relu"):
            output = np.float32(PEAK * cover / 255), -128
            values = np.maximum(values, 0)
        numbers[f"{index}.weights"], numbers[f"{index}.bias"] = weights, bias
        numbers[f"{index}.weight_scales"] = weight_scales
        numbers[f"{index}.output"] = np.array(output, np.float32)
        kernel = model.tensor((units, width), int8, weight_scales, 0, weights)
        bias = model.tensor((units,), int32, sum_scales, 0, bias)
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = FUSED.get(activation, schema.ActivationFunctionType.NONE)
        result = model.tensor((SAMPLES, units), int8, output[:1], output[1])
        model.operator(schema.BuiltinOperator.FULLY_CONNECTED, [inputs, kernel, bias], result, options)
        if activation in TABLES:
            values = np.tanh(values) if activation == "tanh" else 1 / (1 + np.exp(-values))
            output = PRESCRIBED[activation]
            inputs, result = result, model.tensor((SAMPLES, units), int8, output[:1], output[1])
            model.operator(TABLES[activation], [inputs], result)
        inputs, (scale, zero_point) = result, output
        scale = np.float32(scale)
    return model.pack(image), numbers


def run(content, samples):
    """The outputs of every operator."""
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], samples)
    interpreter.invoke()
    return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]


def main():
    random = np.random.default_rng(2026)
    tensors = {}
    for case, (activations, per_channel, cover) in CASES.items():
        samples = random.integers(-128, 128, (SAMPLES, WIDTHS[0])).astype(np.int8)
        samples[0], samples[1], samples[2, ::2], samples[2, 1::2] = -128, 127, -128, 127
        content, numbers = build(random, activations, per_channel, cover, samples)
        outputs = iter(run(content, samples))
        tensors |= {f"{case}.{name}": values for name, values in numbers.items()} | {f"{case}.inputs": samples}
        for index, activation in enumerate(activations):
            tensors[f"{case}.{index}.sums"] = next(outputs)
            if activation in TABLES:
                tensors[f"{case}.{index}.activations"] = next(outputs)
    packages = ", ".join(f"{name} {version(name)}" for name in ("ai-edge-litert", "numpy"))
    metadata = {"generated_by": f"python tests/vectors/requantization.py; {packages}"}
    save_file(tensors, Path(__file__).with_suffix(".safetensors"), metadata)


if __name__ == "__main__":
    main()
