"""The bytes and words of the crate `dense-protocol`, from the file that its tests write."""

import json
from dataclasses import fields, is_dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

from dense_fleet.protocol import answers, frames, hello, messages, refusals
from dense_fleet.protocol.answers import Answer
from dense_fleet.protocol.authentication import Authentication, Key
from dense_fleet.protocol.checksum import crc_32c
from dense_fleet.protocol.frames import Decoder, FrameError
from dense_fleet.protocol.messages import Request
from dense_fleet.protocol.postcard import MalformedError, Reader, from_bytes

FILE = Path(__file__).parents[2] / "protocol/tests/vectors.json"
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(FILE.read_text())

# Where a class has another name than the crate's variant, or holds its fields alone.
NAMES: dict[type, str] = {
    messages.InputValues: "Values",
    messages.InputWindow: "Window",
    messages.TargetClass: "Class",
    messages.TargetValues: "Values",
    answers.Accepted: "Ok",
    answers.Refused: "Err",
    hello.Count: "Ok",
    hello.Description: "Hello",
    hello.OriginFactory: "Factory",
    hello.OriginUnreadable: "Unreadable",
    hello.OriginSave: "Save",
    hello.OriginHost: "Host",
    answers.SeriesAppended: "Series",
    answers.ChecksumIs: "Checksum",
    answers.CountersAre: "Counters",
    answers.WasReset: "Reset",
    refusals.OtherSession: "Session",
    refusals.OtherChecksum: "Checksum",
    refusals.OtherParameters: "Parameters",
    refusals.WrongMac: "Mac",
    refusals.MacMissing: "Missing",
    refusals.MacTag: "Tag",
    refusals.MacCounter: "Counter",
}
ALONE = {
    messages.InputValues,
    messages.TargetClass,
    messages.TargetValues,
    answers.Accepted,
    answers.Refused,
    answers.ChecksumIs,
    answers.Parameters,
    hello.Count,
    hello.OriginSave,
    refusals.Flash,
    refusals.WrongMac,
}
STRUCTS = {
    Request,
    Answer,
    messages.Step,
    hello.Network,
    hello.Window,
    hello.SampleMemory,
}


def as_json(value: object) -> object:
    """A message as the crate's serde writes it in JSON."""
    match value:
        case IntEnum():
            return value.name.capitalize()
        case messages.Floats():
            return list(value.data)
        case bytes():
            return list(value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(getattr(value, "lessons", None), refusals.FlashFault):
        parts["lessons"] = {"Err": parts["lessons"]}
    kind = type(value)
    if kind in STRUCTS:
        return parts
    name = NAMES.get(kind, kind.__name__)
    if not parts:
        return name
    return {name: next(iter(parts.values())) if kind in ALONE else parts}


@pytest.mark.parametrize("part", ["requests", "answers", "refusals"])
def test_messages_are_those_of_the_crate(part: str) -> None:
    assert VECTORS[part]
    for vector in VECTORS[part]:
        data = bytes.fromhex(vector["bytes"])
        kind = Request if part == "requests" else Answer
        message: Request | Answer = from_bytes(kind, Reader(data))
        assert as_json(message) == vector["message"]
        assert message.to_bytes() == data
        frame = bytes.fromhex(vector["frame"])
        assert frames.encode(data) == frame
        assert Decoder().push(frame) == [data]
        # However the line cuts it.
        decoder = Decoder()
        assert [got for byte in frame for got in decoder.push(bytes([byte]))] == [data]
        if part == "refusals":
            assert isinstance(message, Answer)
            assert isinstance(message.result, answers.Refused)
            assert str(message.result.refusal) == vector["words"]


def test_tags_are_those_of_the_crate() -> None:
    assert VECTORS["tags"]
    for vector in VECTORS["tags"]:
        key = Key(bytes.fromhex(vector["key"]))
        data = bytes.fromhex(vector["bytes"])
        tagged: Request = from_bytes(Request, Reader(data))
        plain = replace(tagged, mac=b"")
        assert key.authenticate(plain, vector["boot"], vector["counter"]) == tagged
        assert tagged.to_bytes() == data
        assert key.authenticate(plain, vector["boot"] ^ 1, vector["counter"]) != tagged
        found = Authentication(vector["boot"], vector["counter"], bytes.fromhex(vector["hello"]))
        assert key.is_tag_of_hello(tagged.session, found)
        assert not key.is_tag_of_hello(tagged.session ^ 1, found)


def test_keys_are_64_hexadecimal_digits(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    path.write_text("05" * 32 + "\n")
    assert Key.read(path)._secret == b"\5" * 32
    for wrong in ["", "05" * 31, "0g" * 32, "05" * 33, "é" * 32]:
        path.write_text(wrong)
        with pytest.raises(ValueError, match="device.key: expected a key of 64 hexadecimal digits"):
            Key.read(path)


def test_other_bytes_are_malformed() -> None:
    for vector in VECTORS["malformed"]:
        with pytest.raises(MalformedError):
            Answer.from_bytes(bytes.fromhex(vector["bytes"]))


def test_broken_frames_have_the_faults_of_the_crate() -> None:
    whole = bytes.fromhex(VECTORS["requests"][0]["frame"])
    for vector in VECTORS["broken_frames"]:
        fault, message = Decoder().push(bytes.fromhex(vector["frame"]) + b"\0\0" + whole)
        assert isinstance(fault, FrameError)
        assert str(fault) == vector["fault"]
        assert message == bytes.fromhex(VECTORS["requests"][0]["bytes"])


def test_checksums() -> None:
    for vector in VECTORS["checksums"]:
        assert crc_32c(bytes.fromhex(vector["bytes"])) == vector["checksum"]
