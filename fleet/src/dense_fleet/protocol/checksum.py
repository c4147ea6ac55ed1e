"""CRC-32C (Castagnoli) of bytes and of a model's parameters."""

import numpy as np
from numpy.typing import NDArray

POLYNOMIAL = 0x82F6_3B78


def _entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
    return value


TABLE = tuple(_entry(value) for value in range(256))


def crc_32c(data: bytes) -> int:
    """The CRC-32C of bytes."""
    state = 0xFFFF_FFFF
    for byte in data:
        state = TABLE[(state ^ byte) & 0xFF] ^ (state >> 8)
    return state ^ 0xFFFF_FFFF


def of_parameters(pixel_table: bytes | None, parameters: NDArray[np.float32]) -> int:
    """The checksum of a model: its pixel table, where it has one, then its parameters as little-endian f32."""
    return crc_32c((pixel_table or b"") + parameters.astype("<f4", casting="equiv").tobytes())


def of_names(names: list[str]) -> int:
    """The checksum of the names of inputs and outputs: each as UTF-8 with a zero byte behind it."""
    return crc_32c(b"".join(name.encode() + b"\0" for name in names))
