"""The serialisation of postcard for dataclasses: varints, raw f32, bytes and text with their length in front.

A dataclass is a struct; its fields say how they are written by what they are annotated with. A union is an enum whose
variants are dataclasses in the order of the union, and an `IntEnum` is one without fields.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints


class MalformedError(Exception):
    """Bytes that are no such message."""


@dataclass(frozen=True)
class Bits:
    """The width of an unsigned number."""

    bits: int


U8 = Annotated[int, Bits(8)]
U16 = Annotated[int, Bits(16)]
U32 = Annotated[int, Bits(32)]


class Reader:
    """A place in bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = self.data[self.place : self.place + count]
        if len(taken) != count:
            raise MalformedError("it ends too early")
        self.place += count
        return taken

    def varint(self, bits: int) -> int:
        """The next number of up to so many bits, seven in a byte."""
        value = 0
        for shift in range(0, bits, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> bits:
                    break
                return value
        raise MalformedError(f"a number of more than {bits} bits")


@dataclass(frozen=True)
class Codec:
    """How values of a type are written and read."""

    write: Callable[[Any], bytes]
    read: Callable[[Reader], Any]


def write_varint(value: int, bits: int) -> bytes:
    """A number, seven bits in a byte, lowest first."""
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{value} is no number of {bits} bits")
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def to_bytes(kind: Any, value: object) -> bytes:
    """The bytes of a value of this type."""
    return codec(kind).write(value)


def from_bytes(kind: Any, reader: Reader) -> Any:
    """The next value of this type."""
    return codec(kind).read(reader)


@cache
def codec(kind: Any) -> Codec:
    """How a type is written and read."""
    if get_origin(kind) is Annotated:
        bits = next(note.bits for note in get_args(kind) if isinstance(note, Bits))
        if bits == 8:
            return Codec(_write_byte, lambda reader: reader.take(1)[0])
        return Codec(lambda value: write_varint(value, bits), lambda reader: reader.varint(bits))
    if get_origin(kind) in (UnionType, Union):
        return _union(get_args(kind))
    if is_dataclass(kind) and isinstance(kind, type):
        return _struct(kind)
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return Codec(lambda value: write_varint(value, 32), lambda reader: _member(kind, reader.varint(32)))
    return {
        bool: Codec(lambda value: bytes([value]), _read_bool),
        float: Codec(lambda value: struct.pack("<f", value), lambda reader: struct.unpack("<f", reader.take(4))[0]),
        bytes: Codec(_with_length, _read_bytes),
        str: Codec(lambda value: _with_length(value.encode()), _read_text),
    }[kind]


def _write_byte(value: int) -> bytes:
    if not 0 <= value < 256:
        raise ValueError(f"{value} is no number of 8 bits")
    return bytes([value])


def _with_length(data: bytes) -> bytes:
    return write_varint(len(data), 32) + data


def _read_bytes(reader: Reader) -> bytes:
    return reader.take(reader.varint(32))


def _read_text(reader: Reader) -> str:
    try:
        return _read_bytes(reader).decode()
    except UnicodeDecodeError as error:
        raise MalformedError("a name that is no text") from error


def _read_bool(reader: Reader) -> bool:
    byte = reader.take(1)[0]
    if byte > 1:
        raise MalformedError("a switch that is neither on nor off")
    return byte == 1


def _member(kind: type[IntEnum], value: int) -> IntEnum:
    try:
        return kind(value)
    except ValueError as error:
        raise MalformedError(f"a {kind.__name__} of {value}") from error


def _struct(kind: type[Any]) -> Codec:
    hints = get_type_hints(kind, include_extras=True)
    parts = [(field.name, codec(hints[field.name])) for field in fields(kind)]

    def write(value: object) -> bytes:
        return b"".join(part.write(getattr(value, name)) for name, part in parts)

    def read(reader: Reader) -> Any:
        return kind(*(part.read(reader) for _, part in parts))

    return Codec(write, read)


def _union(kinds: tuple[Any, ...]) -> Codec:
    """An option where one of two is None, else an enum."""
    if NoneType in kinds:
        (inner,) = (kind for kind in kinds if kind is not NoneType)
        some = codec(inner)
        return Codec(
            lambda value: b"\0" if value is None else b"\1" + some.write(value),
            lambda reader: some.read(reader) if _read_bool(reader) else None,
        )
    variants = [(kind, codec(kind)) for kind in kinds]

    def write(value: object) -> bytes:
        for index, (kind, variant) in enumerate(variants):
            if isinstance(value, kind):
                return write_varint(index, 32) + variant.write(value)
        raise TypeError(f"{value!r} is none of {kinds}")

    def read(reader: Reader) -> Any:
        index = reader.varint(32)
        if index >= len(variants):
            raise MalformedError(f"variant {index} of {len(variants)}")
        return variants[index][1].read(reader)

    return Codec(write, read)
