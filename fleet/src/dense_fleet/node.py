"""The configuration of a node: its device's port, and what goes with it.

`--node-config 'port="/dev/ttyACM0"'`, its `baud` where that is another than 115,200, and the file of its `key` where it
has one, which does not leave the gateway. `partition-id` is the node's number: the seed of a round is derived from the
run's seed, the round and it, so that nodes with the same number draw alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dense_fleet.protocol.authentication import Key
from dense_fleet.settings import Settings, SettingsError
from dense_fleet.transport import BAUD

KINDS = {"port": str, "baud": int, "key": str, "partition-id": int, "num-partitions": int}
"""Keys of a node's configuration, and their types; the last two are set by Flower's simulation."""


@dataclass(frozen=True)
class Node:
    """A node whose configuration has been checked."""

    port: str
    baud: int
    key: Key | None
    partition: int

    @classmethod
    def of(cls, config: Mapping[str, Any], settings: Settings) -> "Node":
        """The node of a configuration. Without `port`, it is the entry `partition-id` of the setting `ports`."""
        for name, value in config.items():
            if name not in KINDS:
                raise SettingsError(f"{name} of the node is unknown, expected {', '.join(KINDS)}")
            if type(value) is not KINDS[name]:
                raise SettingsError(f"{name} of the node is {value!r}, expected {KINDS[name].__name__}")
        baud = config.get("baud", BAUD)
        if baud < 1:
            raise SettingsError(f"baud of the node is {baud}, expected 1 or more")
        return cls(_port(config, settings), baud, _key(config), config.get("partition-id", 0))


def _port(config: Mapping[str, Any], settings: Settings) -> str:
    if "port" in config:
        return str(config["port"])
    ports = settings.ports.split()
    partition: int = config.get("partition-id", -1)
    if not 0 <= partition < len(ports):
        raise SettingsError("the node's configuration names no port: --node-config 'port=\"/dev/ttyACM0\"'")
    return ports[partition]


def _key(config: Mapping[str, Any]) -> Key | None:
    if "key" not in config:
        return None
    try:
        return Key.read(Path(config["key"]))
    except (OSError, ValueError) as error:
        raise SettingsError(f"key of the node: {error}") from error
