"""Tests of a node's configuration, and of a round with a key."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_device import FakeDevice, lessons_of
from fleet_of_fakes import LocalGrid, model_file
from flwr.app import Message
from flwr.common.serde import message_to_proto

from dense_fleet.node import Node
from dense_fleet.protocol.authentication import Key
from dense_fleet.server_app import run
from dense_fleet.settings import Settings, SettingsError

PORTS = Settings(ports="/dev/ttyACM0 tcp:127.0.0.1:4405")


@pytest.mark.parametrize(
    ("config", "port", "baud", "partition"),
    [
        ({"port": "/dev/ttyACM1"}, "/dev/ttyACM1", 115_200, 0),
        ({"port": "/dev/ttyACM1", "baud": 921_600, "partition-id": 7}, "/dev/ttyACM1", 921_600, 7),
        ({"partition-id": 1, "num-partitions": 2}, "tcp:127.0.0.1:4405", 115_200, 1),
        ({"partition-id": 1, "port": "/dev/ttyACM1"}, "/dev/ttyACM1", 115_200, 1),
    ],
)
def test_a_node_is_what_its_configuration_says(config: dict[str, Any], port: str, baud: int, partition: int) -> None:
    assert Node.of(config, PORTS) == Node(port, baud, None, partition)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "names no port"),
        ({"partition-id": 2}, "names no port"),
        ({"prot": "/dev/ttyACM0"}, "prot of the node is unknown, expected port, baud, key"),
        ({"port": 4405}, "port of the node is 4405, expected str"),
        ({"port": "/dev/ttyACM0", "baud": "fast"}, "baud of the node is 'fast', expected int"),
        ({"port": "/dev/ttyACM0", "baud": True}, "baud of the node is True, expected int"),
        ({"port": "/dev/ttyACM0", "baud": 0}, "baud of the node is 0, expected 1 or more"),
        ({"port": "/dev/ttyACM0", "partition-id": "one"}, "partition-id of the node is 'one', expected int"),
        ({"port": "/dev/ttyACM0", "key": 1}, "key of the node is 1, expected str"),
        (
            {"port": "/dev/ttyACM0", "key": "/nowhere/device.key"},
            "key of the node: .*No such file.*/nowhere/device.key",
        ),
    ],
)
def test_a_configuration_that_is_refused_is_named(config: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Node.of(config, PORTS)


@pytest.mark.parametrize("digits", ["", "ab" * 31, "ab" * 32 + "a", "ab" * 33, "ab" * 40, "xy" * 32, "é" * 32])
def test_a_file_that_is_no_key_is_named_but_not_what_is_in_it(tmp_path: Path, digits: str) -> None:
    path = tmp_path / "device.key"
    path.write_text(digits + "\n")
    with pytest.raises(
        SettingsError, match=f"key of the node: {path}: expected a key of 64 hexadecimal digits"
    ) as error:
        Node.of({"port": "/dev/ttyACM0", "key": str(path)}, PORTS)
    assert not digits or digits not in str(error.value)


class Recorded(LocalGrid):
    """Keeps the bytes of all messages between server and nodes."""

    def __init__(self, ports: list[str], settings: Settings) -> None:
        super().__init__(ports, settings)
        self.recorded: list[bytes] = []

    def send_and_receive(self, messages: Any, *, timeout: float | None = None) -> list[Message]:
        sent = list(messages)
        replies = list(super().send_and_receive(sent, timeout=timeout))
        self.recorded += [message_to_proto(message).SerializeToString() for message in [*sent, *replies]]
        return replies


def test_a_key_lets_a_device_take_part_and_stays_on_the_gateway(tmp_path: Path) -> None:
    secret = bytes(range(100, 132))
    file = tmp_path / "device.key"
    file.write_text(secret.hex() + "\n")
    lessons = lessons_of([0, 1, 2], 9, seed=1)
    devices = [FakeDevice(lessons=lessons, key=Key(secret)), FakeDevice(lessons=lessons)]
    model = model_file(tmp_path / "model.safetensors")
    settings = Settings(model=str(model), out=str(tmp_path / "out"), rounds=2, steps=10, evaluate="")
    grid = Recorded([device.port for device in devices], settings)
    assert run(grid, replace(settings, devices=1))["devices"] == [1, 1]
    assert all("changes the device, which has a key, and none was given" in error for error in grid.errors)
    grid.contexts[0].node_config["key"] = str(file)
    assert run(grid, settings)["devices"] == [2, 2]
    assert any(b"num-examples" in message for message in grid.recorded)
    for found in (secret, secret.hex().encode(), str(file).encode()):
        assert not any(found in message for message in grid.recorded)
    # The device at the other port has no key.
    grid.contexts[1].node_config["key"] = str(file)
    assert run(grid, settings)["devices"] == [1, 1]
    assert "the device has no key" in grid.errors[-1]
