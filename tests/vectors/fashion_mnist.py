"""Reads Fashion-MNIST from data/fashion-mnist in the form that the Keras models take."""

import gzip
from pathlib import Path

import numpy as np

DIRECTORY = Path(__file__).resolve().parents[2] / "data" / "fashion-mnist"


def read_idx(name, magic, shape):
    """One gzipped IDX file of bytes; each size in its header must be that of `shape`."""
    data = gzip.decompress((DIRECTORY / name).read_bytes())
    header = np.frombuffer(data, ">u4", count=1 + len(shape))
    if header.tolist() != [magic, *shape]:
        raise ValueError(f"{name}: header {header.tolist()}, wanted {[magic, *shape]}")
    return np.frombuffer(data, np.uint8, offset=header.nbytes).reshape(shape)


def load(split, count):
    """Images [count, 28, 28] as float32 in 0..1, and labels [count]. Split: "train" or "t10k"."""
    images = read_idx(f"{split}-images-idx3-ubyte.gz", 0x803, (count, 28, 28))
    labels = read_idx(f"{split}-labels-idx1-ubyte.gz", 0x801, (count,))
    return images.astype(np.float32) / np.float32(255), labels
