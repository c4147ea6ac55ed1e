"""The model file: its parameters in the order of the device, and a file like it with others."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

PIXEL_TABLE = "pixel_table"


class ModelFileError(Exception):
    """A file that is no model file of `host-trainer`."""


@dataclass(frozen=True)
class ModelFile:
    """A model file in f32."""

    path: Path
    tensors: dict[str, NDArray[Any]]
    """Kernel and bias of each layer, in the order of the device."""
    pixel_table: bytes | None
    description: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "ModelFile":
        """Reads and checks a file."""
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            description = json.loads(metadata["model"])
            layers = description["layers"]
            table = tensors.pop(PIXEL_TABLE, None)
            ordered: dict[str, NDArray[Any]] = {}
            for index, layer in enumerate(layers):
                name = f"dense_{index}" if index else "dense"
                for part, shape in (("kernel", (layer["units"], layer["inputs"])), ("bias", (layer["units"],))):
                    tensor = tensors.pop(f"{name}.{part}")
                    if tensor.dtype != np.float32 or tensor.shape != shape:
                        raise ModelFileError(
                            f"{path}: {name}.{part} is {tensor.dtype} {tensor.shape}, expected {shape}"
                        )
                    ordered[f"{name}.{part}"] = tensor
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"{path}: no model file of host-trainer: {error}") from error
        if tensors:
            raise ModelFileError(f"{path}: only models in f32 have weights to exchange; it has {', '.join(tensors)}")
        return cls(path, ordered, None if table is None else table.astype(np.uint8).tobytes(), description)

    def parameters(self) -> NDArray[np.float32]:
        """Layer by layer, weights `[output][input]` before biases."""
        return np.concatenate([tensor.ravel() for tensor in self.tensors.values()])

    def outputs(self) -> int:
        """Outputs of the network."""
        return list(self.tensors.values())[-1].size

    def rescaled(self, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
        """The parameters of the network whose logits are scale · logit + offset: `parameters` are all scales, then all
        offsets, as a device has them that serves this model in int8."""
        count = self.outputs()
        if parameters.shape != (2 * count,):
            raise ModelFileError(f"{self.path}: {parameters.shape} scales and offsets, expected ({2 * count},)")
        scales, offsets = parameters[:count], parameters[count:]
        *before, kernel, bias = [tensor.copy() for tensor in self.tensors.values()]
        kernel *= scales[:, np.newaxis]
        bias = bias * scales + offsets
        return np.concatenate([tensor.ravel() for tensor in [*before, kernel, bias]])

    def write(
        self, path: Path, parameters: NDArray[np.float32], changes: dict[str, Any], fleet: dict[str, Any] | None = None
    ) -> None:
        """Writes a model like this one with other parameters, with changes of its description, and with what `fleet`
        says of a run."""
        tensors: dict[str, NDArray[Any]] = {}
        place = 0
        for name, tensor in self.tensors.items():
            tensors[name] = parameters[place : place + tensor.size].reshape(tensor.shape)
            place += tensor.size
        if place != parameters.size:
            raise ModelFileError(f"{path}: {parameters.size} parameters, but the network has {place}")
        if self.pixel_table is not None:
            tensors[PIXEL_TABLE] = np.frombuffer(self.pixel_table, np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"model": json.dumps(self.description | changes)}
        if fleet is not None:
            metadata["fleet"] = json.dumps(fleet)
        save_file(tensors, path, metadata)
