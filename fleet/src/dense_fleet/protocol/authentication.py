"""Message authentication codes: only who has the key of a device can change it. HMAC-SHA-256, the first half."""

import hmac
from dataclasses import replace
from pathlib import Path

from dense_fleet.protocol.hello import Authentication
from dense_fleet.protocol.messages import VERSION, Mac, Request
from dense_fleet.protocol.postcard import TAG

KEY = 32
"""Bytes of a key."""


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
        """The request with the tag for start `boot` of the device."""
        covered = replace(request, mac=Mac(counter, bytes(TAG))).to_bytes()[:-TAG]
        return replace(request, mac=Mac(counter, self._tag(0, boot.to_bytes(4, "little") + covered)))

    def tag_of_hello(self, session: int, boot: int, counter: int) -> bytes:
        """The tag of a hello."""
        return self._tag(1, b"".join(number.to_bytes(4, "little") for number in (session, boot, counter)))

    def is_tag_of_hello(self, session: int, found: Authentication) -> bool:
        """Whether a hello shows that the device has the key."""
        return hmac.compare_digest(self.tag_of_hello(session, found.boot, found.counter), found.tag)

    def _tag(self, kind: int, data: bytes) -> bytes:
        return hmac.digest(self._secret, bytes([VERSION, kind]) + data, "sha256")[:TAG]
