"""Message authentication codes: only who has the key of a device can change it. HMAC-SHA-256, the first half."""

import hmac
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from dense_fleet.protocol.messages import VERSION, Request

KEY = 32
"""Bytes of a key."""
TAG = 16
"""Bytes of a tag."""


@dataclass(frozen=True)
class Authentication:
    """Authentication data in a hello: number of the start, counter of the last request accepted, and tag."""

    boot: int
    counter: int
    tag: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> "Authentication | None":
        """From the bytes of a hello; `None` where the device has no key."""
        return cls(*struct.unpack("<II16s", data)) if len(data) == 8 + TAG else None

    def to_bytes(self) -> bytes:
        """The bytes in a hello."""
        return struct.pack("<II16s", self.boot, self.counter, self.tag)


class Key:
    """A secret that a device and its host share."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY:
            raise ValueError(f"{len(secret)} bytes are no key")
        self._secret = secret

    @classmethod
    def read(cls, path: Path) -> "Key":
        """The key in a file of 64 hexadecimal digits."""
        with path.open("rb") as file:
            digits = file.read(2 * KEY + 2).rstrip()
        try:
            return cls(bytes.fromhex(digits.decode()))
        except ValueError as error:
            raise ValueError(f"{path}: expected a key of 64 hexadecimal digits") from error

    def authenticate(self, request: Request, boot: int, counter: int) -> Request:
        """The request with its code for start `boot`: the counter, and the tag of the message up to it."""
        number = counter.to_bytes(4, "little")
        covered = replace(request, mac=number + bytes(TAG)).to_bytes()[:-TAG]
        return replace(request, mac=number + self._tag(0, boot.to_bytes(4, "little") + covered))

    def tag_of_hello(self, session: int, boot: int, counter: int) -> bytes:
        """The tag of a hello."""
        return self._tag(1, struct.pack("<III", session, boot, counter))

    def is_tag_of_hello(self, session: int, found: Authentication) -> bool:
        """Whether a hello shows that the device has the key."""
        return hmac.compare_digest(self.tag_of_hello(session, found.boot, found.counter), found.tag)

    def _tag(self, kind: int, data: bytes) -> bytes:
        return hmac.digest(self._secret, bytes([VERSION, kind]) + data, "sha256")[:TAG]
