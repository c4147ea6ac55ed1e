"""The serial protocol between a host and a device: a port of the crate `dense-protocol`.

`protocol/tests/vectors.json`, which the crate's tests write, holds the two against each other.
"""
