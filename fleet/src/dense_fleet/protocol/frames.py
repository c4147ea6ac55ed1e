"""Frames on a serial line: COBS around a message and its CRC-32C, with a zero at the end.

The checksum is of the protocol's version and the message.
"""

from dense_fleet.protocol.checksum import crc_32c
from dense_fleet.protocol.messages import VERSION

MAX_FRAME = 16 * 1024
"""Longest frame that any device sends or receives, in bytes, the zero at the end included."""
CHECKSUM = 4
FRAME_END = b"\0"


class FrameError(Exception):
    """Why a frame is invalid."""


def too_long() -> FrameError:
    """The error for a frame that is longer than any."""
    return FrameError(f"a frame of more than {MAX_FRAME} bytes")


def encode(message: bytes) -> bytes:
    """The frame of a message."""
    stuffed = bytearray()
    rest = message + _checksum(message).to_bytes(CHECKSUM, "little")
    for part in rest.split(b"\0"):
        # A block of 254 bytes without a zero is followed by another one, even an empty one.
        while len(part) >= 254:
            stuffed += b"\xff" + part[:254]
            part = part[254:]
        stuffed += bytes([len(part) + 1]) + part
    stuffed += FRAME_END
    if len(stuffed) > MAX_FRAME:
        raise too_long()
    return bytes(stuffed)


def decode(frame: bytes) -> bytes:
    """The message of a frame without the zero at its end."""
    if len(frame) + 1 > MAX_FRAME:
        raise too_long()
    content = _unstuff(frame)
    if len(content) < CHECKSUM:
        raise FrameError(f"a frame with {len(content)} bytes in it, expected at least {CHECKSUM}")
    message = content[:-CHECKSUM]
    found, expected = int.from_bytes(content[-CHECKSUM:], "little"), _checksum(message)
    if found != expected:
        raise FrameError(f"a frame with checksum {found:08x}, expected {expected:08x} for protocol version {VERSION}")
    return message


class Decoder:
    """Splits a stream of bytes into messages; holds no more than one frame."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self._too_long = False

    def push(self, received: bytes) -> list[bytes | FrameError]:
        """The messages, and the faults of damaged frames, that end in these bytes. Zeros between frames are ignored."""
        ended: list[bytes | FrameError] = []
        *ends, rest = received.split(FRAME_END)
        for part in ends:
            self._append(part)
            if self._too_long:
                ended.append(too_long())
            elif self._frame:
                try:
                    ended.append(decode(bytes(self._frame)))
                except FrameError as fault:
                    ended.append(fault)
            self._frame.clear()
            self._too_long = False
        self._append(rest)
        return ended

    def _append(self, part: bytes) -> None:
        self._too_long |= len(self._frame) + len(part) >= MAX_FRAME
        if not self._too_long:
            self._frame += part


def _checksum(message: bytes) -> int:
    return crc_32c(bytes([VERSION]) + message)


def _unstuff(frame: bytes) -> bytes:
    content = bytearray()
    place = 0
    while place < len(frame):
        length = frame[place]
        block = frame[place + 1 : place + length]
        if length == 0 or len(block) != length - 1:
            raise FrameError("a frame that is not encoded as COBS")
        content += block
        place += length
        if length < 0xFF and place < len(frame):
            content.append(0)
    return bytes(content)
